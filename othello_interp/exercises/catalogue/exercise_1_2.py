"""Exercise 1.2: Theirs and mine."""

import torch
from torch import Tensor

from othello_interp.board import replay
from othello_interp.exercises.records import Case, Exercise, Mistakes
from othello_interp.rules.random_games import random_games

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    states = replay(random_games(7, seed=1000 + seed)).states
    return [
        Case("2 games, 11 moves", {"states": states[:2, :11]}),
        Case("5 games, 60 moves", {"states": states[2:]}),
        Case("3 games, 1 move", {"states": states[4:, :1]}),
    ]


def _coded(plus_minus: Tensor) -> Tensor:
    return torch.where(plus_minus == -1, 1, torch.where(plus_minus == 1, 2, 0))


def _next_player(n: int) -> Tensor:
    return torch.where(torch.arange(n) % 2 == 0, -1, 1)


@mistake(
    "Theirs and mine are swapped. Mine is the player about to move: after move 0, which black plays, white "
    "is about to move.",
    credit=0.5,
)
def just_moved(states: Tensor) -> Tensor:
    return _coded(states * -_next_player(states.shape[1])[:, None, None])


@mistake("Black is mine on all your boards. Who is about to move changes from one move to the next.")
def black_is_mine(states: Tensor) -> Tensor:
    return _coded(states)


@mistake("White is mine on all your boards. Who is about to move changes from one move to the next.")
def white_is_mine(states: Tensor) -> Tensor:
    return _coded(-states)


@mistake(
    "You return the plus-minus form: theirs -1, blank 0, mine +1. Asked for is 0 blank, 1 theirs, 2 mine.",
    credit=0.5,
)
def plus_minus_form(states: Tensor) -> Tensor:
    return states * _next_player(states.shape[1])[:, None, None]


@mistake("You change sides from game to game, not from move to move: the sign must run along axis 1.")
def turned_by_game(states: Tensor) -> Tensor:
    return _coded(states * _next_player(states.shape[0])[:, None, None, None])


EXERCISE = Exercise(
    id="1.2",
    notebook="01_setup",
    function="boards_theirs_vs_mine",
    title="Theirs and mine",
    points=2,
    difficulty=2,
    importance=5,
    minutes=10,
    tests="Your function turns the boards of random games, of several lengths, into blank, theirs and mine.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "Who is about to move after move 0? After move 1? White is -1 and black +1 in `states`.",
        "Multiply each board by the colour of the player about to move: mine become +1, theirs -1.",
        "The signs are -1, +1, -1, ... along the move axis; give them shape (move, 1, 1). Then put 1 where "
        "the product is -1 and 2 where it is +1, with torch.where.",
    ),
    explanation="The model never hears of black and white: it sees only moves, and whoever moves next has "
    "the same task. This is the form in which it keeps the board.",
)
