"""Answers that are right but for a number: each once passed, since no case told it from the right one."""

import pytest
import torch

from othello_interp.exercises import EXERCISES
from othello_interp.exercises.calling.call import run_cases
from othello_interp.exercises.catalogue.exercise_6_7 import _parts, _strongest
from othello_interp.exercises.judging.answer_key import AnswerKey
from othello_interp.exercises.judging.judge import judge
from othello_interp.exercises.status import Status


def above(number):
    """Exercise 3.2 with a fixed number: at most this is rounding error."""

    def inside_and_outside(vectors, basis):
        U, S, _ = torch.linalg.svd(basis, full_matrices=False)
        U = U[:, number < S]
        inside = vectors @ U @ U.T
        return inside, vectors - inside

    return inside_and_outside


def bar(share_asked):
    """Exercise 6.7 with another share than 0.8."""

    def find_caps(acts, attribution, legal):
        own, share, mean = _parts(acts, attribution, legal)
        return _strongest(own & (attribution < 0) & (share >= share_asked), attribution * mean)

    return find_caps


def limits(first, more):
    """Exercise 7.5 with limits that begin elsewhere, or for more tests than there are."""

    def benjamini_hochberg(p, rate):
        ordered = p.sort().values
        below = ordered <= rate * (torch.arange(len(p)) + first) / (len(p) + more)
        return p <= ordered[below.nonzero().max()] if below.any() else torch.zeros_like(p, dtype=torch.bool)

    return benjamini_hochberg


@pytest.mark.parametrize("seed", [0, 1000, 1001, 1002])
@pytest.mark.parametrize(
    ("name", "almost", "right"),
    [
        *(("3.2", above(number), False) for number in (1e-6, 1e-4, 1e-3, 1e-2, 0.1)),
        *(("6.7", bar(share), share == 0.8) for share in (0.5, 0.7, 0.8, 0.9, 0.95)),
        *(("7.5", limits(*how), how == (1, 0)) for how in ((1, 0), (2, 0), (0, 0), (1, 1), (1, -1))),
    ],
)
def test_what_is_nearly_right_is_wrong_at_every_seed(name, almost, right, seed):
    key = AnswerKey(EXERCISES[name], seed)
    verdict = judge(key, run_cases(almost, key.cases))
    assert verdict.status == (Status.PASSED if right else Status.WRONG), verdict.message
