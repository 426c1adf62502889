"""Are the embedded games what they are said to be, and do the focus games answer as the notebooks ask?"""

import pytest
import torch

from othello_interp.games import FocusGames, load_focus_games, load_games
from othello_interp.rules import slow_rules
from othello_interp.rules.random_games import random_games
from othello_interp.storage.data import provenance


@pytest.fixture(scope="module")
def focus(embedded):
    return FocusGames(embedded)


def test_the_embedded_games_can_be_made_again():
    games = load_games()
    assert games.shape == (10_000, 60)
    sample = random_games(40, provenance("games.npz")["seed"], first=9_960)
    assert torch.equal(games[-40:], sample)


def test_the_focus_games_are_the_random_sample_in_another_order():
    games, sample = load_focus_games("embedded"), random_games(50, provenance("focus_games.npz")["seed"])
    assert sorted(games.tolist()) == sorted(sample.tolist())


def test_game_5_is_a_clear_example(focus):
    """The neuron fires there, and only where the hypothesis holds."""
    from othello_interp.hypotheses import parse

    acts = focus.cache["post", 5, "mlp"][5, :, 1393]
    fires = acts > focus.cache["post", 5][..., 1393].max() / 2
    labels = parse("C0==BLANK & D1==THEIRS & E2==MINE")(focus.states_theirs_vs_mine[5, :59])
    assert fires.sum() >= 3
    assert labels[fires].float().mean() > 0.9


def test_the_model_decides_which_games_not_the_environment(tiny, monkeypatch):
    monkeypatch.setenv("OTHELLO_INTERP_MODEL", "published")  # whose games would have to be downloaded
    assert torch.equal(FocusGames(tiny).tokens, load_focus_games("embedded").long())


def test_states_of_the_focus_games(focus):
    for game in (0, 5, 49):
        for move, (board, mover, player, legal) in enumerate(slow_rules.replay(focus.tokens[game].tolist())):
            assert focus.states[game, move].tolist() == board
            assert focus.valid_moves[game, move].nonzero().tolist() == [list(square) for square in legal]
            mine, theirs = focus.states[game, move] == -mover, focus.states[game, move] == mover
            assert torch.equal(focus.states_theirs_vs_mine[game, move] == 2, mine)
            assert torch.equal(focus.states_theirs_vs_mine[game, move] == 1, theirs)
            assert torch.equal(focus.states_plus_minus[game, move].int(), mine.int() - theirs.int())
            assert focus.states[game, move].flatten()[focus.squares[game, move]] == mover
            assert player in (-mover, 0)


def test_cache_agrees_with_a_full_cache(tiny):
    games = FocusGames(tiny, random_games(3, seed=0))
    _, full = tiny.run_with_cache(games.tokens[:, :59])
    assert games.logits.shape == (3, 59, 61)
    for key in (
        ("post", 1, "mlp"),
        ("post", 0),
        ("resid_post", 1),
        ("resid_pre", 0),
        "blocks.1.hook_resid_mid",
    ):
        torch.testing.assert_close(games.cache[key], full[key])
    assert games.cache["post", 0] is games.cache["post", 0, "mlp"], "computed once"


def test_shapes_that_the_notebooks_rely_on(focus, embedded):
    assert focus.cache["post", 5, "mlp"].shape == (50, 59, embedded.cfg.d_mlp)
    assert focus.cache["resid_post", 6].shape == (50, 59, embedded.cfg.d_model)
    assert (
        focus.states.shape == focus.states_theirs_vs_mine.shape == focus.valid_moves.shape == (50, 60, 8, 8)
    )


def test_an_activation_that_does_not_exist(tiny):
    games = FocusGames(tiny, random_games(2, seed=0))
    with pytest.raises(KeyError, match=r"\('post', 9\): this model has no activation blocks.9.mlp.hook_post"):
        games.cache["post", 9]
