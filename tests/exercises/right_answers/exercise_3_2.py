"""Right answers to exercise 3.2, written in other ways than the reference."""

import einops
import torch


def unembedding_fractions__qr(model, layer):
    Q = torch.linalg.qr(model.W_U[:, 1:].contiguous()).Q
    w_out = model.W_out[layer]
    return (w_out @ Q).norm(dim=-1) ** 2 / w_out.norm(dim=-1) ** 2


def unembedding_fractions__einops(model, layer):
    U = torch.linalg.svd(model.unembed.W_U[:, 1:].double(), full_matrices=False)[0]
    w_out = model.blocks[layer].mlp.W_out.double()
    coordinates = einops.einsum(w_out, U, "neuron d_model, d_model k -> neuron k")
    return einops.reduce(coordinates**2, "neuron k -> neuron", "sum") / w_out.pow(2).sum(1)


def unembedding_fractions__noncontiguous(model, layer):
    unit = torch.nn.functional.normalize(model.blocks[layer].mlp.W_out.T, dim=0)
    Vh = torch.linalg.svd(model.W_U.T[1:], full_matrices=False).Vh
    return (Vh @ unit).square().sum(0)
