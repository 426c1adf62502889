"""One student's room: a sandbox with a process in it that is forked for each of their notebooks.

Locking a process in costs as much as running a short notebook. So it happens once for a student, to a process
that runs no student's code (`serve`, in the sandbox); `Room` is the parent's handle of it. A notebook's
process meets nothing of the one before: that was killed with all that it had started. If anything else is
left of it, files or changed limits, or if it can't be known, the next notebook gets a new sandbox.
"""

import contextlib
import os
import resource
import select
import signal
import socket
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

from othello_interp.exercises.calling.encode import encode
from othello_interp.grading.running import child, wire
from othello_interp.grading.running.client import Forker
from othello_interp.grading.running.handle import Child, Handle, Lost
from othello_interp.grading.sandbox.guard import work_and_exit
from othello_interp.grading.sandbox.limits import CHANNEL, Setting

CLEARING_SECONDS = 20.0
LIMITS = [getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")]


class Room:
    """The parent's handle.

    Args:
        fork: makes the process that is forked, in a sandbox of its own.
        single: for one notebook only: the room is closed after it.
    """

    def __init__(self, fork: Callable[[], Child], single: bool = False) -> None:
        self._fork, self._single = fork, single
        self._keeper: Child | None = None
        self._counted = 0.0  # processor time of the keeper's guests before the last

    def admit(self, notebook: str) -> "Guest":
        """A new process for a notebook, which begins with what the course's cells of it have made. There is
        one at a time."""
        if self._keeper is not None:
            with contextlib.suppress(Lost):  # the one before may have killed it: this one must not suffer
                return self._send_for(self._keeper, notebook)
        self._keeper, self._counted = self._fork(), 0.0
        return self._send_for(self._keeper, notebook)

    def _send_for(self, keeper: Child, notebook: str) -> "Guest":
        mine, theirs = socket.socketpair()
        try:
            keeper.send_coded(encode(notebook))
            keeper.send_files([theirs.fileno()])
        except BaseException:
            mine.close()
            raise
        finally:
            theirs.close()
        return Guest(mine, self, keeper)

    def clear(self, patience: float) -> dict[str, Any]:
        """End the guest with all that it has started, after `patience` seconds; how it ended."""
        keeper = self._keeper
        if keeper is None:
            return {}
        try:
            memory = keeper.memory()
            said = keeper.request(patience, patience + CLEARING_SECONDS)
        except Lost:
            self._keeper = None
            return keeper.usage | {"cpu": max(0.0, keeper.usage.get("cpu", 0.0) - self._counted)}
        self._counted += said["cpu"]
        if self._single or not said["clean"]:
            self.close()
        return said | {"memory": memory}

    def close(self) -> None:
        """End everything in the room."""
        if self._keeper is not None:
            self._keeper.close()
        self._keeper = None


class Guest(Handle):
    """The process of one notebook: it runs what the student wrote."""

    def __init__(self, channel: socket.socket, room: Room, keeper: Child) -> None:
        super().__init__(channel, keeper.open_handles)
        self._room = room

    def dies_whole(self, seconds: float) -> bool:
        """Kill it; whether nothing that it started is left then to hold the channel open."""
        self._room.clear(0.0)
        return self._hangs_up(seconds)

    def _end(self, patience: float) -> dict[str, Any]:
        return self._room.clear(patience)


def single(zygote: Forker, setting: Setting) -> Guest:
    """A process in a room for itself, which is closed with it."""
    return Room(lambda: zygote.fork(setting, "room"), single=True).admit("")


def serve(descriptor: int) -> None:
    """In the sandbox: fork a process for each notebook, and end it, until the parent hangs up."""
    control = socket.socket(fileno=descriptor)
    while True:
        notebook, _ = wire.receive(control)
        [channel] = wire.receive_files(control, 1)
        before = _state()
        guest = os.fork()
        if guest == 0:
            _be_guest(control, channel, notebook)
        os.close(channel)
        patience, _ = wire.receive(control)
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
