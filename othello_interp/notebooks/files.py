"""Read, clean and write notebook files."""

import hashlib
import os
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from othello_interp.errors import OthelloInterpError

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
        return nbformat.read(path, as_version=4)
    except (ValueError, KeyError, AttributeError) as error:
        raise OthelloInterpError(f"{path} is not a notebook that can be read: {error}") from error


def text(notebook: NotebookNode) -> str:
    """The file's text, the same for the same notebook: sorted keys, one space, a closing newline."""
    return nbformat.writes(notebook, indent=1, sort_keys=True, ensure_ascii=False).rstrip("\n") + "\n"


def write(notebook: NotebookNode, path: Path) -> None:
    """Write to a temporary file beside `path` and rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text(notebook), encoding="utf-8")
    temporary.replace(path)


def role(cell: NotebookNode) -> str | None:
    """What a cell is to the exercises: "stub", "check", "answer" or None."""
    return cell.metadata.get(OURS, {}).get("role")


def normalised(notebook: NotebookNode) -> NotebookNode:
    """A copy with only the metadata that means something, and a stable unique id for every cell.

    An id that is missing or not unique is made from the cell's position and text, the same each time.
    """
    notebook = nbformat.from_dict(notebook)
    ours = notebook.metadata.get(OURS)
    notebook.metadata = nbformat.from_dict(METADATA | ({OURS: ours} if ours else {}))
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: set[str] = set()
    for position, cell in enumerate(notebook.cells):
        cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in KEPT & cell.metadata.keys()})
        if not CELL_ID.fullmatch(cell.get("id", "")) or cell.id in seen:
            cell["id"] = hashlib.sha256(f"{position}\n{cell.source}".encode()).hexdigest()[:8]
        seen.add(cell.id)
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
