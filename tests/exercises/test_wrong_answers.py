"""Is every wrong answer of four batches rejected, are most told what they did, and none a thing untrue?"""

import functools

import pytest
import wrong_answers_1
import wrong_answers_2
import wrong_answers_3
import wrong_answers_4
from wrong_answers import Wrong

from othello_interp.exercises import EXERCISES
from othello_interp.exercises.calling.call import run_cases
from othello_interp.exercises.judging.answer_key import AnswerKey
from othello_interp.exercises.judging.judge import judge
from othello_interp.exercises.status import Status

#: What share of a batch is told what it did, at the least.
BATCHES = {
    "first": (wrong_answers_1.wrong, 0.8),
    "second": (wrong_answers_2.wrong, 0.8),
    "third": (wrong_answers_3.wrong, 0.85),
    "fourth": (wrong_answers_4.wrong, 0.65),
}


@functools.cache
def key(name: str) -> AnswerKey:
    return AnswerKey(EXERCISES[name], 0)


def said(answer: Wrong) -> str:
    """What the check says that an answer did, if it knows."""
    answers = key(answer.exercise)
    assert answers.expected
    verdict = judge(answers, run_cases(answer.fn, answers.cases))
    assert verdict.status in (Status.WRONG, Status.RAISED), f"{answer} is {verdict.status}"
    return verdict.slip or (verdict.message if verdict.mistake or answers.exercise.score else "")


@pytest.mark.slow
@pytest.mark.parametrize("name", BATCHES)
def test_most_wrong_answers_are_told_what_they_did_and_none_a_thing_untrue(name):
    batch, least = BATCHES[name]
    told = {str(answer): (said(answer), answer.words) for answer in batch}
    untrue = [
        f"{at}: {text} ({words})"
        for at, (text, words) in told.items()
        if text and not any(w in text for w in words)
    ]
    assert untrue == []
    share = sum(bool(text) for text, _ in told.values()) / len(batch)
    assert share >= least, f"{share:.0%} are told what they did"
