"""The real course, graded: solved notebooks, blank ones, and known mistakes."""

import ast
import json
import re
from pathlib import Path

import attackers
import nbformat
import pytest

from othello_interp.exercises import catalogue
from othello_interp.exercises.catalogue import own_hypothesis
from othello_interp.grading.course import this_course
from othello_interp.grading.grade import grade_class
from othello_interp.grading.sandbox.limits import Limits
from othello_interp.notebooks import files
from othello_interp.notebooks.solved import reference_source, solve

MISTAKES = 2  # of each exercise
SEED = 1_234_567_891  # of the exam


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The course and its results by student: solved, blank, and the n-th mistake of every exercise."""
    base = tmp_path_factory.mktemp("course")
    course = this_course()
    for stem in course.stems:
        blank = files.read(course.notebooks / f"{stem}.ipynb")
        write(base / "submissions" / "blank", stem, blank)
        write(base / "submissions" / "solved", stem, solve(blank, reference_source(stem)))
        for index in range(MISTAKES):
            write(base / "submissions" / f"mistake {index}", stem, with_mistakes(course, blank, index))
    write(base / "submissions" / "attacker", "05_spectrum_plots", attacker(course))
    limits = Limits(seconds=60.0)
    summary = grade_class(
        course, base / "submissions", base / "out", limits=limits, workers=2, seed=SEED, say=print
    )
    assert not summary.failed
    return course, {result.student: result for result in summary.results}


def write(folder, stem, notebook) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / f"{stem}.ipynb")


def with_mistakes(course, notebook, index):
    """A copy in which every answer is the exercise's known mistake of that number.

    Children can't see the catalogue, so the notebook brings a copy of its own.
    """
    notebook = nbformat.from_dict(json.loads(json.dumps(notebook)))
    for cell in notebook.cells:
        if files.role(cell) == "stub":
            exercise = course.exercises[cell.metadata[files.OURS]["exercise"]]
            cell.source = (
                "from othello_interp.exercises import EXERCISES\n"
                f"def {exercise.function}(*args, **kwargs):\n"
                f"    return EXERCISES[{exercise.id!r}].mistakes[{index}].fn(*args, **kwargs)"
            )
    sources = {path.name: path.read_text() for path in Path(catalogue.__path__[0]).glob("*.py")}
    notebook.cells.insert(0, nbformat.v4.new_code_cell(BRING.format(sources=sources)))
    return notebook


def attacker(course):
    """Notebook 5 with every attack in it, and an answer to 5.1 that reports what they found."""
    messages = [mistake.message for exercise in course.exercises.values() for mistake in exercise.mistakes]
    solved = (course.solutions / "05_spectrum_plots.py").read_text()
    [line] = re.findall(r"^    return .{30,}$", solved, re.MULTILINE)[:1]
    texts = [*messages[:10], line.strip(), *filter(None, [course.exercises["5.4"].explanation[:60]])]
    sources = attackers.cells(SEED, own_hypothesis.GAMES_SEED, texts, course.exercises["5.1"].function)
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])


BRING = """
import sys, types
from pathlib import Path
import othello_interp.exercises
folder = Path("catalogue")
folder.mkdir()
for name, text in {sources!r}.items():
    (folder / name).write_text(text)
package = types.ModuleType("othello_interp.exercises.catalogue")
package.__path__ = [str(folder.resolve())]
sys.modules[package.__name__] = othello_interp.exercises.catalogue = package
"""


def test_solved_notebooks_get_full_marks(graded):
    course, results = graded
    for item in results["solved"].exercises.values():
        exercise = course.exercises[item.exercise]
        if not exercise.open:
            assert (item.exercise, item.points, item.message) == (
                item.exercise,
                exercise.points,
                item.message,
            )
    assert results["solved"].problems == []
    assert [line for lines in results["solved"].remarks.values() for line in lines] == []


def test_blank_notebooks_get_nothing_and_are_told_so(graded):
    course, results = graded
    for item in results["blank"].exercises.values():
        if not course.exercises[item.exercise].open:
            assert (item.points, item.status) == (0, "not attempted"), item
    assert results["blank"].total == 0


@pytest.mark.parametrize("index", range(MISTAKES))
def test_known_mistakes_get_their_messages(graded, index):
    course, results = graded
    for item in results[f"mistake {index}"].exercises.values():
        exercise = course.exercises[item.exercise]
        if len(exercise.mistakes) > index:
            mistake = exercise.mistakes[index]
            assert item.mistake == mistake.key, (item.exercise, mistake.key, item)
            assert item.message == mistake.message
            assert item.points == pytest.approx(mistake.credit * exercise.points)


def test_an_exam_cannot_be_read_out(graded):
    """Neither the seed nor a known mistake or an answer is anywhere in a student's reach."""
    _, results = graded
    item = results["attacker"].exercises["5.1"]
    assert item.points == 0
    report = re.search(r"ValueError: (\{.*\})", item.message)
    assert report, (item.message, results["attacker"].remarks)
    loot = ast.literal_eval(report[1])
    assert loot.keys() == {*attackers.ATTACKS, "in the call"}
    assert not any(loot.values()), loot
    assert not results["attacker"].remarks["05_spectrum_plots"]
