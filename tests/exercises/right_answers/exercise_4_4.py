"""Right answers to exercise 4.4, written in other ways than the reference."""

import einops
import numpy as np
import torch

from othello_interp import utils
from othello_interp.neurons import logit_attribution, mean_board, top_activations


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
