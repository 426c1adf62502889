"""Score a game that a student made up to excite the course's neuron: is it legal, and how loud is the neuron?

The bars are quantiles of the neuron's activations in the focus games, so they go with the model.
"""

from functools import cache
from typing import Any

import torch

from othello_interp.board import IllegalMoveError, replay
from othello_interp.exercises.calling.call import resolve
from othello_interp.exercises.records import Case, ModelRef
from othello_interp.figures import LAYER, NEURON
from othello_interp.games import FocusGames
from othello_interp.squares import id_to_label, label_to_id
from othello_interp.stream import activations, post

PASS, HALF = 0.999, 0.99  # quantiles of the activation in the focus games
MOST_MOVES = 59

FORM = 'Return the moves as a list of labels, such as `["F4", "D5", "C6"]`.'
ONE_TEXT = f"That is one text. {FORM}"
EMPTY = "Your list of moves is empty."
TOO_LONG = f"The model sees at most {MOST_MOVES} moves; your list has 60."
FIRST_ILLEGAL = "Move 0, A0, is not legal for black: it turns none of white's discs."
COPIED = "It is the beginning of one of the focus games. Find a game of your own, for the other half."


class NotAGame(ValueError):
    """What was returned is no game that the model can be shown; the message is for the student."""


@cache
def _focus() -> tuple[torch.Tensor, list[float]]:
    """The focus games, and the neuron in them: the quantiles for half and for all points, the maximum."""
    games = FocusGames(resolve(ModelRef("embedded")))
    acts = games.cache["post", LAYER][..., NEURON].flatten()
    return games.tokens, acts.quantile(torch.tensor([HALF, PASS, 1.0])).tolist()


def read(found: Any) -> torch.Tensor:
    """The tokens (1, moves) of a legal game; NotAGame if it isn't one."""
    if isinstance(found, str):
        raise NotAGame(ONE_TEXT)
    if not isinstance(found, list | tuple) or not all(isinstance(label, str) for label in found):
        raise NotAGame(FORM)
    if not found:
        raise NotAGame(EMPTY)
    if len(found) > MOST_MOVES:
        raise NotAGame(TOO_LONG.replace("60", str(len(found))))
    try:
        tokens = torch.tensor([[label_to_id(label.strip().upper()) for label in found]])
    except ValueError as error:
        raise NotAGame(f"{error}. {FORM}") from None
    try:
        replay(tokens)
    except IllegalMoveError as error:
        said = str(error).removeprefix("game 0, move ")
        move, _, rest = said.partition(": ")
        label, _, reason = rest.partition(" ")
        raise NotAGame(f"Move {move}, {label}, {reason}.") from None
    return tokens


def score(found: Any, case: Case) -> tuple[float, str]:
    """The share of the points for a game, with the activation after its last move: see Exercise.score."""
    try:
        tokens = read(found)
    except NotAGame as problem:
        return 0.0, str(problem)
    model = resolve(ModelRef("embedded"))
    act = activations(model, tokens, [post(LAYER)])[post(LAYER)][0, -1, NEURON].item()
    games, (half, enough, loudest) = _focus()
    copied = (games[:, : tokens.shape[1]] == tokens).all(1).any()
    figures = (
        f"After your {tokens.shape[1]} moves, the last of them {id_to_label(int(tokens[0, -1]))}, "
        f"L{LAYER}N{NEURON} is at {act:.2f}. In the focus games its 99th percentile is {half:.2f}, its "
        f"99.9th {enough:.2f}, and the highest {loudest:.2f}."
    )
    if act < half:
        return 0.0, f"{figures} Half of the points begin at {half:.2f}, all of them at {enough:.2f}."
    if copied:
        return 0.5, f"{figures} {COPIED}"
    if act < enough:
        return 0.5, f"{figures} That is half of the points; all of them begin at {enough:.2f}."
    return 1.0, figures
