"""Reference answers for notebook 1."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from othello_interp.squares import ALL_SQUARES


def token_of_label(label: str) -> int:
    """The token of a playable square, such as 17 for "C0".

    label: a letter A-H for the row and a digit 0-7 for the column; never one of D3, D4, E3, E4.
    """
    square = 8 * "ABCDEFGH".index(label[0]) + int(label[1])
    centre_before = sum(centre < square for centre in (27, 28, 35, 36))
    return square - centre_before + 1


def boards_theirs_vs_mine(states: Int[Tensor, "game move 8 8"]) -> Int[Tensor, "game move 8 8"]:
    """Boards as the player about to move sees them: 0 blank, 1 theirs, 2 mine.

    states: the board after each move, black +1, white -1, blank 0. Black plays moves 0, 2, 4, ... and
    nobody passes.
    """
    move = torch.arange(states.shape[1])
    next_player = torch.where(move % 2 == 0, -1, 1)
    plus_minus = states * next_player[:, None, None]
    return torch.where(plus_minus == -1, 1, torch.where(plus_minus == 1, 2, 0))


def legal_probability(
    logits: Float[Tensor, "game move 61"], legal: Bool[Tensor, "game move 8 8"]
) -> Float[Tensor, "game move"]:
    """The total probability that the model gives to legal moves, at every position.

    logits: one for each of the 61 tokens; token 0 is the pass.
    legal: where the next player may move.
    """
    probabilities = logits.softmax(dim=-1)[..., 1:]
    return (probabilities * legal.flatten(-2)[..., ALL_SQUARES]).sum(dim=-1)


def accuracy_by_square(
    resid: Float[Tensor, "game move d_model"],
    weight: Float[Tensor, "d_model 8 8 3"],
    bias: Float[Tensor, "8 8 3"],
    boards: Int[Tensor, "game move 8 8"],
) -> Float[Tensor, "8 8"]:
    """For each square, the share of positions at which the probe reads it rightly.

    The probe's reading of a square is the state with the highest score: 0 blank, 1 theirs, 2 mine.
    """
    scores = torch.einsum("gmd,drcs->gmrcs", resid, weight) + bias
    return (scores.argmax(dim=-1) == boards).float().mean(dim=(0, 1))
