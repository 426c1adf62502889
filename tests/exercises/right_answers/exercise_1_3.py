"""Right answers to exercise 1.3, written in other ways than the reference."""

import numpy as np
import torch

from othello_interp import utils
from othello_interp.squares import ALL_SQUARES


def legal_probability__loop(logits, legal):
    result = torch.zeros(legal.shape[:2])
    for game in range(legal.shape[0]):
        for move in range(legal.shape[1]):
            probabilities = torch.softmax(logits[game, move], dim=0)
            for square in legal[game, move].flatten().nonzero().flatten().tolist():
                result[game, move] += probabilities[utils.square_to_id(square)]
    return result


def legal_probability__logsumexp(logits, legal):
    marks = legal.reshape(*legal.shape[:2], 64)[:, :, ALL_SQUARES]
    allowed = logits[:, :, 1:].masked_fill(~marks, -torch.inf)
    return (allowed.logsumexp(-1) - logits.logsumexp(-1)).exp()


def legal_probability__float64_einsum(logits, legal):
    board = torch.zeros(*legal.shape[:2], 64, dtype=torch.float64)
    board[..., ALL_SQUARES] = logits.double().softmax(-1)[..., 1:]
    return torch.einsum("gms,gms->gm", board, legal.flatten(2).double())


def legal_probability__numpy(logits, legal):
    exp = np.exp(logits.numpy())
    probabilities = exp / exp.sum(-1, keepdims=True)
    return np.where(
        legal.numpy().reshape(*exp.shape[:2], 64)[..., ALL_SQUARES], probabilities[..., 1:], 0
    ).sum(-1)
