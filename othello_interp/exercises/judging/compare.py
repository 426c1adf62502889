"""Compare what a student's function returned with what the reference did: the first difference, in words.

Both sides are plain data (plain.py). Forgiven: float64 for float32, any integer type, 0 and 1 for False and
True, a Python number for a tensor without axes, a tuple for a list. Order of the tests: type, shape, dtype,
NaN, value.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from othello_interp import squares
from othello_interp.exercises.calling.outcome import Opaque

NUMBER = (bool, int, float)
FORGOT_RETURN = "Did you forget `return`?"
ADVICE = {"bool": "a comparison such as `x > 0`", "int": "`.long()`", "float": "`.float()`"}
DTYPE_WORDS = {"bool": "True or False", "int": "whole numbers", "float": "fractions (floating point)"}


@dataclass(frozen=True)
class Difference:
    """The first thing that differs.

    Attributes:
        kind: type, shape, dtype, nan or value; raised where there is nothing to compare.
        message: what is so, for the student.
        boards: both boards and where they differ, if the difference is on one.
        guess: what may be behind it; to be left out where the true reason is known.
        share: of the points that an answer like this still earns, where it is scored.
    """

    kind: str
    message: str
    boards: tuple[Tensor, Tensor, Tensor] | None = None
    guess: str = ""
    share: float = 0.0

    def __str__(self) -> str:
        return f"{self.message} {self.guess}".strip()


def compare(
    found: Any,
    expected: Any,
    rtol: float = 1e-4,
    atol: float = 1e-5,
    where: str = "",
    parts: tuple[str, ...] = (),
) -> Difference | None:
    """None if `found` is as good as `expected`, else the first difference.

    `where` says which part of the answer is meant, such as " for key 'C0'". `parts` names the items of an
    answer that is made of several things.
    """
    if isinstance(expected, dict):
        return _compare_dict(found, expected, rtol, atol, where)
    if isinstance(expected, list | tuple):
        return _compare_list(found, expected, rtol, atol, where, parts)
    if isinstance(expected, Tensor | bool | int | float):
        return _compare_numbers(found, expected, rtol, atol, where)
    if type(found) is not type(expected):
        return _type_difference(found, expected, where)
    if found != expected:
        return Difference("value", f"{_you(where)} {found!r:.200}, expected {expected!r:.200}.")
    return None


def _you(where: str) -> str:
    where = where.strip()
    return f"{where[0].upper()}{where[1:]} you have" if where else "You have"


def _type_difference(found: Any, expected: Any, where: str) -> Difference:
    message = f"Your function returned {_type_word(found)}{where}, expected {_type_word(expected)}."
    guess = ""
    if found is None and not where:
        guess = FORGOT_RETURN
    elif isinstance(expected, Tensor) and isinstance(found, list | tuple):
        guess = "`torch.stack` joins a list of tensors, `torch.tensor` takes a list of numbers."
    return Difference("type", message, guess=guess)


def _type_word(value: Any) -> str:
    if isinstance(value, Tensor):
        return "a tensor" if value.ndim else "a number"
    if isinstance(value, NUMBER):
        return "True or False" if isinstance(value, bool) else "a number"
    if isinstance(value, Opaque):
        return f"an object of type {value.type_name[:60]}"
    if value is None:
        return "None"
    kind = type(value).__name__
    return "a string" if kind == "str" else f"a {kind}"


def _compare_dict(found: Any, expected: dict, rtol: float, atol: float, where: str) -> Difference | None:
    if not isinstance(found, dict):
        return _type_difference(found, expected, where)
    missing, extra = [k for k in expected if k not in found], [k for k in found if k not in expected]
    if missing or extra:
        parts = [
            f"{word} {', '.join(map(repr, keys[:5]))}"
            for word, keys in (("lacks", missing), ("has", extra))
            if keys
        ]
        message = f"The keys of your dict{where} are not the expected ones: it {' and '.join(parts)}."
        return Difference("shape", message)
    for key in expected:
        if difference := compare(found[key], expected[key], rtol, atol, f"{where} for key {key!r}"):
            return difference
    return None


def _compare_list(
    found: Any, expected: list | tuple, rtol: float, atol: float, where: str, parts: tuple[str, ...]
) -> Difference | None:
    if isinstance(found, Tensor) and found.ndim and all(isinstance(item, NUMBER) for item in expected):
        found = found.tolist() if found.ndim == 1 else found
    if not isinstance(found, list | tuple):
        return _type_difference(found, expected, where)
    if len(found) != len(expected):
        message = f"Your {type(found).__name__}{where} has {len(found)} items, expected {len(expected)}."
        return Difference("shape", message)
    for index, (a, b) in enumerate(zip(found, expected, strict=True)):
        part = f" for the {parts[index]}" if len(parts) == len(expected) else f" for item {index}"
        if difference := compare(a, b, rtol, atol, where + part):
            return difference
    return None


def _compare_numbers(found: Any, expected: Any, rtol: float, atol: float, where: str) -> Difference | None:
    if not isinstance(found, Tensor | bool | int | float):
        return _type_difference(found, expected, where)
    a, b = torch.as_tensor(found), torch.as_tensor(expected)
    if a.shape != b.shape:
        return Difference("shape", _shape_message(a, b, where), guess=_shape_guess(a, b))
    kinds = _kind(a), _kind(b)
    if a.dtype.is_complex != b.dtype.is_complex or not _dtype_ok(a, b):
        found_word, wanted = DTYPE_WORDS.get(kinds[0], str(a.dtype)), DTYPE_WORDS.get(kinds[1], str(b.dtype))
        message = f"Your result{where} holds {found_word} ({a.dtype}), expected {wanted}; "
        message += f"{ADVICE.get(kinds[1])} gives that."
        return Difference("dtype", message.replace("torch.", ""))
    wide = torch.complex128 if b.dtype.is_complex else torch.float64
    a, b = a.to(wide), b.to(wide)
    bad_nan = a.isnan() & ~b.isnan()
    if bad_nan.any():
        first = bad_nan.nonzero()[0].tolist()
        message = f"Your result{where} has NaN {_count(bad_nan)}{_place(first, tuple(a.shape))}."
        return Difference("nan", message, _boards(a, b, bad_nan, first), "Did you divide zero by zero?")
    wrong = ~torch.isclose(a, b, rtol=rtol, atol=atol, equal_nan=True)
    if not wrong.any():
        return None
    gap = torch.where(wrong, (a - b).abs().nan_to_num(nan=math.inf), -1.0)
    index = tuple(int(i) for i in torch.unravel_index(gap.argmax(), gap.shape)) if gap.ndim else ()
    x, y = _pair(a[index].item(), b[index].item())
    if kinds[1] == "bool":
        x, y = str(bool(a[index])), str(bool(b[index]))
    message = f"{_you(where + _place(list(index), tuple(a.shape)))} {x}, expected {y}."
    if a.ndim:
        message += f" Values that differ: {int(wrong.sum()):,} of {wrong.numel():,}."
    rounded = kinds == ("int", "float") and isinstance(found, Tensor) and isinstance(expected, Tensor)
    guess = "Your result holds whole numbers: was something rounded?" if rounded else ""
    return Difference("value", message, _boards(a, b, wrong, list(index)), guess)


def _boards(a: Tensor, b: Tensor, wrong: Tensor, index: list[int]) -> tuple[Tensor, Tensor, Tensor] | None:
    """The boards that hold a place, if the last two axes are a board."""
    if a.shape[-2:] != (8, 8) or a.dtype.is_complex:
        return None
    lead = tuple(index[:-2])
    return a[lead], b[lead], wrong[lead]


def _kind(tensor: Tensor) -> str:
    if tensor.dtype == torch.bool:
        return "bool"
    return "float" if tensor.dtype.is_floating_point else "complex" if tensor.dtype.is_complex else "int"


def _dtype_ok(found: Tensor, expected: Tensor) -> bool:
    a, b = _kind(found), _kind(expected)
    if a == b or (b == "float" and a == "int"):
        return True
    if found.ndim == 0:
        return {a, b} != {"bool", "float"}
    return {a, b} == {"bool", "int"} and all(bool(((x == 0) | (x == 1)).all()) for x in (found, expected))


def _shape_message(found: Tensor, expected: Tensor, where: str) -> str:
    a, b = tuple(found.shape), tuple(expected.shape)
    if not b:
        return f"Your result{where} has shape {a}, expected a single number."
    return f"Your result{where} has shape {a if a else '() (a single number)'}, expected {b}."


def _shape_guess(found: Tensor, expected: Tensor) -> str:
    """What two shapes have in common; nothing for a single number, which lies within any shape."""
    a, b = tuple(found.shape), tuple(expected.shape)
    if not a or not b:
        return ""
    if sorted(a) == sorted(b):
        return "The axes are right but in another order."
    if [n for n in a if n != 1] == [n for n in b if n != 1]:
        return "Only axes of size 1 differ: see `squeeze`, `unsqueeze` and `keepdim`."
    missing = len(b) - len(a)
    gone = "axis is" if missing == 1 else f"{missing} axes are"
    for place, rest in (("first", b[missing:]), ("last", b[: len(a)])):
        if missing > 0 and rest == a:
            return f"The {place} {gone} missing."
    if found.numel() == expected.numel():
        return "The number of values is right: see `reshape`."
    if len(a) != len(b):
        return ""
    axes = [str(i) for i, (m, n) in enumerate(zip(a, b, strict=True)) if m != n]
    return f"Axis {', '.join(axes)} differs." if len(axes) == 1 else f"Axes {', '.join(axes)} differ."


def _count(mask: Tensor) -> str:
    return f"in {int(mask.sum()):,} of {mask.numel():,} places, first" if mask.ndim else ""


def _place(index: list[int], shape: tuple[int, ...]) -> str:
    """ " at C0" on a board, " at [1, 2], square C0" on a stack of boards, " at [1, 2]" elsewhere."""
    if not index:
        return ""
    if shape[-2:] == (8, 8):
        label = squares.square_to_label(8 * index[-2] + index[-1])
        return f" at {index[:-2]}, square {label}" if index[:-2] else f" at {label}"
    if shape[-1] == squares.N_TOKENS and index[-1] > 0:
        return f" at {index}, token {index[-1]} ({squares.id_to_label(index[-1])})"
    return f" at {index}"


def _number(value: Any, digits: int) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.{digits}g}"


def _pair(found: Any, expected: Any) -> tuple[str, str]:
    """Both numbers with as many digits as it takes to see that they differ."""
    for digits in (3, 5, 8, 17):
        a, b = _number(found, digits), _number(expected, digits)
        if a != b:
            break
    return a, b
