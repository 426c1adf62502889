"""Exercise 5.3: How long the pattern has stood."""

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    return [
        Case(
            f"{games} games of {moves} moves",
            {"labels": torch.rand(games, moves, generator=generator) < share},
        )
        for games, moves, share in ((2, 7, 0.8), (3, 11, 0.6), (5, 59, 0.7))
    ]


def _age(labels: Tensor, back: int = 2) -> Tensor:
    age = labels.long()
    for move in range(back, labels.shape[1]):
        age[:, move] += age[:, move - back] * labels[:, move]
    return age


@mistake(
    "You look one move back, where the other player is about to move. The same player's last turn is two "
    "moves back.",
    credit=0.5,
)
def one_move_back(labels: Tensor) -> Tensor:
    return _age(labels, back=1)


@mistake("Where the pattern has just appeared the age is 1, not 0.", credit=0.5)
def from_zero(labels: Tensor) -> Tensor:
    return (_age(labels) - 1).clamp(min=0)


@mistake("You count moves of both players. Count the turns of the player about to move: 1, 2, 3, ...")
def in_moves(labels: Tensor) -> Tensor:
    return (2 * _age(labels) - 1).clamp(min=0)


@mistake(
    "You count all turns so far at which the pattern stood. The count starts again after a gap.",
    credit=0.5,
)
def all_so_far(labels: Tensor) -> Tensor:
    age = labels.long()
    age[:, ::2], age[:, 1::2] = age[:, ::2].cumsum(1), age[:, 1::2].cumsum(1)
    return age * labels


@mistake(
    "You count every move so far at which the pattern stood. Count only turns of the same player (every "
    "other move), and start again after a gap."
)
def both_players_so_far(labels: Tensor) -> Tensor:
    return labels.long().cumsum(1) * labels


@mistake(
    "Something of one game reaches the next: the first two moves of a game have no turn before them.",
    credit=0.5,
)
def across_games(labels: Tensor) -> Tensor:
    return _age(labels.reshape(1, -1)).view(labels.shape)


EXERCISE = Exercise(
    id="5.3",
    notebook="05_spectrum_plots",
    function="pattern_age",
    title="How long the pattern has stood",
    points=2,
    difficulty=3,
    importance=3,
    minutes=15,
    tests="Your function on random labels of games of several lengths.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "The age at a move is 0 where the label is False, else 1 more than the age two moves back.",
        "Start with labels.long(): that is right for the first two moves. Then go through the moves in "
        "order.",
        "age[:, move] += age[:, move - 2] * labels[:, move], for move from 2 on.",
    ),
    explanation="Theirs and mine change places with every move, so a pattern seen by black comes back at "
    "black's next turn, two moves later.",
)
