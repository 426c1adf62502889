"""Exercise 4.1: When does it fire in one game?"""

from typing import Any

import torch
from torch import Tensor

from othello_interp import squares as names
from othello_interp.exercises.records import Case, Exercise, Mistakes
from othello_interp.squares import ALL_SQUARES

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    playable = torch.tensor(ALL_SQUARES)
    made = []
    for n_games, n_moves, game, threshold in ((3, 7, 1, 0.5), (2, 11, 0, 1.0), (5, 59, 4, 1.5)):
        # Multiples of a half, so that some activations equal the threshold exactly. Four moves tell every
        # mistake apart: one at the threshold, a very negative one, and two above it with the stronger later.
        acts = torch.randn(n_games, n_moves, generator=generator).mul(3).round() / 2
        acts[game, 1:5] = torch.tensor([threshold, -threshold - 1, threshold + 1, threshold + 2])
        played = torch.stack([playable[torch.randperm(60, generator=generator)] for _ in range(n_games)])
        row = played[game]  # squares that are no token come last: who takes them for one gets an answer too
        played[game] = torch.cat([row[row <= 60], row[row > 60]])
        inputs = {"acts": acts, "squares": played, "game": game, "threshold": threshold}
        made.append(Case(f"game {game} of {n_games}, {n_moves} moves, threshold {threshold}", inputs))
    return made


Moves = list[tuple[Any, Any]]


def _fires(acts: Tensor, game: int, threshold: float) -> list[int]:
    return (acts[game] > threshold).nonzero().flatten().tolist()


def _labels(squares: Tensor, game: int, moves: list[int]) -> Moves:
    return [(move, names.square_to_label(int(squares[game, move]))) for move in moves]


@mistake("You also took moves whose activation equals the threshold. Asked for is above it: `>`.", credit=0.5)
def at_least(acts: Tensor, squares: Tensor, game: int, threshold: float) -> Moves:
    return _labels(squares, game, (acts[game] >= threshold).nonzero().flatten().tolist())


@mistake(
    "You read the number of a square as a token. `squares` holds 0..63: use `utils.square_to_label`, not "
    "`utils.id_to_label`.",
    credit=0.5,
)
def square_as_token(acts: Tensor, squares: Tensor, game: int, threshold: float) -> Moves:
    return [(m, names.id_to_label(int(squares[game, m]))) for m in _fires(acts, game, threshold)]


@mistake(
    "You gave the square that is played next. The activation at move m belongs to the board after move m: "
    "give the square of that move."
)
def next_square(acts: Tensor, squares: Tensor, game: int, threshold: float) -> Moves:
    return [(m, names.square_to_label(int(squares[game, m + 1]))) for m in _fires(acts, game, threshold)]


@mistake("Moves are counted from 0 here.", credit=0.5)
def counted_from_one(acts: Tensor, squares: Tensor, game: int, threshold: float) -> Moves:
    return [(move + 1, label) for move, label in _labels(squares, game, _fires(acts, game, threshold))]


@mistake(
    "The second item of each pair should be a label such as 'C0': `utils.square_to_label` turns the number "
    "of a square into one.",
    credit=0.5,
)
def squares_not_labels(acts: Tensor, squares: Tensor, game: int, threshold: float) -> Moves:
    return [(move, int(squares[game, move])) for move in _fires(acts, game, threshold)]


@mistake("The pairs are right but sorted by activation. Give them in the order of the moves.", credit=0.5)
def strongest_first(acts: Tensor, squares: Tensor, game: int, threshold: float) -> Moves:
    moves = sorted(_fires(acts, game, threshold), key=lambda move: -acts[game, move].item())
    return _labels(squares, game, moves)


EXERCISE = Exercise(
    id="4.1",
    notebook="04_max_activating",
    function="explain_game",
    title="When does it fire in one game?",
    points=2,
    difficulty=2,
    importance=4,
    minutes=10,
    tests="Three sets of random activations and games; some activations equal the threshold exactly.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "`acts[game] > threshold` is true where the neuron fires; `.nonzero()` gives the moves.",
        "`squares[game, move]` is a tensor with one number in it: `.item()` gives the number and "
        "`utils.square_to_label` its label.",
    ),
    explanation="In game 5 the neuron fires after every other move, from the time the pattern stands until "
    "something breaks it.",
)
