"""Right answers to exercise 1.2, written in other ways than the reference."""

import numpy as np
import torch


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
