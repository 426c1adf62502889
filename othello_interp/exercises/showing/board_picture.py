"""Two small boards side by side: the student's and the expected one."""

from torch import Tensor

MOST_MARKS = 24  # with more than that the outlines hide the picture


def two_boards(found: Tensor, expected: Tensor, wrong: Tensor) -> str:
    """HTML of two 8×8 boards on one colour scale; a few `wrong` squares are outlined on the first."""
    from othello_interp.pages.svg import ValueBoard, value_boards

    squares = wrong.flatten().nonzero().flatten().tolist()
    outlined = squares if len(squares) <= MOST_MARKS else ()
    return value_boards(
        [
            ValueBoard("yours", found.flatten().tolist(), outlined),
            ValueBoard("expected", expected.flatten().tolist()),
        ]
    )
