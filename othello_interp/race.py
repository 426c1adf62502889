"""What a yes-or-no hypothesis explains of a neuron, and what its length costs: the race of notebook 7."""

import re

import torch
from jaxtyping import Bool, Float
from torch import Tensor

#: Points for each comparison, where a point is a percent of the variance.
PRICE = 0.5


def explained(acts: Float[Tensor, "*position"], holds: Bool[Tensor, "*position"]) -> float:
    """The percent of the variance of the activations that is explained by whether a hypothesis holds.

    Two means, one where it holds and one elsewhere, explain the squared correlation with the label. 0 for a
    hypothesis that holds everywhere or nowhere.

    >>> round(explained(torch.tensor([0.0, 0.0, 4.0, 2.0]), torch.tensor([False, False, True, True])), 2)
    81.82
    """
    both = torch.stack([acts.flatten(), holds.flatten().to(acts)])
    return 100 * torch.corrcoef(both)[0, 1].square().nan_to_num().item()


def comparisons(text: str) -> int:
    """How many comparisons a hypothesis makes: its length.

    >>> comparisons("C0==LEGAL & (D1!=MINE | MOVE<10)")
    3
    """
    return len(re.findall("==|!=|>=|<", text))


def points(acts: Float[Tensor, "*position"], holds: Bool[Tensor, "*position"], text: str) -> float:
    """Percent of the variance explained, less half a point for each comparison of the text."""
    return explained(acts, holds) - PRICE * comparisons(text)
