"""Open one student's files, and tell which of them is which of the course's notebooks, and which counts.

All of what a student wrote is read here and nowhere else: this belongs into a limited process.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from othello_interp.exercises.records import Question
from othello_interp.grading.submissions.collect import unpack_all
from othello_interp.grading.submissions.handed_in import Budget, Collected, File
from othello_interp.grading.submissions.names import brief
from othello_interp.grading.submissions.notebook_file import (
    Notebook,
    Unreadable,
    definitions,
    read_notebook,
    which_notebook,
)
from othello_interp.grading.submissions.provenance import CourseAnswers, Provenance, provenance
from othello_interp.grading.submissions.words import ELSEWHERE, find_words

APART = 60.0  # seconds: files that were unpacked or checked out together have nearly the same time


@dataclass(frozen=True)
class Lessons:
    """What reading has to know of the course: its blank notebooks by stem, and the names in its exercises. It
    holds no answers."""

    masters: dict[str, Notebook]
    questions: dict[str, Question]
    not_due: dict[str, Question]  # of notebooks that are known and not graded
    common: list[int]  # shingles of the course's own cells
    shipped: CourseAnswers  # how its solved notebooks are known

    def of_notebook(self, stem: str) -> list[Question]:
        return [question for question in self.questions.values() if question.notebook == stem]


@dataclass(frozen=True)
class Candidate:
    """A file that is one of the course's notebooks.

    Attributes:
        whose: what of it is the student's.
        answered: how many exercises were worked on in it.
        content: a hash.
    """

    file: File
    whose: Provenance
    answered: int
    content: str


@dataclass
class Reading:
    """What one student's files hold.

    Attributes:
        chosen: the file that counts, by the course's notebook.
        problems: what can't be read or is nothing of this course, a line each.
        remarks: for the student; `doubts`: for a person who grades.
        unreadable: something that may hold work can't be read.
    """

    chosen: dict[str, Candidate] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    unreadable: bool = False


def read_files(handed_in: Collected, lessons: Lessons) -> Reading:
    """Read a student's files as they were found. What is wrong with them is noted; nothing is raised."""
    masters, every = lessons.masters, lessons.questions | lessons.not_due
    inside = unpack_all(handed_in.files, Budget())
    reading = Reading(problems=handed_in.problems + inside.problems)
    hidden = bool(reading.problems)  # something was handed in that can't be read
    candidates: dict[str, list[Candidate]] = {}
    left_out: dict[str, list[str]] = {}
    for file in sorted(inside.files, key=lambda file: file.name):
        shown = brief(file.name)
        try:
            data = file.read()
            notebook = read_notebook(data)
        except Exception as error:  # a damaged zip has many ways to say so
            bare = isinstance(error, Unreadable)
            why = str(error) if bare else f"can't be read ({type(error).__name__}: {error})"
            reading.problems.append(f"{shown}: {why}"[:300])
            reading.unreadable = True
            continue
        stem = which_notebook(notebook, file.name.rpartition("/")[2], every)
        if not stem:
            reading.problems.append(f"{shown}: none of this course's exercises is in it")
            continue
        if stem not in masters:
            reading.remarks.append(f"{shown} was left out: {stem} is not due.")
            continue
        whose = provenance(notebook, masters[stem], lessons.shipped)
        if whose.left_out:
            left_out.setdefault(stem, []).append(f"{shown} was left out: {whose.left_out}")
            continue
        answered = count_answered(whose.notebook, masters[stem], list(lessons.questions.values()))
        content = hashlib.sha256(data).hexdigest()
        candidates.setdefault(stem, []).append(Candidate(file, whose, answered, content))
    reading.unreadable |= hidden and len(candidates) < len(masters)
    for stem, lines in left_out.items():
        reading.remarks += [f"{stem}: {line}" for line in lines]
        if stem not in candidates:
            reading.doubts.append(f"{stem}: nothing else was handed in, and {lines[0]}")
    for stem, found in candidates.items():
        reading.chosen[stem], doubt = choose(found)
        if doubt:
            reading.remarks.append(f"{stem}: {doubt}")
            reading.doubts.append(f"{stem}: {doubt}")
        if whose_doubt := reading.chosen[stem].whose.doubt:
            reading.doubts.append(f"{stem}: {whose_doubt}")
    if not inside.files and not reading.problems:
        others = [*handed_in.others, *inside.others][:5]
        only = f", only {', '.join(others)}" if others else ""
        reading.problems.append(f"no notebook (.ipynb) was handed in{only}")
    return reading


def count_answered(notebook: Notebook, master: Notebook, exercises: Sequence[Question]) -> int:
    """How many exercises a notebook has something of its own for: a cell that the course's copy lacks."""
    given = {cell.source.strip() for cell in master.cells}
    own = [cell for cell in notebook.cells if cell.source.strip() and cell.source.strip() not in given]
    names = {name for cell in own for name in definitions(cell.source)}
    words = [id for id, text in find_words(notebook, master, exercises)[0].items() if ELSEWHERE not in text]
    return sum(exercise.function in names or exercise.id in words for exercise in exercises)


def choose(candidates: list[Candidate]) -> tuple[Candidate, str]:
    """Which of several files for the same notebook counts, and a line that names them ("" if all agree).

    Of those with answers of the student's own the newest, if their times are of one clock and more than a
    minute apart. Else the one with more exercises answered; else the one whose name comes last.
    """
    distinct = list({candidate.content: candidate for candidate in candidates}.values())
    if len(distinct) == 1:
        return distinct[0], ""
    answered = [c for c in distinct if c.answered]
    ranked = [c for c in answered if not c.whose.copied] or answered or distinct
    by_time = sorted(ranked, key=lambda c: c.file.modified or 0.0)
    newest = by_time[-1]
    if len(ranked) == 1:
        copied = any(c.whose.copied for c in answered if c is not newest)
        chosen, why = newest, "the others hold no answers" + " but the course's" * copied
    elif (
        all(c.file.modified is not None and c.file.clock == newest.file.clock for c in ranked)
        and (newest.file.modified or 0.0) - (by_time[-2].file.modified or 0.0) > APART
    ):
        chosen, why = newest, "it is the newest"
    else:
        chosen = max(ranked, key=lambda c: (c.answered, c.file.name))
        most = sum(c.answered == chosen.answered for c in ranked) == 1
        why = "it has more exercises answered" if most else "their order isn't known, and its name comes last"
    names = [brief(c.file.name) for c in distinct]
    listed = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    return chosen, f"{listed} differ; {brief(chosen.file.name)} was graded, as {why}"
