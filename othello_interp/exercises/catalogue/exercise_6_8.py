"""Exercise 6.8: Make it fire."""

from typing import Any

from othello_interp.exercises.catalogue import loud_game as scoring
from othello_interp.exercises.records import Case, Exercise, Mistakes

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    return [Case("the game that you return", {})]


@mistake(scoring.FORM)
def tokens() -> Any:
    return [34, 27, 22]


@mistake(scoring.ONE_TEXT)
def one_text() -> Any:
    return "F4 D5 C6"


@mistake(scoring.EMPTY)
def no_moves() -> Any:
    return []


@mistake(scoring.FIRST_ILLEGAL)
def not_legal() -> Any:
    return ["A0", "B1"]


@mistake(scoring.TOO_LONG)
def too_long() -> Any:
    return ["F4"] * 60


EXERCISE = Exercise(
    id="6.8",
    notebook="06_circuit",
    function="loud_game",
    title="Make it fire",
    points=4,
    difficulty=4,
    importance=3,
    minutes=30,
    tests="The model is run on your game. It passes if the game is legal and not the beginning of a focus "
    "game, and the neuron is above the 99.9th percentile of its activations in the focus games.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "Play on the board above until C0 is blank, D1 theirs and E2 mine, and watch the neuron. What did "
        "the misses and false alarms of notebook 5 have in common?",
        "Or search: begin with the loudest position of the focus games, change one move, and keep the games "
        "that are still legal.",
        "replay(tokens) raises a ValueError for a move that isn't legal, and replay(tokens).legal says which "
        'moves are. The activation after the last move is patch(model, tokens, {}, read="L5N1393")[:, -1].',
    ),
    explanation="Searching for an input that excites a neuron goes beyond a max activating dataset: you see "
    "positions that no random game would show you. Whether the loudest ones still look like the hypothesis "
    "is a test of it.",
    score=scoring.score,
    time_limit=30.0,
)
