"""Where the activations of each neuron are cut into levels and bins: fixed before a scan begins.

Every part of a scan must count with the same cuts, or parts could not be added. So they are taken from games
of a seed of their own, before the first game is counted.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from othello_interp.atlas.forward import each_layer
from othello_interp.rules.random_games import random_games
from othello_interp.weights.gpt import GPT, N_CTX

#: The shares of positions below the edges. An activation's level is the number of edges that it reaches.
QUANTILES = (0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.97, 0.99)
#: The bands that examples are shown of: names, with the first level of each.
BANDS = {"lowest": 0, "quiet": 1, "middle": 5, "loudest": 8}
BINS = 48
_SEED, _GAMES = 18, 128


@dataclass(frozen=True)
class Grid:
    """For each neuron the edges between levels, rising, and where its histogram begins and ends.

    What lies outside the histogram is counted in its first and last bins.
    """

    edges: Float[Tensor, "layer edge neuron"]
    low: Float[Tensor, "layer neuron"]
    high: Float[Tensor, "layer neuron"]

    def bins(
        self, layer: int, columns: slice, acts: Float[Tensor, "position neuron"]
    ) -> Int64[Tensor, "position neuron"]:
        """The bin of each activation of some of a layer's neurons."""
        low, high = self.low[layer, columns], self.high[layer, columns]
        return ((acts - low) * (BINS / (high - low))).clamp_(0, BINS - 1).long()


def calibrate(model: GPT, dtype: torch.dtype = torch.float32, seed: int = _SEED, games: int = _GAMES) -> Grid:
    """The grid for a model, from the quantiles of its activations over some games."""
    found = []

    def take(layer: int, acts: Tensor) -> None:
        places = [round(share * (len(acts) - 1)) for share in QUANTILES]
        ordered = np.partition(acts.T.numpy(), places)
        low, high = acts.amin(0), acts.amax(0)
        room = 0.1 * (high - low).clamp(min=1e-3)
        found.append((torch.from_numpy(ordered[:, places].T.copy()), low - room, high + room))

    each_layer(model, random_games(games, seed)[:, :N_CTX], take, dtype)
    edges, low, high = (torch.stack(column) for column in zip(*found, strict=True))
    return Grid(edges, low, high)
