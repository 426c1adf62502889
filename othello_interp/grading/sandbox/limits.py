"""What one sandboxed process may use and read: said here, enforced in enter.py and guard.py."""

import os
import platform
import site
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from othello_interp.errors import OthelloInterpError

SYSTEM_PATHS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/alternatives")
SCRATCH = "/tmp"
LAYERS = ("namespaces", "landlock", "seccomp")
OUT_OF_MEMORY = 99  # exit status of a child whose work met its limit on memory, and could not go on
CHANNEL = 3  # a child's first descriptor beside the standard ones
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": SCRATCH,
    "TMPDIR": SCRATCH,
    "USER": "nobody",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}


@dataclass(frozen=True)
class Limits:
    """What one child may use.

    Attributes:
        seconds: wall time for one piece of work, where that has no limit of its own.
        total_seconds: wall time for all the work, and processor time for each process.
        memory: bytes beyond what the child starts with, for each process and for all of them together.
        file_size: bytes in one file, and in the scratch folder.
        processes, open_files: how many.
    """

    seconds: float = 20.0
    total_seconds: float = 300.0
    memory: int = 1536 * 2**20
    file_size: int = 64 * 2**20
    processes: int = 48
    open_files: int = 128


@dataclass(frozen=True)
class Setting:
    """One child's sandbox: its limits, what it may read, and the layers that must hold, or nothing is run.

    Attributes:
        passed_on: names of the environment variables that the child keeps.
        hidden: folders within `readable` that it may not read all the same.
    """

    limits: Limits
    readable: tuple[str, ...]
    layers: tuple[str, ...] = LAYERS
    scratch: str = SCRATCH
    passed_on: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()


class SandboxError(OthelloInterpError):
    """A child could not be locked in as its setting demands: nothing was run in it."""


def require_linux() -> None:
    """SandboxError on any other system: only Linux has what locks a child in."""
    if not sys.platform.startswith("linux"):
        raise SandboxError(
            f"Grading needs Linux, which locks in what it runs; this is {platform.system() or sys.platform}. "
            "On Windows it works in WSL, on a Mac in a container or a virtual machine."
        )


def carved(readable: tuple[str, ...], hidden: tuple[str, ...]) -> list[str]:
    """Paths that together are `readable` without `hidden`: a folder is replaced by what is in it."""
    paths = []
    for path in readable:
        inside = [other for other in hidden if Path(other).is_relative_to(path)]
        if not inside:
            paths.append(path)
        elif path not in inside and os.path.isdir(path):
            entries = tuple(sorted(entry.path for entry in os.scandir(path)))
            paths += carved(entries, hidden)
    return paths


def readable_paths(extra: list[Path] = []) -> tuple[str, ...]:  # noqa: B006  (only read)
    """What a child may read: the system's programs, this Python with its packages, and `extra`."""
    libraries = [sys.prefix, sys.base_prefix, *site.getsitepackages(), sysconfig.get_path("stdlib")]
    if site.ENABLE_USER_SITE:
        libraries.append(site.getusersitepackages())
    # A .pth file may lend this Python the packages of another.
    libraries += [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    paths: list[str] = []
    for path in [*SYSTEM_PATHS, *libraries, *map(str, extra)]:
        covered = any(Path(path).is_relative_to(other) for other in paths)
        if not covered and os.path.exists(path):
            paths.append(path)
    return tuple(paths)
