"""Brute force: which line on the board does a neuron fire for?

A move is legal when some line runs "blank, then one to six of theirs, then one of mine". There are 960
such lines (patterns.py). Here every one is scored for every neuron by the area under the ROC curve.
"""

from functools import cache
from typing import TYPE_CHECKING

import torch
from jaxtyping import Bool, Float, Int8
from torch import Tensor

from othello_interp.errors import InputError
from othello_interp.hypotheses import label_aucs
from othello_interp.patterns import STATES, as_hypothesis, line_patterns
from othello_interp.squares import label_to_square

if TYPE_CHECKING:
    import pandas as pd


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
