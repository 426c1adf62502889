"""What a scan keeps of every neuron: sums and counts that add up, whatever the order, and the best examples.

Its size doesn't depend on the number of games: 650 MB for 8 layers of 2,048 neurons.
"""

import json
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float64, Int32, Int64
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from othello_interp.atlas import examples
from othello_interp.atlas.features import ANY, Bags, feature_names, feature_number, stored_names, with_derived
from othello_interp.atlas.grid import BANDS, BINS, Grid
from othello_interp.errors import FileError, InputError
from othello_interp.storage.whole_file import whole_file
from othello_interp.weights.gpt import N_CTX

TOP, SAMPLE = 8, 4  # examples: the loudest of all, and by chance in each band
PART_GAMES = 64  # two counts of up to 4,095 positions fit a float's 24 bits
_BLOCK = 128  # neurons at a time, so that a block's activations stay in the cache
_MOST = 4096


@dataclass(frozen=True)
class Summary:
    """Sums over the positions of some games, for all neurons of a model.

    ranges: the games that were counted, by number, as (first, after the last), rising.
    counts: positions where each stored feature holds (features.py).
    sums: the activations, added up over those positions.
    above: at how many of those positions the activation reaches each edge of the grid.
    squares: the activations squared, added up over all positions. lowest, highest: over all positions.
    histogram: positions in each bin of the grid.
    top: the games with the highest activations; sample: some by chance in each band; both as keys of
    examples.py.
    hypotheses: counted as further features, after all others.
    """

    ranges: tuple[tuple[int, int], ...]
    grid: Grid
    counts: Int64[Tensor, " feature"]
    sums: Float64[Tensor, "layer feature neuron"]
    above: Int32[Tensor, "layer edge feature neuron"]
    squares: Float64[Tensor, "layer neuron"]
    lowest: Float[Tensor, "layer neuron"]
    highest: Float[Tensor, "layer neuron"]
    histogram: Int64[Tensor, "layer neuron bin"]
    top: Int64[Tensor, "layer neuron top"]
    sample: Int64[Tensor, "layer neuron band sample"]
    hypotheses: tuple[str, ...] = ()

    @classmethod
    def empty(cls, grid: Grid, hypotheses: tuple[str, ...] = ()) -> "Summary":
        """Of no games."""
        n_layers, n_edges, n_neurons = grid.edges.shape
        n_features, shape = len(stored_names()) + len(hypotheses), (n_layers, n_neurons)
        return cls(
            ranges=(),
            grid=grid,
            counts=torch.zeros(n_features, dtype=torch.int64),
            sums=torch.zeros(n_layers, n_features, n_neurons, dtype=torch.float64),
            above=torch.zeros(n_layers, n_edges, n_features, n_neurons, dtype=torch.int32),
            squares=torch.zeros(shape, dtype=torch.float64),
            lowest=torch.full(shape, torch.inf),
            highest=torch.full(shape, -torch.inf),
            histogram=torch.zeros(*shape, BINS, dtype=torch.int64),
            top=torch.full((*shape, TOP), examples.NONE),
            sample=torch.full((*shape, len(BANDS), SAMPLE), examples.NONE),
            hypotheses=hypotheses,
        )

    @property
    def games(self) -> int:
        """How many games were counted."""
        return sum(stop - start for start, stop in self.ranges)

    def __add__(self, other: "Summary") -> "Summary":
        """Both together. Raises InputError when their grids or hypotheses differ or a game is in both."""
        if self.hypotheses != other.hypotheses:
            raise InputError(
                f"these summaries count other hypotheses, so they can't be added: {self.hypotheses} and "
                f"{other.hypotheses}"
            )
        for name in ("edges", "low", "high"):
            if not torch.equal(getattr(self.grid, name), getattr(other.grid, name)):
                raise InputError("these summaries count with different grids, so they can't be added")
        added = {
            name: getattr(self, name) + getattr(other, name)
            for name in ("counts", "sums", "above", "squares", "histogram")
        }
        return Summary(
            ranges=joined(self.ranges, other.ranges),
            grid=self.grid,
            lowest=torch.minimum(self.lowest, other.lowest),
            highest=torch.maximum(self.highest, other.highest),
            top=examples.best(torch.cat([self.top, other.top], dim=-1), TOP),
            sample=examples.best(torch.cat([self.sample, other.sample], dim=-1), SAMPLE),
            hypotheses=self.hypotheses,
            **added,
        )

    def with_games(self, first: int, count: int, bags: Bags) -> "Summary":
        """The same tensors, with games counted whose activations `observe` adds to them."""
        self.counts.add_(bags.counts)
        return replace(self, ranges=joined(self.ranges, ((first, first + count),)))

    def observe(
        self, layer: int, acts: Float[Tensor, "position neuron"], bags: Bags, games: Int64[Tensor, " game"]
    ) -> None:
        """Adds the activations of a layer in some games, in place."""
        for start in range(0, acts.shape[1], _BLOCK):
            columns = slice(start, start + _BLOCK)
            block = acts[:, columns].contiguous()
            self._add(layer, columns, block, bags)
            self._add_examples(layer, columns, block, games)

    def _add(self, layer: int, columns: slice, block: Float[Tensor, "position neuron"], bags: Bags) -> None:
        self.sums[layer, :, columns] += bags.sums(block).sum(0, dtype=torch.float64)
        edges, above = self.grid.edges[layer, :, columns], self.above[layer, :, :, columns]
        for edge in range(0, len(edges), 2):
            # Two counts in one sum: 1 for reaching the lower edge, 4096 more for the upper one. Exact, since
            # a part has fewer positions.
            reached = (block >= edges[edge]).float()
            both = bags.sums(reached.add_(block >= edges[edge + 1], alpha=_MOST)).int()
            above[edge] += (both & (_MOST - 1)).sum(0)
            above[edge + 1] += (both >> 12).sum(0)
        self.squares[layer, columns] += block.square().sum(0)
        self.lowest[layer, columns] = torch.minimum(self.lowest[layer, columns], block.amin(0))
        self.highest[layer, columns] = torch.maximum(self.highest[layer, columns], block.amax(0))
        bins = self.grid.bins(layer, columns, block).add_(BINS * torch.arange(block.shape[1])).flatten()
        counts = np.bincount(bins.numpy(), minlength=BINS * block.shape[1])
        self.histogram[layer, columns] += torch.from_numpy(counts).view(-1, BINS)

    def _add_examples(
        self,
        layer: int,
        columns: slice,
        block: Float[Tensor, "position neuron"],
        games: Int64[Tensor, " game"],
    ) -> None:
        acts = block.unflatten(0, (len(games), N_CTX))
        loudest = acts.max(1)
        keys = examples.by_activation(loudest.values, games, loudest.indices).T
        self.top[layer, columns] = examples.best(torch.cat([self.top[layer, columns], keys], dim=-1), TOP)
        moves = examples.chosen_moves(games, N_CTX)
        chosen = acts[torch.arange(len(games)), moves]
        level = (chosen >= self.grid.edges[layer, :, None, columns]).sum(0)
        keys = examples.by_chance(games, moves)
        for band, (first, last) in enumerate(band_levels()):
            here = ((first <= level) & (level < last)).T
            sample = torch.cat([self.sample[layer, columns, band], keys.where(here, examples.NONE)], dim=-1)
            self.sample[layer, columns, band] = examples.best(sample, SAMPLE)

    # --- what follows from the sums -----------------------------------------------------------------

    @property
    def positions(self) -> Int64[Tensor, " feature"]:
        """Positions where each feature holds, in the order of `feature_names()`; then each hypothesis."""
        return with_derived(self.counts, dim=0)

    def number(self, name: str) -> int:
        """The place of a feature or hypothesis among the rows of what follows."""
        if name in self.hypotheses:
            return len(feature_names()) + self.hypotheses.index(name)
        return feature_number(name)

    def means(self, layer: int) -> Float64[Tensor, "feature neuron"]:
        """The mean activation where each feature holds; NaN where it never does."""
        positions = self.positions[:, None]
        return (with_derived(self.sums[layer], dim=0) / positions).where(positions > 0, torch.nan)

    def variances(self, layer: int) -> Float64[Tensor, " neuron"]:
        """Over all positions, not corrected for the mean that is taken from them."""
        mean = self.means(layer)[feature_number(ANY)]
        return (self.squares[layer] / (N_CTX * self.games) - mean.square()).clamp(min=0)

    def reached(self, layer: int) -> Int64[Tensor, "edge feature neuron"]:
        """At how many of the positions where a feature holds the activation reaches each edge."""
        return with_derived(self.above[layer].long(), dim=1)

    def precision_recall(
        self, layer: int
    ) -> tuple[Float64[Tensor, "edge feature neuron"], Float64[Tensor, "edge feature neuron"]]:
        """For each edge, where reaching it counts as firing: the share of these positions where the feature
        holds, and the share of the feature's positions that these are. NaN where there are none."""
        both = self.reached(layer).double()
        return both / both[:, feature_number(ANY), None], both / self.positions[:, None]

    def aucs(self, layer: int) -> Float64[Tensor, "feature neuron"]:
        """ROC AUC of each neuron for each feature, where activations of one level count as equal; NaN for a
        feature that holds everywhere or nowhere."""
        holds = with_derived(self.counts, dim=0)[:, None]
        both = self.reached(layer)
        none = torch.zeros_like(both[:1])
        at_least = torch.cat([none + holds, both, none]).double()
        positive = at_least[:-1] - at_least[1:]  # (level, feature, neuron)
        every = positive[:, feature_number(ANY), None]
        below = every.cumsum(0) - every
        # The sum of mean ranks of the positions where the feature holds (Mann and Whitney 1947).
        ranks = (positive * (below + every / 2)).sum(0) - holds.square() / 2
        return ranks / (holds * (holds[feature_number(ANY)] - holds))

    # --- on disk ------------------------------------------------------------------------------------

    def save(self, path: Path) -> None:
        """Writes the summary whole, as safetensors."""
        tensors = {field.name: getattr(self, field.name) for field in fields(self)[2:-1]}
        tensors |= {f"grid.{field.name}": getattr(self.grid, field.name) for field in fields(Grid)}
        with whole_file(path) as temporary:
            about = {name: json.dumps(getattr(self, name)) for name in ("ranges", "hypotheses")}
            save_file(tensors, temporary, about)

    @classmethod
    def load(cls, path: Path) -> "Summary":
        """Reads what `save` wrote. Raises FileError for anything else."""
        try:
            with safe_open(path, framework="pt") as file:
                ranges = tuple((start, stop) for start, stop in json.loads(file.metadata()["ranges"]))
                hypotheses = tuple(json.loads(file.metadata()["hypotheses"]))
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            grid = Grid(**{field.name: tensors.pop(f"grid.{field.name}") for field in fields(Grid)})
            return cls(ranges, grid, hypotheses=hypotheses, **tensors)
        except (OSError, SafetensorError, KeyError, TypeError) as error:
            raise FileError(
                f"{path} is not the summary of a scan: {error}. Remove it and scan again."
            ) from error


def band_levels() -> list[tuple[int, int]]:
    """For each band its first level and the one after its last."""
    first = list(BANDS.values())
    return list(zip(first, [*first[1:], 99], strict=True))


def joined(a: tuple[tuple[int, int], ...], b: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """Ranges put together, those that touch as one. Raises InputError where they overlap.

    >>> joined(((0, 10), (20, 30)), ((10, 20),))
    ((0, 30),)
    """
    result: list[tuple[int, int]] = []
    for start, stop in sorted(a + b):
        if result and start < result[-1][1]:
            raise InputError(f"game {start} would be counted twice: found {a} and {b}")
        if result and start == result[-1][1]:
            result[-1] = (result[-1][0], stop)
        else:
            result.append((start, stop))
    return tuple(result)
