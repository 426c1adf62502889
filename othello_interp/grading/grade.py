"""Grade a class: hand the work out, keep each result as it comes, never lose one, never do one twice."""

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed, wait
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

from othello_interp.grading.course import Course
from othello_interp.grading.grader import Grader, StageError, stage
from othello_interp.grading.marks import NAME, add_empty_rows, read_marks
from othello_interp.grading.report.tables import remove_leftovers, write_report
from othello_interp.grading.results import Results
from othello_interp.grading.running.client import GradingError
from othello_interp.grading.running.worker import Answered, run_remote
from othello_interp.grading.sandbox.limits import Limits
from othello_interp.grading.submissions.find import Submission, find_submissions
from othello_interp.storage.whole_file import write_text

AHEAD = 2  # submissions that are read, judged or handed out while others run


@dataclass
class Summary:
    """How grading a class went."""

    results: Results  # on disk
    new: int = 0
    without_total: list[str] = field(default_factory=list)  # students who have a result, and no total
    interrupted: bool = False
    seconds: float = 0.0
    ready_seconds: float = 0.0  # of these: reading, starting up, computing the references

    @property
    def failed(self) -> dict[str, str]:
        """Students the grader could not deal with, and why."""
        return self.results.failed

    @property
    def ungraded(self) -> list[str]:
        """Students without a total."""
        return self.without_total + list(self.failed)


def grade_class(
    course: Course,
    submissions: Path,
    out: Path,
    *,
    limits: Limits | None = None,
    workers: int = 0,
    executor: Executor | None = None,
    force: bool = False,
    seed: int | None = None,
    allow_unsandboxed: bool = False,
    one: bool = False,
    csv_kind: str = "plain",
    progress: bool = False,
    say: Callable[[str], None] = print,
) -> Summary:
    """Grade everybody in `submissions` who has no result yet, or has handed in something else since.

    Args:
        out: folder for the report. A result there that belongs to the very same files and course is kept.
        workers: children at a time on this machine, 0 for one for each core.
        executor: hands the work to other processes or machines instead.
        force: grade everybody again.
        seed: of the secret inputs; None draws one.
        one: everything in `submissions` is one student's.
        csv_kind: of grades.csv: "plain", "comma" or "semicolon", the last two for Excel.
        say: takes lines for the screen.
    """
    begin = time.perf_counter()
    course = course.what_is_due()
    stop = Event()
    away = None if executor is None else partial(_away, executor, stop)
    workers = workers or os.cpu_count() or 1
    grader = Grader(course, limits, seed, (submissions, out), allow_unsandboxed, away, workers)
    summary = Summary(Results(out))
    waiting: list[tuple[Submission, str]] = []
    found = find_submissions(submissions, course.every_stem, one=one, out=out, say=say)
    for submission in found:
        try:
            digest = grader.digest(submission)
        except StageError as error:  # whatever it is, it holds up nobody else
            summary.results.fail(submission.shown, submission.key, str(error))
            continue
        if force or not summary.results.find(submission.key, digest):
            waiting.append((submission, digest))
    if waiting:
        _Run(grader, out, summary, say, progress, stop).grade(waiting, workers)
    else:
        say(f"Nothing to do: all {len(found)} submissions are graded already (--force grades them again).")
    _report(course, found, summary, out, csv_kind, say)
    summary.seconds = time.perf_counter() - begin
    return summary


def _away(executor: Executor, stop: Event, *job: Any) -> Answered:
    """Read and run a submission on an executor, or leave it when the run is stopped."""
    future = executor.submit(run_remote, *job)
    while not stop.is_set():
        if wait([future], timeout=1.0).done:
            return future.result()
    future.cancel()
    raise GradingError("grading was stopped")


def _report(
    course: Course,
    found: list[Submission],
    summary: Summary,
    out: Path,
    csv_kind: str,
    say: Callable[[str], None],
) -> None:
    """Put in the points that a person gave, and write everything that people read."""
    marks, said = read_marks(out / NAME, course, found)
    for line in said:
        say(line)
    summary.results.marks = marks
    known = write_report(course, summary.results, out, csv_kind)
    summary.without_total = [result.student for result in known if result.total is None]
    if count := add_empty_rows(out / NAME, course, known, csv_kind):
        wait = "1 answer in words waits" if count == 1 else f"{count} answers in words wait"
        say(f"{wait} for points: see the rows in {out / NAME}.")
    if count := remove_leftovers(out, (submission.key for submission in found)):
        say(f"{count} of an earlier run are no longer in the submissions: their pages were removed.")


@dataclass
class _Run:
    """One run over a class: what it works with, and what it has come to."""

    grader: Grader
    out: Path
    summary: Summary
    say: Callable[[str], None]
    progress: bool
    stop: Event

    def grade(self, waiting: list[tuple[Submission, str]], workers: int) -> None:
        """Grade submissions, given with their digests, `workers` at a time."""
        begin = time.perf_counter()
        self.note()
        try:
            for line in self.grader.start(submission for submission, _ in waiting):
                self.say(line)
            self.summary.ready_seconds = time.perf_counter() - begin
            pool = ThreadPoolExecutor(workers + AHEAD)  # the grader sees to it that only `workers` run
            try:
                self._wait({pool.submit(self._one, *item): item[0] for item in waiting}, len(waiting))
            except KeyboardInterrupt:
                self.summary.interrupted = True
            finally:
                self.stop.set()
                self.grader.close()  # wakes the threads that wait for a child
                pool.shutdown(cancel_futures=True)
        finally:
            self.grader.close()
        for line in self.grader.trouble:
            self.say(f"The course itself: {line}")

    def _wait(self, running: dict[Future, Submission], count: int) -> None:
        from tqdm import tqdm

        with tqdm(total=count, unit="student", disable=not self.progress, dynamic_ncols=True) as bar:
            for future in as_completed(running):
                submission = running.pop(future)
                try:
                    future.result()
                    self.summary.new += 1
                except Exception as error:
                    self.summary.results.fail(submission.shown, submission.key, str(error))
                bar.set_postfix_str(submission.shown[:30], refresh=False)
                bar.update()

    def _one(self, submission: Submission, digest: str) -> None:
        """Grade one submission and write the result to disk. What goes wrong here is tried once more."""
        for attempt in (1, 2):
            try:
                result = self.grader.grade(submission, digest)
                with stage("writing the result"):
                    self.summary.results.keep(result)
                return
            except StageError:
                if attempt == 2 or self.stop.is_set():
                    raise

    def note(self) -> None:
        """For the instructor: what it takes to draw the same inputs again."""
        course = self.grader.course
        note = {"seed": self.grader.seed, "course": course.name, "fingerprint": course.fingerprint}
        note["limits"] = vars(self.grader.limits)
        write_text(self.out / "last_run.json", json.dumps(note, indent=1))
