"""Score a student's own hypothesis about a neuron, on games that appear nowhere in the course.

Beside it stand a simple baseline, the best condition on one square alone, and the line that fits the neuron
best on the focus games. A pattern that is much better than one square earns half; all the points ask for one
that fits no worse than that line and is not a line itself, so that a search alone can't pass.

The games are the same in every check and every grading run. A rare pattern stands at a few dozen of their
positions, so on other games its AUC could fall on the other side of the bar: a pass in the notebook would be
no pass in the grades. Nobody gains by knowing them, either: whoever finds a short pattern that fits 100 games
this well has found what the exercise asks for.
"""

import re
from functools import cache
from typing import Any

import torch
from jaxtyping import Float, Int8
from torch import Tensor

from othello_interp.conditions import is_legal
from othello_interp.exercises.calling.call import resolve
from othello_interp.exercises.records import Case, ModelRef
from othello_interp.figures import LAYER, NEURON
from othello_interp.games import load_focus_games
from othello_interp.hypotheses import STATES, Hypothesis, Spectrum, label_aucs, parse, spectrum
from othello_interp.lines import best_lines, line_labels
from othello_interp.rules.random_games import random_games
from othello_interp.squares import ALL_SQUARES, square_to_label
from othello_interp.stream import stream

N_GAMES, GAMES_SEED = 100, 741_281_623_151
MIN_MATCHES, MAX_COMPARISONS = 30, 8
SEARCH_MATCHES = (20, 60)  # as in best_lines, and more: by luck alone some rare line fits any neuron
PASS_AUC, PASS_MARGIN, HALF_AUC = 0.7, 0.05, 0.6

FORM = 'Return the neuron\'s number and the hypothesis, in this order: `return 7, "A0==MINE & B0==BLANK"`.'
ONLY_NUMBER = 'The neuron is its number in the layer alone, such as 7, not a name such as "L5N7".'
NOT_THE_COURSES = f"Neuron {NEURON} is the one the course is about. Choose another neuron of layer {LAYER}."
NEVER = "Your hypothesis holds at no position at all. Can all of its conditions be true at once?"
THE_LINE = (
    "Yours is a single line, or stands at the same positions as one: a search finds it without looking. To "
    "pass, say more. Do longer lines in its direction belong to it? Where it stands and the neuron is "
    "silent, what else is on the board?"
)
A_MOVE = (
    "Yours says only that a move is legal, or that it isn't. To pass, say more: do all lines that make it "
    "legal count, and what else is on the board?"
)
BELOW_THE_LINE = (
    "To pass, yours must fit at least as well as that line, which a search finds without looking."
)
ALWAYS = "Your hypothesis holds at every position, so it says nothing about when the neuron fires."


class NotAnAnswer(ValueError):
    """What was returned can't be scored; the message is for the student."""


@cache
def _positions(
    seed: int | None,
) -> tuple[Float[Tensor, "position neuron"], Int8[Tensor, "position 8 8"]]:
    """Activations of the layer and boards (0 blank, 1 theirs, 2 mine): of the focus games for seed None, else
    of random games of that seed.
    """
    model: Any = resolve(ModelRef("embedded"))
    tokens = (
        random_games(N_GAMES, seed=seed) if seed is not None else load_focus_games(str(model.cfg.model_name))
    )
    parts = [(batch.acts[LAYER].flatten(0, 1), batch.boards) for batch in stream(model, tokens, [LAYER])]
    return torch.cat([acts for acts, _ in parts]), torch.cat([boards for _, boards in parts]).flatten(0, 1)


def read(found: Any, n_neurons: int) -> tuple[int, Hypothesis]:
    """The neuron and the parsed hypothesis that a student returned; NotAnAnswer if it isn't one."""
    if isinstance(found, list | tuple) and len(found) == 2 and isinstance(found[0], str):
        raise NotAnAnswer(FORM if not re.fullmatch(r"L?\d*N?\d+", found[0].strip(), re.I) else ONLY_NUMBER)
    try:
        number, text = found
        neuron = int(number)
    except (TypeError, ValueError, RuntimeError):
        raise NotAnAnswer(FORM) from None
    if not isinstance(text, str) or neuron != float(number):
        raise NotAnAnswer(FORM)
    if neuron == NEURON:
        raise NotAnAnswer(NOT_THE_COURSES)
    if not 0 <= neuron < n_neurons:
        raise NotAnAnswer(f"There is no neuron {neuron}: the layer has neurons 0 to {n_neurons - 1}.")
    comparisons = len(re.findall("==|!=", text))
    if comparisons > MAX_COMPARISONS:
        raise NotAnAnswer(
            f"Your hypothesis has {comparisons} comparisons; at most {MAX_COMPARISONS} are allowed. "
            "A good hypothesis is short."
        )
    try:
        return neuron, parse(text)
    except ValueError as error:
        raise NotAnAnswer(str(error)) from None


def best_single(acts: Float[Tensor, "position"], boards: Int8[Tensor, "position 8 8"]) -> str:
    """The condition on one square that fits best by ROC AUC, of all 384: `==` and `!=`, 192 of each."""
    squares = boards.flatten(1)
    labels = torch.cat([(squares == value).T for value in STATES.values()])
    labels = torch.cat([labels, ~labels])
    aucs = label_aucs(acts[:, None], labels).flatten()
    best = int(aucs.where(labels.sum(1) >= MIN_MATCHES, 0).nan_to_num().argmax())
    differs, best = divmod(best, 192)
    return f"{square_to_label(best % 64)}{'!=' if differs else '=='}{list(STATES)[best // 64]}"


@cache
def searched(neuron: int) -> set[str]:
    """The lines that fit a neuron best on the focus games, where few and where many matches are asked for."""
    acts, boards = _positions(None)
    found = [best_lines(acts[:, [neuron]], boards, min_matches=least) for least in SEARCH_MATCHES]
    return {text for table in found for text in table.hypothesis}


def _figures(result: Spectrum) -> str:
    return f"{result.auc:.2f}, {result.precision:.2f}, {result.recall:.2f}"


def score(found: Any, case: Case) -> tuple[float, str]:
    """The share of the points for (neuron, hypothesis), with the figures: see Exercise.score."""
    acts, boards = _positions(GAMES_SEED)
    try:
        neuron, hypothesis = read(found, acts.shape[1])
    except NotAnAnswer as problem:
        return 0.0, str(problem)
    acts, labels = acts[:, neuron], hypothesis(boards)
    matches = int(labels.sum())
    if matches == 0:
        return 0.0, NEVER
    if matches == len(labels):
        return 0.0, ALWAYS
    if matches < MIN_MATCHES:
        return 0.0, (
            f"Your hypothesis holds at {matches} of {len(labels)} positions, too few to judge it by: "
            f"it needs {MIN_MATCHES}. Is there a more common pattern, or a condition too many?"
        )
    yours, single = spectrum(acts, labels), best_single(acts, boards)
    base = spectrum(acts, parse(single)(boards))
    lines = [spectrum(acts, stands) for text in searched(neuron) if (stands := parse(text)(boards)).any()]
    line = max(lines, key=lambda line: line.auc, default=None)
    beside = _figures(line) if line else "(it never stands in these games)"
    figures = (
        f"On {N_GAMES} new games your hypothesis about L{LAYER}N{neuron} has ROC AUC, precision, recall "
        f"{_figures(yours)}. The best condition on one square, `{single}`, has {_figures(base)}. "
        f"The line that a search finds on the focus games has {beside}."
    )
    if yours.auc < max(PASS_AUC, base.auc + PASS_MARGIN):
        wanted = f"To pass, the AUC must reach {max(PASS_AUC, base.auc + PASS_MARGIN):.2f}."
        return (0.5 if yours.auc > max(HALF_AUC, base.auc) else 0.0), f"{figures} {wanted}"
    if (line_labels(boards) == labels).all(1).any():
        return 0.5, f"{figures} {THE_LINE}"
    legal = torch.stack([is_legal(boards.flatten(1), square) for square in ALL_SQUARES])
    if ((legal == labels).all(1) | (legal != labels).all(1)).any():
        return 0.5, f"{figures} {A_MOVE}"
    if line and yours.auc < line.auc:
        return 0.5, f"{figures} {BELOW_THE_LINE}"
    return 1.0, figures
