"""Rewrite the weights of an Othello-GPT without changing what it predicts.

Two rewrites, on state dicts named as a native TransformerBridge names them: relabel the board by a
symmetry; swap two neurons of a layer. And the choice that they serve: which neuron, seen through which
symmetry, best fits a hypothesis. A third rewrite, which every model goes through, is in fold.py.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Int8, Integer
from torch import Tensor

from othello_interp.hypotheses import parse, roc_auc
from othello_interp.neurons import logit_attribution
from othello_interp.squares import ALL_SQUARES, N_TOKENS, square_to_id
from othello_interp.weights.fold import State

#: The symmetries of the board that keep the starting position, by what they do to (row, column).
#: Each is its own inverse.
SYMMETRIES = {
    "identity": lambda row, column: (row, column),
    "transpose": lambda row, column: (column, row),
    "rotation by 180°": lambda row, column: (7 - row, 7 - column),
    "anti-transpose": lambda row, column: (7 - column, 7 - row),
}


def square_image(square: int, symmetry: str) -> int:
    """Where a symmetry takes a square (0..63)."""
    row, column = SYMMETRIES[symmetry](square // 8, square % 8)
    return 8 * row + column


def token_images(symmetry: str) -> Integer[Tensor, "61"]:
    """Where a symmetry takes each token; pass stays."""
    images = [0] + [square_to_id(square_image(square, symmetry)) for square in ALL_SQUARES]
    assert len(images) == N_TOKENS
    return torch.tensor(images)


def relabel(state: State, symmetry: str) -> State:
    """The model that plays the mirrored game: what the old one predicts for a game, the new one predicts,
    mirrored, for the mirrored game. Random games are as likely as their mirror images, so it is equally good.
    """
    images = token_images(symmetry)
    names = ("embed.weight", "unembed.weight", "unembed.bias")
    return state | {name: state[name][images] for name in names}  # a symmetry is its own inverse


def swap_neurons(state: State, layer: int, first: int, second: int) -> State:
    """The model with two neurons of a layer's MLP in each other's place: the same function."""
    order = torch.arange(len(state[f"blocks.{layer}.mlp.in.bias"]))
    order[[first, second]] = order[[second, first]]
    mlp = f"blocks.{layer}.mlp"
    return state | {
        f"{mlp}.in.weight": state[f"{mlp}.in.weight"][order],
        f"{mlp}.in.bias": state[f"{mlp}.in.bias"][order],
        f"{mlp}.out.weight": state[f"{mlp}.out.weight"][:, order],
    }


@dataclass(frozen=True)
class Candidate:
    """A neuron seen through a symmetry: how well it fits the hypothesis, and what it adds to the square's
    logit (per unit of activation) beside the most that it adds to any other."""

    neuron: int
    symmetry: str
    auc: float
    attribution: float
    next_attribution: float


def best_neurons(
    acts: Float[Tensor, "game move neuron"],
    boards: Int8[Tensor, "game move 8 8"],
    w_out: Float[Tensor, "neuron d_model"],
    W_U: Float[Tensor, "d_model 61"],
    hypothesis: str,
    square: int,
    count: int = 10,
) -> list[Candidate]:
    """The neurons that best fit a hypothesis through some symmetry and boost `square` more than any
    other square, by ROC AUC, best first.

    boards: 0 blank, 1 theirs, 2 mine, after the same moves.
    """
    holds, candidates = parse(hypothesis), []
    attribution = logit_attribution(w_out, W_U).flatten(1)
    for symmetry in SYMMETRIES:
        images = torch.tensor([square_image(s, symmetry) for s in range(64)])
        labels: Bool[Tensor, "position"] = holds(
            boards.flatten(2)[..., images].unflatten(2, (8, 8))
        ).flatten()
        auc = roc_auc(acts.flatten(0, 1), labels)
        at_square = attribution[:, square_image(square, symmetry)]
        others = attribution.clone()
        others[:, square_image(square, symmetry)] = -torch.inf
        following = others.max(1).values
        boosts = at_square > following
        for neuron in (
            auc.where(boosts, -torch.inf).topk(min(count, len(auc))).indices[: int(boosts.sum())].tolist()
        ):
            values = (float(x[neuron]) for x in (auc, at_square, following))
            candidates.append(Candidate(neuron, symmetry, *values))
    return sorted(candidates, key=lambda candidate: -candidate.auc)[:count]
