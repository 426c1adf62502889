"""Does the search find what was put there, pay for length, and say in words what it computes?"""

import math

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score, r2_score, roc_auc_score

from othello_interp.atlas import ladder, search
from othello_interp.atlas.ladder import explain, ladders
from othello_interp.atlas.questions import Answers, family, texts
from othello_interp.atlas.rules import Rule, RuleList
from othello_interp.atlas.samples import Parts, Sample, shuffled, split
from othello_interp.atlas.search import best_rules, best_union, pruned
from othello_interp.atlas.trees import grow
from othello_interp.board import random_games, replay, theirs_vs_mine
from othello_interp.hypotheses import parse

NUMBER = {text: number for number, text in enumerate(texts())}
LINE = "C2==BLANK & D2==THEIRS & E2==MINE"
OTHER = "E5==BLANK & D4==THEIRS & C3==MINE"


@pytest.fixture(scope="module")
def boards():
    played = replay(random_games(75, seed=4))
    return theirs_vs_mine(played.states, played.to_move)[:, :59], played.legal[:, :59]


@pytest.fixture(scope="module")
def answers(boards):
    return Answers.of(*boards)


def planted(boards, *hypotheses, noise=0.1, seed=0):
    """A neuron for each hypothesis, which is 2 where it holds and 0 elsewhere, and some noise."""
    holds = torch.stack([parse(text)(boards).flatten() for text in hypotheses], dim=1)
    return 2 * holds + noise * torch.randn(holds.shape, generator=torch.Generator().manual_seed(seed))


def literals(rules):
    return [[(texts()[number], wanted) for number, wanted in rule.literals] for rule in rules.rules]


def test_one_condition_is_the_best_of_all(boards, answers):
    acts = planted(boards[0], "C2==LEGAL", "C3!=MINE", "MOVE<20")
    found = best_union(answers, acts, range(len(texts()) - 960), 1e-4, most=1)
    assert [literals(rules)[0][0][0] for rules in found] == ["C2==LEGAL", "C3==MINE", "MOVE<20"]
    for column, rules in zip(acts.T.numpy(), found, strict=True):
        means = [
            np.where(row, column[row].mean(), column[~row].mean())
            for row in answers.holds[: len(texts()) - 960].numpy()
            if 20 <= row.sum() <= len(row) - 20
        ]
        best = max(r2_score(column, expected) for expected in means)
        assert r2_score(column, rules.predict(answers).numpy()) == pytest.approx(best, abs=1e-4)


def test_a_union_takes_the_lines_that_are_worth_it(boards, answers):
    acts = planted(boards[0], f"{LINE} | {OTHER}", LINE)
    found = best_union(answers, acts, family("line"), 1e-4)
    assert {text for ((text, _),) in literals(found[0])} == {LINE, OTHER}
    assert literals(found[1]) == [[(LINE, True)]]
    dear = best_union(answers, acts, family("line"), 0.05)
    assert [len(rules.rules) for rules in dear] == [1, 1]  # the second is not worth it


def test_rules_are_found_in_order(boards, answers):
    acts = planted(boards[0], f"{LINE} & C1!=BLANK", "D3==MINE", noise=0.05)
    acts[:, 1] += 3 * parse("MOVE<12")(boards[0]).flatten()
    first, second = best_rules(answers, acts, 1e-4)
    assert first.rules[0].literals
    assert {(LINE, True), ("C1==BLANK", False)} <= set(literals(first)[0])
    expected = second.predict(answers)
    assert ladder.r2(expected, acts[:, 1]) > 0.9
    for rules in (first, second):
        assert len(rules.rules) <= 5
        assert rules.conditions == sum(len(rule.literals) for rule in rules.rules) <= 8


def test_each_rule_tells_the_mean_of_the_positions_that_it_takes(boards, answers):
    acts = planted(boards[0], f"{LINE} | D3==MINE & MOVE<30", noise=0.5)
    for rules in (*best_rules(answers, acts, 1e-4), *best_union(answers, acts, family("line"), 1e-4)):
        which = rules.which(answers)
        for place, value in enumerate([*(rule.value for rule in rules.rules), rules.default]):
            if len({rule.value for rule in rules.rules}) != 1:
                assert acts[which == place].mean().item() == pytest.approx(value, abs=2e-3)


def test_a_higher_price_makes_smaller_trees_of_the_same_splits(boards, answers):
    acts = planted(boards[0], f"{LINE} | {OTHER} | D3==MINE & MOVE<30", noise=0.5)
    trees = grow(answers, acts, 5, 10)
    sizes = []
    for price in (0.0, 1e-4, 1e-3, 1e-2, 1.0):
        less = pruned(trees, price)
        kept = less.question >= 0
        assert torch.equal(less.question[kept], trees.question[kept])
        parents = (torch.arange(1, kept.shape[1]) - 1) // 2
        assert (kept[:, parents] | ~kept[:, 1:]).all()
        sizes.append(int(kept.sum()))
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == (trees.question >= 0).sum()
    assert sizes[-1] == 0 < sizes[2] < sizes[0]


def test_a_tree_is_a_list_of_rules(boards, answers):
    acts = planted(boards[0], f"{LINE} | D3==MINE & MOVE<30", "E4==TURNED", noise=0.5)
    trees = grow(answers, acts, 3, 10)
    for neuron in range(2):
        rules = RuleList.of_tree(trees, neuron)
        assert torch.allclose(rules.predict(answers), trees.predict(answers)[:, neuron])
        assert rules.conditions == (trees.question[neuron] >= 0).sum()


@pytest.mark.parametrize("values", [(2.0, 1.0, 0.0), (0.0, 2.0, 1.0), (1.0, 0.0, 2.0), (0.0, 0.0, 2.0)])
def test_the_text_says_where_more_is_expected(boards, answers, values):
    first = ((NUMBER[LINE], True), (NUMBER["C1==BLANK"], False))
    second = ((NUMBER["MOVE==EVEN"], False), (NUMBER["MOVE<20"], False), (NUMBER[OTHER], False))
    rules = RuleList.of([Rule(first, values[0]), Rule(second, values[1])], values[2])
    expected = rules.predict(answers) > 0.5
    assert expected.any()
    assert torch.equal(parse(rules.hypothesis(0.5))(boards[0]).flatten(), expected)
    assert rules.hypothesis(5.0) == "" == rules.hypothesis(-5.0)


@pytest.fixture(scope="module")
def parts(boards):
    acts = planted(boards[0], f"{LINE} | {OTHER}", "MOVE<20", "B3==LEGAL", noise=0.3, seed=5)

    def part(games):
        where = torch.arange(75 * 59).unflatten(0, (75, 59))[games].flatten()
        return Sample(Answers.of(boards[0][games], boards[1][games]), acts[where])

    return Parts(part(slice(45)), part(slice(45, 60)), part(slice(60, 75)))


@pytest.fixture(scope="module")
def found(parts):
    return ladders(parts, shuffled(parts))


def test_scores_are_those_of_scikit_learn(parts, found):
    for neuron, one in enumerate(found):
        acts = parts.test.acts[:, neuron].numpy()
        fires = acts > 0.36 * np.quantile(parts.learn.acts[:, neuron], 0.99)
        for rung in one.rungs:
            expected = rung.rules.predict(parts.test.answers).numpy()
            assert rung.r2 == pytest.approx(r2_score(acts, expected), abs=1e-5)
            assert rung.auc == pytest.approx(roc_auc_score(fires, expected), abs=1e-5)
            assert rung.f1 == pytest.approx(f1_score(fires, expected > rung.cut), abs=1e-6)


def test_what_only_knows_the_move_is_not_better_than_chance(found):
    line, move, legal = found
    assert [rung.name for rung in line.rungs] == list(ladder.RUNGS)
    assert line.best.r2 > 0.5 > 0.1 > line.best.null
    assert line.best.within_move > 0.5
    assert move.rungs[0].hypothesis == "MOVE<20"
    assert move.rungs[0].r2 == pytest.approx(move.rungs[0].null, abs=0.05)
    assert move.rungs[0].within_move == pytest.approx(0, abs=0.05)
    assert legal.best is legal.rungs[0]
    assert legal.best.hypothesis == "B3==LEGAL"
    assert legal.explanation.hypothesis == "B3==LEGAL"
    assert legal.explanation.score.startswith(f"one condition: R² {legal.best.r2:.2f} [")


def test_the_shuffle_moves_whole_games_within_a_part(parts):
    other = shuffled(parts, seed=1)
    for before, after in zip(parts, other, strict=True):
        games = [
            set(map(tuple, part.acts.unflatten(0, (-1, 59))[:, :, 0].tolist())) for part in (before, after)
        ]
        assert games[0] == games[1]
        assert not torch.equal(before.acts, after.acts)
        assert before.answers is after.answers


def test_the_games_are_split(tiny, tokens):
    parts = split(tiny, 1, tokens[:25], [3, 5])
    assert [part.acts.shape for part in parts] == [(59 * n, 2) for n in (16, 4, 5)]
    with pytest.raises(ValueError, match="games: expected 25 or more, to learn, choose and score; found 24"):
        split(tiny, 1, tokens[:24])


def test_every_line_of_an_explanation_can_be_read(tiny, tokens):
    said = explain(tiny, 1, 7, tokens)
    assert said.count("<- best for its length") == 1
    hypotheses = [line.strip() for line in said.splitlines() if line.startswith("    ")]
    assert len(hypotheses) == 5
    for text in hypotheses:
        assert text == "never" or parse(text)
    with pytest.raises(ValueError, match=r"neuron 36 doesn't exist: this model has neurons 0\.\.35"):
        explain(tiny, 1, 36, tokens)


def test_a_neuron_that_never_changes_has_no_hypothesis(parts):
    still = Parts(*(Sample(part.answers, torch.full_like(part.acts[:, :1], 0.5)) for part in parts))
    (only,) = ladders(still)
    assert all(rung.hypothesis == "" and rung.r2 == 0 for rung in only.rungs)
    assert math.isnan(only.best.auc)
    assert only.best is only.rungs[0]


def test_limits():
    assert (search.MOST_RULES, search.MOST_CONDITIONS, ladder.DEPTH) == (5, 8, 6)
