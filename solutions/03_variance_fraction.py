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


def unembedding_fractions(model: TransformerBridge, layer: int) -> Float[Tensor, " d_mlp"]:
    """For every neuron of a layer, the share of its output weights' squared length that lies in the span of
    the unembeddings of the 60 squares.
    """
    w_out = model.blocks[layer].mlp.W_out
    U = torch.linalg.svd(model.W_U[:, 1:], full_matrices=False).U
    return (w_out @ U).pow(2).sum(dim=-1) / w_out.pow(2).sum(dim=-1)


def chance_level(basis: Float[Tensor, "d_model k"]) -> float:
    """The expected share of a random vector's squared length in the span of the columns of `basis`.

    The columns may depend on each other, and there may be more of them than dimensions.
    """
    d_model = basis.shape[0]
    return torch.linalg.matrix_rank(basis).item() / d_model


def composition(
    model: TransformerBridge, layer: int, neuron: int, later_layer: int
) -> Float[Tensor, " d_mlp"]:
    """The cosine similarity of a neuron's output weights with the input weights of every neuron of a later
    layer.
    """
    w_out = get_w_out(model, layer, neuron, normalize=True)
    W_in = model.blocks[later_layer].mlp.W_in
    return w_out @ W_in / W_in.norm(dim=0)
