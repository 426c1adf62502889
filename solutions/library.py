"""What the functions of othello_interp.neurons and othello_interp.hypotheses mean, as short slow loops.

Nothing here is used by the library. The tests compare the two; a reader can see from these what a
function does before reading how it does it quickly.
"""

import math

import numpy as np
import torch

ROWS = "ABCDEFGH"
CENTRE = [27, 28, 35, 36]


def logit_attribution(w_out, W_U):
    board = torch.zeros(8, 8)
    token = 1
    for square in range(64):
        if square not in CENTRE:
            board[square // 8, square % 8] = sum(w_out * W_U[:, token])
            token += 1
    return board


def cosine_similarity(a, b):
    return sum(a * b) / math.sqrt(sum(a * a) * sum(b * b))


def weights_in_probe_basis(vector, directions):
    board = torch.zeros(8, 8)
    for row in range(8):
        for column in range(8):
            if directions[:, row, column].any():
                board[row, column] = cosine_similarity(vector, directions[:, row, column])
    return board


def variance_fraction(vector, basis):
    """By least squares: the part of the vector that the columns can't make up is what is missing."""
    coefficients, *_ = np.linalg.lstsq(basis.double().numpy(), vector.double().numpy(), rcond=None)
    rest = vector.double().numpy() - basis.double().numpy() @ coefficients
    return 1 - (rest @ rest) / (vector.double().numpy() @ vector.double().numpy())


def neuron_stats(acts):
    """mean, standard deviation, smallest, largest, share of positive activations of each neuron"""
    rows = []
    for neuron in range(acts.shape[2]):
        values = [float(x) for game in acts for x in game[:, neuron]]
        mean = sum(values) / len(values)
        std = math.sqrt(sum((x - mean) ** 2 for x in values) / (len(values) - 1))
        rows.append([mean, std, min(values), max(values), sum(x > 0 for x in values) / len(values)])
    return rows


def top_by_count(acts, count):
    """The (game, move) pairs of the largest activations of one neuron."""
    places = [(game, move) for game in range(acts.shape[0]) for move in range(acts.shape[1])]
    return sorted(places, key=lambda place: -acts[place])[:count]


def top_by_quantile(acts, quantile):
    """The (game, move) pairs above a quantile of one neuron's activations."""
    places = [(game, move) for game in range(acts.shape[0]) for move in range(acts.shape[1])]
    threshold = np.quantile(acts.numpy(), quantile)
    return [place for place in places if acts[place] > threshold]


def square_frequencies(states, places):
    shares = torch.zeros(3, 8, 8)
    for place in places:
        for row in range(8):
            for column in range(8):
                shares[states[place][row, column], row, column] += 1 / len(places)
    return shares


def mean_board(states, places):
    return sum(states[place].float() for place in places) / len(places)


def hypothesis(conditions, board):
    """conditions: a list such as [("C0", 0), ("D1", 1), ("E2", 2)]; all must hold."""
    return all(board[ROWS.index(label[0]), int(label[1])] == state for label, state in conditions)


def roc_auc(acts, labels):
    """Over all pairs of a labelled and an unlabelled position: is the labelled one higher? A tie is half."""
    pairs = [(a, b) for a in acts[labels] for b in acts[~labels]]
    return sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs) / len(pairs)


def precision_and_recall(acts, labels, threshold):
    fires = [a > threshold for a in acts]
    both = sum(f and bool(label) for f, label in zip(fires, labels, strict=True))
    return both / sum(fires), both / sum(bool(label) for label in labels)
