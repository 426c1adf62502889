"""Every neuron of a layer measured against some lines at once, by matrix products: what a choice needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from jaxtyping import Bool, Float, Int8, Integer
from torch import Tensor
from tqdm import tqdm

from othello_interp.authoring.choosing.criteria import CRITERIA, DECIDING
from othello_interp.figures import FIRING
from othello_interp.hypotheses import label_aucs, parse
from othello_interp.lines import line_texts
from othello_interp.neurons import logit_attribution, orthonormal_basis, variance_fraction
from othello_interp.patterns import line_patterns
from othello_interp.probe import PROBE_MOVES, Probe, fit_probe
from othello_interp.squares import ALL_SQUARES, label_to_square
from othello_interp.stream import Key, stream
from othello_interp.weights.gpt import N_CTX

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge

SCALE = "ln_final.hook_scale"
_AT_A_TIME = 256  # neurons whose firing is marked at once: 60 MB for 1,000 games


@dataclass(frozen=True)
class Sample:
    """Some games and a layer's neurons on them.

    scale: what the final LayerNorm divides by. probe: one that belongs to the model.
    """

    tokens: Integer[Tensor, "game 60"]
    boards: Int8[Tensor, "game 59 8 8"]
    acts: Float[Tensor, "game 59 neuron"]
    scale: Float[Tensor, "game 59"]
    probe: Probe


def take_sample(
    model: "TransformerBridge",
    tokens: Integer[Tensor, "game 60"],
    layer: int,
    probe: Probe | None = None,
    progress: bool = False,
) -> Sample:
    """What a model's layer does on some games. Without a probe one is trained on the residual stream that the
    layer reads, at these same games.

    1,000 games and 2,048 neurons take half a gigabyte.
    """
    keys: list[Key] = [layer, SCALE] if probe else [layer, SCALE, ("resid_pre", layer)]
    acts = torch.empty(len(tokens), N_CTX, model.cfg.d_mlp)
    boards = torch.empty(len(tokens), N_CTX, 8, 8, dtype=torch.int8)
    scale, resid = torch.empty(len(tokens), N_CTX), []
    with tqdm(total=len(tokens), desc="games", unit="game", disable=not progress, leave=False) as bar:
        for batch in stream(model, tokens, keys):
            here = slice(batch.first, batch.first + len(batch.tokens))
            acts[here], boards[here], scale[here] = batch.acts[layer], batch.boards, batch.acts[SCALE][..., 0]
            if probe is None:
                resid.append(batch.acts["resid_pre", layer][:, PROBE_MOVES])
            bar.update(len(batch.tokens))
    if probe is None:
        read, seen = torch.cat(resid).flatten(0, 1), boards[:, PROBE_MOVES].flatten(0, 1)
        probe = fit_probe(read, seen, max(layer - 1, 0), epochs=4, progress=progress)
    return Sample(tokens, boards, acts, scale, probe)


def square_of(line: int) -> int:
    """The square that a line makes legal, 0..63, by the line's place in line_texts()."""
    return label_to_square(line_texts()[line][:2])


def scan(model: "TransformerBridge", sample: Sample, layer: int, lines: Sequence[int]) -> dict[str, Tensor]:
    """The deciding criteria of every neuron through every line, each (line, neuron); see CRITERIA.

    lines: places in line_texts().
    """
    acts = sample.acts.flatten(0, 1)
    labels = torch.stack([stands(sample.boards, line).flatten() for line in lines])
    p99, firing = percentile_99(acts), torch.empty(3, len(lines), acts.shape[1])
    found = {"auc": label_aucs(acts, labels)}
    weights = labels.to(acts.dtype)
    for part in torch.arange(acts.shape[1]).split(_AT_A_TIME):
        top, above = (acts[:, part] > cut * p99[part] for cut in (1.0, FIRING))
        firing[0, :, part] = weights @ top.float() / top.sum(0)
        both = weights @ above.float()
        firing[1, :, part], firing[2, :, part] = both / above.sum(0), both / weights.sum(1, keepdim=True)
    found["top"], found["precision"], found["recall"] = firing
    found |= of_weights(model, layer, sample.probe, lines)
    at_square = attributions(model, layer)[:, [square_of(line) for line in lines]].T
    inverse = torch.stack([(1 / sample.scale.flatten())[row].mean() for row in labels])
    found["logits"] = at_square * p99 * inverse[:, None]
    return {name: found[name] for name in CRITERIA if name in DECIDING}


def of_weights(
    model: "TransformerBridge", layer: int, probe: Probe, lines: Sequence[int]
) -> dict[str, Tensor]:
    """The criteria that need no games: of every neuron through every line, each (line, neuron)."""
    mlp = model.blocks[layer].mlp
    direct, squares = attributions(model, layer), [square_of(line) for line in lines]
    rows = torch.arange(len(squares))
    others = direct.abs().expand(len(squares), -1, -1).clone()
    others[rows, :, squares] = 0
    space = orthonormal_basis(model.W_U[:, 1:])
    share = variance_fraction(mlp.W_out, space) * space.shape[0] / space.shape[1]
    scores = line_scores(mlp.W_in.T, probe)
    in_share = [variance_fraction(mlp.W_in.T, line_directions(probe, line)) for line in lines]
    places = torch.stack([1 + (scores > scores[line]).sum(0) for line in lines])
    every = torch.ones(len(squares), 1)
    # Where the unembedding fills the whole space, all shares are 1 and what is left is rounding.
    spread = share.std() if share.std() > 1e-5 else torch.nan
    return {
        "ratio": direct[:, squares].T / others.amax(-1),
        "out share": every * share,
        "out z": every * (share - share.mean()) / spread,
        "in share": torch.stack(in_share),
        "in place": places.float(),
    }


def attributions(model: "TransformerBridge", layer: int) -> Float[Tensor, "neuron 64"]:
    """What each neuron of a layer adds to the logit of each square directly; see logit_attribution."""
    return logit_attribution(model.blocks[layer].mlp.W_out, model.W_U).flatten(1)


def percentile_99(acts: Float[Tensor, "position neuron"]) -> Float[Tensor, " neuron"]:
    """The 99th percentile of each neuron, as torch.quantile gives it, without sorting everything."""
    at = 0.99 * (len(acts) - 1)
    below = int(at)
    tops = [part.topk(len(acts) - below, dim=1).values[:, -2:] for part in acts.T.split(_AT_A_TIME)]
    upper, lower = torch.cat(tops).T if len(acts) - below > 1 else torch.cat(tops).T.expand(2, -1)
    return torch.lerp(lower, upper, at - below)


def line_directions(probe: Probe, line: int) -> Float[Tensor, "d_model square"]:
    """The probe's directions that a line asks for: blank on its first square, then theirs, then mine."""
    first, *others = [label_to_square(label) for label in line_patterns()[line]]
    mine = probe.mine.flatten(1)[:, others]
    mine[:, :-1] *= -1
    return torch.cat([probe.blank.flatten(1)[:, [first]], mine], dim=1)


def line_scores(w_in: Float[Tensor, "neuron d_model"], probe: Probe) -> Float[Tensor, "960 neuron"]:
    """How well input weights fit each line: the sum of the cosines with its directions ÷ √(their number)."""
    blank, mine = probe.blank.flatten(1)[:, ALL_SQUARES], probe.mine.flatten(1)
    directions = torch.cat([blank, mine], dim=1)
    directions = directions / directions.norm(dim=0).clamp(min=1e-12)
    cosines = directions.T @ (w_in / w_in.norm(dim=1, keepdim=True)).T
    signs = torch.zeros(len(line_texts()), len(cosines))
    for row, pattern in zip(signs, line_patterns(), strict=True):
        first, *others = [label_to_square(label) for label in pattern]
        row[ALL_SQUARES.index(first)] = 1
        row[[len(ALL_SQUARES) + square for square in others]] = -1
        row[len(ALL_SQUARES) + others[-1]] = 1
        row /= len(pattern) ** 0.5
    return signs @ cosines


def stands(boards: Int8[Tensor, "*batch 8 8"], line: int) -> Bool[Tensor, "*batch"]:
    """Where a line stands. boards: 0 blank, 1 theirs, 2 mine."""
    return parse(line_texts()[line])(boards)
