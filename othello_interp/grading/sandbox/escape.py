"""What hostile code would attempt: attempted from inside a sandboxed child for selftest.py."""

import ctypes
import mmap
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from othello_interp.grading.sandbox.limits import ENVIRONMENT

PR_GET_NO_NEW_PRIVS = 39


def probe(
    port: int,
    abstract: str,
    secrets: list[str],
    folders: list[str],
    outside: list[int],
    limits: dict[str, Any],
    passed_on: list[str],
) -> dict[str, bool]:
    """Attempt each escape; True where it failed."""
    scratch = os.environ["HOME"]
    # A number means nothing in a name space of its own.
    strangers = [pid for pid in outside if pid != os.getpid()]
    return {
        "files": not any(_works(partial(_read, path)) for path in secrets),
        "writing": not any(_works(partial(_write, path)) for path in folders if path != scratch),
        "network": not any(
            _works(attempt)
            for attempt in (
                lambda: socket.create_connection(("127.0.0.1", port), 2),
                lambda: socket.socket(socket.AF_UNIX).connect(b"\0" + bytes.fromhex(abstract)),
                lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port)),
            )
        ),
        "processes": not any(
            _works(partial(os.kill, pid, 0)) or _works(partial(_read, f"/proc/{pid}/environ"))
            for pid in strangers
        ),
        "privileges": not _works(lambda: os.setuid(0 if os.getuid() else 1)) and _no_new_privileges(),
        "memory": not _works(lambda: mmap.mmap(-1, limits["memory"] + 2**20)),
        "process limit": not _works(lambda: _start_threads(limits["processes"] + 1)),
        "file size": _works(lambda: _fill(1000)) and not _works(lambda: _fill(limits["file_size"] + 1)),
        "open files": not _works(lambda: _open_many(limits["open_files"] + 1)),
        "descriptors": _descriptors() <= {0, 1, 2, 3},
        "environment": set(os.environ) <= {*ENVIRONMENT, *passed_on},
        "left running": _works(_leave_running),
    }


def _works(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (OSError, MemoryError, RuntimeError, OverflowError):
        return False
    return True


def _read(path: str) -> None:
    if os.path.isdir(path):
        os.listdir(path)
    else:
        Path(path).read_bytes()


def _write(folder: str) -> None:
    with tempfile.NamedTemporaryFile(dir=folder):
        pass


def _no_new_privileges() -> bool:
    return ctypes.CDLL(None).prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1


def _start_threads(count: int) -> None:
    stop = threading.Event()
    started = []
    try:
        threading.stack_size(64 * 1024)
        for _ in range(count):
            started.append(threading.Thread(target=stop.wait, daemon=True))
            started[-1].start()
    finally:
        threading.stack_size(0)
        stop.set()
        for thread in started:
            if thread.ident is not None:
                thread.join()


def _fill(size: int) -> None:
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with tempfile.TemporaryFile() as file:
            file.truncate(size - 1)
            file.seek(size - 1)
            file.write(b"xx")
            file.flush()
    finally:
        signal.signal(signal.SIGXFSZ, before)


def _open_many(count: int) -> None:
    opened = []
    try:
        for _ in range(count):
            opened.append(os.open("/dev/null", os.O_RDONLY))
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _descriptors() -> set[int]:
    found = set()
    for number in range(4096):
        try:
            os.fstat(number)
        except OSError:
            continue
        found.add(number)
    return found


def _leave_running() -> None:
    """Start a process that shrugs off signals and outlives its parent, unless the whole tree is killed."""
    if os.fork() == 0:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        if os.fork() == 0:
            time.sleep(60)
        os._exit(0)
    os.wait()
