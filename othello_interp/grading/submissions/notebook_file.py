"""Read a submitted .ipynb file, whatever state it is in, as plain cells. Runs and parses none of its code."""

import codecs
import json
import re
from dataclasses import dataclass
from typing import Any

from othello_interp.exercises.records import EXERCISE_ID, Exercise
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
    """The cells of a notebook and remarks on how it was read."""

    cells: tuple[Cell, ...]
    remarks: tuple[str, ...] = ()


def read_notebook(data: bytes) -> Notebook:
    """The cells of a notebook file; Unreadable if it isn't one."""
    if len(data) > MAX_FILE:
        raise Unreadable(f"the file is larger than {MAX_FILE // 2**20} MB")
    data = data.removeprefix(codecs.BOM_UTF8)
    if not data.strip():
        raise Unreadable("the file is empty")
    if data.lstrip()[:1] != b"{":
        start = data.lstrip()[:20].lower()
        what = "a web page" if start.startswith((b"<!doctype", b"<html")) else "something else"
        raise Unreadable(f"the file is {what}, not a notebook: hand in the .ipynb file itself")
    try:
        content = json.loads(data.decode())
    except UnicodeDecodeError:
        raise Unreadable("the file is damaged: it is not text in UTF-8") from None
    except json.JSONDecodeError as error:
        cut = error.pos >= len(data) - 2
        what = "it ends too early" if cut else f"line {error.lineno} is not valid JSON"
        raise Unreadable(f"the notebook file is damaged: {what}") from None
    except (RecursionError, ValueError):
        raise Unreadable("the notebook file is damaged: its JSON can't be read") from None
    remarks = []
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
    return Notebook(tuple(read), tuple(remarks))


def _cell(cell: dict[str, Any]) -> Cell:
    metadata = cell.get("metadata")
    ours = metadata.get("othello_interp") if isinstance(metadata, dict) else None
    ours = ours if isinstance(ours, dict) else {}
    exercise, role, identity = ours.get("exercise"), ours.get("role"), cell.get("id")
    return Cell(
        kind=cell.get("cell_type") if cell.get("cell_type") in ("code", "markdown", "raw") else "raw",
        source=_text(cell.get("source", cell.get("input"))),
        id=identity if isinstance(identity, str) else "",
        exercise=exercise if isinstance(exercise, str) and EXERCISE_ID.fullmatch(exercise) else "",
        role=role if role in ("stub", "check", "answer") else "",
    )


def _text(source: Any) -> str:
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    return source.encode(errors="replace").decode() if isinstance(source, str) else ""  # no half characters


def defines(source: str, function: str) -> bool:
    """Whether a cell seems to define a function, by its text: the parent parses no submitted code."""
    name = re.escape(function)
    return bool(
        re.search(rf"^[ \t]*(?:async[ \t]+)?def[ \t]+{name}\b|^{name}[ \t]*=[^=]", source, re.MULTILINE)
    )


def which_notebook(notebook: Notebook, file_name: str, exercises: dict[str, Exercise]) -> str:
    """Which of the course's notebooks this is, by its cells' tags, functions, then its name; "" if none."""
    votes: dict[str, float] = {}
    for exercise in exercises.values():
        tagged = any(cell.exercise == exercise.id for cell in notebook.cells)
        named = exercise.function and any(
            cell.kind != "markdown" and defines(cell.source, exercise.function) for cell in notebook.cells
        )
        named_file = exercise.notebook.lower() in file_name.lower()
        votes[exercise.notebook] = (
            votes.get(exercise.notebook, 0) + tagged * 1.0 + bool(named) * 1.0 + named_file * 0.01
        )
    best = max(votes, key=votes.get, default="")
    return best if best and votes[best] > 0 else ""
