"""What every neuron reads and writes, by its weights: squares, and the neurons before and after it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from othello_interp.neurons import logit_attribution, weights_in_probe_basis

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge

    from othello_interp.probe import Probe


@dataclass(frozen=True)
class Link:
    """Another neuron and how strongly a weight joins the two: positive excites, negative inhibits."""

    layer: int
    neuron: int
    strength: float


class Wiring:
    """The weights of a model whose LayerNorms are folded, read as boards and as links between neurons.

    std: the standard deviation of each neuron's activations. A link's strength is the product of the writing
    neuron's output weights with the reading one's input weights, times that deviation: how far a usual change
    of the one moves what the other sums up, before LayerNorm's scale. Only the direct path counts.
    """

    def __init__(self, model: "TransformerBridge", probe: "Probe", std: Float[Tensor, "layer neuron"]):
        self._w_in = torch.stack([block.mlp.W_in.detach().T for block in model.blocks])
        w_out = torch.stack([block.mlp.W_out.detach() for block in model.blocks])
        self._writes = w_out * std[..., None]
        self.blank = weights_in_probe_basis(self._w_in, probe.blank)  # (layer, neuron, 8, 8), cosines
        self.mine = weights_in_probe_basis(self._w_in, probe.mine)
        self.writes = logit_attribution(w_out, model.W_U.detach())  # logits per unit of activation

    def before(self, layer: int, neurons: slice, count: int = 5) -> list[list[Link]]:
        """For some neurons of a layer the earlier ones that move them most."""
        strengths = {other: self._w_in[layer, neurons] @ self._writes[other].T for other in range(layer)}
        return _strongest(strengths, count, len(self._w_in[layer, neurons]))

    def after(self, layer: int, neurons: slice, count: int = 5) -> list[list[Link]]:
        """For some neurons of a layer the later ones that they move most."""
        strengths = {
            other: self._writes[layer, neurons] @ self._w_in[other].T
            for other in range(layer + 1, len(self._w_in))
        }
        return _strongest(strengths, count, len(self._w_in[layer, neurons]))


def _strongest(strengths: dict[int, Tensor], count: int, rows: int) -> list[list[Link]]:
    if not strengths:
        return [[] for _ in range(rows)]
    table, layers = torch.cat(list(strengths.values()), dim=1), list(strengths)
    size = table.shape[1] // len(layers)
    best = table.abs().topk(min(count, table.shape[1]), dim=1).indices
    values = table.gather(1, best)
    return [
        [Link(layers[place // size], place % size, value) for place, value in zip(*row, strict=True)]
        for row in zip(best.tolist(), values.tolist(), strict=True)
    ]
