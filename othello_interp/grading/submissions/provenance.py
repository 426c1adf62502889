"""Whose is a notebook? What the course ships is never the student's, wherever it lies, whatever it is called.

A repository that is handed in holds the course's solved notebooks beside the student's work. They are known
by the mark that `othello-interp build-solved` leaves, and what is in them by hashes, so that whoever reads
submissions holds no answers. An answer that is word for word the course's, in a notebook without the mark,
may be the student's own: it counts, and if all are so, a person is told.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from othello_interp.grading.submissions.notebook_file import Cell, Notebook, definitions

SUSPICIOUS = 3  # answers, when all of them are the course's


@dataclass(frozen=True)
class CourseAnswers:
    """How the solved notebooks that a course ships are known.

    Attributes:
        marks: each one's mark.
        cells: hashes of their cells.
        answers: hash of each cell that holds an answer -> exercise.
    """

    marks: tuple[str, ...]
    cells: tuple[str, ...]
    answers: dict[str, str]


@dataclass(frozen=True)
class Provenance:
    """What of a notebook is the student's.

    Attributes:
        notebook: without the course's answers, if it was made from a solved notebook.
        left_out: why nothing of it is the student's; "" if something is.
        copied: whether its answers are the course's, and enough of them to be no chance.
        doubt: what a person who grades it should know; "" if nothing.
    """

    notebook: Notebook
    left_out: str = ""
    copied: bool = False
    doubt: str = ""


def course_answers(solved: Iterable[Notebook]) -> CourseAnswers:
    """How to know these solved notebooks of the course, and what is taken from them."""
    notebooks = list(solved)
    cells = [cell for notebook in notebooks for cell in notebook.cells]
    return CourseAnswers(
        tuple(notebook.made_from for notebook in notebooks if notebook.made_from),
        tuple({_hash(cell) for cell in cells}),
        {_hash(cell): cell.exercise for cell in cells if cell.role == "stub"},
    )


def provenance(notebook: Notebook, master: Notebook, course: CourseAnswers) -> Provenance:
    """What of a submitted notebook is the student's, given the course's blank copy of it."""
    blank = {_hash(cell) for cell in master.cells} | {_hash(Cell("code", ""))}
    own = {cell: digest for cell in notebook.cells if (digest := _hash(cell)) not in blank}
    taken = {cell: course.answers[digest] for cell, digest in own.items() if digest in course.answers}
    listed = ", ".join(sorted(set(taken.values())))
    if not notebook.made_from:
        asked = {name for cell in master.cells if cell.role == "stub" for name in definitions(cell.source)}
        others = any(asked & definitions(cell.source) for cell in own if cell not in taken)
        copied = len(set(taken.values())) >= SUSPICIOUS and not others
        doubt = f"all its answers ({listed}) are word for word those of the course's solved notebook"
        return Provenance(notebook, copied=copied, doubt=doubt if copied else "")
    if notebook.made_from not in course.marks:
        return Provenance(notebook, "it is a solved notebook of another version of the course")
    if set(own.values()) <= set(course.cells):
        return Provenance(notebook, "it is the course's own solved notebook")
    stubs = {cell.exercise: cell.source for cell in master.cells if cell.role == "stub"}
    cells = [replace(c, source=stubs.get(taken[c], "")) if c in taken else c for c in notebook.cells]
    doubt = (
        f"it was made from the course's solved notebook, whose answers ({listed}) don't count"
        if taken
        else ""
    )
    remarks = (*notebook.remarks, f"{doubt[0].upper()}{doubt[1:]}.") if doubt else notebook.remarks
    return Provenance(replace(notebook, cells=tuple(cells), remarks=remarks), doubt=doubt)


def _hash(cell: Cell) -> str:
    """Of a cell's text, whatever its layout."""
    return hashlib.sha256(" ".join(cell.source.split()).encode()).hexdigest()[:24]
