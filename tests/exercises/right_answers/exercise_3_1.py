"""Right answers to exercise 3.1, written in other ways than the reference."""

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
