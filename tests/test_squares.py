"""Are the three names of a square consistent, and are bad names refused?"""

import doctest

import pytest

from othello_interp import squares
from othello_interp.squares import (
    ALL_SQUARES,
    id_to_label,
    id_to_square,
    label_to_id,
    label_to_square,
    square_to_id,
    square_to_label,
)


def test_docstring_examples():
    assert doctest.testmod(squares).failed == 0


def test_the_conventions_of_the_design():
    assert label_to_square("C0") == 16
    assert label_to_id("C0") == 17
    assert label_to_id("D1") == 26
    assert [square_to_label(s) for s in (28, 35, 27, 36)] == ["D4", "E3", "D3", "E4"]
    assert len(ALL_SQUARES) == 60


def test_every_token_has_its_own_square():
    assert [id_to_square(token) for token in range(1, 61)] == ALL_SQUARES
    assert [square_to_id(square) for square in ALL_SQUARES] == list(range(1, 61))
    assert [label_to_id(id_to_label(token)) for token in range(1, 61)] == list(range(1, 61))


def test_a_label_is_row_then_column():
    for row in range(8):
        for column in range(8):
            assert square_to_label(8 * row + column) == "ABCDEFGH"[row] + str(column)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: label_to_square("C8"), "'C8' is not a square: expected a letter A-H and a digit 0-7"),
        (lambda: label_to_square("0C"), "'0C' is not a square"),
        (lambda: label_to_square(""), "'' is not a square"),
        (lambda: square_to_label(64), "square 64 is not on the board: expected 0..63"),
        (lambda: square_to_label(-1), "square -1 is not on the board"),
        (lambda: id_to_square(0), r"token 0 is not a move: expected 1..60 \(0 is pass and has no square\)"),
        (lambda: id_to_label(61), "token 61 is not a move"),
        (lambda: square_to_id(27), "D3 is in the centre: it is never played and has no token"),
        (lambda: label_to_id("E4"), "E4 is in the centre"),
        (lambda: square_to_id(99), "square 99 is not on the board"),
    ],
)
def test_bad_names_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
