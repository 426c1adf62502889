"""Find each student's notebooks in a folder or zip, under the names that learning platforms give them.

Nothing is unpacked to disk and no link is followed. What can't be read becomes a line about that student; the
others are not held up.
"""

import os
import re
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path, PurePosixPath

from othello_interp.errors import OthelloInterpError

MAX_FILE = 50 * 2**20
MAX_MEMBERS = 20_000
JUNK = re.compile(r"(^|/)(\.|__MACOSX(/|$))")  # hidden files, .ipynb_checkpoints, what macOS adds to zips
EXPORTS = (
    re.compile(r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_[a-z]+_?(?P<file>.*)"),  # Moodle
    re.compile(r"(?P<name>[^_]+)(?:_LATE)?_(?P<id>\d+)_(?:question_\d+_)?\d+_(?P<file>.+)"),  # Canvas
    re.compile(r".+?_(?P<id>(?P<name>[^_]+))_attempt_[\d-]+_?(?P<file>.*)"),  # Blackboard
    re.compile(r"(?P<id>\d+-\d+) - (?P<name>.+?) - .*?(?: - (?P<file>.+))?"),  # Brightspace
    re.compile(r"(?P<name>submission_(?P<id>\d+))(?P<file>)"),  # Gradescope
)


@dataclass(frozen=True)
class File:
    """A notebook file that was handed in: its name, and how to read it."""

    name: str
    modified: float
    read: Callable[[], bytes]


@dataclass
class Submission:
    """What one student handed in, with a line for each thing that could not be read."""

    student: str
    id: str = ""
    files: list[File] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def shown(self) -> str:
        """The name without characters that move a terminal's cursor or turn the direction of writing."""
        return "".join(c for c in self.student if unicodedata.category(c) not in ("Cc", "Cf", "Cs")) or "?"

    @property
    def key(self) -> str:
        """A file name for this student's results, the same in every run."""
        text = f"{self.student}-{self.id}" if self.id and self.id not in self.student else self.student
        plain = re.sub(r"[^\w.-]+", "_", text).strip("._") or "student"
        if plain == text and len(plain) <= 80:
            return plain
        import hashlib

        return f"{plain[:80]}-{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()[:6]}"


class SubmissionsError(OthelloInterpError):
    """The folder or zip of submissions as a whole can't be used."""


def find_submissions(path: Path, notebooks: tuple[str, ...]) -> list[Submission]:
    """The submissions in a folder, a zip or a single notebook, ordered by name.

    Args:
        notebooks: stems of the course's notebooks; a file name's remainder is the student's name.
    """
    if not path.exists():
        raise SubmissionsError(f"There is nothing at {path}: expected a folder, a zip or a notebook.")
    if path.is_dir():
        entries = list(_in_folder(path))
    elif path.suffix == ".ipynb":
        entries = [(path.name, _file(path), "")]
    elif zipfile.is_zipfile(path):
        entries = list(_in_zip(path.read_bytes()))
    else:
        raise SubmissionsError(f"{path} is neither a folder nor a zip nor a notebook.")
    entries = _without_wrapper(entries, notebooks)
    found: dict[tuple[str, str], Submission] = {}
    for name, file, problem in entries:
        student, number = _student(name, notebooks, default=path.stem)
        submission = found.setdefault((student, number), Submission(student, number))
        if file is not None:
            submission.files.append(file)
        if problem:
            submission.problems.append(problem)
    for submission in found.values():
        if not submission.files and not submission.problems:
            submission.problems.append("no notebook was handed in: the folder holds no .ipynb file")
    if not found:
        raise SubmissionsError(f"{path} holds no notebooks (.ipynb): are the submissions somewhere else?")
    return sorted(found.values(), key=lambda submission: (submission.student.lower(), submission.id))


Entry = tuple[str, File | None, str]  # name inside the submissions, the file, what is wrong with it


def _file(path: Path) -> File:
    def read() -> bytes:
        with path.open("rb") as stream:
            return stream.read(MAX_FILE + 1)

    return File(path.name, path.stat().st_mtime, read)


def _in_folder(folder: Path) -> Iterator[Entry]:
    for parent, names, files in os.walk(folder):
        names.sort()
        relative = Path(parent).relative_to(folder)
        if parent != str(folder) and not names and not files:
            yield f"{relative.as_posix()}/", None, ""
        for name in sorted(files + [name for name in names if (Path(parent) / name).is_symlink()]):
            path = Path(parent) / name
            shown = (relative / name).as_posix()
            if JUNK.search(shown):
                continue
            if path.is_symlink():
                yield shown, None, f"{name} is a link to another file and was not followed"
            elif not stat.S_ISREG(path.stat().st_mode):
                yield shown, None, f"{name} is not an ordinary file"
            elif path.suffix.lower() == ".zip":
                yield from _nested(shown, path.read_bytes())
            elif path.suffix.lower() == ".ipynb":
                yield shown, _file(path), ""
            elif len(Path(shown).parts) > 1:
                yield shown, None, ""


def _nested(name: str, data: bytes) -> Iterator[Entry]:
    """The contents of a zip that one student handed in."""
    folder = name if "/" not in name else name.rsplit("/", 1)[0]
    folder = folder.removesuffix(".zip")
    try:
        for _, file, problem in _in_zip(data):
            yield f"{folder}/{file.name if file else 'zip'}", file, problem
    except SubmissionsError as error:
        yield f"{folder}/zip", None, f"{PurePosixPath(name).name}: {error}"


def _in_zip(data: bytes) -> Iterator[Entry]:
    try:
        archive = zipfile.ZipFile(BytesIO(data))
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise SubmissionsError(f"the zip can't be opened: {error}") from None
    if len(members) > MAX_MEMBERS:
        raise SubmissionsError(f"the zip holds {len(members):,} files, at most {MAX_MEMBERS:,} are read")
    for member in members:
        name = member.filename.replace("\\", "/")
        if JUNK.search(name) and not name.startswith(("../", "./")):
            continue
        if name.startswith("/") or ".." in name.split("/"):
            yield _harmless(name), None, f"{name[:80]!r} points outside the zip and was left out"
        elif stat.S_ISLNK(member.external_attr >> 16):
            yield name, None, f"{name[:80]} is a link to another file and was not followed"
        elif member.is_dir():
            yield name, None, ""
        elif name.lower().endswith(".zip") and member.file_size <= MAX_FILE:
            try:
                yield from _nested(name, archive.read(member))
            except Exception as error:
                yield name, None, f"{name[:80]} can't be read: {error}"
        elif name.lower().endswith(".ipynb"):
            yield _zipped(archive, member, name)
        elif "/" in name:
            yield name, None, ""


def _zipped(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> Entry:
    if member.flag_bits & 1:
        return name, None, f"{name[:80]} is encrypted"
    if member.file_size > MAX_FILE:
        return name, None, f"{name[:80]} would unpack to {member.file_size:,} bytes: too much for a notebook"

    def read() -> bytes:
        with archive.open(member) as stream:
            return stream.read(MAX_FILE + 1)

    modified = float("".join(f"{part:02d}" for part in member.date_time))  # only to tell which is newer
    return name, File(PurePosixPath(name).name, modified, read), ""


def _harmless(name: str) -> str:
    return "/".join(part for part in name.split("/") if part not in ("", ".", ".."))


def _without_wrapper(entries: list[Entry], notebooks: tuple[str, ...]) -> list[Entry]:
    """Take off a folder around everything, unless it is one student's."""
    while True:
        tops = {name.split("/")[0] for name, _, _ in entries}
        if len(tops) != 1 or any("/" not in name for name, _, _ in entries):
            return entries
        inner = [(name.split("/", 1)[1], file, problem) for name, file, problem in entries]
        inner = [entry for entry in inner if entry[0]]
        flat = [PurePosixPath(name).stem for name, file, _ in inner if file and "/" not in name]
        students = any("/" in name for name, _, _ in inner) or any(
            _remainder(stem, notebooks) for stem in flat
        )
        if not students or _export(tops.pop()):
            return entries
        entries = inner


def _export(name: str) -> tuple[str, str] | None:
    for pattern in EXPORTS:
        match = pattern.fullmatch(name)
        if match:
            return match["name"].strip(), match["id"]
    return None


def _student(name: str, notebooks: tuple[str, ...], default: str) -> tuple[str, str]:
    """The student's name and number from a path inside the submissions."""
    parts = name.split("/")
    known = _export(parts[0])
    if known:
        return known
    if len(parts) > 1:
        return parts[0], ""
    stem = PurePosixPath(name).stem
    return _remainder(stem, notebooks) or default, ""


def _remainder(stem: str, notebooks: tuple[str, ...]) -> str:
    """A file's stem without the course's notebook name and the marks of a second download."""
    stem = re.sub(r"( ?\(\d+\)|-Copy\d+)$", "", stem)
    for notebook in notebooks:
        stem = stem.replace(notebook, "")
    return stem.strip(" _-.")
