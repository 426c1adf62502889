"""Many games, lines and neurons: what adds up, what a position is worth, what a search finds by chance.

Notebook 7 has you write the same; these are the forms that work on many neurons at once.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int64, Integer
from torch import Tensor

from othello_interp.errors import InputError
from othello_interp.hypotheses import label_aucs

_SHUFFLES = 20  # at a time: the neurons are ranked once for all of them
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Moments:
    """How many positions, the mean over them, and the sum of the squared deviations from it; they can be
    added, in any order. In float64.

    >>> a, b = Moments.of(torch.tensor([[1.0], [3.0]])), Moments.of(torch.tensor([[8.0]]))
    >>> (a + b).count, (a + b).mean.item(), (a + b).variance.item()
    (3, 4.0, 13.0)
    """

    count: int
    mean: Float[Tensor, "*neuron"]
    squares: Float[Tensor, "*neuron"]

    @classmethod
    def of(cls, values: Float[Tensor, "position *neuron"]) -> "Moments":
        """Of some positions, or of none."""
        values = values.double()
        mean = values.sum(0) / max(len(values), 1)
        return cls(len(values), mean, (values - mean).square().sum(0))

    def __add__(self, other: "Moments") -> "Moments":
        """Of both together (Chan, Golub and LeVeque 1979)."""
        count = self.count + other.count
        if count == 0:
            return self
        delta = other.mean - self.mean
        between = delta.square() * (self.count * other.count / count)
        return Moments(
            count, self.mean + delta * (other.count / count), self.squares + other.squares + between
        )

    @property
    def variance(self) -> Float[Tensor, "*neuron"]:
        """Not biased: divided by one less than the count."""
        return self.squares / (self.count - 1)


def auc_from_counts(
    holds: Integer[Tensor, "*neuron bin"], fails: Integer[Tensor, "*neuron bin"]
) -> Float[Tensor, "*neuron"]:
    """The ROC AUC of activations of which only the bins are known; two in one bin are a tie.

    holds, fails: positions in each bin, from the lowest activations up, where a hypothesis holds and where it
    fails.

    >>> auc_from_counts(torch.tensor([0, 1, 3]), torch.tensor([5, 2, 1])).item()
    0.890625
    """
    below = fails.cumsum(-1) - fails
    wins = (holds * (below + fails / 2)).sum(-1)
    return wins / (holds.sum(-1) * fails.sum(-1))


def design_effect(
    values: Float[Tensor, "game move"], where: Bool[Tensor, "game move"] | None = None
) -> float:
    """How many times larger the variance of a mean over the marked positions is, when games are drawn, than
    it would be if positions were drawn (Kish 1965). Factors near 1, such as G / (G - 1), are left out.

    where: by default all. Raises ValueError if no position is marked or all their values are the same.

    >>> design_effect(torch.tensor([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]))  # three say no more than one
    3.0
    """
    where = torch.ones_like(values, dtype=torch.bool) if where is None else where
    deviations = (values - values[where].mean()).where(where, 0)
    squares = deviations.square().sum()
    if not squares > 0:
        raise InputError(
            "values: expected marked positions with different values; found none or all the same"
        )
    return (deviations.sum(1).square().sum() / squares).item()


class Searched(NamedTuple):
    """What a search over many labels finds for each neuron.

    label: the place of the best. auc: its AUC. by_chance: the best AUC in each shuffle, whichever label has
    it. p: the p-value of the whole search.
    """

    label: Int64[Tensor, " neuron"]
    auc: Float[Tensor, " neuron"]
    by_chance: Float[Tensor, "sample neuron"]
    p: Float[Tensor, " neuron"]


def search(
    acts: Float[Tensor, "game move neuron"],
    labels: Bool[Tensor, "label game move"],
    samples: int = 99,
    seed: int = 0,
) -> Searched:
    """The label with the best ROC AUC for each neuron, and how good the best is when games are shuffled.

    Games change places, moves don't: what a neuron knows from the number of the move alone stays. So the
    p-value says whether more than that was found. It is (1 + shuffles at least as good) / (1 + shuffles).
    Labels that hold everywhere or nowhere are never the best.
    """
    generator = torch.Generator().manual_seed(seed)
    orders = torch.stack(
        [torch.arange(len(acts)), *(torch.randperm(len(acts), generator=generator) for _ in range(samples))]
    )
    flat = acts.flatten(0, 1)
    values, places = [], []
    for some in orders.split(_SHUFFLES):
        shuffled = labels[:, some]  # (label, shuffle, game, move): to shuffle the labels comes to the same
        aucs = label_aucs(flat, shuffled.flatten(2).flatten(0, 1)).unflatten(0, shuffled.shape[:2])
        found = aucs.nan_to_num(nan=-1.0).max(0)
        values.append(found.values)
        places.append(found.indices)
    best = torch.cat(values)
    auc, by_chance = best[0], best[1:]
    p = (1 + (by_chance >= auc - _ROUNDING).sum(0)) / (1 + samples)
    return Searched(torch.cat(places)[0], auc, by_chance, p)


def discoveries(p: Float[Tensor, " test"], rate: float = 0.05) -> Bool[Tensor, " test"]:
    """Which findings to keep so that on average at most this share of them is false (Benjamini and Hochberg
    1995).

    p: a p-value for each test.

    >>> discoveries(torch.tensor([0.9, 0.011, 0.001, 0.02]), 0.04)  # limits 0.01, 0.02, 0.03, 0.04
    tensor([False,  True,  True,  True])
    """
    ordered = p.sort().values
    below = (ordered <= rate * torch.arange(1, len(p) + 1) / len(p)).nonzero()
    return p <= ordered[below.max()] if len(below) else torch.zeros_like(p, dtype=torch.bool)
