"""Exercise 5.3: Along how many lines is the move legal?"""

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes
from othello_interp.patterns import DIRECTIONS
from othello_interp.squares import ALL_SQUARES, label_to_square, square_to_label

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    other = square_to_label(ALL_SQUARES[int(torch.randint(60, (), generator=generator))])
    made = []
    for name, shape, square in (
        ("C0 on games of moves", (3, 40), "C0"),
        ("F5, a list of boards", (110,), "F5"),
        (f"one board, {other}", (), other),
    ):
        # More discs than blanks, so that long lines stand too.
        boards = torch.tensor([0, 1, 1, 1, 2, 2])[torch.randint(6, (*shape, 8, 8), generator=generator)]
        row, col = divmod(label_to_square(square), 8)
        blank = torch.rand(shape, generator=generator) < 0.8 if shape else torch.tensor(True)
        boards[..., row, col] = torch.where(blank, 0, boards[..., row, col])
        made.append(Case(name, {"boards": boards.to(torch.int8), "square": square}))
    return made


def _lines(
    boards: Tensor,
    square: str,
    theirs: int = 1,
    mine: int = 2,
    directions: tuple = DIRECTIONS,
    flat: bool = False,
) -> list[Tensor]:
    """For each direction the number of their discs in a line to one of mine, 0 where there is no such line.

    With `flat`, squares are numbers to which steps are added, so that a line goes on beyond the edge.
    """
    start, found = label_to_square(square), []
    for down, right in directions:
        run, open_ = 0, torch.ones(boards.shape[:-2], dtype=torch.bool)
        turned = torch.zeros(boards.shape[:-2], dtype=torch.long)
        for i in range(1, 8):
            row, col = start // 8 + i * down, start % 8 + i * right
            if flat:
                row, col = divmod(8 * row + col, 8)
            if not (0 <= row < 8 and 0 <= col < 8):
                break
            state = boards[..., row, col]
            turned = turned + (open_ & (state == mine)) * run
            open_, run = open_ & (state == theirs), i
        found.append(turned)
    return found


def _is_blank(boards: Tensor, square: str) -> Tensor:
    return boards.flatten(-2)[..., label_to_square(square)] == 0


def _counted(boards: Tensor, square: str, **changes: object) -> Tensor:
    lines = _lines(boards, square, **changes)  # type: ignore[arg-type]
    return torch.stack(lines).gt(0).sum(0) * _is_blank(boards, square)


@mistake("This is whether the move is legal. Wanted is along how many lines.", credit=0.5)
def legal_or_not(boards: Tensor, square: str) -> Tensor:
    return (_counted(boards, square) > 0).long()


@mistake("You counted the discs that the move turns over. Count the lines, each of them once.", credit=0.5)
def discs_turned(boards: Tensor, square: str) -> Tensor:
    return torch.stack(_lines(boards, square)).sum(0) * _is_blank(boards, square)


@mistake("The square itself must be blank: where a disc lies on it the answer is 0.", credit=0.5)
def blank_forgotten(boards: Tensor, square: str) -> Tensor:
    return torch.stack(_lines(boards, square)).gt(0).sum(0)


@mistake("Theirs and mine are swapped: theirs is 1, mine is 2, and a line ends with one of mine.", credit=0.5)
def swapped(boards: Tensor, square: str) -> Tensor:
    return _counted(boards, square, theirs=2, mine=1)


@mistake("You only found lines with a single disc of theirs. A line may hold up to six.", credit=0.5)
def one_of_theirs(boards: Tensor, square: str) -> Tensor:
    return torch.stack(_lines(boards, square)).eq(1).sum(0) * _is_blank(boards, square)


@mistake(
    "You counted directions in which one of theirs comes first. The line must also end with one of mine.",
)
def without_an_end(boards: Tensor, square: str) -> Tensor:
    row, col = divmod(label_to_square(square), 8)
    places = [(row + down, col + right) for down, right in DIRECTIONS]
    beside = [boards[..., r, c] == 1 for r, c in places if 0 <= r < 8 and 0 <= c < 8]
    return torch.stack(beside).sum(0) * _is_blank(boards, square)


@mistake("The diagonals are missing: a line may run in eight directions, not four.", credit=0.5)
def no_diagonals(boards: Tensor, square: str) -> Tensor:
    return _counted(boards, square, directions=tuple(step for step in DIRECTIONS if 0 in step))


@mistake("Only the diagonals count in your result: a line may also run along a row or a column.", credit=0.5)
def only_diagonals(boards: Tensor, square: str) -> Tensor:
    return _counted(boards, square, directions=tuple(step for step in DIRECTIONS if 0 not in step))


@mistake(
    "Your lines go on beyond the edge of the board: after A7 comes B0 when you count squares from 0 to 63. "
    "Follow row and column, and stop at the edge.",
    credit=0.5,
)
def beyond_the_edge(boards: Tensor, square: str) -> Tensor:
    return _counted(boards, square, flat=True)


EXERCISE = Exercise(
    id="5.3",
    notebook="05_spectrum_plots",
    function="count_lines",
    title="Along how many lines is the move legal?",
    points=2,
    difficulty=3,
    importance=4,
    minutes=20,
    tests="Three squares on random boards: games of moves, a list of boards, and one board.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "In exercise 2.4 you made the pattern of one line from a square, a step and the number of theirs. "
        "There are 8 steps and 1 to 6 of theirs; lines that leave the board don't exist.",
        "`line_patterns()` lists all of these patterns, for all squares. Those of your square have "
        '"BLANK" there.',
        "For one pattern, `parse(as_hypothesis(pattern))(boards)` is True where the line stands, as is your "
        "function from exercise 5.1. Add these up.",
    ),
    explanation="In one direction at most one line can stand, since it ends at the first disc of mine. So "
    "the count is the number of directions in which the move turns discs over, and the move is legal where "
    "it is above 0.",
)
