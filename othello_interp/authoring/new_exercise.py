"""`othello-interp new-exercise 5.7`: the pieces of an exercise, for an author to fill in.

It writes a record, a stub of the reference, a stub cell and a check cell, and a file for right answers: all
of them, or none. `othello-interp check-course` then says what is left to do.
"""

import argparse
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from othello_interp.authoring.completeness import ROLES, TO_DO, cells, functions, module_name
from othello_interp.errors import OthelloInterpError
from othello_interp.exercises.records import EXERCISE_ID
from othello_interp.notebooks import files
from othello_interp.storage import paths
from othello_interp.storage.whole_file import whole_file

STUB = '''def {function}(number: int) -> int:
    """{todo}: what it returns."""
    raise NotImplementedError'''

RECORD = '''"""Exercise {id}: {title}."""

from othello_interp.exercises.records import Case, Exercise, Mistakes

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    # Inputs by name, in the order of the function's arguments. A seed always gives the same cases.
    return [Case(f"{{number}}", {{"number": number}}) for number in (3, 5 + seed % 7)]


# Known mistakes, the most specific first. The name of the function is the mistake's key.
#
# @mistake("What to tell a student whose function gives this.", credit=0.5)
# def one_too_many(number: int) -> int:
#     return number + 1


EXERCISE = Exercise(
    id="{id}",
    notebook="{notebook}",
    function="{function}",
    title="{title}",
    points=1,
    difficulty=1,
    importance=1,
    minutes=5,
    tests="{todo}: what the check tries, in one sentence.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(),
    explanation="{todo}: what one should see and why.",
)
'''

ANSWERS = '''"""Right answers to exercise {id}, written in other ways than the reference.

Functions called {function}__loop, {function}__numpy and so on, after how they do it.
"""
'''

TEXT = """### Exercise {id}: {title}
Difficulty 1/5 · Importance 1/5 · about 5 minutes · 1 point

{todo}: what is asked.

Stuck? `hint("{id}")` gives a hint."""

CHECK = 'check("{id}", {function})'

ANSWER = """<details><summary>Answer</summary>

{todo}: the reference, and what one should see and why.

</details>"""


def new_files(id_: str, function: str, title: str, root: Path) -> dict[Path, str]:
    """The files of a new exercise, each with its whole text. Writes nothing.

    Raises OthelloInterpError if a part of such an exercise is there already, or if there is no place for one.
    """
    if not EXERCISE_ID.fullmatch(id_):
        raise OthelloInterpError(
            f"The id is {id_!r}; expected a notebook's number and one more, such as 5.7."
        )
    if not function.isidentifier():
        raise OthelloInterpError(f"The function is {function!r}; expected a name such as top_moves.")
    if set(title) & set('"\\\n'):
        raise OthelloInterpError(f"The title is {title!r}; expected a line without double quotes.")
    catalogue = root / "othello_interp" / "exercises" / "catalogue"
    if not catalogue.is_dir():
        raise OthelloInterpError(f"There is no {catalogue}: exercises are added in a checkout.")
    path, *_ = paths.notebooks([f"{int(id_.split('.')[0]):02}_"], root / "notebooks")
    record = catalogue / f"{module_name(id_)}.py"
    answers = root / "tests" / "exercises" / "right_answers" / record.name
    solutions = root / "solutions" / f"{path.stem}.py"

    there = [str(file.relative_to(root)) for file in (record, answers) if file.exists()]
    there += [f"a {role} cell in {path.name}" for role in ROLES if id_ in cells(path, role)]
    if there:
        raise OthelloInterpError(f"Exercise {id_} exists: there is {', '.join(there)}.")
    for file in (root / "solutions").glob("*.py"):
        if function in functions(file):
            raise OthelloInterpError(f"The function {function} exists, in {file.name}: name another one.")

    values = {"id": id_, "function": function, "title": title, "notebook": path.stem, "todo": TO_DO}
    before = f'"""Reference answers for notebook {id_.split(".")[0]}."""'
    if solutions.is_file():
        before = solutions.read_text(encoding="utf-8")
    notebook = with_exercise(files.read(path), values)
    return {
        record: RECORD.format(**values),
        answers: ANSWERS.format(**values),
        solutions: f"{before.rstrip()}\n\n\n{STUB.format(**values)}\n",
        path: files.text(files.cleaned(notebook)),
    }


def with_exercise(notebook: NotebookNode, values: Mapping[str, str]) -> NotebookNode:
    """A copy of a notebook with the cells of a new exercise, after those of the exercise before it."""
    id_ = values["id"]
    number = id_.replace(".", "-")

    def ours(role: str) -> dict[str, dict[str, str]]:
        return {files.OURS: {"exercise": id_, "role": role}}

    added = [
        new_markdown_cell(TEXT.format(**values), id=f"exercise-{number}"),
        new_code_cell(STUB.format(**values), id=f"stub-{number}", metadata=ours("stub")),
        new_code_cell(CHECK.format(**values), id=f"check-{number}", metadata=ours("check")),
        new_markdown_cell(ANSWER.format(**values), id=f"answer-{number}"),
    ]
    place = _place(notebook.cells, id_)
    notebook = nbformat.from_dict(notebook)
    notebook.cells = [*notebook.cells[:place], *added, *notebook.cells[place:]]
    return notebook


def _place(found: list[NotebookNode], id_: str) -> int:
    """Where a new exercise goes: at the first heading after the exercise before it, or at the end."""

    def order(name: str) -> list[int]:
        return [int(part) for part in name.split(".")]

    ids = [cell.metadata.get(files.OURS, {}).get("exercise") for cell in found]
    before = [index for index, name in enumerate(ids) if name and order(name) < order(id_)]
    for index in range(before[-1] + 1 if before else len(found), len(found)):
        if found[index].cell_type == "markdown" and found[index].source.startswith("#"):
            return index
    return len(found)


def write_all(texts: Mapping[Path, str]) -> None:
    """Write several files: every one is written beside its place before the first is put there."""
    with ExitStack() as stack:
        for path, text in texts.items():
            stack.enter_context(whole_file(path)).write_text(text, encoding="utf-8")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", help="the notebook's number and a free one, such as 5.7")
    parser.add_argument("--function", help="the name of the student's function; default exercise_5_7")
    parser.add_argument("--title", default=TO_DO, help="a few words")


def main(args: argparse.Namespace) -> int:
    root = paths.root()
    texts = new_files(args.id, args.function or module_name(args.id), args.title, root)
    write_all(texts)
    print(f"Exercise {args.id} is in these files. `othello-interp check-course` says what is left to do.")
    for path in texts:
        print(f"    {path.relative_to(root)}")
    return 0
