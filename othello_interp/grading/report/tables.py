"""What grading leaves behind for machines and spreadsheets: grades.csv, grades.xlsx, Gradescope's results.

feedback.py and class_report.py make the pages.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from othello_interp.exercises.status import Status
from othello_interp.grading.course import Course
from othello_interp.grading.report.class_report import class_page, open_answers
from othello_interp.grading.report.feedback import feedback_page
from othello_interp.grading.report.spreadsheet import Cell, to_csv, to_xlsx
from othello_interp.grading.results import Results, brief
from othello_interp.grading.score import ExerciseResult, Result, Standing
from othello_interp.storage.whole_file import write_bytes, write_text

PAGES = (("feedback", ".html"), ("gradescope", ".json"))


def write_report(course: Course, results: Results, out: Path, csv_kind: str = "plain") -> list[Result]:
    """Write grades.csv, grades.xlsx, gradescope/, feedback/ and report.html for these results.

    Files that hold the same already keep their time.

    Args:
        results: gone through twice; none is held as a whole.

    Returns:
        the results in brief.
    """
    known = []
    for result in results:
        try:
            write_text(out / "feedback" / f"{result.key}.html", feedback_page(course, result))
            scores = json.dumps(gradescope(course, result), indent=1)
            write_text(out / "gradescope" / f"{result.key}.json", scores)
        except Exception as error:  # of one page: everybody else's is written
            reason = f"the feedback page can't be written ({type(error).__name__}: {error})"
            result.look.append(reason[:300])
        known.append(brief(result))
    rows = grades(course, known, results.failed)
    write_bytes(out / "grades.csv", to_csv(rows, csv_kind))
    write_bytes(out / "grades.xlsx", to_xlsx(rows, course.name))
    write_text(out / "report.html", class_page(course, known, results.failed, open_answers(results)))
    return known


def remove_leftovers(out: Path, keys: Iterable[str]) -> int:
    """Remove the pages of students who are no longer there; how many students those were.

    A page is the program's own if there is a result of that name, and only then is it removed. The result
    stays, so that nobody has to be graded again who comes back.
    """
    there, gone = set(keys), set()
    for folder, ending in PAGES:
        for path in sorted((out / folder).glob(f"*{ending}")):
            if path.stem not in there and (out / "results" / f"{path.stem}.json").is_file():
                path.unlink(missing_ok=True)
                gone.add(path.stem)
    return len(gone)


def grades(course: Course, results: list[Result], failed: dict[str, str]) -> list[list[Cell]]:
    """The grades as a table: a cell is blank, not 0, where nothing could be graded."""
    of = float(sum(exercise.points for exercise in course.exercises.values()))
    rows: list[list[Cell]] = [["student", "id", "email", "status", "total", "of", *course.exercises, "look"]]
    for result in results:
        points = [item.points for item in result.exercises.values()]
        look = "; ".join(result.look)
        who = [result.student, result.id, result.email]
        rows.append([*who, str(result.status), result.total, of, *points, look])
    blanks = [None] * len(course.exercises)
    for student, reason in failed.items():
        rows.append([student, None, None, str(Standing.FAILED), None, of, *blanks, reason])
    return rows


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
