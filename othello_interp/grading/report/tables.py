"""What grading leaves behind for machines: grades.csv and Gradescope's results. feedback.py and
class_report.py make the pages.
"""

import csv
import io
import json
from pathlib import Path

from othello_interp.exercises.status import Status
from othello_interp.grading.course import Course
from othello_interp.grading.report.class_report import class_page
from othello_interp.grading.report.feedback import feedback_page
from othello_interp.grading.score import ExerciseResult, Result
from othello_interp.grading.standing import Standing
from othello_interp.storage.whole_file import write_text


def write_report(course: Course, results: list[Result], failed: dict[str, str], out: Path) -> None:
    """Write grades.csv, gradescope/, feedback/ and report.html for these results."""
    for result in results:
        try:
            write_text(out / "feedback" / f"{result.key}.html", feedback_page(course, result))
            scores = json.dumps(gradescope(course, result), indent=1)
            write_text(out / "gradescope" / f"{result.key}.json", scores)
        except Exception as error:  # of one page: everybody else's is written
            reason = f"the feedback page can't be written ({type(error).__name__}: {error})"
            result.look.append(reason[:300])
    write_text(out / "grades.csv", grades_csv(course, results, failed))
    write_text(out / "report.html", class_page(course, results, failed))


def grades_csv(course: Course, results: list[Result], failed: dict[str, str]) -> str:
    """The grades as a table: a field is blank, not 0, where nothing could be graded."""
    stream = io.StringIO()
    table = csv.writer(stream)
    table.writerow(["student", "id", "status", "total", "of", *course.exercises, "look"])
    of = sum(exercise.points for exercise in course.exercises.values())
    for result in results:
        points = [_number(item.points) for item in result.exercises.values()]
        row = [
            result.student,
            result.id,
            result.status,
            _number(result.total),
            of,
            *points,
            "; ".join(result.look),
        ]
        table.writerow([_safe(field) for field in row])
    for student, reason in failed.items():
        table.writerow(
            [
                _safe(field)
                for field in [student, "", Standing.FAILED, "", of, *[""] * len(course.exercises), reason]
            ]
        )
    return stream.getvalue()


def _number(points: float | None) -> str:
    return "" if points is None else f"{points:g}"


def _safe(field: object) -> str:
    """A field that no spreadsheet takes for a formula."""
    text = (
        str(field).encode(errors="replace").decode().replace("\r", " ").replace("\n", " ").replace("\0", "")
    )
    return "'" + text if text.lstrip()[:1] in ("=", "+", "-", "@") else text


def gradescope(course: Course, result: Result) -> dict:
    """The student's result as Gradescope's results.json. No score where there is none."""
    tests = [
        _test(course, item)
        for item in result.exercises.values()
        if item.points is not None or item.status == Status.OPEN
    ]
    document = {
        "output": "\n".join(
            [*result.problems, *(line for lines in result.remarks.values() for line in lines)]
        ),
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "execution_time": round(result.seconds),
        "tests": tests,
        "extra_data": {"status": result.status, "digest": result.digest},
    }
    return document if result.total is None else {"score": result.total, **document}


def _test(course: Course, item: ExerciseResult) -> dict:
    exercise = course.exercises[item.exercise]
    test = {
        "name": exercise.title,
        "number": exercise.id,
        "max_score": exercise.points,
        "output": "\n".join([item.message, *item.notes, *([item.traceback] if item.traceback else [])]),
        "output_format": "text",
        "visibility": "visible",
        "extra_data": {"status": item.status, "mistake": item.mistake},
    }
    if item.points is None:
        return test
    return {"score": item.points, "status": "passed" if item.points == exercise.points else "failed", **test}
