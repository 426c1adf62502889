"""Exercise 3.1: Fraction of a vector in a subspace."""

import torch
from torch import Tensor

from othello_interp.exercises.catalogue.shared import inside
from othello_interp.exercises.records import Case, Exercise, Mistakes

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    made = []
    for n, d_model, k in ((2, 7, 3), (5, 13, 2), (3, 11, 5)):
        # A common part makes the columns far from orthogonal, as those of a real probe are.
        basis = torch.randn(d_model, k, generator=generator) + torch.randn(d_model, 1, generator=generator)
        vectors = 3 * torch.randn(n, d_model, generator=generator) + 1
        name = f"{n} vectors of size {d_model}, {k} columns"
        made.append(Case(name, {"vectors": vectors, "basis": basis}))
    return made


@mistake(
    "You divided lengths. The fraction is one of squared lengths: only those add up to 1 (Pythagoras).",
    credit=0.5,
)
def length_ratio(vectors: Tensor, basis: Tensor) -> Tensor:
    return inside(vectors, basis).sqrt() / vectors.norm(dim=-1)


@mistake(
    "This is the squared length of the part inside the subspace. Divide it by the squared length of the "
    "whole vector.",
    credit=0.5,
)
def not_divided(vectors: Tensor, basis: Tensor) -> Tensor:
    return inside(vectors, basis)


@mistake("You divided by the length of the vector. Divide by its squared length.", credit=0.5)
def divided_by_length(vectors: Tensor, basis: Tensor) -> Tensor:
    return inside(vectors, basis) / vectors.norm(dim=-1)


@mistake("This is the share outside the subspace: 1 minus what is asked.", credit=0.5)
def outside(vectors: Tensor, basis: Tensor) -> Tensor:
    return 1 - inside(vectors, basis) / vectors.pow(2).sum(-1)


@mistake(
    "You took dot products with the columns of `basis` themselves. They aren't orthonormal, so the squares "
    "of these don't add up to a length. Use the columns of U. (The same happens when U is multiplied by the "
    "singular values.)"
)
def columns_as_they_are(vectors: Tensor, basis: Tensor) -> Tensor:
    return (vectors @ basis).pow(2).sum(-1) / vectors.pow(2).sum(-1)


@mistake(
    "You gave the columns unit length, but they are still not at right angles: what two of them have in "
    "common is counted twice. Use the columns of U."
)
def unit_columns(vectors: Tensor, basis: Tensor) -> Tensor:
    return columns_as_they_are(vectors, basis / basis.norm(dim=0))


@mistake(
    "Every fraction is 1: your U has d_model columns and spans the whole space. Keep only the first k "
    "(`full_matrices=False`)."
)
def full_matrices(vectors: Tensor, basis: Tensor) -> Tensor:
    return (vectors @ torch.linalg.svd(basis).U).pow(2).sum(-1) / vectors.pow(2).sum(-1)


EXERCISE = Exercise(
    id="3.1",
    notebook="03_variance_fraction",
    function="fraction_in_subspace",
    title="Fraction of a vector in a subspace",
    points=3,
    difficulty=3,
    importance=5,
    minutes=15,
    tests="Random vectors and bases of several sizes; the columns are not orthogonal.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "If the columns of U are orthonormal, the coordinates of v in their span are v @ U, and the squared "
        "length of the part of v in the span is the sum of the squares of the coordinates.",
        "`torch.linalg.svd(basis, full_matrices=False)` gives U of shape (d_model, k) with orthonormal "
        "columns that span what the columns of `basis` span.",
        "`vectors @ U` has shape (neuron, k). Square, sum over the last axis, and divide by the squared "
        "length of each vector.",
    ),
    explanation="The SVD turns any columns into orthonormal ones with the same span. In those coordinates "
    "Pythagoras holds: their squares add up to the squared length of the part inside.",
)
