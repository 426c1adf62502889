"""One student's files on their way to a limited child: open descriptors, or bytes for another machine.

Nothing here looks into a file. What can't be opened becomes a line about that student.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from io import BufferedIOBase, BytesIO
from typing import BinaryIO

from othello_interp.grading.running.reader import MAX_FILES, Labels
from othello_interp.grading.submissions.handed_in import MAX_FILE, MAX_ZIP, Collected, File, Label

MAX_SIZE = 200 * 2**20  # of one student's files together
PIECE = 2**20


class TooMuch(ValueError):
    """A file, or a student's files together, hold more than is read."""


Stream = BinaryIO | BufferedIOBase


@dataclass
class Parcel:
    """Labels, and in the same order the contents of the files."""

    labels: Labels
    contents: list[Stream] = field(default_factory=list)


@contextmanager
def opened(handed_in: Collected) -> Iterator[Parcel]:
    """Open a student's files, each as a file of its own on disk, which a descriptor can stand for."""
    parcel = Parcel(Labels([], handed_in.problems[:MAX_FILES], handed_in.others[:MAX_FILES]))
    room = MAX_SIZE
    with ExitStack() as stack:
        for file in handed_in.files[:MAX_FILES]:
            try:
                stream = _on_disk(file, min(room, MAX_FILE if file.kind == "notebook" else MAX_ZIP))
                room -= os.fstat(stream.fileno()).st_size
            except Exception as error:  # a damaged zip has many ways to say so
                why = error if isinstance(error, TooMuch) else f"{type(error).__name__}: {error}"
                parcel.labels.problems.append(f"{file.name[-80:]}: can't be read ({why})"[:300])
                continue
            stack.enter_context(stream)
            parcel.contents.append(stream)
            parcel.labels.files.append(Label(file.name, file.kind, file.size, file.modified, file.clock))
        yield parcel


def _on_disk(file: File, limit: int) -> Stream:
    stream = file.open()
    try:
        size = os.fstat(stream.fileno()).st_size
    except OSError:  # within a zip
        with stream:
            return _copied(stream, limit)
    if size > limit:
        stream.close()
        raise TooMuch(f"it holds {size:,} bytes, at most {limit:,} are read")
    return stream


def _copied(stream: Stream, limit: int) -> Stream:
    """The stream's contents as a file without a name."""
    copy = tempfile.TemporaryFile()  # noqa: SIM115  (closed by whoever asked for it)
    try:
        while piece := stream.read(min(PIECE, limit + 1)):
            limit -= len(piece)
            if limit < 0:
                raise TooMuch("it holds more than is read")
            copy.write(piece)
        copy.seek(0)
    except BaseException:
        copy.close()
        raise
    return copy


def digest(handed_in: Collected) -> str:
    """A hash of a student's files, the same as long as nothing has changed. Reads them piece by piece."""
    total = hashlib.sha256()
    with opened(handed_in) as parcel:
        for label, stream in zip(parcel.labels.files, parcel.contents, strict=True):
            own = hashlib.sha256()
            while piece := stream.read(PIECE):
                own.update(piece)
            total.update(f"{label.name}\0{own.hexdigest()}\n".encode(errors="surrogatepass"))
        lines = [*parcel.labels.problems, *parcel.labels.others]
        total.update("\n".join(lines).encode(errors="surrogatepass"))
    return total.hexdigest()


def packed(parcel: Parcel) -> Collected:
    """The files with their contents, for a worker on another machine, where they can be opened again."""
    labels = parcel.labels
    files = [
        File(**vars(label), open=partial(BytesIO, stream.read()))
        for label, stream in zip(labels.files, parcel.contents, strict=True)
    ]
    return Collected(files, labels.problems, labels.others)
