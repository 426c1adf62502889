"""Right answers to the exercises of notebook 4, written in other ways than the reference."""

import einops
import numpy as np
import torch

from othello_interp import utils
from othello_interp.neurons import logit_attribution, mean_board, square_frequencies, top_activations


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


def top_moves__numpy(acts, quantile):
    return acts.numpy() > np.quantile(acts.numpy(), quantile)


def top_moves__sorted(acts, quantile):
    ordered = acts.flatten().double().sort().values
    place = quantile * (len(ordered) - 1)
    low = int(place)
    threshold = ordered[low] + (place - low) * (ordered[low + 1] - ordered[low])
    return (acts.double() > threshold).int()


def top_moves__loop(acts, quantile):
    threshold = torch.quantile(acts.T.contiguous().view(-1), quantile).item()
    return torch.tensor([[a.item() > threshold for a in game] for game in acts])


def square_shares__loop(states, mask):
    shares, marked = torch.zeros(3, 8, 8), 0
    for game, move in mask.nonzero().tolist():
        marked += 1
        for r in range(8):
            for c in range(8):
                shares[states[game, move, r, c], r, c] += 1
    return shares / marked


def square_shares__einsum(states, mask):
    one_hot = torch.nn.functional.one_hot(states.long(), 3).double()
    return torch.einsum("gmrcv,gm->vrc", one_hot, mask.double()) / mask.sum()


def square_shares__numpy_noncontiguous(states, mask):
    chosen = states.numpy()[mask.numpy()]
    return np.moveaxis((chosen[..., None] == np.arange(3)).mean(axis=0), -1, 0)


def square_shares__library(states, mask):
    return square_frequencies(states, mask)


def describe_top_neurons__library(model, layer, acts, states, count, quantile):
    neurons = acts.flatten(0, 1).std(0).argsort(descending=True)[:count]
    mask = top_activations(acts[:, :, neurons], quantile=quantile)
    return (
        neurons,
        logit_attribution(model.W_out[layer, neurons], model.W_U),
        mean_board(states, mask),
    )


def describe_top_neurons__loop(model, layer, acts, states, count, quantile):
    spread = {n: acts[..., n].flatten().std().item() for n in range(acts.shape[-1])}
    neurons = sorted(spread, key=spread.get, reverse=True)[:count]
    attributions, boards = [], []
    for n in neurons:
        logits = model.blocks[layer].mlp.W_out[n] @ model.W_U
        board = torch.zeros(8, 8)
        for token in range(1, 61):
            r, c = divmod(utils.id_to_square(token), 8)
            board[r, c] = logits[token]
        attributions.append(board)
        mask = acts[..., n] > acts[..., n].quantile(quantile)
        boards.append(states[mask].float().mean(0))
    return neurons, torch.stack(attributions), torch.stack(boards)


def describe_top_neurons__numpy_float64(model, layer, acts, states, count, quantile):
    flat = einops.rearrange(acts, "game move neuron -> (game move) neuron").double().numpy()
    neurons = np.argsort(-flat.var(axis=0))[:count]
    logits = (model.blocks[layer].mlp.W_out[neurons.tolist()] @ model.W_U).double().numpy()
    centre = 2 * [0.0]
    attributions = np.stack(
        [[*row[1:28], *centre, *row[28:34], *centre, *row[34:]] for row in logits]
    ).reshape(count, 8, 8)
    mask = flat[:, neurons] > np.quantile(flat[:, neurons], quantile, axis=0)
    boards = np.stack([states.numpy().reshape(-1, 8, 8)[m].mean(axis=0) for m in mask.T])
    return neurons, attributions, boards
