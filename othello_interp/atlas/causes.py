"""Does the model use what a search found? Switch the neurons of a line off and see which moves it hurts.

The check of "Automatically Finding Rule-Based Neurons in OthelloGPT" (arXiv 2511.00059): it should hurt the
move that the line makes legal, where the line stands, far more than other legal moves. It can only do so
for neurons that raise the move's logit; many that fire for a line lower it (see caps.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from jaxtyping import Integer
from torch import Tensor

from othello_interp.ablation import ablate_from
from othello_interp.atlas.ladder import RUNGS, Ladder
from othello_interp.board import replay, theirs_vs_mine
from othello_interp.errors import InputError
from othello_interp.hypotheses import parse
from othello_interp.intervals import draws
from othello_interp.lines import line_texts
from othello_interp.neurons import logit_attribution
from othello_interp.squares import ALL_SQUARES, label_to_square
from othello_interp.stream import activations
from othello_interp.weights.gpt import N_CTX

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge


@dataclass(frozen=True)
class Hurt:
    """By how much the log probability of legal moves falls, in nats, when some neurons are switched off.

    own: of the move that the line makes legal, where it stands, on average over `positions`.
    same: of the same move where only other lines make it legal; NaN if none does.
    others: by how much, up or down, that of the legal moves on other squares changes, everywhere: what some
    lose others gain, so falls alone would come to about 0.
    random: of the line's move, where it stands, when as many random neurons of the layer are switched off.
    ratio_interval: of own / others; it holds 95% of the resamples of the games.
    """

    own: float
    same: float
    others: float
    random: float
    positions: int
    ratio_interval: tuple[float, float]

    @property
    def ratio(self) -> float:
        """How many times as much the line's own move is hurt as another legal move changes."""
        return self.own / self.others


def neurons_of_line(ladders: Sequence[Ladder], line: str, least: float = 0.0) -> list[int]:
    """The places of the ladders whose OR of lines has this line in it, and expects more where it stands.

    least: the R² on the test games that such an OR must have.
    """
    _check_line(line)
    unions = [ladder.rungs[RUNGS.index("an OR of lines")] for ladder in ladders]
    return [
        place
        for place, union in enumerate(unions)
        if f"({line})" in union.hypothesis.split(" | ") and union.r2 >= least
    ]


def raising(model: "TransformerBridge", layer: int, neurons: Sequence[int], line: str) -> list[int]:
    """Those of the neurons that raise the logit of the line's move; the others are its caps, and switching
    them off does the move good.

    >>> from othello_interp.model import tiny_model
    >>> raising(tiny_model(seed=0), 1, range(6), "C2==BLANK & D2==THEIRS & E2==MINE")
    [0, 1, 3, 4, 5]
    """
    _check_line(line)
    w_out = model.blocks[layer].mlp.W_out[list(neurons)]
    logits = logit_attribution(w_out, model.W_U).flatten(1)[:, label_to_square(line[:2])]
    return [neuron for neuron, logit in zip(neurons, logits.tolist(), strict=True) if logit > 0]


def hurt(
    model: "TransformerBridge",
    games: Integer[Tensor, "game 60"],
    layer: int,
    neurons: Sequence[int],
    line: str,
    seed: int = 0,
) -> Hurt:
    """What switching neurons of a layer off does to the move of a line and to other legal moves.

    Raises ValueError for a text that isn't one of the 960 lines, for no neurons, and where the line never
    stands in these games.

    >>> from othello_interp.board import random_games
    >>> from othello_interp.model import tiny_model
    >>> line = "C2==BLANK & D2==THEIRS & E2==MINE"
    >>> found = hurt(tiny_model(seed=0), random_games(9, seed=1), 1, [3, 7], line)
    >>> found.positions > 0
    True
    """
    _check_line(line)
    if not neurons:
        raise InputError("neurons: expected at least one to switch off; found none")
    tokens = games[:, :N_CTX].long().to(model.W_E.device)
    played = replay(games.to(model.W_E.device))
    stands = parse(line)(theirs_vs_mine(played.states, played.to_move)[:, :N_CTX])
    if not stands.any():
        raise InputError(f"games: {line} stands at no position of these {len(games)} games; give more games")
    legal = played.legal[:, :N_CTX].flatten(2)[..., list(ALL_SQUARES)]
    own = ALL_SQUARES.index(label_to_square(line[:2]))
    others = legal.clone()
    others[..., own] = False
    generator = torch.Generator().manual_seed(seed)
    rest = [neuron for neuron in range(model.cfg.d_mlp) if neuron not in set(neurons)]
    picked = torch.randperm(len(rest), generator=generator)[: len(neurons)]
    name = f"blocks.{layer}.hook_resid_pre"
    resid = activations(model, tokens, [name])[name]
    before = ablate_from(model, resid, layer, []).log_softmax(-1)[..., 1:]
    fall, random_fall = (
        before - ablate_from(model, resid, layer, off).log_softmax(-1)[..., 1:]
        for off in (list(neurons), [rest[place] for place in picked.tolist()])
    )
    same = legal[..., own] & ~stands
    # By game: the falls added up, and how many there are.
    parts = [
        (fall[..., own], stands),
        (fall[..., own], same),
        (fall.abs(), others),
        (random_fall[..., own], stands),
    ]
    sums = torch.stack([value.where(where, 0).flatten(1).sum(1) for value, where in parts], dim=1).double()
    counts = torch.stack([where.flatten(1).sum(1) for _, where in parts], dim=1).double()
    weights = torch.cat([torch.ones(1, len(games)), draws(len(games))]).to(sums)
    means = (weights @ sums) / (weights @ counts)
    ratios = means[1:, 0] / means[1:, 2]
    ends = ratios[ratios.isfinite()].quantile(torch.tensor([0.025, 0.975]).to(ratios))
    found = dict(zip(("own", "same", "others", "random"), means[0].tolist(), strict=True))
    return Hurt(**found, positions=int(stands.sum()), ratio_interval=(ends[0].item(), ends[1].item()))


def _check_line(line: str) -> None:
    if line not in line_texts():
        raise InputError(
            f"line: {line!r} is none of the 960 lines, such as 'C0==BLANK & D1==THEIRS & E2==MINE'; "
            "line_texts() has them all"
        )
