"""Are random games legal, complete, uniform, and the same for the same seed?"""

import pytest
import torch

from othello_interp import board
from othello_interp.board import replay
from othello_interp.rules import random_games as random_games_module
from othello_interp.rules.random_games import random_games


def test_games_are_complete_and_have_no_pass():
    tokens = random_games(700, seed=2)
    result = replay(tokens)  # raises on an illegal move
    alternating = torch.tensor([1, -1] * 30, dtype=torch.int8).expand(700, 60)
    assert torch.equal(result.movers, alternating)
    assert (result.to_move[:, -1] == 0).all()


def test_a_game_depends_on_seed_and_number_only():
    tokens = random_games(1500, seed=4)
    assert torch.equal(random_games(3, seed=4, first=1400), tokens[1400:1403])
    assert torch.equal(random_games(1500, seed=4), tokens)
    assert not torch.equal(random_games(1500, seed=5), tokens)
    assert len(tokens.unique(dim=0)) == 1500


def test_how_many_games_go_at_a_time_changes_nothing(monkeypatch):
    """On a GPU more go at a time than on a CPU."""
    tokens = random_games(200, seed=4)
    result = replay(tokens)
    for size in (70, 100_000):
        for module in (random_games_module, board):
            monkeypatch.setattr(module, "chunk_size", lambda device, size=size: size)
        assert torch.equal(random_games(200, seed=4), tokens)
        again = replay(tokens)
        assert torch.equal(again.states, result.states)
        assert torch.equal(again.legal, result.legal)
        assert torch.equal(again.to_move, result.to_move)


def test_first_moves_are_uniform():
    tokens = random_games(6000, seed=6, passes=True)
    openings, counts = tokens[:, :2].unique(dim=0, return_counts=True)
    assert len(openings) == 12
    # Each has probability 1/12: 500 expected, standard deviation 21. Five of them allow for 12 tries.
    assert ((counts - 500).abs() < 107).all(), counts.tolist()


@pytest.mark.parametrize("arguments", [{"n": -1}, {"n": 1, "first": -2}])
def test_negative_numbers_are_refused(arguments):
    with pytest.raises(ValueError, match="n and first can't be negative"):
        random_games(seed=0, **arguments)


def test_no_games():
    assert random_games(0, seed=0).shape == (0, 60)
