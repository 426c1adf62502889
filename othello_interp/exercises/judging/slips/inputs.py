"""Changes of the inputs of a case: the reference on them is what many slips give, whatever the exercise.

Each has a clause that goes on from "what comes out": "with theirs and mine swapped". What is tried follows
from an argument's type, values and axes.
"""

import re
from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations
from typing import Any

import torch
from torch import Tensor

from othello_interp.exercises.calling.call import resolve
from othello_interp.exercises.judging.slips.results import changed_results, of_its_kind
from othello_interp.exercises.records import Case, ModelRef
from othello_interp.squares import label_to_square, square_to_label

Inputs = dict[str, Any]
Change = Callable[[Any], Any]

#: By the type of an argument, clauses with a gap for its name.
PLAIN: dict[type, dict[str, Change]] = {
    int: {
        "with `{}` one too large": lambda x: x + 1,
        "with `{}` one too small": lambda x: x - 1,
        "with 0 in place of `{}`": lambda x: 0,
    },
    float: {
        "with 1 - {0} in place of `{0}`": lambda x: 1 - x,
        "with the opposite sign of `{}`": lambda x: -x,
        "with 0 in place of `{}`": lambda x: 0.0,
    },
    tuple: {
        "with the parts of `{}` swapped": lambda x: x[::-1],
        "with `{}` the other way": lambda x: (-x[0], -x[1]),
        "with the first part of `{}` the other way": lambda x: (-x[0], x[1]),
        "with the second part of `{}` the other way": lambda x: (x[0], -x[1]),
        "with the second part of `{}` one too large": lambda x: (x[0], x[1] + 1),
        "with the second part of `{}` one too small": lambda x: (x[0], x[1] - 1),
    },
    ModelRef: {
        "with the course's model in place of the argument `{}`": lambda model: resolve(ModelRef("embedded")),
    },
}
#: The same for labels such as "C0", on row and column.
ON_LABELS: dict[str, Callable[[int, int], tuple[int, int]]] = {
    "with row and column of `{}` swapped": lambda row, col: (col, row),
    "with the rows of `{}` counted from the other end": lambda row, col: (7 - row, col),
    "with the columns of `{}` counted from the other end": lambda row, col: (row, 7 - col),
}


def changed_inputs(
    cases: list[Case], axes: dict[str, list[str]]
) -> Iterator[tuple[str, Callable[[Inputs], Inputs]]]:
    """Clauses and changes: each takes the inputs of a call and gives those that are other than they were.

    A change raises on inputs for which it makes no sense. `axes` names those of tensors, by argument.
    """
    inputs = cases[0].inputs
    for name in inputs:
        values = [case.inputs[name] for case in cases]
        for clause, change in _of_one(name, values, axes.get(name, [])):
            yield clause, _with(name, change)
    yield from _along_axes(axes)
    for a, b in combinations(inputs, 2):
        if _swappable(inputs[a], inputs[b]):
            yield f"with `{a}` and `{b}` swapped", _moved({a: b, b: a})
            yield f"with `{a}` in place of `{b}`", _moved({b: a})
            yield f"with `{b}` in place of `{a}`", _moved({a: b})
        if type(inputs[a]) is type(inputs[b]) is tuple:
            for one, other in ((a, b), (b, a)):
                for i, part in enumerate(("first", "second")):
                    clause = f"with the {part} part of `{one}` in place of that of `{other}`"
                    yield clause, partial(_part_moved, source=one, target=other, part=i)


def _with(name: str, change: Change) -> Callable[[Inputs], Inputs]:
    return lambda inputs: {name: change(inputs[name])}


def _moved(sources: dict[str, str]) -> Callable[[Inputs], Inputs]:
    """Arguments by the name of the one whose value they get."""
    return lambda inputs: {name: inputs[source] for name, source in sources.items()}


def _part_moved(inputs: Inputs, source: str, target: str, part: int) -> Inputs:
    value = list(inputs[target])
    value[part] = inputs[source][part]
    return {target: tuple(value)}


def _swappable(a: Any, b: Any) -> bool:
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return a.shape == b.shape and a.dtype == b.dtype
    return type(a) is type(b) and isinstance(a, int | float | str | tuple)


def _of_one(name: str, values: list[Any], axes: list[str]) -> Iterator[tuple[str, Change]]:
    value = values[0]
    if isinstance(value, Tensor):
        named = axes if len(axes) == value.ndim else []
        for phrase, change in changed_results(value, named):
            yield f"given {phrase.replace('{x}', f'`{name}`')}", partial(of_its_kind, change=change)
        if value.dtype == torch.bool:
            yield f"with every entry of `{name}` True", torch.ones_like
        elif value.dtype.is_floating_point:
            yield f"with zeros in place of `{name}`", torch.zeros_like
        else:
            yield from _of_whole_numbers(name, values)
    elif isinstance(value, str) and re.fullmatch("[A-H][0-7]", value):
        for clause, moved in ON_LABELS.items():
            yield clause.format(name), partial(_elsewhere, moved=moved)
    elif isinstance(value, dict):
        yield f"without the first entry of `{name}`", lambda x: dict(list(x.items())[1:])
        yield f"without the last entry of `{name}`", lambda x: dict(list(x.items())[:-1])
        for state in ("BLANK", "THEIRS", "MINE"):
            yield f"without what is {state} in `{name}`", partial(_without, state=state)
    elif type(value) is not tuple or len(value) == 2:
        for clause, change in PLAIN.get(type(value), {}).items():
            yield clause.format(name), change


def _without(pattern: dict[str, Any], state: str) -> dict[str, Any]:
    return {key: value for key, value in pattern.items() if value != state}


def _elsewhere(label: str, moved: Callable[[int, int], tuple[int, int]]) -> str:
    row, col = moved(*divmod(label_to_square(label), 8))
    return square_to_label(8 * row + col)


def _of_whole_numbers(name: str, values: list[Tensor]) -> Iterator[tuple[str, Change]]:
    held = {int(value) for tensor in values for value in tensor.unique().tolist()[:10]}
    if held == {0, 1, 2}:
        of = f"`{name}` holds 0 for blank, 1 for theirs, 2 for mine"
        states = {"theirs and mine swapped": [0, 2, 1], "blank and theirs swapped": [1, 0, 2]}
        states |= {"blank and mine swapped": [2, 1, 0], "1 taken for mine and -1 for theirs": [0, 2, 7]}
        for what, coded in states.items():
            yield f"with {what} ({of})", partial(_recoded, coded=coded)
    if held == {-1, 0, 1}:
        yield f"with the two sides of `{name}` swapped: +1 for -1", lambda x: -x


def _recoded(x: Tensor, coded: list[int]) -> Tensor:
    return torch.tensor(coded, dtype=x.dtype)[x.long()]


def _along_axes(axes: dict[str, list[str]]) -> Iterator[tuple[str, Callable[[Inputs], Inputs]]]:
    """Games, moves and so on left out, or one too early or too late."""
    for axis in dict.fromkeys(name for names in axes.values() for name in names if name.isidentifier()):
        at = {name: names.index(axis) - len(names) for name, names in axes.items() if axis in names}
        cuts: dict[str, slice] = {
            f"without the first {axis}": slice(1, None),
            f"without the last {axis}": slice(None, -1),
            f"with the first {axis} only": slice(None, 1),
            f"with the last {axis} only": slice(-1, None),
        }
        for clause, cut in cuts.items() if at else ():
            yield clause, partial(_cut_all, at=at, cut=cut)
        for name, i in at.items():
            others = {other: j for other, j in at.items() if other != name}
            for clause, mine, rest in (
                ("next", slice(1, None), slice(-1)),
                ("previous", slice(-1), slice(1, None)),
            ):
                if others:
                    yield (
                        f"with the {clause} {axis} of `{name}` beside the rest",
                        partial(_beside, name=name, axis=i, cut=mine, others=others, rest=rest),
                    )


def _beside(inputs: Inputs, name: str, axis: int, cut: slice, others: dict[str, int], rest: slice) -> Inputs:
    return {name: _cut(inputs[name], axis, cut), **_cut_all(inputs, others, rest)}


def _cut_all(inputs: Inputs, at: dict[str, int], cut: slice) -> Inputs:
    return {name: _cut(inputs[name], axis, cut) for name, axis in at.items()}


def _cut(x: Tensor, axis: int, cut: slice) -> Tensor:
    return x.transpose(0, axis)[cut].transpose(0, axis)
