"""A folder and a zip seen alike: as a tree that is read only where one looks. Nothing is unpacked to disk."""

import calendar
import os
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import IO, cast

from othello_interp.grading.submissions import roster
from othello_interp.grading.submissions.handed_in import MAX_FILE, MAX_ZIP, File
from othello_interp.grading.submissions.names import brief

UTF8_FLAG = 0x800
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others unpack without a limit in Python's zipfile


class NotAZip(ValueError):
    """A zip that can't be opened; the message says why."""


@dataclass(frozen=True)
class Node:
    """Something in a folder or zip: a folder, a notebook or zip, something else, or a problem.

    Attributes:
        name: one part of a path, in NFC.
        children: a folder's contents; None if it is no folder. May raise OSError.
        file: given `name`, the notebook, zip or roster; None if it is something else.
        problem: why it can't be used; the name comes first.
    """

    name: str
    children: Callable[[], Iterator["Node"]] | None = None
    file: Callable[[str], File] | None = None
    problem: str = ""


def kind_of(name: str) -> str:
    """ "notebook" or "zip" by a file's ending, "roster" by its name, else ""."""
    if name == roster.NAME:
        return "roster"
    ending = name.lower().rpartition(".")[2]
    return {"ipynb": "notebook", "zip": "zip"}.get(ending, "")


def _too_large(name: str, size: int) -> str:
    """Why a file isn't read because of its size; "" if it is."""
    limit = {"notebook": MAX_FILE, "zip": MAX_ZIP, "roster": roster.MAX_SIZE}.get(kind_of(name), size)
    if size <= limit:
        return ""
    return f"{brief(name)} holds {size:,} bytes and was not opened: at most {limit // 2**20} MB are read"


def folder(path: Path, left_out: os.stat_result | None = None) -> Node:
    """The tree of a folder on disk. Links are not followed.

    Args:
        left_out: stat of a folder that is not part of the tree.
    """

    def children() -> Iterator[Node]:
        with os.scandir(path) as entries:
            nodes = (on_disk(Path(entry.path), left_out) for entry in entries)
            yield from filter(None, nodes)

    return Node(unicodedata.normalize("NFC", path.name), children)


def on_disk(path: Path, left_out: os.stat_result | None = None) -> Node | None:
    """What is at a path; None if it is the folder that is left out."""
    name = unicodedata.normalize("NFC", path.name)
    try:
        status = path.lstat()
    except OSError as error:
        return Node(name, problem=f"{brief(name)} can't be read: {error.strerror}")
    if stat.S_ISLNK(status.st_mode):
        return Node(name, problem=f"{brief(name)} is a link to another file and was not followed")
    if stat.S_ISDIR(status.st_mode):
        return None if left_out and os.path.samestat(status, left_out) else folder(path, left_out)
    if not stat.S_ISREG(status.st_mode):
        return Node(name, problem=f"{brief(name)} is not an ordinary file")
    if not kind_of(name) or (problem := _too_large(name, status.st_size)):
        return Node(name, problem=problem if kind_of(name) else "")

    def file(shown: str) -> File:
        return File(shown, kind_of(name), status.st_size, status.st_mtime, "", lambda: path.open("rb"))

    return Node(name, file=file)


class _Cautious:
    """A stream that refuses to read more than `limit` bytes at once: a zip's claims about its table of
    contents are believed by Python's zipfile."""

    def __init__(self, stream: BufferedIOBase, limit: int) -> None:
        self.stream, self.limit = stream, limit
        self.seek, self.tell, self.seekable = stream.seek, stream.tell, stream.seekable
        self.close = stream.close

    def read(self, size: int = -1) -> bytes:
        if size < 0:
            here = self.tell()
            size = self.seek(0, os.SEEK_END) - here
            self.seek(here)
        if size > self.limit:
            raise NotAZip(f"its table of contents takes {size:,} bytes, at most {self.limit:,} are read")
        return self.stream.read(size)


def open_zip(stream: BufferedIOBase, contents: int = 2 * 2**20) -> zipfile.ZipFile:
    """A zip from a stream that can be sought in.

    Args:
        contents: the most bytes that its table of contents may take; an entry takes 100 to 200.

    Raises:
        NotAZip: it can't be opened.
    """
    cautious = _Cautious(stream, contents)
    try:
        archive = zipfile.ZipFile(cast(IO[bytes], cautious))
    except NotAZip as error:
        raise NotAZip(f"the zip can't be opened: {error}") from None
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, OverflowError) as error:
        raise NotAZip(f"the zip can't be opened: {str(error)[:200]}") from None
    cautious.limit = 2**31  # members are read in small pieces
    return archive


def zipped(archive: zipfile.ZipFile, name: str, clock: str = "") -> Node:
    """The tree of a zip.

    Args:
        name: of the zip.
        clock: see `File.clock`.
    """
    members = [(member_name(member), member) for member in archive.infolist()]
    return _zip_folder(archive, name, clock, members)


def member_name(member: zipfile.ZipInfo) -> str:
    """A member's path in NFC. Names that are UTF-8 without saying so, as macOS writes them, are UTF-8."""
    name = member.filename
    if not member.flag_bits & UTF8_FLAG:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode()
    return unicodedata.normalize("NFC", name.replace("\\", "/"))


Members = list[tuple[str, zipfile.ZipInfo]]  # what is left of each one's path


def _zip_folder(archive: zipfile.ZipFile, name: str, clock: str, members: Members) -> Node:
    def children() -> Iterator[Node]:
        inner: dict[str, Members] = {}
        for path, member in members:
            first, slash, rest = path.partition("/")
            while slash and first in ("", ".", ".."):
                first, slash, rest = rest.partition("/")
            if slash:
                inner.setdefault(first, []).append((rest, member))
            elif first not in ("", ".", ".."):
                yield _zip_member(archive, first, clock, member)
        for first, deeper in inner.items():
            yield _zip_folder(archive, first, clock, deeper)

    return Node(name, children)


def _zip_member(archive: zipfile.ZipFile, name: str, clock: str, member: zipfile.ZipInfo) -> Node:
    whole, shown = member_name(member), brief(name)
    if whole.startswith("/") or ".." in whole.split("/"):
        return Node(name, problem=f"{brief(whole)!r} points outside the zip and was left out")
    if stat.S_ISLNK(member.external_attr >> 16):
        return Node(name, problem=f"{shown} is a link to another file and was not followed")
    if not kind_of(name):
        return Node(name)
    if member.flag_bits & 1:
        return Node(name, problem=f"{shown} is encrypted")
    if member.compress_type not in PACKED:
        return Node(name, problem=f"{shown} is packed in an unusual way: pack it again as an ordinary zip")
    if problem := _too_large(name, member.file_size):
        return Node(name, problem=problem)
    try:
        modified = float(calendar.timegm(member.date_time)) if member.date_time[0] > 1980 else None
    except (ValueError, OverflowError):
        modified = None

    def file(shown: str) -> File:
        return File(
            shown,
            kind_of(name),
            member.file_size,
            modified,
            clock,
            lambda: cast(BufferedIOBase, archive.open(member)),
        )

    return Node(name, file=file)
