"""The grader's own process keeps the books: it loads no model, and nothing that a model needs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from small_course import RIGHT, first, second, solved, write_files

from othello_interp.exercises.calling.encode import EncodeError, decode, encode
from othello_interp.grading.course import GradingError, course_aside, load_course

GRADE = """
import argparse, sys
sys.path.insert(0, {here!r})
from othello_interp.grading import command
if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    status = command.main(parser.parse_args(sys.argv[1:]))
    print(status, sorted({{"torch", "numpy", "transformer_lens"}} & sys.modules.keys()))
"""


@pytest.fixture
def course_file(tmp_path):
    path = tmp_path / "course.py"
    folder = f"pathlib.Path({str(tmp_path / 'course')!r})"
    path.write_text(f"import pathlib, small_course\nCOURSE = small_course.build({folder}, notebooks=2)\n")
    return path


def test_grading_loads_no_torch(tmp_path, course_file):
    """Not to read, not to judge, not to report; and another course's file is run elsewhere, too."""
    submissions, out = tmp_path / "submissions", tmp_path / "out"
    write_files(submissions / "Ada", {"01_boards.ipynb": solved(), "02_words.ipynb": second(RIGHT["2.1"])})
    write_files(submissions / "Bob", {"01_boards.ipynb": first({"1.1": RIGHT["1.1"]}, ["1 / 0"])})
    code = GRADE.format(here=str(Path(__file__).parent))
    arguments = [str(submissions), "--out", str(out), "--course", str(course_file)]
    for said in ("2 graded now", "Nothing to do"):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr
        assert said in done.stdout
        assert done.stdout.splitlines()[-1] == "0 []", done.stdout
    totals = {path.stem: json.loads(path.read_text())["total"] for path in (out / "results").glob("*.json")}
    assert sorted(totals.values()) == [2.0, 9.0]


def test_a_course_as_records_is_the_course(course_file):
    """It has the same fingerprint, so that nobody is graded again, and is the course where it is sent."""
    real = load_course(course_file)
    with course_aside(course_file) as records:
        assert records.fingerprint == real.fingerprint
        assert list(records.exercises) == list(real.exercises)
        said = [mistake.message for mistake in records.exercises["1.1"].mistakes]
        assert said == [mistake.message for mistake in real.exercises["1.1"].mistakes]
        with pytest.raises(GradingError, match="the exercises' records alone"):
            records.exercises["1.1"].cases(1)
        drawn = records.draft(5)
    assert drawn == real.draft(5)


def test_what_is_wrong_with_a_course_file_is_said(tmp_path):
    path = tmp_path / "course.py"
    path.write_text("COURSES = []")
    with pytest.raises(GradingError, match=r"course\.py defines no COURSE"), course_aside(path):
        pass


def test_what_the_parent_reads_holds_no_tensors():
    import torch

    answer = encode({"points": torch.ones(3)})
    assert decode(answer)["points"].tolist() == [1, 1, 1]
    with pytest.raises(EncodeError, match="holds tensors, where there may be none"):
        decode(answer, tensors=False)
    assert decode(encode({"points": 3.0}), tensors=False) == {"points": 3.0}
    with pytest.raises(EncodeError, match="not a value written by encode"):
        decode(encode("a") + b"more", tensors=False)
