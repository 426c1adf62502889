"""Where jobs run: a zygote with a sandbox that has been tried, on this machine or on a worker of a cluster.

`run_remote` is the function that a cluster calls; everything it takes and returns is plain data.
"""

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from othello_interp.grading.running.client import GradingError, Zygote
from othello_interp.grading.running.job import Job, NotebookRun, run_job
from othello_interp.grading.sandbox.limits import Limits, readable_paths
from othello_interp.grading.sandbox.selftest import Finding, find_setting


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
        readable = readable_paths([Path(path) for path in self.conditions.readable])
        secrets = [Path(path) for path in self.conditions.secrets]
        self.finding = find_setting(self.zygote, self.conditions.limits, readable, secrets)
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


_workers: dict[tuple[int, Conditions], Worker] = {}
_lock = threading.Lock()


def run_remote(conditions: Conditions, job: Job) -> dict[str, Any]:
    """Run a job in this process's own worker, which is started on the first call."""
    with _lock:
        place = (os.getpid(), conditions)
        if place not in _workers:
            worker = Worker(conditions)
            worker.start()
            _workers[place] = worker
    return _workers[place].run(job)
