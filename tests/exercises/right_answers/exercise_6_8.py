"""Right answers to exercise 6.8, found in other ways than the reference."""

from contextlib import suppress
from functools import cache

import torch

from othello_interp.board import replay
from othello_interp.circuit import patch
from othello_interp.games import FocusGames
from othello_interp.model import load_model
from othello_interp.rules.random_games import random_games
from othello_interp.squares import id_to_label


@cache
def _two_moves_changed_places():
    """The loudest positions of three games, each with two moves of one player exchanged, loudest first."""
    model = load_model()
    games = FocusGames(model)
    acts = games.cache["post", 5][..., 1393]
    found = []
    for game in acts.amax(1).topk(3).indices.tolist():
        tokens = games.tokens[game, : int(acts[game].argmax()) + 1]
        for first in range(len(tokens)):
            for second in range(first + 2, len(tokens), 2):
                other = tokens.clone()
                other[[first, second]] = tokens[[second, first]]
                with suppress(ValueError):
                    replay(other[None])
                    act = patch(model, other[None], {}, read="L5N1393")[0, -1].item()
                    found.append((act, other.tolist()))
    return [[id_to_label(token) for token in tokens] for _, tokens in sorted(found, reverse=True)]


def loud_game__exchanged():
    return _two_moves_changed_places()[0]


def loud_game__tuple_in_small_letters():
    return tuple(label.lower() for label in _two_moves_changed_places()[1])


def loud_game__random():
    tokens = random_games(200, seed=8).long()[:, :59]
    acts = torch.cat([patch(load_model(), part, {}, read="L5N1393") for part in tokens.split(40)])
    game, move = divmod(int(acts.argmax()), 59)
    return [f" {id_to_label(token)} " for token in tokens[game, : move + 1].tolist()]
