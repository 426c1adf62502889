"""Are scores from a small table those of the positions, and do their intervals draw whole games?"""

import pytest
import torch
from sklearn.metrics import f1_score, r2_score, roc_auc_score

from othello_interp.atlas.scores import Table, best_cut, scores
from othello_interp.intervals import draws

FIRES, N_GAMES = 0.8, 20


@pytest.fixture(scope="module")
def data():
    """What rules expect, two of them the same; which rule counts; activations that follow, more or less."""
    generator = torch.Generator().manual_seed(0)
    values = torch.tensor([1.5, 0.0, 0.5, 0.0, -1.0])
    which = torch.randint(5, (N_GAMES * 59,), generator=generator)
    of_game = torch.randn(N_GAMES, generator=generator).repeat_interleave(59)
    return values, which, values[which] + 0.5 * of_game + torch.randn(len(which), generator=generator)


@pytest.fixture(scope="module")
def table(data):
    return Table.of(*data, FIRES)


def of_scikit_learn(data, games, cut):
    values, which, acts = data
    where = (59 * games[:, None] + torch.arange(59)).flatten()
    acts, expected = acts[where].numpy(), values[which][where].numpy()
    fires = acts > FIRES
    return (
        r2_score(acts, expected),
        f1_score(fires, expected > cut),
        roc_auc_score(fires, expected),
    )


def test_scores_are_those_of_the_positions(data, table):
    cut, place = best_cut(table)
    expected = of_scikit_learn(data, torch.arange(N_GAMES), cut)
    assert [score.value for score in scores(table, place)] == pytest.approx(expected, abs=1e-6)
    f1s = [of_scikit_learn(data, torch.arange(N_GAMES), other)[1] for other in (-0.5, 0.25, 1.0)]
    assert max(f1s) == pytest.approx(expected[1])
    assert cut in (-0.5, 0.25, 1.0)


def test_intervals_draw_games_as_a_loop_would(data, table):
    cut, place = best_cut(table)
    found = [
        of_scikit_learn(data, torch.arange(N_GAMES).repeat_interleave(times.long()), cut)
        for times in draws(N_GAMES)[:300]
    ]
    for score, column in zip(scores(table, place), zip(*found, strict=True), strict=True):
        ends = torch.tensor(column, dtype=torch.double).quantile(torch.tensor([0.025, 0.975]).double())
        assert score.interval == pytest.approx(ends.tolist(), abs=0.015)
        assert score.interval[0] < score.value < score.interval[1]


def test_one_value_expects_it_to_fire_nowhere(data):
    _, which, acts = data
    table = Table.of(torch.tensor([0.7]), torch.zeros_like(which), acts, FIRES)
    cut, place = best_cut(table)
    assert (cut, place) == (pytest.approx(0.7), 1)
    _, f1, auc = scores(table, place)
    assert (f1.value, auc.value) == (0, 0.5)
