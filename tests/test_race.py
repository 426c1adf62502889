"""Is what a label explains the share that two means explain, and is a text as long as its comparisons?"""

import pytest
import torch

from othello_interp.race import comparisons, explained, points


def test_a_label_explains_what_two_means_do():
    generator = torch.Generator().manual_seed(1)
    holds = torch.rand(5, 40, generator=generator) < 0.3
    acts = torch.randn(5, 40, generator=generator) + 2 * holds
    means = torch.where(holds, acts[holds].mean(), acts[~holds].mean())
    share = 1 - (acts - means).square().sum() / (acts - acts.mean()).square().sum()
    assert explained(acts, holds) == pytest.approx(100 * share.item(), rel=1e-4)
    assert points(acts, holds, "A0==MINE | A0!=MINE") == pytest.approx(100 * share.item() - 1, rel=1e-4)


@pytest.mark.parametrize("holds", [True, False])
def test_what_holds_everywhere_or_nowhere_explains_nothing(holds):
    assert explained(torch.rand(6), torch.full((6,), holds)) == 0


def test_every_comparison_counts():
    assert comparisons("~(C0==LEGAL & D1!=MINE) | MOVE>=10 & MOVE<20 | MOVE==EVEN") == 5
