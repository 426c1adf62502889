"""Where jobs run: a zygote with a sandbox that has been tried, on this machine or on a worker of a cluster.

`run_remote` is the function that a cluster calls; everything it takes and returns is plain data.
"""

import atexit
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from othello_interp.grading.running.client import PASSED_ON, GradingError, Zygote
from othello_interp.grading.running.job import Job, NotebookRun, run_job
from othello_interp.grading.sandbox.limits import Limits, Setting, readable_paths
from othello_interp.grading.sandbox.selftest import Finding, find_setting

PACKAGE = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Conditions:
    """What a worker needs to know before its first job.

    Attributes:
        given: the given cells of each notebook by name, run once beforehand.
        refs: the models that the cases need.
        readable: paths that submissions may read beside Python and the library.
        secrets: paths that they must not be able to read.
        unsandboxed: go on although a protection is missing.
    """

    limits: Limits
    given: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    refs: tuple[tuple[str, int], ...] = ()
    readable: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    unsandboxed: bool = False


def child_setting(limits: Limits, readable: list[Path] = []) -> Setting:  # noqa: B006  (only read)
    """The sandbox of a child: it may read Python, the library and `readable`."""
    return Setting(limits, readable_paths([PACKAGE, *readable]), passed_on=PASSED_ON)


class Worker:
    """A zygote ready for jobs. Use it from as many threads as there are cores."""

    def __init__(self, conditions: Conditions) -> None:
        self.conditions = conditions
        refs = [{"kind": kind, "seed": seed} for kind, seed in conditions.refs]
        self.zygote = Zygote({stem: dict(cells) for stem, cells in conditions.given}, refs)
        self.finding: Finding | None = None

    def start(self) -> Finding:
        """Start the zygote and try the sandbox.

        Raises:
            GradingError: a protection is missing, and the conditions don't allow that.
        """
        self.zygote.start()
        secrets = [Path(path) for path in self.conditions.secrets]
        wanted = child_setting(self.conditions.limits, [Path(path) for path in self.conditions.readable])
        self.finding = find_setting(wanted, self.zygote.fork, secrets, [self.zygote.pid])
        if self.finding.missing and not self.conditions.unsandboxed:
            self.close()
            raise GradingError(
                "\n".join(self.finding.lines())
                + "\nNot safe on this machine: no submission was run. docs/instructors.md says what to do. "
                "--allow-unsandboxed goes on all the same: only for code that you have read."
            )
        return self.finding

    def run(self, job: Job) -> dict[str, NotebookRun]:
        return run_job(self.zygote, self.finding.setting, job)

    def close(self) -> None:
        self.zygote.close()


class Resident:
    """The one worker of a process in a cluster: a run's first job starts it and stops that of another run."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._process = 0
        self._worker: Worker | None = None
        self._jobs = 0  # running in it

    def run(self, conditions: Conditions, job: Job) -> dict[str, NotebookRun]:
        """Run a job. A job of another run waits until this run's jobs in the process have ended."""
        with self._free:
            if self._process != os.getpid():  # a fork has no use for the threads and sockets of its parent
                self._process, self._worker, self._jobs = os.getpid(), None, 0
            self._free.wait_for(lambda: self._suits(conditions) or not self._jobs)
            if not self._suits(conditions):
                self.close()
                worker = Worker(conditions)
                worker.start()
                self._worker = worker
            worker = self._worker
            self._jobs += 1
        try:
            return worker.run(job)
        finally:
            with self._free:
                self._jobs -= 1
                self._free.notify_all()

    def _suits(self, conditions: Conditions) -> bool:
        return self._worker is not None and self._worker.conditions == conditions

    def close(self) -> None:
        """Stop the worker, if there is one of this process."""
        if self._worker is not None and self._process == os.getpid():
            self._worker.close()
        self._worker = None


resident = Resident()
atexit.register(resident.close)


def run_remote(conditions: Conditions, job: Job) -> dict[str, NotebookRun]:
    """Run a job in this process's resident worker."""
    return resident.run(conditions, job)
