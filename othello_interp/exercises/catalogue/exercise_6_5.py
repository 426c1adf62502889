"""Exercise 6.5: Switch one off, hold another."""

from typing import Any

import torch
from torch import Tensor

from othello_interp.circuit import patch, to_mean
from othello_interp.exercises.records import Case, Exercise, Mistakes, ModelRef
from othello_interp.nodes import Node
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


def _run(model: Any, tokens: Tensor, values: dict[Neuron, Any], held: tuple[Neuron, ...] = ()) -> Tensor:
    """The logits with some neurons set to a value and others held at theirs."""
    change: dict[Node, Any] = {_name(neuron): value for neuron, value in values.items()}
    return patch(model, tokens, change, freeze=[_name(neuron) for neuron in held])


def _name(neuron: Neuron) -> str:
    return "L{}N{}".format(*neuron)


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
    return _run(model, tokens, {off: 0.0, held: to_mean})


@mistake("The two are swapped: `off` is to be 0, `held` to keep its values.")
def swapped(model: Any, tokens: Tensor, off: Neuron, held: Neuron) -> Tensor:
    return _run(model, tokens, {held: 0.0}, held=(off,))


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
    return _run(model, tokens, {off: 0.0}, held=(held,)) - model(tokens)


@mistake("You hold the whole layer. Hold the one neuron; its neighbours may react.", credit=0.5)
def whole_layer(model: Any, tokens: Tensor, off: Neuron, held: Neuron) -> Tensor:
    return patch(model, tokens, {_name(off): 0.0}, freeze=[f"MLP {held[0]}"])


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
