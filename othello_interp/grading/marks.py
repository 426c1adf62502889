"""Points that a person gives: marks.csv in the report's folder, read in every run.

A row gives one student's points for one exercise, and a comment that the student is shown. The program adds
rows for answers in words that wait for a person, and changes nothing else in the file.
"""

import math
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from othello_interp.exercises.records import Exercise
from othello_interp.exercises.status import Status
from othello_interp.grading.course import Course
from othello_interp.grading.report.spreadsheet import add_rows, read_csv, safe, to_csv
from othello_interp.grading.score import OPEN_ANSWERS, ExerciseResult, Result, Standing, total_of
from othello_interp.grading.submissions.find import Submission
from othello_interp.storage.whole_file import write_bytes

NAME = "marks.csv"
COLUMNS = ["student", "id", "key", "exercise", "points", "comment"]
MAX_SIZE = 10 * 2**20
MAX_COMMENT = 5000


@dataclass(frozen=True)
class Mark:
    """A student's points for an exercise, given by a person."""

    points: float
    comment: str = ""


Marks = dict[tuple[str, str], Mark]  # by the student's key and the exercise


class _Ignored(ValueError):
    """A row that can't be used; the message says why."""


def read_marks(path: Path, course: Course, people: Sequence[Submission | Result]) -> tuple[Marks, list[str]]:
    """The marks in a file, and a line for each row that was ignored. No file, no marks; nothing is raised."""
    try:
        table = read_csv(_data(path))
    except (OSError, ValueError) as error:
        return {}, [f"{path.name} was not used: {error}"]
    if not table.rows:
        return {}, []
    head = table.head
    if not {"exercise", "points"} <= set(head) or not {"student", "id", "key"} & set(head):
        return {}, [f"{path.name} was not used: its first line must name the columns {', '.join(COLUMNS)}."]
    marks: Marks = {}
    said = []
    for line, row in table.rows[1:]:
        fields = dict(zip(head, row, strict=False))
        try:
            if len(row) > len(head):
                raise _Ignored("it has more fields than the first line: put a comma between quotes")
            if table.delimiter == "," and fields.get("comment", "").isdecimal():
                raise _Ignored(f"{fields['points']},{fields['comment']} is no number: write 1.5, not 1,5")
            if not fields.get("points"):
                if fields.get("comment"):
                    raise _Ignored("it has a comment and no points")
                continue
            exercise = _exercise(fields.get("exercise", ""), course)
            key = _student(fields, people)
            points = _points(fields["points"], exercise, table.delimiter)
        except _Ignored as error:
            said.append(f"{path.name}, line {line}: {error}. The row was ignored.")
            continue
        if (key, exercise.id) in marks:
            said.append(f"{path.name}, line {line}: a second row for the same exercise; this one counts.")
        marks[key, exercise.id] = Mark(points, fields.get("comment", "")[:MAX_COMMENT])
    return marks, said


def _data(path: Path) -> bytes:
    """The file's content; nothing where there is no file."""
    if not path.exists():
        return b""
    with path.open("rb") as stream:
        data = stream.read(MAX_SIZE + 1)
    if len(data) > MAX_SIZE:
        raise ValueError(f"it is larger than {MAX_SIZE // 2**20} MB")
    return data


def _exercise(text: str, course: Course) -> Exercise:
    """By its id, after which anything may stand: spreadsheets make dates of 4.5, and not of "4.5 Title"."""
    found = course.exercises.get(text.split()[0].strip("'\":") if text else "")
    if found is None:
        known = ", ".join(course.exercises)
        raise _Ignored(f"there is no exercise {text[:40]!r}; there are {known}")
    return found


def _student(fields: dict[str, str], people: Sequence[Submission | Result]) -> str:
    """The key of the student that a row names by their key, else by name, number or both."""
    by_key = [person.key for person in people if person.key == fields.get("key")]
    if by_key:
        return by_key[0]
    name, number = (_normal(fields.get(column, "")) for column in ("student", "id"))
    found = [
        person.key
        for person in people
        if (name or number)
        and (not name or name in (_normal(person.student), _normal(safe(person.student))))
        and (not number or number == _normal(person.id))
    ]
    if len(found) == 1:
        return found[0]
    shown = " ".join(filter(None, (fields.get(column, "") for column in ("student", "id", "key"))))[:80]
    if not found:
        raise _Ignored(f"nobody in this class is called {shown!r}")
    raise _Ignored(f"{len(found)} students are called {shown!r}: name the key, which their page is called by")


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip().casefold()


def _points(text: str, exercise: Exercise, delimiter: str) -> float:
    written = text.replace(",", ".") if delimiter != "," else text
    try:
        points = float(written)
    except ValueError:
        raise _Ignored(f"{text[:40]!r} is not a number of points, such as 1.5") from None
    if not math.isfinite(points) or not 0 <= points <= exercise.points:
        raise _Ignored(f"{text[:40]} points: exercise {exercise.id} has 0 to {exercise.points:g}")
    return points


def with_marks(result: Result, marks: Marks) -> Result:
    """A result with its marks put in; the result itself stays as it is."""
    given = {name: mark for (key, name), mark in marks.items() if key == result.key}
    if not given:
        return result
    exercises = {
        name: _marked(item, given[name]) if name in given else item for name, item in result.exercises.items()
    }
    waiting = [name for name, item in exercises.items() if item.status == Status.OPEN]
    status = result.status
    complete = all(item.points is not None for item in exercises.values())
    if complete or (status == Standing.TO_READ and not waiting):
        status = Standing.GRADED
    look = [line for line in result.look if not line.startswith(OPEN_ANSWERS)]
    if waiting:
        look.append(f"{OPEN_ANSWERS}: {', '.join(waiting)}")
    return replace(result, status=status, total=total_of(exercises, status), exercises=exercises, look=look)


def _marked(item: ExerciseResult, mark: Mark) -> ExerciseResult:
    before = [f"The automatic check gave {item.points:g}. {item.message}"] if item.points is not None else []
    notes = before + item.notes
    return replace(item, status=Status.MARKED, points=mark.points, message=mark.comment, notes=notes)


def add_empty_rows(path: Path, course: Course, results: list[Result], csv_kind: str = "plain") -> int:
    """Add a row for each answer that waits for a person and has none; how many were added.

    Args:
        csv_kind: for a file that isn't there yet; else rows are written as those that are there.
    """
    waiting = [
        (result, course.exercises[item.exercise])
        for result in results
        for item in result.exercises.values()
        if item.status == Status.OPEN and item.exercise in course.exercises
    ]
    try:
        data = _data(path)
        table = read_csv(data)
    except (OSError, ValueError):
        return 0
    if not table.rows:
        data = to_csv([COLUMNS], csv_kind)
        table = read_csv(data)
    there = set()
    for _, row in table.rows[1:]:
        fields = dict(zip(table.head, row, strict=False))
        with suppress(_Ignored):
            there.add((_student(fields, results), _exercise(fields.get("exercise", ""), course).id))
    rows = []
    for result, exercise in waiting:
        if (result.key, exercise.id) not in there:
            fields = {"student": result.student, "id": result.id, "key": result.key}
            fields["exercise"] = f"{exercise.id} {exercise.title}"
            rows.append([fields.get(column, "") for column in table.head])
    if not rows or not {"exercise", "points"} <= set(table.head):
        return 0
    write_bytes(path, add_rows(data, table, rows))
    return len(rows)
