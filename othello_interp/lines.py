"""Brute force: which line on the board does a neuron fire for?

A move is legal when some line runs "blank, then one to six of theirs, then one of mine". There are 960
such lines (patterns.py). Here every one is scored for every neuron by the area under the ROC curve, as
`hypotheses.roc_auc` scores one hypothesis, but with one matrix product in place of a sort for each.
"""

from functools import cache
from typing import TYPE_CHECKING

import torch
from jaxtyping import Bool, Float, Int8
from torch import Tensor

from othello_interp.errors import InputError
from othello_interp.hypotheses import STATES
from othello_interp.patterns import as_hypothesis, line_patterns
from othello_interp.squares import label_to_square

if TYPE_CHECKING:
    import pandas as pd

#: Neurons at a time: the ranks of 30,000 positions then take 60 MB.
NEURONS = 512


@cache
def line_texts() -> tuple[str, ...]:
    """The 960 lines as hypotheses, such as "C0==BLANK & D1==THEIRS & E2==MINE"."""
    return tuple(as_hypothesis(pattern) for pattern in line_patterns())


def line_labels(boards: Int8[Tensor, "*position 8 8"]) -> Bool[Tensor, "960 *position"]:
    """Where each line stands, in the order of line_texts(). boards: 0 blank, 1 theirs, 2 mine."""
    squares = boards.reshape(-1, 64).T.contiguous()
    is_state = {state: squares == value for state, value in STATES.items()}
    labels = torch.empty(len(line_texts()), squares.shape[1], dtype=torch.bool, device=boards.device)
    for row, pattern in zip(labels, line_patterns(), strict=True):
        row.fill_(True)
        for label, state in pattern.items():
            row &= is_state[state][label_to_square(label)]
    return labels.view(-1, *boards.shape[:-2])


def average_ranks(acts: Float[Tensor, "position neuron"]) -> Float[Tensor, "position neuron"]:
    """The rank of each activation among those of its neuron, 1 the lowest; equal ones share their mean."""
    values, order = acts.T.sort(dim=1)
    place = torch.arange(len(acts), device=acts.device).expand_as(values)
    starts = torch.ones_like(values, dtype=torch.bool)
    starts[:, 1:] = values[:, 1:] != values[:, :-1]
    ends = starts.roll(-1, dims=1)
    first = place.where(starts, 0).cummax(1).values
    last = place.where(ends, len(acts)).flip(1).cummin(1).values.flip(1)
    ranks = (first + last).to(acts.dtype) / 2 + 1
    return torch.empty_like(ranks).scatter_(1, order, ranks).T


def label_aucs(
    acts: Float[Tensor, "position neuron"], labels: Bool[Tensor, "label position"]
) -> Float[Tensor, "label neuron"]:
    """ROC AUC of every neuron's activations as a score for every label; NaN for a label that is true
    everywhere or nowhere. Same figures as `roc_auc`, label by label."""
    n = len(acts)
    positives = labels.sum(1, keepdim=True)
    weights = labels.to(acts.dtype)
    # Ranks about their mean, between -1/2 and 1/2, keep single precision's rounding below 1e-5.
    sums = [weights @ (average_ranks(part) / n - (n + 1) / (2 * n)) for part in acts.split(NEURONS, dim=1)]
    return 0.5 + torch.cat(sums, dim=1) * n / (positives * (n - positives))


def line_aucs(
    acts: Float[Tensor, "*position neuron"], boards: Int8[Tensor, "*board 8 8"], min_matches: int = 20
) -> Float[Tensor, "960 neuron"]:
    """ROC AUC of every neuron for every line, in the order of line_texts().

    min_matches: a line that stands at fewer positions is NaN: by luck alone some rare line fits any neuron.
    Raises ValueError when acts and boards cover different positions.
    """
    if acts.shape[:-1] != boards.shape[:-2]:
        raise InputError(
            f"acts and boards must cover the same positions; found {tuple(acts.shape[:-1])} and "
            f"{tuple(boards.shape[:-2])}. The model sees 59 of the 60 moves: boards[:, :59]."
        )
    labels = line_labels(boards.flatten(0, -3))
    aucs = label_aucs(acts.flatten(0, -2), labels)
    aucs[labels.sum(1) < min_matches] = torch.nan
    return aucs


def best_lines(
    acts: Float[Tensor, "*position neuron"],
    boards: Int8[Tensor, "*board 8 8"],
    count: int = 1,
    min_matches: int = 20,
) -> "pd.DataFrame":
    """The lines that fit each neuron best: columns neuron (its place on the last axis of acts), hypothesis,
    auc and matches (positions where the line stands), by neuron and then from the best line down.

    boards: 0 blank, 1 theirs, 2 mine. See line_aucs.
    """
    import pandas as pd

    aucs = line_aucs(acts, boards, min_matches)
    best = aucs.nan_to_num(nan=-1.0).topk(count, dim=0)
    matches = line_labels(boards).flatten(1).sum(1)
    rows = [
        (neuron, line_texts()[line], auc, int(matches[line]))
        for neuron, (lines, values) in enumerate(
            zip(best.indices.T.tolist(), best.values.T.tolist(), strict=True)
        )
        for line, auc in zip(lines, values, strict=True)
        if auc >= 0
    ]
    return pd.DataFrame(rows, columns=["neuron", "hypothesis", "auc", "matches"])
