"""Grade a class: hand the work out, keep each result as it comes, never lose one, never do one twice."""

import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from othello_interp.grading.course import Course
from othello_interp.grading.grader import Grader, Paper
from othello_interp.grading.report.tables import write_report
from othello_interp.grading.running.client import GradingError
from othello_interp.grading.running.worker import Conditions, Worker, run_remote
from othello_interp.grading.sandbox.limits import Limits
from othello_interp.grading.score import Result, from_plain, to_plain
from othello_interp.grading.submissions.find import find_submissions
from othello_interp.storage.whole_file import write_text

AHEAD = 3  # jobs handed out beyond those that run


@dataclass
class Summary:
    """How grading a class went."""

    results: list[Result] = field(default_factory=list)
    new: int = 0
    failed: dict[str, str] = field(default_factory=dict)  # students the grader could not deal with, and why
    interrupted: bool = False
    seconds: float = 0.0
    ready_seconds: float = 0.0  # of these: reading, starting up, computing the references

    @property
    def ungraded(self) -> list[str]:
        """Students without a total."""
        return [result.student for result in self.results if result.total is None] + list(self.failed)


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
        say: takes lines for the screen.
    """
    begin = time.perf_counter()
    grader = Grader(course, seed)
    summary = Summary()
    papers, waiting = [], []
    for submission in find_submissions(submissions, course.stems, out=out, say=say):
        try:
            papers.append(grader.read(submission))
        except Exception as error:  # whatever it is, it holds up nobody else
            summary.failed[submission.shown] = f"{type(error).__name__}: {error}"
    for paper in papers:
        kept = None if force else _kept(out, paper)
        if kept is not None:
            summary.results.append(kept)
        else:
            waiting.append(paper)
    if waiting:
        conditions = grader.conditions(waiting, limits or Limits(), [submissions, out], allow_unsandboxed)
        run = _Run(grader, conditions, out, summary, say)
        for paper in waiting:
            if not paper.plans:
                run.keep(grader.result(paper, {}))
        runnable = [paper for paper in waiting if paper.plans]
        if runnable:
            with run.place(executor, workers or os.cpu_count() or 1) as (submit, width):
                run.grade(runnable, submit, width, progress)
        run.note()
    else:
        say(f"Nothing to do: all {len(papers)} submissions are graded already (--force grades them again).")
    summary.results.sort(key=lambda result: (result.student.lower(), result.id))
    if waiting or not (out / "report.html").exists():
        write_report(course, summary.results, summary.failed, out)
    summary.seconds = time.perf_counter() - begin
    return summary


@dataclass
class _Run:
    """One run over a class: what it works with, and what it has come to."""

    grader: Grader
    conditions: Conditions
    out: Path
    summary: Summary
    say: Callable[[str], None]

    def grade(self, papers: list[Paper], submit: Callable, width: int, progress: bool) -> None:
        """Grade papers, `width` at a time. What the grader can't deal with is tried once more."""
        from tqdm import tqdm

        queue = iter(papers)
        running: dict[Future, tuple[Paper, int]] = {}
        bar = tqdm(total=len(papers), unit="student", disable=not progress, dynamic_ncols=True)
        try:
            while True:
                while len(running) < width + AHEAD and (paper := next(queue, None)) is not None:
                    running[submit(self.grader.job(paper))] = (paper, 1)
                if not running:
                    break
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    paper, attempt = running.pop(future)
                    try:
                        self.keep(self.grader.result(paper, future.result()))
                    except Exception as error:  # of the grader; once more, then it is a person's turn
                        if attempt == 1:
                            running[submit(self.grader.job(paper))] = (paper, 2)
                            continue
                        self.summary.failed[paper.submission.shown] = f"{type(error).__name__}: {error}"
                    bar.set_postfix_str(paper.submission.shown[:30], refresh=False)
                    bar.update()
        except KeyboardInterrupt:
            self.summary.interrupted = True
            for future in running:
                future.cancel()
        finally:
            bar.close()

    @contextmanager
    def place(self, executor: Executor | None, workers: int) -> Iterator[tuple[Callable, int]]:
        """A way to hand out a job, and how many run at once."""
        begin = time.perf_counter()
        if executor is not None:
            self.grader.exam.compute()
            self.summary.ready_seconds = time.perf_counter() - begin
            yield partial(executor.submit, run_remote, self.conditions), workers
            return
        worker = Worker(self.conditions)
        try:
            with ThreadPoolExecutor(1) as aside:
                started = aside.submit(worker.start)
                self.grader.exam.compute()
            finding = started.result()
            for line in finding.lines() + [f"The course itself: {line}" for line in worker.zygote.trouble]:
                self.say(line)
            self.summary.ready_seconds = time.perf_counter() - begin
            pool = ThreadPoolExecutor(workers)
            try:
                yield partial(pool.submit, worker.run), workers
            finally:
                worker.close()  # wakes the threads that wait for a child
                pool.shutdown(cancel_futures=True)
        finally:
            worker.close()

    def keep(self, result: Result) -> None:
        """Write a result to disk and take note of it."""
        write_text(self.out / "results" / f"{result.key}.json", json.dumps(to_plain(result), indent=1))
        self.summary.results.append(result)
        self.summary.new += 1

    def note(self) -> None:
        """For the instructor: what it takes to draw the same inputs again."""
        course = self.grader.course
        note = {"seed": self.grader.exam.seed, "course": course.name, "fingerprint": course.fingerprint}
        note["limits"] = vars(self.conditions.limits)
        write_text(self.out / "last_run.json", json.dumps(note, indent=1))


def _kept(out: Path, paper: Paper) -> Result | None:
    """The result on disk, if it belongs to this very paper."""
    try:
        result = from_plain(json.loads((out / "results" / f"{paper.submission.key}.json").read_text()))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return result if result.digest == paper.digest else None


__all__ = ["GradingError", "Summary", "grade_class"]
