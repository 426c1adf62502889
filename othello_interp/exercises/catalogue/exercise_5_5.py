"""Exercise 5.5: Switch the neuron off."""

from typing import Any

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes, ModelRef
from othello_interp.figures import LAYER, NEURON
from othello_interp.neurons import get_w_out
from othello_interp.rules.random_games import random_games

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    tokens = random_games(7, seed=seed).long()
    layer, neuron, tiny_neuron = (
        int(torch.randint(low, high, (), generator=generator)) for low, high in ((0, 5), (0, 2048), (8, 13))
    )
    course, tiny = ModelRef("embedded"), ModelRef("tiny", seed)
    return [
        Case(name, {"model": model, "tokens": games, "layer": at, "neuron": which})
        for name, model, games, at, which in (
            (f"course model, L{LAYER}N{NEURON}", course, tokens[:3, :21], LAYER, NEURON),
            (f"course model, L{layer}N{neuron}", course, tokens[3:5, :33], layer, neuron),
            (f"small random model, L0N{tiny_neuron}", tiny, tokens[2:7, :17], 0, tiny_neuron),
        )
    ]


def _run(model: Any, tokens: Tensor, name: str, index: Any) -> Tensor:
    def set_to_zero(act: Tensor, hook: Any) -> Tensor:
        act[index] = 0
        return act

    return model.run_with_hooks(tokens, fwd_hooks=[(name, set_to_zero)])


def _zeroed(model: Any, tokens: Tensor, layer: int, neuron: int) -> Tensor:
    return _run(model, tokens, f"blocks.{layer}.mlp.hook_post", (..., neuron))


@mistake(
    "These are the logits of the model as it is. The hook must change `act` (or return a changed copy), and "
    "it must be passed to `run_with_hooks`."
)
def no_effect(model: Any, tokens: Tensor, layer: int, neuron: int) -> Tensor:
    return model(tokens)


@mistake("You switch off the whole layer. Set only `act[..., neuron]` to 0.")
def whole_layer(model: Any, tokens: Tensor, layer: int, neuron: int) -> Tensor:
    return _run(model, tokens, f"blocks.{layer}.mlp.hook_post", ...)


@mistake("`act[:, neuron]` is a move, not a neuron: the axes are game, move, neuron. Use `act[..., neuron]`.")
def move_axis(model: Any, tokens: Tensor, layer: int, neuron: int) -> Tensor:
    return _run(model, tokens, f"blocks.{layer}.mlp.hook_post", (slice(None), neuron))


@mistake(
    "`hook_mlp_out` holds what the MLP adds to the residual stream; its last axis is d_model, not neurons. "
    "The activations are at `mlp.hook_post`."
)
def residual_axis(model: Any, tokens: Tensor, layer: int, neuron: int) -> Tensor:
    return _run(model, tokens, f"blocks.{layer}.hook_mlp_out", (..., neuron))


@mistake(
    "You switch the neuron off after the last move only. It should be off at every position.",
    credit=0.5,
)
def last_move(model: Any, tokens: Tensor, layer: int, neuron: int) -> Tensor:
    return _run(model, tokens, f"blocks.{layer}.mlp.hook_post", (slice(None), -1, neuron))


@mistake(
    "You return how much the logits change. Wanted are the logits themselves, with the neuron off.",
    credit=0.5,
)
def change(model: Any, tokens: Tensor, layer: int, neuron: int) -> Tensor:
    return _zeroed(model, tokens, layer, neuron) - model(tokens)


@mistake("These are probabilities. Return the logits.", credit=0.5)
def probabilities(model: Any, tokens: Tensor, layer: int, neuron: int) -> Tensor:
    return _zeroed(model, tokens, layer, neuron).softmax(-1)


@mistake(
    "You take the neuron's direct path off the logits. What later layers read from it changes as well: "
    "switch it off in a run of the model."
)
def direct_path(model: Any, tokens: Tensor, layer: int, neuron: int) -> Tensor:
    logits, cache = model.run_with_cache(tokens)
    written = cache[f"blocks.{layer}.mlp.hook_post"][..., neuron, None] * get_w_out(model, layer, neuron)
    return logits - written / cache["ln_final.hook_scale"] @ model.W_U


EXERCISE = Exercise(
    id="5.5",
    notebook="05_spectrum_plots",
    function="ablated_logits",
    title="Switch the neuron off",
    points=2,
    difficulty=3,
    importance=5,
    minutes=15,
    tests="Your function on the course's model and on a small random one.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "A hook is a function of an activation and the hook point. It may change the activation in place "
        "and return it; the model goes on with what it returns.",
        'The neuron\'s activation is at f"blocks.{layer}.mlp.hook_post", of shape (game, move, d_mlp).',
        "def f(act, hook): act[..., neuron] = 0; return act. Then model.run_with_hooks(tokens, "
        "fwd_hooks=[(name, f)]).",
    ),
    explanation="`ablate` of othello_interp.ablation does the same, for several neurons or another value "
    "than 0.",
)
