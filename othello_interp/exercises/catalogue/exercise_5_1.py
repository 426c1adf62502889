"""Exercise 5.1: Labels from the hypothesis."""

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    made = []
    for name, shape in (("a list of boards", (240,)), ("games and moves", (3, 70)), ("one board", ())):
        boards = torch.randint(0, 3, (*shape, 8, 8), generator=generator, dtype=torch.int8)
        if not shape:  # one that matches
            boards[[2, 3, 4], [0, 1, 2]] = torch.tensor([0, 1, 2], dtype=torch.int8)
        made.append(Case(name, {"boards": boards}))
    return made


def _labels(boards: Tensor, squares: list[tuple[int, int]], states: tuple[int, int, int]) -> Tensor:
    found = [boards[..., row, col] == state for (row, col), state in zip(squares, states, strict=True)]
    return found[0] & found[1] & found[2]


_DIAGONAL = [(2, 0), (3, 1), (4, 2)]


@mistake("Theirs and mine are swapped: in these boards 1 is theirs and 2 is mine.", credit=0.5)
def swapped_states(boards: Tensor) -> Tensor:
    return _labels(boards, _DIAGONAL, (0, 2, 1))


@mistake("You use -1 for theirs and 1 for mine. These boards hold 0 blank, 1 theirs, 2 mine.")
def plus_minus(boards: Tensor) -> Tensor:
    return _labels(boards, _DIAGONAL, (0, -1, 1))


@mistake("Rows and columns are swapped: C0 is row 2, column 0, so boards[..., 2, 0].")
def transposed(boards: Tensor) -> Tensor:
    return _labels(boards, [(0, 2), (1, 3), (2, 4)], (0, 1, 2))


@mistake("Columns are counted from 0: D1 is boards[..., 3, 1] and E2 is boards[..., 4, 2].")
def columns_from_one(boards: Tensor) -> Tensor:
    return _labels(boards, [(2, 0), (3, 0), (4, 1)], (0, 1, 2))


@mistake("17, 26 and 33 are tokens. As squares, counted from 0, C0, D1 and E2 are 16, 25 and 34.")
def tokens_as_squares(boards: Tensor) -> Tensor:
    flat = boards.flatten(-2)
    return (flat[..., 17] == 0) & (flat[..., 26] == 1) & (flat[..., 33] == 2)


@mistake("All three conditions must hold at once: join them with & (and), not with | (or).")
def any_condition(boards: Tensor) -> Tensor:
    return (boards[..., 2, 0] == 0) | (boards[..., 3, 1] == 1) | (boards[..., 4, 2] == 2)


@mistake("C0 must be blank, too: that condition is missing.")
def without_blank(boards: Tensor) -> Tensor:
    return (boards[..., 3, 1] == 1) & (boards[..., 4, 2] == 2)


EXERCISE = Exercise(
    id="5.1",
    notebook="05_spectrum_plots",
    function="hypothesis_labels",
    title="Labels from the hypothesis",
    points=1,
    difficulty=1,
    importance=4,
    minutes=5,
    tests="Your function on random boards: one board, a list of them, and games of moves.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "Which row and which column is C0? And D1, E2?",
        "boards[..., 2, 0] is the state of C0 on every board, whatever axes stand in front.",
        "Compare each of the three squares with its state, and join the results with &, in brackets.",
    ),
    explanation='In the library this is `parse("C0==BLANK & D1==THEIRS & E2==MINE")(boards)`. The pattern '
    "is rare: expect it at a few positions in a hundred.",
)
