"""Exercise 6.5: Switch one off, hold another."""

from typing import Any

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes, ModelRef
from othello_interp.rules.random_games import random_games

mistake = Mistakes()
Neuron = tuple[int, int]


def cases(seed: int) -> list[Case]:
    # Random models, in which any neuron of layer 0 moves any of layer 1: in the course's model most pairs of
    # neurons have nothing to do with one another, and an answer that holds nothing would pass.
    generator = torch.Generator().manual_seed(seed)
    tokens = random_games(9, seed=seed).long()
    found = []
    for number, (games, moves) in enumerate(((5, 13), (4, 22))):
        off, held = torch.randint(8, 36, (2,), generator=generator).tolist()
        found.append(
            Case(
                f"small random model {number + 1}, L0N{off} off, L1N{held} held",
                {
                    "model": ModelRef("tiny", seed + number),
                    "tokens": tokens[:games, :moves],
                    "off": (0, off),
                    "held": (1, held),
                },
            )
        )
        tokens = tokens[games:]
    return found


def _post(neuron: Neuron) -> str:
    return f"blocks.{neuron[0]}.mlp.hook_post"


def _run(model: Any, tokens: Tensor, values: dict[Neuron, Any]) -> Tensor:
    def setting(neuron: Neuron, value: Any) -> Any:
        def hook(act: Tensor, hook: Any) -> Tensor:
            act[..., neuron[1]] = value
            return act

        return hook

    hooks = [(_post(neuron), setting(neuron, value)) for neuron, value in values.items()]
    return model.run_with_hooks(tokens, fwd_hooks=hooks)


def _clean(model: Any, tokens: Tensor, neuron: Neuron) -> Tensor:
    _, cache = model.run_with_cache(tokens, names_filter=_post(neuron))
    return cache[_post(neuron)][..., neuron[1]]


@mistake(
    "Nothing is held here: these are the logits with `off` switched off and everything after it free to "
    "react. Run the model first without a hook, and put the values that `held` has there into the second run."
)
def not_held(model: Any, tokens: Tensor, off: Neuron, held: Neuron) -> Tensor:
    return _run(model, tokens, {off: 0.0})


@mistake("Both neurons are at 0. Hold the second at the values it has in the run without any change.")
def both_off(model: Any, tokens: Tensor, off: Neuron, held: Neuron) -> Tensor:
    return _run(model, tokens, {off: 0.0, held: 0.0})


@mistake(
    "You hold it at its mean. It has another value at every position: hold each where it was.", credit=0.5
)
def at_mean(model: Any, tokens: Tensor, off: Neuron, held: Neuron) -> Tensor:
    return _run(model, tokens, {off: 0.0, held: _clean(model, tokens, held).mean()})


@mistake("The two are swapped: `off` is to be 0, `held` to keep its values.")
def swapped(model: Any, tokens: Tensor, off: Neuron, held: Neuron) -> Tensor:
    return _run(model, tokens, {off: _clean(model, tokens, off), held: 0.0})


@mistake(
    "These are the logits of the model as it is. Switch `off` to 0 in the run in which you hold the other."
)
def nothing_off(model: Any, tokens: Tensor, off: Neuron, held: Neuron) -> Tensor:
    return model(tokens)


@mistake(
    "You return how much the logits change. Wanted are the logits themselves.",
    credit=0.5,
)
def change(model: Any, tokens: Tensor, off: Neuron, held: Neuron) -> Tensor:
    return _run(model, tokens, {off: 0.0, held: _clean(model, tokens, held)}) - model(tokens)


@mistake("You hold the whole layer. Hold the one neuron; its neighbours may react.", credit=0.5)
def whole_layer(model: Any, tokens: Tensor, off: Neuron, held: Neuron) -> Tensor:
    _, cache = model.run_with_cache(tokens, names_filter=_post(held))

    def hold(act: Tensor, hook: Any) -> Tensor:
        return cache[_post(held)]

    def zero(act: Tensor, hook: Any) -> Tensor:
        act[..., off[1]] = 0
        return act

    return model.run_with_hooks(tokens, fwd_hooks=[(_post(off), zero), (_post(held), hold)])


EXERCISE = Exercise(
    id="6.5",
    notebook="06_circuit",
    function="logits_with_held",
    title="Switch one off, hold another",
    points=3,
    difficulty=3,
    importance=5,
    minutes=20,
    tests="Your function on small random models, in which every neuron moves every later one.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "It takes two runs: one without any change, for the values of `held`, and one with two hooks.",
        "_, cache = model.run_with_cache(tokens, names_filter=name) gives cache[name], of shape (game, move, "
        "d_mlp).",
        "In the second run one hook sets act[..., off[1]] = 0, the other act[..., held[1]] = the values of "
        "the first run. run_with_hooks takes a list of both.",
    ),
    explanation="`patch` of othello_interp.circuit does the same for neurons, heads and whole layers, as "
    "many as one likes.",
)
