"""The `othello-interp grade` command."""

import argparse
import io
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path

from othello_interp.grading.report.spreadsheet import KINDS
from othello_interp.grading.sandbox.limits import Limits, require_linux
from othello_interp.scheduler import dask_client
from othello_interp.storage.whole_file import writable_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    standard = Limits()
    parser.add_argument("submissions", type=Path, help="folder or zip of submissions, or one notebook")
    parser.add_argument("--out", type=Path, required=True, help="folder for grades, feedback and report")
    parser.add_argument("--course", type=Path, help="Python file that defines COURSE; default: this course")
    parser.add_argument(
        "--due",
        nargs="+",
        metavar="NAME",
        help="notebooks that are due and count, by the beginning of their names (02 03); default: all",
    )
    parser.add_argument("--one", action="store_true", help="everything in the folder or zip is one student's")
    parser.add_argument(
        "--csv",
        choices=KINDS,
        default="plain",
        help="kind of grades.csv: plain is for programs; for Excel comma, or semicolon where 1,5 is written",
    )
    parser.add_argument("--solutions", type=Path, help="folder with the reference functions")
    parser.add_argument(
        "--workers", type=int, default=0, help="submissions at a time; default: one for each core"
    )
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="hand the work to a Dask cluster at this address"
    )
    parser.add_argument("--force", action="store_true", help="grade again who is graded already")
    parser.add_argument(
        "--seconds", type=float, default=standard.seconds, help="for one cell (default %(default)g)"
    )
    parser.add_argument(
        "--notebook-seconds",
        type=float,
        default=standard.total_seconds,
        help="for one notebook (default %(default)g)",
    )
    parser.add_argument(
        "--memory",
        type=int,
        default=standard.memory // 2**20,
        help="MB for one submission (default %(default)s)",
    )
    parser.add_argument(
        "--seed", type=int, help="draw the inputs of an earlier run again (see last_run.json)"
    )
    parser.add_argument(
        "--allow-unsandboxed", action="store_true", help="go on where this machine lacks protections"
    )


def main(args: argparse.Namespace) -> int:
    """Grade; returns 0 if everybody has a total, 1 if not, 130 after Ctrl-C."""
    require_linux()
    from dataclasses import replace

    from othello_interp.grading.course import course_aside
    from othello_interp.grading.grade import grade_class

    for stream in (sys.stdout, sys.stderr):  # a name may hold what this terminal can't print
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    limits = Limits(seconds=args.seconds, total_seconds=args.notebook_seconds, memory=args.memory * 2**20)
    with course_aside(args.course) as course, _executor(args.scheduler) as (executor, size):
        if args.solutions:
            course = replace(course, solutions=args.solutions)
        if args.due:
            course = replace(course, due=tuple(name for item in args.due for name in item.split(",") if name))
        summary = grade_class(
            course,
            args.submissions,
            writable_folder(args.out),
            limits=limits,
            workers=args.workers or size,
            executor=executor,
            force=args.force,
            seed=args.seed,
            allow_unsandboxed=args.allow_unsandboxed,
            one=args.one,
            csv_kind=args.csv,
            progress=True,
        )
    done = len(summary.results)
    print(
        f"{summary.new} graded now, {done - summary.new} before, in {summary.seconds:.1f} s. "
        f"Report: {args.out / 'report.html'}"
    )
    for student in summary.ungraded:
        why = summary.failed.get(student) or "see report.html"
        print(f"  not graded: {student} ({why})")
    if summary.interrupted:
        print("Stopped. The results so far are kept: run the same command again to go on.")
        return 130
    return 1 if summary.ungraded else 0


@contextmanager
def _executor(address: str | None) -> Iterator[tuple[Executor | None, int]]:
    """A Dask cluster's executor and how many jobs it takes at a time, or nothing."""
    if not address:
        yield None, 0
        return
    with dask_client()(address) as client:
        yield client.get_executor(), sum(client.nthreads().values())
