"""Exercise 3.2: All neurons of a layer at once."""

from typing import Any

import torch
from torch import Tensor

from othello_interp.exercises.catalogue.shared import inside
from othello_interp.exercises.records import Case, Exercise, Mistakes, ModelRef

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    other = int(torch.randint(5, (), generator=torch.Generator().manual_seed(seed)))
    return [
        Case("course model, layer 5", {"model": ModelRef("embedded"), "layer": 5}),
        Case(f"course model, layer {other}", {"model": ModelRef("embedded"), "layer": other}),
        Case("small random model, layer 1", {"model": ModelRef("tiny", seed), "layer": 1}),
    ]


def _fractions(w_out: Tensor, basis: Tensor) -> Tensor:
    return inside(w_out, basis) / w_out.pow(2).sum(-1)


@mistake(
    "You kept the pass column: column 0 of `W_U` stands for no square. Use `model.W_U[:, 1:]`.",
    credit=0.5,
)
def kept_pass_column(model: Any, layer: int) -> Tensor:
    return _fractions(model.blocks[layer].mlp.W_out, model.W_U)


@mistake("You dropped the last column, which is that of H7. The pass column is the first.", credit=0.5)
def dropped_last_column(model: Any, layer: int) -> Tensor:
    return _fractions(model.blocks[layer].mlp.W_out, model.W_U[:, :-1])


@mistake("These are the input weights. What a neuron writes is a row of `W_out`.")
def input_weights(model: Any, layer: int) -> Tensor:
    return _fractions(model.blocks[layer].mlp.W_in.T, model.W_U[:, 1:])


@mistake("You used `W_E`, which turns a move into a vector. Logits are read by `W_U`.")
def embedding(model: Any, layer: int) -> Tensor:
    return _fractions(model.blocks[layer].mlp.W_out, model.W_E[1:].T)


@mistake(
    "You only gave the columns of `W_U` unit length. They are not at right angles, so an SVD (or QR) is "
    "needed."
)
def unit_columns(model: Any, layer: int) -> Tensor:
    basis = model.W_U[:, 1:] / model.W_U[:, 1:].norm(dim=0)
    w_out = model.blocks[layer].mlp.W_out
    return (w_out @ basis).pow(2).sum(-1) / w_out.pow(2).sum(-1)


@mistake("You divided lengths. The fraction is one of squared lengths.", credit=0.5)
def length_ratio(model: Any, layer: int) -> Tensor:
    return _fractions(model.blocks[layer].mlp.W_out, model.W_U[:, 1:]).sqrt()


EXERCISE = Exercise(
    id="3.2",
    notebook="03_variance_fraction",
    function="unembedding_fractions",
    title="All neurons of a layer at once",
    points=2,
    difficulty=2,
    importance=4,
    minutes=10,
    tests="Two layers of the course's model, and a small random model.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "Row n of `model.blocks[layer].mlp.W_out` is what neuron n writes: the whole matrix is the "
        "`vectors` of exercise 3.1.",
        "The basis is `model.W_U[:, 1:]`: one column for each of the 60 squares.",
    ),
    explanation="One SVD serves all 2,048 neurons: `W_out @ U` has a row of 60 coordinates for each.",
)
