"""Changes of a right result: what is done too much or too little at the end.

Each has a phrase with a gap for what it is done to: "the squares of {x}". A change raises where it makes no
sense; its caller drops it there.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import permutations
from typing import Any

import torch
from torch import Tensor

from othello_interp.exercises.judging.slips.alike import as_tensor
from othello_interp.squares import ALL_SQUARES, ROWS, label_to_id, label_to_square

Change = Callable[[Any], Any]
MOVE = "`permute` or `transpose` does that"
NUMBERS: tuple[tuple[str, Callable[[Tensor], Tensor]], ...] = (
    ("{x} with the opposite sign", lambda x: -x),
    ("1 minus {x}", lambda x: 1 - x),
    ("the squares of {x}", lambda x: x**2),
    ("1 divided by {x}", lambda x: 1 / x),
    ("where {x} are above 0, as True and False", lambda x: (x > 0).double()),
)
FRACTIONS: tuple[tuple[str, Callable[[Tensor], Tensor]], ...] = (
    ("the square roots of {x}", lambda x: x.sqrt()),
    ("the absolute values of {x}", lambda x: x.abs()),
    ("{x} with 0 in place of negative values", lambda x: x.clamp(min=0)),
    ("the logarithms of {x}", lambda x: x.log()),
    ("e to the power of {x}", lambda x: x.exp()),
    ("the angles (arccos) whose cosines are {x}", lambda x: x.acos()),
    ("{x} rounded to whole numbers", lambda x: x.round()),
    ("{x} cut down to whole numbers", lambda x: x.trunc()),
    ("{x} rounded to one digit after the point", lambda x: x.round(decimals=1)),
    ("{x} rounded to two digits after the point", lambda x: x.round(decimals=2)),
)


def _each(change: Callable[[Tensor], Tensor]) -> Change:
    """The change on every number or tensor of an answer."""

    def changed(value: Any) -> Any:
        if isinstance(value, Tensor):
            return change(value.double())
        if isinstance(value, bool | int | float):
            return change(torch.tensor(float(value), dtype=torch.float64))
        if isinstance(value, dict):
            return {key: changed(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [changed(item) for item in value]
        return value

    return changed


def of_its_kind(value: Any, change: Change) -> Any:
    """A changed value of the type that it had, where it can be. Raises ValueError for what is no number."""

    def like(value: Any, changed: Any) -> Any:
        if isinstance(value, Tensor) and isinstance(changed, Tensor):
            if not changed.isfinite().all():  # linear algebra prints complaints when it gets that
                raise ValueError("the logarithm of 0, or such")
            same = value.is_floating_point() or bool((changed == changed.to(value.dtype)).all())
            return changed.to(value.dtype) if same else changed
        if isinstance(value, list | tuple) and isinstance(changed, list | tuple):
            pairs = zip(value, changed, strict=False)
            own = [like(*pair) for pair in pairs] if len(value) == len(changed) else changed
            return type(value)(own)
        return type(value)(changed) if isinstance(value, bool | int | float) else changed

    return like(value, change(value))


def changed_results(example: Any, axes: list[str]) -> Iterator[tuple[str, Change]]:
    """Phrases and changes for results like `example`. `axes` names those of a tensor."""
    if isinstance(example, bool) or (isinstance(example, Tensor) and example.dtype == torch.bool):
        yield "the opposite of {x}, True for False", _each(lambda x: 1 - x)
    else:
        number = as_tensor(example[-1] if isinstance(example, tuple) and example else example)
        whole = number is not None and bool((number == number.round()).all())
        yield from ((words, _each(change)) for words, change in NUMBERS + (() if whole else FRACTIONS))
    if isinstance(example, Tensor) and example.ndim:
        yield from _of_a_tensor(example, axes)
    if isinstance(example, tuple) and example and all(isinstance(x, Tensor) and x.ndim for x in example):
        yield from _of_a_tensor(example[0], [])
    if isinstance(example, Tensor) and example.shape[-2:] == (8, 8):
        yield from _of_playable_squares()
    if isinstance(example, list | tuple):
        yield from _of_a_list(example)
    if isinstance(example, list | tuple | dict):
        yield from ((words, partial(_on_labels, change=change)) for words, change in LABELS)
    if isinstance(example, dict):
        yield from _of_a_dict()


def _of_a_tensor(example: Tensor, names: list[str]) -> Iterator[tuple[str, Change]]:
    n = example.ndim
    board = example.shape[-2:] == (8, 8)
    on_tensor = {
        "the sum of {x}": lambda x: x.sum(),
        "the mean of {x}": lambda x: x.mean(),
        "the largest of {x}": lambda x: x.max(),
        "{x} divided by the largest of them": lambda x: x / x.max(),
        "{x} divided by the length of all of them": lambda x: x / x.norm(),
        "the places where {x} are not 0": lambda x: x.nonzero(),
    }
    if n == 1:
        on_tensor["the places where {x} are not 0, as a row"] = lambda x: x.nonzero().flatten()
    yield from ((words, _each(change)) for words, change in on_tensor.items())
    for axis in range(n):
        name = f"the {names[axis]} axis" if len(names) == n and names[axis].isalpha() else f"axis {axis}"
        name = ("the rows" if axis == n - 2 else "the columns") if board and axis >= n - 2 else name
        along: dict[str, Callable[[Tensor, int], Tensor]] = {
            f"{{x}} the wrong way round along {name}": lambda x, a: x.flip(a),
            f"{{x}} sorted along {name}, largest first": lambda x, a: x.sort(a, descending=True).values,
            f"{{x}} added up step by step along {name}": lambda x, a: x.cumsum(a),
            f"the differences of {{x}} along {name}": lambda x, a: x.diff(dim=a),
            f"a softmax of {{x}} along {name}": lambda x, a: x.softmax(a),
            f"{{x}} divided by their sum along {name}": lambda x, a: x / x.sum(a, keepdim=True),
            f"{{x}} divided by the largest along {name}": lambda x, a: x / x.amax(a, keepdim=True),
            f"the lengths of {{x}} along {name}": lambda x, a: x.norm(dim=a),
            f"{{x}} divided by their length along {name}": lambda x, a: x / x.norm(dim=a, keepdim=True),
            f"{{x}} minus their mean along {name}": lambda x, a: x - x.mean(a, keepdim=True),
            f"the sums of {{x}} along {name}": lambda x, a: x.sum(a),
            f"the means of {{x}} along {name}": lambda x, a: x.mean(a),
            f"the order of {{x}} along {name}, the smallest first": lambda x, a: x.argsort(a),
            f"the largest of {{x}} along {name}": lambda x, a: x.amax(a),
            f"the places of the largest of {{x}} along {name}": lambda x, a: x.argmax(a),
            f"only the first of {{x}} along {name}": lambda x, a: x.select(a, 0),
            f"only the last of {{x}} along {name}": lambda x, a: x.select(a, -1),
            f"{{x}} without the first along {name}": lambda x, a: x.narrow(a, 1, x.shape[a] - 1),
            f"{{x}} without the last along {name}": lambda x, a: x.narrow(a, 0, x.shape[a] - 1),
        }
        if example.shape[axis] > 2:
            along[f"{{x}} one place later along {name}"] = lambda x, a: x.roll(1, a)
            along[f"{{x}} one place earlier along {name}"] = lambda x, a: x.roll(-1, a)
        yield from ((words, _each(partial(_at, change=change, axis=axis))) for words, change in along.items())
    if len(set(example.shape)) > 1:
        mixed = "{x} mixed up by a reshape where an axis should be moved: " + MOVE
        for a, b in ((0, -1), (-1, 0)):
            yield mixed, _each(partial(_reshaped_after, a=a, b=b))
            yield mixed, _each(partial(_reshaped_before, a=a, b=b))
    for order in list(permutations(range(n)))[1:] if n <= 4 else []:
        swapped = "rows and columns swapped" if order[-2:] == (n - 1, n - 2) and board else ""
        words = (
            "{x} with " + swapped
            if swapped and order[:-2] == tuple(range(n - 2))
            else f"{{x}} with the axes in the order {order}"
        )
        yield words, _each(partial(torch.permute, dims=order))


def _reshaped_after(x: Tensor, a: int, b: int) -> Tensor:
    return x.movedim(a, b).reshape(x.shape)


def _reshaped_before(x: Tensor, a: int, b: int) -> Tensor:
    return x.reshape(x.movedim(a, b).shape).movedim(b, a)


def _at(x: Tensor, change: Callable[[Tensor, int], Tensor], axis: int) -> Tensor:
    return change(x, axis)


def _of_playable_squares() -> Iterator[tuple[str, Change]]:
    """Changes of the 60 values that a board holds outside its centre."""
    changes: dict[str, Callable[[Tensor], Tensor]] = {
        "a softmax of {x} over the 60 squares": lambda x: x.softmax(-1),
        "{x} minus their mean over the 60 squares": lambda x: x - x.mean(-1, keepdim=True),
    }

    def on_board(x: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
        flat = x.flatten(-2).clone()
        flat[..., ALL_SQUARES] = change(flat[..., ALL_SQUARES])
        return flat.view(x.shape)

    yield from ((words, _each(partial(on_board, change=change))) for words, change in changes.items())


#: Changes of every label such as "C0" in an answer, as a key of a dict or as a part of a pair.
LABELS: tuple[tuple[str, Callable[[str], Any]], ...] = (
    (
        "{x} with row and column of every label swapped",
        lambda label: ROWS[int(label[1])] + str(ROWS.index(label[0])),
    ),
    ("{x} with columns counted from 1", lambda label: label[0] + str(int(label[1]) + 1)),
    ("{x} with numbers of squares in place of labels", label_to_square),
    ("{x} with tokens in place of labels", label_to_id),
    ("{x} with small letters in labels", str.lower),
)


def _on_labels(value: Any, change: Callable[[str], Any]) -> Any:
    if isinstance(value, str):
        return change(value) if re.fullmatch("[A-H][0-7]", value) else value
    if isinstance(value, dict):
        return {_on_labels(key, change): _on_labels(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_on_labels(item, change) for item in value)
    return value


def _of_a_list(example: list[Any] | tuple[Any, ...]) -> Iterator[tuple[str, Change]]:
    yield "{x} the wrong way round", lambda x: list(x)[::-1]
    yield "{x} without the first", lambda x: x[1:]
    yield "{x} without the last", lambda x: x[:-1]
    yield "only the first of {x}", lambda x: x[0]
    yield "only the last of {x}", lambda x: x[-1]
    yield "the number of {x}", len
    if all(isinstance(item, tuple) for item in example):
        yield "{x} with the parts of every pair swapped", lambda x: [pair[::-1] for pair in x]
        yield "{x} with the first part of every pair only", lambda x: [pair[0] for pair in x]
        yield "{x} with the second part of every pair only", lambda x: [pair[1] for pair in x]
        for words, by in (("large", 1), ("small", -1)):
            for part, shift in (("first", (by, 0)), ("second", (0, by))):
                yield f"{{x}} with the {part} part of every pair one too {words}", partial(_shifted, by=shift)


def _shifted(pairs: list[tuple[Any, Any]], by: tuple[int, int]) -> list[tuple[Any, Any]]:
    return [
        tuple(part + more if more else part for part, more in zip(pair, by, strict=True)) for pair in pairs
    ]


def _of_a_dict() -> Iterator[tuple[str, Change]]:
    def on_dict(change: Callable[[dict], Any]) -> Change:
        return lambda value: change(value) if isinstance(value, dict) else value

    yield "only the keys of the dict", on_dict(list)
    yield "only the values of the dict", on_dict(lambda x: list(x.values()))
    yield "{x} without the first entry", on_dict(lambda x: dict(list(x.items())[1:]))
    yield "{x} without the last entry", on_dict(lambda x: dict(list(x.items())[:-1]))
