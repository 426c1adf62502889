"""`othello-interp run`: execute the series headlessly, blank and solved, and write every page as HTML."""

import argparse
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from othello_interp.errors import OthelloInterpError
from othello_interp.notebooks import files
from othello_interp.notebooks.execute import execute
from othello_interp.notebooks.html import write_index, write_page
from othello_interp.notebooks.solved import reference_source, solve
from othello_interp.storage import paths
from othello_interp.storage.whole_file import writable_folder


@dataclass(frozen=True)
class Result:
    """What became of one notebook. `failure` is None when every cell ran."""

    kind: str
    name: str
    seconds: float
    failure: str | None
    page: Path


def run_one(path: Path, kind: str, out: Path) -> Result:
    """Execute one student notebook, as it is ("blank") or solved afresh ("solved"), and write its page."""
    notebook = files.cleaned(files.read(path))
    failure = None
    start = time.perf_counter()
    try:
        if kind == "solved":
            notebook = solve(notebook, reference_source(path.stem))
        execute(notebook, path.parent)
    except OthelloInterpError as error:
        failure = str(error)
    seconds = time.perf_counter() - start
    page = out / kind / f"{path.stem}.html"
    write_page(notebook, page, f"{path.stem} ({kind})")
    return Result(kind, path.stem, seconds, failure, page)


def run(notebooks: list[Path], kinds: list[str], out: Path, jobs: int) -> list[Result]:
    """Execute all of them, `jobs` at a time, printing a line for each as it ends."""
    tasks = [(path, kind) for path in notebooks for kind in kinds]
    width = max(len(path.stem) for path in notebooks)
    results = {}
    with ThreadPoolExecutor(jobs) as pool:
        futures = {pool.submit(run_one, path, kind, out): (path, kind) for path, kind in tasks}
        for future in as_completed(futures):
            result = results[futures[future]] = future.result()
            verdict = "failed" if result.failure else "passed"
            print(f"{verdict}  {result.kind:<6}  {result.name:<{width}}  {result.seconds:6.1f} s", flush=True)
            if result.failure:
                print("    " + result.failure.replace("\n", "\n    "), flush=True)
    return [results[task] for task in tasks]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names", nargs="*", help="how a notebook's file name begins, such as 02; all by default"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--blank", action="store_true", help="only as students get them")
    which.add_argument("--solved", action="store_true", help="only solved")
    parser.add_argument("--out", type=Path, help="where the pages go (build/notebooks)")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time (2); each needs about 1.5 GB")


def main(args: argparse.Namespace) -> int:
    out = writable_folder((args.out or paths.root() / "build" / "notebooks").resolve())
    kinds = ["blank"] * (not args.solved) + ["solved"] * (not args.blank)
    notebooks = paths.notebooks(args.names)
    if not notebooks:
        raise OthelloInterpError(f"No notebooks in {paths.root() / 'notebooks'}.")
    start = time.perf_counter()
    results = run(notebooks, kinds, out, max(1, args.jobs))
    failed = sum(result.failure is not None for result in results)
    rows = [
        (
            f"{result.name}, {result.kind}{', failed' * (result.failure is not None)}",
            result.page.relative_to(out).as_posix(),
        )
        for result in results
    ]
    write_index(rows, out / "index.html")
    print(f"{len(results) - failed} passed, {failed} failed in {time.perf_counter() - start:.0f} s")
    print(f"Executed notebooks: {out / 'index.html'}")
    return 1 if failed else 0
