"""What was handed in: files that nobody has opened yet, and how much of one student's is looked at."""

from collections.abc import Callable
from dataclasses import dataclass, field
from io import BufferedIOBase

MAX_FILE = 50 * 2**20  # bytes of a notebook
MAX_ZIP = 100 * 2**20  # bytes of a zip that a student handed in
MAX_DEPTH = 20  # folders in folders
MAX_ZIP_DEPTH = 3  # zips in zips


@dataclass(frozen=True)
class Label:
    """What is known of a file before it is opened: a notebook, or a zip that may hold some.

    Attributes:
        name: path inside the submission: "week 1/02_words.ipynb", in a zip "work.zip/02_words.ipynb".
        kind: "notebook" or "zip"; a platform's list of names is a "roster", and nobody's submission.
        size: bytes, as its folder or zip claims.
        modified: seconds since 1970 by the clock below, None if no time is known.
        clock: where the time comes from, "" for the folder or zip of the class, else the name of the
            student's zip. Times of two clocks can't be compared: a zip's are local, of some place or other.
    """

    name: str
    kind: str
    size: int
    modified: float | None
    clock: str


@dataclass(frozen=True)
class File(Label):
    """A file as it was handed in.

    Attributes:
        open: opens it for reading. A zip's stream can be sought in only if `size` bytes are read first.
    """

    open: Callable[[], BufferedIOBase]

    def read(self) -> bytes:
        """The contents; cut off one byte after the size that it claims, or the largest that is allowed."""
        limit = MAX_FILE if self.kind == "notebook" else MAX_ZIP
        with self.open() as stream:
            return stream.read(min(self.size, limit) + 1)


@dataclass
class Budget:
    """What may still be looked at for one student."""

    entries: int = 10_000
    files: int = 200
    size: int = 200 * 2**20


@dataclass
class Collected:
    """One student's files, a line for each that can't be read, and the names of those of another kind."""

    files: list[File] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    def add(self, more: "Collected") -> None:
        """Take in what was found elsewhere."""
        self.files += more.files
        self.problems += more.problems
        self.others += more.others
