"""Split a freshly forked process in two: a guard that stays outside, and the child that is locked in.

The guard watches the memory of everything the child starts, kills the whole tree, and reports how it ended.
The child is locked in (enter.py) before it does any work.
"""

import contextlib
import fcntl
import json
import os
import resource
import select
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from othello_interp.grading.sandbox import syscalls
from othello_interp.grading.sandbox.enter import enter, leave_namespaces
from othello_interp.grading.sandbox.limits import CHANNEL, OUT_OF_MEMORY, Setting

POLL_SECONDS = 0.2


def guard(
    setting: Setting,
    channel: socket.socket,
    status: socket.socket,
    work: Callable[[int], None],
) -> NoReturn:
    """Run `work(descriptor of the channel)` in a sandboxed child of this process; exit when it has ended.

    Called in a freshly forked process. The child is killed with everything it started when `status` is
    closed at the other end, when it uses too much memory, or when it ends. What happened is written to
    `status`, a line of JSON each.
    """
    scratch = None
    child = 0
    try:
        if "namespaces" in setting.layers:
            leave_namespaces()
            if any(Path(path).is_relative_to(setting.scratch) for path in setting.readable):
                setting = replace(setting, scratch="/scratch")  # /tmp would hide a checkout in it
        else:
            scratch = tempfile.mkdtemp(prefix="grading-")
            os.chmod(scratch, 0o1777)
            setting = replace(setting, scratch=scratch)
        syscalls.prctl(syscalls.PR_SET_CHILD_SUBREAPER, 1)
        baseline = _memory_of(os.getpid())
        guard_id = os.getpid()
        child = os.fork()
        if child == 0:
            _child(setting, guard_id, channel, status, work)
        channel.close()
        reason = _watch(child, status, baseline, setting.limits.memory)
        own = _held_by(child, baseline)
        code, usage = _killtree(child)
        seconds = usage.ru_utime + usage.ru_stime
        _report(status, {"exit": code, "reason": reason, "cpu": seconds, "memory": own})
    except BaseException as error:
        _report(status, {"error": f"{type(error).__name__}: {error}"})
    finally:
        if child:
            _killtree(child)
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)
        os._exit(0)


def _child(
    setting: Setting,
    guard_id: int,
    channel: socket.socket,
    status: socket.socket,
    work: Callable[[int], None],
) -> NoReturn:
    try:
        status = socket.socket(fileno=_keep_only([channel.detach(), status.detach()]))
        enter(setting, guard_id)
        _report(status, {"entered": sorted(setting.layers)})
        status.close()
    except BaseException as error:
        _report(status, {"error": f"{type(error).__name__}: {error}"})
        os._exit(1)
    work_and_exit(work)


def work_and_exit(work: Callable[[int], None]) -> NoReturn:
    """Do a child's work, and end the process with a status that tells how it went."""
    try:
        work(CHANNEL)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except BaseException:
        os._exit(1)
    os._exit(0)


def _keep_only(kept: list[int]) -> int:
    """Close every descriptor but these, which become number 3 and those that follow; the standard ones lead
    nowhere. The number of the last one."""
    aside = [fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 512) for number in kept]
    nowhere = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    for number, descriptor in enumerate(aside, start=CHANNEL):
        os.dup2(descriptor, number)
    last = CHANNEL + len(aside) - 1
    os.closerange(last + 1, 1 << 16)
    return last


def _watch(child: int, status: socket.socket, baseline: int, memory: int) -> str:
    """Wait until the child ends, the other side hangs up, or the tree uses too much memory; says which."""
    ended = os.pidfd_open(child)
    memory += memory // 8  # a single process is to meet its own limit first, and can say so
    while True:
        ready = select.select([status.fileno(), ended], [], [], POLL_SECONDS)[0]
        if ended in ready:
            return "ended"
        held = _held_by(child, baseline)
        if held > memory:
            return "memory"
        if status.fileno() in ready:
            if not _asked(status):
                return "stopped"
            _report(status, {"now": held})


def _asked(status: socket.socket) -> bool:
    """Whether the other side asks how much memory is in use; else it hangs up."""
    with contextlib.suppress(OSError):
        return bool(status.recv(1))
    return False


def _held_by(child: int, baseline: int) -> int:
    """Bytes that the child and everything it started hold beyond what each began with."""
    return sum(max(0, _memory_of(member) - baseline) for member in tree(child))


def _memory_of(process: int) -> int:
    """Bytes of its own that a process holds, shared memory included; 0 if it is gone."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith(("RssAnon:", "RssShmem:")))


def tree(process: int) -> list[int]:
    """A process and all its descendants."""
    try:
        threads = os.listdir(f"/proc/{process}/task")
        children = " ".join(Path(f"/proc/{process}/task/{thread}/children").read_text() for thread in threads)
    except OSError:
        children = ""
    return [process, *(member for child in children.split() for member in tree(int(child)))]


def _killtree(child: int) -> tuple[int, resource.struct_rusage]:
    """Kill a child and everything that came of it; its exit code (negative: a signal) and its usage."""
    code, usage = 0, resource.getrusage(resource.RUSAGE_CHILDREN)
    while members := tree(os.getpid())[1:]:
        for member in members:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(member, signal.SIGKILL)
        try:
            ended, result, used = os.wait4(-1, 0)
        except ChildProcessError:
            break
        if ended == child:
            code, usage = os.waitstatus_to_exitcode(result), used
    return code, usage


def _report(status: socket.socket, message: dict) -> None:
    with contextlib.suppress(OSError):  # nobody is listening any more
        status.sendall(json.dumps(message).encode() + b"\n")
