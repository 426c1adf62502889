"""Right answers to exercise 3.2, written in other ways than the reference."""

import numpy as np
import torch

from othello_interp.neurons import orthonormal_basis


def inside_and_outside__pinv(vectors, basis):
    inside = vectors @ (basis @ torch.linalg.pinv(basis))
    return inside, vectors - inside


def inside_and_outside__least_squares(vectors, basis):
    coefficients = np.linalg.lstsq(basis.numpy(), vectors.numpy().T, rcond=1e-5)[0]
    inside = (basis.numpy() @ coefficients).T
    return [inside, vectors.numpy() - inside]


def inside_and_outside__outside_first(vectors, basis):
    U, S, _ = torch.linalg.svd(basis)
    rest = U[:, int((S / S[0] > 1e-4).sum()) :]
    outside = torch.einsum("ni,ik,jk->nj", vectors, rest, rest)
    return vectors - outside, outside


def inside_and_outside__loop(vectors, basis):
    Q = orthonormal_basis(basis).double()
    inside = torch.stack([sum((v @ q) * q for q in Q.T) for v in vectors.double()])
    return inside, vectors.double() - inside


def inside_and_outside__gram_schmidt(vectors, basis):
    span = []
    for column in basis.T:
        for unit in span:
            column = column - (column @ unit) * unit
        if column.norm() > 1e-4 * basis.norm():
            span.append(column / column.norm())
    Q = torch.stack(span, dim=1)
    return vectors @ Q @ Q.mT, vectors - vectors @ Q @ Q.mT
