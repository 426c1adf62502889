"""How far a student has come, in one small JSON file that a kill at any moment leaves whole.

Writing goes to a temporary file that is then renamed; a lock keeps two open notebooks from undoing each
other's entries. A file that can't be read is set aside, never thrown away. Where there is no lock, no home
folder or no room on the disk, the student hears of it and goes on.
"""

import json
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryFile

from filelock import FileLock
from platformdirs import user_data_path

from othello_interp.exercises.showing import messages
from othello_interp.exercises.status import Status
from othello_interp.storage.whole_file import whole_file

LOCK_SECONDS = 10.0  # then whoever holds it has hung
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


#: Entries of this session that could not be saved.
_unsaved: dict[str, Entry] = {}


def progress_path() -> Path:
    """The file: OTHELLO_INTERP_PROGRESS if set, else progress.json in the user's data folder.

    Raises RuntimeError where the user has no home folder, as in some containers.
    """
    named = os.environ.get("OTHELLO_INTERP_PROGRESS")
    if named:
        return Path(named)
    try:
        folder = user_data_path("othello-interp", appauthor=False, roaming=True)
    except RuntimeError:
        folder = Path("~")
    if not folder.is_absolute():
        raise RuntimeError("there is no home folder")
    return folder / "progress.json"


def read_progress() -> tuple[dict[str, Entry], str]:
    """Entries by exercise id, and what to tell the student if something went wrong, else ""."""
    try:
        return _read(progress_path())
    except (OSError, RuntimeError) as error:
        return dict(_unsaved), messages.PROGRESS_UNSAVED.format(error=error)


def update_progress(exercise: str, change: Callable[[Entry], Entry]) -> tuple[Entry, str]:
    """Replace an exercise's entry by `change(entry)`; the new entry, and what to tell the student or "".

    Never raises: what can't be saved is remembered for this session.
    """
    entry = None
    try:
        path = progress_path()
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path.parent):
            pass  # in a folder that can't be written to, the lock would be waited for in vain
        with _locked(path.with_suffix(".lock")) as no_lock:
            entries, note = _read(path)
            entry = entries[exercise] = change(entries.get(exercise, Entry()))
            _write(path, {"version": 1, "exercises": {key: asdict(value) for key, value in entries.items()}})
        _unsaved.clear()
        return entry, note or no_lock
    except (OSError, RuntimeError) as error:  # a full or read-only disk, or no home folder
        if entry is None:
            entry = change(_unsaved.get(exercise, Entry()))
        _unsaved[exercise] = entry
        return entry, messages.PROGRESS_UNSAVED.format(error=error)


def checked(entry: Entry, status: Status) -> Entry:
    """The entry after a check with this status."""
    if entry.status == Status.PASSED or status in NO_TRY:
        return entry
    return replace(entry, status=status, tries=entry.tries + 1)


def _read(path: Path) -> tuple[dict[str, Entry], str]:
    """The file's entries with those that could not be saved, and a note if it is damaged.

    Raises OSError if it is there and can't be read or set aside.
    """
    try:
        found = json.loads(path.read_bytes())["exercises"]
        return {str(key): _entry(value) for key, value in found.items()} | _unsaved, ""
    except FileNotFoundError:
        return dict(_unsaved), ""
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return dict(_unsaved), _set_aside(path)


def _entry(fields: dict) -> Entry:
    """The entry that was written as these fields; ValueError, TypeError or KeyError if none was."""
    entry = Entry(**{**fields, "status": Status(fields["status"])})
    if (type(entry.tries), type(entry.hints), type(entry.solution)) != (int, int, bool):
        raise TypeError(f"not an entry: {fields!r}")
    return entry


def _set_aside(path: Path) -> str:
    numbers = (n for n in range(1, 10_000) if not path.with_suffix(f".damaged-{n}.json").exists())
    aside = path.with_suffix(f".damaged-{next(numbers)}.json")
    path.replace(aside)
    return messages.PROGRESS_DAMAGED.format(path=aside)


def _write(path: Path, content: dict) -> None:
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _locked(path: Path) -> Iterator[str]:
    """Hold a lock on a file; the system lets go of it when the process ends, however it ends.

    Yields what to tell the student where there is none to be had, as on some network drives, else "".
    """
    note = ""
    lock = FileLock(path, timeout=LOCK_SECONDS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it says when it makes do with a simpler kind of lock
            lock.acquire()
    except (OSError, NotImplementedError) as error:
        note = messages.PROGRESS_UNLOCKED.format(error=error)
    try:
        yield note
    finally:
        with suppress(OSError):
            lock.release()
