"""How sure is a mean over positions? Intervals by resampling games, and a permutation control.

Positions of one game are not independent: a disc stays where it is for many moves, and an activation with it.
So whole games are drawn, never positions.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Shaped
from torch import Tensor

from othello_interp.errors import InputError


class Mean(NamedTuple):
    """A mean over positions with its interval; `positions` and `games` say how many went into it."""

    mean: float
    low: float
    high: float
    positions: int
    games: int

    def __str__(self) -> str:
        return format(self, ".3f")

    def __format__(self, spec: str) -> str:
        """All three numbers in one format: f"{found:.1%}" is such as "83.0% [70.2%, 91.0%]"."""
        return f"{self.mean:{spec}} [{self.low:{spec}}, {self.high:{spec}}]" if spec else str(self)


class Means(NamedTuple):
    """Many means over the same positions, such as one for each square, with the ends of their intervals."""

    mean: Float[Tensor, "*value"]
    low: Float[Tensor, "*value"]
    high: Float[Tensor, "*value"]


def game_mean(
    values: Float[Tensor, "game move"],
    where: Bool[Tensor, "game move"] | None = None,
    level: float = 0.95,
    samples: int = 1000,
    seed: int = 0,
) -> Mean:
    """The mean over the marked positions, with a bootstrap interval over games (Efron & Tibshirani 1993).

    where: which positions; by default all. Each resample draws as many games as there are, with
    replacement, and takes the mean over all marked positions in them. Raises ValueError if none is marked.

    >>> values = torch.tensor([[1.0, 1.0], [3.0, 3.0], [2.0, 2.0]])
    >>> print(game_mean(values))
    2.000 [1.000, 3.000]
    """
    where = torch.ones_like(values, dtype=torch.bool) if where is None else where
    count = where.sum(1)
    if not count.any():
        raise InputError("where: no position is marked, so there is no mean")
    sums = values.where(where, 0).sum(1)
    low, high = bootstrap(sums[:, None], count, level, samples, seed)
    mean = (sums.sum() / count.sum()).item()
    return Mean(mean, low.item(), high.item(), int(count.sum()), int(count.bool().sum()))


def game_means(
    values: Shaped[Tensor, "game move *value"],
    where: Bool[Tensor, "game move"] | None = None,
    level: float = 0.95,
    samples: int = 1000,
    seed: int = 0,
) -> Means:
    """game_mean of each of many values, such as those of the 64 squares, over the same marked positions.

    >>> boards = torch.arange(3.0)[:, None, None, None].expand(3, 2, 8, 8)  # 3 games of 2 moves
    >>> game_means(boards).mean.shape
    torch.Size([8, 8])
    """
    where = torch.ones(values.shape[:2], dtype=torch.bool) if where is None else where
    if not where.any():
        raise InputError("where: no position is marked, so there is no mean")
    count = where.sum(1)
    sums = (values.reshape(*where.shape, -1) * where[..., None]).sum(1, dtype=torch.float)
    low, high = bootstrap(sums, count, level, samples, seed)
    return Means(*(found.view(values.shape[2:]) for found in (sums.sum(0) / count.sum(), low, high)))


def bootstrap(
    sums: Float[Tensor, "game value"],
    count: Tensor,
    level: float = 0.95,
    samples: int = 1000,
    seed: int = 0,
) -> tuple[Float[Tensor, " value"], Float[Tensor, " value"]]:
    """Lower and upper ends of intervals for means over positions, given each game's sums and its number of
    positions. Resamples of games without any position are left out."""
    times = draws(len(sums), samples, seed).to(sums)
    totals = times @ count.to(sums)
    means = (times @ sums)[totals > 0] / totals[totals > 0, None]
    tail = (1 - level) / 2
    return means.quantile(tail, dim=0), means.quantile(1 - tail, dim=0)


def draws(n_games: int, samples: int = 1000, seed: int = 0) -> Float[Tensor, "sample game"]:
    """How often each game is drawn in each resample of as many games, with replacement."""
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randint(n_games, (samples, n_games), generator=generator)
    return torch.zeros(samples, n_games).scatter_add_(1, drawn, torch.ones(samples, n_games))


class Permutation(NamedTuple):
    """A difference of means, the largest in size that 95% of the shuffles stay under, and the p-value."""

    difference: float
    by_chance: float
    p: float


def permutation_test(
    values: Float[Tensor, "game move"],
    group: Bool[Tensor, "game move"],
    among: Bool[Tensor, "game move"] | None = None,
    samples: int = 1000,
    seed: int = 0,
) -> Permutation:
    """Is the mean in a group another than outside it, more than by chance?

    The group's labels are shuffled among the games, within each move number: early and late positions differ
    in everything, so a shuffle across moves would prove too much. p is two-sided, the share of shuffles,
    this order included, whose difference is at least as large in size.

    among: the positions that take part; by default all. Raises ValueError unless some of them are in the
    group and some are not.

    >>> group = torch.arange(20)[:, None] < 10  # 20 games of one move
    >>> permutation_test(group.float(), group).p < 0.01
    True
    """
    among = torch.ones_like(group) if among is None else among
    for what, part in (("in", among & group), ("outside", among & ~group)):
        if not part.any():
            raise InputError(f"group: no position is {what} the group; a comparison needs both")
    generator = torch.Generator().manual_seed(seed)
    # Those that take part come first in either order, so each hands its label on to one of them.
    keys = torch.rand(samples, *group.shape, generator=generator).to(values.device) + 2 * ~among
    order = keys.argsort(1)
    home = (~among).to(torch.uint8).argsort(dim=0, stable=True).expand_as(order)
    labels = group.expand_as(order)
    shuffled = torch.empty_like(labels).scatter_(1, home, labels.gather(1, order))
    difference = _difference(values, group[None], among).item()
    by_chance = _difference(values, shuffled, among).abs()
    p = (1 + (by_chance >= abs(difference) - 1e-6).sum().item()) / (1 + samples)
    return Permutation(difference, by_chance.quantile(0.95).item(), p)


def _difference(
    values: Float[Tensor, "game move"],
    group: Bool[Tensor, "sample game move"],
    among: Bool[Tensor, "game move"],
) -> Float[Tensor, " sample"]:
    inside, outside = ((part & among).flatten(1).to(values) for part in (group, ~group))
    flat = values.flatten()
    return inside @ flat / inside.sum(1) - outside @ flat / outside.sum(1)
