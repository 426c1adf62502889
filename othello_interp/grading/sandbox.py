"""What a child that runs a student's code can't do, and how it is taken from it.

Layers that overlap, because no machine has them all: namespaces (the child sees a file system with nothing
but Python, the library and a scratch folder in memory, no network, no other process), Landlock (the same for
files, where namespaces are switched off), seccomp (no sockets, no tracing, no way back out), and resource
limits. Works without root and without a container. selftest.py finds out which of them hold on this machine.
"""

import json
import os
import resource
import signal
import site
import sys
import sysconfig
import tempfile
from dataclasses import asdict, dataclass
from glob import glob
from pathlib import Path

from othello_interp.grading import kernel

SYSTEM_PATHS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/ld.so.cache", "/etc/alternatives")
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
SCRATCH = "/tmp"
LAYERS = ("namespaces", "landlock", "seccomp")
NOBODY = 65534
PRIVATE_IDS = 1_700_000_000  # user ids for the children of a grader run by root, one each
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": SCRATCH,
    "TMPDIR": SCRATCH,
    "USER": "student",
    "LANG": "C.UTF-8",
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}
PASSED_ON = (
    "OTHELLO_INTERP_MODEL",
    "OTHELLO_INTERP_ROOT",
)  # so that a child means the same model as its parent


@dataclass(frozen=True)
class Limits:
    """What one child may use.

    Attributes:
        seconds: wall time for one cell. Calls have the limit of their exercise.
        total_seconds: CPU time for a whole notebook.
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
    """One child's sandbox: its limits, what it may read, and the layers that must hold, or nothing is run."""

    limits: Limits
    readable: tuple[str, ...]
    layers: tuple[str, ...] = LAYERS
    scratch: str = SCRATCH

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Setting":
        fields = json.loads(text)
        limits = Limits(**fields.pop("limits"))
        return cls(limits, **{name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()})


def readable_paths(extra: list[Path] = []) -> tuple[str, ...]:  # noqa: B006  (only read)
    """What a child may read: the system's programs, this Python with its packages, the library and
    `extra`."""
    package = Path(__file__).resolve().parents[1]
    libraries = [sys.prefix, sys.base_prefix, *site.getsitepackages(), sysconfig.get_path("stdlib")]
    if site.ENABLE_USER_SITE:
        libraries.append(site.getusersitepackages())
    paths: list[str] = []
    for path in [*SYSTEM_PATHS, *libraries, str(package), *map(str, extra)]:
        covered = any(Path(path).is_relative_to(other) for other in paths)
        if not covered and os.path.exists(path):
            paths.append(path)
    return tuple(paths)


def enter(setting: Setting, guard_id: int) -> None:
    """Give up everything a student's code must not have; OSError if a layer asked for can't be had."""
    limits = _limits(setting)
    os.setsid()
    if "namespaces" in setting.layers:
        _private_root(setting)
    if os.getuid() == 0:
        _become_nobody(PRIVATE_IDS + guard_id % 100_000)
    for kind, value in limits.items():
        resource.setrlimit(kind, (value, value))
    kernel.drop_capabilities()
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    os.environ.clear()
    os.environ.update(ENVIRONMENT, HOME=setting.scratch, TMPDIR=setting.scratch, **kept)
    tempfile.tempdir = setting.scratch
    os.chdir(setting.scratch)
    os.nice(5)
    if "landlock" in setting.layers:
        kernel.landlock([*setting.readable, *DEVICES], [setting.scratch, "/dev/null"])
    if "seccomp" in setting.layers:
        kernel.seccomp()


def leave_namespaces() -> None:
    """New process, network and message namespaces for this process's children."""
    flags = kernel.NEWPID | kernel.NEWNET | kernel.NEWIPC | kernel.NEWUTS
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        kernel.unshare(flags)
        return
    kernel.unshare(flags | kernel.NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _private_root(setting: Setting) -> None:
    """A file system of the readable paths, read-only, a few devices and an empty scratch folder."""
    kernel.unshare(kernel.NEWNS)
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("root", "/tmp", "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=755,size=1m")
    os.mkdir("/tmp/.outside")
    kernel.pivot_root("/tmp", "/tmp/.outside")
    os.chdir("/")
    for path in [*setting.readable, *DEVICES]:
        _bind(path)
    kernel.detach("/.outside")
    os.rmdir("/.outside")
    os.makedirs(setting.scratch, exist_ok=True)
    kernel.make_read_only("/")
    size = f"mode=1777,size={setting.limits.file_size},nr_inodes=10000"
    kernel.mount("scratch", setting.scratch, "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, size)


def _bind(path: str) -> None:
    """Show one path of the former root, which lies at /.outside, in the new one."""
    outside = "/.outside" + path
    if os.path.islink(outside) and not os.path.isabs(os.readlink(outside)):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.symlink(os.readlink(outside), path)
        return
    real = _real_path(outside)
    if os.path.isdir(real):
        os.makedirs(path, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    kernel.mount(real, path, None, kernel.MS_BIND | kernel.MS_REC)


def _real_path(path: str) -> str:
    """The path with its links followed, where absolute links mean those of the former root."""
    for _ in range(40):
        parts = Path(path).parts
        for count in range(3, len(parts) + 1):
            head = str(Path(*parts[:count]))
            if os.path.islink(head):
                target = os.readlink(head)
                base = "/.outside" if os.path.isabs(target) else os.path.dirname(head)
                path = os.path.normpath(f"{base}/{target}/{'/'.join(parts[count:])}")
                break
        else:
            return path
    raise OSError(f"too many links in {path}")


def _become_nobody(private: int) -> None:
    """Leave root for an id that no other process has, so that the limit on processes counts only this
    child's."""
    for user in (private, NOBODY):
        try:
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
            return
        except OSError:  # a container may know only the ordinary ids
            continue
    raise OSError("can't leave root")


def _limits(setting: Setting) -> dict[int, int]:
    """Resource limits as numbers for this process, which has much in memory already."""
    limits = setting.limits
    address_space = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    processes = limits.processes
    if (
        "namespaces" not in setting.layers and os.getuid() != 0
    ):  # the kernel counts all of this user's processes
        processes += sum(
            int(Path(entry).stat().st_uid == os.getuid()) for entry in glob("/proc/[0-9]*/task/*")
        )
    wanted = {
        resource.RLIMIT_AS: address_space + limits.memory,
        resource.RLIMIT_CPU: int(limits.total_seconds) + 1,
        resource.RLIMIT_FSIZE: limits.file_size,
        resource.RLIMIT_NPROC: processes,
        resource.RLIMIT_NOFILE: limits.open_files,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    allowed = {kind: resource.getrlimit(kind)[1] for kind in wanted}
    return {
        kind: v if allowed[kind] == resource.RLIM_INFINITY else min(v, allowed[kind])
        for kind, v in wanted.items()
    }
