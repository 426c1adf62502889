"""Whatever goes wrong with one student, in whichever stage: a row, a reason, and the class goes on."""

import csv
import os
import time
from dataclasses import replace

import pytest
import small_course
from small_course import RIGHT, first, second, solved, write_files

from othello_interp.grading import grade, grader, results
from othello_interp.grading.report import tables
from othello_interp.grading.running import parcel, worker
from othello_interp.grading.sandbox.limits import Limits
from othello_interp.grading.submissions import find

# Student -> what the row must say. Each raises in the stage of that name; those that come after are judged
# by a function that breaks on their answer to 1.2.
REASONS = {
    "finding": "finding can't be looked through (RuntimeError: a bug)",
    "hashing": "opening: RuntimeError: a bug",
    "opening": "opening: RuntimeError: a bug",
    "an unreadable stream": "can't be read (RuntimeError: a bug)",
    "reading": "reading: RuntimeError: a bug",
    "within the reading child": "reading it failed (Mismatch: Labels: a str, expected the fields of Labels)",
    "running": "running: RuntimeError: a bug",
    "judging": "judging: RuntimeError: a bug",
    "scoring": "scoring: RuntimeError: a bug",
    "writing": "writing the result: RuntimeError: a bug",
    "page": "the feedback page can't be written (RuntimeError: a bug)",
}
ANSWERS = {
    "raises": "The answer could not be scored (RuntimeError: a bug).",
    "exits": "The answer can't be compared: judging it ended the process (exit status 3).",
    "loops": "The answer can't be compared: judging it had not stopped after 8 s.",
    "eats": "The answer can't be compared: judging it used more memory than is allowed.",
}


def fragile(found, case):
    """A score that breaks on some answers."""
    if found == "raises":
        raise RuntimeError("a bug")
    if found == "exits":
        os._exit(3)
    while found == "loops":
        pass
    if found == "eats":  # in many processes: a single one meets its own limit first
        children = [os.fork() for _ in range(4)]
        hog = bytearray(b"x") * (60 * 2**20)
        time.sleep(60 + len(hog) + len(children))
    return (1.0, "right") if isinstance(found, float) else (0.0, "wrong")


def raising(original, student, where):
    """A function that raises for the one student whose name `where` finds in its arguments."""

    def wrapped(*args, **kwargs):
        if student in str(where(*args, **kwargs)):
            raise RuntimeError("a bug")
        return original(*args, **kwargs)

    return wrapped


def files(found):
    return [file.name for file in found.files]


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Rows of grades.csv by student, results by student, and what was said of the failed."""
    base = tmp_path_factory.mktemp("stages")
    course = small_course.build(base, notebooks=2)
    exercises = {**course.exercises, "1.2": replace(course.exercises["1.2"], score=fragile, mistakes=())}
    course = replace(course, exercises=exercises)
    for name in ["Ada", *REASONS]:
        submitted = {f"{name}.ipynb": solved([f"# {name}"]), "02_words.ipynb": second(RIGHT["2.1"], name)}
        write_files(base / "submissions" / name, submitted)
    for name in ANSWERS:
        answer = f"def above(acts, threshold):\n    return {name!r}"
        write_files(base / "submissions" / name, {"01_boards.ipynb": first({**RIGHT, "1.2": answer})})

    with pytest.MonkeyPatch.context() as patch:

        def break_it(module, name, student, where):
            patch.setattr(module, name, raising(getattr(module, name), student, where))

        break_it(find, "collect", "finding", lambda node, budget: node.name)
        break_it(grader, "digest", "hashing", files)
        break_it(grader, "opened", "opening", files)
        break_it(worker.Worker, "read", "reading.", lambda self, handed_in: handed_in.labels)
        break_it(worker, "run_plan", "running", lambda room, limits, stem, plan, tasks: plan)
        break_it(grader.Grader, "_judged", "judging", lambda self, exercise, outcomes, words: words)
        break_it(grader, "reasons_to_look", "scoring", lambda result, paper, runs: result.student)
        break_it(results, "write_text", "writing", lambda path, text: path.name)
        break_it(tables, "feedback_page", "page", lambda course, result: result.student)
        break_it(parcel, "_on_disk", "stream", lambda file, limit: file.name)
        original = worker.to_plain
        patch.setattr(
            worker, "to_plain", lambda value: "rubbish" if "within" in str(value) else original(value)
        )
        patch.setattr(grader, "JUDGING_SECONDS", 8.0)
        limits = Limits(seconds=5.0, memory=256 * 2**20)
        summary = grade.grade_class(course, base / "submissions", base / "out", limits=limits, workers=2)
    with (base / "out" / "grades.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    return rows, {result.student: result for result in summary.results}, summary


def test_the_others_have_their_points(graded):
    assert graded[0]["Ada"]["total"] == "9"
    assert len(graded[0]) == 1 + len(REASONS) + len(ANSWERS)


@pytest.mark.parametrize("student", REASONS)
def test_a_row_and_a_reason(graded, student):
    assert REASONS[student] in graded[0][student]["look"]


@pytest.mark.parametrize("student", ANSWERS)
def test_an_answer_that_breaks_the_judge_costs_itself_alone(graded, student):
    rows, results, _ = graded
    assert [rows[student][name] for name in ("1.1", "1.2", "1.3")] == ["2", "0", "2"]
    assert ANSWERS[student] in results[student].exercises["1.2"].message
