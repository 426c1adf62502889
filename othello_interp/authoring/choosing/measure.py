"""The figures of a few candidates on games that they were not chosen on, with intervals over games."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import torch
from jaxtyping import Float, Int8, Integer
from torch import Tensor
from tqdm import tqdm

from othello_interp.ablation import ablate_from, effects
from othello_interp.authoring.choosing.choice import Candidate
from othello_interp.authoring.choosing.criteria import CRITERIA
from othello_interp.authoring.choosing.every_neuron import SCALE, attributions, of_weights, square_of, stands
from othello_interp.authoring.choosing.resampled import interval, resampled_auc, weighted_quantile
from othello_interp.figures import FIRING
from othello_interp.games import LOGITS
from othello_interp.hypotheses import roc_auc
from othello_interp.intervals import draws
from othello_interp.probe import Probe
from othello_interp.squares import square_to_id
from othello_interp.stream import Key, stream
from othello_interp.weights.gpt import N_CTX

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge


class Estimate(NamedTuple):
    """A figure and its 95% interval over games; of the weights alone there is none."""

    value: float
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Record:
    """What one neuron does on some games, and what is changed where its line stands when it is switched off.

    log_prob, logit: after minus before, of the line's square; direct: what its direct path would change.
    NaN in games without the line.
    """

    candidate: Candidate
    acts: Float[Tensor, "game 59"]
    scale: Float[Tensor, "game 59"]
    log_prob: Float[Tensor, "game 59"]
    logit: Float[Tensor, "game 59"]
    direct: Float[Tensor, "game 59"]


def record(
    model: "TransformerBridge",
    tokens: Integer[Tensor, "game 60"],
    layer: int,
    candidates: list[Candidate],
    progress: bool = False,
) -> tuple[list[Record], Int8[Tensor, "game 59 8 8"]]:
    """Each candidate's record, and the boards. A neuron is switched off (set to 0) at every position; games
    in which its line never stands are not run again."""
    names = ("acts", "scale", "log_prob", "logit", "direct")
    found = [{name: torch.full((len(tokens), N_CTX), torch.nan) for name in names} for _ in candidates]
    boards = torch.empty(len(tokens), N_CTX, 8, 8, dtype=torch.int8)
    direct = attributions(model, layer)
    keys: list[Key] = [layer, ("resid_pre", layer), SCALE, LOGITS]
    with tqdm(total=len(tokens), desc="games", unit="game", disable=not progress, leave=False) as bar:
        for batch in stream(model, tokens, keys):
            here = slice(batch.first, batch.first + len(batch.tokens))
            boards[here] = batch.boards
            for candidate, into in zip(candidates, found, strict=True):
                square = square_of(candidate.line)
                acts, scale = batch.acts[layer][..., candidate.neuron], batch.acts[SCALE][..., 0]
                into["acts"][here], into["scale"][here] = acts, scale
                into["direct"][here] = -acts * direct[candidate.neuron, square] / scale
                games = stands(batch.boards, candidate.line).any(1)
                if games.any():
                    resid = batch.acts["resid_pre", layer][games]
                    after = ablate_from(model, resid, layer, candidate.neuron)
                    change = effects(
                        batch.acts[LOGITS][games], after, square_to_id(square), batch.legal[games]
                    )
                    rows = batch.first + games.nonzero().flatten()
                    into["log_prob"][rows], into["logit"][rows] = change["log_prob"], change["logit"]
            bar.update(len(batch.tokens))
    return [Record(candidate, **into) for candidate, into in zip(candidates, found, strict=True)], boards


def mean_change(change: Float[Tensor, "game 59"], of: Record, boards: Int8[Tensor, "game 59 8 8"]) -> float:
    """The mean of one of a record's changes where its line stands; NaN where it never does."""
    return float(change[stands(boards, of.candidate.line)].mean())


def figures(
    model: "TransformerBridge",
    layer: int,
    probe: Probe,
    of: Record,
    boards: Int8[Tensor, "game 59 8 8"],
    first_move: int = 0,
    seed: int = 0,
) -> dict[str, Estimate]:
    """The criteria of a candidate on the games of its record, from move `first_move` on.

    The 99th percentile is that of these positions. What lies above it is the same in every resample.
    """
    acts, scale, log_prob, y, x = (
        part[:, first_move:] for part in (of.acts, of.scale, of.log_prob, of.logit, of.direct)
    )
    labels = stands(boards[:, first_move:], of.candidate.line)
    weights = draws(len(acts), seed=seed)
    p99 = acts.flatten().quantile(0.99)
    top, fires = acts > p99, acts > FIRING * p99

    def quotient(above: Tensor, below: Tensor) -> Estimate:
        """The sum of one over that of the other, both (game, move)."""
        sums = torch.stack([above.double().sum(1), below.double().sum(1)])
        values = weights.double() @ sums.T
        return Estimate(float(sums[0].sum() / sums[1].sum()), interval(values[:, 0] / values[:, 1]))

    found = {
        "auc": Estimate(
            float(roc_auc(acts.flatten(), labels.flatten())), interval(resampled_auc(acts, labels, weights))
        ),
        "top": quotient(top & labels, top),
        "precision": quotient(fires & labels, fires),
        "recall": quotient(fires & labels, labels),
    }
    rows = of_weights(model, layer, probe, [of.candidate.line])
    found |= {name: Estimate(float(values[0, of.candidate.neuron])) for name, values in rows.items()}
    attribution = float(attributions(model, layer)[of.candidate.neuron, square_of(of.candidate.line)])
    inverse = (labels / scale).double().sum(1)
    means = (weights.double() @ inverse) / (weights.double() @ labels.double().sum(1))
    logits = attribution * weighted_quantile(acts, 0.99, weights) * means
    at_all = attribution * float(p99) * float(inverse.sum() / labels.sum())
    found["logits"] = Estimate(at_all, interval(logits))
    found["log prob"], found["logit"] = (quotient(z.where(labels, 0), labels) for z in (log_prob, y))
    # Least squares of the logit's change on the direct path, from sums over the positions of each game.
    x, y = x.where(labels, 0).double(), y.where(labels, 0).double()
    moments = torch.stack([labels.double(), x, y, x * x, x * y, y * y]).sum(2)
    for name, value, resampled in zip(
        ("slope", "correlation"), _fit(moments.sum(1)), _fit(moments @ weights.double().T), strict=True
    ):
        found[name] = Estimate(float(value), interval(resampled))
    return {name: found[name] for name in CRITERIA}


def _fit(moments: Float[Tensor, "6 *resample"]) -> tuple[Float[Tensor, "*resample"], ...]:
    """Slope and correlation from n and the sums of x, y, x², xy and y²."""
    n, x, y, xx, xy, yy = moments
    covariance, of_x, of_y = xy - x * y / n, xx - x * x / n, yy - y * y / n
    return covariance / of_x, covariance / (of_x * of_y).sqrt()
