"""The boards that the atlas shows as examples: made again from the numbers of their games."""

from collections.abc import Iterable

import numpy as np
import torch

from othello_interp.board import replay, theirs_vs_mine
from othello_interp.rules.random_games import numbered_games

#: By game and move, 64 values: 0 blank, 1 theirs, 2 mine.
Boards = dict[tuple[int, int], np.ndarray]


def example_boards(places: Iterable[tuple[int, int]], seed: int, batch: int = 512) -> Boards:
    """The boards after these moves of these games of a seed, as the player about to move sees them.

    places: games and moves; those of no game (-1) are left out. batch: games at a time.
    """
    wanted: dict[int, set[int]] = {}
    for game, move in places:
        if game >= 0:
            wanted.setdefault(game, set()).add(move)
    boards: Boards = {}
    for numbers in torch.tensor(sorted(wanted), dtype=torch.int64).split(batch):
        played = replay(numbered_games(numbers, seed))
        seen = theirs_vs_mine(played.states, played.to_move).flatten(2).numpy()
        boards |= {
            (game, move): seen[row, move]
            for row, game in enumerate(numbers.tolist())
            for move in wanted[game]
        }
    return boards
