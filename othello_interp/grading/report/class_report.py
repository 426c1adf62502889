"""The report on the class: who needs a look, answers to read, points, marks, how each exercise went."""

from collections import Counter
from collections.abc import Iterable, Iterator
from statistics import median
from typing import Any, NamedTuple

from othello_interp.exercises.records import Exercise
from othello_interp.exercises.status import Status
from othello_interp.grading.course import Course
from othello_interp.grading.report.feedback import HEADINGS
from othello_interp.grading.report.lookalikes import lookalikes
from othello_interp.grading.score import OPEN_ANSWERS, ExerciseResult, Result
from othello_interp.pages.render import number, render
from othello_interp.pages.svg import histogram


class Mark(NamedTuple):
    """One student's exercise in the table: a kind, which sets the colour, a sign, and what it stands for."""

    kind: str
    sign: str
    said: str


def class_page(
    course: Course,
    results: list[Result],
    failed: dict[str, str],
    answers: Iterable[tuple[Result, ExerciseResult]] | None = None,
) -> str:
    """The page as HTML.

    Args:
        results: in brief.
        failed: students whom the grader could not deal with, and why.
        answers: those in words that a person has to read; None takes them from `results`.
    """
    totals = [result.total for result in results if result.total is not None]
    of = sum(exercise.points for exercise in course.exercises.values())
    everybody = len(results) + len(failed)
    return render(
        "grading/report/class_report.html.j2",
        course=course,
        figures={
            "submissions": everybody,
            "with a total": len(totals),
            "without a total": everybody - len(totals),
            "median": f"{median(totals):g} / {of:g}" if totals else "–",
            "full marks": sum(total == of for total in totals),
        },
        looks=[(result, reasons) for result in results if (reasons := _reasons(result))],
        pairs=lookalikes(results),
        failed=failed,
        waiting=sum(1 for _ in open_answers(results)),
        open_answers=open_answers(results) if answers is None else answers,
        histogram=histogram(totals, of) if totals and of else "",
        students=[
            (result, [_mark(course.exercises[item.exercise], item) for item in result.exercises.values()])
            for result in results
        ],
        exercises=[_outcomes(exercise, results) for exercise in course.exercises.values()],
    )


def open_answers(results: Iterable[Result]) -> Iterator[tuple[Result, ExerciseResult]]:
    """The answers in words that a person has to read, with those who wrote them."""
    for result in results:
        for item in result.exercises.values():
            if item.status == Status.OPEN:
                yield result, item


def _reasons(result: Result) -> list[str]:
    """Why a person should look at this one; answers to read have a list of their own."""
    return [reason for reason in result.look if not reason.startswith(OPEN_ANSWERS)]


def _mark(exercise: Exercise, item: ExerciseResult) -> Mark:
    share = (item.points or 0.0) / exercise.points
    if item.points is None:
        kind, sign = ("open", "?") if item.status == Status.OPEN else ("blank", "")
    elif share == 1:
        kind, sign = "full", "✓"
    elif share > 0:
        kind, sign = "some", "½"
    elif item.status in (Status.NOT_ATTEMPTED, Status.ABSENT):
        kind, sign = "none", "·"
    else:
        kind, sign = ("wrong", "✗") if item.status in (Status.WRONG, Status.MARKED) else ("stopped", "!")
    heading = HEADINGS[Status(item.status)]
    return Mark(kind, sign, f"{heading}: {number(item.points)} of {exercise.points:g}")


def _outcomes(exercise: Exercise, results: list[Result]) -> dict[str, Any]:
    """How an exercise went for the class: mean share of the points, outcomes, known mistakes."""
    items = [result.exercises[exercise.id] for result in results if exercise.id in result.exercises]
    graded = [item.points for item in items if item.points is not None and not exercise.open]
    said = {mistake.key: mistake.message for mistake in exercise.mistakes}
    mistakes = Counter(item.mistake for item in items if item.mistake)
    statuses = Counter(item.status for item in items)
    return {
        "exercise": exercise,
        "mean": f"{sum(graded) / len(graded) / exercise.points:.0%}" if graded else "–",
        "outcomes": ", ".join(f"{count} {status}" for status, count in statuses.most_common()),
        "mistakes": [f"{count} × {said.get(key, key)}" for key, count in mistakes.most_common()],
    }
