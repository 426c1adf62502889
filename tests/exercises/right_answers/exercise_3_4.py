"""Right answers to exercise 3.4, written in other ways than the reference."""

import numpy as np
import torch


def composition__loop(model, layer, neuron, later_layer):
    writes = model.blocks[layer].mlp.W_out[neuron]
    W_in = model.blocks[later_layer].mlp.W_in
    return torch.tensor(
        [torch.cosine_similarity(writes, W_in[:, n], dim=0).item() for n in range(model.cfg.d_mlp)]
    )


def composition__broadcast(model, layer, neuron, later_layer):
    writes = model.W_out[layer, neuron]
    return torch.cosine_similarity(writes[None], model.W_in[later_layer].T, dim=-1)


def composition__numpy(model, layer, neuron, later_layer):
    w = model.blocks[layer].mlp.W_out[neuron].numpy(force=True).astype(np.float64)
    W = model.blocks[later_layer].mlp.W_in.numpy(force=True).astype(np.float64)
    return np.einsum("d,dn->n", w, W) / np.sqrt((w**2).sum() * (W**2).sum(axis=0))
