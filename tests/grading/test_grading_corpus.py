"""Every submission of the corpus, graded in one run through the real sandbox."""

import json

import pytest
from corpus import ENTRIES, FORGERS, FULL, HONEST, NOTHING
from small_course import write_files

from othello_interp.grading.grade import grade_class
from othello_interp.grading.sandbox.limits import Limits
from othello_interp.grading.score import Result
from othello_interp.grading.typed import from_plain


@pytest.fixture(scope="session")
def graded(course, tmp_path_factory):
    """Results by name, from one run over the whole corpus."""
    base = tmp_path_factory.mktemp("corpus")
    for entry in ENTRIES:
        write_files(base / "submissions" / entry.name, entry.files)
    limits = Limits(seconds=2.0, total_seconds=30.0, memory=256 * 2**20)
    summary = grade_class(course, base / "submissions", base / "out", limits=limits, workers=2)
    assert not summary.failed
    results = {
        path.stem: from_plain(Result, json.loads(path.read_text()))
        for path in (base / "out/results").glob("*.json")
    }
    return {result.student: result for result in results.values()}


def test_names_differ():
    """Two entries of one name would be one submission."""
    assert len({entry.name for entry in ENTRIES}) == len(ENTRIES) >= 40


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_each_gets_what_it_should(entry, graded):
    result = graded[entry.name]
    points = {name: item.points for name, item in result.exercises.items()}
    told = {name: item.message for name, item in result.exercises.items()}
    assert points == entry.points, (told, result.remarks, result.problems)
    assert result.status == entry.status
    lists = {
        "remarks": [line for lines in result.remarks.values() for line in lines],
        "problems": result.problems,
        "look": result.look,
    }
    for where, words in entry.says.items():
        said = "\n".join(lists[where]) if where in lists else "\n".join(
            [told[where], *result.exercises[where].notes, result.exercises[where].mistake]
        )  # fmt: skip
        assert words in said, (where, said)


def test_what_the_corpus_is():
    """Forgers earn nothing, honest notebooks everything: the entries say so, whoever edits them."""
    assert all(entry.points == NOTHING for entry in FORGERS)
    assert all(entry.points == FULL for entry in HONEST)
