"""Plain data: the only things taken from a student's function.

A tensor on the CPU without a gradient tape, a Python number, string, bool or None, or a list, tuple, dict or
set of these. Whatever else comes back is kept as its type's name (`Opaque`), so that nothing a student made
is used later.
"""

from fractions import Fraction
from typing import Any

import numpy as np
import torch
from torch import Tensor

from othello_interp.exercises.calling.outcome import MAX_DEPTH, Opaque

MAX_ITEMS = 200_000


class PlainError(ValueError):
    """An answer is too deep or too large to be taken."""


def plain(value: Any) -> Any:
    """The same value as plain data, sharing no memory with it; PlainError if it is too deep or too large."""
    return _plain(value, MAX_DEPTH, [MAX_ITEMS])


def _plain(value: Any, depth: int, room: list[int]) -> Any:
    room[0] -= 1
    if depth == 0:
        raise PlainError(f"the answer is nested more than {MAX_DEPTH} deep")
    if room[0] < 0:
        raise PlainError(f"the answer has more than {MAX_ITEMS:,} items; use a tensor")
    if value is None or type(value) in (bool, str, float):
        return value
    if type(value) is int:  # beyond 64 bits it is no answer of ours, and printing it may take for ever
        return value if value.bit_length() < 64 else Opaque("int of more than 64 bits")
    if type(value) is Fraction:
        return float(value)
    if isinstance(value, Tensor):
        return _plain_tensor(value)
    if isinstance(value, np.generic | np.ndarray) or type(value).__name__ == "Series":
        return _plain_array(np.asarray(value))
    if isinstance(value, bool | int | float | str):  # an enum or another subclass
        base = next(kind for kind in (bool, int, float, str) if isinstance(value, kind))
        return _plain(base(value), depth - 1, room)
    if isinstance(value, dict):
        if not all(type(key) in (str, int, bool, float) for key in value):
            value = {_plain_key(key): item for key, item in value.items()}
        return {key: _plain(item, depth - 1, room) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        kind = set if isinstance(value, set | frozenset) else tuple if isinstance(value, tuple) else list
        items = [_plain(item, depth - 1, room) for item in value]
        try:
            return kind(items)
        except TypeError:
            return Opaque("set of things that are not numbers or strings")
    return Opaque(type(value).__name__)


def _plain_key(key: Any) -> str | int | float | bool:
    return (
        key.item()
        if isinstance(key, np.generic) or (isinstance(key, Tensor) and key.numel() == 1)
        else str(key)
    )


def _plain_tensor(value: Tensor) -> Any:
    with torch.no_grad():
        value = value.detach()
        if value.is_meta or value.is_quantized:
            return Opaque("Tensor without values" if value.is_meta else "quantized Tensor")
        dense = value.to_dense() if value.layout != torch.strided else value
        own = torch.empty(dense.shape, dtype=dense.dtype, device="cpu")  # contiguous, shares no memory
        return own.copy_(dense.as_subclass(Tensor))


def _plain_array(value: np.ndarray) -> Any:
    if value.dtype == object or value.dtype.kind in "USMmV":
        listed = value.tolist() if value.dtype.kind in "US" else None
        return Opaque(f"ndarray of {value.dtype}") if listed is None else listed
    if value.dtype.byteorder == ">":
        value = value.astype(value.dtype.newbyteorder("="))
    try:
        return torch.from_numpy(np.array(value, copy=True, order="C"))
    except TypeError:  # long double and the like
        return torch.from_numpy(np.array(value, dtype=np.float64, order="C"))
