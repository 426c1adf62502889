"""One value in place of another, wherever it belongs: codes and states mixed up or written otherwise."""

from typing import Any

import torch
from torch import Tensor

MOST_KINDS = 6  # different values among the right ones: more are numbers, not codes
LEAST = 3  # places that differ
Pairs = list[tuple[Any, Any]]


def relabelled(found: list[Any], right: list[Any]) -> str:
    """A phrase such as "1 wherever 2 belongs, and 2 wherever 1 belongs", or an empty string.

    Only of whole numbers, strings and None, and where each of them is always replaced in the same way.
    """
    pairs: Pairs = []
    for one, other in zip(found, right, strict=True):
        if not _pair_up(one, other, pairs):
            return ""
    if len({right for _, right in pairs}) > MOST_KINDS:
        return ""
    taken: dict[Any, Any] = {}
    for have, belongs in pairs:
        if taken.setdefault(belongs, have) != have:
            return ""
    wrong = {belongs: have for belongs, have in taken.items() if have != belongs}
    if not wrong or sum(have != belongs for have, belongs in pairs) < LEAST or len(taken) < 2:
        return ""
    return ", and ".join(f"{have} wherever {belongs} belongs" for belongs, have in sorted(wrong.items()))


def _pair_up(found: Any, right: Any, pairs: Pairs) -> bool:
    """Adds (found, right) for every place, as text; False where the two are not of one form."""
    if isinstance(right, Tensor) and isinstance(found, Tensor):
        whole = not (right.is_floating_point() or found.is_floating_point() or right.dtype == torch.bool)
        if not whole or found.shape != right.shape or found.dtype == torch.bool:
            return False
        both = torch.stack([found.long().flatten(), right.long().flatten()], dim=1)
        pairs += [(str(a), str(b)) for a, b in both.tolist()]
        return True
    if isinstance(right, dict) and isinstance(found, dict) and found.keys() == right.keys():
        return all(_pair_up(found[key], right[key], pairs) for key in right)
    if isinstance(right, list | tuple) and isinstance(found, list | tuple) and len(found) == len(right):
        return all(_pair_up(a, b, pairs) for a, b in zip(found, right, strict=True))
    if _is_a_word(found) and _is_a_word(right):
        pairs.append((repr(found), repr(right)))
        return True
    return False


def _is_a_word(value: Any) -> bool:
    return value is None or type(value) in (int, str) or (isinstance(value, dict) and not value)
