"""Exercise 1.1: From a label to a token."""

import torch

from othello_interp.exercises.records import Case, Exercise, Mistakes
from othello_interp.squares import ALL_SQUARES, square_to_label

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    others = [square_to_label(ALL_SQUARES[i]) for i in torch.randperm(60, generator=generator)[:6].tolist()]
    labels = dict.fromkeys(["C0", "D1", "A7", "D5", "E2", "E5", "H7", *others])
    return [Case(label, {"label": label}) for label in labels]


def _square(label: str) -> int:
    return 8 * "ABCDEFGH".index(label[0]) + int(label[1])


@mistake(
    "You count the four centre squares. They are never played and have no token, so the squares after them "
    "have smaller tokens."
)
def no_centre(label: str) -> int:
    return _square(label) + 1


@mistake("Every token is one too small: token 0 is the pass, so A0 has token 1.", credit=0.5)
def no_pass(label: str) -> int:
    return ALL_SQUARES.index(_square(label))


@mistake("That is the number of the square, 0 to 63. Tokens start with the pass and leave out the centre.")
def square_number(label: str) -> int:
    return _square(label)


@mistake(
    "You leave out all four centre squares at once. D5 comes after D3 and D4 but before E3 and E4: only two "
    "are to be left out there.",
    credit=0.5,
)
def four_at_once(label: str) -> int:
    square = _square(label)
    return square + 1 if square < 27 else square - 3


@mistake(
    "You leave out all four centre squares from row E on. E0, E1 and E2 come before E3 and E4: only two are "
    "to be left out there.",
    credit=0.5,
)
def four_from_row_e(label: str) -> int:
    square = _square(label)
    return square - 3 if square >= 32 else ALL_SQUARES.index(square) + 1


@mistake(
    "You leave the centre out only after its last square. D3 and D4 come before D5 to E2: two are to be left "
    "out there.",
    credit=0.5,
)
def none_before_its_end(label: str) -> int:
    square = _square(label)
    return square - 3 if square > 36 else square + 1


EXERCISE = Exercise(
    id="1.1",
    notebook="01_setup",
    function="token_of_label",
    title="From a label to a token",
    points=1,
    difficulty=1,
    importance=3,
    minutes=5,
    tests="Your function is called with the labels of about a dozen squares, before, beside and after the "
    "centre.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        'First find the number of the square, 0 to 63: row times 8 plus column. "C0" is square 16.',
        "How many of the centre squares 27, 28, 35, 36 come before it? They are not counted.",
        "Then add 1, because token 0 is the pass: square - centre_before + 1.",
    ),
    explanation="C0 is token 17 and D1 is token 26: before the centre the token is the number of the square "
    "plus one. After the centre it is the number of the square minus three.",
)
