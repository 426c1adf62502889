"""Submissions that are hard to swallow: each may lose its own points, none may hold up or spoil the class."""

import csv
import io
import json
import os
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from small_course import RIGHT, cell, first, second, solved

SECONDS = 240  # for the whole class, on a machine that has other things to do
GROWTH = 120  # MB of memory that the grader itself may take beyond what it has after its imports
PAGE = 400_000  # bytes of any page

COMMAND = """
import resource, sys, time
from pathlib import Path
sys.path.insert(0, {here!r})
import small_course
from othello_interp.grading.grade import grade_class
from othello_interp.grading.sandbox.limits import Limits

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

base = Path({base!r})
course = small_course.build(base, notebooks=2)
before, begin = peak(), time.perf_counter()
limits = Limits(seconds=3, total_seconds=20, memory=256 * 2**20)
say = lambda line: None
summary = grade_class(course, base / "submissions", base / "out", limits=limits, workers=2, say=say)
print(len(summary.failed), summary.failed)
print(round(time.perf_counter() - begin, 1), "s")
print(round(peak() - before), "MB")
"""


def packed(*members: tuple[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return stream.getvalue()


def growing(depth: int, width: int) -> bytes:
    """A zip within a zip: little to hand in, `width` to the power of `depth` notebooks to read."""
    data = packed(("01_boards.ipynb", json.dumps(solved()).encode()))
    for _ in range(depth):
        data = packed(*((f"{n}.zip", data) for n in range(width)))
    return data


def claiming(size: int) -> bytes:
    """A zip whose notebook claims to be of another size than it is."""
    data = packed(("01_boards.ipynb", b"{}" * 100))
    return data.replace((200).to_bytes(4, "little"), size.to_bytes(4, "little"))


def with_code(*sources: str) -> dict:
    return first(RIGHT, list(sources))


def with_words(words: str, *more: str) -> dict:
    document = second(RIGHT["2.1"], words)
    document["cells"] += [cell(text, "markdown", f"more{n}") for n, text in enumerate(more)]
    return document


def with_output(size: int) -> dict:
    document = solved()
    document["cells"][1]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * size}]
    return document


random.seed(0)
PUNCTUATION = "".join(random.choices("()[]{}+-*/=<>!,;:.&|^~%", k=8_000_000))
FULL, NOTHING, BLANK = ["2", "2", "2"], ["0", "0", "0"], ["", "", ""]

# name -> (files, points for 1.1 to 1.3). A callable is handed the folder.
POISON = {
    "honest": ({"01_boards.ipynb": solved()}, FULL),
    # Text that makes regular expressions go back and forth.
    "for and spaces": ({"01_boards.ipynb": with_code("for" + " " * 10_000 + "x")}, FULL),
    "colons": ({"01_boards.ipynb": with_code("a:" * 97_000)}, FULL),
    "a long word": ({"01_boards.ipynb": with_code("a" * 20_000)}, FULL),
    "escaped quotes": ({"01_boards.ipynb": with_code("x = '" + "\\'" * 100_000)}, FULL),
    "open strings": ({"01_boards.ipynb": with_code("'''" + '"' * 99_998)}, FULL),
    "lambdas": ({"01_boards.ipynb": with_code("lambda " * 40_000)}, FULL),
    "definitions": ({"01_boards.ipynb": with_code("def above" + " " * 200_000 + "(")}, FULL),
    "brackets": ({"01_boards.ipynb": with_code("(" * 300_000)}, FULL),
    "blank lines": ({"01_boards.ipynb": with_code("\n" * 400_000 + "\t" * 50_000)}, FULL),
    # Zips.
    "zip in zip": ({"work.zip": growing(11, 2)}, BLANK),
    "zips side by side": ({"work.zip": growing(3, 20)}, None),
    "zip of many": ({"work.zip": packed(*((f"{n}.ipynb", b"") for n in range(30_000)))}, BLANK),
    "zip of a hole": ({"work.zip": packed(("01_boards.ipynb", bytes(300 * 2**20)))}, BLANK),
    "zip that claims little": ({"work.zip": claiming(7)}, BLANK),
    "zip that claims much": ({"work.zip": claiming(3 * 2**30)}, BLANK),
    "zip cut short": ({"work.zip": growing(1, 2)[:-30]}, BLANK),
    # Files.
    "a file with a hole": (lambda folder: os.truncate(touched(folder / "01_boards.ipynb"), 3 * 2**30), BLANK),
    "a pipe": (lambda folder: os.mkfifo(folder / "01_boards.ipynb"), BLANK),
    "a thousand files": (lambda folder: [touched(folder / f"{n}.ipynb") for n in range(1000)], BLANK),
    "棋" * 80: ({"01_boards.ipynb": ""}, BLANK),
    "é" * 120: ({"01_boards.ipynb": ""}, BLANK),
    "n\new\tline\x1b[2J": ({"01_boards.ipynb": ""}, BLANK),
    # Notebooks.
    "8 MB of punctuation": ({"01_boards.ipynb": with_code(PUNCTUATION)}, FULL),
    "10 MB of code": ({"01_boards.ipynb": with_code("x = 1\n" * 1_700_000)}, FULL),
    "10 MB in many cells": ({"01_boards.ipynb": with_code(*["y = 2\n" * 1000] * 1700)}, None),
    "40 MB of output": ({"01_boards.ipynb": with_output(40 * 2**20)}, FULL),
    "bottomless JSON": ({"01_boards.ipynb": '{"cells": ' + "[" * 30_000_000}, BLANK),
    "a long number": ({"01_boards.ipynb": '{"cells": ' + "9" * 10_000_000 + "}"}, BLANK),
    "a million keys": ({"01_boards.ipynb": json.dumps({f"k{n}": {} for n in range(10**6)})}, BLANK),
    # Answers in words.
    "40 MB of words": ({"02_words.ipynb": with_words("word " * 8 * 2**20)}, BLANK),
    "one word of 40 MB": ({"02_words.ipynb": with_words("w" * 40 * 2**20)}, BLANK),
    "many cells of words": ({"02_words.ipynb": with_words("So:", *["word " * 10_000] * 500)}, BLANK),
}  # fmt: skip


def touched(path: Path) -> Path:
    path.touch()
    return path


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """What the grader said, in a process of its own, and the folder it wrote."""
    base = tmp_path_factory.mktemp("poison")
    for name, (files, _) in POISON.items():
        folder = base / "submissions" / name
        folder.mkdir(parents=True)
        if callable(files):
            files(folder)
            continue
        for file, content in files.items():
            content = json.dumps(content) if isinstance(content, dict) else content
            (folder / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    rubbish = ['{"exercises": []}', "[]", "[" * 100_000, '{"total": NaN}', '"', "", "null"]
    (base / "out" / "results").mkdir(parents=True)
    for name, text in zip(["honest", "colons", "brackets", "lambdas", "a pipe"], rubbish, strict=False):
        (base / "out" / "results" / f"{name}.json").write_text(text)
    code = COMMAND.format(here=str(Path(__file__).parent), base=str(base))
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        env=environment,
        timeout=900,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return run.stdout.splitlines()[-3:], base / "out"


def test_the_class_gets_through(graded):
    (failed, seconds, memory), _ = graded
    assert failed == "0 {}"
    assert float(seconds.split()[0]) < SECONDS
    assert float(memory.split()[0]) < GROWTH


def test_everybody_has_a_row_and_what_can_be_read_counts(graded):
    with (graded[1] / "grades.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(POISON)
    by_name = {row["student"]: row for row in rows}
    for name, (_, points) in POISON.items():
        row = by_name["".join(c for c in name if c.isprintable())]
        found = [row["1.1"], row["1.2"], row["1.3"]]
        assert points is None or found == points, (name, row)
        assert row["total"] or row["look"], row


def test_pages_stay_small(graded):
    for path in graded[1].rglob("*.*"):
        assert path.stat().st_size < PAGE, path
