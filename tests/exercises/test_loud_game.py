"""Is a game that a student made up scored by what the model does on it?"""

import pytest
import torch

from othello_interp.exercises.catalogue.exercise_6_8 import EXERCISE
from othello_interp.exercises.catalogue.loud_game import COPIED, score
from othello_interp.games import FocusGames
from othello_interp.model import load_model
from othello_interp.rules.random_games import random_games
from othello_interp.squares import id_to_label

CASE = EXERCISE.cases(0)[0]


@pytest.fixture(scope="module")
def games():
    return FocusGames(load_model("embedded"))


@pytest.fixture(scope="module")
def acts(games):
    return games.cache["post", 5][..., 1393]


def moves(tokens):
    return [id_to_label(token) for token in tokens.tolist()]


def scored(found):
    return score(found, CASE)


def test_a_focus_game_earns_half_and_is_told_so(games, acts):
    game, move = divmod(int(acts.argmax()), 59)
    share, said = scored(moves(games.tokens[game, : move + 1]))
    assert share == 0.5
    assert said.endswith(COPIED)
    assert f"L5N1393 is at {acts.max().item():.2f}. " in said
    assert f"99th percentile is {acts.flatten().quantile(0.99).item():.2f}" in said


def test_a_quiet_focus_game_earns_nothing(games, acts):
    game, move = divmod(int(acts.argmin()), 59)
    share, said = scored(moves(games.tokens[game, : move + 1]))
    assert share == 0
    assert "Half of the points begin at" in said


def test_the_share_follows_the_activation_after_the_last_move(acts):
    """Games of nobody: the share is what the quantiles of the focus games make of the model's activation."""
    tokens = random_games(60, seed=99).long()[:, :59]
    model = load_model("embedded")
    _, cache = model.run_with_cache(tokens, names_filter="blocks.5.mlp.hook_post", stop_at_layer=6)
    found = cache["blocks.5.mlp.hook_post"][..., 1393]
    half, enough = acts.flatten().quantile(torch.tensor([0.99, 0.999])).tolist()
    seen = set()
    for place in [*found.flatten().topk(12).indices.tolist(), 100, 200]:
        game, move = divmod(place, 59)
        act = found[game, move].item()
        expected = 1.0 if act >= enough else 0.5 if act >= half else 0.0
        assert scored(moves(tokens[game, : move + 1]))[0] == expected
        seen.add(expected)
    assert {0.0, 0.5} <= seen


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (None, "Return the moves as a list of labels"),
        ([3, 4], "Return the moves as a list of labels"),
        ("F4 D5", "That is one text."),
        ([], "Your list of moves is empty."),
        (["F4"] * 61, "The model sees at most 59 moves; your list has 61."),
        (["F4", "F4"], "Move 1, F4, is not legal for white: the square is taken."),
        (["F4", "A0"], "Move 1, A0, is not legal for white: it turns none of black's discs."),
        (["Z4"], "Z4"),
        (["D3"], "D3"),
    ],
)
def test_what_is_no_game_is_told_why(found, said):
    share, message = scored(found)
    assert share == 0
    assert said in message
