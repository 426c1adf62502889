"""Right answers to exercise 4.1, written in other ways than the reference."""

import numpy as np
import torch

from othello_interp import utils


def explain_game__loop(acts, squares, game, threshold):
    found = []
    for move in range(acts.shape[1]):
        if acts[game, move] > threshold:
            found.append((move, utils.square_to_label(int(squares[game, move]))))
    return found


def explain_game__numpy(acts, squares, game, threshold):
    moves = np.flatnonzero(acts[game].numpy() > threshold)
    rows, cols = np.divmod(squares[game].numpy()[moves], 8)
    return [[m, "ABCDEFGH"[r] + str(c)] for m, r, c in zip(moves, rows, cols, strict=True)]


def explain_game__zip(acts, squares, game, threshold):
    pairs = enumerate(zip(acts[game], squares[game], strict=False))
    return tuple((torch.tensor(m), utils.square_to_label(s.item())) for m, (a, s) in pairs if a > threshold)
