"""From what happened on each case to a verdict. Runs no code of a student's.

check() shows a verdict; the autograder turns the same verdict into points and feedback.
"""

from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from othello_interp.exercises.calling.outcome import Outcome
from othello_interp.exercises.calling.settings import own_settings
from othello_interp.exercises.judging.answer_key import AnswerKey
from othello_interp.exercises.judging.compare import FORGOT_RETURN, Difference, compare
from othello_interp.exercises.judging.slips.alike import alike
from othello_interp.exercises.judging.slips.explain import explain
from othello_interp.exercises.records import Case, Mistake, ModelRef
from othello_interp.exercises.showing import messages
from othello_interp.exercises.status import GOES_ON, Status


@dataclass(frozen=True)
class Verdict:
    """What is to be said about an answer.

    Attributes:
        exercise: its id.
        status: any Status but RETURNED and MISSING.
        share: share of the points earned, 0 to 1.
        message: the main thing to say, in the student's terms.
        notes: further things worth saying, the most useful first.
        mistake: key of the known mistake that gives this very answer, or "".
        slip: what else gives this very answer, in words, if no known mistake does.
        boards: the found and the expected board and where they differ, if the difference is on a board.
        case: name of that case.
        cases, passed: how many cases were tried and how many were right.
        traceback: the student's own frames, where the function raised.
        printed: what the function printed on that case.
    """

    exercise: str
    status: Status
    share: float = 0.0
    message: str = ""
    notes: tuple[str, ...] = ()
    mistake: str = ""
    slip: str = ""
    boards: tuple[Tensor, Tensor, Tensor] | None = None
    case: str = ""
    cases: int = 0
    passed: int = 0
    traceback: str = ""
    printed: str = ""


@own_settings()
def judge(key: AnswerKey, outcomes: list[Outcome]) -> Verdict:
    """The verdict on one exercise.

    Args:
        key: the exercise with its cases and what is expected of them.
        outcomes: one for each case in order, or fewer if the last of them ended the run (see
            `call.run_cases`). Too few, or in another order, earns nothing.
    """
    exercise = key.exercise
    names = [case.name for case in key.cases]
    lost = Verdict(exercise.id, Status.LOST, message=messages.LOST, cases=len(names))
    if exercise.open:
        return replace(lost, status=Status.OPEN, message=messages.OPEN)
    if not outcomes or [outcome.case for outcome in outcomes] != names[: len(outcomes)]:
        return lost
    last = outcomes[-1]
    if last.status not in GOES_ON:
        message = messages.STOPPED[last.status].format(error=last.error, function=exercise.function)
        passed = len(outcomes) - 1 if last.status == Status.TIMED_OUT else 0
        return replace(
            lost, status=last.status, message=message, case=last.case, passed=passed,
            traceback=last.traceback, printed=last.printed,
        )  # fmt: skip
    if len(outcomes) < len(names):
        return lost

    notes = _notes_on_changes(outcomes)
    tried = [_problem(key, index, outcome) for index, outcome in enumerate(outcomes)]
    problems = {index: problem for index, (problem, _) in enumerate(tried) if problem}
    if not problems:
        message = next((remark for _, remark in tried if remark), messages.PASSED)
        return replace(
            lost, status=Status.PASSED, share=1.0, message=message, notes=tuple(notes), passed=len(names)
        )
    at, first = next(iter(problems.items()))
    if first.guess == FORGOT_RETURN and any(right.value is None for right in key.expected):
        first = replace(first, guess="")  # None is an answer here
    outcome = outcomes[at]
    mistake, slip = _known_mistake(key, outcomes, set(problems)), ""
    if mistake:
        said = [] if first.message == mistake.message else [first.message]
        message, notes = mistake.message, [*said, *notes]
    elif first.kind in ("type", "dtype") and _right_but_for_types(key, outcomes):
        slip = message = f"{messages.RIGHT_VALUES} {first}"
    elif slip := _slip(key, outcomes):
        message, notes = slip, [first.message, *notes]
    elif _only_tiny_fails(key.cases, list(problems)):
        message, notes = messages.TINY_ONLY, [str(first), *notes]
    else:
        message = str(first)
    if outcome.global_data:
        notes.append(
            messages.GLOBAL_DATA.format(names=", ".join(f"`{name}`" for name in outcome.global_data))
        )
    return replace(
        lost, status=Status.RAISED if outcome.status == Status.RAISED and not mistake else Status.WRONG,
        share=mistake.credit if mistake else min(problem.share for problem in problems.values()),
        message=message, notes=tuple(notes), mistake=mistake.key if mistake else "", slip=slip,
        boards=first.boards, case=outcome.case,
        passed=len(names) - len(problems),
        traceback=outcome.traceback, printed=outcome.printed,
    )  # fmt: skip


def _problem(key: AnswerKey, index: int, outcome: Outcome) -> tuple[Difference | None, str]:
    """What is wrong on a case, if anything, and a remark on an answer that is right."""
    exercise = key.exercise
    if outcome.status == Status.RAISED:
        return Difference(Status.RAISED, outcome.error), ""
    if exercise.score is None:
        expected = key.expected[index].value
        return compare(outcome.value, expected, exercise.rtol, exercise.atol, parts=exercise.parts), ""
    try:
        share, message = exercise.score(outcome.value, key.cases[index])
    except Exception as error:  # the author's function met an answer of a kind it had not foreseen
        return Difference("type", messages.NOT_SCORED.format(error=f"{type(error).__name__}: {error}")), ""
    share = min(max(float(share), 0.0), 1.0)
    return (None, message) if share == 1.0 else (Difference("value", message, share=share), "")


def _known_mistake(key: AnswerKey, outcomes: list[Outcome], wrong: set[int]) -> Mistake | None:
    """The mistake that does on every case what the student's function did, or if there is none, one that does
    so on all the wrong ones: whoever makes it may have seen to a special case. `wrong` holds some case.
    """
    nearly = None
    for mistake in key.exercise.mistakes:
        differ = _differ(key, key.mistaken(mistake), outcomes)
        if not differ:
            return mistake
        if nearly is None and not differ & wrong and len(differ) < len(wrong):
            nearly = mistake
    return nearly


def _differ(key: AnswerKey, mistaken: list[Outcome], outcomes: list[Outcome]) -> set[int]:
    """The cases on which a mistake's outcome isn't the student's. A kind of error is no evidence by itself,
    since very different slips raise it: where a mistake returns anything wrong, that must have been returned.
    """

    def same(found: Any, other: Any) -> bool:
        return compare(found, other, key.exercise.rtol, key.exercise.atol) is None

    differ, returned_wrong = set(), False
    for index, (found, other) in enumerate(zip(outcomes, mistaken, strict=True)):
        if found.status != other.status:
            differ.add(index)
        elif found.status == Status.RAISED:
            if found.error.split(":")[0] != other.error.split(":")[0]:
                differ.add(index)
        elif not same(found.value, other.value):
            differ.add(index)
        else:
            scored = key.exercise.score is not None
            returned_wrong |= scored or not same(found.value, key.expected[index].value)
    return differ if returned_wrong else set(range(len(outcomes)))


def _right_but_for_types(key: AnswerKey, outcomes: list[Outcome]) -> bool:
    """A tensor in place of a list, fractions in place of True and False, and so on."""
    pairs = zip(outcomes, key.expected, strict=True)
    return all(alike(a.value, b.value, key.exercise.rtol, key.exercise.atol) for a, b in pairs)


def _slip(key: AnswerKey, outcomes: list[Outcome]) -> str:
    """What gives this very answer, whatever the exercise: a changed input, result or reference."""
    if key.exercise.score is not None or any(outcome.status != Status.RETURNED for outcome in outcomes):
        return ""
    found, right = [outcome.value for outcome in outcomes], [outcome.value for outcome in key.expected]
    exercise = key.exercise
    return explain(found, right, key.variants, exercise.rtol, exercise.atol, exercise.parts)


def _only_tiny_fails(cases: list[Case], failed: list[int]) -> bool:
    def kinds(case: Case) -> set[str]:
        return {value.kind for value in case.inputs.values() if isinstance(value, ModelRef)}

    embedded = any("embedded" in kinds(case) for case in cases)
    return embedded and all("tiny" in kinds(cases[index]) for index in failed)


def _notes_on_changes(outcomes: list[Outcome]) -> list[str]:
    names = sorted({name for outcome in outcomes for name in outcome.changed})
    return [messages.CHANGED.format(names=", ".join(f"`{name}`" for name in names))] if names else []
