"""The parent's end: start a zygote, ask it for children, talk to them, and learn how they ended."""

import array
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from othello_interp.errors import OthelloInterpError
from othello_interp.exercises.calling.encode import encode
from othello_interp.grading.running import wire
from othello_interp.grading.sandbox.limits import SandboxError, Setting

START_SECONDS = 600
FORK_SECONDS = 60
PASSED_ON = ("OTHELLO_INTERP_MODEL", "OTHELLO_INTERP_ROOT")  # so that a child means the same model
ENVIRONMENT = (*PASSED_ON, "PATH", "LANG", "HOME", "HF_HOME")


class GradingError(OthelloInterpError):
    """The grader itself could not do its work; says nothing about a submission."""


class Lost(Exception):
    """A child ended, or had to be ended, before it answered; the message tells the student why."""


class Zygote:
    """A zygote and the means to fork it; several threads may use it at once. A dead one is started again."""

    def __init__(
        self, given: dict[str, dict[str, str]] | None = None, refs: list[dict[str, Any]] | None = None
    ) -> None:
        self._config = json.dumps({"given": given or {}, "refs": refs or []}).encode()
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen | None = None
        self._children: set[Child] = set()
        self.closed = False
        self.trouble: list[str] = []  # given cells of the course that failed

    @property
    def pid(self) -> int:
        return self._process.pid

    def start(self) -> None:
        """Start the process and wait until it is ready; GradingError if it doesn't get there."""
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}
        # Huge pages make a fork three times as fast; Python's own allocator would not use them.
        environment |= {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", "PYTHONMALLOC": "malloc"}
        environment["PYTHONPATH"] = str(Path(__file__).resolve().parents[3])
        command = [sys.executable, "-m", "othello_interp.grading.running.zygote", str(theirs.fileno())]
        with tempfile.TemporaryFile() as said:
            self._process = subprocess.Popen(
                command,
                env=environment,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                start_new_session=True,
            )
            theirs.close()
            mine.settimeout(START_SECONDS)
            answer: dict[str, Any] = {"error": "it ended"}
            with contextlib.suppress(OSError, ValueError):
                mine.send(str(len(self._config)).encode())
                for start in range(0, len(self._config), 1 << 16):
                    mine.send(self._config[start : start + (1 << 16)])
                answer = json.loads(mine.recv(1 << 16))
            if "error" in answer:
                self._process.kill()
                self._process.wait()
                said.seek(0)
                why = f"{answer['error']}\n{said.read().decode(errors='replace')[-2000:]}"
                raise GradingError(f"the process that runs submissions could not start: {why}")
        self.trouble = answer.get("trouble", [])
        mine.settimeout(None)
        self._control = mine

    def fork(self, setting: Setting, notebook: str = "") -> "Child":
        """A new child in its sandbox, with what a notebook's given cells have made.

        Raises:
            SandboxError: it could not be locked in as the setting demands.
            GradingError: there is no zygote to fork.
        """
        channel, channel_of_child = socket.socketpair()
        status, status_of_guard = socket.socketpair()
        fds = array.array("i", [channel_of_child.fileno(), status_of_guard.fileno()])
        message = setting.to_json().encode()
        with self._lock:
            for attempt in (1, 2):
                if self.closed:
                    raise GradingError("grading was stopped")
                try:
                    if self._control is None:
                        self.start()
                    self._control.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
                    break
                except OSError as error:
                    self._control = None
                    if attempt == 2:
                        raise GradingError(f"the process that runs submissions is gone: {error}") from None
        channel_of_child.close()
        status_of_guard.close()
        child = Child(channel, status, self._children)
        try:
            first = child.next_status(time.monotonic() + FORK_SECONDS)
        except BaseException:
            child.close()
            raise
        if "entered" not in first:
            child.close()
            raise SandboxError(f"the sandbox could not be set up: {first.get('error', first)}")
        wire.send(channel, notebook)
        return child

    def close(self) -> None:
        """Stop the zygote and all its children."""
        self.closed = True
        for child in list(self._children):
            child.stop()
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    def __enter__(self) -> "Zygote":
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class Child:
    """One sandboxed process."""

    def __init__(self, channel: socket.socket, status: socket.socket, children: set["Child"]) -> None:
        self._channel, self._status, self._children = channel, status, children
        self._heard = b""
        self._allowance = wire.MAX_ANSWERS
        self.usage: dict[str, Any] = {}
        children.add(self)

    def request(self, message: dict[str, Any], seconds: float) -> Any:
        """The child's answer, as plain data that is not to be trusted; Lost if there is none after
        `seconds`."""
        return self.request_coded(encode(message), seconds)

    def request_coded(self, message: bytes, seconds: float) -> Any:
        """The same for a message that `encode` has made."""
        deadline = time.monotonic() + seconds
        try:
            wire.send_coded(self._channel, message, deadline)
            limit = min(wire.MAX_ANSWER, self._allowance)
            answer, size = wire.receive(self._channel, deadline, limit)
            self._allowance -= size
            return answer
        except wire.WireError as error:
            late = time.monotonic() >= deadline
            raise Lost(self._why(seconds if late else None, str(error))) from None

    def _why(self, seconds: float | None, trouble: str) -> str:
        end = self.close(patience=0.0 if seconds is not None else 1.0)
        if end.get("reason") == "memory":
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

    names = {signal.SIGSEGV: "segmentation fault", signal.SIGABRT: "abort", signal.SIGBUS: "bus error"}
    return names.get(number, f"signal {number}")
