"""The parent's handle of one sandboxed child: talk to it, end it, and learn how it ended."""

import contextlib
import json
import socket
import time
from collections.abc import Callable
from typing import Any

from othello_interp.exercises.calling.encode import encode
from othello_interp.grading.running import wire
from othello_interp.grading.sandbox.guard import OUT_OF_MEMORY

SEND_SECONDS = 60.0


class Lost(Exception):
    """A child ended, or had to be ended, before it answered; the message tells the student why."""


class Child:
    """One sandboxed process."""

    def __init__(self, channel: socket.socket, status: socket.socket, children: set["Child"]) -> None:
        self._channel, self._status, self._children = channel, status, children
        self._heard = b""
        self._allowance = wire.MAX_ANSWERS
        self.usage: dict[str, Any] = {}
        children.add(self)

    def request(
        self, message: Any, seconds: float, limit: int = wire.MAX_REPORT, files: list[int] | None = None
    ) -> Any:
        """The child's answer, as plain data that is not to be trusted, of `limit` bytes at most; Lost if
        there is none after `seconds`. The message is plain data, or a list of coded ones; `files` are
        descriptors that go with it."""
        coded = message if isinstance(message, list) else [encode(message)]
        return self._exchange(coded, seconds, wire.receive, limit, files)[0]

    def request_coded(self, messages: list[bytes], seconds: float) -> bytes:
        """The same for messages that `encode` has made, and for an answer that is only passed on."""
        return self._exchange(messages, seconds, wire.receive_coded, wire.MAX_ANSWER)

    def _exchange(
        self,
        messages: list[bytes],
        seconds: float,
        receive: Callable,
        limit: int,
        files: list[int] | None = None,
    ) -> Any:
        deadline = time.monotonic() + seconds
        try:
            for message in messages:
                wire.send_coded(self._channel, message, deadline)
            if files is not None:
                wire.send_files(self._channel, files, deadline)
            answer = receive(self._channel, deadline, min(limit, self._allowance))
        except wire.WireError as error:
            late = time.monotonic() >= deadline
            raise Lost(self._why(seconds if late else None, str(error))) from None
        self._allowance -= len(answer) if isinstance(answer, bytes) else answer[1]
        return answer

    def _why(self, seconds: float | None, trouble: str) -> str:
        end = self.close(patience=0.0 if seconds is not None else 1.0)
        if end.get("reason") == "memory" or end.get("exit") == OUT_OF_MEMORY:
            return "used more memory than is allowed"
        if seconds is not None:
            return f"had not stopped after {seconds:.3g} s"
        code = end.get("exit", 0)
        if end.get("reason") != "ended":
            return f"sent something that is not an answer ({trouble})"
        if code == -9:
            return "was ended by the system: too much processor time or memory"
        if code < 0:
            return f"crashed ({_signal_name(-code)})"
        return f"ended the process (exit status {code})"

    def send(self, message: Any) -> None:
        """Send plain data that asks for no answer."""
        wire.send(self._channel, message)

    def send_coded(self, message: bytes) -> None:
        """The same for what `encode` has made; Lost if the child is gone."""
        try:
            wire.send_coded(self._channel, message, time.monotonic() + SEND_SECONDS)
        except wire.WireError as error:
            raise Lost(self._why(None, str(error))) from None

    def forget(self) -> None:
        """Close the handle of a request that made no child."""
        self._children.discard(self)
        self._channel.close()
        self._status.close()

    def next_status(self, deadline: float) -> dict[str, Any]:
        """The next thing the guard reports; an empty dict when it is gone."""
        while b"\n" not in self._heard:
            try:
                self._status.settimeout(max(0.01, deadline - time.monotonic()))
                part = self._status.recv(4096)
            except OSError:
                return {}
            if not part:
                return {}
            self._heard += part
        line, self._heard = self._heard.split(b"\n", 1)
        return json.loads(line)

    def stop(self) -> None:
        """Ask the guard to kill the child; wakes whoever waits for an answer."""
        for end in (self._status, self._channel):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_WR if end is self._status else socket.SHUT_RDWR)

    def dies_whole(self, seconds: float) -> bool:
        """Kill the child; whether nothing that it started is left then to hold the channel open."""
        with contextlib.suppress(OSError):
            self._status.shutdown(socket.SHUT_WR)
            self._channel.settimeout(seconds)
            while self._channel.recv(1 << 16):
                pass
            return True
        return False

    def close(self, patience: float = 0.0) -> dict[str, Any]:
        """Kill the child with everything it started, after `patience` seconds, and say how it ended."""
        if self in self._children:
            self._children.discard(self)
            self.usage = self._last_words(time.monotonic() + patience)
            self._channel.close()
            self._status.close()
        return self.usage

    def _last_words(self, by_itself: float) -> dict[str, Any]:
        """What the guard says at the end; after `by_itself` it is told to make an end."""
        said = self.next_status(by_itself) if by_itself > time.monotonic() else {}
        if "exit" not in said:
            with contextlib.suppress(OSError):
                self._status.shutdown(socket.SHUT_WR)
            said = self.next_status(time.monotonic() + 20)
        return said


def _signal_name(number: int) -> str:
    import signal

    names: dict[int, str] = {
        signal.SIGSEGV: "segmentation fault",
        signal.SIGABRT: "abort",
        signal.SIGBUS: "bus error",
    }
    return names.get(number, f"signal {number}")
