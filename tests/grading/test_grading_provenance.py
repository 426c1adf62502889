"""What the course ships is told from what a student wrote, in whatever state either is."""

import json
from typing import Any

import pytest
from small_course import RIGHT, WRONG, cell, first, solved

from othello_interp.grading.course import this_course
from othello_interp.grading.submissions.notebook_file import Notebook, read_notebook
from othello_interp.grading.submissions.provenance import CourseAnswers, course_answers, provenance

MARK = {"othello_interp": {"made_from": "0123456789abcdef"}}


def read(document: dict[str, Any]) -> Notebook:
    return read_notebook(json.dumps(document).encode())


def edited(document: dict[str, Any], identity: str, source: str) -> dict[str, Any]:
    """With another text in the cell of that id."""
    return document | {
        "cells": [c | {"source": [source]} if c["id"] == identity else c for c in document["cells"]]
    }


def bare(document: dict[str, Any]) -> dict[str, Any]:
    """Without ids and marks of cells, with outputs."""
    cells = [{k: v for k, v in c.items() if k != "id"} | {"metadata": {}} for c in document["cells"]]
    return document | {"cells": [c | {"outputs": []} for c in cells]}


BLANK = read(first())
SHIPPED = solved() | {"metadata": MARK}
ANSWERS = course_answers([read(SHIPPED)])


@pytest.mark.parametrize(
    "document",
    [
        SHIPPED,
        bare(SHIPPED),
        SHIPPED | {"cells": SHIPPED["cells"][::-1]},
        SHIPPED | {"cells": SHIPPED["cells"][3:]},
        SHIPPED | {"cells": [*SHIPPED["cells"], cell("   "), cell("", "markdown")]},
        edited(SHIPPED, "stub1.2", RIGHT["1.2"].replace("\n", "  \r\n")),
        first() | {"metadata": MARK},
    ],
)
def test_the_courses_solved_notebook_is_left_out(document):
    assert provenance(read(document), BLANK, ANSWERS).left_out == "it is the course's own solved notebook"


def test_one_of_another_version_is_left_out():
    other = SHIPPED | {"metadata": {"othello_interp": {"made_from": "another"}}}
    for answers in (ANSWERS, CourseAnswers((), (), {})):
        found = provenance(read(other), BLANK, answers)
        assert found.left_out == "it is a solved notebook of another version of the course"


@pytest.mark.parametrize(
    ("changes", "counts", "listed"),
    [
        ({"stub1.2": "def above(acts, threshold):\n    return 1.0"}, {"1.2"}, "1.1, 1.3"),
        ({"stub1.2": WRONG["1.2"], "stub1.1": WRONG["1.1"]}, {"1.1", "1.2"}, "1.3"),
        ({"setup": "import torch\nimport math"}, set(), "1.1, 1.2, 1.3"),
        (
            dict(zip(("stub1.1", "stub1.2", "stub1.3"), WRONG.values(), strict=True)),
            {"1.1", "1.2", "1.3"},
            "",
        ),
    ],
)
def test_edits_in_a_solved_notebook_count_and_the_rest_does_not(changes, counts, listed):
    document = SHIPPED
    for identity, source in changes.items():
        document = edited(document, identity, source)
    found = provenance(read(document), BLANK, ANSWERS)
    assert not found.left_out
    blank = {cell.exercise: cell.source for cell in BLANK.cells if cell.role == "stub"}
    stubs = [cell for cell in found.notebook.cells if cell.role == "stub"]
    assert {cell.exercise for cell in stubs if cell.source != blank[cell.exercise]} == counts
    said = f"it was made from the course's solved notebook, whose answers ({listed}) don't count"
    assert found.doubt == (said if listed else "")
    assert found.notebook.remarks == ((f"I{said[1:]}.",) if listed else ())


def test_right_answers_of_ones_own_count_even_if_they_are_the_courses_word_for_word():
    for names in (["1.1"], ["1.1", "1.2"]):
        mine = read(first({name: RIGHT[name] for name in names}))
        assert provenance(mine, BLANK, ANSWERS) == provenance(mine, BLANK, course_answers([]))
        assert (provenance(mine, BLANK, ANSWERS).notebook, provenance(mine, BLANK, ANSWERS).doubt) == (
            mine,
            "",
        )


def test_a_person_is_told_if_all_answers_are_the_courses():
    mine = read(solved())
    found = provenance(mine, BLANK, ANSWERS)
    assert (found.notebook, found.left_out, found.copied) == (mine, "", True)
    assert found.doubt == (
        "all its answers (1.1, 1.2, 1.3) are word for word those of the course's solved notebook"
    )
    but_one = read(edited(solved(), "stub1.2", WRONG["1.2"]))
    assert not provenance(but_one, BLANK, ANSWERS).copied
    assert provenance(read(bare(solved())), BLANK, ANSWERS).copied


def test_a_blank_notebook_is_the_students_and_holds_nothing():
    found = provenance(BLANK, BLANK, ANSWERS)
    assert (found.notebook, found.left_out, found.copied, found.doubt) == (BLANK, "", False, "")


def test_the_solved_notebooks_of_this_course_are_known():
    course = this_course()
    files = {stem: (course.solutions / f"{stem}.ipynb").read_bytes() for stem in course.stems}
    answers = course_answers(read_notebook(data) for data in files.values())
    assert len(answers.marks) == len(course.stems)
    for stem, data in files.items():
        assert provenance(read_notebook(data), course.masters[stem], answers).left_out
        assert not provenance(course.masters[stem], course.masters[stem], answers).left_out
