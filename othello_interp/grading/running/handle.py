"""The parent's handle of one sandboxed process: talk to it, end it, and learn how it ended."""

import contextlib
import json
import signal
import socket
import time
from typing import Any

from othello_interp.exercises.calling.encode import EncodeError, decode, encode
from othello_interp.grading.running import wire
from othello_interp.grading.sandbox.limits import OUT_OF_MEMORY

SEND_SECONDS = 60.0


class Lost(Exception):
    """A child ended, or had to be ended, before it answered; the message tells the student why."""


class Handle:
    """A process that is asked, and answers."""

    def __init__(self, channel: socket.socket, open_handles: set["Handle"]) -> None:
        self._channel, self.open_handles = channel, open_handles
        self._allowance = wire.MAX_ANSWERS
        self.usage: dict[str, Any] = {}
        open_handles.add(self)

    def request(
        self, message: Any, seconds: float, limit: int = wire.MAX_REPORT, files: list[int] | None = None
    ) -> Any:
        """The child's answer, as plain data that is not to be trusted and without tensors; Lost if there is
        none after `seconds`. The message is plain data, or a list of coded ones."""
        coded = message if isinstance(message, list) else [encode(message)]
        answer = self.request_coded(coded, seconds, limit, files)
        try:
            return decode(answer, limit, tensors=False)
        except EncodeError as error:
            raise Lost(self._why(None, str(error))) from None

    def request_coded(
        self,
        messages: list[bytes],
        seconds: float,
        limit: int = wire.MAX_ANSWER,
        files: list[int] | None = None,
    ) -> bytes:
        """The same for messages that `encode` has made, and for an answer that is only passed on.

        Args:
            limit: the most bytes that the answer may have.
            files: descriptors that go with the messages.
        """
        deadline = time.monotonic() + seconds
        try:
            for message in messages[:-1]:
                wire.send_coded(self._channel, message, deadline)
            wire.send_coded(self._channel, messages[-1], deadline, files)
            answer = wire.receive_coded(self._channel, deadline, min(limit, self._allowance))
        except wire.WireError as error:
            late = time.monotonic() >= deadline
            raise Lost(self._why(seconds if late else None, str(error))) from None
        self._allowance -= len(answer)
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
            name = signal.strsignal(-code) or f"signal {-code}"
            return f"crashed ({name.lower()})"
        return f"ended the process (exit status {code})"

    def tell(self, message: bytes, files: list[int] | None = None) -> None:
        """Send what needs no answer; Lost if the child is gone."""
        try:
            wire.send_coded(self._channel, message, time.monotonic() + SEND_SECONDS, files)
        except wire.WireError as error:
            raise Lost(self._why(None, str(error))) from None

    def stop(self) -> None:
        """End the process, or leave that to others; wakes whoever waits for an answer."""
        with contextlib.suppress(OSError):
            self._channel.shutdown(socket.SHUT_RDWR)

    def close(self, patience: float = 0.0) -> dict[str, Any]:
        """Kill the process with everything it started, after `patience` seconds, and say how it ended."""
        if self in self.open_handles:
            self.open_handles.discard(self)
            self.usage = self._end(patience)
            self._channel.close()
        return self.usage

    def _end(self, patience: float) -> dict[str, Any]:
        raise NotImplementedError


class Child(Handle):
    """The process in a sandbox of its own, with the guard that watches it."""

    def __init__(self, channel: socket.socket, status: socket.socket, open_handles: set[Handle]) -> None:
        super().__init__(channel, open_handles)
        self._status = status
        self._heard = b""

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

    def memory(self) -> int:
        """Bytes that the process and all that it started hold by themselves, now; 0 if it has ended."""
        with contextlib.suppress(OSError):
            self._status.sendall(b"?")
        said = self.next_status(time.monotonic() + SEND_SECONDS)
        if "now" not in said:
            self._heard = json.dumps(said).encode() + b"\n" + self._heard  # last words, for `close`
        return said.get("now", 0)

    def stop(self) -> None:
        """Ask the guard to kill the process; wakes whoever waits for an answer."""
        with contextlib.suppress(OSError):
            self._status.shutdown(socket.SHUT_WR)
        super().stop()

    def _end(self, patience: float) -> dict[str, Any]:
        """What the guard says at the end; after `patience` it is told to make an end."""
        said = self.next_status(time.monotonic() + patience) if patience else {}
        if "exit" not in said:
            with contextlib.suppress(OSError):
                self._status.shutdown(socket.SHUT_WR)
            said = self.next_status(time.monotonic() + 20)
        self._status.close()
        return said
