"""Is what the atlas says of a neuron switched off what `ablate` gives, one example at a time?"""

import pytest
import torch

from othello_interp.ablation import ablate
from othello_interp.atlas.forward import plain_model
from othello_interp.atlas.switched_off import switched_off
from othello_interp.board import replay
from othello_interp.rules.random_games import random_games
from othello_interp.squares import ALL_SQUARES

SEED = 5


def test_it_is_what_ablating_one_position_gives(tiny):
    generator = torch.Generator().manual_seed(0)
    games = torch.randint(9, (2, 36, 3), generator=generator)
    moves = torch.randint(59, (2, 36, 3), generator=generator)
    games[1, 7, 2] = moves[1, 7, 2] = -1  # an example too few
    games[0, 4] = moves[0, 4] = -1  # none at all
    told = []
    found = switched_off(plain_model(tiny), games, moves, SEED, told.append, batch=4)
    assert told == [4, 8, 9]
    for layer, neuron in ((0, 0), (0, 20), (1, 7), (1, 35)):
        logits, mass = [], []
        for game, move in zip(games[layer, neuron].tolist(), moves[layer, neuron].tolist(), strict=True):
            if game < 0:
                continue
            tokens = random_games(1, SEED, first=game)
            where = torch.zeros(1, 59, dtype=torch.bool)
            where[0, move] = True
            legal = replay(tokens).legal[0, move].flatten()[list(ALL_SQUARES)]
            before = tiny(tokens[:, :59].long())[0, move]
            after = ablate(tiny, tokens[:, :59].long(), layer, neuron, where=where)[0, move]
            logits.append((after - before)[1:])
            mass.append(((after.softmax(-1) - before.softmax(-1))[1:] * legal).sum())
        mean = torch.stack(logits).mean(0)
        assert found["off_square"][layer, neuron] == mean.abs().argmax()
        assert found["off_logit"][layer, neuron] == pytest.approx(
            mean[mean.abs().argmax()].item(), rel=2e-3, abs=1e-6
        )
        assert found["off_legal"][layer, neuron] == pytest.approx(
            torch.stack(mass).mean().item(), rel=2e-2, abs=1e-6
        )
    assert found["off_logit"][0, 4] == found["off_legal"][0, 4] == 0
