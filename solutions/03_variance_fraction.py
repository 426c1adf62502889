"""Reference answers for notebook 3."""

import torch
from jaxtyping import Float
from torch import Tensor
from transformer_lens import TransformerBridge

from othello_interp.neurons import get_w_out


def fraction_in_subspace(
    vectors: Float[Tensor, "neuron d_model"], basis: Float[Tensor, "d_model k"]
) -> Float[Tensor, " neuron"]:
    """The share of each vector's squared length that lies in the span of the columns of `basis`.

    The columns are independent, but neither of unit length nor at right angles to each other.
    """
    U = torch.linalg.svd(basis, full_matrices=False).U
    coordinates = vectors @ U
    return coordinates.pow(2).sum(dim=-1) / vectors.pow(2).sum(dim=-1)


def inside_and_outside(
    vectors: Float[Tensor, "neuron d_model"], basis: Float[Tensor, "d_model k"]
) -> tuple[Float[Tensor, "neuron d_model"], Float[Tensor, "neuron d_model"]]:
    """Each vector as the sum of a part in the span of the columns of `basis` and one at right angles to it.

    The columns may depend on each other, and there may be more of them than dimensions.
    """
    U, S, _ = torch.linalg.svd(basis, full_matrices=False)
    U = U[:, S / S[0] > 1e-4]  # the others come from rounding error
    inside = vectors @ U @ U.T
    return inside, vectors - inside


def chance_level(basis: Float[Tensor, "d_model k"]) -> float:
    """The expected share of a random vector's squared length in the span of the columns of `basis`.

    The columns may depend on each other, and there may be more of them than dimensions.
    """
    d_model = basis.shape[0]
    return torch.linalg.matrix_rank(basis, rtol=1e-4).item() / d_model


def composition(
    model: TransformerBridge, layer: int, neuron: int, later_layer: int
) -> Float[Tensor, " d_mlp"]:
    """The cosine similarity of a neuron's output weights with the input weights of every neuron of a later
    layer.
    """
    w_out = get_w_out(model, layer, neuron, normalize=True)
    W_in = model.blocks[later_layer].mlp.W_in
    return w_out @ W_in / W_in.norm(dim=0)
