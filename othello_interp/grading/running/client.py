"""The parent's end: start the processes that are forked, and ask them for children."""

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
from othello_interp.exercises.calling.encode import encode
from othello_interp.grading.running import wire
from othello_interp.grading.running.handle import Child, Handle
from othello_interp.grading.sandbox.limits import SandboxError, Setting
from othello_interp.grading.typed import to_plain

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
        channel, channel_of_child = socket.socketpair()
        status, status_of_guard = socket.socketpair()
        child = Child(channel, status, self.open_handles)
        request = {"work": work, "given": dict(given or {}), "setting": to_plain(setting)}
        try:
            with channel_of_child, status_of_guard:
                self._send(request, [channel_of_child.fileno(), status_of_guard.fileno()])
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

    def _send(self, request: dict[str, Any], descriptors: list[int]) -> None:
        """Hand a request over, to a process that is started again if it is gone."""
        message = encode(request)
        with self._lock:
            for attempt in (1, 2):
                if self.closed:
                    raise GradingError("grading was stopped")
                try:
                    if self._control is None:
                        self.start()
                    assert self._control is not None
                    wire.send_coded(self._control, message, files=descriptors)
                    return
                except (OSError, wire.WireError) as error:
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
        mine, theirs = socket.socketpair()
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

    def examiner(self, config: bytes) -> "Examiner":
        """A trusted process forked from this one, which begins to work out this run's expected values.

        Args:
            config: what `examiner.main` takes.
        """
        mine, theirs = socket.socketpair()
        with theirs:
            self._send({"work": "examine"}, [theirs.fileno()])
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
    deadline = time.monotonic() + START_SECONDS
    try:
        wire.send_coded(control, config, deadline)
        trouble = wire.receive(control, deadline, tensors=False)
    except wire.WireError:
        trouble = "it ended"
    if trouble:
        raise GradingError(trouble)
