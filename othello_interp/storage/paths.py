"""Where the course's own files are: in a checkout beside the package, in an installed copy inside it."""

import importlib.util
import os
from pathlib import Path
from types import ModuleType

from othello_interp.errors import OthelloInterpError

PACKAGE = Path(__file__).resolve().parents[1]
INSTALLED = PACKAGE / "course"  # where a wheel puts data/, notebooks/ and solutions/: see pyproject.toml


def root() -> Path:
    """The folder that holds data/, notebooks/ and solutions/: a checkout, or `course/` in an installed copy.

    The environment variable OTHELLO_INTERP_ROOT names another one.
    """
    named = os.environ.get("OTHELLO_INTERP_ROOT")
    folder = Path(named) if named else INSTALLED if INSTALLED.is_dir() else PACKAGE.parent
    if not any((folder / name).is_dir() for name in ("data", "notebooks")):
        raise OthelloInterpError(
            f"Neither data/ nor notebooks/ in {folder}: it isn't a copy of the course. Install the package "
            "again, or set OTHELLO_INTERP_ROOT to a checkout of it."
        )
    return folder


def how_to_restore(path: Path) -> str:
    """What to do about a file of the course that is missing or damaged, as a sentence."""
    if path.is_relative_to(INSTALLED):
        return "Install the package again: `pip install --force-reinstall --no-deps othello-interp`."
    return f"Restore it with `git checkout -- {path.parent.name}/{path.name}`."


def load_file(path: Path, name: str) -> ModuleType:
    """The module that a Python file holds, made anew. FileNotFoundError if there is none."""
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def solutions() -> Path:
    """solutions/ of the course, or the folder that the variable OTHELLO_INTERP_SOLUTIONS names."""
    named = os.environ.get("OTHELLO_INTERP_SOLUTIONS")
    return Path(named) if named else root() / "solutions"


def notebooks(names: list[str] | None = None, folder: Path | None = None) -> list[Path]:
    """The student notebooks in order, or those whose file name begins with one of `names`, such as "02"."""
    folder = folder or root() / "notebooks"
    paths = sorted(folder.glob("*.ipynb"))
    if not names:
        return paths
    for name in names:
        if not any(path.name.startswith(name) for path in paths):
            known = ", ".join(path.stem for path in paths) or "none"
            raise OthelloInterpError(f"No notebook begins with {name!r} in {folder}. There are: {known}.")
    return [path for path in paths if path.name.startswith(tuple(names))]
