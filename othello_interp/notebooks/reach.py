"""Which files of the package a notebook's outputs come from: what it imports, and what that imports in turn.

A solved notebook is out of date when one of them changes, a plot or a check's panel as much as a number; what
no notebook reaches (grading, training, authoring, other notebooks' exercises) may change freely.
"""

import ast
import re
from pathlib import Path

from nbformat import NotebookNode

import othello_interp
from othello_interp.storage.paths import PACKAGE

NAME = othello_interp.__name__


def imports(code: str) -> set[str]:
    """The dotted names within the package that some code imports anywhere, of modules or things in them."""
    try:
        tree = ast.parse(re.sub(r"^[%!].*", "", code, flags=re.MULTILINE))
    except SyntaxError:
        return set()
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name.removeprefix(f"{NAME}.") for name in found if name.startswith(f"{NAME}.")}


def files_of(name: str) -> set[Path]:
    """The file of a module, or of the module that a thing is in, and the __init__ of each folder above it."""
    first, *rest = name.split(".")
    parts = [othello_interp._HOME.get(first, first), *rest]
    paths = set()
    for end in range(1, len(parts) + 1):
        stem = PACKAGE.joinpath(*parts[:end])
        paths |= {path for path in (stem.with_suffix(".py"), stem / "__init__.py") if path.is_file()}
    return paths


def reached(notebook: NotebookNode, stem: str) -> list[Path]:
    """The modules behind a notebook, and the templates beside them; `stem` is its name without the suffix."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    todo: set[Path] = set().union(*(files_of(name) for source in code for name in imports(source)))
    found: set[Path] = set()
    while todo:
        path = todo.pop()
        found.add(path)
        new = set().union(*(files_of(name) for name in imports(path.read_text(encoding="utf-8"))))
        if path == PACKAGE / "exercises" / "__init__.py":  # which loads these when they are first used
            number = stem[:2].lstrip("0")
            exercises = (PACKAGE / "exercises" / "catalogue").glob(f"exercise_{number}_*.py")
            new |= files_of("exercises.checker") | set(exercises)
        todo |= new - found
    templates = {path for folder in {path.parent for path in found} for path in folder.glob("*.j2")}
    return sorted(found | templates)


def text_of(paths: list[Path]) -> str:
    """The files' names and code, without blank lines and lines of comment: these change no output."""
    parts = []
    for path in paths:
        lines = path.read_text(encoding="utf-8").splitlines()
        code = [line.rstrip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
        parts.append("\n".join([path.relative_to(PACKAGE).as_posix(), *code]))
    return "\n".join(parts)
