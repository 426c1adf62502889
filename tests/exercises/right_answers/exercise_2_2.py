"""Right answers to exercise 2.2, written in other ways than the reference."""

import numpy as np
import torch

from othello_interp.squares import ALL_SQUARES


def neuron_logit_attribution__loop(model, layer, neuron):
    w_out = model.blocks[layer].mlp.W_out[neuron]
    result = torch.zeros(8, 8)
    for token in range(1, 61):
        square = ALL_SQUARES[token - 1]
        result[square // 8, square % 8] = w_out @ model.W_U[:, token]
    return result


def neuron_logit_attribution__padded(model, layer, neuron):
    logits = torch.einsum("d,dv->v", model.W_out[layer, neuron], model.W_U[:, 1:])
    gap = torch.zeros(2)
    return torch.cat([logits[:27], gap, logits[27:33], gap, logits[33:]]).view(8, 8)


def neuron_logit_attribution__numpy_float64(model, layer, neuron):
    w_out = model.blocks[layer].mlp.W_out[neuron].double().numpy()
    board = np.zeros((8, 8))
    board.flat[ALL_SQUARES] = w_out @ model.W_U.double().numpy()[:, 1:]
    return board


def neuron_logit_attribution__whole_layer(model, layer, neuron):
    W_U = torch.zeros(model.W_U.shape[0], 64)
    W_U[:, ALL_SQUARES] = model.W_U[:, 1:]
    weight = model.blocks[layer].mlp.W_out.clone().requires_grad_(True)
    return (weight @ W_U)[neuron].unflatten(0, (8, 8))
