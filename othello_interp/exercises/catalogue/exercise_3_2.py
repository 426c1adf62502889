"""Exercise 3.2: What lies inside, and what outside."""

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)

    def orthonormal(rows: int, cols: int) -> Tensor:
        return torch.linalg.qr(torch.randn(rows, cols, generator=generator)).Q

    def basis(d_model: int, k: int, rank: int, unit: float) -> Tensor:
        """Of this rank, with singular values from 1 to 3 units, so that rounding error is far below all of
        them; which numbers are small depends on the unit."""
        return unit * (orthonormal(d_model, rank) * torch.linspace(1, 3, rank) @ orthonormal(k, rank).T)

    made = []
    for n, d_model, k, rank, unit, name in (
        (4, 11, 3, 3, 1.0, "3 independent columns, d_model 11"),
        (5, 13, 7, 4, 3e4, "7 columns in a space of 4 dimensions, d_model 13, large numbers"),
        (3, 6, 9, 2, 3e-4, "9 columns in a space of 2 dimensions, d_model 6, small numbers"),
    ):
        vectors = 3 * torch.randn(n, d_model, generator=generator) + 1
        made.append(Case(name, {"vectors": vectors, "basis": basis(d_model, k, rank, unit)}))
    return made


Parts = tuple[Tensor, Tensor]


def _span(basis: Tensor) -> Tensor:
    U, S, _ = torch.linalg.svd(basis, full_matrices=False)
    return U[:, S / S[0] > 1e-4]


def _parts(vectors: Tensor, Q: Tensor) -> Parts:
    inside = vectors @ Q @ Q.T
    return inside, vectors - inside


_DEPENDENT = (
    "Right when the columns are independent. Where they are not, some directions of your basis come from "
    "nothing but rounding error and lie outside the span: keep the columns of U whose singular value is not "
    "tiny beside the largest, such as `U[:, S / S[0] > 1e-4]`. (QR gives no singular values.)"
)


_FIXED = (
    "You compare the singular values with a fixed number. Compare them with the largest one: in other units "
    "the same columns have other singular values, and the same span."
)


@mistake(_FIXED, credit=0.5)
def above_a_small_number(vectors: Tensor, basis: Tensor) -> Parts:
    U, S, _ = torch.linalg.svd(basis, full_matrices=False)
    return _parts(vectors, U[:, S > 1e-4])


@mistake(_FIXED + " Here they can all be small.", credit=0.5)
def above_a_larger_number(vectors: Tensor, basis: Tensor) -> Parts:
    U, S, _ = torch.linalg.svd(basis, full_matrices=False)
    return _parts(vectors, U[:, S > 0.1])


@mistake(_DEPENDENT, credit=0.5)
def every_column_kept(vectors: Tensor, basis: Tensor) -> Parts:
    return _parts(vectors, torch.linalg.svd(basis, full_matrices=False).U)


@mistake(_DEPENDENT + " More digits make rounding error smaller, never 0.", credit=0.5)
def every_column_kept_in_double(vectors: Tensor, basis: Tensor) -> Parts:
    return _parts(vectors.double(), torch.linalg.svd(basis.double(), full_matrices=False).U)


@mistake("Nothing is left outside: your U has d_model columns and spans the whole space.")
def full_matrices(vectors: Tensor, basis: Tensor) -> Parts:
    return _parts(vectors, torch.linalg.svd(basis).U)


@mistake("The two parts are swapped: the one inside comes first.", credit=0.5)
def swapped(vectors: Tensor, basis: Tensor) -> Parts:
    inside, outside = _parts(vectors, _span(basis))
    return outside, inside


@mistake(
    "`vectors @ U` holds the coordinates of the part inside, a few numbers for each vector. `@ U.T` makes a "
    "vector of d_model numbers of them.",
    credit=0.5,
)
def coordinates(vectors: Tensor, basis: Tensor) -> Parts:
    return vectors @ _span(basis), vectors - vectors @ _span(basis) @ _span(basis).T


@mistake(
    "You went there and back with the columns of `basis` themselves (`vectors @ basis @ basis.T`). They are "
    "not orthonormal, so this stretches the vectors. Use the columns of U."
)
def columns_as_they_are(vectors: Tensor, basis: Tensor) -> Parts:
    return _parts(vectors, basis)


@mistake(
    "You gave the columns of `basis` unit length, but they are not at right angles: what two of them have in "
    "common is counted twice. Use the columns of U."
)
def unit_columns(vectors: Tensor, basis: Tensor) -> Parts:
    return _parts(vectors, basis / basis.norm(dim=0))


@mistake("These are shares of the squared length, as in exercise 3.1. Here the parts themselves are wanted.")
def shares(vectors: Tensor, basis: Tensor) -> Parts:
    inside, outside = (part.pow(2).sum(-1) for part in _parts(vectors, _span(basis)))
    return inside / (inside + outside), outside / (inside + outside)


@mistake(
    "You take off one column's share after another. That is right only for columns at right angles: here the "
    "next one puts back some of what the last one took. Make them orthogonal first."
)
def one_after_another(vectors: Tensor, basis: Tensor) -> Parts:
    outside = vectors
    for column in basis.T:
        outside = outside - torch.outer(outside @ column, column) / (column @ column)
    return vectors - outside, outside


EXERCISE = Exercise(
    id="3.2",
    notebook="03_variance_fraction",
    function="inside_and_outside",
    title="What lies inside, and what outside",
    points=2,
    difficulty=3,
    importance=4,
    minutes=15,
    tests="Random vectors with independent columns, dependent columns, and more columns than dimensions.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "In exercise 3.1 `vectors @ U` gave the coordinates inside the span. Multiply each coordinate by its "
        "column of U and add up: `vectors @ U @ U.T`.",
        "What is outside is the rest: the vector minus its part inside.",
        "`U, S, Vh = torch.linalg.svd(basis, full_matrices=False)`. Where columns depend on each other, some "
        "numbers in S are rounding error, a millionth of the largest or less; leave out their columns of U.",
    ),
    explanation="`U @ U.T` is the projection on the span. It leaves a vector that lies inside as it is and "
    "makes 0 of one at right angles, so that the two parts add up to the vector again.",
    atol=1e-4,
    parts=("part inside", "part outside"),
)
