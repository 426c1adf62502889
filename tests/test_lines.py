"""Does the brute-force search over lines agree with scoring one hypothesis at a time?"""

import pytest
import torch

from othello_interp.hypotheses import parse
from othello_interp.lines import best_lines, line_aucs, line_labels, line_texts


@pytest.fixture(scope="module")
def boards():
    """300 boards as in the middle of a game, half of the squares blank: 0 blank, 1 theirs, 2 mine."""
    generator = torch.Generator().manual_seed(3)
    return torch.randint(0, 4, (3, 100, 8, 8), generator=generator, dtype=torch.int8) % 3


def acts_with_ties(seed=5, n=(3, 100, 7)):
    """Rounded, so that many activations are equal, as gelu's are near zero."""
    return (torch.randn(n, generator=torch.Generator().manual_seed(seed)) * 2).round() / 2


def test_labels_are_those_of_the_parsed_hypotheses(boards):
    labels = line_labels(boards)
    assert labels.shape == (960, 3, 100)
    assert labels.any()
    for index in range(0, 960, 7):
        assert torch.equal(labels[index], parse(line_texts()[index])(boards)), line_texts()[index]


def test_it_finds_the_line_a_neuron_was_made_for(boards):
    acts = acts_with_ties()
    planted = "H4==BLANK & G3==THEIRS & F2==MINE"
    acts[..., 4] += 9 * parse(planted)(boards)
    found = best_lines(acts, boards, count=2, min_matches=5)
    assert found.neuron.tolist() == sorted(2 * list(range(7)))
    row = found[found.neuron == 4].iloc[0]
    assert row.hypothesis == planted
    assert row.matches == parse(planted)(boards).sum() >= 5
    assert row.auc == found.auc.max() > 0.95
    assert found.groupby("neuron").auc.is_monotonic_decreasing.all()
    assert found.equals(best_lines(acts, boards, count=2, min_matches=5))


def test_the_worst_fit_is_a_fit(boards):
    """A neuron that fires everywhere but on its line has ROC AUC 0 there, and the table says so."""
    acts = 1 - parse("H4==BLANK & G3==THEIRS & F2==MINE")(boards)[..., None].float()
    found = best_lines(acts, boards, count=960, min_matches=5)
    assert found.auc.min() == 0
    assert found.hypothesis.iloc[-1] == "H4==BLANK & G3==THEIRS & F2==MINE"


def test_rare_lines_are_left_out(boards):
    matches = line_labels(boards).flatten(1).sum(1)
    aucs = line_aucs(acts_with_ties(), boards, min_matches=4)
    assert torch.equal(aucs.isnan().all(1), matches < 4)
    assert best_lines(acts_with_ties(), boards, min_matches=301).empty


def test_other_positions_are_an_error(boards):
    with pytest.raises(ValueError, match=r"found \(3, 99\) and \(3, 100\)"):
        line_aucs(acts_with_ties()[:, :99], boards)
