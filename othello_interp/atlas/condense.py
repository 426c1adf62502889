"""What the atlas shows of every neuron, chosen from a scan and small enough to ship: about 600 bytes each."""

import io
from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from othello_interp.atlas import examples
from othello_interp.atlas.every_ladder import Arrays
from othello_interp.atlas.features import ANY, feature_number, rows
from othello_interp.atlas.forward import each_layer
from othello_interp.atlas.summary import Summary, band_levels
from othello_interp.errors import InputError
from othello_interp.rules.random_games import numbered_games
from othello_interp.weights.gpt import GPT, N_CTX

LINES, SQUARES, LEGAL, LOUDEST, OF_BAND = 5, 4, 2, 4, 2  # how many of each are shown
RARE = 1 / 2000  # a line that stands at a smaller share of the positions is left out: luck makes it fit
SHARE_STEPS = 51.0  # shares of a square's states are kept to 2%
ROOT_STEPS = 255.0  # and roots of a histogram's shares to 0.4%


def condense(
    model: GPT, summary: Summary, seed: int, progress: Callable[[int], None] = lambda games: None
) -> Arrays:
    """Arrays of (layer, neuron, ...) for `Atlas`. The examples' activations are computed again in float32.

    seed: of the games that were scanned. progress: gets the number of games done in float32.
    """
    if not summary.games:
        raise InputError("an atlas needs a scan of one game at least; found an empty summary")
    layers = [_of_layer(summary, layer) for layer in range(len(summary.sums))]
    arrays = {name: np.stack([layer[name] for layer in layers]) for name in layers[0]}
    keys = torch.cat(
        [summary.top[..., :LOUDEST, None], summary.sample[..., :OF_BAND].flatten(2)[..., None]], dim=2
    )
    games, moves = examples.unpack(keys[..., 0])
    acts = in_float32(model, games, moves, seed, progress)
    for name, part in (("top", slice(LOUDEST)), ("sample", slice(LOUDEST, None))):
        arrays |= {
            f"{name}_game": games[..., part].int().numpy(),
            f"{name}_move": moves[..., part].to(torch.int8).numpy(),
            f"{name}_act": acts[..., part].half().numpy(),
        }
    return arrays


def _of_layer(summary: Summary, layer: int) -> Arrays:
    n = summary.games * N_CTX
    means, aucs, positions = summary.means(layer), summary.aucs(layer), summary.positions
    reached = summary.reached(layer)
    every = feature_number(ANY)
    lines, moves = rows("line"), rows("move")
    scores = aucs[lines].where(positions[lines, None] >= RARE * n, torch.nan)
    line_auc, line = scores.nan_to_num(nan=-1.0).topk(LINES, dim=0)
    number = line + lines.start
    precision, recall = (
        part.gather(1, number.expand(len(part), -1, -1)) for part in summary.precision_recall(layer)
    )
    f1 = (2 * precision * recall / (precision + recall)).nan_to_num(nan=-1.0)
    edge = f1.max(0).indices
    states = torch.cat([aucs[rows("theirs")], aucs[rows("mine")], aucs[feature_number("A0==BLANK") :][:64]])
    square = (states - 0.5).abs().nan_to_num(nan=-1.0).topk(SQUARES, dim=0).indices
    legal = aucs[rows("legal")].nan_to_num(nan=0.5)
    most, least = legal.topk(LEGAL, dim=0), legal.topk(LEGAL, dim=0, largest=False)
    levels = _levels(reached, positions, torch.stack([number[0], torch.full_like(number[0], every)]))
    late = reached[-1, moves].double()
    columns: dict[str, Tensor] = {
        "mean": means[every].half(),
        "std": summary.variances(layer).sqrt().half(),
        "lowest": summary.lowest[layer].half(),
        "highest": summary.highest[layer].half(),
        "bin_low": summary.grid.low[layer].half(),
        "bin_high": summary.grid.high[layer].half(),
        "edges": summary.grid.edges[layer].half().T,
        "histogram": (summary.histogram[layer] / n).sqrt().mul(ROOT_STEPS).round().byte(),
        "profile": means[moves].half().T,
        "line": line.short().T,
        "line_auc": line_auc.half().T,
        "line_mean": means.gather(0, number).half().T,
        "line_precision": precision.gather(0, edge[None])[0].half().T,
        "line_recall": recall.gather(0, edge[None])[0].half().T,
        "line_edge": edge.byte().T,
        "line_share": (positions[number] / n).half().T,
        "levels": levels.half(),
        "square": square.byte().T,
        "square_auc": states.gather(0, square).half().T,
        "legal": torch.cat([most.indices, least.indices]).byte().T,
        "legal_auc": torch.cat([most.values, least.values]).half().T,
        "loud_early": (late[:20].sum(0) / late.sum(0)).half(),
        "loud_late": (late[40:].sum(0) / late.sum(0)).half(),
        "bands": _bands(reached, positions),
    }
    return {name: np.ascontiguousarray(column.numpy()) for name, column in columns.items()}


def _levels(
    reached: Int64[Tensor, "edge feature neuron"],
    positions: Int64[Tensor, " feature"],
    chosen: Int64[Tensor, "row neuron"],
) -> Float[Tensor, "neuron row level"]:
    """How the positions of each neuron's chosen features are spread over the levels, as shares."""
    counts = reached.gather(1, chosen.expand(len(reached), -1, -1))
    every = positions[chosen][None]
    at_least = torch.cat([every, counts, torch.zeros_like(every)])
    return ((at_least[:-1] - at_least[1:]) / every).float().permute(2, 1, 0)


def _bands(reached: Int64[Tensor, "edge feature neuron"], positions: Int64[Tensor, " feature"]) -> Tensor:
    """(neuron, band, theirs or mine, square): how often a square is so at the positions of a band."""
    every = positions[:, None].expand(-1, reached.shape[2])
    at_least = [every, *reached, torch.zeros_like(every)]
    shares = []
    for first, last in band_levels():
        counts = at_least[first] - at_least[min(last, len(at_least) - 1)]
        all_of_band = counts[feature_number(ANY)].clamp(min=1)
        shares.append((counts[: rows("mine").stop] / all_of_band).T.unflatten(1, (2, 64)))
    return torch.stack(shares, dim=1).mul(SHARE_STEPS).round().byte()


def in_float32(
    model: GPT,
    games: Int64[Tensor, "layer neuron example"],
    moves: Int64[Tensor, "layer neuron example"],
    seed: int,
    progress: Callable[[int], None] = lambda games: None,
    batch: int = 128,
) -> Float[Tensor, "layer neuron example"]:
    """The activations at these positions; NaN where the game is -1. Only the games named are run."""
    acts = torch.full(games.shape, torch.nan)
    named = games[games >= 0].unique()
    place = torch.searchsorted(named, games.clamp(min=0))
    place[games < 0] = -1
    for first in range(0, len(named), batch):
        numbers = named[first : first + batch]
        tokens = numbered_games(numbers, seed)
        here = (place >= first) & (place < first + len(numbers))

        def take(layer: int, found: Tensor, here: Tensor = here, first: int = first) -> None:
            neuron, example = here[layer].nonzero(as_tuple=True)
            row = (place[layer, neuron, example] - first) * N_CTX + moves[layer, neuron, example]
            acts[layer, neuron, example] = found[row, neuron]

        each_layer(model, tokens[:, :N_CTX], take)
        progress(first + len(numbers))
    return acts


def packed(arrays: Arrays) -> bytes:
    """The arrays as a compressed .npz file."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()
