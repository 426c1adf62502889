"""Where submissions are read and run: a zygote with a sandbox that has been tried, here or in a cluster.

`run_remote` is the function that a cluster calls; everything it takes and returns is plain data.
"""

import atexit
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from othello_interp.exercises.calling.encode import encode
from othello_interp.grading.running import reader
from othello_interp.grading.running.client import PASSED_ON, GradingError, Zygote
from othello_interp.grading.running.handle import Child, Handle, Lost
from othello_interp.grading.running.job import NotebookRun, Task, run_plan
from othello_interp.grading.running.parcel import Parcel, opened
from othello_interp.grading.running.room import Room, single
from othello_interp.grading.running.standby import Standby
from othello_interp.grading.sandbox.limits import Limits, Setting, readable_paths
from othello_interp.grading.sandbox.selftest import Finding, find_setting
from othello_interp.grading.submissions.handed_in import Collected
from othello_interp.grading.submissions.paper import Paper
from othello_interp.grading.typed import Mismatch, from_plain, to_plain

PACKAGE = Path(__file__).resolve().parents[2]
# What no submission may see of the library: the answers, and in an installed copy the notebooks with theirs.
HIDDEN = (
    PACKAGE / "exercises" / "catalogue",
    PACKAGE / "course" / "notebooks",
    PACKAGE / "course" / "solutions",
)
READERS = 25  # submissions that one child reads
READING = Limits(40.0, 40.0 * READERS, memory=768 * 2**20, file_size=2**20, open_files=300)


@dataclass(frozen=True)
class Draft:
    """All of an exam that is needed before the first submission runs.

    Attributes:
        tasks: by notebook, what to ask of its functions.
        zygote: what `zygote.prepare` takes, as `encode` writes it.
    """

    tasks: dict[str, tuple[Task, ...]] = field(default_factory=dict)
    zygote: bytes = b""


@dataclass(frozen=True)
class Conditions:
    """What a worker needs to know before its first submission.

    Attributes:
        lessons: what the reading child has to know of the course, as `encode` writes it.
        readable: paths that submissions may read beside Python and the library.
        secrets: paths that they must not be able to read.
        unsandboxed: go on although a protection is missing.
    """

    limits: Limits
    lessons: bytes = b""
    draft: Draft = Draft()
    readable: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    unsandboxed: bool = False


@dataclass
class Answered:
    """A submission that has been read and run."""

    paper: Paper
    runs: dict[str, NotebookRun]


def child_setting(limits: Limits, readable: list[Path] = []) -> Setting:  # noqa: B006  (only read)
    """The sandbox of a child: it may read Python, the library without the answers, and `readable`."""
    hidden = tuple(str(path) for path in HIDDEN if path.exists())
    return Setting(limits, readable_paths([PACKAGE, *readable]), passed_on=PASSED_ON, hidden=hidden)


class Worker:
    """A zygote ready to read and run. Use it from as many threads as there are cores."""

    def __init__(self, conditions: Conditions) -> None:
        self.conditions = conditions
        self.zygote = Zygote(conditions.draft.zygote)
        self._readers = Standby(self._reader, READERS)
        self.finding: Finding | None = None

    def start(self) -> Finding:
        """Start the zygote and try the sandbox.

        Raises:
            GradingError: a protection is missing, and the conditions don't allow that.
        """
        self.zygote.start()
        return self.try_sandbox()

    def try_sandbox(self) -> Finding:
        """The second half of `start`."""
        wanted = child_setting(self.conditions.limits, [Path(path) for path in self.conditions.readable])
        secrets = [Path(path) for path in (*self.conditions.secrets, *wanted.hidden)]
        self.finding = find_setting(wanted, partial(single, self.zygote), secrets, [self.zygote.pid])
        if self.finding.missing and not self.conditions.unsandboxed:
            self.close()
            raise GradingError(
                "\n".join(self.finding.lines())
                + "\nNot safe on this machine: no submission was run. docs/instructors.md says what to do. "
                "--allow-unsandboxed goes on all the same: only for code that you have read."
            )
        return self.finding

    @property
    def setting(self) -> Setting:
        assert self.finding is not None
        return self.finding.setting

    def read(self, parcel: Parcel) -> Paper:
        """Read a submission in a limited child. If that fails, a paper that says so."""
        files = [stream.fileno() for stream in parcel.contents]
        request = [encode(to_plain(parcel.labels))]

        def ask(child: Handle) -> Any:
            for stream in parcel.contents:  # all who hold a descriptor share its position
                stream.seek(0)
            return child.request(request, READING.seconds, reader.MAX_PAPER, files)

        try:
            answer = self._readers.ask(ask)
            if isinstance(answer, dict) and isinstance(answer.get("error"), str):
                raise Mismatch(answer["error"])
            return from_plain(Paper, answer)
        except Lost as lost:
            why = f"reading it {lost}"
        except Mismatch as mismatch:
            why = f"reading it failed ({mismatch})"
        return Paper(
            problems=[*parcel.labels.problems, f"the submission can't be read: {why}"], unreadable=True
        )

    def _reader(self) -> Child:
        """A new child that reads submissions."""
        child = self.zygote.fork(replace(self.setting, limits=READING), "read")
        child.tell(self.conditions.lessons)
        return child

    def run(self, paper: Paper) -> Iterator[tuple[str, NotebookRun]]:
        """Run a paper's notebooks, one after the other, in a room of the student's own."""
        tasks = self.conditions.draft.tasks
        stems = [stem for stem in paper.plans if stem in tasks]
        given = {stem: paper.plans[stem].given for stem in stems}
        room = Room(lambda: self.zygote.fork(self.setting, "room", given))
        try:
            for stem in stems:
                yield stem, run_plan(room, self.setting.limits, stem, paper.plans[stem], tasks[stem])
        finally:
            room.close()

    def close(self) -> None:
        self._readers.close()
        self.zygote.close()


class Resident:
    """The one worker of a process in a cluster: a run's first job starts it and stops that of another run."""

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._process = 0
        self._worker: Worker | None = None
        self._jobs = 0  # running in it

    def run(self, conditions: Conditions, handed_in: Collected) -> Answered:
        """Read and run a submission. One of another run waits until this run's in the process have ended."""
        with self._free:
            if self._process != os.getpid():  # a fork has no use for the threads and sockets of its parent
                self._process, self._worker, self._jobs = os.getpid(), None, 0
            self._free.wait_for(lambda: self._suits(conditions) or not self._jobs)
            worker = self._worker
            if worker is None or not self._suits(conditions):
                self.close()
                worker = Worker(conditions)
                worker.start()
                self._worker = worker
            self._jobs += 1
        try:
            with opened(handed_in) as parcel:
                paper = worker.read(parcel)
            return Answered(paper, dict(worker.run(paper)))
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


def run_remote(conditions: Conditions, key: str, handed_in: Collected) -> Answered:
    """Read and run a submission in this process's resident worker.

    Args:
        key: the student's. A cluster would take two equal jobs for one.
    """
    return resident.run(conditions, handed_in)
