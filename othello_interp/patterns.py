"""The lines that make a move legal: a blank square, one or more of theirs, then one of mine."""

from types import MappingProxyType

from othello_interp.squares import ALL_SQUARES, label_to_square, square_to_label

#: How boards are written as the player about to move sees them.
STATES = MappingProxyType({"BLANK": 0, "THEIRS": 1, "MINE": 2})

#: (rows down, columns to the right) for each of the eight directions on the board.
DIRECTIONS = tuple((down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if (down, right) != (0, 0))


def line_pattern(label: str, step: tuple[int, int], n_theirs: int) -> dict[str, str] | None:
    """What must stand where for a move to turn `n_theirs` discs in one direction.

    step: (rows down, columns to the right) from one square to the next. None if the line leaves the board.

    >>> line_pattern("C0", (1, 1), 1)
    {'C0': 'BLANK', 'D1': 'THEIRS', 'E2': 'MINE'}
    """
    row, col = divmod(label_to_square(label), 8)
    line = [(row + i * step[0], col + i * step[1]) for i in range(n_theirs + 2)]
    if not all(0 <= r < 8 and 0 <= c < 8 for r, c in line):
        return None
    labels = [square_to_label(8 * r + c) for r, c in line]
    return dict(zip(labels, ["BLANK", *["THEIRS"] * n_theirs, "MINE"], strict=True))


def line_patterns() -> list[dict[str, str]]:
    """Every line of every direction and length that makes a move legal, by square, direction and length."""
    lines = (
        line_pattern(square_to_label(square), step, n_theirs)
        for square in ALL_SQUARES
        for step in DIRECTIONS
        for n_theirs in range(1, 7)
    )
    return [line for line in lines if line is not None]


def as_hypothesis(pattern: dict[str, str]) -> str:
    """The pattern in the language of hypotheses.py.

    >>> as_hypothesis({'C0': 'BLANK', 'D1': 'THEIRS', 'E2': 'MINE'})
    'C0==BLANK & D1==THEIRS & E2==MINE'
    """
    return " & ".join(f"{label}=={state}" for label, state in pattern.items())
