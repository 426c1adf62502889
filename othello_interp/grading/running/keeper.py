"""Inside a student's room: fork a process for each notebook, end it, and see that it leaves nothing behind.

Runs no student's code itself. The parent's end is room.py.
"""

import contextlib
import os
import resource
import select
import signal
import socket
from functools import partial
from typing import Any, NoReturn

from othello_interp.grading.running import child, wire
from othello_interp.grading.sandbox.guard import work_and_exit
from othello_interp.grading.sandbox.limits import CHANNEL

LIMITS = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]


def serve(descriptor: int) -> None:
    """In the sandbox: fork a process for each notebook, and end it, until the parent hangs up."""
    control = socket.socket(fileno=descriptor)
    while True:
        notebook = wire.receive(control)
        [channel] = wire.receive_files(control, 1)
        before = _state()
        guest = os.fork()
        if guest == 0:
            _be_guest(control, channel, notebook)
        os.close(channel)
        patience = wire.receive(control)
        said = _end_of(guest, patience)
        wire.send(control, said | {"clean": _nobody_left() and _state() == before})


def _be_guest(control: socket.socket, channel: int, notebook: str) -> NoReturn:
    os.setsid()
    control.close()
    os.dup2(channel, CHANNEL, inheritable=False)
    os.close(channel)
    work_and_exit(partial(child.serve, name=notebook))


def _end_of(guest: int, patience: float) -> dict[str, Any]:
    """Kill the guest after `patience` seconds; how it ended, as the guard says it of a child."""
    descriptor = os.pidfd_open(guest)
    ended = bool(select.select([descriptor], [], [], patience)[0])
    os.close(descriptor)
    if not ended:
        os.kill(guest, signal.SIGKILL)
    _, code, usage = os.wait4(guest, 0)
    reason = "ended" if ended else "stopped"
    cpu = usage.ru_utime + usage.ru_stime
    return {"exit": os.waitstatus_to_exitcode(code), "reason": reason, "cpu": cpu}


def _nobody_left() -> bool:
    """Kill what the guest has started. Only the first process of a name space of its own sees all of it."""
    if os.getpid() != 1:
        return False
    with contextlib.suppress(ChildProcessError):
        while True:
            with contextlib.suppress(ProcessLookupError):
                os.kill(-1, signal.SIGKILL)
            os.waitpid(-1, 0)
    return True


def _state() -> tuple[Any, ...]:
    """What a guest might have changed for those after it: files, and the limits of this process."""
    scratch = os.environ["HOME"]
    try:
        files = (os.listdir(scratch), os.stat(scratch).st_mode)
    except OSError as error:
        files = ([str(error)], -1)
    limits = [resource.getrlimit(kind) for kind in LIMITS]
    return files, limits, os.nice(0), os.sched_getaffinity(0), os.sched_getscheduler(0)
