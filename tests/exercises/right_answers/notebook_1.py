"""Right answers to the exercises of notebook 1, written in other ways than the reference."""

import einops
import numpy as np
import torch

from othello_interp import utils
from othello_interp.squares import ALL_SQUARES


def token_of_label__library(label):
    return utils.label_to_id(label)


def token_of_label__list(label):
    squares = [r + c for r in "ABCDEFGH" for c in "01234567" if r + c not in ("D3", "D4", "E3", "E4")]
    return ["pass", *squares].index(label)


def token_of_label__numpy(label):
    board = np.ones((8, 8), dtype=int)
    board[3:5, 3:5] = 0
    return board.cumsum().reshape(8, 8)[ord(label[0]) - ord("A"), int(label[1])]


def boards_theirs_vs_mine__loop(states):
    result = torch.zeros(states.shape, dtype=torch.long)
    for game in range(states.shape[0]):
        for move in range(states.shape[1]):
            mine = 1 if move % 2 else -1
            result[game, move][states[game, move] == mine] = 2
            result[game, move][states[game, move] == -mine] = 1
    return result


def boards_theirs_vs_mine__inplace_on_copy(states):
    result = states.clone()
    result[:, ::2] *= -1
    result[result == 1] = 2
    result[result == -1] = 1
    return result


def boards_theirs_vs_mine__numpy(states):
    boards = states.numpy()
    sign = (-1) ** (np.arange(boards.shape[1]) + 1)
    relative = boards * sign.reshape(1, -1, 1, 1)
    return (np.abs(relative) + (relative > 0)).astype(np.int64)


def boards_theirs_vs_mine__modulo(states):
    sign = torch.ones(states.shape[1], dtype=torch.int8)
    sign[::2] = -1
    return torch.remainder(-torch.einsum("gmrc,m->gmrc", states, sign), 3)


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


def accuracy_by_square__loop(resid, weight, bias, boards):
    result = torch.zeros(8, 8)
    for row in range(8):
        for col in range(8):
            scores = resid @ weight[:, row, col] + bias[row, col]
            result[row, col] = (scores.max(dim=-1).indices == boards[:, :, row, col]).sum() / boards[
                ..., 0, 0
            ].numel()
    return result


def accuracy_by_square__flat_float64(resid, weight, bias, boards):
    scores = resid.flatten(0, 1).double() @ weight.flatten(1).double() + bias.flatten().double()
    read = scores.reshape(-1, 64, 3).argmax(-1)
    return (read == boards.flatten(0, 1).flatten(1)).double().mean(0).reshape(8, 8)


def accuracy_by_square__einops(resid, weight, bias, boards):
    scores = einops.einsum(resid, weight, "game move d, d row col state -> row col state game move")
    scores = scores + bias[..., None, None]
    hits = scores.argmax(2) == einops.rearrange(boards, "game move row col -> row col game move")
    return einops.reduce(hits.float(), "row col game move -> row col", "mean")


def accuracy_by_square__numpy_noncontiguous(resid, weight, bias, boards):
    scores = np.tensordot(resid.numpy(), weight.numpy(), axes=1) + bias.numpy()
    hits = scores.argmax(-1) == boards.numpy()
    return hits.mean((0, 1)).T.copy().T
