"""Write a file so that a kill at any moment leaves the old one or the whole new one."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile

from othello_interp.errors import FileError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to; renamed to `path` at the end, removed after an error.

    The folder is made if there is none. Two processes may write the same file: the later one wins.
    Raises FileError where it can't be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise FileError(f"{path} can't be written: {error}") from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def writable_folder(path: Path, option: str = "--out") -> Path:
    """The folder, made if there is none; FileError, naming the option to choose another, if it is read-only.

    To be called before long work whose results are to go there.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise FileError(
            f"{path} can't be written to: {error.strerror or error}. Name another folder with {option}."
        ) from error
    return path


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text as `write_bytes` does."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file, unless it holds this already: a file that did not change keeps its time."""
    with suppress(OSError):
        if path.read_bytes() == data:
            return
    with whole_file(path) as temporary:
        temporary.write_bytes(data)
