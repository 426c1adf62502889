"""Figures that are no means, such as the ROC AUC, in resamples of the games: for their bootstrap intervals.

intervals.py says why games are what is drawn, and draws them.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def interval(values: Float[Tensor, " resample"]) -> tuple[float, float]:
    """The middle 95% of the figures of the resamples; those that are not numbers are left out."""
    low, high = values[~values.isnan()].double().quantile(torch.tensor([0.025, 0.975], dtype=torch.double))
    return float(low), float(high)


def pair_wins(
    acts: Float[Tensor, "game move"], labels: Bool[Tensor, "game move"]
) -> Float[Tensor, "game game"]:
    """[g, h]: of the pairs of a labelled position of game g and an unlabelled one of game h, those in which
    the first has the higher activation; ties count half.

    The ROC AUC of any multiset of the games is a quotient of sums over it.
    """
    others = acts.masked_fill(labels, torch.inf).sort(1).values
    labelled = acts[labels].expand(len(acts), -1).contiguous()
    below, up_to = (torch.searchsorted(others, labelled, right=right) for right in (False, True))
    wins = torch.zeros(len(acts), len(acts))
    return wins.index_add_(0, labels.nonzero()[:, 0], (below + up_to).T.float() / 2)


def resampled_auc(
    acts: Float[Tensor, "game move"],
    labels: Bool[Tensor, "game move"],
    weights: Float[Tensor, "resample game"],
) -> Float[Tensor, " resample"]:
    """The ROC AUC of each resample of the games."""
    wins = ((weights @ pair_wins(acts, labels)) * weights).sum(1)
    return wins / ((weights @ labels.sum(1).float()) * (weights @ (~labels).sum(1).float()))


def weighted_quantile(
    acts: Float[Tensor, "game move"], quantile: float, weights: Float[Tensor, "resample game"]
) -> Float[Tensor, " resample"]:
    """A quantile of the positions of each resample, to the next activation."""
    values, order = acts.flatten().sort(descending=True)
    # Only the loudest positions can matter: four times as many as the quantile leaves above it.
    kept = min(len(values), max(100, int(4 * (1 - quantile) * len(values))))
    games = order[:kept] // acts.shape[1]
    above = weights[:, games].cumsum(1)
    enough = above >= (1 - quantile) * acts.numel()
    return values[enough.int().argmax(1)]
