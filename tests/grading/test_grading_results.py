"""What is kept on disk of a class, and how little of it in memory."""

import csv
import json
import tracemalloc

import pytest
import small_course

from othello_interp.exercises.status import Status
from othello_interp.grading.marks import Mark
from othello_interp.grading.report.tables import write_report
from othello_interp.grading.results import Results
from othello_interp.grading.score import ExerciseResult, Result, Standing

STUDENTS = 40
TEXT = 60_000  # characters: of each of the five texts of a student


def result(number: int) -> Result:
    """A student who wrote much."""
    text = f"{number} " * (TEXT // 4)
    exercises = {
        name: ExerciseResult(name, Status.WRONG, 0.0, text, [text], traceback=text)
        for name in ("1.1", "1.2", "1.3", "2.1")
    }
    exercises["2.2"] = ExerciseResult("2.2", Status.OPEN, None, words=f"the words of {number}")
    key = f"student-{number:03}"
    return Result(
        key.upper(), "", key, "digest", Standing.TO_READ, 0.0, exercises, [text], {"01_boards": [text]}
    )


@pytest.fixture(scope="module")
def course2(tmp_path_factory):
    return small_course.build(tmp_path_factory.mktemp("course"), notebooks=2)


def test_memory_does_not_grow_with_what_students_wrote(course2, tmp_path):
    results = Results(tmp_path)
    write_report(course2, results, tmp_path)  # templates and the like are loaded once
    tracemalloc.start()
    for number in range(STUDENTS):
        results.keep(result(number))
    on_disk = sum(path.stat().st_size for path in (tmp_path / "results").iterdir())
    assert on_disk > STUDENTS * 9 * TEXT
    before, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    known = write_report(course2, results, tmp_path)
    held, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(known) == STUDENTS
    assert before < 4_000 * STUDENTS
    assert held - before < 20_000 * STUDENTS
    assert peak - before < 20_000 * STUDENTS + 100 * TEXT < on_disk / 3
    page = (tmp_path / "report.html").read_text()
    assert all(f"the words of {number}<" in page for number in range(STUDENTS))


def test_results_come_back_in_order_with_the_points_by_hand(tmp_path):
    results = Results(tmp_path)
    for number in (2, 0, 1):
        results.keep(result(number))
    results.marks = {("student-001", "2.2"): Mark(0.5)}
    assert [(r.key, r.exercises["2.2"].points) for r in results] == [
        ("student-000", None),
        ("student-001", 0.5),
        ("student-002", None),
    ]


def test_only_what_belongs_to_this_submission_is_found(tmp_path):
    Results(tmp_path).keep(result(1))
    path = tmp_path / "results" / "student-001.json"
    results = Results(tmp_path)
    assert not results.find("student-001", "another")
    assert not results.find("student-002", "digest")
    assert results.find("student-001", "digest")
    assert [r.key for r in results] == ["student-001"]
    document = json.loads(path.read_text())
    path.write_text(json.dumps(document | {"key": "student-002"}))
    assert not Results(tmp_path).find("student-001", "digest")


def test_a_result_that_is_gone_or_damaged_costs_only_its_student(course2, tmp_path):
    results = Results(tmp_path)
    for number in range(4):
        results.keep(result(number))
    folder = tmp_path / "results"
    (folder / "student-001.json").unlink()
    (folder / "student-002.json").write_text('{"student": 7}')
    known = write_report(course2, results, tmp_path)
    lost = results.failed
    assert [r.key for r in known] == ["student-000", "student-003"]
    assert list(lost) == ["STUDENT-001", "STUDENT-002"]
    assert lost["STUDENT-001"].startswith("the result was written and can't be read back (FileNotFoundError")
    assert lost["STUDENT-002"].startswith("the result was written and can't be read back (Mismatch")
    with open(tmp_path / "grades.csv", encoding="utf-8-sig", newline="") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert len(rows) == 4
    assert rows["STUDENT-001"]["total"] == ""
    assert "run the grader again" in rows["STUDENT-001"]["look"]
    assert "STUDENT-002" in (tmp_path / "report.html").read_text()
