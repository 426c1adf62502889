"""The parent's end: start the processes that are forked, and ask them for children."""

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
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from othello_interp.errors import OthelloInterpError
from othello_interp.grading.running.handle import Child, Handle
from othello_interp.grading.sandbox.limits import SandboxError, Setting

START_SECONDS = 600
PASSED_ON = ("OTHELLO_INTERP_MODEL", "OTHELLO_INTERP_ROOT")  # so that a child means the same model
ENVIRONMENT = (*PASSED_ON, "PATH", "LANG", "HOME", "HF_HOME")


class GradingError(OthelloInterpError):
    """The grader itself could not do its work; says nothing about a submission."""


class Forker:
    """A process that is forked on request. Several threads may use it at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self.open_handles: set[Handle] = set()
        self.closed = False
        self.trouble: list[str] = []  # given cells of the course that failed

    def start(self) -> None:
        """Start the process and wait until it is ready; GradingError if it doesn't get there."""
        raise NotImplementedError

    def fork(self, setting: Setting, work: str, given: Mapping[str, int] | None = None) -> Child:
        """A new child in its sandbox.

        Args:
            work: what it is to do, one of those that the process knows.
            given: by notebook, how many of its given cells have been run at least when the child begins.

        Raises:
            SandboxError: it could not be locked in as the setting demands.
            GradingError: there is no process to fork.
        """
        child = self._ask({"work": work, "given": dict(given or {}), "setting": setting.to_json()})
        try:
            first = child.next_status(time.monotonic() + START_SECONDS)
            if "trouble" in first:  # it was the first to need these given cells
                self.trouble += first["trouble"]
                first = child.next_status(time.monotonic() + START_SECONDS)
            if "entered" not in first:
                raise SandboxError(f"the sandbox could not be set up: {first.get('error', first)}")
        except BaseException:
            child.close()
            raise
        return child

    def _ask(self, request: dict[str, Any]) -> Child:
        """Send a request for a child, and have a handle of what will be one."""
        channel, channel_of_child = socket.socketpair()
        status, status_of_guard = socket.socketpair()
        try:
            self._send(request, [channel_of_child.fileno(), status_of_guard.fileno()])
        except BaseException:
            channel.close()
            status.close()
            raise
        finally:
            channel_of_child.close()
            status_of_guard.close()
        return Child(channel, status, self.open_handles)

    def _send(self, request: dict[str, Any], descriptors: list[int]) -> None:
        """Hand a request over, to a process that is started again if it is gone."""
        message, fds = json.dumps(request).encode(), array.array("i", descriptors)
        with self._lock:
            for attempt in (1, 2):
                if self.closed:
                    raise GradingError("grading was stopped")
                try:
                    if self._control is None:
                        self.start()
                    assert self._control is not None
                    self._control.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
                    return
                except OSError as error:
                    self._control = None
                    if attempt == 2:
                        raise GradingError(f"the process that is forked is gone: {error}") from None

    def close(self) -> None:
        """Stop the process and all its children."""
        self.closed = True
        for handle in list(self.open_handles):
            handle.stop()
        if self._control is not None:
            self._control.close()

    def __enter__(self) -> "Forker":
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class Zygote(Forker):
    """The process that is forked to read and to run submissions.

    Args:
        config: what `zygote.prepare` takes, as `encode` writes it.
    """

    def __init__(self, config: bytes = b"") -> None:
        super().__init__()
        self._config = config
        self._process: subprocess.Popen | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
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
            try:
                introduce(mine, self._config)
            except GradingError as error:
                self._process.kill()
                self._process.wait()
                said.seek(0)
                why = f"{error}\n{said.read().decode(errors='replace')[-2000:]}"
                raise GradingError(f"the process that runs submissions could not start: {why}") from None
        self._control = mine

    def prepare(self, notebook: str) -> None:
        """Run a notebook's first given cell, which everybody needs, before a child asks for it."""
        child = self._ask({"work": "prepare", "given": {notebook: 1}})
        try:
            self.trouble += child.next_status(time.monotonic() + START_SECONDS).get("trouble", [])
        finally:
            child.forget()

    def examiner(self, config: bytes) -> "Examiner":
        """A trusted process forked from this one, which begins to work out this run's expected values.

        Args:
            config: what `examiner.main` takes.
        """
        mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._send({"work": "examine"}, [theirs.fileno()])
        theirs.close()
        return Examiner(mine, config)

    def close(self) -> None:
        super().close()
        if self._process is not None:
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.terminate()
                self._process.wait(10)


class Examiner(Forker):
    """The process that holds the models, the references and what they return; it is forked to judge."""

    def __init__(self, control: socket.socket, config: bytes) -> None:
        super().__init__()
        self._starting: socket.socket | None = control
        self._config = config

    def start(self) -> None:
        """Wait until it is ready; GradingError if it doesn't get there, or is gone."""
        if self._starting is None:
            raise GradingError("the process that judges is gone")
        control, self._starting = self._starting, None
        try:
            introduce(control, self._config)
        except GradingError as error:
            raise GradingError(f"The course's own solutions can't be used: {error}") from None
        self._control = control

    def close(self) -> None:
        super().close()
        if self._starting is not None:
            self._starting.close()


def introduce(control: socket.socket, config: bytes) -> None:
    """Tell a new process what it needs to know, and wait until it is ready; GradingError if it fails."""
    control.settimeout(START_SECONDS)
    answer: dict[str, Any] = {"error": "it ended"}
    with contextlib.suppress(OSError, ValueError):
        control.send(str(len(config)).encode())
        for start in range(0, len(config), 1 << 16):
            control.send(config[start : start + (1 << 16)])
        answer = json.loads(control.recv(1 << 16))
    if "error" in answer:
        raise GradingError(answer["error"])
    control.settimeout(None)
