"""Rewrite the weights of an Othello-GPT without changing what it predicts.

Two rewrites, on state dicts named as a native TransformerBridge names them: relabel the board by a
symmetry; swap two neurons of a layer. The choice that they serve is in choosing/; a third rewrite, which
every model goes through, in fold.py.
"""

import torch
from jaxtyping import Integer
from torch import Tensor

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
