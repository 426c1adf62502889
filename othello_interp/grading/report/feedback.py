"""One student's page: points, what was wrong in the check's words, hints. No inputs and no solutions."""

from typing import Any

from othello_interp.exercises.records import Exercise
from othello_interp.exercises.showing.messages import HEADLINES
from othello_interp.exercises.status import Status
from othello_interp.grading.course import Course
from othello_interp.grading.score import ExerciseResult, Result
from othello_interp.pages.render import render

HEADINGS = {
    **HEADLINES,
    Status.MISSING: "Not handed in",
    Status.OPEN: "Waiting for a person to read it",
    Status.MARKED: "Points given by a person",
}


def feedback_page(course: Course, result: Result) -> str:
    """The page as HTML."""
    notebooks = []
    for stem in course.stems:
        items = [result.exercises[exercise.id] for exercise in course.of_notebook(stem)]
        if any(item.status != Status.MISSING for item in items):
            cards = [_card(course.exercises[item.exercise], item) for item in items]
            notebooks.append({"name": stem, "cards": cards, "remarks": result.remarks.get(stem, [])})
    return render(
        "grading/report/feedback.html.j2",
        course=course.name,
        result=result,
        of=sum(exercise.points for exercise in course.exercises.values()),
        files=result.remarks.get("files", []),
        notebooks=notebooks,
    )


def _card(exercise: Exercise, item: ExerciseResult) -> dict[str, Any]:
    if item.points is None:
        tone = "none"
    else:
        tone = "good" if item.points == exercise.points else "part" if item.points else "bad"
    return {
        "exercise": exercise,
        "item": item,
        "heading": HEADINGS[Status(item.status)],
        "tone": tone,
        "hints": () if item.status in (Status.PASSED, Status.OPEN, Status.MISSING) else exercise.hints,
    }
