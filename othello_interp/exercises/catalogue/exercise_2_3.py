"""Exercise 2.3: Are the unembeddings of C0 and D1 aligned?"""

import math
from typing import Any

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes, ModelRef
from othello_interp.squares import id_to_label, label_to_id, label_to_square

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    labels = [id_to_label(int(i) + 1) for i in torch.randperm(60, generator=generator)[:16]]
    pairs = [("embedded", "C0", "D1"), ("tiny", "H7", "F2")]
    pairs += [(kind, labels[2 * i], labels[2 * i + 1]) for i, kind in enumerate(4 * ["embedded", "tiny"])]
    return [
        Case(
            f"{first} and {second}{', small random model' * (kind == 'tiny')}",
            {"model": ModelRef(kind, seed * (kind == "tiny")), "label_a": first, "label_b": second},
        )
        for kind, first, second in pairs
    ]


def _cosine(a: Tensor, b: Tensor) -> float:
    return (a @ b / (a.norm() * b.norm())).item()


@mistake("That is the dot product. Divide by both lengths to get the cosine.", credit=0.5)
def dot_product(model: Any, label_a: str, label_b: str) -> float:
    return (model.W_U[:, label_to_id(label_a)] @ model.W_U[:, label_to_id(label_b)]).item()


@mistake("You divide by one of the two lengths only.", credit=0.5)
def half_normalised(model: Any, label_a: str, label_b: str) -> float:
    a, b = model.W_U[:, label_to_id(label_a)], model.W_U[:, label_to_id(label_b)]
    return (a @ b / a.norm()).item()


@mistake(
    "Your columns are one too late. label_to_id counts the pass as token 0, so use it on all 61 columns of "
    "model.W_U, not on model.W_U[:, 1:].",
    credit=0.5,
)
def one_column_late(model: Any, label_a: str, label_b: str) -> float:
    W_U = model.W_U[:, 1:]
    return _cosine(W_U[:, label_to_id(label_a)], W_U[:, label_to_id(label_b)])


@mistake("You use the number of the square as the column. Columns of W_U are tokens: label_to_id.")
def square_as_column(model: Any, label_a: str, label_b: str) -> float:
    W_U = model.W_U
    return _cosine(W_U[:, label_to_square(label_a)], W_U[:, label_to_square(label_b)])


@mistake(
    "You take rows of model.W_U. Its shape is (d_model, 61): the vector of a token is a column, "
    "model.W_U[:, token]."
)
def rows(model: Any, label_a: str, label_b: str) -> float:
    return _cosine(model.W_U[label_to_id(label_a)], model.W_U[label_to_id(label_b)])


@mistake("That is the angle in degrees. Asked for is its cosine.", credit=0.5)
def angle(model: Any, label_a: str, label_b: str) -> float:
    W_U = model.W_U
    return math.degrees(math.acos(_cosine(W_U[:, label_to_id(label_a)], W_U[:, label_to_id(label_b)])))


EXERCISE = Exercise(
    id="2.3",
    notebook="02_direct_logit_attribution",
    function="unembedding_similarity",
    title="Are the unembeddings of C0 and D1 aligned?",
    points=1,
    difficulty=1,
    importance=4,
    minutes=5,
    tests="Your function compares C0 with D1 and four other pairs in the course's model, and five pairs "
    "in a small random one.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        'The unembedding vector of C0 is a column of model.W_U: model.W_U[:, utils.label_to_id("C0")].',
        "The cosine of two vectors is their dot product divided by the product of their lengths.",
    ),
    explanation="The cosine of C0 and D1 is close to 0: a vector that boosts one need not boost the other.",
)
