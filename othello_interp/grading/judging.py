"""From what a submission's functions returned to points and words, in a limited child. Trusts no outcome."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

from othello_interp.exercises.calling.encode import EncodeError, decode
from othello_interp.exercises.calling.outcome import Outcome
from othello_interp.exercises.judging.answer_key import AnswerKey
from othello_interp.exercises.judging.judge import Verdict, judge
from othello_interp.exercises.status import Status
from othello_interp.grading.running import wire
from othello_interp.grading.score import ExerciseResult


def score_exercise(key: AnswerKey, outcomes: list[Outcome], words: str) -> ExerciseResult:
    """The result of one exercise that was handed in. Fails closed: no outcome, no points."""
    exercise = key.exercise.id
    if key.exercise.open:
        status = Status.OPEN if words else Status.NOT_ATTEMPTED
        message = "A person will read your answer." if words else "No answer was found."
        return ExerciseResult(exercise, status, None if words else 0.0, message, words=words)
    try:
        verdict = judge(key, outcomes)
    except Exception as error:  # an answer of a kind that the comparison had not foreseen
        verdict = Verdict(
            exercise, Status.WRONG, message=f"The answer can't be compared ({type(error).__name__})."
        )
    return ExerciseResult(
        exercise,
        verdict.status,
        round(verdict.share * key.exercise.points, 2),
        _message(verdict, outcomes, key.exercise.function),
        list(verdict.notes),
        verdict.mistake,
        verdict.traceback,
        verdict.passed,
        verdict.cases,
        words,
    )


def _message(verdict: Verdict, outcomes: list[Outcome], function: str) -> str:
    """What the check says, but where it speaks of calling check()."""
    if verdict.status == Status.ABSENT:
        return f"The notebook defines no function `{function}`."
    if verdict.status == Status.LOST and outcomes and outcomes[-1].error:
        return f"Your function gave no result. {outcomes[-1].error}"
    return verdict.message


def read_outcome(data: bytes, name: str) -> Outcome:
    """A child's outcome, its texts cut short; what isn't one earns nothing. Outcome checks its own types."""
    try:
        answer = decode(data, wire.MAX_ANSWER)
    except EncodeError as error:
        return Outcome(name, Status.LOST, error=f"It sent something that is not an answer ({error}).")
    if type(answer) is not Outcome or answer.case != name:
        return Outcome(name, Status.LOST, error="It answered with something else than an outcome.")
    return replace(
        answer,
        error=answer.error[:2000],
        traceback=answer.traceback[:4000],
        printed=answer.printed[:2000],
        changed=_names(answer.changed),
        global_data=_names(answer.global_data),
        seconds=answer.seconds if 0 <= answer.seconds < 1e6 else 0.0,
    )


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name[:60] for name in islice(names, 20))
