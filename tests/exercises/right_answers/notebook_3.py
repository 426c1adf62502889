"""Right answers to the exercises of notebook 3, written in other ways than the reference."""

import einops
import numpy as np
import torch


def fraction_in_subspace__qr(vectors, basis):
    Q, _ = torch.linalg.qr(basis)
    inside = vectors @ Q @ Q.T
    return (inside.norm(dim=1) / vectors.norm(dim=1)) ** 2


def fraction_in_subspace__least_squares(vectors, basis):
    solution = torch.linalg.lstsq(basis, vectors.T).solution
    left_over = vectors - (basis @ solution).T
    return 1 - left_over.square().sum(1) / vectors.square().sum(1)


def fraction_in_subspace__numpy_float64(vectors, basis):
    V, B = vectors.numpy().astype(np.float64), basis.numpy().astype(np.float64)
    projector = B @ np.linalg.inv(B.T @ B) @ B.T
    return np.einsum("nd,de,ne->n", V, projector, V) / np.einsum("nd,nd->n", V, V)


def fraction_in_subspace__loop(vectors, basis):
    orthonormal = []
    for column in basis.T:
        for direction in orthonormal:
            column = column - (column @ direction) * direction
        orthonormal.append(column / column.norm())
    shares = [sum((v @ u) ** 2 for u in orthonormal) / (v @ v) for v in vectors]
    return torch.stack(shares)


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


def chance_level__svd(basis):
    S = torch.linalg.svdvals(basis)
    return (S / S.max() > 1e-5).sum() / len(basis)


def chance_level__numpy(basis):
    return np.linalg.matrix_rank(basis.numpy().astype(float), tol=1e-5) / basis.shape[0]


def chance_level__trace_of_projector(basis):
    # The mean over random unit vectors of v @ P @ v is trace(P) / d_model.
    projector = basis.double() @ torch.linalg.pinv(basis.double(), rtol=1e-6)
    return projector.diagonal().mean()


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
