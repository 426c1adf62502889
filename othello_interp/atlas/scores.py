"""How well rules fit: R², F1 and ROC AUC with intervals over games, all from one small table.

Rules expect one of a few activations. So these scores need no more than, for each game and each activation
expected, how many positions there are, how many of them fire, and the sums of the activations and of their
squares. A resample of games is a sum of their tables.
"""

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from othello_interp.intervals import draws
from othello_interp.weights.gpt import N_CTX

#: The ends of an interval that holds 95% of the resamples.
_ENDS = torch.tensor([0.025, 0.975], dtype=torch.double)


@dataclass(frozen=True)
class Table:
    """What a list of rules expects, and what is found there.

    values: the activations that are expected, rising. counts: positions, those that fire, the activations
    added up, and their squares.
    """

    values: Float64[Tensor, " value"]
    counts: Float64[Tensor, "game value 4"]

    @classmethod
    def of(
        cls,
        values: Float[Tensor, " rule"],
        which: Int64[Tensor, " position"],
        acts: Float[Tensor, " position"],
        fires: float,
    ) -> "Table":
        """values: what each rule expects. which: the rule that counts at each position of whole games.
        fires: activations above it count as firing."""
        rising, place = values.double().unique(return_inverse=True)
        acts = acts.double()
        found = torch.stack([torch.ones_like(acts), (acts > fires).double(), acts, acts**2], dim=1)
        n_games = len(acts) // N_CTX
        cell = torch.arange(n_games).repeat_interleave(N_CTX) * len(rising) + place[which]
        counts = torch.zeros(n_games * len(rising), 4, dtype=torch.double).index_add_(0, cell, found)
        return cls(rising, counts.view(n_games, len(rising), 4))

    def resampled(self, weights: Float[Tensor, "resample game"]) -> Float64[Tensor, "resample value 4"]:
        """The counts over the games of each resample, which draws each so often."""
        return (weights.double() @ self.counts.flatten(1)).unflatten(1, self.counts.shape[1:])

    @property
    def whole(self) -> Float64[Tensor, "1 value 4"]:
        """The counts over all games."""
        return self.counts.sum(0, keepdim=True)

    def r2(self, counts: Float64[Tensor, "resample value 4"]) -> Float64[Tensor, " resample"]:
        """The share of the variance that is explained; 0 where there is none."""
        n, _, acts, squares = counts.unbind(-1)
        error = (squares - 2 * self.values * acts + self.values**2 * n).sum(1)
        total = squares.sum(1) - acts.sum(1) ** 2 / n.sum(1)
        return (1 - error / total).where(total > 1e-9 * squares.sum(1), 0)

    def f1(self, counts: Float64[Tensor, "resample value 4"]) -> Float64[Tensor, "resample value"]:
        """Of "expected to fire" for "fires", when it is expected from each of the values on."""
        n, firing = (_from_here_on(counts[..., column]) for column in (0, 1))
        return 2 * firing / (n + firing[:, :1])

    def auc(self, counts: Float64[Tensor, "resample value 4"]) -> Float64[Tensor, " resample"]:
        """The chance that more is expected where it fires than where it doesn't; ties count half. NaN where
        it fires always or never."""
        firing, silent = counts[..., 1], counts[..., 0] - counts[..., 1]
        below = silent.cumsum(1) - silent / 2
        return (firing * below).sum(1) / (firing.sum(1) * silent.sum(1))


class Score(NamedTuple):
    """A score and its interval, which holds 95% of the resamples of games (Efron & Tibshirani 1993)."""

    value: float
    interval: tuple[float, float]


def best_cut(table: Table) -> tuple[float, int]:
    """The cut between two expected values with the best F1, and the place of the value above it."""
    if len(table.values) == 1:
        return table.values.item(), 1  # nothing is above
    place = int(table.f1(table.whole)[0, 1:].nan_to_num(nan=-1.0).argmax()) + 1
    return table.values[place - 1 : place + 1].mean().item(), place


def scores(table: Table, place: int) -> tuple[Score, Score, Score]:
    """R², F1 and AUC. place: of the first value at which the neuron is expected to fire."""
    counts = torch.cat([table.whole, table.resampled(_draws(len(table.counts)))])
    f1 = torch.cat([table.f1(counts), torch.zeros(len(counts), 1)], dim=1)[:, place]
    return _score(table.r2(counts)), _score(f1), _score(table.auc(counts))


@cache
def _draws(n_games: int) -> Tensor:
    return draws(n_games)


def _score(values: Float64[Tensor, " resample"]) -> Score:
    """The first value is that of all games."""
    drawn = values[1:][~values[1:].isnan()]
    low, high = drawn.quantile(_ENDS).tolist() if len(drawn) else (float("nan"),) * 2
    return Score(values[0].item(), (low, high))


def _from_here_on(counts: Float64[Tensor, "resample value"]) -> Float64[Tensor, "resample value"]:
    return counts.flip(1).cumsum(1).flip(1)
