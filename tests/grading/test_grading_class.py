"""Grading a class: nothing is lost, nothing is done twice, and what is written is safe to open."""

import argparse
import csv
import dataclasses
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from unittest.mock import MagicMock

import pytest
import small_course
from small_course import RIGHT, WRONG, first, second, solved, write_files

from othello_interp.exercises.judging import answer_key
from othello_interp.grading import command
from othello_interp.grading.exam import Exam
from othello_interp.grading.grade import Summary, grade_class
from othello_interp.grading.grader import Grader, grade_notebook
from othello_interp.grading.results import Results
from othello_interp.grading.running.worker import Worker
from othello_interp.grading.sandbox.guard import tree
from othello_interp.grading.sandbox.limits import Limits
from othello_interp.grading.submissions.find import Submission
from othello_interp.grading.submissions.handed_in import Collected, File
from othello_interp.grading.submissions.notebook_file import read_notebook
from othello_interp.grading.submissions.plan import make_plan

LIMITS = Limits(seconds=5.0, memory=256 * 2**20)
COMMAND = """
import signal, sys
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background of a shell ignores it
sys.path.insert(0, {here!r})
import small_course
from othello_interp.grading.grade import grade_class
from othello_interp.grading.results import Results
from othello_interp.grading.sandbox.guard import tree
from othello_interp.grading.sandbox.limits import Limits
base = Path({base!r})
course = small_course.build(base)
summary = grade_class(course, base / "submissions", base / "out", limits=Limits(seconds=5), workers=1)
print("interrupted" if summary.interrupted else "finished", summary.new)
"""


def grades(out: Path) -> dict[str, dict[str, str]]:
    with (out / "grades.csv").open(newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def silent(line: str) -> None:
    pass


@pytest.fixture(scope="module")
def course2(tmp_path_factory):
    """The small course with both notebooks."""
    return small_course.build(tmp_path_factory.mktemp("course2"), notebooks=2)


@pytest.fixture(scope="module")
def report(course2, tmp_path_factory):
    """A class of seven with both notebooks, graded once."""
    base = tmp_path_factory.mktemp("class")
    folder = base / "submissions"
    loops = [
        f"def helper{i}(x):\n    y = x * {i}\n    return [y + k for k in range({i}, {i} + 9)]"
        for i in range(4)
    ]
    write_files(
        folder / "Ada",
        {"01_boards.ipynb": solved(loops), "02_words.ipynb": second(RIGHT["2.1"], "I <b>think</b>")},
    )
    write_files(
        folder / "Copycat", {"01_boards.ipynb": solved(loops), "02_words.ipynb": second(RIGHT["2.1"])}
    )
    write_files(folder / "Only the first", {"01_boards.ipynb": first(WRONG)})
    write_files(folder / "=2+5", {"01_boards.ipynb": "{"})
    write_files(folder / "<img src=x onerror=alert(1)>", {"01_boards.ipynb": solved()})
    harm = "def above(acts, threshold):\n    raise ValueError('<script>alert(1)</script>\\u202e')"
    write_files(folder / "Mallory", {"01_boards.ipynb": first({**RIGHT, "1.2": harm})})
    write_files(folder / "Nobody", {})
    summary = grade_class(course2, folder, base / "out", limits=LIMITS, workers=2, say=silent)
    return base, summary


def test_a_blank_is_not_a_nought(report):
    rows = grades(report[0] / "out")
    assert rows["Ada"] | {"look": ""} == {
        "student": "Ada", "id": "", "email": "", "status": "answers to read", "total": "9", "of": "10",
        "1.1": "2", "1.2": "2", "1.3": "2", "2.1": "3", "2.2": "", "look": "",
    }  # fmt: skip
    assert (rows["Copycat"]["2.1"], rows["Copycat"]["2.2"]) == ("3", "0")
    assert rows["Only the first"]["total"] == "0"
    assert rows["Only the first"]["2.1"] == ""
    assert rows["'=2+5"]["total"] == rows["'=2+5"]["1.1"] == ""
    assert rows["'=2+5"]["status"] == "unreadable"
    assert rows["Nobody"]["total"] == ""
    assert report[1].ungraded == ["'=2+5".lstrip("'"), "Nobody"]


def test_an_answer_in_a_cell_below_counts_too(course2):
    notebook = second(words="*Your answer.*")
    notebook["cells"].append(small_course.cell("It is the longest.", "markdown", "mine"))
    notebook["cells"].append(small_course.cell("More.", "markdown", "more"))
    plan = make_plan(
        read_notebook(json.dumps(notebook).encode()),
        course2.masters["02_words"],
        course2.of_notebook("02_words"),
    )
    assert plan.words == {"2.2": "It is the longest.\n\nMore."}


def test_gradescope_gets_its_format(report):
    base, _ = report
    files = list((base / "out/gradescope").iterdir())
    documents = {re.sub("_[0-9a-f]{6}$", "", path.stem): json.loads(path.read_text()) for path in files}
    ada = documents["Ada"]
    assert ada["score"] == 9
    by_number = {test["number"]: test for test in ada["tests"]}
    assert by_number["1.1"] | {"output": ""} == {
        "name": "Share of black", "number": "1.1", "score": 2, "max_score": 2, "status": "passed",
        "output": "", "output_format": "text", "visibility": "visible",
        "extra_data": {"status": "passed", "mistake": ""},
    }  # fmt: skip
    assert "score" not in by_number["2.2"]
    assert "score" not in documents["Nobody"]
    assert "You counted white" in json.dumps(documents["Only_the_first"])


def test_pages_hold_no_markup_of_a_student(report):
    base, _ = report
    pages = {path: path.read_text() for path in (base / "out").rglob("*.html")}
    assert len(pages) == 8
    for path, page in pages.items():
        assert "<script" not in page, path
        assert "<img" not in page, path
        assert "\u202e" not in page, path
        assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page), path
    mallory = (base / "out/feedback/Mallory.html").read_text()
    assert "&lt;script&gt;alert(1)" in mallory


def test_the_class_report_says_who_to_look_at(report):
    page = (report[0] / "out/report.html").read_text()
    assert re.search(r"Ada</bdi></a><br>.*Copycat</bdi></a></td><td>nearly identical code: 100%", page)
    assert "I &lt;b&gt;think" in page
    assert "1 × You counted white" in page
    assert "the file is empty" not in page


def test_an_unchanged_folder_is_left_alone(report, course2):
    base, _ = report
    before = {path: path.stat().st_mtime_ns for path in (base / "out").rglob("*") if path.is_file()}
    begin = time.perf_counter()
    summary = grade_class(course2, base / "submissions", base / "out", limits=LIMITS, say=silent)
    assert time.perf_counter() - begin < 2
    assert summary.new == 0
    assert {path: path.stat().st_mtime_ns for path in (base / "out").rglob("*") if path.is_file()} == before


def test_what_was_deleted_is_written_again(report, course2):
    """All of the report, not only one of its files."""
    base, _ = report
    out = base / "out"
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    (out / "grades.csv").unlink()
    (out / "grades.xlsx").unlink()
    shutil.rmtree(out / "feedback")
    next((out / "gradescope").iterdir()).unlink()
    summary = grade_class(course2, base / "submissions", out, limits=LIMITS, say=silent)
    assert summary.new == 0
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_points_by_hand_and_who_has_left(course2, tmp_path):
    folder, out = tmp_path / "submissions", tmp_path / "out"
    for name in ("Ada", "Bob"):
        files = {"01_boards.ipynb": solved(), "02_words.ipynb": second(RIGHT["2.1"], f"{name} thinks")}
        write_files(folder / name, files)
    said = []
    summary = grade_class(course2, folder, out, limits=LIMITS, say=said.append)
    assert [result.total for result in summary.results] == [9, 9]
    assert f"2 answers in words wait for points: see the rows in {out / 'marks.csv'}." in said
    marks = (out / "marks.csv").read_text()
    marks = marks.replace("Ada,,Ada,2.2 What does it do?,,", "Ada,,Ada,2.2 What does it do?,0.5,Nearly")
    (out / "marks.csv").write_text(f"{marks}Bob,,,1.1,7,\n")
    (out / "feedback" / "notes.html").write_text("somebody else's")
    shutil.rmtree(folder / "Bob")
    written, said = (out / "marks.csv").read_bytes(), []
    summary = grade_class(course2, folder, out, limits=LIMITS, say=said.append)
    assert summary.new == 0
    assert [(result.total, result.status) for result in summary.results] == [(9.5, "graded")]
    assert (grades(out)["Ada"]["2.2"], grades(out)["Ada"]["total"]) == ("0.5", "9.5")
    page = (out / "feedback/Ada.html").read_text()
    assert "Nearly" in page
    assert "9.5" in page
    assert json.loads((out / "gradescope/Ada.json").read_text())["score"] == 9.5
    assert sorted(path.name for path in (out / "feedback").iterdir()) == ["Ada.html", "notes.html"]
    assert [path.name for path in (out / "gradescope").iterdir()] == ["Ada.json"]
    assert said == [
        "Nothing to do: all 1 submissions are graded already (--force grades them again).",
        "marks.csv, line 4: nobody in this class is called 'Bob'. The row was ignored.",
        "1 of an earlier run are no longer in the submissions: their pages were removed.",
    ]
    assert (out / "marks.csv").read_bytes() == written


def test_what_is_due_counts_alone(course2, tmp_path):
    files = {"02_words.ipynb": second(RIGHT["2.1"], "Because."), "01_boards.ipynb": solved()}
    write_files(tmp_path / "submissions" / "Ada", files)
    course = dataclasses.replace(course2, due=("02",))
    grade_class(course, tmp_path / "submissions", tmp_path / "out", limits=LIMITS, say=silent)
    ada = grades(tmp_path / "out")["Ada"]
    assert {name: ada[name] for name in ("status", "total", "of", "2.1", "2.2")} == {
        "status": "answers to read", "total": "3", "of": "4", "2.1": "3", "2.2": "",
    }  # fmt: skip
    assert "1.1" not in ada
    page = (tmp_path / "out/feedback/Ada.html").read_text()
    assert "01_boards.ipynb was left out: 01_boards is not due." in page


def test_who_hands_in_again_is_graded_again(course2, tmp_path):
    for name in ("Ada", "Only the first"):
        write_files(tmp_path / "submissions" / name, {"01_boards.ipynb": solved()})
    out = tmp_path / "out"
    assert grade_class(course2, tmp_path / "submissions", out, limits=LIMITS, say=silent).new == 2
    write_files(tmp_path / "submissions" / "Ada", {"01_boards.ipynb": first(WRONG)})
    assert grade_class(course2, tmp_path / "submissions", out, limits=LIMITS, say=silent).new == 1
    assert grades(out)["Ada"]["total"] == "0"
    assert grades(out)["Only the first"]["total"] == "6"
    assert grade_class(course2, tmp_path / "submissions", out, limits=LIMITS, force=True, say=silent).new == 2


def start(base: Path) -> subprocess.Popen:
    """A grading process of its own over `base`/submissions."""
    code = COMMAND.format(here=str(Path(__file__).parent), base=str(base))
    root = Path(__file__).resolve().parents[2]
    environment = os.environ | {"PYTHONPATH": str(root)}
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", code], stdout=subprocess.PIPE, text=True, env=environment
    )


def wait_for_results(out: Path, count: int) -> None:
    deadline = time.monotonic() + 120
    while len(list((out / "results").glob("*.json"))) < count:
        assert time.monotonic() < deadline, "no results came"
        time.sleep(0.02)


def slow_class(base: Path, count: int) -> None:
    wait = "import time\ntime.sleep(0.5)"
    for number in range(count):
        write_files(
            base / "submissions" / f"student {number}", {"01_boards.ipynb": solved([wait, f"n = {number}"])}
        )


def running(process: int) -> bool:
    """Whether a process is there and not merely waiting to be noticed."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_kill_at_any_moment_loses_nothing(tmp_path):
    slow_class(tmp_path, 6)
    killed = start(tmp_path)
    wait_for_results(tmp_path / "out", 2)
    while len(started := tree(killed.pid)[1:]) < 3:  # the zygote, a guard and a child
        time.sleep(0.005)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    deadline = time.monotonic() + 20
    while any(running(process) for process in started):
        assert time.monotonic() < deadline, "the zygote or a child outlived its grader"
        time.sleep(0.1)
    done = {path: path.stat().st_mtime_ns for path in (tmp_path / "out/results").glob("*.json")}
    assert 2 <= len(done) < 6
    again = start(tmp_path)
    assert again.communicate(timeout=120)[0].split()[-2:] == ["finished", str(6 - len(done))]
    assert {path: path.stat().st_mtime_ns for path in done} == done
    assert [row["total"] for row in grades(tmp_path / "out").values()] == ["6"] * 6


def test_ctrl_c_stops_cleanly(tmp_path):
    slow_class(tmp_path, 6)
    process = start(tmp_path)
    wait_for_results(tmp_path / "out", 2)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[0].split()
    assert said[-2] == "interrupted"
    assert process.returncode == 0
    assert 2 <= len(grades(tmp_path / "out")) < 6


def test_one_notebook_as_a_function(course, tmp_path):
    path = tmp_path / "me.ipynb"
    path.write_text(json.dumps(first({**RIGHT, "1.3": WRONG["1.3"]})))
    result = grade_notebook(path, course, LIMITS)
    assert result.total == 4
    assert result.exercises["1.3"].message == "Strong may be negative: take sizes."


def test_two_courses_at_a_time_keep_their_solutions_apart(tmp_path, monkeypatch):
    exams = []
    for name in ("first", "second"):
        course = small_course.build(tmp_path / name)
        path = course.solutions / "01_boards.py"
        path.write_text(path.read_text().replace("(acts > threshold).float().mean().item()", f"{name!r}"))
        exams.append(Exam(course, 1))
    met, load = Barrier(2), answer_key.load_reference

    def load_together(*args):
        met.wait(10)
        return load(*args)

    monkeypatch.setattr(answer_key, "load_reference", load_together)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda exam: exam.keys["1.2"].expected, exams))
    assert [exam.keys["1.2"].expected[0].value for exam in exams] == ["first", "second"]


def test_a_name_that_the_terminal_cannot_print(tmp_path, monkeypatch):
    """Everything is written by then: it would be a pity to end with an error."""
    screen = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    summary = Summary(Results(tmp_path))
    summary.results.fail("陈 伟", "key", "RuntimeError: a bug")
    monkeypatch.setattr("othello_interp.grading.grade.grade_class", lambda *args, **options: summary)
    monkeypatch.setattr(sys, "stdout", screen)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert command.main(parser.parse_args([str(tmp_path), "--out", str(tmp_path)])) == 1
    screen.flush()
    assert "not graded: ? ? (RuntimeError: a bug)" in screen.buffer.getvalue().decode("latin-1")


@pytest.mark.parametrize("options", [["--due", "02", "03"], ["--due", "02,03"], ["--due", "02,", "03"]])
def test_options_reach_the_grader(options, tmp_path, monkeypatch):
    given = {}

    def grade(course, *args, **options):
        given.update(options, due=course.due)
        return Summary(Results(tmp_path))

    monkeypatch.setattr("othello_interp.grading.grade.grade_class", grade)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    more = ["--out", str(tmp_path), "--one", "--csv", "semicolon"]
    assert command.main(parser.parse_args([str(tmp_path), *options, *more])) == 0
    assert (given["due"], given["one"], given["csv_kind"]) == (("02", "03"), True, "semicolon")


@pytest.mark.parametrize(
    ("names", "first"),
    [
        (["01_boards.ipynb", "ada_01_boards (1).ipynb"], ["01_boards"]),
        (["02_words.ipynb", "01_boards.ipynb"], ["01_boards", "02_words"]),
        (["02_words.ipynb", "homework.ipynb"], ["01_boards", "02_words"]),
        (["02_words.ipynb", "work.zip"], ["01_boards", "02_words"]),
        ([], ["01_boards", "02_words"]),
    ],
)
def test_only_the_notebooks_that_were_handed_in_hold_up_the_start(names, first, course2, monkeypatch):
    """Where the names of files don't tell which those are, all do."""
    asked = []

    def config(course, seed, stems):
        asked.extend(stems)
        raise RuntimeError("far enough")

    monkeypatch.setattr("othello_interp.grading.grader.examiner.config", config)
    worker = MagicMock(spec=Worker)
    worker.zygote = MagicMock()
    monkeypatch.setattr("othello_interp.grading.grader.Worker", lambda conditions: worker)
    found = Collected([File(name, "notebook", 1, None, "", io.BytesIO) for name in names])
    with pytest.raises(RuntimeError, match="far enough"):
        Grader(course2).start([Submission("Ada", found=found)])
    assert asked == first


def test_answers_are_worked_out_for_the_notebooks_that_are_asked_for(course2):
    exam = Exam(course2, 3)
    exam.compute(["02_words"])
    assert [name for name, key in exam.keys.items() if key._expected is not None] == ["2.1"]
    assert len(exam.keys["1.1"].expected) == 2
