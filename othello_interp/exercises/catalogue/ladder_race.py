"""Race a student's hypothesis about the course's neuron against the best text of a search, on unseen games.

Points are percent of the variance that the label explains, less half a point for each comparison: a longer
text must say more. The search has learnt from games that anybody can look at; both are scored on games that
appear nowhere in the course. As in own_hypothesis.py these are the same in every check and every grading run,
so a pass in the notebook is a pass in the grades.
"""

from functools import cache
from typing import Any

import torch
from jaxtyping import Float, Int8
from torch import Tensor

from othello_interp.atlas.ladder import Rung, ladders
from othello_interp.atlas.samples import split
from othello_interp.exercises.calling.call import resolve
from othello_interp.exercises.catalogue.own_hypothesis import ALWAYS, NEVER, NotAnAnswer
from othello_interp.exercises.records import Case, ModelRef
from othello_interp.figures import HYPOTHESIS, LAYER, NEURON
from othello_interp.games import load_games
from othello_interp.hypotheses import Hypothesis, parse
from othello_interp.race import comparisons, explained, points
from othello_interp.rules.random_games import random_games
from othello_interp.stream import stream

N_GAMES, GAMES_SEED = 150, 518_640_092_417
LEARN_GAMES = 200  # of the embedded ones, for the search
LEAD, HEAD_START = 1.0, 5.0  # points: ahead of the ladder to pass; ahead of the first pattern for half
MOST_COMPARISONS = 60

FORM = 'Return the hypothesis alone, as text: `return "C0==BLANK & D1==THEIRS & E2==MINE"`.'
EMPTY = "Your hypothesis is empty."
TOO_LONG = f"Your hypothesis has {{}} comparisons; at most {MOST_COMPARISONS} are read."


@cache
def _new_games() -> tuple[Float[Tensor, " position"], Int8[Tensor, "game 59 8 8"]]:
    """The neuron's activations and the boards of the games to score on."""
    batches = list(stream(resolve(ModelRef("embedded")), random_games(N_GAMES, seed=GAMES_SEED), [LAYER]))
    acts = torch.cat([batch.acts[LAYER][..., NEURON].flatten() for batch in batches])
    return acts, torch.cat([batch.boards for batch in batches])


@cache
def opponent() -> Rung:
    """The rung of the ladder whose text does best by points, on the games that the search chooses by."""
    parts = split(resolve(ModelRef("embedded")), LAYER, load_games()[:LEARN_GAMES], [NEURON])
    (ladder,) = ladders(parts)

    def by_points(rung: Rung) -> float:
        holds = rung.rules.predict(parts.choose.answers) > rung.cut
        return points(parts.choose.acts[:, 0], holds, rung.hypothesis)

    return max(ladder.rungs, key=by_points)


def read(found: Any) -> Hypothesis:
    """The parsed hypothesis that a student returned; NotAnAnswer if it isn't one."""
    if not isinstance(found, str):
        raise NotAnAnswer(FORM)
    if not found.strip():
        raise NotAnAnswer(EMPTY)
    if comparisons(found) > MOST_COMPARISONS:
        raise NotAnAnswer(TOO_LONG.format(comparisons(found)))
    try:
        return parse(found)
    except ValueError as error:
        raise NotAnAnswer(str(error)) from None


def _figures(acts: Tensor, holds: Tensor, text: str) -> str:
    percent, length = explained(acts, holds), comparisons(text)
    said = f"{length} comparison" + ("s" if length != 1 else "")
    return f"{percent:.1f}% of the variance in {said}, {points(acts, holds, text):.1f} points"


def score(found: Any, case: Case) -> tuple[float, str]:
    """The share of the points for a hypothesis, with the figures: see Exercise.score."""
    try:
        hypothesis = read(found)
    except NotAnAnswer as problem:
        return 0.0, str(problem)
    acts, boards = _new_games()
    holds = hypothesis(boards).flatten()
    if holds.all() or not holds.any():
        return 0.0, ALWAYS if holds.all() else NEVER
    rung = opponent()
    others = {name: parse(text)(boards).flatten() for name, text in _others(rung).items()}
    mine = points(acts, holds, hypothesis.text)
    theirs, first = (points(acts, others[name], text) for name, text in _others(rung).items())
    figures = (
        f"On {N_GAMES} new games your hypothesis explains {_figures(acts, holds, hypothesis.text)}. The "
        f"ladder's best text, {rung.name}, explains {_figures(acts, others['ladder'], rung.hypothesis)}. The "
        f"pattern that the course began with has {first:.1f} points."
    )
    if mine >= theirs + LEAD:
        return 1.0, figures
    wanted = f"To win, yours must be {LEAD:g} point ahead of the ladder: {theirs + LEAD:.1f}."
    return (0.5 if mine >= first + HEAD_START else 0.0), f"{figures} {wanted}"


def _others(rung: Rung) -> dict[str, str]:
    return {"ladder": rung.hypothesis, "pattern": HYPOTHESIS}
