"""Exercises of notebook 3: how much of a neuron's weights lies in a subspace, and what the rest is for."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistake, ModelRef

NOTEBOOK = "03_variance_fraction"


def _inside(vectors: Tensor, basis: Tensor) -> Tensor:
    """The squared length of each vector's part in the span of the columns of `basis`."""
    return (vectors @ torch.linalg.svd(basis, full_matrices=False).U).pow(2).sum(-1)


# --- 3.1 ---------------------------------------------------------------------------------------


def _subspace_cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    cases = []
    for n, d_model, k in ((2, 7, 3), (5, 13, 2), (3, 11, 5)):
        # A common part makes the columns far from orthogonal, as those of a real probe are.
        basis = torch.randn(d_model, k, generator=generator) + torch.randn(d_model, 1, generator=generator)
        vectors = 3 * torch.randn(n, d_model, generator=generator) + 1
        name = f"{n} vectors of size {d_model}, {k} columns"
        cases.append(Case(name, {"vectors": vectors, "basis": basis}))
    return cases


def _length_ratio(vectors: Tensor, basis: Tensor) -> Tensor:
    return _inside(vectors, basis).sqrt() / vectors.norm(dim=-1)


def _not_divided(vectors: Tensor, basis: Tensor) -> Tensor:
    return _inside(vectors, basis)


def _divided_by_length(vectors: Tensor, basis: Tensor) -> Tensor:
    return _inside(vectors, basis) / vectors.norm(dim=-1)


def _outside(vectors: Tensor, basis: Tensor) -> Tensor:
    return 1 - _inside(vectors, basis) / vectors.pow(2).sum(-1)


def _columns_as_they_are(vectors: Tensor, basis: Tensor) -> Tensor:
    return (vectors @ basis).pow(2).sum(-1) / vectors.pow(2).sum(-1)


def _unit_columns(vectors: Tensor, basis: Tensor) -> Tensor:
    return _columns_as_they_are(vectors, basis / basis.norm(dim=0))


def _full_matrices(vectors: Tensor, basis: Tensor) -> Tensor:
    return (vectors @ torch.linalg.svd(basis).U).pow(2).sum(-1) / vectors.pow(2).sum(-1)


def _right_singular_vectors(vectors: Tensor, basis: Tensor) -> Tensor:
    Vh = torch.linalg.svd(basis, full_matrices=False).Vh
    return (vectors @ Vh).pow(2).sum(-1) / vectors.pow(2).sum(-1)


def _centred(vectors: Tensor, basis: Tensor) -> Tensor:
    vectors = vectors - vectors.mean(dim=0)
    return _inside(vectors, basis) / vectors.pow(2).sum(-1)


def _all_vectors_together(vectors: Tensor, basis: Tensor) -> Tensor:
    return _inside(vectors, basis) / vectors.pow(2).sum()


# --- 3.2 ---------------------------------------------------------------------------------------


def _layer_cases(seed: int) -> list[Case]:
    other = int(torch.randint(5, (), generator=torch.Generator().manual_seed(seed)))
    return [
        Case("course model, layer 5", {"model": ModelRef("embedded"), "layer": 5}),
        Case(f"course model, layer {other}", {"model": ModelRef("embedded"), "layer": other}),
        Case("small random model, layer 1", {"model": ModelRef("tiny", seed), "layer": 1}),
    ]


def _fractions(w_out: Tensor, basis: Tensor) -> Tensor:
    return _inside(w_out, basis) / w_out.pow(2).sum(-1)


def _kept_pass_column(model: Any, layer: int) -> Tensor:
    return _fractions(model.blocks[layer].mlp.W_out, model.W_U)


def _dropped_last_column(model: Any, layer: int) -> Tensor:
    return _fractions(model.blocks[layer].mlp.W_out, model.W_U[:, :-1])


def _input_weights(model: Any, layer: int) -> Tensor:
    return _fractions(model.blocks[layer].mlp.W_in.T, model.W_U[:, 1:])


def _embedding(model: Any, layer: int) -> Tensor:
    return _fractions(model.blocks[layer].mlp.W_out, model.W_E[1:].T)


def _unembedding_unit_columns(model: Any, layer: int) -> Tensor:
    basis = model.W_U[:, 1:] / model.W_U[:, 1:].norm(dim=0)
    return _columns_as_they_are(model.blocks[layer].mlp.W_out, basis)


def _unembedding_length_ratio(model: Any, layer: int) -> Tensor:
    return _fractions(model.blocks[layer].mlp.W_out, model.W_U[:, 1:]).sqrt()


# --- 3.3 ---------------------------------------------------------------------------------------


def _basis_cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)

    def random(rows: int, cols: int) -> Tensor:
        return torch.randn(rows, cols, generator=generator)

    bases = {
        "3 independent columns, d_model 11": random(11, 3),
        "7 columns in a space of 4 dimensions, d_model 13": random(13, 4) @ random(4, 7),
        "a column of zeros and 2 others, d_model 7": torch.cat([torch.zeros(7, 1), random(7, 2)], dim=1),
        "more columns than dimensions, d_model 5": random(5, 11),
    }
    return [Case(name, {"basis": basis}) for name, basis in bases.items()]


def _rank(basis: Tensor) -> int:
    return int(torch.linalg.matrix_rank(basis))


def _columns_counted(basis: Tensor) -> float:
    return basis.shape[1] / basis.shape[0]


def _columns_capped(basis: Tensor) -> float:
    return min(1.0, basis.shape[1] / basis.shape[0])


def _rank_over_columns(basis: Tensor) -> float:
    return _rank(basis) / basis.shape[1]


def _root(basis: Tensor) -> float:
    return (_rank(basis) / basis.shape[0]) ** 0.5


def _share_outside(basis: Tensor) -> float:
    return 1 - _rank(basis) / basis.shape[0]


def _rank_only(basis: Tensor) -> int:
    return _rank(basis)


def _upside_down(basis: Tensor) -> float:
    return basis.shape[0] / _rank(basis)


# --- 3.4 ---------------------------------------------------------------------------------------


def _composition_cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    neuron = int(torch.randint(2048, (), generator=generator))
    course, small = ModelRef("embedded"), ModelRef("tiny", seed)
    inputs = {
        "course model, L5N1393 and layer 6": (course, 5, 1393, 6),
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

    return wrong


_dot_products = _composed(lambda w_out, w_in, W_out, W_in: w_out @ W_in)
_half_normalised = _composed(lambda w_out, w_in, W_out, W_in: w_out / w_out.norm() @ W_in)
_other_half_normalised = _composed(lambda w_out, w_in, W_out, W_in: w_out @ (W_in / W_in.norm(dim=0)))
_in_with_in = _composed(lambda w_out, w_in, W_out, W_in: _cosines(w_in, W_in))
_out_with_out = _composed(lambda w_out, w_in, W_out, W_in: _cosines(w_out, W_out.T))
_wrong_way_round = _composed(lambda w_out, w_in, W_out, W_in: _cosines(w_in, W_out.T))
_signs_lost = _composed(lambda w_out, w_in, W_out, W_in: _cosines(w_out, W_in).abs())
_rows_normalised = _composed(
    lambda w_out, w_in, W_out, W_in: w_out / w_out.norm() @ (W_in / W_in.norm(dim=1, keepdim=True))
)


EXERCISES = [
    Exercise(
        id="3.1",
        notebook=NOTEBOOK,
        function="fraction_in_subspace",
        title="Fraction of a vector in a subspace",
        points=3,
        difficulty=3,
        importance=5,
        minutes=15,
        tests="Random vectors and bases of several sizes; the columns are not orthogonal.",
        cases=_subspace_cases,
        mistakes=(
            Mistake(
                "length_ratio",
                _length_ratio,
                "You divided lengths. The fraction is one of squared lengths: only those add up to 1 "
                "(Pythagoras).",
                credit=0.5,
            ),
            Mistake(
                "not_divided",
                _not_divided,
                "This is the squared length of the part inside the subspace. Divide it by the squared length "
                "of the whole vector.",
                credit=0.5,
            ),
            Mistake(
                "divided_by_length",
                _divided_by_length,
                "You divided by the length of the vector. Divide by its squared length.",
                credit=0.5,
            ),
            Mistake(
                "outside",
                _outside,
                "This is the share outside the subspace: 1 minus what is asked.",
                credit=0.5,
            ),
            Mistake(
                "columns_as_they_are",
                _columns_as_they_are,
                "You took dot products with the columns of `basis` themselves. They aren't orthonormal, so "
                "the squares of these don't add up to a length. Use the columns of U. (The same happens "
                "when U is multiplied by the singular values.)",
            ),
            Mistake(
                "unit_columns",
                _unit_columns,
                "You gave the columns unit length, but they are still not at right angles: what two of them "
                "have in common is counted twice. Use the columns of U.",
            ),
            Mistake(
                "full_matrices",
                _full_matrices,
                "Every fraction is 1: your U has d_model columns and spans the whole space. Keep only the "
                "first k (`full_matrices=False`).",
            ),
            Mistake(
                "right_singular_vectors",
                _right_singular_vectors,
                "You used Vh, whose rows live in the space of the k columns. Directions in the residual "
                "stream are the columns of U.",
            ),
            Mistake(
                "centred",
                _centred,
                'You subtracted the mean of the vectors. "Variance" is only a name here: the fraction is '
                "one of the squared length of each vector as it is.",
            ),
            Mistake(
                "all_vectors_together",
                _all_vectors_together,
                "You divided by the squared length of all vectors together. Each vector has its own.",
            ),
        ),
        hints=(
            "If the columns of U are orthonormal, the coordinates of v in their span are v @ U, and the "
            "squared length of the part of v in the span is the sum of the squares of the coordinates.",
            "`torch.linalg.svd(basis, full_matrices=False)` gives U of shape (d_model, k) with orthonormal "
            "columns that span what the columns of `basis` span.",
            "`vectors @ U` has shape (neuron, k). Square, sum over the last axis, and divide by the squared "
            "length of each vector.",
        ),
        explanation="The SVD turns any columns into orthonormal ones with the same span. In those "
        "coordinates Pythagoras holds: their squares add up to the squared length of the part inside.",
    ),
    Exercise(
        id="3.2",
        notebook=NOTEBOOK,
        function="unembedding_fractions",
        title="All neurons of a layer at once",
        points=2,
        difficulty=2,
        importance=4,
        minutes=10,
        tests="Two layers of the course's model, and a small random model.",
        cases=_layer_cases,
        mistakes=(
            Mistake(
                "kept_pass_column",
                _kept_pass_column,
                "You kept the pass column: column 0 of `W_U` stands for no square. Use `model.W_U[:, 1:]`.",
                credit=0.5,
            ),
            Mistake(
                "dropped_last_column",
                _dropped_last_column,
                "You dropped the last column, which is that of H7. The pass column is the first.",
                credit=0.5,
            ),
            Mistake(
                "input_weights",
                _input_weights,
                "These are the input weights. What a neuron writes is a row of `W_out`.",
            ),
            Mistake(
                "embedding",
                _embedding,
                "You used `W_E`, which turns a move into a vector. Logits are read by `W_U`.",
            ),
            Mistake(
                "unit_columns",
                _unembedding_unit_columns,
                "You only gave the columns of `W_U` unit length. They are not at right angles, so an SVD "
                "(or QR) is needed.",
            ),
            Mistake(
                "length_ratio",
                _unembedding_length_ratio,
                "You divided lengths. The fraction is one of squared lengths.",
                credit=0.5,
            ),
        ),
        hints=(
            "Row n of `model.blocks[layer].mlp.W_out` is what neuron n writes: the whole matrix is the "
            "`vectors` of exercise 3.1.",
            "The basis is `model.W_U[:, 1:]`: one column for each of the 60 squares.",
        ),
        explanation="One SVD serves all 2,048 neurons: `W_out @ U` has a row of 60 coordinates for each.",
    ),
    Exercise(
        id="3.3",
        notebook=NOTEBOOK,
        function="chance_level",
        title="What a random vector gives",
        points=1,
        difficulty=2,
        importance=4,
        minutes=5,
        tests="Bases with independent columns, dependent columns, a column of zeros, and too many columns.",
        cases=_basis_cases,
        mistakes=(
            Mistake(
                "columns_counted",
                _columns_counted,
                "You counted the columns. Columns that depend on others add no dimension: count the "
                "dimensions of the span (the rank).",
                credit=0.5,
            ),
            Mistake(
                "columns_capped",
                _columns_capped,
                "Right when the columns are independent. Where they are not, the span has fewer dimensions "
                "than columns: use the rank.",
                credit=0.5,
            ),
            Mistake(
                "rank_over_columns",
                _rank_over_columns,
                "You divided by the number of columns. A random vector spreads over all d_model dimensions "
                "of the space, which are the rows of `basis`.",
            ),
            Mistake(
                "root",
                _root,
                "This is a ratio of lengths. The fraction is one of squared lengths, so there is no root.",
            ),
            Mistake(
                "share_outside",
                _share_outside,
                "This is the share you expect outside the span: 1 minus what is asked.",
            ),
            Mistake("rank_only", _rank_only, "This is the rank. Divide it by d_model.", credit=0.5),
            Mistake(
                "upside_down",
                _upside_down,
                "You divided d_model by the rank: the other way round. A share is never above 1.",
            ),
        ),
        hints=(
            "By symmetry each of the d_model directions of an orthonormal basis gets the same share of a "
            "random vector's squared length: 1 / d_model.",
            "How many of these directions lie in the span? Look at `torch.linalg.matrix_rank`.",
        ),
        explanation="Each direction gets 1/d_model on average and the span has `rank` of them. Counting "
        "columns would give more than 1 for a basis with more columns than dimensions.",
    ),
    Exercise(
        id="3.4",
        notebook=NOTEBOOK,
        function="composition",
        title="Who reads what the neuron writes?",
        points=2,
        difficulty=2,
        importance=4,
        minutes=10,
        tests="Two neurons of the course's model, and a small random model.",
        cases=_composition_cases,
        mistakes=(
            Mistake(
                "dot_products",
                _dot_products,
                "These are dot products. Divide by the lengths of both vectors, or long vectors win.",
                credit=0.5,
            ),
            Mistake(
                "half_normalised",
                _half_normalised,
                "You divided by the length of w_out only. Each column of `W_in` has its own length.",
                credit=0.5,
            ),
            Mistake(
                "other_half_normalised",
                _other_half_normalised,
                "You divided by the lengths of the input weights only. Divide by that of w_out too.",
                credit=0.5,
            ),
            Mistake(
                "rows_normalised",
                _rows_normalised,
                "You normalised the rows of `W_in`. The input weights of a neuron are a column: `dim=0`.",
            ),
            Mistake(
                "in_with_in",
                _in_with_in,
                "You took the input weights of the first neuron. What the later layer can read is what it "
                "writes: w_out.",
            ),
            Mistake(
                "out_with_out",
                _out_with_out,
                "You took the output weights of the later layer. They tell whether two neurons write the "
                "same; reading is done by `W_in`.",
            ),
            Mistake(
                "wrong_way_round",
                _wrong_way_round,
                "The other way round: the earlier neuron writes (w_out), the later one reads (W_in).",
            ),
            Mistake(
                "signs_lost",
                _signs_lost,
                "Keep the sign: a positive cosine switches the later neuron on, a negative one switches "
                "it off.",
                credit=0.5,
            ),
        ),
        hints=(
            "The vector that the neuron writes is `get_w_out(model, layer, neuron)`. The vectors that the "
            "later neurons read are the columns of `model.blocks[later_layer].mlp.W_in`.",
            "With w of unit length, `w @ W_in` gives all the dot products; divide by `W_in.norm(dim=0)`.",
        ),
        explanation="The later neuron's input changes by w_out · w_in for each unit of the earlier one's "
        "activation, up to the scale of the LayerNorm between them. The cosine takes the lengths out.",
    ),
]
