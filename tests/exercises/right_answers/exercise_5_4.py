"""Right answers to exercise 5.4, written in other ways than the reference."""

from functools import cache

import numpy as np
import torch

from othello_interp.games import FocusGames
from othello_interp.lines import best_lines
from othello_interp.model import load_model


@cache
def _lines():
    games = FocusGames(load_model())
    acts, boards = games.cache["post", 5][..., 300:600], games.states_theirs_vs_mine[:, :59]
    lines = best_lines(acts, boards, min_matches=40)
    lines["neuron"] += 300
    return lines.sort_values("auc", ascending=False)


def my_hypothesis__list():
    best = _lines().iloc[0]
    return [int(best.neuron), best.hypothesis]


def my_hypothesis__numpy_and_brackets():
    best = _lines().iloc[1]
    return np.int64(best.neuron), f"({best.hypothesis.lower()})".replace("==", " == ")


def my_hypothesis__with_another_condition():
    best = _lines().iloc[0]
    return torch.tensor(int(best.neuron)), f"{best.hypothesis} | ({best.hypothesis} & D3!=BLANK)"[:500]
