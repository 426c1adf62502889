"""Exercise 4.2: The moves where it fires most."""

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    """Sizes at which no quantile falls on an activation, but for the last, where many activations are 0."""
    generator = torch.Generator().manual_seed(seed)
    made = []
    for n_games, n_moves, quantile in ((5, 59, 0.99), (3, 7, 0.83)):
        scale = torch.linspace(1, 3, n_games)[:, None]
        acts = scale * torch.randn(n_games, n_moves, generator=generator) + 0.5
        acts[0, 0] = -acts.max() - 1  # the largest in size is a negative one
        inputs = {"acts": acts, "quantile": quantile}
        made.append(Case(f"{n_games} games, {n_moves} moves, quantile {quantile}", inputs))
    silent = torch.arange(22).sub(12).clamp(min=0) / 9  # 13 zeros, then nine steps up to 1
    silent = silent[torch.randperm(22, generator=generator)].view(2, 11)
    made.append(Case("a neuron that is often exactly 0", {"acts": silent, "quantile": 0.4}))
    return made


@mistake(
    "You took a quantile for each game, so every game has top moves, even one in which the neuron is "
    "silent. Take one quantile over all moves of all games.",
    credit=0.5,
)
def quantile_per_game(acts: Tensor, quantile: float) -> Tensor:
    return acts > acts.quantile(quantile, dim=1, keepdim=True)


@mistake("You took a quantile for each move number. Take one over all moves of all games.")
def quantile_per_move(acts: Tensor, quantile: float) -> Tensor:
    return acts > acts.quantile(quantile, dim=0, keepdim=True)


@mistake(
    "You also took activations that equal the quantile (`>=`). For a neuron that is mostly silent these are "
    "most of the moves.",
    credit=0.5,
)
def not_below(acts: Tensor, quantile: float) -> Tensor:
    return acts >= acts.flatten().quantile(quantile)


@mistake(
    "You multiplied the maximum by the quantile. A quantile counts activations: a quantile of 0.99 has 99% "
    "of them below it."
)
def share_of_maximum(acts: Tensor, quantile: float) -> Tensor:
    return acts > quantile * acts.max()


@mistake("These are the moves with the lowest activations: the other end.")
def lowest(acts: Tensor, quantile: float) -> Tensor:
    return acts < acts.flatten().quantile(1 - quantile)


@mistake("You marked the activations below the quantile. The top ones are above it.")
def everything_else(acts: Tensor, quantile: float) -> Tensor:
    return acts < acts.flatten().quantile(quantile)


@mistake("You took the size of the activations, which makes very negative ones count as firing.")
def sizes(acts: Tensor, quantile: float) -> Tensor:
    return acts.abs() > acts.abs().flatten().quantile(quantile)


@mistake("You took the quantile of the positive activations only. Take it of all of them.")
def of_positive_ones(acts: Tensor, quantile: float) -> Tensor:
    return acts > acts[acts > 0].quantile(quantile)


EXERCISE = Exercise(
    id="4.2",
    notebook="04_max_activating",
    function="top_moves",
    title="The moves where it fires most",
    points=1,
    difficulty=1,
    importance=4,
    minutes=5,
    tests="Random activations of several sizes and quantiles; one neuron is often exactly 0.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "`acts.flatten().quantile(0.99)` is the number that 99% of all activations lie below.",
        "The mask is a comparison of `acts` with that number.",
    ),
    explanation="One number for the whole dataset. That some games have no top move at all is part of the "
    "result.",
)
