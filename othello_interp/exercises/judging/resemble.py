"""What a wrong tensor has in common with the right one: a sign, a factor, a transpose, the values' order."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

CHANGES: tuple[tuple[int, Callable[[Tensor], Tensor], str], ...] = (
    (0, lambda x: -x, "Every value has the opposite sign."),
    (2, lambda x: x.mT, "The last two axes are swapped: rows and columns changed places."),
    (2, lambda x: x.flip(-2), "The last axis but one runs the wrong way."),
    (1, lambda x: x.flip(-1), "The last axis runs the wrong way."),
    (0, lambda x: x**2, "Every value is the square of the expected one."),
    (0, lambda x: x.abs(), "Every value has the right size, but the signs are lost."),
)


def resemblance(found: Any, expected: Any, rtol: float, atol: float) -> str:
    """One sentence on how two tensors of the same shape are related, or an empty string.

    Looks for an answer known to be wrong; says nothing of tensors with fewer than two different values, where
    almost anything would fit.
    """
    if not isinstance(found, Tensor) or not isinstance(expected, Tensor):
        return ""
    if found.shape != expected.shape or found.is_complex() or expected.is_complex():
        return ""
    if (
        found.dtype == torch.bool
        and expected.dtype == torch.bool
        and found.ndim
        and torch.equal(found, ~expected)
    ):
        return "Every value is the opposite of the expected one."
    a, b = found.double(), expected.double()
    if b.unique().numel() < 3 or not (a.isfinite().all() and b.isfinite().all()):
        return ""

    def same(x: Tensor, y: Tensor) -> bool:
        return x.shape == y.shape and bool(torch.isclose(x, y, rtol=rtol, atol=atol).all())

    if same(a, b):  # the type alone is wrong
        return ""
    if not a.any():
        return "All your values are 0."
    for needs, change, sentence in CHANGES:
        if a.ndim >= needs and same(a, change(b)) and not same(change(b), b):
            return sentence
    factor = float((a * b).sum() / (b * b).sum())
    if same(a, factor * b):
        return f"Every value is {factor:.3g} times the expected one."
    offset = float((a - b).mean())
    if same(a, b + offset):
        return f"Every value is {'larger' if offset > 0 else 'smaller'} by {abs(offset):.3g}."
    if same(a.flatten().sort().values, b.flatten().sort().values):
        return "The values are those expected, but not at the same places."
    return ""
