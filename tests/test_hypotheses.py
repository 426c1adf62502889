"""Are hypotheses read rightly, are bad ones pointed at, and do the scores agree with scikit-learn?"""

import re

import numpy as np
import pytest
import torch
from sklearn.metrics import precision_score, recall_score, roc_auc_score

from othello_interp import hypotheses
from othello_interp.hypotheses import firing_threshold, label_aucs, parse, roc_auc, spectrum, turns_standing


def random_boards(*shape, seed=0):
    return torch.randint(
        0, 3, (*shape, 8, 8), generator=torch.Generator().manual_seed(seed), dtype=torch.int8
    )


def test_the_hypothesis_of_the_series(slow):
    boards = random_boards(5, 400)
    matches = parse("C0==BLANK & D1==THEIRS & E2==MINE")(boards)
    assert matches.any()
    for game in range(5):
        for move in range(400):
            expected = slow.hypothesis([("C0", 0), ("D1", 1), ("E2", 2)], boards[game, move])
            assert matches[game, move] == expected


@pytest.mark.parametrize(
    ("text", "same"),
    [
        (
            "(C0==BLANK) & (D1==THEIRS) & (E2==MINE)",
            lambda b: (b[:, 2, 0] == 0) & (b[:, 3, 1] == 1) & (b[:, 4, 2] == 2),
        ),
        ("a7 == mine", lambda b: b[:, 0, 7] == 2),
        ("A7!=MINE", lambda b: b[:, 0, 7] != 2),
        ("~A7==MINE & B0==BLANK", lambda b: (b[:, 0, 7] != 2) & (b[:, 1, 0] == 0)),
        (
            "A7==MINE | B0==BLANK & C1==MINE",
            lambda b: (b[:, 0, 7] == 2) | ((b[:, 1, 0] == 0) & (b[:, 2, 1] == 2)),
        ),
        (
            "(A7==MINE | B0==BLANK) & C1==MINE",
            lambda b: ((b[:, 0, 7] == 2) | (b[:, 1, 0] == 0)) & (b[:, 2, 1] == 2),
        ),
        ("~(A7==MINE | B0==BLANK)", lambda b: ~((b[:, 0, 7] == 2) | (b[:, 1, 0] == 0))),
    ],
)
def test_operators(text, same):
    boards = random_boards(500)
    assert torch.equal(parse(text)(boards), same(boards))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "C0==BLANK & X1==MINE",
            "hypothesis: expected a square such as C0 at character 12, found X1==MINE, after C0==BLANK &",
        ),
        (
            "C0==BLANK & D1==THEIRS & E2==MIN & F3==MINE",
            "hypothesis: expected BLANK or THEIRS or MINE or LEGAL or PLAYED or TURNED at character 29, "
            "found MIN & F3==MI…, after …LANK & D1==THEIRS & E2==",
        ),
        ("C0=BLANK", "expected == or != at character 2"),
        ("(C0==BLANK", "expected a closing bracket at character 10"),
        ("C0==BLANK D1==MINE", "expected & or | or the end at character 10"),
        ("C0==BLANK & ", "expected a square such as C0 at character 12"),
        ("", "expected a square such as C0 at character 0, found the end"),
        ("C0==BLANK and D1==MINE", "expected & or | or the end at character 10"),
        ("MOVE!=4", "expected < or >= or == at character 4"),
        ("MOVE==4", "expected EVEN or ODD at character 6"),
        ("MOVE<C0", "expected a number at character 5"),
        ("(" * 3000 + "C0==BLANK" + ")" * 3000, "too many brackets inside one another"),
    ],
)
def test_the_bad_part_is_pointed_at(text, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        parse(text)


def test_boards_in_another_form_are_refused():
    with pytest.raises(ValueError, match=r"found values \[0, 3\]"):
        parse("C0==BLANK")(torch.tensor([[3, 0] * 4] * 8))
    with pytest.raises(ValueError, match=r"expected 0 blank, 1 theirs, 2 mine; found values \[-1, 0\]"):
        parse("C0==BLANK")(torch.tensor([[-1, 0] * 4] * 8))


def test_roc_auc_with_ties(slow):
    generator = torch.Generator().manual_seed(0)
    acts = torch.randint(0, 6, (70, 3), generator=generator).float()  # few values: many ties
    labels = torch.rand(70, generator=generator) < 0.3
    aucs = roc_auc(acts, labels)
    for neuron in range(3):
        assert aucs[neuron].item() == pytest.approx(
            roc_auc_score(labels.numpy(), acts[:, neuron].numpy()), abs=1e-6
        )
        assert aucs[neuron].item() == pytest.approx(slow.roc_auc(acts[:, neuron], labels), abs=1e-6)


def test_ranks_share_ties():
    acts = torch.tensor([[3.0, 1.0], [1.0, 1.0], [1.0, 0.0], [2.0, 1.0]])
    assert hypotheses._average_ranks(acts).tolist() == [[4.0, 3.0], [1.5, 3.0], [1.5, 1.0], [3.0, 3.0]]


@pytest.mark.parametrize("at_a_time", [512, 2])
def test_aucs_of_many_labels_and_neurons(monkeypatch, at_a_time):
    monkeypatch.setattr(hypotheses, "_AT_A_TIME", at_a_time)
    generator = torch.Generator().manual_seed(3)
    acts = (torch.randn(300, 7, generator=generator) * 2).round() / 2  # many ties, as gelu's near zero
    labels = torch.rand(5, 300, generator=generator) < torch.tensor([0.01, 0.1, 0.5, 0.9, 0])[:, None]
    aucs = label_aucs(acts, labels)
    assert aucs.shape == (5, 7)
    for label in range(4):
        for neuron in range(7):
            expected = roc_auc_score(labels[label].numpy(), acts[:, neuron].numpy())
            assert aucs[label, neuron].item() == pytest.approx(expected, abs=1e-5)
    assert aucs[4].isnan().all()
    assert label_aucs(acts, ~labels)[4].isnan().all()


def test_spectrum(slow):
    generator = torch.Generator().manual_seed(1)
    acts, labels = torch.randn(7, 11, generator=generator), torch.rand(7, 11, generator=generator) < 0.4
    result = spectrum(acts, labels, threshold=0.2)
    fires = (acts > 0.2).flatten().numpy()
    assert (result.n, result.n_label) == (77, int(labels.sum()))
    assert result.precision == pytest.approx(precision_score(labels.flatten().numpy(), fires))
    assert result.recall == pytest.approx(recall_score(labels.flatten().numpy(), fires))
    expected = slow.precision_and_recall(acts.flatten().tolist(), labels.flatten().tolist(), 0.2)
    assert (result.precision, result.recall) == pytest.approx(expected)
    assert spectrum(acts, labels).threshold == firing_threshold(acts)
    at_threshold = spectrum(torch.tensor([1.0, 2.0, 0.0]), torch.tensor([True, True, False]), threshold=1.0)
    assert at_threshold.recall == 0.5, "it fires above, not at"


def test_firing_is_the_same_part_of_any_scale():
    acts = torch.rand(7, 143, generator=torch.Generator().manual_seed(1))
    assert firing_threshold(acts) == pytest.approx(0.36 * np.percentile(acts.numpy(), 99), rel=1e-5)
    assert firing_threshold(9 * acts) == pytest.approx(9 * firing_threshold(acts))


@pytest.mark.parametrize("value", [True, False])
def test_labels_all_alike(value):
    with pytest.raises(ValueError, match="a comparison needs some true and some false"):
        roc_auc(torch.zeros(9), torch.full((9,), value))


def test_turns_standing_against_a_slow_count():
    labels = torch.rand(3, 11, generator=torch.Generator().manual_seed(2)) < 0.7
    turns = turns_standing(labels)
    for game in range(3):
        for move in range(11):
            own_turns = labels[game, : move + 1].tolist()[::-1][::2]  # this turn, the one before, ...
            assert turns[game, move] == (own_turns.index(False) if False in own_turns else len(own_turns))
