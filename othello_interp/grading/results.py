"""A class's results: on disk as soon as they come, and read back one at a time.

What is held of a student is a name. So memory doesn't grow with what students wrote.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from othello_interp.grading.marks import Marks, with_marks
from othello_interp.grading.score import Result
from othello_interp.grading.typed import from_plain, to_plain
from othello_interp.storage.whole_file import write_text

MAX_RESULT = 20 * 2**20  # bytes of a result on disk
UNREADABLE = (OSError, ValueError, RecursionError)  # what reading a file raises that is gone or damaged


class Results:
    """Iterates over results in the order of names, with the points that a person gave put in.

    Args:
        out: the report's folder.

    Attributes:
        failed: by name, who has no result, or none that can be read back any more, and why.
        marks: the points that a person gave.
    """

    def __init__(self, out: Path) -> None:
        self._folder = out / "results"
        self._names: dict[str, tuple[str, str, str]] = {}  # key -> name to sort by, number, name
        self.failed: dict[str, str] = {}
        self.marks: Marks = {}

    def keep(self, result: Result) -> None:
        """Write a result to disk, whole or not at all."""
        write_text(self._path(result.key), json.dumps(to_plain(result), indent=1))
        self._note(result)

    def find(self, key: str, digest: str) -> bool:
        """Whether there is a result already that belongs to this very submission."""
        try:
            result = self._read(key)
        except UNREADABLE:
            return False
        if result.digest != digest or result.key != key:
            return False
        self._note(result)
        return True

    def fail(self, name: str, key: str, why: str) -> None:
        """Take note of a student without a result."""
        self.failed[f"{name} ({key})" if name in self.failed else name] = why

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[Result]:
        for key in sorted(self._names, key=self._names.__getitem__):
            try:
                result = self._read(key)
            except UNREADABLE as error:  # of one student: everybody else's is there
                *_, name = self._names.pop(key)
                why = f"{type(error).__name__}: {error}"[:200]
                lost = f"the result was written and can't be read back ({why}); run the grader again"
                self.fail(name, key, lost)
                continue
            yield with_marks(result, self.marks)

    def _note(self, result: Result) -> None:
        self._names[result.key] = (result.student.lower(), result.id, result.student)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"

    def _read(self, key: str) -> Result:
        path = self._path(key)
        if path.stat().st_size > MAX_RESULT:
            raise ValueError(f"{path} is larger than {MAX_RESULT // 2**20} MB")
        return from_plain(Result, json.loads(path.read_text(encoding="utf-8")))


def brief(result: Result) -> Result:
    """As much of a result as tables need: no texts but why a person should have a look."""
    exercises = {
        name: replace(item, message="", notes=[], traceback="", words="")
        for name, item in result.exercises.items()
    }
    return replace(result, exercises=exercises, problems=[], remarks={})
