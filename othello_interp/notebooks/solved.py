"""Solved notebooks: the student notebooks with the reference functions in place of the stubs.

`othello-interp build-solved` executes them and writes them to solutions/ with their plots, twice over: as
data, which JupyterLab draws, and as still pictures, which code-hosting sites show.
"""

import argparse
import ast
import base64
import hashlib
import time
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from othello_interp.errors import OthelloInterpError
from othello_interp.notebooks import files, reach
from othello_interp.storage import paths


def reference_source(name: str, folder: Path | None = None) -> str:
    """The text of solutions/<name>.py, the reference functions of the notebook <name>.ipynb."""
    path = (folder or paths.solutions()) / f"{name}.py"
    if not path.exists():
        raise OthelloInterpError(
            f"There is no {path}: a notebook with exercises needs its reference functions there."
        )
    return path.read_text(encoding="utf-8")


def _functions(source: str) -> dict[str, tuple[int, int]]:
    """Top-level functions: name -> the slice of lines it takes, decorators included."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            found[node.name] = first - 1, node.end_lineno or node.lineno
    return found


def solve(notebook: NotebookNode, reference: str) -> NotebookNode:
    """A copy in which every function of a stub cell is replaced by the function of that name in `reference`.

    The rest of the cell stays. Raises OthelloInterpError for a stub cell without such a function.
    """
    notebook = nbformat.from_dict(notebook)
    answers = _functions(reference)
    lines = reference.splitlines()
    for cell in notebook.cells:
        if files.role(cell) != "stub":
            continue
        stubs = _functions(cell.source)
        missing = sorted(stubs.keys() - answers.keys())
        if missing or not stubs:
            exercise = cell.metadata[files.OURS].get("exercise")
            wrong = (
                f"no reference function {', '.join(missing)}" if missing else "no function in its stub cell"
            )
            raise OthelloInterpError(f"Exercise {exercise}: {wrong}.")
        cell_lines = cell.source.splitlines()
        for name, (first, last) in sorted(stubs.items(), key=lambda item: -item[1][0]):  # from the bottom up
            start, end = answers[name]
            cell_lines[first:last] = lines[start:end]
        cell.source = "\n".join(cell_lines)
    return notebook


def fingerprint(notebook: NotebookNode, reference: str, stem: str) -> str:
    """SHA-256 of what a solved notebook is made from: its cells, the references, the hashes of data/, and the
    package's files that it reaches (reach.py).

    Outputs and stray metadata don't count.
    """
    manifest = paths.root() / "data" / "manifest.json"
    data = manifest.read_text(encoding="utf-8") if manifest.exists() else ""
    library = reach.text_of(reach.reached(notebook, stem))
    made_from = files.text(files.cleaned(notebook)) + reference + data + library
    return hashlib.sha256(made_from.encode()).hexdigest()


def recorded(path: Path) -> str | None:
    """The fingerprint a solved notebook was built from; None when there is no such file or it has none."""
    return files.read(path).metadata.get(files.OURS, {}).get("made_from") if path.exists() else None


def out_of_date(notebook: Path, solutions: Path | None = None) -> bool:
    """Must solutions/<notebook> be built again?"""
    solutions = solutions or paths.solutions()
    now = fingerprint(files.read(notebook), reference_source(notebook.stem, solutions), notebook.stem)
    return recorded(solutions / notebook.name) != now


def with_pictures(notebook: NotebookNode) -> NotebookNode:
    """A copy of an executed notebook whose figures have a PNG as well. Needs kaleido and a Chromium."""
    try:
        import kaleido
    except ModuleNotFoundError as error:
        raise OthelloInterpError(
            "The still pictures need kaleido: pip install -c constraints.txt -e '.[authors]'"
        ) from error
    from othello_interp.notebooks.html import PLOTLY

    notebook = nbformat.from_dict(notebook)
    kaleido.start_sync_server()  # one browser for all figures
    try:
        for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
            figure = output.get("data", {}).get(PLOTLY)
            if figure is not None:
                drawn = {"data": figure["data"], "layout": figure["layout"]}
                png = kaleido.calc_fig_sync(drawn, opts={"format": "png"})
                output["data"] = {PLOTLY: figure, "image/png": base64.b64encode(png).decode()}
    finally:
        kaleido.stop_sync_server()
    return notebook


def build(path: Path, solutions: Path | None = None) -> Path:
    """Solve, execute and draw one student notebook, and write it to solutions/. Raises NotebookFailure."""
    from othello_interp.notebooks.execute import execute

    solutions = solutions or paths.solutions()
    student, reference = files.read(path), reference_source(path.stem, solutions)
    notebook = solve(files.cleaned(student), reference)
    execute(notebook, path.parent)
    notebook = files.normalised(with_pictures(notebook))
    notebook.metadata[files.OURS] = {"made_from": fingerprint(student, reference, path.stem)}
    files.write(notebook, solutions / path.name)
    return solutions / path.name


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names", nargs="*", help="how a notebook's file name begins, such as 02; all by default"
    )
    parser.add_argument("--check", action="store_true", help="build nothing; fail if one is out of date")
    parser.add_argument("--stale", action="store_true", help="build only those that are out of date")


def main(args: argparse.Namespace) -> int:
    chosen = paths.notebooks(args.names)
    if args.check or args.stale:
        chosen = [path for path in chosen if out_of_date(path)]
    for path in chosen:
        if args.check:
            print(f"{path.name}: out of date; run othello-interp build-solved")
            continue
        start = time.perf_counter()
        print(f"{build(path).name}: built in {time.perf_counter() - start:.1f} s", flush=True)
    return 1 if chosen and args.check else 0
