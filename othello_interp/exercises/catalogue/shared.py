"""What the exercises of one notebook have in common."""

import torch
from torch import Tensor

from othello_interp.exercises.records import ModelRef
from othello_interp.figures import LAYER, NEURON


def neuron_inputs(seed: int) -> dict[str, dict]:
    """Notebook 2: neurons of the course's model and of a small one, by the name of the case."""
    generator = torch.Generator().manual_seed(seed)
    layer, neuron, tiny_neuron = (int(torch.randint(n, (), generator=generator)) for n in (8, 2048, 36))
    return {
        f"L{LAYER}N{NEURON}": {"model": ModelRef("embedded"), "layer": LAYER, "neuron": NEURON},
        f"L{layer}N{neuron}": {"model": ModelRef("embedded"), "layer": layer, "neuron": neuron},
        "a neuron of a small random model": {
            "model": ModelRef("tiny", seed),
            "layer": 1,
            "neuron": tiny_neuron,
        },
    }


def inside(vectors: Tensor, basis: Tensor) -> Tensor:
    """Notebook 3: the squared length of each vector's part in the span of the columns of `basis`."""
    return (vectors @ torch.linalg.svd(basis, full_matrices=False).U).pow(2).sum(-1)
