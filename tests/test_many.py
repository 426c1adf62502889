"""Do summaries merge to what all at once gives, is a position worth what the bootstrap says?"""

import functools
import operator

import numpy as np
import pytest
import torch

from othello_interp.hypotheses import roc_auc
from othello_interp.intervals import game_mean
from othello_interp.many import Moments, auc_from_counts, design_effect, discoveries, search


@pytest.mark.parametrize("shape", [(), (7,), (2, 3)])
def test_moments_of_parts_are_those_of_all_at_once_in_any_order(shape):
    generator = torch.Generator().manual_seed(1)
    parts = [1e4 + torch.randn(n, *shape, generator=generator) for n in (5, 0, 1, 40, 0)]
    every = torch.cat(parts).double().numpy()
    for order in ((0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (1, 4, 3, 0, 2)):
        found = functools.reduce(operator.add, [Moments.of(parts[i]) for i in order])
        assert found.count == 46
        np.testing.assert_allclose(found.mean.numpy(), every.mean(0), rtol=1e-12)
        np.testing.assert_allclose(found.variance.numpy(), every.var(0, ddof=1), rtol=1e-9)
    a, b, c = (Moments.of(part) for part in parts[::2])
    torch.testing.assert_close(((a + b) + c).squares, (a + (b + c)).squares)
    nothing = Moments.of(parts[1]) + Moments.of(parts[4])
    assert nothing.count == 0
    assert not nothing.mean.any()


def test_an_auc_from_counts_is_that_of_the_bins_numbers():
    generator = torch.Generator().manual_seed(2)
    bins, holds = torch.randint(6, (300, 4), generator=generator), torch.rand(300, generator=generator) < 0.3
    counts = [
        torch.stack([torch.bincount(each, minlength=6) for each in bins[group].T])
        for group in (holds, ~holds)
    ]
    torch.testing.assert_close(auc_from_counts(*counts), roc_auc(bins.float(), holds))
    assert auc_from_counts(counts[0][1], counts[1][1]) == auc_from_counts(*counts)[1]


def test_the_design_effect_is_the_ratio_of_the_two_variances():
    """The bootstrap over games on one side, drawing positions on the other."""
    generator = torch.Generator().manual_seed(3)
    values = torch.randn(60, 20, generator=generator) + torch.randn(60, 1, generator=generator)
    where = torch.rand(60, 20, generator=generator) < 0.5
    by_games = game_mean(values, where, samples=4000)
    by_positions = game_mean(values[where][:, None], samples=4000)
    ratio = ((by_games.high - by_games.low) / (by_positions.high - by_positions.low)) ** 2
    assert design_effect(values, where) == pytest.approx(ratio, rel=0.15)
    assert design_effect(torch.randn(4000, 3, generator=generator)) == pytest.approx(1, abs=0.1)
    assert design_effect(torch.arange(3.0).expand(9, 3)) == 0


def test_a_design_effect_needs_values_that_differ():
    with pytest.raises(ValueError, match="found none or all the same"):
        design_effect(torch.ones(3, 4))


def test_a_search_finds_what_was_planted_and_chance_elsewhere():
    generator = torch.Generator().manual_seed(4)
    labels = torch.rand(30, 40, 9, generator=generator) < 0.2
    labels[29] = True  # says nothing
    acts = torch.randn(40, 9, 60, generator=generator)
    acts[..., 0] += 2 * labels[17]
    acts[..., 1] = torch.arange(9)  # a clock
    found = search(acts, labels, samples=45, seed=1)
    assert found.label[0] == 17
    assert found.auc[0] == pytest.approx(roc_auc(acts[..., 0].flatten(), labels[17].flatten()).item())
    assert found.by_chance.shape == (45, 60)
    assert found.p[0] == pytest.approx(1 / 46)
    assert found.p[1] == 1  # a game's shuffle leaves a clock as it is
    assert found.p[2:].mean() == pytest.approx(0.5, abs=0.12)  # without effect, p-values are even


def test_a_shuffle_is_the_search_on_shuffled_games():
    generator = torch.Generator().manual_seed(5)
    labels = torch.rand(6, 11, 5, generator=generator) < 0.4
    acts = torch.randn(11, 5, 2, generator=generator)
    found = search(acts, labels, samples=3, seed=9)
    orders = torch.Generator().manual_seed(9)
    for by_chance in found.by_chance:
        order = torch.randperm(11, generator=orders)
        best = max(roc_auc(acts[..., 1].flatten(), line[order].flatten()).item() for line in labels)
        assert by_chance[1].item() == pytest.approx(best)


def test_of_what_is_kept_no_more_than_the_rate_is_false():
    generator = torch.Generator().manual_seed(6)
    shares = []
    for _ in range(200):
        p = torch.rand(100, generator=generator)
        p[:40] *= 1e-3  # true ones
        kept = discoveries(p, 0.2)
        shares.append((kept[40:].sum() / kept.sum().clamp(min=1)).item())
    assert 0.08 < sum(shares) / 200 <= 0.14  # the rate times the share without an effect: 0.12
    assert not discoveries(torch.rand(50, generator=generator) * 0.5 + 0.5).any()
