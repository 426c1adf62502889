"""What comes in, before it is drawn: tensors to numpy arrays, shapes of boards, layout arguments."""

import re
from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Shaped

from othello_interp.errors import InputError
from othello_interp.squares import ALL_SQUARES, label_to_square

TensorLike = Any  # what to_numpy takes; torch is not imported for the sake of a type


def to_numpy(tensor: TensorLike) -> np.ndarray:
    """A numpy array with the values of a tensor, an array, a number or a (nested) list of these.

    Works for tensors that require grad, sit on another device, or are bfloat16 (which numpy lacks:
    the result is float32).
    """
    if hasattr(tensor, "detach"):
        tensor = tensor.detach().cpu()
        return (tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy()
    if isinstance(tensor, list | tuple):
        return np.array([to_numpy(item) for item in tensor])
    return np.asarray(tensor)


def as_boards(what: str, tensor: TensorLike, playable: bool = True) -> Shaped[np.ndarray, "board 8 8"]:
    """One board or a stack of them, in any of the usual shapes, as a stack.

    A vector of 60 holds the playable squares in token order and leaves the centre without a value: nan
    for numbers, "" for anything else. `playable=False` does not take such vectors. `what` opens the error.

    Raises ValueError for another shape.
    """
    array = to_numpy(tensor)
    shape = array.shape
    single = len(shape) - (2 if shape[-2:] == (8, 8) else 1) in (0, 1)  # one board or one axis of them
    if single and playable and shape[-1:] == (60,):
        number = np.issubdtype(array.dtype, np.number) or array.dtype == bool
        full = np.full((*shape[:-1], 64), np.nan if number else "", dtype=float if number else object)
        full[..., ALL_SQUARES] = array
        array = full
    elif not (single and (shape[-1:] == (64,) or shape[-2:] == (8, 8))):
        vectors = "(60,), (64,)" if playable else "(64,)"
        raise InputError(f"{what}: expected (8, 8), {vectors} or (n, 8, 8); found {shape}")
    if array.size == 0:
        raise InputError(f"{what}: expected at least one board; found {shape}")
    return array.reshape(-1, 8, 8)


def as_squares(
    what: str, squares: int | str | Sequence | TensorLike | None, n: int | None
) -> list[int | None]:
    """`n` squares, or any number of them if it is None, as numbers 0..63 from numbers or labels; None stands
    for no square (on any of the boards).

    Raises ValueError for another number of squares or one that is not on the board.
    """
    if squares is None:
        return [None] * (n or 0)
    if hasattr(squares, "tolist"):
        squares = squares.tolist()
    squares = list(squares) if isinstance(squares, list | tuple) else [squares]
    numbers = [label_to_square(square) if isinstance(square, str) else square for square in squares]
    if n is not None and len(numbers) != n:
        raise InputError(f"{what}: expected {n} (one for each board); found {len(numbers)}")
    for number in numbers:
        if number is not None and number not in range(64):
            raise InputError(f"{what}: expected squares 0..63 or labels such as 'C0'; found {number}")
    return numbers


def as_titles(what: str, titles: Sequence[str] | None, n: int) -> list[str]:
    """The titles of `n` panels as strings; none at all if None. Raises ValueError for a wrong number."""
    if titles is None:
        return []
    if isinstance(titles, str):
        titles = [titles]
    if len(titles) != n:
        raise InputError(f"{what}: expected {n} (one for each panel); found {len(titles)}: {list(titles)}")
    return [str(title) for title in titles]


def check_layout(what: str, options: Mapping[str, Any], own: Collection[str]) -> None:
    """Whether plotly's layout takes every option, such as showlegend=False or xaxis2_title="move".

    Raises TypeError naming the first that it doesn't take; `own` are the names that `what` itself takes.
    """
    layout = go.Layout()
    for name in options:
        if re.sub(r"axis\d+", "axis", name) not in layout:
            close = get_close_matches(name, [*own, *layout], 1)
            advice = f". Did you mean {close[0]!r}?" if close else ""
            raise TypeError(f"{what}: neither it nor plotly's layout takes an argument {name!r}{advice}")
