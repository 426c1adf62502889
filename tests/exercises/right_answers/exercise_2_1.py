"""Right answers to exercise 2.1, written in other ways than the reference."""

import numpy as np
import torch
import torch.nn.functional as F


def input_weights_on_board__loop(model, layer, neuron, directions):
    w_in = model.blocks[layer].mlp.W_in[:, neuron]
    result = torch.zeros(8, 8)
    for row in range(8):
        for col in range(8):
            direction = directions[:, row, col]
            if direction.any():
                result[row, col] = w_in @ direction / w_in.norm() / direction.norm()
    return result


def input_weights_on_board__torch_cosine(model, layer, neuron, directions):
    w_in = model.W_in[layer, :, neuron]
    return F.cosine_similarity(w_in[:, None, None], directions, dim=0)


def input_weights_on_board__numpy_float64(model, layer, neuron, directions):
    w_in = model.blocks[layer].mlp.W_in.numpy()[:, neuron].astype(float)
    flat = directions.numpy().reshape(len(w_in), 64).astype(float)
    with np.errstate(invalid="ignore"):
        cosines = (w_in @ flat) / (np.linalg.norm(w_in) * np.linalg.norm(flat, axis=0))
    return np.nan_to_num(cosines).reshape(8, 8)


def input_weights_on_board__inplace_noncontiguous(model, layer, neuron, directions):
    w_in = model.blocks[layer].mlp.W_in[:, neuron].clone()
    w_in /= w_in.norm()
    unit = F.normalize(directions, dim=0).permute(2, 1, 0)
    return (unit @ w_in).T
