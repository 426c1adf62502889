"""Is a student's own hypothesis read, refused and scored as it should be?"""

import pytest
import torch

from othello_interp.exercises.catalogue import own_hypothesis
from othello_interp.exercises.catalogue.own_hypothesis import (
    NotAnAnswer,
    best_single,
    read,
    score,
)
from othello_interp.exercises.records import Case
from othello_interp.hypotheses import parse
from othello_interp.rules import random_games as games

LINE = "F2==BLANK & F3==THEIRS & F4==MINE"
PLANTED = "F2==BLANK & F3==THEIRS & (F4==MINE | F4==THEIRS & F5==MINE)"
CASE = Case("hidden games", {})


@pytest.fixture
def positions(monkeypatch):
    """2,000 made-up positions, the same for hidden and focus games; neuron 3 of 11 has a pattern."""
    generator = torch.Generator().manual_seed(1)
    boards = torch.randint(0, 3, (2000, 8, 8), generator=generator, dtype=torch.int8)
    acts = torch.randn(2000, 11, generator=generator)
    acts[:, 3] += 3 * parse(PLANTED)(boards)
    acts[:, 6] += parse("A5==MINE")(boards)
    monkeypatch.setattr(own_hypothesis, "_positions", lambda seed: (acts, boards))
    own_hypothesis.searched.cache_clear()
    yield acts, boards
    own_hypothesis.searched.cache_clear()


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (None, "Return the neuron's number and the hypothesis"),
        (7, "Return the neuron's number"),
        ((7,), "Return the neuron's number"),
        ((7, 8), "Return the neuron's number"),
        ((7.5, "A0==MINE"), "Return the neuron's number"),
        (("A0==MINE", 7), "Return the neuron's number"),
        (("L5N7", "A0==MINE"), "not a name"),
        (("7", "A0==MINE"), "not a name"),
        ((1393, "A0==MINE"), "Choose another neuron"),
        ((11, "A0==MINE"), "neurons 0 to 10"),
        ((-1, "A0==MINE"), "neurons 0 to 10"),
        ((7, "A0==MINE & "), "expected a square"),
        ((7, " & ".join(["A0==MINE"] * 9)), "9 comparisons; at most 8"),
        ((7, "(" * 3000 + "A0==MINE" + ")" * 3000), "too many brackets"),
    ],
)
def test_what_is_no_answer_is_refused_with_advice(found, message, positions):
    with pytest.raises(NotAnAnswer, match=message):
        read(found, 11)
    share, said = score(found, CASE)
    assert share == 0
    assert message in said


def test_numbers_of_other_types_are_numbers(positions):
    for number in (3, 3.0, torch.tensor(3), True + 2):
        assert read([number, PLANTED], 11)[0] == 3


def test_the_planted_pattern_passes_and_the_figures_are_shown(positions):
    share, said = score((3, PLANTED), CASE)
    assert share == 1.0
    assert "L5N3" in said
    assert LINE not in said  # what the search finds is not given away
    half, said = score((3, "F2==BLANK & F3==THEIRS | A0==MINE & A1==THEIRS & A2==MINE"), CASE)
    assert half == 0.5
    assert "To pass, the AUC must reach 0.7" in said


@pytest.mark.parametrize("text", [LINE, "F4==MINE & F3==THEIRS & F2==BLANK & F2!=MINE"])
def test_what_a_search_finds_does_not_pass_by_itself(text, positions):
    share, said = score((3, text), CASE)
    assert share == 0.5
    assert "Yours is a single line, or stands at the same positions as one" in said


def test_no_other_line_passes_by_itself(positions):
    """What another search finds, such as one that asks for more matches."""
    acts, boards = positions
    other = "C5==BLANK & D5==THEIRS & E5==MINE"
    acts[:, 7] += 3 * parse(other)(boards) + parse("H0==BLANK & G1==THEIRS & F2==MINE")(boards)
    share, said = score((7, other), CASE)
    assert share == 0.5
    assert "Yours is a single line" in said


def test_the_better_line_of_two_searches_is_the_bar(positions):
    """A rare line, which a search with many matches misses."""
    acts, boards = positions
    rare = "C5==BLANK & D5==THEIRS & E5==THEIRS & F5==MINE"
    assert int(parse(rare)(boards).sum()) < max(own_hypothesis.SEARCH_MATCHES)
    acts[:, 7] += 3 * parse(rare)(boards)
    assert rare in own_hypothesis.searched(7)
    share, said = score((7, f"{rare} | A0==MINE & B0==MINE & C0==MINE & H0==MINE"), CASE)
    assert share == 0.5
    assert said.endswith(own_hypothesis.BELOW_THE_LINE)


def test_what_fits_less_well_than_the_line_of_the_search_does_not_pass(positions):
    share, said = score((3, f"{LINE} & H7!=MINE"), CASE)
    assert share == 0.5
    assert said.endswith(own_hypothesis.BELOW_THE_LINE)


@pytest.mark.parametrize("text", ["A0==MINE & A1==MINE", f"~({PLANTED})", "A5==MINE"])
def test_a_bad_hypothesis_earns_nothing(text, positions):
    assert score((3, text), CASE)[0] == 0


def test_one_square_alone_is_not_enough(positions):
    """The baseline itself can't pass, however well it fits."""
    assert best_single(positions[0][:, 6], positions[1]) == "A5==MINE"
    assert score((6, "A5==MINE"), CASE)[0] < 1
    assert best_single(-positions[0][:, 6], positions[1]) == "A5!=MINE"


@pytest.mark.parametrize(("neuron", "text"), [(7, "F2==LEGAL"), (8, "F2!=LEGAL")])
def test_that_a_move_is_legal_or_not_earns_half(neuron, text, positions):
    acts, boards = positions
    holds = parse(text)(boards)
    acts[:, neuron] += 3 * holds
    share, said = score((neuron, text), CASE)
    assert share == 0.5
    assert "says only that a move is legal, or that it isn't" in said


def test_the_example_of_the_notebook_does_not_pass_in_the_course():
    """L5N495 fires where G0 is taken: that is one condition on one square."""
    share, said = score((495, "G0!=BLANK"), CASE)
    assert share == 0
    assert "The best condition on one square, `G0!=BLANK`, has 0.94" in said
    assert score((495, "G0!=LEGAL"), CASE)[0] == 0.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A0==MINE & A0==BLANK", "holds at no position"),
        ("A0==MINE | A0!=MINE", "holds at every position"),
        ("A0==MINE & A1==MINE & A2==MINE & A3==MINE", "too few to judge it by"),
    ],
)
def test_a_hypothesis_that_says_nothing(text, message, positions):
    share, said = score((3, text), CASE)
    assert share == 0
    assert message in said


def test_the_games_to_score_on_are_none_of_the_course_and_the_same_for_every_seed(monkeypatch):
    drawn = []

    def random_games(n, seed):
        drawn.append(seed)
        return games.random_games(3, seed)

    monkeypatch.setattr(own_hypothesis, "random_games", random_games)
    monkeypatch.setattr(own_hypothesis, "_positions", own_hypothesis._positions.__wrapped__)
    said = {score((7, PLANTED), Case("a", {}, seed=seed)) for seed in range(4)}
    assert len(said) == 1
    assert drawn == 4 * [own_hypothesis.GAMES_SEED]
    assert own_hypothesis.GAMES_SEED > 1_000_000  # those of the course's games are small numbers


def test_the_line_that_the_notebook_names_does_not_pass_in_the_course():
    """Its search asks for 20 matches; in the focus games the line has 41."""
    share, said = score((1751, "F6==BLANK & E6==THEIRS & D6==MINE"), CASE)
    assert share == 0.5
    assert "Yours is a single line" in said
