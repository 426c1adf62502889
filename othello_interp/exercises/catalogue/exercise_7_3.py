"""Exercise 7.3: What a position is worth."""

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)

    def case(name: str, games: int, moves: int, share: float, of_the_game: float) -> Case:
        values = torch.randn(games, moves, generator=generator) + 2.0
        values += of_the_game * torch.randn(games, 1, generator=generator)
        where = torch.rand(games, moves, generator=generator) < share
        where[0, :3], where[1] = True, False
        where[0, -1] = False
        where[2, :2] = True
        return Case(name, {"values": values, "where": where})

    return [
        case("6 games, 11 moves, games that differ", 6, 11, 0.6, 2.0),
        case("13 games, 5 moves, games alike", 13, 5, 0.4, 0.0),
        case("7 games, 9 moves, few of them marked", 7, 9, 0.25, 1.0),
        case("10 games, 8 moves, most of them marked", 10, 8, 0.9, 0.5),
    ]


def _parts(values: Tensor, where: Tensor) -> tuple[Tensor, Tensor]:
    """The mean over the marked positions, and the deviations from it, 0 where nothing is marked."""
    mean = values[where].mean()
    return mean, (values - mean).where(where, 0)


@mistake(
    "You didn't take the mean off first. It is the deviations from the mean that are added up and squared.",
    credit=0.5,
)
def not_centred(values: Tensor, where: Tensor) -> float:
    kept = values.where(where, 0)
    return (kept.sum(1).square().sum() / kept.square().sum()).item()


@mistake(
    "You square before you add up within a game, so both sums are the same and the result is 1. Add the "
    "deviations of a game, then square.",
)
def squared_first(values: Tensor, where: Tensor) -> float:
    return 1.0


@mistake(
    "You took each game's own mean off, so that what a game has in common is gone. Take off one mean, over "
    "all marked positions.",
    credit=0.5,
)
def each_games_mean(values: Tensor, where: Tensor) -> float:
    _, deviations = _parts(values, where)
    means = deviations.sum(1, keepdim=True) / where.sum(1, keepdim=True).clamp(min=1)
    own = (deviations - means).where(where, 0)
    return (own.sum(1).square().sum() / deviations.square().sum()).item()


@mistake("You counted all positions. Only the marked ones take part.", credit=0.5)
def mask_ignored(values: Tensor, where: Tensor) -> float:
    _, deviations = _parts(values, torch.ones_like(where))
    return (deviations.sum(1).square().sum() / deviations.square().sum()).item()


@mistake(
    "You used the mean over the marked positions, but added up the deviations of all. Set the others to 0 "
    "after you took off the mean, not before.",
    credit=0.5,
)
def zeros_centred(values: Tensor, where: Tensor) -> float:
    deviations = values.where(where, 0) - values[where].mean()
    return (deviations.sum(1).square().sum() / deviations.square().sum()).item()


@mistake(
    "Your mean is over the games' means. Take it over all marked positions: a game with more of them counts "
    "for more.",
    credit=0.5,
)
def mean_of_games(values: Tensor, where: Tensor) -> float:
    some = where.any(1)
    means = values.where(where, 0)[some].sum(1) / where[some].sum(1)
    deviations = (values - means.mean()).where(where, 0)
    return (deviations.sum(1).square().sum() / deviations.square().sum()).item()


@mistake("That is the ratio upside down: by games comes above, by positions below.", credit=0.5)
def upside_down(values: Tensor, where: Tensor) -> float:
    _, deviations = _parts(values, where)
    return (deviations.square().sum() / deviations.sum(1).square().sum()).item()


@mistake(
    "That is the factor for the width of an interval. The design effect is of variances: square it.",
    credit=0.5,
)
def root(values: Tensor, where: Tensor) -> float:
    _, deviations = _parts(values, where)
    return (deviations.sum(1).square().sum() / deviations.square().sum()).sqrt().item()


@mistake("You added up over the games, at each move. Add up over the moves, in each game.", credit=0.5)
def over_games(values: Tensor, where: Tensor) -> float:
    _, deviations = _parts(values, where)
    return (deviations.sum(0).square().sum() / deviations.square().sum()).item()


@mistake(
    "You averaged within each game. Add up: a game with many marked positions moves the mean further.",
    credit=0.5,
)
def averaged(values: Tensor, where: Tensor) -> float:
    _, deviations = _parts(values, where)
    means = deviations.sum(1) / where.sum(1).clamp(min=1)
    return (means.square().sum() / deviations.square().sum()).item()


EXERCISE = Exercise(
    id="7.3",
    notebook="07_every_neuron",
    function="design_effect",
    title="What a position is worth",
    points=2,
    difficulty=3,
    importance=5,
    minutes=15,
    tests="Your function on random values with a mask: games that differ from one another, and games that "
    "don't. One game has no marked position.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "The deviations are `(values - values[where].mean()).where(where, 0)`: 0 where nothing is marked.",
        "`.sum(1)` adds up the deviations of each game. Square these sums, and add them up.",
        "Divide by the sum of all squared deviations, and make a number of it with .item().",
    ),
    explanation="If the positions of a game were independent, the mixed terms of the square would cancel and "
    "the ratio would be about 1. If they were all the same, it would be their number.",
)
