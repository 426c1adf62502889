"""Does new-exercise write all the pieces, or none? Does check-course say what is left, until nothing is?

A small checkout and a small course: nothing here knows the real ones.
"""

import importlib.util
import json
import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from othello_interp import cli
from othello_interp.authoring import new_exercise
from othello_interp.exercises.records import make_cases
from othello_interp.notebooks import files

COURSE = """
import importlib.util
from pathlib import Path

from othello_interp.grading.course import Course

root = Path(__file__).parents[2]
exercises = {}
for path in sorted((root / "othello_interp" / "exercises" / "catalogue").glob("exercise_*.py")):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    exercises[module.EXERCISE.id] = module.EXERCISE
COURSE = Course("Small course", exercises, root / "notebooks", root / "solutions")
"""

RIGHT = """
def twice__sum(number):
    return number + number


def twice__shift(number):
    return number << 1


def twice__loop(number):
    return sum(number for _ in range(2))
"""

MISTAKES = """
@mistake("That is one more.")
def one_more(number: int) -> int:
    return number + 1


@mistake("That is half of it.")
def half(number: int) -> float:
    return number / 2


@mistake("That is the square.")
def square(number: int) -> int:
    return number**2


@mistake("That is the number itself.")
def itself(number: int) -> int:
    return number


EXERCISE ="""


def read(path):
    return path.read_text(encoding="utf-8")


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A small checkout with one notebook: text, the cells of exercise 5.1, more text, those of 5.3."""

    def cells(id_):
        ours = {files.OURS: {"exercise": id_, "role": "stub"}}
        return [
            new_markdown_cell(f"### Exercise {id_}"),
            new_code_cell(f"def f{id_[-1]}(x):\n    raise NotImplementedError", metadata=ours),
            new_markdown_cell(f"An answer to {id_}."),
        ]

    catalogue, answers = "othello_interp/exercises/catalogue", "tests/exercises/right_answers"
    for folder in ("notebooks", "solutions", catalogue, answers):
        (tmp_path / folder).mkdir(parents=True)
    text = new_markdown_cell("## What comes next")
    notebook = new_notebook(cells=[new_markdown_cell("# Small"), *cells("5.1"), text, *cells("5.3")])
    files.write(files.cleaned(notebook), tmp_path / "notebooks" / "05_small.ipynb")
    (tmp_path / "solutions" / "05_small.py").write_text('"""References."""\n\n\ndef f1(x):\n    return x\n')
    (tmp_path / "tests" / "exercises" / "course.py").write_text(COURSE)
    monkeypatch.setenv("OTHELLO_INTERP_ROOT", str(tmp_path))
    return tmp_path


def everything(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}


def record(checkout):
    path = checkout / "othello_interp" / "exercises" / "catalogue" / "exercise_5_2.py"
    spec = importlib.util.spec_from_file_location("new_record", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return path, module.EXERCISE


def test_a_new_exercise_has_all_its_pieces(checkout, capsys):
    assert cli.main(["new-exercise", "5.2", "--function", "twice", "--title", "Twice"]) == 0
    printed = capsys.readouterr().out
    assert "tests/exercises/right_answers/exercise_5_2.py" in printed
    _, exercise = record(checkout)
    assert (exercise.id, exercise.notebook, exercise.function, exercise.title) == (
        "5.2",
        "05_small",
        "twice",
        "Twice",
    )
    assert [list(case.inputs) for case in make_cases(exercise, 3)] == [["number"], ["number"]]
    assert read(checkout / "solutions" / "05_small.py").endswith(
        "def f1(x):\n    return x\n\n\n" + new_exercise.STUB.format(function="twice", todo="TO DO") + "\n"
    )


def test_its_cells_stand_after_the_exercise_before_it(checkout):
    path = checkout / "notebooks" / "05_small.ipynb"
    before = files.read(path).cells
    assert cli.main(["new-exercise", "5.2", "--function", "twice", "--title", "Twice"]) == 0
    after = files.read(path).cells
    heading, stub, check, answer = after[4:8]
    assert after[:4] + after[8:] == before
    assert heading.source.startswith("### Exercise 5.2: Twice\n")
    assert "raise NotImplementedError" in stub.source
    assert check.source == 'check("5.2", twice)'
    assert [files.role(cell) for cell in (stub, check)] == ["stub", "check"]
    assert answer.source.startswith("<details>")
    assert path.read_text(encoding="utf-8") == files.text(files.cleaned(files.read(path)))


def test_the_first_exercise_of_a_notebook_stands_at_its_end(checkout):
    path = checkout / "notebooks" / "06_empty.ipynb"
    files.write(files.cleaned(new_notebook(cells=[new_markdown_cell("# Empty")])), path)
    assert cli.main(["new-exercise", "6.1"]) == 0
    assert [cell.id for cell in files.read(path).cells[1:]] == [
        "exercise-6-1",
        "stub-6-1",
        "check-6-1",
        "answer-6-1",
    ]
    solutions = read(checkout / "solutions" / "06_empty.py")
    assert solutions.startswith('"""Reference answers')
    assert "def exercise_6_1(number: int) -> int:" in solutions


def test_what_is_left_to_do_is_named_until_all_is_done(checkout, capsys):
    for path in (checkout / "notebooks").glob("*.ipynb"):
        files.write(files.cleaned(new_notebook(cells=[new_markdown_cell("# Small")])), path)
    check_course = ["check-course", "--course", str(checkout / "tests" / "exercises" / "course.py")]
    assert cli.main(["new-exercise", "5.2", "--function", "twice", "--title", "Twice"]) == 0
    capsys.readouterr()
    assert cli.main(check_course) == 1
    assert capsys.readouterr().out == (
        "5.2 twice\n"
        "    right_answers/exercise_5_2.py has 0 functions twice__*, expected at least 3\n"
        "    the reference is a stub itself\n"
        "    0 hints, expected at least 2\n"
        "    0 known mistakes, expected at least 1\n"
        "    the record's tests says TO DO\n"
        "    the record's explanation says TO DO\n"
        "elsewhere\n"
        "    05_small.ipynb says TO DO\n"
        "0 of 1 exercises are complete.\n"
    )

    path, _ = record(checkout)
    text = read(path).replace("TO DO: ", "").replace("\nEXERCISE =", MISTAKES)
    path.write_text(text.replace("hints=(),", 'hints=("Add.", "Add it to itself."),'))
    (checkout / "tests/exercises/right_answers/exercise_5_2.py").write_text(RIGHT)
    for path in (checkout / "notebooks" / "05_small.ipynb", checkout / "solutions" / "05_small.py"):
        path.write_text(read(path).replace("TO DO: ", ""))
    path.write_text(read(path).replace("raise NotImplementedError", "return 2 * number"))
    assert cli.main(check_course) == 0
    assert capsys.readouterr().out == "1 of 1 exercises are complete.\n"

    path.write_text(read(path).replace("number: int", "n: int"))
    assert cli.main(check_course) == 1
    assert "    arguments differ: stub 'number: int', reference 'n: int'\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["5.1"], "Exercise 5.1 exists: there is a stub cell in 05_small.ipynb."),
        (["5.9"], "Exercise 5.9 exists: there is tests/exercises/right_answers/exercise_5_9.py."),
        (["5"], "The id is '5'; expected a notebook's number and one more, such as 5.7."),
        (["7.1"], "No notebook begins with '07_'"),
        (["5.2", "--function", "f1"], "The function f1 exists, in 05_small.py: name another one."),
        (["5.2", "--function", "two words"], "The function is 'two words'; expected a name"),
        (["5.2", "--title", 'a "b"'], "expected a line without double quotes"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(checkout, arguments, words, capsys):
    (checkout / "tests/exercises/right_answers/exercise_5_9.py").write_text("")
    before = everything(checkout)
    assert cli.main(["new-exercise", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert everything(checkout) == before


def test_a_checkout_is_needed(checkout, capsys):
    (checkout / "othello_interp" / "exercises" / "catalogue").rmdir()
    assert cli.main(["new-exercise", "5.2"]) == 2
    assert "exercises are added in a checkout" in capsys.readouterr().err


def test_when_one_file_cannot_be_written_none_is(checkout, monkeypatch):
    before = everything(checkout)
    texts = new_exercise.new_files("5.2", "twice", "Twice", checkout)
    assert len(texts) == 4
    texts[checkout / "notebooks" / "05_small.ipynb" / "no folder"] = "text"
    with pytest.raises(OSError, match="05_small"):
        new_exercise.write_all(texts)
    assert everything(checkout) == before


def test_the_notebook_stays_json_that_git_can_compare(checkout):
    path = checkout / "notebooks" / "05_small.ipynb"
    lines = set(read(path).splitlines())
    assert cli.main(["new-exercise", "5.2"]) == 0
    assert not lines - set(read(path).splitlines())
    assert json.loads(read(path))["nbformat"] == 4


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/instructors.md"])
def test_the_pages_give_a_free_number_as_an_example(page, root):
    text = (root / page).read_text(encoding="utf-8")
    (number,) = re.findall(r"new-exercise (\d\.\d)", text)
    record = f"exercise_{number.replace('.', '_')}.py"
    assert not (root / "othello_interp" / "exercises" / "catalogue" / record).exists()
