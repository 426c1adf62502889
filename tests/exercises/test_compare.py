"""Does compare accept what is as good, and say the first difference in the student's terms?"""

from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import nn

from othello_interp.exercises.calling.outcome import Opaque
from othello_interp.exercises.calling.plain import plain
from othello_interp.exercises.judging.compare import compare

BOARD = torch.arange(64.0).reshape(8, 8) / 7
TABLE = torch.arange(15.0).reshape(3, 5).sin()
MASK = torch.tensor([[True, False, True], [False, False, True]])


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (TABLE.double(), TABLE),
        (TABLE, TABLE.double()),
        (TABLE.numpy(), TABLE),
        (TABLE.clone().requires_grad_() * 1, TABLE),
        (nn.Parameter(TABLE.clone()), TABLE),
        (TABLE.T.contiguous().T, TABLE),
        (TABLE.repeat(1, 2)[:, :5], TABLE),
        (np.asfortranarray(TABLE.numpy()), TABLE),
        (TABLE.numpy()[::-1][::-1], TABLE),
        (TABLE.to_sparse(), TABLE),
        (TABLE + 1e-7, TABLE),
        (0.5, torch.tensor(0.5)),
        (torch.tensor(0.5), 0.5),
        (np.float64(0.5), 0.5),
        (np.float32(0.5), torch.tensor(0.5)),
        (torch.tensor(3), 3),
        (3.0, 3),
        (MASK.int(), MASK),
        (MASK.to(torch.uint8).numpy(), MASK),
        (MASK, MASK.long()),
        (torch.tensor([3, 5], dtype=torch.uint8), torch.tensor([3, 5])),
        (torch.tensor([3, 5]), torch.tensor([3.0, 5.0])),
        ((1, 2, 3), [1, 2, 3]),
        ([1, 2, 3], (1, 2, 3)),
        (np.array([1, 2, 3]), [1, 2, 3]),
        (torch.tensor([10, 12]), [10, 12]),
        ([torch.tensor(1), np.int64(2)], (1, 2)),
        ({"b": 2.0, "a": TABLE.double()}, {"a": TABLE, "b": 2}),
        (np.str_("C0"), "C0"),
        (Fraction(3, 8), 0.375),
        (np.array(["C0", "D1"]), ["C0", "D1"]),
        (float("nan"), torch.tensor(float("nan"))),
        (torch.tensor([float("inf"), 1.0]), torch.tensor([float("inf"), 1.0])),
        (None, None),
        ({"C0", "D1"}, {"D1", "C0"}),
        (torch.empty(0, 5), torch.empty(0, 5)),
    ],
)
def test_accepts_what_is_as_good(found, expected):
    assert compare(plain(found), plain(expected)) is None


def changed(board: torch.Tensor, square: int, value: float) -> torch.Tensor:
    out = board.clone()
    out.flatten()[square] = value
    return out


@pytest.mark.parametrize(
    ("found", "expected", "kind", "words"),
    [
        (None, TABLE, "type", "Did you forget `return`?"),
        (TABLE.tolist(), TABLE, "type", "returned a list, expected a tensor. `torch.stack`"),
        (Opaque("Figure"), TABLE, "type", "an object of type Figure, expected a tensor"),
        ("0.5", 0.5, "type", "returned a string, expected a number"),
        (0.5, "C0", "type", "returned a number, expected a string"),
        (TABLE, "C0", "type", "returned a tensor, expected a string"),
        (TABLE, {"a": 1}, "type", "returned a tensor, expected a dict"),
        (3, [3], "type", "returned a number, expected a list"),
        (TABLE.T, TABLE, "shape", "shape (5, 3), expected (3, 5). The axes are right but in another order."),
        (TABLE[None], TABLE, "shape", "Only axes of size 1 differ"),
        (TABLE[0], TABLE, "shape", "The first axis is missing."),
        (TABLE[:, 0], TABLE, "shape", "The last axis is missing."),
        (BOARD, BOARD.expand(3, 2, 8, 8), "shape", "The first 2 axes are missing."),
        (TABLE.flatten(), TABLE, "shape", "see `reshape`"),
        (TABLE[:, :4], TABLE, "shape", "Axis 1 differs."),
        (torch.zeros(2, 4), TABLE, "shape", "Axes 0, 1 differ."),
        (torch.tensor([0.5]), torch.tensor(0.5), "shape", "shape (1,), expected a single number"),
        (torch.tensor(0.5), TABLE, "shape", "shape () (a single number), expected (3, 5)"),
        ([1, 2], [1, 2, 3], "shape", "list has 2 items, expected 3"),
        ({"a": 1}, {"a": 1, "b": 2}, "shape", "it lacks 'b'"),
        ({"a": 1, "c": 2}, {"a": 1, "b": 2}, "shape", "it lacks 'b' and has 'c'"),
        (MASK.float(), MASK, "dtype", "holds fractions (floating point) (float32), expected True or False"),
        (TABLE > 0, TABLE, "dtype", "expected fractions (floating point); `.float()`"),
        (torch.tensor([1.0, 2.0]), torch.tensor([1, 2]), "dtype", "expected whole numbers; `.long()`"),
        (torch.tensor([0, 2, 1]), torch.tensor([False, True, True]), "dtype", "True or False"),
        (changed(BOARD, 16, float("nan")), BOARD, "nan", "NaN in 1 of 64 places, first at C0."),
        (
            changed(BOARD, 16, 0.123),
            BOARD,
            "value",
            "At C0 you have 0.123, expected 2.29. Values that differ: 1 of 64.",
        ),
        (
            torch.stack([BOARD, changed(BOARD, 25, 0.5)]),
            torch.stack([BOARD, BOARD]),
            "value",
            "At [1], square D1 you",
        ),
        (
            torch.arange(61.0) * 2,
            torch.arange(61.0) * 2 - (torch.arange(61) == 17).float(),
            "value",
            "token 17 (C0)",
        ),
        (TABLE + (torch.arange(5) == 2), TABLE, "value", "Values that differ: 3 of 15."),
        (0.5, 0.25, "value", "You have 0.5, expected 0.25."),
        (1.0004, torch.tensor(1.0), "value", "You have 1.0004, expected 1."),
        (torch.tensor([0, 1]), torch.tensor([0.4, 1.2]), "value", "was something rounded?"),
        ("C0", "D1", "value", "You have 'C0', expected 'D1'."),
        ([1, 5], [1, 2], "value", "For item 1 you have 5, expected 2."),
        ({"C0": TABLE, "D1": 2}, {"C0": TABLE, "D1": 3}, "value", "For key 'D1' you have 2, expected 3."),
        (
            [{"a": BOARD}],
            [{"a": changed(BOARD, 63, 0)}],
            "value",
            "For item 0 for key 'a' at H7 you have 9, expected 0.",
        ),
        (True, False, "value", "You have True, expected False."),
        (
            torch.tensor([1.0, float("inf")]),
            torch.tensor([1.0, 2.0]),
            "value",
            "At [1] you have inf, expected 2.",
        ),
        (torch.ones(2), torch.tensor([1.0, float("nan")]), "value", "At [1] you have 1, expected nan."),
    ],
)
def test_says_the_first_difference(found, expected, kind, words):
    difference = compare(found, expected)
    assert difference is not None
    assert difference.kind == kind
    assert words in f"{difference.message} {difference.guess}"


def test_the_largest_difference_is_the_one_shown():
    found = changed(changed(BOARD, 3, 0.5), 40, 99.0)
    assert compare(found, BOARD).message.startswith("At F0 you have 99,")


def test_boards_come_with_the_difference():
    found = torch.stack([BOARD, changed(BOARD, 25, 0.5)])
    mine, theirs, wrong = compare(found, torch.stack([BOARD, BOARD])).boards
    assert mine[3, 1] == 0.5
    assert torch.equal(theirs, BOARD.double())
    assert wrong.nonzero().tolist() == [[3, 1]]
    assert compare(TABLE, TABLE + 1).boards is None


def test_the_parts_of_an_answer_have_names():
    found, expected = ([1, 2], BOARD), ([1, 2], changed(BOARD, 16, 9.5))
    named = compare(found, expected, parts=("neurons", "attributions"))
    assert named.message.startswith("For the attributions at C0 you have 2.29, expected 9.5.")
    assert compare(found, expected).message.startswith("For item 1 at C0 you have")


def test_tolerance_is_that_of_isclose():
    assert compare(1.05, 1.0, rtol=0.1, atol=0.0) is None
    assert compare(1.05, 1.0, rtol=0.01, atol=0.0) is not None
    assert compare(0.05, 0.0, rtol=0.1, atol=0.1) is None


@pytest.mark.parametrize("shape", [(), (1,), (3,)])
def test_nothing_is_guessed_of_the_axes_of_a_single_number(shape):
    single = compare(torch.tensor(0.5), torch.ones(shape) * 0.25)
    assert single.guess == ""
    assert "leading" not in single.message


def test_a_guess_stands_apart_from_what_is_so():
    assert compare(None, 3).message == "Your function returned None, expected a number."
    assert compare(None, 3).guess == "Did you forget `return`?"
    rounded = compare(torch.tensor([0, 1]), torch.tensor([0.4, 1.2]))
    assert "rounded" not in rounded.message
    assert "rounded" in rounded.guess


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no other device")
def test_results_on_another_device_are_accepted():
    assert compare(plain(TABLE.cuda()), TABLE) is None
