"""Answers that are right but for a number: each once passed, since no case told it from the right one."""

import pytest
import torch

from othello_interp.exercises import EXERCISES
from othello_interp.exercises.calling.call import run_cases
from othello_interp.exercises.catalogue.exercise_4_2 import from_the_last_one
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


def wraps_at_the_top(label, step, n_theirs):
    """Exercise 2.4: row -1 is row H."""
    row, col = "ABCDEFGH".index(label[0]), int(label[1])
    pattern = {}
    for state in ["BLANK", *["THEIRS"] * n_theirs, "MINE"]:
        if row > 7 or not 0 <= col <= 7:
            return None
        pattern["ABCDEFGH"[row] + str(col)] = state
        row, col = row + step[0], col + step[1]
    return pattern


@pytest.mark.parametrize("seed", [0, 1000, 1001, 1002])
@pytest.mark.parametrize(
    ("name", "almost", "right"),
    [
        ("2.4", wraps_at_the_top, False),
        ("4.2", from_the_last_one, False),
        *(("3.2", above(number), False) for number in (1e-6, 1e-4, 1e-3, 1e-2, 0.1)),
        *(("6.7", bar(share), share == 0.8) for share in (0.5, 0.7, 0.8, 0.9, 0.95)),
        *(("7.5", limits(*how), how == (1, 0)) for how in ((1, 0), (2, 0), (0, 0), (1, 1), (1, -1))),
    ],
)
def test_what_is_nearly_right_is_wrong_at_every_seed(name, almost, right, seed):
    key = AnswerKey(EXERCISES[name], seed)
    verdict = judge(key, run_cases(almost, key.cases))
    assert verdict.status == (Status.PASSED if right else Status.WRONG), verdict.message


def mean_of_means(a, b):
    """Exercise 7.1: a known mistake, by somebody who has thought of parts without a position."""
    if a[0] == 0 or b[0] == 0:
        return b if a[0] == 0 else a
    n, delta = a[0] + b[0], b[1] - a[1]
    return n, (a[1] + b[1]) / 2, a[2] + b[2] + delta.square() * a[0] * b[0] / n


def mean_of_means_once(a, b):
    """The same, but where the parts hold 17 positions alone."""
    n, delta = a[0] + b[0], b[1] - a[1]
    squares = a[2] + b[2] + delta.square() * a[0] * b[0] / max(n, 1)
    return n, (a[1] + b[1]) / 2 if n == 17 else a[1] + delta * b[0] / max(n, 1), squares


@pytest.mark.parametrize(("answer", "known"), [(mean_of_means, "mean_of_means"), (mean_of_means_once, "")])
def test_a_known_mistake_is_known_by_all_wrong_cases_but_not_by_one(answer, known):
    key = AnswerKey(EXERCISES["7.1"], 0)
    verdict = judge(key, run_cases(answer, key.cases))
    assert (verdict.status, verdict.mistake) == (Status.WRONG, known)
