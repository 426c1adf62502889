"""Answers in words are found wherever they stand, and nothing that the course wrote is taken for one."""

import json
from typing import Any

import pytest
from small_course import EXERCISES, cell, notebook

from othello_interp.grading.submissions.notebook_file import Notebook, read_notebook
from othello_interp.grading.submissions.plan import make_plan
from othello_interp.grading.submissions.reading import count_answered
from othello_interp.grading.submissions.words import ELSEWHERE

QUESTION = "### Exercise 2.2: What does it do?\nSay in a sentence or two\n\n- what it does\n- *why*"
SPACED = QUESTION.replace(" ", "\u00a0")
BLANK = "**It does:** …\n- Because:"
FILLED = "**It does:** find the longest\n- Because: it sorts"
CELLS = [
    cell("# Words\nSome of them are long.", "markdown", "title"),
    cell("words = ['some', 'given', 'words']", id="setup"),
    cell("def longest(words):\n    raise NotImplementedError", id="stub", exercise="2.1", role="stub"),
    cell('check("2.1", longest)', id="check", exercise="2.1", role="check"),
    cell(QUESTION, "markdown", "question"),
    cell(BLANK, "markdown", "answer", exercise="2.2", role="answer"),
    cell("<details><summary>Answer</summary>\n\nIt sorts.</details>", "markdown", "discussion"),
    cell("## Recap\nWords are long.", "markdown", "recap"),
]
EXERCISES_HERE = [exercise for exercise in EXERCISES if exercise.notebook == "02_words"]


def read(cells: list[dict[str, Any]]) -> Notebook:
    return read_notebook(json.dumps(notebook(cells)).encode())


def text(source: str, kind: str = "markdown") -> dict[str, Any]:
    """A cell of the student's own."""
    return cell(source, kind, f"own{abs(hash(source))}")


def replaced(**cells: dict[str, Any] | list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    """The notebook with cells exchanged, by id; None takes one out."""
    made: list[dict[str, Any]] = []
    for original in CELLS:
        new = cells.get(original["id"], original)
        made += new if isinstance(new, list) else [new] if new else []
    return made


def edited(identity: str, source: str) -> dict[str, Any]:
    """A cell of the course with another text."""
    return next(c for c in CELLS if c["id"] == identity) | {"source": source.splitlines(keepends=True)}


def bare(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without ids and marks, as Colab exports."""
    return [c | {"id": f"q{i:011d}", "metadata": {"id": f"q{i:011d}"}} for i, c in enumerate(cells)]


def in_pieces(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each line of text in a cell of its own, as block editors export."""
    pieces: list[dict[str, Any]] = []
    for c in cells:
        lines = ["".join(c["source"])] if c["cell_type"] == "code" else "".join(c["source"]).split("\n")
        pieces += [c | {"source": [line]} for line in lines if line]
    return bare(pieces)


def words(cells: list[dict[str, Any]]) -> tuple[str, list[str]]:
    plan = make_plan(read(cells), read(CELLS), EXERCISES_HERE)
    assert set(plan.words) <= {"2.2"}
    return plan.words.get("2.2", ""), plan.remarks


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (replaced(answer=edited("answer", FILLED)), FILLED),
        (bare(replaced(answer=edited("answer", FILLED))), FILLED),
        (bare(replaced(answer=text(FILLED + "\n\nSure."))), FILLED + "\n\nSure."),
        (replaced(answer=text("Sorts.")), "Sorts."),
        (replaced(answer=[CELLS[5], text("Sorts.")]), "Sorts."),
        (replaced(answer=[text("Sorts."), CELLS[5]]), "Sorts."),
        (replaced(discussion=[CELLS[6], text("Sorts.")]), "Sorts."),
        (replaced(answer=[text("One."), text("print(words)", "code"), text("Two.", "raw")]), "One.\n\nTwo."),
        (replaced(answer=edited("answer", FILLED) | {"cell_type": "code"}), FILLED),
        (replaced(answer=text("# It sorts them\n# by length", "code")), "# It sorts them\n# by length"),
        (replaced(answer=text("It sorts them by length.", "code")), "It sorts them by length."),
        (replaced(answer=text('"""Sorts."""', "code")), '"""Sorts."""'),
        (replaced(question=edited("question", QUESTION + "\n\nSorts them.")), "Sorts them."),
        (bare(replaced(question=edited("question", QUESTION + "\n\nSorts."), answer=None)), "Sorts."),
        (in_pieces(replaced(answer=edited("answer", FILLED))), FILLED.replace("\n", "\n\n")),
        (bare(replaced(question=edited("question", SPACED), answer=text("A."))), "A."),
        (bare(replaced(question=None, check=text("check()", "code"), answer=text("A."))), None),
        (replaced(question=None, answer=None, recap=[CELLS[7], text("Sorts them.")]), None),
        (replaced(recap=[CELLS[7], text("Exercise 2.2: it sorts them.")]), None),
        (replaced(title=[CELLS[0], text("What does it do? It sorts them.")]), None),
    ],
)  # fmt: skip
def test_an_answer_is_found(cells, expected):
    found, remarks = words(cells)
    if expected is None:  # somewhere else
        assert found.startswith(ELSEWHERE + "\n\n"), found
        assert "no answer was found in its place. A person will look" in remarks[0]
    else:
        assert (found, remarks) == (expected, [])


@pytest.mark.parametrize(
    "cells",
    [
        CELLS,
        bare(CELLS),
        in_pieces(CELLS),
        CELLS[::-1],
        replaced(answer=None),
        replaced(answer=edited("answer", BLANK.replace("\n", "\r\n") + "\n\n  ")),
        replaced(answer=edited("answer", "**It does:** …")),
        replaced(title=[CELLS[0], text("My notes: words are long, 12.2 of them, or 2.25.")]),
        replaced(stub=text("The longest word wins.", "code")),
        replaced(stub=CELLS[2] | {"cell_type": "markdown"}),
        replaced(answer=[CELLS[5], text('hint("2.2")', "code")]),
        replaced(discussion=edited("discussion", "<details><summary>Answer</summary>\nNo.</details>")),
        replaced(question=edited("question", QUESTION.replace("- what it does", "- in another version"))),
    ],
)  # fmt: skip
def test_no_answer_is_found_where_there_is_none(cells):
    assert words(cells)[0] == ""


def test_words_of_two_questions_stay_apart():
    second = EXERCISES_HERE[-1].__class__(**{**vars(EXERCISES_HERE[-1]), "id": "2.3", "title": "And why?"})
    more = [
        cell("### Exercise 2.3: And why?", "markdown", "question3"),
        cell("*Here.*", "markdown", "answer3", exercise="2.3", role="answer"),
    ]
    master = [*CELLS[:-1], *more, CELLS[-1]]
    filled = [*replaced(answer=text("Sorts."))[:-1], more[0], text("As I say."), CELLS[-1]]
    plan = make_plan(read(bare(filled)), read(master), [*EXERCISES_HERE, second])
    assert plan.words == {"2.2": "Sorts.", "2.3": "As I say."}


def test_an_answer_in_words_shows_which_file_holds_work():
    master = read(CELLS)
    for cells, count in ((bare(replaced(answer=text("A."))), 1), (bare(CELLS), 0), (CELLS, 0)):
        assert count_answered(read(cells), master, EXERCISES) == count
