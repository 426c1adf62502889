"""Does the shorter text hold at the same positions, and is what can go gone?"""

import pytest
import torch

from othello_interp.atlas.questions import Answers, texts
from othello_interp.atlas.rules import Rule, RuleList
from othello_interp.atlas.shorter import shortened, term_text
from othello_interp.atlas.trees import grow
from othello_interp.board import random_games, replay, theirs_vs_mine
from othello_interp.hypotheses import parse
from othello_interp.race import comparisons

LINE = ("C0==BLANK", "D1==THEIRS", "E2==MINE")
LONGER = ("C0==BLANK", "D1==THEIRS", "E2==THEIRS", "F3==MINE")


def clause(text):
    """Of the form that a search has: "C0!=BLANK" asks for the answer no."""
    return (text.replace("!=", "==").replace(">=", "<"),), "!=" not in text and ">=" not in text


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (["C0!=MINE & C0==BLANK"], "C0==BLANK"),
        (["C0==BLANK & C0==LEGAL"], "C0==LEGAL"),
        (["C0==TURNED & C0!=BLANK & C0==THEIRS"], "C0==TURNED"),
        (["C0==THEIRS & C0==PLAYED & C0!=LEGAL"], "C0==PLAYED"),
        (["C0!=BLANK & C0!=MINE & C0==THEIRS"], "C0==THEIRS"),
        (["MOVE<20 & MOVE<10 & MOVE>=3 & MOVE>=5"], "MOVE<10 & MOVE>=5"),
        (["MOVE<9 & MOVE<10"], "MOVE<9"),
        (["MOVE>=10 & MOVE>=9"], "MOVE>=10"),
        (["C0==BLANK", "C0!=BLANK & D1==MINE"], "C0==BLANK | D1==MINE"),
        (["C0==BLANK & D1==MINE", "C0==BLANK & D1!=MINE"], "C0==BLANK"),
        (["MOVE<10", "MOVE>=10 & MOVE<20 & D1==MINE"], "MOVE<10 | MOVE<20 & D1==MINE"),
        (["C0==LEGAL & D1==MINE", "C0==BLANK"], "C0==BLANK"),
        (["C0==BLANK & D1==MINE", "D1!=MINE & E2==BLANK"], "C0==BLANK & D1==MINE | D1!=MINE & E2==BLANK"),
    ],
)
def test_what_follows_is_left_out(terms, expected):
    found = shortened(tuple(clause(part) for part in term.split(" & ")) for term in terms)
    assert " | ".join(map(term_text, found)) == expected


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ([[(LINE, False), (LONGER, True)]], " & ".join(LONGER)),
        ([[(LINE, False), clause("C0==BLANK")]], "~(D1==THEIRS & E2==MINE) & C0==BLANK"),
        ([[(LINE, False), (LINE[:2], True)]], "E2!=MINE & C0==BLANK & D1==THEIRS"),
        ([[(LINE, True), clause("C0!=MINE")], [(LINE, False), clause("C0!=MINE")]], "C0!=MINE"),
        ([[(LINE, True)], [(LINE, False), (LONGER, True)]], " & ".join(LINE) + " | " + " & ".join(LONGER)),
    ],
)
def test_lines_are_taken_apart(terms, expected):
    assert " | ".join(map(term_text, shortened(tuple(term) for term in terms))) == expected


def test_texts_of_trees_hold_where_they_did_and_are_shorter():
    """Trees are grown on noise, so that they ask what makes no sense together."""
    played = replay(random_games(60, seed=8))
    boards, legal = theirs_vs_mine(played.states, played.to_move)[:, :59], played.legal[:, :59]
    answers = Answers.of(boards, legal)
    signal = answers.holds[[texts().index(text) for text in ("C2==LEGAL", "D2==TURNED", "MOVE<30")]].T
    acts = torch.cat([signal, ~signal], 1) + torch.randn(
        len(signal), 6, generator=torch.Generator().manual_seed(3)
    )
    trees = grow(answers, acts, 6, 5)
    before = after = 0
    for neuron in range(6):
        rules = RuleList.of_tree(trees, neuron)
        for cut in acts[:, neuron].quantile(torch.tensor([0.3, 0.6, 0.9])).tolist():
            text = rules.hypothesis(cut)
            expected = rules.predict(answers) > cut
            assert torch.equal(parse(text)(boards).flatten(), expected)
            above = [rule for rule in rules.rules if rule.value > cut]
            before += sum(comparisons(term_text(rule.term)) for rule in above)
            after += comparisons(text)
    assert 0 < after < 0.8 * before


def test_rules_that_overlap_hold_where_they_did():
    played = replay(random_games(20, seed=9))
    boards, legal = theirs_vs_mine(played.states, played.to_move)[:, :59], played.legal[:, :59]
    answers = Answers.of(boards, legal)
    some = [texts().index(text) for text in ("C2==BLANK", "C2==LEGAL", "MOVE<20", "MOVE<10", "D2==THEIRS")]
    generator = torch.Generator().manual_seed(1)
    for _ in range(60):
        picks = torch.randint(5, (3, 2), generator=generator).tolist()
        wanted = torch.rand(3, 2, generator=generator).gt(0.5).tolist()
        values = torch.randn(4, generator=generator).tolist()
        rules = RuleList.of(
            [
                Rule(tuple({some[p]: w for p, w in zip(*both, strict=True)}.items()), value)
                for *both, value in zip(picks, wanted, values[:3], strict=True)
            ],
            values[3],
        )
        expected = rules.predict(answers) > 0
        text = rules.hypothesis(0.0)
        holds = parse(text)(boards).flatten() if text else torch.zeros_like(expected)
        assert torch.equal(holds, expected) or (not text and expected.all())
