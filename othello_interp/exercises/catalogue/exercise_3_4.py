"""Exercise 3.4: Who reads what the neuron writes?"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes, ModelRef
from othello_interp.figures import LAYER, NEURON

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    neuron = int(torch.randint(2048, (), generator=generator))
    course, small = ModelRef("embedded"), ModelRef("tiny", seed)
    inputs = {
        f"course model, L{LAYER}N{NEURON} and layer 6": (course, LAYER, NEURON, 6),
        f"course model, L2N{neuron} and layer 7": (course, 2, neuron, 7),
        "small random model, L0N3 and layer 1": (small, 0, 3, 1),
    }
    names = ("model", "layer", "neuron", "later_layer")
    return [Case(name, dict(zip(names, values, strict=True))) for name, values in inputs.items()]


def _cosines(vector: Tensor, columns: Tensor) -> Tensor:
    return vector @ columns / (vector.norm() * columns.norm(dim=0))


def _composed(change: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """A wrong `composition` from what it makes of w_out, w_in, W_out and W_in."""

    def wrong(model: Any, layer: int, neuron: int, later_layer: int) -> Tensor:
        here, later = model.blocks[layer].mlp, model.blocks[later_layer].mlp
        return change(here.W_out[neuron], here.W_in[:, neuron], later.W_out, later.W_in)

    wrong.__name__ = change.__name__
    return wrong


@mistake("These are dot products. Divide by the lengths of both vectors, or long vectors win.", credit=0.5)
@_composed
def dot_products(w_out: Tensor, w_in: Tensor, W_out: Tensor, W_in: Tensor) -> Tensor:
    return w_out @ W_in


@mistake("You divided by the length of w_out only. Each column of `W_in` has its own length.", credit=0.5)
@_composed
def half_normalised(w_out: Tensor, w_in: Tensor, W_out: Tensor, W_in: Tensor) -> Tensor:
    return w_out / w_out.norm() @ W_in


@mistake("You divided by the lengths of the input weights only. Divide by that of w_out too.", credit=0.5)
@_composed
def other_half_normalised(w_out: Tensor, w_in: Tensor, W_out: Tensor, W_in: Tensor) -> Tensor:
    return w_out @ (W_in / W_in.norm(dim=0))


@mistake("You normalised the rows of `W_in`. The input weights of a neuron are a column: `dim=0`.")
@_composed
def rows_normalised(w_out: Tensor, w_in: Tensor, W_out: Tensor, W_in: Tensor) -> Tensor:
    return w_out / w_out.norm() @ (W_in / W_in.norm(dim=1, keepdim=True))


@mistake("The other way round: the earlier neuron writes (w_out), the later one reads (W_in).")
@_composed
def wrong_way_round(w_out: Tensor, w_in: Tensor, W_out: Tensor, W_in: Tensor) -> Tensor:
    return _cosines(w_in, W_out.T)


@mistake(
    "Keep the sign: a positive cosine switches the later neuron on, a negative one switches it off.",
    credit=0.5,
)
@_composed
def signs_lost(w_out: Tensor, w_in: Tensor, W_out: Tensor, W_in: Tensor) -> Tensor:
    return _cosines(w_out, W_in).abs()


EXERCISE = Exercise(
    id="3.4",
    notebook="03_variance_fraction",
    function="composition",
    title="Who reads what the neuron writes?",
    points=2,
    difficulty=2,
    importance=4,
    minutes=10,
    tests="Two neurons of the course's model, and a small random model.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "The vector that the neuron writes is `get_w_out(model, layer, neuron)`. The vectors that the later "
        "neurons read are the columns of `model.blocks[later_layer].mlp.W_in`.",
        "With w of unit length, `w @ W_in` gives all the dot products; divide by `W_in.norm(dim=0)`.",
    ),
    explanation="The later neuron's input changes by w_out · w_in for each unit of the earlier one's "
    "activation, up to the scale of the LayerNorm between them. The cosine takes the lengths out.",
)
