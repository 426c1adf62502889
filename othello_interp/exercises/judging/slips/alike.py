"""Whether two answers hold the same values, whatever their types, and whether that can be a coincidence."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

MOST_VALUES = 20_000  # of one answer are looked at, when values are counted
LEAST = 1e-6
ENOUGH = 3  # values that differ from the right ones: fewer are easily met by chance
Same = Callable[[Any, Any], bool]
_NOTHING = object()  # beside a value that has no counterpart
ENOUGH_FOR_TWO = 8  # where two changes are tried together


def alike(found: Any, other: Any, rtol: float, atol: float) -> bool:
    """Whether the values are the same up to tolerance. Types may differ: True is 1, a tuple is a list.

    `atol` shrinks with the values, so that small answers aren't all alike, but not below what float32 leaves
    of 1 - 1.
    """
    if isinstance(found, dict) and isinstance(other, dict):
        return found.keys() == other.keys() and all(
            alike(found[key], other[key], rtol, atol) for key in found
        )
    if isinstance(found, list | tuple) and isinstance(other, list | tuple):
        pairs = zip(found, other, strict=True) if len(found) == len(other) else None
        return pairs is not None and all(alike(a, b, rtol, atol) for a, b in pairs)
    a, b = as_tensor(found), as_tensor(other)
    if a is None or b is None:
        return type(found) is type(other) and bool(found == other)
    if a.shape != b.shape:
        return False
    size = b.abs().nan_to_num(0.0, 0.0, 0.0).max().item() if b.numel() else 0.0
    return bool(torch.isclose(a, b, rtol=rtol, atol=min(atol, max(rtol * size, LEAST)), equal_nan=True).all())


def as_tensor(value: Any) -> Tensor | None:
    """Numbers in float64; a list of numbers, or of pairs of them, is a tensor too. None for anything else."""
    if isinstance(value, Tensor):
        return None if value.is_complex() else value.double()
    if isinstance(value, bool | int | float):
        return torch.tensor(float(value), dtype=torch.float64)
    if not isinstance(value, list | tuple) or not value:
        return None
    rows = value if all(isinstance(item, list | tuple) for item in value) else [value]
    numbers = all(type(item) in (int, float) for row in rows for item in row)
    even = len({len(row) for row in rows}) == 1
    return torch.tensor(value, dtype=torch.float64) if numbers and even else None


def leaves(value: Any) -> Iterator[Any]:
    """The single values of an answer, the keys of a dict among them."""
    if isinstance(value, Tensor):
        yield from value.flatten()[:MOST_VALUES].tolist()
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def telling(found: list[Any], expected: list[Any], enough: int, distinct: int = 1) -> bool:
    """Whether enough values of all cases together differ from the right ones, and these are varied enough.

    Args:
        enough: how many values must differ; fractions count twice, being hardly met by chance.
        distinct: how many different values there must be among the right ones at these places.
    """
    differ: list[tuple[Any, Any]] = []
    for one, other in zip(found, expected, strict=True):
        a, b = list(leaves(one)), list(leaves(other))
        if len(a) != len(b):
            differ += [(x, _NOTHING) for x in a or [_NOTHING]]
        else:
            differ += [(x, y) for x, y in zip(a, b, strict=True) if not _close(x, y)]
    weight = sum(2 if isinstance(x, float) and round(x, 3) != x else 1 for x, _ in differ)
    return weight >= enough and len({_size(y) for _, y in differ}) >= distinct


def _close(x: Any, y: Any) -> bool:
    number = isinstance(x, bool | int | float) and isinstance(y, bool | int | float)
    return abs(x - y) <= 1e-5 + 1e-4 * abs(y) if number else x == y


def _size(value: Any) -> Any:
    return f"{abs(value):.4g}" if isinstance(value, bool | int | float) else value
