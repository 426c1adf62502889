"""Are the three names of a square consistent, and are bad names refused?"""

import copy
import operator
import pickle

import numpy as np
import pytest
import torch

from othello_interp.squares import (
    ALL_SQUARES,
    id_to_label,
    id_to_square,
    label_to_id,
    label_to_square,
    square_to_id,
    square_to_label,
)


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


CHANGES = {
    "append": lambda squares: squares.append(27),
    "extend": lambda squares: squares.extend([27]),
    "insert": lambda squares: squares.insert(0, 27),
    "remove": lambda squares: squares.remove(16),
    "pop": lambda squares: squares.pop(),
    "clear": lambda squares: squares.clear(),
    "sort": lambda squares: squares.sort(reverse=True),
    "reverse": lambda squares: squares.reverse(),
    "set": lambda squares: squares.__setitem__(0, 27),
    "delete": lambda squares: squares.__delitem__(0),
    "+=": lambda squares: operator.iadd(squares, [27]),
    "*=": lambda squares: operator.imul(squares, 2),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_shared_squares_cannot_be_changed(change):
    with pytest.raises(TypeError, match=r"can't be changed: take a copy, such as list\(ALL_SQUARES\)"):
        change(ALL_SQUARES)
    assert [s for s in range(64) if s not in (27, 28, 35, 36)] == ALL_SQUARES


@pytest.mark.parametrize(
    "copied",
    [
        list,
        copy.copy,
        copy.deepcopy,
        lambda s: s.copy(),
        lambda s: s[:],
        lambda s: pickle.loads(pickle.dumps(s)),
    ],
)
def test_a_copy_of_the_squares_can(copied):
    mine = copied(ALL_SQUARES)
    mine.append(27)
    assert (mine[:-1], len(ALL_SQUARES)) == (ALL_SQUARES, 60)


def test_the_squares_index_as_a_list_does():
    plain = list(ALL_SQUARES)
    board = torch.arange(64.0)
    assert torch.equal(board[ALL_SQUARES], board[plain])
    assert torch.equal(board.expand(3, 64)[..., ALL_SQUARES], board.expand(3, 64)[..., plain])
    np.testing.assert_array_equal(board.numpy()[ALL_SQUARES], board.numpy()[plain])
    np.testing.assert_array_equal(board.numpy().reshape(1, 64)[:, ALL_SQUARES], board.numpy()[None, plain])
    board[ALL_SQUARES] = -1
    assert (board >= 0).nonzero().flatten().tolist() == [27, 28, 35, 36]
    assert torch.equal(torch.tensor(ALL_SQUARES), torch.tensor(plain))
    assert (ALL_SQUARES[16], ALL_SQUARES.index(16), ALL_SQUARES[:3]) == (16, 16, [0, 1, 2])
    assert f"{ALL_SQUARES[:2]} {ALL_SQUARES}" == f"[0, 1] {plain}"
