"""Is a hypothesis raced against the ladder's best text on unseen games, and is length paid for?"""

import pytest
import torch

from othello_interp.exercises.catalogue import ladder_race
from othello_interp.exercises.catalogue.exercise_7_6 import EXERCISE
from othello_interp.exercises.catalogue.ladder_race import NotAnAnswer, opponent, read, score
from othello_interp.exercises.records import Case
from othello_interp.hypotheses import parse
from othello_interp.race import comparisons
from othello_interp.rules.random_games import random_games

CASE = Case("hidden games", {})


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (None, "Return the hypothesis alone"),
        ((1393, "A0==MINE"), "Return the hypothesis alone"),
        ("", "Your hypothesis is empty"),
        ("A0==MINE &", "expected a square"),
        (" | ".join(["A0==MINE"] * 61), "has 61 comparisons; at most 60"),
        ("(" * 5000 + "A0==MINE", "too many brackets"),
    ],
)
def test_what_is_no_answer_is_refused_with_advice(found, message):
    with pytest.raises(NotAnAnswer, match=message):
        read(found)
    assert score(found, CASE)[0] == 0


def test_the_ladders_own_text_earns_half_and_the_same_said_shorter_wins():
    """The figures are those that the exercise's explanation and the notebook speak of."""
    text = opponent().hypothesis
    assert text.count("|") == 2
    assert comparisons(text) == 12
    share, said = score(text, CASE)
    assert share == 0.5
    assert "To win, yours must be 1 point ahead of the ladder" in said
    shorter = "C0==BLANK & D1==THEIRS & (E2==MINE | E2==THEIRS & (F3==MINE | F3==THEIRS & G4==MINE))"
    boards = ladder_race._new_games()[1]
    assert torch.equal(parse(text)(boards), parse(shorter)(boards))
    assert score(shorter, CASE)[0] == 1
    assert text not in said  # what the search finds isn't given away


def test_the_first_pattern_earns_nothing_and_padding_loses():
    assert score("C0==BLANK & D1==THEIRS & E2==MINE", CASE)[0] == 0
    padded = "C0==LEGAL & D1==THEIRS & E2!=BLANK & C1!=THEIRS" + " & C0==BLANK" * 20
    assert score(padded, CASE)[0] == 0.5


def test_a_condition_on_the_last_move_can_be_asked_for():
    share, said = score("C0==LEGAL & D1==PLAYED", CASE)
    assert share < 1
    assert "in 2 comparisons" in said


def test_the_games_are_none_of_the_course_and_the_same_for_every_seed(monkeypatch):
    drawn = []

    def few(n, seed):
        drawn.append((n, seed))
        return random_games(3, seed)

    monkeypatch.setattr(ladder_race, "random_games", few)
    ladder_race._new_games.__wrapped__()
    assert drawn == [(ladder_race.N_GAMES, ladder_race.GAMES_SEED)]
    assert ladder_race.GAMES_SEED > 1_000_000
    assert EXERCISE.cases(0) == EXERCISE.cases(7)
