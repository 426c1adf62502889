"""What a changed reference does in place of picking by a mask, and of putting values into a tensor."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def _mask(x: Tensor) -> Tensor:
    if x.dtype != torch.bool:
        raise TypeError("no mask, so the change makes no sense")
    return x


def _zeroed(x: Tensor, where: Tensor) -> Tensor:
    """The values of all positions, 0 where the mask is False."""
    mask = _mask(where).view(*where.shape, *(1,) * (x.ndim - where.ndim))
    return (x * mask).flatten(0, where.ndim - 1)


def _unmasked(x: Tensor, where: Tensor) -> Tensor:
    return x.flatten(0, _mask(where).ndim - 1)


MASKED: dict[str, tuple[str, Callable[..., Tensor]]] = {
    "_zeroed": ("when what is not marked counts as 0 and is not left out", _zeroed),
    "_unmasked": ("when a mask is left out", _unmasked),
}

Put = Callable[[Tensor, Tensor], Tensor]
PUT: dict[str, Put] = {
    "when only the last along axis 1 is changed": lambda old, new: torch.cat([old[:, :-1], new[:, -1:]], 1),
    "when only the first along axis 1 is changed": lambda old, new: torch.cat([new[:, :1], old[:, 1:]], 1),
    "when the first along axis 1 is left as it was": lambda old, new: torch.cat([old[:, :1], new[:, 1:]], 1),
    "with the mean of what stood there put in": lambda old, new: old.mean().expand_as(old),
    "with 1 put in": lambda old, new: torch.ones_like(old),
    "when it is added to what stood there": lambda old, new: old + new,
    "when nothing is put in": lambda old, new: old,
}


def _put(x: Any, index: Any, value: Any, how: str) -> None:
    """x[index] = value, in another way: one of PUT."""
    old = x[index].clone()
    x[index] = PUT[how](old, torch.as_tensor(value, dtype=old.dtype).expand_as(old))


HELPERS = {"_put": _put} | {name: helper for name, (_, helper) in MASKED.items()}
