"""Are a neuron's square, its share and the caps what a slow loop finds?"""

import pytest
import torch

from othello_interp.board import replay
from othello_interp.caps import caps, own_squares
from othello_interp.rules.random_games import random_games
from othello_interp.squares import ALL_SQUARES, label_to_square, square_to_label


@pytest.fixture(scope="module")
def case():
    """Activations of 25 neurons, output weights, an unembedding, and where moves are legal."""
    generator = torch.Generator().manual_seed(2)
    legal = replay(random_games(7, seed=3)).legal[:, :59]
    acts = torch.randn(7, 59, 25, generator=generator)
    W_out, W_U = torch.randn(25, 16, generator=generator), torch.randn(16, 61, generator=generator)
    return acts, W_out, W_U, legal


def test_own_squares_against_a_loop(case):
    acts, W_out, W_U, legal = case
    table = own_squares(*case)
    assert len(table) == 25
    for neuron, row in table.iterrows():
        effects = {square: float(W_out[neuron] @ W_U[:, i + 1]) for i, square in enumerate(ALL_SQUARES)}
        square = max(effects, key=lambda s: abs(effects[s]))
        assert row.square == square_to_label(square)
        assert row.weight == pytest.approx(effects[square], abs=1e-4)
        on, everywhere, values = 0.0, 0.0, []
        for game in range(7):
            for move in range(59):
                act = acts[game, move, neuron].item()
                everywhere += max(act, 0)
                if legal[game, move].flatten()[square]:
                    on += max(act, 0)
                    values.append(act)
        assert row.share == pytest.approx(on / everywhere, abs=1e-4)
        assert row["mean"] == pytest.approx(sum(values) / len(values), abs=1e-4)


def test_caps_are_the_rows_that_lower_what_is_legal(case):
    acts, W_out, W_U, legal = case
    c0 = label_to_square("C0")
    acts = acts.clone()
    for neuron, size in ((4, 1.0), (9, 3.0), (11, 9.0)):
        acts[..., neuron] = size * legal.flatten(2)[..., c0]
    W_U = torch.eye(61)
    W_out = torch.zeros(25, 61)
    W_out[:, 1] = 0.1
    W_out[[4, 9], 17] = -1.0
    W_out[11, 17] = 1.0  # raises it: no cap
    table = own_squares(acts, W_out, W_U, legal)
    assert table.share[[4, 9, 11]].tolist() == pytest.approx([1.0] * 3)
    found = caps(acts, W_out, W_U, legal)
    assert found.neuron.to_dict() == {"C0": 9}
    assert found.loc["C0", "mean"] == pytest.approx(3.0)
    assert caps(acts, W_out, W_U, legal, share=1.1).empty


def test_a_neuron_that_never_fires_is_no_cap(case):
    acts, W_out, W_U, legal = case
    table = own_squares(-acts.abs(), W_out, W_U, legal)
    assert table.share.isna().all()
    assert caps(-acts.abs(), W_out, W_U, legal).empty


def test_boards_and_activations_must_be_of_the_same_moves(case):
    acts, W_out, W_U, legal = case
    with pytest.raises(ValueError, match=r"found \(7, 59\) and \(7, 58\)"):
        own_squares(acts, W_out, W_U, legal[:, :58])
