"""Exercise 5.1: Labels from a pattern."""

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes
from othello_interp.hypotheses import STATES
from othello_interp.squares import label_to_id, label_to_square, square_to_label

mistake = Mistakes()

Pattern = dict[str, str]


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    one_square = square_to_label(int(torch.randint(28, 36, (), generator=generator)))
    patterns = (
        ("a list of boards, three squares", (240,), {"C0": "BLANK", "D1": "THEIRS", "E2": "MINE"}),
        ("games and moves, two squares", (3, 70), {"F5": "MINE", "B4": "BLANK"}),
        ("games and moves, one square", (2, 30), {one_square: "THEIRS"}),
        ("one board", (), {"G3": "THEIRS", "G4": "THEIRS", "G2": "BLANK", "G5": "MINE"}),
    )
    made = []
    for name, shape, pattern in patterns:
        boards = torch.randint(0, 3, (*shape, 8, 8), generator=generator, dtype=torch.int8)
        if not shape:  # one that matches
            boards[6, 2:6] = torch.tensor([0, 1, 1, 2], dtype=torch.int8)
        made.append(Case(name, {"boards": boards, "pattern": pattern}))
    return made


def _conditions(boards: Tensor, pattern: Pattern) -> list[Tensor]:
    squares = boards.flatten(-2)
    return [squares[..., label_to_square(label)] == STATES[state] for label, state in pattern.items()]


@mistake("Theirs and mine are swapped: in these boards 1 is theirs and 2 is mine.", credit=0.5)
def swapped_states(boards: Tensor, pattern: Pattern) -> Tensor:
    swapped = {"BLANK": "BLANK", "THEIRS": "MINE", "MINE": "THEIRS"}
    return torch.stack(_conditions(boards, {label: swapped[state] for label, state in pattern.items()})).all(
        0
    )


@mistake(
    "You read a label as a token: `utils.label_to_id`. Use `utils.label_to_square`, which gives 0 to 63."
)
def tokens_as_squares(boards: Tensor, pattern: Pattern) -> Tensor:
    flat = boards.flatten(-2)
    return torch.stack([flat[..., label_to_id(k)] == STATES[v] for k, v in pattern.items()]).all(0)


@mistake("All conditions must hold at once: join them with & (and), not with | (or).")
def any_condition(boards: Tensor, pattern: Pattern) -> Tensor:
    return torch.stack(_conditions(boards, pattern)).any(0)


@mistake(
    "Only the last condition counts: each turn of your loop overwrites the one before. Join them with &."
)
def last_condition(boards: Tensor, pattern: Pattern) -> Tensor:
    return _conditions(boards, pattern)[-1]


@mistake("Only the first condition counts: your function returns before it has looked at the others.")
def first_condition(boards: Tensor, pattern: Pattern) -> Tensor:
    return _conditions(boards, pattern)[0]


@mistake(
    "Your function expects exactly one axis before the board. `boards[..., row, col]`, with three dots, "
    "takes any number.",
    credit=0.5,
)
def one_axis_in_front(boards: Tensor, pattern: Pattern) -> Tensor:
    places = [divmod(label_to_square(label), 8) for label in pattern]
    states = [STATES[state] for state in pattern.values()]
    found = [boards[:, row, col] == state for (row, col), state in zip(places, states, strict=True)]
    return torch.stack(found).all(0)


EXERCISE = Exercise(
    id="5.1",
    notebook="05_spectrum_plots",
    function="pattern_labels",
    title="Labels from a pattern",
    points=2,
    difficulty=2,
    importance=4,
    minutes=10,
    tests="Patterns of one to four squares on random boards: one board, a list of them, and games of moves.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "`divmod(utils.label_to_square(label), 8)` gives row and column of a square.",
        "boards[..., row, col] is the state of a square on every board, whatever axes stand in front.",
        "Go through `pattern.items()`. Begin with True everywhere, and join each comparison with &.",
    ),
    explanation='In the library this is `parse("C0==BLANK & D1==THEIRS & E2==MINE")(boards)`. The pattern '
    "is rare: expect it at a few positions in a hundred.",
)
