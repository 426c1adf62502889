"""Exercise 3.3: What a random vector gives."""

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)

    def random(rows: int, cols: int) -> Tensor:
        return torch.randn(rows, cols, generator=generator)

    def whole(rows: int, cols: int) -> Tensor:
        """Small whole numbers of full rank: the first square is triangular, with ones on the diagonal. Their
        products are exact, so that the rank in float64 is the same as in float32.
        """
        numbers, size = torch.randint(-1, 2, (rows, cols), generator=generator), min(rows, cols)
        numbers[:size, :size] = numbers[:size, :size].tril(-1) + torch.eye(size, dtype=torch.long)
        return numbers.float()

    bases = {
        "3 independent columns, d_model 11": random(11, 3),
        "7 columns in a space of 4 dimensions, d_model 13": whole(13, 4) @ whole(4, 7),
        "a column of zeros and 2 others, d_model 7": torch.cat([torch.zeros(7, 1), random(7, 2)], dim=1),
        "more columns than dimensions, d_model 5": random(5, 11),
        "4 independent columns, d_model 17": random(17, 4),
        "9 columns in a space of 5 dimensions, d_model 8": whole(8, 5) @ whole(5, 9),
        "6 independent columns, d_model 19": random(19, 6),
        "a column of zeros and 3 others, d_model 10": torch.cat([random(10, 3), torch.zeros(10, 1)], dim=1),
    }
    return [Case(name, {"basis": basis}) for name, basis in bases.items()]


def _rank(basis: Tensor) -> int:
    return int(torch.linalg.matrix_rank(basis))


@mistake(
    "You counted the columns. Columns that depend on others add no dimension: count the dimensions of the "
    "span (the rank).",
    credit=0.5,
)
def columns_counted(basis: Tensor) -> float:
    return basis.shape[1] / basis.shape[0]


@mistake(
    "Right when the columns are independent. Where they are not, the span has fewer dimensions than "
    "columns: use the rank.",
    credit=0.5,
)
def columns_capped(basis: Tensor) -> float:
    return min(1.0, basis.shape[1] / basis.shape[0])


@mistake(
    "You divided by the number of columns. A random vector spreads over all d_model dimensions of the "
    "space, which are the rows of `basis`."
)
def rank_over_columns(basis: Tensor) -> float:
    return _rank(basis) / basis.shape[1]


@mistake("This is the rank. Divide it by d_model.", credit=0.5)
def rank_only(basis: Tensor) -> int:
    return _rank(basis)


EXERCISE = Exercise(
    id="3.3",
    notebook="03_variance_fraction",
    function="chance_level",
    title="What a random vector gives",
    points=1,
    difficulty=2,
    importance=4,
    minutes=5,
    tests="Bases with independent columns, dependent columns, a column of zeros, and too many columns.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "By symmetry each of the d_model directions of an orthonormal basis gets the same share of a random "
        "vector's squared length: 1 / d_model.",
        "How many of these directions lie in the span? Look at `torch.linalg.matrix_rank` and its `rtol`.",
    ),
    explanation="Each direction gets 1/d_model on average and the span has `rank` of them. Counting columns "
    "would give more than 1 for a basis with more columns than dimensions.",
)
