"""Read, clean and write notebook files."""

import hashlib
import json
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4.rwbase import rejoin_lines

from othello_interp.errors import OthelloInterpError
from othello_interp.storage.whole_file import whole_file

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
OURS = "othello_interp"  # our key in the metadata of cells and notebooks
KEPT = {OURS, "tags", "jupyter"}  # metadata of a cell that means something to a reader
CELL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def read(path: Path) -> NotebookNode:
    """A notebook in format 4.5. Raises OthelloInterpError when the file isn't one."""
    try:
        notebook = rejoin_lines(nbformat.from_dict(json.loads(path.read_text(encoding="utf-8"))))
        _give_ids(notebook.cells)  # nbformat would make up random ones
        notebook.nbformat_minor = 5
        nbformat.validate(notebook)
        return notebook
    except (ValueError, KeyError, AttributeError, TypeError, nbformat.ValidationError) as error:
        raise OthelloInterpError(f"{path} is not a notebook that can be read: {error}") from error


def _give_ids(cells: list[NotebookNode]) -> None:
    """An id for each cell whose own is missing or not unique, made from its position and text."""
    seen: set[str] = set()
    for position, cell in enumerate(cells):
        if not CELL_ID.fullmatch(cell.get("id", "")) or cell.id in seen:
            cell["id"] = hashlib.sha256(f"{position}\n{cell.source}".encode()).hexdigest()[:8]
        seen.add(cell.id)


def text(notebook: NotebookNode) -> str:
    """The file's text, the same for the same notebook: sorted keys, one space, a closing newline."""
    return nbformat.writes(notebook, indent=1, sort_keys=True, ensure_ascii=False).rstrip("\n") + "\n"


def write(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook file, whole or not at all."""
    with whole_file(path) as temporary:
        temporary.write_text(text(notebook), encoding="utf-8")


def role(cell: NotebookNode) -> str | None:
    """What a cell is to the exercises: "stub", "check", "answer", "install" or None."""
    return cell.metadata.get(OURS, {}).get("role")


def normalised(notebook: NotebookNode) -> NotebookNode:
    """A copy with only the metadata that means something, and a stable unique id for every cell."""
    notebook = nbformat.from_dict(notebook)
    ours = notebook.metadata.get(OURS)
    notebook.metadata = nbformat.from_dict(METADATA | ({OURS: ours} if ours else {}))
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    _give_ids(notebook.cells)
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in KEPT & cell.metadata.keys()})
        if cell.cell_type == "code":
            cell.execution_count = None
    return notebook


def cleaned(notebook: NotebookNode) -> NotebookNode:
    """A student notebook as it is committed: normalised, and without outputs."""
    notebook = normalised(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    return notebook
