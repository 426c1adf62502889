"""Score a better hypothesis about the course's neuron, on games that appear nowhere in the course.

Two figures must rise. The ROC AUC alone would reward a pattern that stands at a few loud positions and leaves
out the rest, the precision alone one that stands nearly everywhere. Over draws of as many games the ROC AUC
of "this diagonal and no other line" is 0.973 to 0.979, with only one of the other lines left out at most
0.947: the bar lies between, so that it matters little which games were drawn. Every check takes the same.
"""

from functools import cache
from typing import Any

import torch
from jaxtyping import Float, Int8
from torch import Tensor

from othello_interp.exercises.calling.call import resolve
from othello_interp.exercises.catalogue.own_hypothesis import ALWAYS, NEVER, NotAnAnswer
from othello_interp.exercises.records import Case, ModelRef
from othello_interp.figures import HYPOTHESIS, LAYER, NEURON
from othello_interp.hypotheses import Hypothesis, Spectrum, parse, spectrum
from othello_interp.race import comparisons
from othello_interp.rules.random_games import random_games
from othello_interp.stream import stream

N_GAMES, GAMES_SEED = 400, 318_604_229_077
PASS_AUC, PASS_GAIN = 0.95, 0.05  # the gain is in precision, over the pattern's
AUC_LOSS, PRECISION_LOSS = 0.02, 0.15  # what one may lose of the pattern's while the other alone earns half
MAX_COMPARISONS = 120

FORM = f'Return the hypothesis as one text, such as `"{HYPOTHESIS}"`. The neuron is L{LAYER}N{NEURON}.'
THE_PATTERN = (
    "That is the pattern we began with, or one that stands at the same positions. What have its misses and "
    "its false alarms in common?"
)
TOO_NARROW = (
    "Where yours holds the neuron is loud, but it leaves out many of the positions where the neuron fires: "
    "the precision must reach {precision:.2f}. What stands on the board at the false alarms?"
)
TOO_WIDE = (
    "Yours covers more of the positions where the neuron fires, but it also holds where the neuron is quiet: "
    "the ROC AUC must reach {auc:.2f}. What have the misses in common?"
)
NO_BETTER = "To pass, the ROC AUC must reach {auc:.2f} and the precision {precision:.2f}."


@cache
def _positions() -> tuple[Float[Tensor, "game 59"], Int8[Tensor, "game 59 8 8"]]:
    """The neuron's activations and the boards (0 blank, 1 theirs, 2 mine) of the games to score on."""
    batches = stream(resolve(ModelRef("embedded")), random_games(N_GAMES, seed=GAMES_SEED), [LAYER])
    parts = [(batch.acts[LAYER][..., NEURON].clone(), batch.boards) for batch in batches]
    return torch.cat([acts for acts, _ in parts]), torch.cat([boards for _, boards in parts])


def read(found: Any) -> Hypothesis:
    """The parsed hypothesis that a student returned; NotAnAnswer if it isn't one."""
    if not isinstance(found, str):
        raise NotAnAnswer(FORM)
    if (length := comparisons(found)) > MAX_COMPARISONS:
        raise NotAnAnswer(f"Your hypothesis has {length} comparisons; at most {MAX_COMPARISONS} are allowed.")
    try:
        return parse(found)
    except ValueError as error:
        raise NotAnAnswer(str(error)) from None


def score(found: Any, case: Case) -> tuple[float, str]:
    """The share of the points for a hypothesis, with the figures: see Exercise.score."""
    try:
        hypothesis = read(found)
    except NotAnAnswer as problem:
        return 0.0, str(problem)
    acts, boards = _positions()
    labels, pattern = hypothesis(boards), parse(HYPOTHESIS)(boards)
    if not labels.any() or labels.all():
        return 0.0, ALWAYS if labels.all() else NEVER
    if labels.equal(pattern):
        return 0.0, THE_PATTERN
    yours, began = spectrum(acts, labels), spectrum(acts, pattern)
    figures = (
        f"On {N_GAMES} new games your hypothesis holds at {yours.n_label} positions, with ROC AUC, "
        f"precision, recall {_figures(yours)}. The pattern we began with has {_figures(began)}."
    )
    gain = yours.precision - began.precision
    bars = {"auc": PASS_AUC, "precision": began.precision + PASS_GAIN}
    if yours.auc >= PASS_AUC and gain >= PASS_GAIN:
        return 1.0, figures
    if yours.auc >= PASS_AUC and gain >= -PRECISION_LOSS:
        return 0.5, f"{figures} {TOO_NARROW.format(**bars)}"
    if gain >= PASS_GAIN and yours.auc >= began.auc - AUC_LOSS:
        return 0.5, f"{figures} {TOO_WIDE.format(**bars)}"
    return 0.0, f"{figures} {NO_BETTER.format(**bars)}"


def _figures(result: Spectrum) -> str:
    return f"{result.auc:.3f}, {result.precision:.2f}, {result.recall:.2f}"
