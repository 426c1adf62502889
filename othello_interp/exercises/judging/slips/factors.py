"""A number that a whole answer is multiplied by or moved by: the same on every case, or a known quantity."""

from itertools import product
from typing import Any

import torch
from torch import Tensor

from othello_interp.exercises.calling.call import resolve
from othello_interp.exercises.judging.slips.alike import Same, as_tensor
from othello_interp.exercises.records import Case, ModelRef
from othello_interp.neurons import get_w_in, get_w_out

NAMED = {
    2.0: "twice {x}",
    0.5: "half of {x}",
    100.0: "100 times {x}, as for percent",
    0.01: "{x} divided by 100",
}
LESS = {"": 0, " minus 1": 1}
POWERS = {1.0: "{x} times {q}", -1.0: "{x} divided by {q}"}


def named_factor(found: list[Any], right: list[Any], known: dict[str, list[float]], same: Same) -> str:
    """A phrase such as "twice {x}" or "{x} divided by the size of the move axis", or an empty string.

    known: what a student may multiply or divide by, on every case: see `quantities`.
    """
    pairs = _pairs(found, right)
    factors = [float((x * y).sum() / (y * y).sum()) if y.any() else None for x, y in pairs]
    given = [factor for factor in factors if factor is not None]
    if not given or not all(same(x, (f or 0.0) * y) for (x, y), f in zip(pairs, factors, strict=True)):
        return ""
    nice = next((value for value in NAMED if all(abs(factor / value - 1) < 1e-4 for factor in given)), None)
    if nice:
        return NAMED[nice]
    # One number a case is always some factor away: then three cases must bear it out.
    if len(given) < (3 if all(y.unique().numel() < 3 for _, y in pairs) else 2):
        return ""
    for name, values in known.items():
        if len(set(values)) == 1:
            continue  # any number may be equal to it
        for (power, words), (less, by) in product(POWERS.items(), LESS.items()):
            both = [(f, q - by) for f, q in zip(factors, values, strict=True) if f is not None]
            if all(q > 0 and q != 1 and abs(f / q**power - 1) < 1e-3 for f, q in both):
                return words.replace("{q}", name + less)
    return ""


def constant(found: list[Any], right: list[Any], same: Same) -> str:
    """A phrase such as "1.5 times {x}", "{x} plus 1" or "8 minus {x}": the same number on every case."""
    pairs = _pairs(found, right)
    if not pairs:
        return ""
    a, b = torch.cat([a.flatten() for a, _ in pairs]), torch.cat([b.flatten() for _, b in pairs])
    if not b.any():
        return ""
    factor = float(a @ b / (b @ b))
    if same(a, factor * b):
        return f"{factor:.4g} times {{x}}"
    offset = float((a - b).mean())
    if same(a, b + offset):
        return f"{{x}} plus {offset:.4g}" if offset > 0 else f"{{x}} minus {-offset:.4g}"
    total = float((a + b).mean())
    return f"{total:.4g} minus {{x}}" if same(a, total - b) else ""


def _pairs(found: list[Any], right: list[Any]) -> list[tuple[Tensor, Tensor]]:
    """Both sides of every case as tensors; none if some can't be compared number by number."""
    pairs = []
    for one, other in zip(found, right, strict=True):
        a, b = as_tensor(one), as_tensor(other)
        if a is None or b is None or a.shape != b.shape or not (a.isfinite().all() and b.isfinite().all()):
            return []
        pairs.append((a, b))
    return pairs


def quantities(cases: list[Case], axes: dict[str, list[str]]) -> dict[str, list[float]]:
    """What a student may multiply or divide by, on every case: sizes, counts, lengths of inputs."""
    found: dict[str, list[float]] = {}
    for name, value in cases[0].inputs.items():
        values = [case.inputs[name] for case in cases]
        if isinstance(value, Tensor):
            for i in range(value.ndim):
                axis = axes.get(name, [])
                known = len(axis) == value.ndim and axis[i].isidentifier()
                words = f"the size of the {axis[i]} axis" if known else f"the size of axis {i} of `{name}`"
                if all(x.ndim == value.ndim for x in values):
                    found.setdefault(words, [float(x.shape[i]) for x in values])
            if value.dtype == torch.bool:
                found[f"the number of True values in `{name}`"] = [float(x.sum()) for x in values]
            elif value.dtype.is_floating_point:
                found[f"the length of `{name}`"] = [float(x.norm()) for x in values]
            found[f"the number of values in `{name}`"] = [float(x.numel()) for x in values]
        elif type(value) in (int, float):
            found[f"`{name}`"] = [float(x) for x in values]
    if all({"layer", "neuron"} <= case.inputs.keys() for case in cases) and isinstance(
        cases[0].inputs.get("model"), ModelRef
    ):
        for words, of in (("output", "W_out"), ("input", "W_in")):
            found[f"the length of the {words} weights"] = [_length(case, of) for case in cases]
    return found


def _length(case: Case, of: str) -> float:
    model, layer, neuron = (case.inputs[name] for name in ("model", "layer", "neuron"))
    of_neuron = get_w_out if of == "W_out" else get_w_in
    return float(of_neuron(resolve(model), layer, neuron).norm())
