"""The three names of a square: token id (1..60), square number (0..63) and label ("A0".."H7").

Rows are letters (square // 8), columns are digits (square % 8), so "C0" is square 16. Token 0 is
"pass" and is never played; tokens 1..60 are the 60 squares other than the four in the centre.
"""

from typing import NoReturn

from othello_interp.errors import InputError

ROWS = "ABCDEFGH"
COLUMNS = "01234567"
CENTRE = (27, 28, 35, 36)
N_TOKENS = 61


class FixedList(list[int]):
    """A list that can't be changed. Not a tuple: that would index 60 axes of a tensor, not 60 places."""

    def _refuse(self, *args: object, **kwargs: object) -> NoReturn:
        raise TypeError("this list is shared and can't be changed: take a copy, such as list(ALL_SQUARES)")

    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = extend = insert = remove = pop = clear = sort = reverse = _refuse

    def __reduce__(self) -> tuple[type[list], tuple[list[int]]]:
        return list, (list(self),)  # copies and pickles are ordinary lists


#: The 60 squares that can be played, in token order: token t stands for ALL_SQUARES[t - 1].
ALL_SQUARES = FixedList(square for square in range(64) if square not in CENTRE)

_TOKEN_OF_SQUARE = {square: token for token, square in enumerate(ALL_SQUARES, start=1)}


def square_to_label(square: int) -> str:
    """The label of a square.

    >>> square_to_label(16)
    'C0'
    """
    if not 0 <= square < 64:
        raise InputError(f"square {square} is not on the board: expected 0..63")
    return ROWS[square // 8] + COLUMNS[square % 8]


def label_to_square(label: str) -> int:
    """The square a label stands for.

    >>> label_to_square("C0")
    16
    """
    if len(label) != 2 or label[0] not in ROWS or label[1] not in COLUMNS:
        raise InputError(f"{label!r} is not a square: expected a letter A-H and a digit 0-7, such as 'C0'")
    return ROWS.index(label[0]) * 8 + COLUMNS.index(label[1])


def id_to_square(token: int) -> int:
    """The square a token stands for.

    >>> id_to_square(17)
    16
    """
    if not 1 <= token < N_TOKENS:
        raise InputError(f"token {token} is not a move: expected 1..60 (0 is pass and has no square)")
    return ALL_SQUARES[token - 1]


def square_to_id(square: int) -> int:
    """The token of a square.

    >>> square_to_id(16)
    17
    """
    if square in CENTRE:
        raise InputError(f"{square_to_label(square)} is in the centre: it is never played and has no token")
    return _TOKEN_OF_SQUARE[label_to_square(square_to_label(square))]


def id_to_label(token: int) -> str:
    """The label of a token's square.

    >>> id_to_label(17)
    'C0'
    """
    return square_to_label(id_to_square(token))


def label_to_id(label: str) -> int:
    """The token of a square given by its label.

    >>> label_to_id("C0"), label_to_id("D1")
    (17, 26)
    """
    return square_to_id(label_to_square(label))
