"""Reference answers for notebook 7."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from othello_interp.hypotheses import label_aucs


def merge(
    a: tuple[int, Float[Tensor, "*neuron"], Float[Tensor, "*neuron"]],
    b: tuple[int, Float[Tensor, "*neuron"], Float[Tensor, "*neuron"]],
) -> tuple[int, Float[Tensor, "*neuron"], Float[Tensor, "*neuron"]]:
    """The summary of the positions of both parts together.

    A summary is the number of positions, the mean over them and the sum of the squared deviations from this
    mean. Of no positions it is 0 with zeros.
    """
    (n_a, mean_a, squares_a), (n_b, mean_b, squares_b) = a, b
    n = n_a + n_b
    if n == 0:
        return a
    delta = mean_b - mean_a
    return n, mean_a + delta * n_b / n, squares_a + squares_b + delta.square() * n_a * n_b / n


def auc_from_counts(
    holds: Int[Tensor, "*neuron bin"], fails: Int[Tensor, "*neuron bin"]
) -> Float[Tensor, "*neuron"]:
    """The ROC AUC of activations of which only the bins are known; two in one bin are a tie.

    holds, fails: in each bin, from the lowest activations up, the number of positions where the hypothesis
    holds, and where it fails.
    """
    below = fails.cumsum(-1) - fails
    wins = (holds * (below + fails / 2)).sum(-1)
    return wins / (holds.sum(-1) * fails.sum(-1))


def design_effect(values: Float[Tensor, "game move"], where: Bool[Tensor, "game move"]) -> float:
    """How many times larger the variance of the mean over the marked positions is, when games are drawn, than
    it would be if positions were drawn."""
    deviations = (values - values[where].mean()).where(where, 0)
    return (deviations.sum(1).square().sum() / deviations.square().sum()).item()


def best_by_chance(
    acts: Float[Tensor, "game move"],
    labels: Bool[Tensor, "line game move"],
    orders: Int[Tensor, "sample game"],
) -> tuple[float, Float[Tensor, " sample"], float]:
    """The best AUC over the lines, the best AUC over the lines in each shuffle, and the p-value.

    orders: in shuffle s, game g gets the activations of game orders[s, g].
    """

    def best(acts: Float[Tensor, "game move"]) -> Float[Tensor, ""]:
        return label_aucs(acts.reshape(-1, 1), labels.flatten(1)).max()

    found = best(acts)
    by_chance = torch.stack([best(acts[order]) for order in orders])
    p = (1 + (by_chance >= found).sum().item()) / (1 + len(orders))
    return found.item(), by_chance, p


def discoveries(p: Float[Tensor, " test"], rate: float) -> Bool[Tensor, " test"]:
    """Which findings to keep, so that on average at most this share of them is false.

    p: a p-value for each test. rate: such as 0.05.
    """
    ordered = p.sort().values
    limits = rate * torch.arange(1, len(p) + 1) / len(p)
    below = (ordered <= limits).nonzero()
    if len(below) == 0:
        return torch.zeros_like(p, dtype=torch.bool)
    return p <= ordered[below.max()]


def race_hypothesis() -> str:
    """A hypothesis about when L5N1393 fires, such as "C0==BLANK & D1==THEIRS & E2==MINE"."""
    return "C0==LEGAL & D1==THEIRS & E2!=BLANK & C1!=THEIRS"
