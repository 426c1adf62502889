"""Right answers to exercise 1.1, written in other ways than the reference."""

import numpy as np

from othello_interp import utils


def token_of_label__library(label):
    return utils.label_to_id(label)


def token_of_label__list(label):
    squares = [r + c for r in "ABCDEFGH" for c in "01234567" if r + c not in ("D3", "D4", "E3", "E4")]
    return ["pass", *squares].index(label)


def token_of_label__numpy(label):
    board = np.ones((8, 8), dtype=int)
    board[3:5, 3:5] = 0
    return board.cumsum().reshape(8, 8)[ord(label[0]) - ord("A"), int(label[1])]
