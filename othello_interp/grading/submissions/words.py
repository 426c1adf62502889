"""Find the answers in words: in their own cells, where these have been, or else wherever they may be.

Exports take away what marks a cell, and students write where there is room. So a text is told from the
course's by its lines, and its place by the headings around it. What may be an answer is shown to a person.
"""

import ast
import re
from collections.abc import Sequence

from othello_interp.exercises.records import Question
from othello_interp.grading.submissions.notebook_file import Cell, Notebook

MAX_PROSE = 20_000  # characters of a code cell that is asked whether it is prose
ELSEWHERE = "[Not in its cell. One of these texts from the same notebook may be the answer.]"


def find_words(
    submitted: Notebook, master: Notebook, exercises: Sequence[Question]
) -> tuple[dict[str, str], list[str]]:
    """The answers in words of a notebook, by exercise, and remarks on where they were.

    An answer is what the student wrote in the answer's cell, or under its question up to the next of the
    course's headings. Where that is nothing, it is every text of the student's own that names the exercise,
    and if the answer's cell is gone, every text of their own.
    """
    open_ones = [exercise for exercise in exercises if exercise.open]
    if not open_ones:
        return {}, []
    course = _Course(master, {exercise.id for exercise in open_ones})
    found: dict[str, list[str]] = {}
    elsewhere: list[str] = []
    present: set[str] = set()
    current = ""
    for cell in submitted.cells:
        answer = course.answers(cell)
        present |= {answer} - {""}
        current = answer or course.section(cell, current)
        text = course.own_text(cell, in_place=bool(current))
        if text and current:
            found.setdefault(current, []).append(text)
        elif text:
            elsewhere.append(text)
    words = {exercise: "\n\n".join(texts) for exercise, texts in found.items()}
    remarks = []
    for exercise in open_ones:
        texts = elsewhere if exercise.id not in present else [t for t in elsewhere if _names(t, exercise)]
        if exercise.id not in words and texts:
            words[exercise.id] = "\n\n".join([ELSEWHERE, *texts])
            remarks.append(
                f"Exercise {exercise.id}: no answer was found in its place. A person will look through your "
                "other texts."
            )
    return words, remarks


class _Course:
    """What of a notebook is the course's: its cells, its lines and its headings."""

    def __init__(self, master: Notebook, open_ones: set[str]) -> None:
        self.by_id = {cell.id: cell for cell in master.cells if cell.id}
        self.lines = {""} | {
            line for cell in master.cells if cell.kind != "code" for line in _lines(cell.source)
        }
        self.code = {_one_line(cell.source) for cell in master.cells if cell.kind == "code"}
        self.templates: dict[str, str] = {}  # text of an answer's cell -> exercise
        self.begins: dict[str, str] = {}  # heading, or text of the cell above -> the answer that follows
        heading = above = ""
        for cell in master.cells:
            if cell.role == "answer" and cell.exercise in open_ones:
                self.templates[_one_line(cell.source)] = cell.exercise
                self.begins |= {heading: cell.exercise, above: cell.exercise}
            if cell.kind != "code":
                heading = next((line for line in _lines(cell.source)[::-1] if line.startswith("#")), heading)
            above = _one_line(cell.source)
        self.begins.pop("", None)
        self.open_ones = open_ones

    def answers(self, cell: Cell) -> str:
        """The exercise whose answer cell this is, by its mark, its id, or its text if it was left blank."""
        original = self.by_id.get(cell.id, cell)
        marked = cell.exercise or original.exercise if "answer" in (cell.role, original.role) else ""
        return marked if marked in self.open_ones else self.templates.get(_one_line(cell.source), "")

    def section(self, cell: Cell, current: str) -> str:
        """The exercise under whose question one is after this cell; "" under none."""
        whole = _one_line(cell.source)
        if cell.kind == "code":
            ends = cell.role or self.by_id.get(cell.id, cell).role or whole in self.code
            return self.begins.get(whole, "" if ends else current)
        for line in _lines(cell.source)[::-1]:
            if line.startswith("#") and line in self.lines:
                return self.begins.get(line, "")
        return self.begins.get(whole, current)

    def own_text(self, cell: Cell, in_place: bool) -> str:
        """What of a cell the student wrote as text. Code counts only in an answer's place, if it is prose."""
        original = self.by_id.get(cell.id, cell)
        marked = "answer" in (cell.role, original.role)
        if not marked and (cell.role or original.role):
            return ""
        if cell.kind == "code" and not marked and not (in_place and _is_prose(cell.source)):
            return ""
        own = [line for line in cell.source.splitlines() if _one_line(line) not in self.lines]
        if not own:
            return ""
        if not marked and original is not cell:
            before, now = set(_lines(original.source)), set(_lines(cell.source))
            if before & now and not before <= now:  # the course's own, from another version of it
                return ""
        held = any(line in self.lines and line.startswith("#") for line in _lines(cell.source))
        return "\n".join(own) if held and not marked else cell.source.strip()


def _lines(source: str) -> list[str]:
    """The lines of a text that hold something, with single spaces: exports change the layout."""
    return [line for line in (" ".join(line.split()) for line in source.splitlines()) if line]


def _one_line(source: str) -> str:
    return " ".join(source.split())


def _names(text: str, exercise: Question) -> bool:
    number = rf"(?<![\d.]){re.escape(exercise.id)}(?!\.?\d)"
    return bool(re.search(number, text)) or exercise.title.lower() in text.lower()


def _is_prose(source: str) -> bool:
    """Whether a code cell holds comments, a string, or something that is no Python at all."""
    if not source.strip() or len(source) > MAX_PROSE or source.lstrip()[0] in "%!?":
        return False
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body)
