"""Right answers to exercise 5.1, written in other ways than the reference."""

import numpy as np
import torch
import torch.nn.functional as F

from othello_interp import utils
from othello_interp.hypotheses import parse
from othello_interp.patterns import as_hypothesis


def pattern_labels__parse(boards, pattern):
    return parse(as_hypothesis(pattern))(boards)


def pattern_labels__loop(boards, pattern):
    values = {"BLANK": 0, "THEIRS": 1, "MINE": 2}
    found = [
        all(board["ABCDEFGH".index(k[0]), int(k[1])].item() == values[v] for k, v in pattern.items())
        for board in boards.reshape(-1, 8, 8)
    ]
    return torch.tensor(found).view(boards.shape[:-2])


def pattern_labels__numpy(boards, pattern):
    squares = [utils.label_to_square(label) for label in pattern]
    wanted = np.array([["BLANK", "THEIRS", "MINE"].index(state) for state in pattern.values()])
    return (boards.numpy().reshape(*boards.shape[:-2], 64)[..., squares] == wanted).all(-1)


def pattern_labels__product(boards, pattern):
    states = dict(zip(("BLANK", "THEIRS", "MINE"), F.one_hot(boards.long(), 3).unbind(-1), strict=True))
    product = 1
    for label, state in pattern.items():
        product = product * states[state].flatten(-2)[..., utils.label_to_square(label)]
    return product
