"""What a child that runs hostile code can't do, and how it is taken from it.

Layers that overlap, because no machine has them all: namespaces (the child sees a file system with nothing
but what it may read and a scratch folder in memory, no network, no other process), Landlock (the same for
files, where namespaces are switched off), seccomp (no sockets, no tracing, no way back out), and resource
limits. Works without root and without a container. selftest.py finds out which of them hold on this machine.
"""

import os
import resource
import signal
import tempfile
from glob import glob
from pathlib import Path

from othello_interp.grading.sandbox import syscalls
from othello_interp.grading.sandbox.limits import ENVIRONMENT, Setting, carved

DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
NOBODY = 65534
PRIVATE_IDS = 1_700_000_000  # user ids for the children of a grader run by root, one each


def enter(setting: Setting, guard_id: int) -> None:
    """Give up everything that hostile code must not have; OSError if a layer asked for can't be had."""
    limits = _limits(setting)
    os.setsid()
    if "namespaces" in setting.layers:
        _private_root(setting)
    if os.getuid() == 0:
        _become_nobody(PRIVATE_IDS + guard_id % 100_000)
    for kind, value in limits.items():
        resource.setrlimit(kind, (value, value))
    syscalls.drop_capabilities()
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
    syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
    kept = {name: os.environ[name] for name in setting.passed_on if name in os.environ}
    os.environ.clear()
    os.environ.update(ENVIRONMENT, HOME=setting.scratch, TMPDIR=setting.scratch, **kept)
    tempfile.tempdir = setting.scratch
    os.chdir(setting.scratch)
    os.nice(5)
    if "landlock" in setting.layers:
        covered = "namespaces" in setting.layers
        readable = setting.readable if covered else carved(setting.readable, setting.hidden)
        syscalls.landlock([*readable, *DEVICES], [setting.scratch, "/dev/null"])
    if "seccomp" in setting.layers:
        syscalls.seccomp()


def leave_namespaces() -> None:
    """New process, network and message namespaces for this process's children."""
    flags = syscalls.NEWPID | syscalls.NEWNET | syscalls.NEWIPC | syscalls.NEWUTS
    user, group = os.geteuid(), os.getegid()
    if user == 0:
        syscalls.unshare(flags)
        return
    syscalls.unshare(flags | syscalls.NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")


def _private_root(setting: Setting) -> None:
    """A file system of the readable paths, read-only, a few devices and an empty scratch folder."""
    syscalls.unshare(syscalls.NEWNS)
    syscalls.mount("none", "/", None, syscalls.MS_REC | syscalls.MS_PRIVATE)
    syscalls.mount("root", "/tmp", "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, "mode=755,size=1m")
    os.mkdir("/tmp/.outside")
    syscalls.pivot_root("/tmp", "/tmp/.outside")
    os.chdir("/")
    for path in [*setting.readable, *DEVICES]:
        _bind(path)
    for path in setting.hidden:
        if os.path.isdir(path):
            syscalls.mount(
                "hidden", path, "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, "mode=000,size=4k"
            )
    syscalls.detach("/.outside")
    os.rmdir("/.outside")
    os.makedirs(setting.scratch, exist_ok=True)
    syscalls.make_read_only("/")
    size = f"mode=1777,size={setting.limits.file_size},nr_inodes=10000"
    syscalls.mount("scratch", setting.scratch, "tmpfs", syscalls.MS_NOSUID | syscalls.MS_NODEV, size)


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
    syscalls.mount(real, path, None, syscalls.MS_BIND | syscalls.MS_REC)


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
    """Leave root for an id of its own, so that the limit on processes counts only this child's."""
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
    if "namespaces" not in setting.layers and os.getuid() != 0:  # the kernel counts all of this user's
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
