"""Right answers to exercise 6.1, written in other ways than the reference."""

import numpy as np
import torch


def flipped__einsum(resid, vector, offset):
    unit = vector / vector.norm()
    height = torch.einsum("gmd,d->gm", resid, unit) + offset / vector.norm()
    return resid - 2 * torch.einsum("gm,d->gmd", height, unit)


def flipped__householder(resid, vector, offset):
    d = len(vector)
    mirror = torch.eye(d) - 2 * torch.outer(vector, vector) / (vector @ vector)
    return resid @ mirror - 2 * offset * vector / (vector @ vector)


def flipped__loop(resid, vector, offset):
    result = resid.double().clone()
    for game in range(resid.shape[0]):
        for move in range(resid.shape[1]):
            reading = float(resid[game, move] @ vector) + offset
            result[game, move] -= 2 * reading * vector / float(vector @ vector)
    return result


def flipped__numpy(resid, vector, offset):
    x, v = resid.numpy(), vector.numpy()
    return x - np.outer(2 * (x @ v + offset) / np.dot(v, v), v).reshape(x.shape)
