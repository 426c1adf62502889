"""One student's room: a sandbox with a process in it that is forked for each of their notebooks.

Locking a process in costs as much as running a short notebook. So it happens once for a student, to a process
that runs no student's code (keeper.py, in the sandbox); `Room` is the parent's handle of it. A notebook's
process meets nothing of the one before: that was killed with all that it had started. If anything else is
left of it, files or changed limits, or if it can't be known, the next notebook gets a new sandbox.
"""

import contextlib
import socket
from collections.abc import Callable
from typing import Any

from othello_interp.exercises.calling.encode import encode
from othello_interp.grading.running.client import Forker
from othello_interp.grading.running.handle import Child, Handle, Lost
from othello_interp.grading.sandbox.limits import Setting

CLEARING_SECONDS = 20.0


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
            keeper.tell(encode(notebook), [theirs.fileno()])
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
        with contextlib.suppress(OSError):
            self._channel.settimeout(seconds)
            while self._channel.recv(1 << 16):
                pass
            return True
        return False

    def _end(self, patience: float) -> dict[str, Any]:
        return self._room.clear(patience)


def single(zygote: Forker, setting: Setting) -> Guest:
    """A process in a room for itself, which is closed with it."""
    return Room(lambda: zygote.fork(setting, "room"), single=True).admit("")
