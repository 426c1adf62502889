"""How fast is grading? Rate, ratio to a fresh process for each submission, memory; nbgrader's rate beside it.

    python benchmarks/grading.py                      the course's own notebooks, solved and half solved
    python benchmarks/grading.py --nbgrader PYTHON    three numpy functions, ours and nbgrader's rate

PYTHON is the interpreter of an environment that holds nbgrader. Prints one figure to a line.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import torch

from othello_interp.exercises.records import Case, Exercise
from othello_interp.grading.course import Course, this_course
from othello_interp.grading.grade import Summary, grade_class
from othello_interp.grading.sandbox.limits import Limits

NUMPY_ANSWERS = {
    "column_means": "def column_means(x):\n    return x.mean(axis=0)",
    "unit": "def unit(x):\n    return x / np.linalg.norm(x)",
    "pairwise": "def pairwise(x):\n    return np.abs(x[:, None] - x[None])",
}


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--students", type=int, default=40, help="default %(default)s")
    parser.add_argument("--workers", type=int, default=2, help="default %(default)s")
    parser.add_argument("--nbgrader", metavar="PYTHON", help="compare with nbgrader in that environment")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        if args.nbgrader:
            course = numpy_course(base / "course")
            hand_in(course, base / "submissions", args.students, numpy_notebook)
            ours = measure(course, base, args.workers)
            theirs = nbgrader_rate(args.nbgrader, base / "nbgrader", min(args.students, 6))
            print(f"nbgrader: {theirs:.0f} a minute")
            print(f"ratio: {ours / theirs:.0f}")
        else:
            course = this_course()
            hand_in(course, base / "submissions", args.students, course_notebook)
            measure(course, base, args.workers)
            fresh_process(course, base / "submissions" / "student 0", base / "out")


def hand_in(course: Course, folder: Path, students: int, notebook: Any) -> None:
    """Write submissions: every other student leaves half of the exercises blank."""
    for number in range(students):
        (folder / f"student {number}").mkdir(parents=True)
        for stem in course.stems:
            content = notebook(course, stem, keep=1 + number % 2)
            (folder / f"student {number}" / f"{stem}.ipynb").write_text(json.dumps(content))


def measure(course: Course, base: Path, workers: int) -> float:
    """Grade the class, print figures, and return submissions a minute once started up."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    at_start, used = processor_seconds(), []

    def say(line: str) -> None:
        used.append(processor_seconds())  # the first line comes when everything has started
        print(line)

    summary: Summary = grade_class(
        course, base / "submissions", base / "out", limits=Limits(), workers=workers, progress=True, say=say
    )
    done = len(summary.results)
    all_of_it = (processor_seconds() - used[0]) / done
    rate = 60 * done / (summary.seconds - summary.ready_seconds)
    print(f"submissions: {done} of {len(course.stems)} notebooks, {workers} at a time")
    print(f"start-up: {summary.ready_seconds:.1f} s, {used[0] - at_start:.1f} s of processor time, once")
    print(f"rate: {rate:.0f} a minute, {60 * workers / rate:.2f} s each")
    print(f"processor time: {all_of_it:.2f} s for each submission, of all processes")
    limit = 60 * workers / all_of_it
    print(f"share of the limit: {rate / limit:.0%} of {limit:.0f} a minute, were {workers} cores free for it")
    print(f"of this in students' code: {median(r.cpu for r in summary.results):.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory of the grader itself: {peak:.0f} MB at most, {peak - before:.0f} MB more than before")
    print(f"memory of a child: {max(r.memory for r in summary.results) / 2**20:.0f} MB of its own at most")
    return rate


def processor_seconds() -> float:
    """Of this process and all that came of it so far."""
    import psutil

    me = psutil.Process()
    times = [process.cpu_times() for process in [me, *me.children(recursive=True)]]
    return sum(t.user + t.system + t.children_user + t.children_system for t in times)


def fresh_process(course: Course, submission: Path, out: Path) -> None:
    """Time one submission from nothing, twice, as a grader without a zygote would do it for everybody."""
    known = json.loads(next((out / "results").glob("*.json")).read_text())
    code = f"""
import time
begin = time.perf_counter()
from othello_interp.grading.grader import grade_notebook
grade_notebook({str(submission)!r})
print(time.perf_counter() - begin)
"""
    times = [float(subprocess.check_output([sys.executable, "-c", code])) for _ in range(2)]
    print(
        f"fresh process: {min(times):.1f} s a submission, {min(times) / known['seconds']:.0f} times as long"
    )


def course_notebook(course: Course, stem: str, keep: int) -> dict[str, Any]:
    """A notebook of the course with every `keep`-th stub solved."""
    from othello_interp.notebooks import files
    from othello_interp.notebooks.solved import reference_source, solve

    blank = files.read(course.notebooks / f"{stem}.ipynb")
    solved = solve(blank, reference_source(stem, course.solutions))
    stubs = [index for index, cell in enumerate(blank.cells) if files.role(cell) == "stub"]
    for index in set(stubs) - set(stubs[::keep]):
        solved.cells[index] = blank.cells[index]
    return solved


def numpy_course(folder: Path) -> Course:
    """A course of three numpy functions, as measured for nbgrader."""
    for name in ("notebooks", "solutions"):
        (folder / name).mkdir(parents=True)

    def cases(seed: int) -> list[Case]:
        generator = torch.Generator().manual_seed(seed)
        return [Case(f"{n} numbers", {"x": torch.rand(n, generator=generator).double()}) for n in (5, 7)]

    exercises = [
        Exercise(f"1.{i}", "numbers", name, name, 2, 1, 1, 5, "Calls it with 5 and 7 numbers.", cases)
        for i, name in enumerate(NUMPY_ANSWERS, start=1)
    ]
    solutions = "import numpy as np\n\n\n" + "\n\n\n".join(NUMPY_ANSWERS.values())
    (folder / "solutions" / "numbers.py").write_text(solutions.replace("(x):", "(x):\n    x = np.asarray(x)"))
    course = Course(
        "Three numpy functions", {e.id: e for e in exercises}, folder / "notebooks", folder / "solutions"
    )
    (folder / "notebooks" / "numbers.ipynb").write_text(json.dumps(numpy_notebook(course, "numbers", 0)))
    return course


def numpy_notebook(course: Course, stem: str, keep: int) -> dict[str, Any]:
    """The notebook of the three functions: all solved, or blank if `keep` is 0."""
    cells = [_cell("setup", "import numpy as np", {})]
    for exercise in course.exercises.values():
        answer = NUMPY_ANSWERS[exercise.function].replace("(x):", "(x):\n    x = np.asarray(x)")
        blank = f"def {exercise.function}(x):\n    raise NotImplementedError"
        ours = {"othello_interp": {"exercise": exercise.id, "role": "stub"}}
        cells.append(_cell(exercise.function, answer if keep else blank, ours))
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
    return {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


def _cell(name: str, source: str, metadata: dict[str, Any]) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "id": name.replace("_", "-"),
        "metadata": metadata,
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


def nbgrader_rate(python: str, folder: Path, students: int) -> float:
    """Submissions a minute of `nbgrader autograde` on the same notebook, as one class run."""
    (folder / "source" / "ps").mkdir(parents=True)
    (folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'c'\n")
    test = {
        "column_means": "assert np.allclose(column_means(np.arange(6.0)), 2.5)",
        "unit": "assert np.allclose(unit(np.array([3.0, 4.0])), [0.6, 0.8])",
        "pairwise": "assert np.allclose(pairwise(np.array([1.0, 3.0])), [[0, 2], [2, 0]])",
    }
    cells = [_cell("setup", "import numpy as np", {})]
    for name, answer in NUMPY_ANSWERS.items():
        marks = {"schema_version": 3, "task": False}
        solution = {"grade": False, "solution": True, "locked": False, "grade_id": f"{name}-s", **marks}
        grade = {
            "grade": True,
            "solution": False,
            "locked": True,
            "points": 2,
            "grade_id": f"{name}-t",
            **marks,
        }
        body = answer.replace("\n", "\n    ### BEGIN SOLUTION\n") + "\n    ### END SOLUTION"
        cells += [
            _cell(f"{name}-s", body, {"nbgrader": solution}),
            _cell(f"{name}-t", test[name], {"nbgrader": grade}),
        ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    (folder / "source" / "ps" / "numbers.ipynb").write_text(json.dumps(notebook))

    def nbgrader(*arguments: str) -> None:
        path = os.pathsep.join([os.path.dirname(python), os.environ["PATH"]])  # it calls alembic and jupyter
        subprocess.run(
            [python, "-m", "nbgrader", *arguments],
            cwd=folder,
            env=os.environ | {"PATH": path},
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    nbgrader("generate_assignment", "ps")
    released = json.loads((folder / "release" / "ps" / "numbers.ipynb").read_text())
    for cell in released["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id", "").removesuffix("-s")
        if name in NUMPY_ANSWERS:
            cell["source"] = NUMPY_ANSWERS[name]
    for number in range(students):
        path = folder / "submitted" / f"student{number}" / "ps"
        path.mkdir(parents=True)
        (path / "numbers.ipynb").write_text(json.dumps(released))
    begin = time.perf_counter()
    nbgrader("autograde", "ps", "--create")
    return 60 * students / (time.perf_counter() - begin)


if __name__ == "__main__":
    main()
