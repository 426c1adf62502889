"""Is every wrong answer of seven batches rejected, are most told what they did, and none a thing untrue?"""

import importlib

import pytest
from wrong_answers import Wrong

from othello_interp.exercises import EXERCISES
from othello_interp.exercises.checker import verdict
from othello_interp.exercises.showing import messages
from othello_interp.exercises.status import Status

#: What share of a batch is told what it did, at the least.
BATCHES = {1: 0.8, 2: 0.8, 3: 0.85, 4: 0.75, 5: 0.85, 6: 0.8, 7: 0.9}
NEARLY = messages.NEARLY.split("{")[0]


def said(answer: Wrong) -> str:
    """What the check says that an answer did, if it knows."""
    exercise = EXERCISES[answer.exercise]
    found = verdict(exercise, answer.fn)
    assert found.status in (Status.WRONG, Status.RAISED), f"{answer} is {found.status}"
    return found.slip or (found.message if found.mistake or exercise.score else "")


def is_true(text: str, answer: Wrong) -> bool:
    """A place that makes an answer right has been tried, and is true in itself."""
    return text.startswith(NEARLY) or any(words in text for words in answer.words)


@pytest.mark.slow
@pytest.mark.parametrize("number", BATCHES)
def test_most_wrong_answers_are_told_what_they_did_and_none_a_thing_untrue(number):
    batch = importlib.import_module(f"wrong_answers_{number}").wrong
    told = [(answer, text) for answer in batch if (text := said(answer))]
    untrue = [f"{answer}: {text} ({answer.words})" for answer, text in told if not is_true(text, answer)]
    assert untrue == []
    share = len(told) / len(batch)
    assert share >= BATCHES[number], f"{share:.0%} are told what they did"
