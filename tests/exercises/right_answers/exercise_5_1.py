"""Right answers to exercise 5.1, written in other ways than the reference."""

import numpy as np
import torch
import torch.nn.functional as F

from othello_interp.hypotheses import parse


def hypothesis_labels__parse(boards):
    return parse("E2==MINE & C0==BLANK & D1==THEIRS")(boards)


def hypothesis_labels__loop(boards):
    flat = boards.reshape(-1, 8, 8)
    found = [b[2, 0].item() == 0 and b[3, 1].item() == 1 and b[4, 2].item() == 2 for b in flat]
    return torch.tensor(found).view(boards.shape[:-2])


def hypothesis_labels__numpy(boards):
    squares = boards.numpy().reshape(*boards.shape[:-2], 64)[..., [16, 25, 34]]
    return (squares == np.array([0, 1, 2])).all(-1)


def hypothesis_labels__product(boards):
    blank, theirs, mine = (F.one_hot(boards.long(), 3).movedim(-1, 0)).double()
    return (blank[..., 2, 0] * theirs[..., 3, 1] * mine[..., 4, 2]).int()
