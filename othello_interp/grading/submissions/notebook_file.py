"""Read a submitted .ipynb file, whatever state it is in, as plain cells. Runs and parses none of its code."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from othello_interp.exercises.records import EXERCISE_ID, Question
from othello_interp.grading.submissions.handed_in import MAX_FILE

MAX_CELLS = 2000


class Unreadable(ValueError):
    """The file is no notebook; the message says so in words for the student."""


@dataclass(frozen=True)
class Cell:
    """A cell as it was found: `exercise` and `role` come from its metadata and may be empty."""

    kind: str
    source: str
    id: str = ""
    exercise: str = ""
    role: str = ""


@dataclass(frozen=True)
class Notebook:
    """The cells of a notebook and remarks on how it was read. `made_from`: the mark of a solved notebook of
    the course."""

    cells: tuple[Cell, ...]
    remarks: tuple[str, ...] = ()
    made_from: str = ""


def read_notebook(data: bytes) -> Notebook:
    """The cells of a notebook file; Unreadable if it isn't one."""
    if len(data) > MAX_FILE:
        raise Unreadable(f"the file is larger than {MAX_FILE // 2**20} MB")
    text, remarks = _decoded(data)
    text = text.lstrip()
    if not text:
        raise Unreadable("the file is empty")
    if text[0] != "{":
        web = text[:20].lower().startswith(("<!doctype", "<html"))
        what = "a web page" if web else "something else"
        raise Unreadable(f"the file is {what}, not a notebook: hand in the .ipynb file itself")
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text) - 2
        what = "it ends too early" if cut else f"line {error.lineno} is not valid JSON"
        raise Unreadable(f"the notebook file is damaged: {what}") from None
    except (RecursionError, ValueError):
        raise Unreadable("the notebook file is damaged: its JSON can't be read") from None
    except MemoryError:
        raise Unreadable("the notebook file needs too much memory to be read") from None
    cells = content.get("cells")
    if cells is None and isinstance(content.get("worksheets"), list):
        remarks.append("saved in the notebook format of 2013 (version 3), read all the same")
        sheets = [sheet for sheet in content["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets for cell in sheet.get("cells") or []]
    if not isinstance(cells, list):
        raise Unreadable("the file is JSON, but not a notebook: it has no list of cells")
    if len(cells) > MAX_CELLS:
        raise Unreadable(f"the notebook has {len(cells):,} cells, at most {MAX_CELLS:,} are read")
    read = [_cell(cell) for cell in cells if isinstance(cell, dict)]
    if len(read) < len(cells):
        remarks.append(f"{len(cells) - len(read)} damaged cells left out")
    return Notebook(tuple(read), tuple(remarks), _string(_ours(content).get("made_from")))


def _decoded(data: bytes) -> tuple[str, list[str]]:
    """The file's text, and remarks. Notebooks are in UTF-8; some tools save them as Windows likes it."""
    try:
        return data.decode(json.detect_encoding(data)).removeprefix("\ufeff"), []
    except UnicodeDecodeError:
        remark = "the file is not in UTF-8, as notebooks are: special characters may have been misread"
        return data.decode("cp1252", errors="replace"), [remark]


def _ours(thing: dict[str, Any]) -> dict[str, Any]:
    """What the course has put into the metadata of a cell or a notebook."""
    metadata = thing.get("metadata")
    ours = metadata.get("othello_interp") if isinstance(metadata, dict) else None
    return ours if isinstance(ours, dict) else {}


def _cell(cell: dict[str, Any]) -> Cell:
    ours = _ours(cell)
    kind, role = _string(cell.get("cell_type")), _string(ours.get("role"))
    exercise = _string(ours.get("exercise"))
    return Cell(
        kind=kind if kind in ("code", "markdown") else "raw",
        source=_text(cell.get("source", cell.get("input"))),
        id=_string(cell.get("id")),
        exercise=exercise if EXERCISE_ID.fullmatch(exercise) else "",
        role=role if role in ("stub", "check", "answer", "install") else "",
    )


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _text(source: Any) -> str:
    """The text of a cell, with the line ends of this system and without halves of characters."""
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    if not isinstance(source, str):
        return ""
    return source.encode(errors="replace").decode().replace("\r\n", "\n").replace("\r", "\n")


DEFINED = re.compile(
    r"^[ \t]*+(?:async[ \t]++)?+def[ \t]++(\w++)|^(\w++)[ \t]*+(?::[^=\n]*+)?+=(?!=)", re.MULTILINE
)  # possessive, so that it goes over any text once


def definitions(source: str) -> set[str]:
    """Names of the functions that a cell seems to define, by its text: no submitted code is parsed here."""
    return {name for match in DEFINED.finditer(source) for name in match.groups() if name}


def given_cells(master: Notebook) -> list[Cell]:
    """The code cells of a blank notebook that are neither stubs nor checks."""
    return [c for c in master.cells if c.kind == "code" and not c.role and c.source.strip()]


def which_notebook(notebook: Notebook, file_name: str, exercises: Mapping[str, Question]) -> str:
    """Which of the course's notebooks this is, by its cells' tags, functions, then its name; "" if none."""
    tags = {cell.exercise for cell in notebook.cells}
    names = {name for cell in notebook.cells if cell.kind != "markdown" for name in definitions(cell.source)}
    votes: dict[str, float] = {}
    for exercise in exercises.values():
        named_file = exercise.notebook.lower() in file_name.lower()
        vote = (exercise.id in tags) + (exercise.function in names) + 0.01 * named_file
        votes[exercise.notebook] = votes.get(exercise.notebook, 0.0) + vote
    best = max(votes, key=lambda stem: votes[stem], default="")
    return best if best and votes[best] > 0 else ""
