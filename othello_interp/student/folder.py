"""The folder that a student works in: the notebooks, a short README, and what they were given, in .course/.

The last is what tells an untouched cell from a changed one when a newer version of the course comes.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nbformat import NotebookNode

from othello_interp import __version__
from othello_interp.errors import OthelloInterpError
from othello_interp.notebooks import files
from othello_interp.storage import paths
from othello_interp.storage.whole_file import write_text
from othello_interp.student.merge import merge

GIVEN, RECORD, BACKUPS = ".course", "course.json", "backups"
README = """# One neuron of Othello-GPT
Your copy of the course. Open the notebooks in order, beginning with `01_…ipynb`:

    jupyter lab

- `check("2.1", …)` below an exercise says what is wrong and why, `hint("2.1")` gives one more hint each time,
  `solution("2.1")` the answer, `progress()` the state of the whole course.
- `othello-interp update .` brings a newer version of the course in here. What you wrote stays; copies of the
  notebooks as they were are put into `backups/`.
- `.course/` holds the notebooks as you got them. `update` needs it.
"""


def start(folder: Path) -> list[Path]:
    """Make a new folder to work in; the notebooks in it. OthelloInterpError if there is something already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        again = f" To bring it up to date: othello-interp update {folder}" if is_course(folder) else ""
        raise OthelloInterpError(f"{folder} exists already and is not empty; name a new folder.{again}")
    made = []
    for path in paths.notebooks():
        notebook = files.read(path)
        for target in (folder / GIVEN / path.name, folder / path.name):
            files.write(notebook, target)
        made.append(folder / path.name)
    write_text(folder / "README.md", README)
    _write_record(folder)
    return made


def is_course(folder: Path) -> bool:
    """Whether `start` made this folder."""
    return (folder / GIVEN / RECORD).is_file()


def _write_record(folder: Path) -> None:
    write_text(folder / GIVEN / RECORD, json.dumps({"version": __version__}) + "\n")


@dataclass(frozen=True)
class Change:
    """What an update does to one notebook."""

    path: Path
    notebook: NotebookNode
    new: NotebookNode
    done: list[str]
    changed: bool


def update(folder: Path, now: datetime) -> tuple[list[Change], Path | None]:
    """Bring the course of this package into a student's folder; what was done, and where the backup is.

    Everything is read and merged before anything is written.

    Raises:
        OthelloInterpError: it isn't a student's folder, a notebook is damaged, or the folder is newer.
    """
    if not is_course(folder):
        raise OthelloInterpError(
            f"{folder} is not a folder made by `othello-interp start` (it has no {GIVEN}/{RECORD}). "
            "Start a new one, and copy your notebooks into it."
        )
    version = _version_of(folder)
    if _as_numbers(version) > _as_numbers(__version__):
        raise OthelloInterpError(
            f"{folder} holds version {version} of the course, newer than this package's {__version__}. "
            "Nothing was changed. Update the package first: pip install --upgrade othello-interp."
        )
    changes = [_merged(folder, path) for path in paths.notebooks()]
    backup = folder / BACKUPS / now.strftime("%Y-%m-%d %H.%M.%S")
    kept = [change.path for change in changes if change.changed and change.path.exists()]
    for path in kept:
        write_text(backup / path.name, path.read_text(encoding="utf-8"))
    for change in changes:
        if change.changed:
            files.write(change.notebook, change.path)
        files.write(change.new, folder / GIVEN / change.path.name)
    _write_record(folder)
    return changes, backup if kept else None


def _merged(folder: Path, course: Path) -> Change:
    path, given = folder / course.name, folder / GIVEN / course.name
    new = files.read(course)
    if not given.is_file():  # a notebook that the course did not have
        if path.exists():
            raise OthelloInterpError(
                f"The course has a new notebook {path.name}, and {folder} has a file of that name that isn't "
                "the course's. Nothing was changed. Rename yours and update again."
            )
        return Change(path, new, new, ["a new notebook"], True)
    if not path.is_file():
        return Change(path, new, new, ["left out: you have moved or deleted it"], False)
    mine = files.read(path)
    merged = merge(files.read(given), new, mine)
    return Change(path, merged.notebook, new, merged.done, files.text(merged.notebook) != files.text(mine))


def _version_of(folder: Path) -> str:
    path = folder / GIVEN / RECORD
    try:
        version = json.loads(path.read_text(encoding="utf-8"))["version"]
        _as_numbers(version)
        return version
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OthelloInterpError(f"{path} is damaged: expected a version such as {__version__}.") from error


def _as_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
