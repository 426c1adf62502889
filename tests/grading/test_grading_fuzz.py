"""Whatever is handed in, reading and planning it raises nothing but Unreadable, and takes time as its size.

The short runs belong to the ordinary tests; `-m slow` looks for two minutes.
"""

import io
import json
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from small_course import EXERCISES, RIGHT, first, second, shipped, solved

from othello_interp.exercises.calling.encode import encode
from othello_interp.grading.course import named
from othello_interp.grading.running.mend import mended
from othello_interp.grading.running.reader import MAX_PAPER
from othello_interp.grading.submissions.handed_in import Collected, File
from othello_interp.grading.submissions.notebook_file import (
    Notebook,
    Unreadable,
    read_notebook,
    which_notebook,
)
from othello_interp.grading.submissions.paper import Paper, read_paper
from othello_interp.grading.submissions.plan import Plan, make_plan
from othello_interp.grading.submissions.provenance import course_answers, provenance
from othello_interp.grading.submissions.reading import Lessons
from othello_interp.grading.typed import from_plain, to_plain

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
SECONDS = 120
MOST = 1000  # times as long as json.loads of the same bytes: about 150 where time grows as the size
BY_ID = {exercise.id: exercise for exercise in EXERCISES}
MASTERS = {"01_boards": first(), "02_words": second()}
BLANK = {stem: read_notebook(json.dumps(document).encode()) for stem, document in MASTERS.items()}
ANSWERS = course_answers([read_notebook(json.dumps(shipped()).encode())])
LESSONS = Lessons(BLANK, named(BY_ID), {}, [], ANSWERS)

PIECES = [
    "def above", "def above(acts, threshold):\n", "    return 1\n", "async ", "def ", "above", " = ",
    "==", ":", "a: ", "lambda ", "for ", " in ", "class A:\n", "@", "(", ")", "[", "{", '"""', "\'\'\'",
    '"', "'", "\\", "\\'", "#", "f'{", "\n", "\r", "\r\n", " ", "\t", "    ", "\u00a0", "\u3000",
    "\u200b", "\ufeff", "\x00", "\x0c", "\u2028", "\x1c", "“", "’", "%time ", "%%time\n", "!ls ", "?",
    "pip install x\n", "check('1.1', above)", "# Boards", "### Exercise 2.2: ", "2.2", "<details>",
    "*Your answer.*", "```", "- ", "|", "word", "ß", "陈", "\U0001f642", "\ud800", "_", "0", "1e9",
    "\x1b[0m", RIGHT["1.1"], RIGHT["2.1"], "raise NotImplementedError",
]  # fmt: skip
KEYS = [
    "cells", "metadata", "source", "cell_type", "id", "othello_interp", "exercise", "role", "made_from",
    "worksheets", "outputs", "input", "nbformat",
]  # fmt: skip
VALUES = [
    "code", "markdown", "raw", "stub", "check", "answer", "1.1", "2.1", "2.2", "9.9", "title",
    "stub1.1", "words",
]  # fmt: skip

words = st.one_of(st.sampled_from(VALUES), st.text(max_size=20))
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), words)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=5)), inner, max_size=5),
    ),
    max_leaves=15,
)
sources = st.lists(st.tuples(st.sampled_from(PIECES), st.integers(1, 4)), max_size=25).map(
    lambda pieces: "".join(piece * count for piece, count in pieces)
)


def often(strategy: st.SearchStrategy, *others: st.SearchStrategy) -> st.SearchStrategy:
    """Mostly what it should be, else anything."""
    return st.one_of(strategy, strategy, strategy, *others, anything)


cells = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": often(st.sampled_from(["code", "markdown", "raw"])),
        "id": often(words),
        "source": often(sources, sources.map(lambda text: text.splitlines(keepends=True))),
        "metadata": often(
            st.fixed_dictionaries(
                {},
                optional={
                    "othello_interp": often(
                        st.fixed_dictionaries({}, optional={"exercise": often(words), "role": often(words)})
                    )
                },
            )
        ),
    },
)
course_cells = st.sampled_from([c for document in [*MASTERS.values(), solved()] for c in document["cells"]])
changed_cells = st.tuples(course_cells, cells).map(lambda pair: pair[0] | pair[1])
notebooks = st.fixed_dictionaries(
    {"cells": often(st.lists(often(cells, course_cells, changed_cells), max_size=12))},
    optional={"metadata": often(st.just(shipped()["metadata"])), "worksheets": anything},
)
files = st.one_of(
    notebooks.map(lambda document: json.dumps(document).encode()),
    notebooks.map(lambda document: json.dumps(document).encode("utf-16")),
    st.tuples(notebooks.map(json.dumps), st.integers(0, 5000), st.binary(max_size=5)).map(
        lambda cut: cut[0].encode()[: cut[1]] + cut[2] + cut[0].encode()[cut[1] + 1 :]
    ),
    anything.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=200),
)


def read_and_plan(data: bytes) -> tuple[Notebook, list[Plan]] | None:
    """What the grader does with a file before it runs anything; None if it can't be read."""
    try:
        notebook = read_notebook(data)
    except Unreadable:
        return None
    which_notebook(notebook, "file.ipynb", BY_ID)
    plans = []
    for stem, master in BLANK.items():
        found = provenance(notebook, master, ANSWERS)
        plans.append(make_plan(found.notebook, master, [e for e in EXERCISES if e.notebook == stem]))
    return notebook, plans


def nothing_raises(data: bytes) -> None:
    done = read_and_plan(data)
    for plan in done[1] if done else []:
        assert set(plan.words) <= {"2.2"}
        texts = [
            *plan.words.values(),
            *plan.remarks,
            *(t for s in plan.steps for t in (s.source, s.before, s.label)),
        ]
        "".join(texts).encode()  # no half characters: these go on as UTF-8
        for step in plan.steps:
            assert all(text != step.source and remark for text, remark in mended(step.source))


def zipped(tree: dict[str, bytes]) -> bytes:
    """A zip of these files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in tree.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 1, 10, 0, 0)), content)
    return stream.getvalue()


names = st.lists(
    st.sampled_from(["01_boards", "02_words", "a", "..", "", " ", "ß", "\u202e", "x" * 300, "C:", "con"]),
    max_size=4,
).map("/".join)
endings = st.sampled_from([".ipynb", ".ipynb", ".IPYNB", ".zip", ".txt", "", "/"])
paths = st.tuples(names, endings).map("".join)
trees = st.recursive(
    files,
    lambda inner: st.dictionaries(paths, inner, max_size=4).map(zipped),
    max_leaves=8,
)
damaged = st.tuples(trees, st.integers(0, 2000), st.binary(max_size=4)).map(
    lambda cut: cut[0][: cut[1]] + cut[2] + cut[0][cut[1] + len(cut[2]) :]
)
handed_in = st.dictionaries(paths, st.one_of(trees, trees, damaged), max_size=4)


def nothing_raises_in_a_submission(tree: dict[str, bytes]) -> None:
    """All that happens to what one student handed in, up to what the grader itself gets to see."""
    found = [
        File(
            name,
            "zip" if name.lower().endswith(".zip") else "notebook",
            len(data),
            1.7e9,
            "",
            lambda data=data: io.BytesIO(data),
        )
        for name, data in tree.items()
    ]
    paper = read_paper(Collected(found), LESSONS)
    assert len(encode(to_plain(paper))) < MAX_PAPER
    assert from_plain(Paper, to_plain(paper)) == paper


def for_seconds(
    limit: float, check: Callable[[Any], None], strategy: st.SearchStrategy, *phases: Phase
) -> None:
    """Try examples of a strategy until the time is up."""
    chosen = settings(
        max_examples=50,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
        phases=phases or list(Phase),
    )
    run = chosen(given(strategy)(check))
    end = time.monotonic() + limit
    while time.monotonic() < end:
        run()


def test_nothing_raises():
    for_seconds(3, nothing_raises, files)


@pytest.mark.slow
def test_nothing_raises_in_two_minutes():
    for_seconds(SECONDS, nothing_raises, files)


def test_no_submission_raises():
    for_seconds(3, nothing_raises_in_a_submission, handed_in)


@pytest.mark.slow
def test_no_submission_raises_in_two_minutes():
    for_seconds(SECONDS, nothing_raises_in_a_submission, handed_in)


def large(patterns: tuple[str, str, str], role: str, kind: str, size: int) -> bytes:
    """A notebook with one cell of about `size` characters: a beginning, something over and over, an end."""
    begin, middle, end = patterns
    source = begin + middle * (size // max(1, len(middle))) + end
    marks = {"othello_interp": {"exercise": "1.1", "role": role}}
    filler = {
        "cell_type": kind,
        "source": source.splitlines(keepends=True),
        "metadata": marks if role else {},
    }
    return json.dumps({"cells": [*MASTERS["02_words"]["cells"], filler]}).encode()


def seconds(call: Callable[[], Any]) -> float:
    begin = time.process_time()
    call()
    return time.process_time() - begin


def times_as_long(data: bytes) -> float:
    """How many times as long as parsing the JSON reading and planning takes; the best of three."""
    return min(
        seconds(lambda: read_and_plan(data)) / max(seconds(lambda: json.loads(data)), 1e-5) for _ in range(3)
    )


def is_linear(example: tuple[tuple[str, str, str], str, str]) -> None:
    patterns, role, kind = example
    data = large(patterns, role, kind, 100_000)
    assert times_as_long(data) < MOST, patterns


pieces = st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join)
large_ones = st.tuples(
    st.tuples(pieces, pieces, pieces),
    st.sampled_from(["", "stub", "check", "answer"]),
    st.sampled_from(["code", "markdown", "raw"]),
)


def test_the_time_grows_as_the_size():
    for_seconds(2, is_linear, large_ones, Phase.generate)


@pytest.mark.slow
def test_the_time_grows_as_the_size_in_two_minutes():
    for_seconds(SECONDS, is_linear, large_ones, Phase.generate)


@pytest.mark.parametrize("piece", PIECES)
def test_four_times_the_size_takes_four_times_as_long(piece):
    """Each piece over and over: a search that goes back would take sixteen times as long."""
    small, big = (large(("\n", piece, "!"), "", "code", size) for size in (20_000, 80_000))
    times = [min(seconds(lambda: read_and_plan(data)) for _ in range(3)) for data in (small, big)]  # noqa: B023
    assert times[1] < 8 * times[0] + 0.02, (piece, times)
