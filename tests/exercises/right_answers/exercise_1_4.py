"""Right answers to exercise 1.4, written in other ways than the reference."""

import einops
import numpy as np
import torch


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
