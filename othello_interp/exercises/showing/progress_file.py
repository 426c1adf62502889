"""How far a student has come, in one small JSON file that a kill at any moment leaves whole.

Writing goes to a temporary file that is then renamed; a lock keeps two open notebooks from undoing each
other's entries where the platform has file locks. A file that can't be read is set aside, never thrown away.
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from othello_interp.exercises.showing import messages
from othello_interp.exercises.status import Status
from othello_interp.storage.whole_file import whole_file

#: After these the student's function has not been tried.
NO_TRY = frozenset({Status.NOT_ATTEMPTED, Status.ABSENT, Status.INTERRUPTED, Status.BROKEN, Status.OPEN})


@dataclass(frozen=True)
class Entry:
    """What is remembered of one exercise.

    Attributes:
        status: of the latest check (see judge.Verdict); PASSED stays once it is reached.
        tries: checks that called the function, up to the first pass.
        hints: how many hints were asked for.
        solution: whether the solution was looked at before the exercise was passed.
    """

    status: Status = Status.NOT_ATTEMPTED
    tries: int = 0
    hints: int = 0
    solution: bool = False


def progress_path() -> Path:
    """The file: OTHELLO_INTERP_PROGRESS if set, else progress.json in the user's data folder."""
    named = os.environ.get("OTHELLO_INTERP_PROGRESS")
    if named:
        return Path(named)
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "othello-interp" / "progress.json"


def read_progress() -> tuple[dict[str, Entry], str]:
    """Entries by exercise id, and what to tell the student if something went wrong, else ""."""
    path = progress_path()
    try:
        found = json.loads(path.read_bytes())
        return {str(key): _entry(value) for key, value in found["exercises"].items()}, ""
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        return {}, messages.PROGRESS_UNSAVED.format(error=error)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return {}, _set_aside(path)


def update_progress(exercise: str, change: Callable[[Entry], Entry]) -> tuple[Entry, str]:
    """Replace an exercise's entry by `change(entry)`; the new entry, and what to tell the student if it went
    wrong.
    """
    note = ""
    entry = change(Entry())
    try:
        path = progress_path()
        path.parent.mkdir(parents=True, exist_ok=True)  # for the lock
        with _locked(path.with_suffix(".lock")):
            entries, note = read_progress()
            entry = change(entries.get(exercise, Entry()))
            entries[exercise] = entry
            _write(path, {"version": 1, "exercises": {key: asdict(value) for key, value in entries.items()}})
    except (OSError, RuntimeError) as error:  # a full or read-only disk, or no home folder
        note = messages.PROGRESS_UNSAVED.format(error=error)
    return entry, note


def checked(entry: Entry, status: Status) -> Entry:
    """The entry after a check with this status."""
    if entry.status == Status.PASSED or status in NO_TRY:
        return entry
    return replace(entry, status=status, tries=entry.tries + 1)


def _entry(fields: dict) -> Entry:
    """The entry that was written as these fields; ValueError, TypeError or KeyError if none was."""
    entry = Entry(**{**fields, "status": Status(fields["status"])})
    if (type(entry.tries), type(entry.hints), type(entry.solution)) != (int, int, bool):
        raise TypeError(f"not an entry: {fields!r}")
    return entry


def _set_aside(path: Path) -> str:
    numbers = (n for n in range(1, 10_000) if not path.with_suffix(f".damaged-{n}.json").exists())
    aside = path.with_suffix(f".damaged-{next(numbers)}.json")
    try:
        path.replace(aside)
    except OSError as error:
        return messages.PROGRESS_UNSAVED.format(error=error)
    return messages.PROGRESS_DAMAGED.format(path=aside)


def _write(path: Path, content: dict) -> None:
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock on a file; the system lets go of it when the process ends, however it ends."""
    try:
        import fcntl
    except ImportError:  # Windows: without a lock, the later of two writers at the same instant wins
        yield
        return
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
