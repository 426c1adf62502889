"""Whether an answer passes, and which mistake it is taken for, depends on the answer and not on the seed.

The check uses one seed, the grader draws another for each run: a right answer that fails at one seed in a
hundred, or a wrong one that passes, is a grade that a student can rightly complain about.
"""

import random
from collections.abc import Callable
from typing import Any

import pytest
from catalogue_rules import right_answers
from torch import Tensor

from othello_interp.exercises import EXERCISES
from othello_interp.exercises.calling.call import resolve, run_case
from othello_interp.exercises.calling.outcome import Outcome
from othello_interp.exercises.calling.plain import plain
from othello_interp.exercises.judging.answer_key import AnswerKey, load_reference
from othello_interp.exercises.judging.judge import judge
from othello_interp.exercises.records import Case, Exercise, ModelRef, make_cases
from othello_interp.exercises.status import Status


def seeds(number: int) -> list[int]:
    """The check's seed, and others as the grader draws them."""
    return [0, *random.Random(1).sample(range(2**31), number - 1)]


def needs_a_model(exercise: Exercise) -> bool:
    return any(isinstance(v, ModelRef) for case in make_cases(exercise, 0) for v in case.inputs.values())


def outcomes(fn: Callable[..., Any], cases: list[Case]) -> list[Outcome]:
    """As run_cases does, without the time limits and other protections, which would take most of the time."""

    def given(value: Any) -> Any:
        if isinstance(value, ModelRef):
            return resolve(value)
        return value.clone() if isinstance(value, Tensor) else value

    found = []
    for case in cases:
        inputs = {name: given(value) for name, value in case.inputs.items()}
        try:
            found.append(Outcome(case.name, Status.RETURNED, plain(fn(**inputs))))
        except Exception:
            found.append(run_case(fn, case))
    return found


def wrong_verdicts(exercise: Exercise, seed: int) -> list[str]:
    """What the check of an exercise gets wrong at one seed."""
    key = AnswerKey(exercise, seed)
    key._expected = outcomes(load_reference(exercise), key.cases)
    key._mistaken = {mistake.key: outcomes(mistake.fn, key.cases) for mistake in exercise.mistakes}
    wrong = []
    for mistake in exercise.mistakes:
        verdict = judge(key, key.mistaken(mistake))
        if verdict.mistake != mistake.key:
            taken_for = verdict.mistake or verdict.message
            wrong.append(f"seed {seed}: mistake {mistake.key} is {verdict.status}, taken for {taken_for}")
    for name, fn in {"the reference": load_reference(exercise), **right_answers(exercise)}.items():
        verdict = judge(key, outcomes(fn, key.cases))
        if verdict.status != Status.PASSED:
            wrong.append(f"seed {seed}: {name} is {verdict.status} on {verdict.case!r}: {verdict.message}")
    return wrong


#: A second or more for a seed: these need no model, but play or shuffle games.
LONG = {"5.3", "7.4"}
CHECKED = [name for name, exercise in EXERCISES.items() if not exercise.open]


def sweep(exercise: Exercise, number: int) -> list[str]:
    """All that goes wrong over some seeds; cases that don't depend on the seed are tried once."""
    tried, wrong = set(), []
    for seed in seeds(number):
        cases = repr(make_cases(exercise, seed))
        if cases not in tried:
            wrong += wrong_verdicts(exercise, seed)
        tried.add(cases)
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize("name", CHECKED)
def test_every_seed(name):
    exercise = EXERCISES[name]
    assert sweep(exercise, 20 if name in LONG or needs_a_model(exercise) else 200) == []
