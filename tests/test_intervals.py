"""Do the intervals hold the truth as often as they say, and are games drawn rather than positions?"""

import pytest
import torch

from othello_interp.intervals import bootstrap, game_mean, game_means, permutation_test


def test_the_mean_is_over_positions():
    values = torch.tensor([[1.0, 2.0, 9.0], [4.0, 5.0, 6.0], [7.0, 7.0, 7.0]])
    where = torch.tensor([[True, True, False], [True, False, False], [False, False, False]])
    found = game_mean(values, where)
    assert found.mean == pytest.approx(7 / 3)
    assert (found.positions, found.games) == (3, 2)
    assert str(found) == f"{found}" == f"2.333 [{found.low:.3f}, {found.high:.3f}]"
    assert f"{found:+.0%}" == f"+233% [{found.low:+.0%}, {found.high:+.0%}]"


def test_many_means_are_each_the_mean_of_its_own():
    generator = torch.Generator().manual_seed(4)
    values = torch.randint(-1, 2, (9, 5, 2, 3), generator=generator)
    where = torch.rand(9, 5, generator=generator) < 0.4
    found = game_means(values, where)
    assert found.mean.shape == (2, 3)
    for row in range(2):
        for col in range(3):
            one = game_mean(values[..., row, col].float(), where)
            ends = [end[row, col].item() for end in found]
            assert ends == pytest.approx([one.mean, one.low, one.high], abs=1e-6)
    assert game_means(values[..., 0, 0]).mean.item() == pytest.approx(values[..., 0, 0].float().mean().item())
    with pytest.raises(ValueError, match="where: no position is marked, so there is no mean"):
        game_means(values, where & False)


def test_the_interval_against_a_loop():
    generator = torch.Generator().manual_seed(1)
    values = torch.randn(12, 5, generator=generator) + torch.arange(12)[:, None]
    where = torch.rand(12, 5, generator=generator) < 0.6
    found = game_mean(values, where, samples=4000, seed=2)
    means = []
    for _ in range(4000):
        games = torch.randint(12, (12,), generator=generator)
        means.append(values[games][where[games]].mean())
    low, high = torch.stack(means).quantile(torch.tensor([0.025, 0.975])).tolist()
    assert found.low == pytest.approx(low, abs=0.15)
    assert found.high == pytest.approx(high, abs=0.15)


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    """Games differ by far more than positions of one game: drawing positions would miss most of the time."""
    generator = torch.Generator().manual_seed(0)
    hits = 0
    for run in range(200):
        values = torch.randn(40, 1, generator=generator) + 0.1 * torch.randn(40, 59, generator=generator)
        found = game_mean(values, samples=300, seed=run)
        hits += found.low <= 0 <= found.high
    assert 0.88 <= hits / 200 <= 0.98


def test_games_without_a_position_change_nothing_but_the_draws():
    sums, count = torch.tensor([[3.0], [0.0]]), torch.tensor([1, 0])
    low, high = bootstrap(sums, count)
    assert low.item() == high.item() == 3.0


def test_a_level_and_a_seed():
    values = torch.randn(30, 4, generator=torch.Generator().manual_seed(0))
    narrow, wide = game_mean(values, level=0.5), game_mean(values, level=0.99)
    assert wide.low < narrow.low < narrow.mean < narrow.high < wide.high
    assert game_mean(values, seed=1) != game_mean(values, seed=2)
    assert game_mean(values, seed=1) == game_mean(values, seed=1)


def test_the_permutation_test_finds_what_is_there_and_nothing_else():
    generator = torch.Generator().manual_seed(3)
    group = torch.rand(40, 9, generator=generator) < 0.3
    noise = torch.randn(40, 9, generator=generator)
    assert permutation_test(noise + group, group).p < 0.01
    found = permutation_test(noise + group, group)
    assert found.difference == pytest.approx(
        ((noise + group)[group].mean() - (noise + group)[~group].mean()).item(), abs=1e-5
    )
    assert found.by_chance < abs(found.difference)


def test_by_chance_alone_p_is_even():
    generator = torch.Generator().manual_seed(4)
    ps = []
    for run in range(200):
        group = torch.rand(15, 6, generator=generator) < 0.4
        ps.append(permutation_test(torch.randn(15, 6, generator=generator), group, samples=99, seed=run).p)
    ps = torch.tensor(ps)
    assert 0.42 < ps.mean() < 0.58
    assert (ps <= 0.1).float().mean() < 0.18


def test_what_only_depends_on_the_move_is_no_effect():
    """Late positions have high values and are often in the group: shuffled within a move that is nothing."""
    generator = torch.Generator().manual_seed(5)
    move = torch.arange(20.0).expand(30, 20)
    group = torch.rand(30, 20, generator=generator) < move / 20
    assert permutation_test(move, group).p == 1.0


def test_positions_that_take_no_part_have_no_say():
    generator = torch.Generator().manual_seed(6)
    values = torch.randn(20, 7, generator=generator)
    group = torch.rand(20, 7, generator=generator) < 0.5
    among = torch.rand(20, 7, generator=generator) < 0.6
    found = permutation_test(values, group, among)
    assert found == permutation_test(values.where(among, 1e6), group ^ ~among, among)
    within = values[group & among].mean() - values[~group & among].mean()
    assert found.difference == pytest.approx(within.item(), abs=1e-5)


def test_a_comparison_needs_both_and_a_mean_something():
    values, none = torch.zeros(3, 4), torch.zeros(3, 4, dtype=torch.bool)
    with pytest.raises(ValueError, match="no position is in the group"):
        permutation_test(values, none)
    with pytest.raises(ValueError, match="no position is outside the group"):
        permutation_test(values, ~none)
    with pytest.raises(ValueError, match="where: no position is marked"):
        game_mean(values, none)
