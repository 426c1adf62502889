"""Of the course's own cells only those are run that a student's code needs, and nobody can tell."""

import itertools

import pytest

from othello_interp.grading.course import this_course
from othello_interp.grading.submissions.needed import given_needed
from othello_interp.grading.submissions.notebook_file import given_cells

GIVEN = (
    "import math\nsize = 3",
    "from math import sqrt\nboards = list(range(size))",
    "import math\nlabels = [b > 1 for b in boards]\nstep = 1",
    "def scaled(x):\n    return x * factor",
    "factor = 2\nx = 99",
    "boards.append(7)\nmath.floor(1.5)",
    "step += 1\nlabels[0] = 'changed'",
    "size = 4",
)
STUDENT = {
    "found = 1 + 1": 0,
    "def found():\n    return math.pi": 1,
    "found = math.pi": 1,
    "found = sqrt(4)": 2,
    "found = list(boards)": 6,
    "def found(boards):\n    return sum(boards)": 0,
    "def found(boards):\n    return sum(boards) + step": 7,
    "found = scaled(3)": 5,
    "found = [size for size in range(3)]": 0,
    "found = labels": 7,
    "step += 1\nfound = 0": 7,
    "found = size": 8,
    "class found:\n    size = size": 8,
    "found = globals()['size']": 8,
    "import __main__\nfound = __main__.size": 8,
    "%time found = size": 8,
    "found = f'{x}'": 5,
}


@pytest.mark.parametrize("source", STUDENT)
def test_how_many_cells_are_needed(source):
    assert given_needed([source], GIVEN) == STUDENT[source]


@pytest.mark.parametrize("source", [s for s in STUDENT if s[0] not in "%ic"])
def test_more_cells_make_no_difference(source):
    """Whatever has been run for others: the oracle runs the cells."""
    results = set()
    for count in range(given_needed([source], GIVEN), len(GIVEN) + 1):
        space: dict = {}
        for given in itertools.islice(GIVEN, count):
            exec(given, space)
        exec(source, space)
        found = space["found"]
        if source.startswith("def"):
            found = found([1, 2]) if "(boards)" in source else found()
        results.add(repr(found))
    assert len(results) == 1


def test_what_cannot_be_read_needs_all():
    deep = "x = " + "(" * 5000 + ")" * 5000
    for source in (
        "def broken(:",
        deep,
        "x = 1 #" + "a" * 100_000,
        "import othello_interp\nothello_interp.lines",
    ):
        assert given_needed([source], GIVEN) == len(GIVEN)


def test_a_solved_notebook_needs_little_of_the_course():
    """The course's cells take a minute in all; those that its own answers need, a few seconds."""
    course = this_course()
    for stem, master in course.masters.items():
        given = tuple(cell.source for cell in given_cells(master))
        solution = (course.solutions / f"{stem}.py").read_text()
        assert given_needed([solution], given) <= 3, stem
