"""Work on a copy of the project, and move what has changed into its place at the end.

Whatever stops the work (an error, Ctrl-C, a kill) leaves the project as it was, and the same work goes on
after its last whole stage. What is to be moved is written down before the first file moves: if that is cut
short, the next use finishes it. The files that were replaced are kept.
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from othello_interp.errors import FileError, OthelloInterpError
from othello_interp.storage.data import sha256
from othello_interp.storage.whole_file import writable_folder, write_text

#: What is moved back; the rest of the copy is only there to be run.
MOVED = ("data", "docs", "notebooks", "solutions", "README.md")
#: What is never copied: history, environments, and what programs leave behind.
_LEFT_OUT = shutil.ignore_patterns(
    ".git",
    ".venv",
    "build",
    "dist",
    "__pycache__",
    ".*_cache",
    ".hypothesis",
    ".ipynb_checkpoints",
    "*.egg-info",
    ".*.part",
)

Hashes = dict[str, str]
_replace = os.replace  # a name of its own, for tests to cut short


class Staging:
    """A copy of a project, and which stages of the work on it are done.

    copy: the copy, a project of its own. folder: where it lies, with what else the work keeps; it must be on
    the project's own disk.
    """

    def __init__(self, project: Path, folder: Path, key: str, anew: bool = False):
        """key: what the work depends on. A copy begun with another key is thrown away; with `anew`, any."""
        self.project, self.folder, self.copy = project, writable_folder(folder), folder / "project"
        self._file = folder / "state.json"
        state = _read(self._file) or {}
        self.resumed = state.get("key") == key and not anew
        if not self.resumed:
            self._file.unlink(missing_ok=True)
            shutil.rmtree(self.copy, ignore_errors=True)
            shutil.copytree(project, self.copy, ignore=_LEFT_OUT)
            state = {"key": key, "done": [], "copied": hashes(self.copy)}
        self._copied: Hashes = state["copied"]
        self._done: list[str] = state["done"]
        self._key = key
        self._save()

    def done(self, stage: str) -> bool:
        """Has a stage been finished?"""
        return stage in self._done

    def finish(self, stage: str) -> None:
        """Note that a stage has been finished."""
        self._done.append(stage)
        self._save()

    def refresh(self, stages: list[str]) -> list[str]:
        """Copy again what was edited in the project since it was copied, and forget that `stages`, which come
        after such edits, are done. Returns the names of the files.

        Raises OthelloInterpError for an edit in data/, where the stages before them have begun.
        """
        now = hashes(self.project)
        edited = sorted(name for name in now | self._copied if now.get(name) != self._copied.get(name))
        if of_data := [name for name in edited if Path(name).parts[0] == "data"]:
            raise OthelloInterpError(
                f"{self.project / of_data[0]} was changed since the work began. Begin again with --anew."
            )
        if edited:
            self._done = [stage for stage in self._done if stage not in stages]
            self._save()
        for name in edited:
            if name in now:
                (self.copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self.project / name, self.copy / name)
            else:
                (self.copy / name).unlink(missing_ok=True)
        self._copied = now
        self._save()
        return edited

    def changed(self) -> list[str]:
        """The files of the copy, among those that are moved back, that are new or different."""
        now = hashes(self.copy)
        return sorted(
            name
            for name, found in now.items()
            if Path(name).parts[0] in MOVED and found != self._copied.get(name)
        )

    def move_back(self) -> list[str]:
        """Replace the project's files by those that have changed; returns their names.

        The old ones are kept in `folder`/replaced. Raises OthelloInterpError when the project has been edited
        since it was copied.
        """
        names = self.changed()
        now = hashes(self.project)
        if edited := [name for name in names if now.get(name) != self._copied.get(name)]:
            raise OthelloInterpError(
                f"{self.project / edited[0]} was changed during the work. Run the same command again."
            )
        replaced = self.folder / "replaced"
        shutil.rmtree(replaced, ignore_errors=True)
        for name in names:
            if (self.project / name).is_file():
                (replaced / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self.project / name, replaced / name)
        write_text(self.folder / "journal.json", json.dumps(names))
        finish_moving(self.project, self.folder)
        return names

    def _save(self) -> None:
        write_text(
            self._file, json.dumps({"key": self._key, "done": self._done, "copied": self._copied}, indent=1)
        )


def finish_moving(project: Path, folder: Path) -> list[str]:
    """Move what the journal of a work folder says, if it has one, and end that work; returns the names.

    A file that isn't in the copy any more was moved before an interruption. Raises FileError where one can't
    be moved.
    """
    journal, copy = folder / "journal.json", folder / "project"
    names = _read(journal) or []
    for name in names:
        if (copy / name).is_file():
            try:
                (project / name).parent.mkdir(parents=True, exist_ok=True)
                _replace(copy / name, project / name)
            except OSError as error:
                raise FileError(
                    f"{project / name} can't be replaced: {error.strerror or error}. Put that right, and run "
                    "the same command again: it finishes what it has begun."
                ) from error
    if journal.is_file():
        (folder / "state.json").unlink(missing_ok=True)
        journal.unlink()
        shutil.rmtree(copy, ignore_errors=True)
    return names


def hashes(project: Path) -> Hashes:
    """The SHA-256 of every file of a project that is copied, by its path in it."""
    found: Hashes = {}
    for folder, folders, files in os.walk(project):
        left_out = _LEFT_OUT(folder, [*folders, *files])
        folders[:] = sorted(set(folders) - left_out)
        for name in set(files) - left_out:
            path = Path(folder, name)
            found[path.relative_to(project).as_posix()] = sha256(path)
    return found


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
