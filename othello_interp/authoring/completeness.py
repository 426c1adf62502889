"""What an exercise consists of, and what of it is missing or doesn't fit: `othello-interp check-course`.

An exercise is a record, a reference function, a stub cell and a check cell (or, for an open one, an answer
cell) in its notebook, and right answers to try the check on. The rules here read these pieces and run none of
them; the tests of the course begin with the same rules.
"""

import ast
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from othello_interp.errors import OthelloInterpError
from othello_interp.exercises.records import Exercise

FEWEST_MISTAKES, FEWEST_HINTS, FEWEST_RIGHT_ANSWERS = 1, 2, 3
TO_DO = "TO DO"  # in what new-exercise writes: an author has still to put something here
ROLES = ("stub", "check", "answer")


@dataclass(frozen=True)
class Places:
    """The folders that hold the pieces: student notebooks, reference functions, right answers."""

    notebooks: Path
    solutions: Path
    right_answers: Path

    def notebook(self, exercise: Exercise) -> Path:
        return self.notebooks / f"{exercise.notebook}.ipynb"

    def references(self, exercise: Exercise) -> Path:
        return self.solutions / f"{exercise.notebook}.py"

    def answers(self, exercise: Exercise) -> Path:
        return self.right_answers / f"{module_name(exercise.id)}.py"


def module_name(id_: str) -> str:
    """exercise_2_1 for "2.1": the name of an exercise's module, and of its right answers."""
    return f"exercise_{id_.replace('.', '_')}"


def cells(notebook: Path, role: str) -> dict[str, list[dict[str, Any]]]:
    """The cells of a notebook that have a role ("stub", "check", "answer"), by exercise id."""
    found: dict[str, list[dict[str, Any]]] = {}
    try:
        for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"] if notebook.is_file() else []:
            ours = cell["metadata"].get("othello_interp", {})
            if ours.get("role") == role:
                found.setdefault(ours.get("exercise", ""), []).append(cell)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OthelloInterpError(f"{notebook} is not a notebook that can be read: {error!r}") from error
    return found


def functions(path: Path) -> dict[str, ast.FunctionDef]:
    """The functions that a Python file defines at its top level; none if there is no such file."""
    try:
        return _functions(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except SyntaxError as error:
        raise OthelloInterpError(f"{path} can't be read as Python: {error}") from error


def _functions(source: str) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}


def stub_of(exercise: Exercise, places: Places) -> ast.FunctionDef | None:
    """The student's function as the notebook has it; None if there is no one stub cell that defines it."""
    stubs = cells(places.notebook(exercise), "stub").get(exercise.id, [])
    try:
        return _functions("".join(stubs[0]["source"]))[exercise.function] if len(stubs) == 1 else None
    except (SyntaxError, KeyError):
        return None


def reference_of(exercise: Exercise, places: Places) -> ast.FunctionDef | None:
    """The reference function; None if the solutions don't define it."""
    return functions(places.references(exercise)).get(exercise.function)


def right_answers_of(exercise: Exercise, places: Places) -> list[str]:
    """The names of the right answers: functions called <function>__<variant>."""
    return [name for name in functions(places.answers(exercise)) if name.startswith(f"{exercise.function}__")]


# -- the rules ----------------------------------------


def pieces_exist(exercise: Exercise, places: Places) -> list[str]:
    """A record has a stub cell and a check cell (an open one an answer cell), a reference, right answers."""
    notebook = places.notebook(exercise)
    if not notebook.is_file():
        return [f"there is no notebooks/{notebook.name}"]
    wrong = []
    for role in ("answer",) if exercise.open else ("stub", "check"):
        number = len(cells(notebook, role).get(exercise.id, []))
        if number != 1:
            wrong.append(f"{number} {role} cells in {notebook.name}, expected one")
    if exercise.open:
        return wrong
    if not wrong and stub_of(exercise, places) is None:
        wrong.append(f"the stub cell does not define {exercise.function}")
    if reference_of(exercise, places) is None:
        wrong.append(f"no reference: solutions/{notebook.stem}.py defines no function {exercise.function}")
    answers = right_answers_of(exercise, places)
    if len(answers) < FEWEST_RIGHT_ANSWERS:
        where = f"right_answers/{places.answers(exercise).name}"
        found = f"{len(answers)} functions {exercise.function}__*"
        wrong.append(f"{where} has {found}, expected at least {FEWEST_RIGHT_ANSWERS}")
    return wrong


def stub_and_reference_agree(exercise: Exercise, places: Places) -> list[str]:
    """Stub and reference have the same signature and docstring; the stub is a stub, the reference isn't."""
    stub, reference = stub_of(exercise, places), reference_of(exercise, places)
    if stub is None or reference is None:
        return []  # said by pieces_exist
    wrong = []
    for what, read in (
        ("arguments", lambda node: ast.unparse(node.args)),
        ("return types", lambda node: node.returns and ast.unparse(node.returns)),
        ("docstrings", ast.get_docstring),
    ):
        if read(stub) != read(reference):
            wrong.append(f"{what} differ: stub {read(stub)!r}, reference {read(reference)!r}")
    if not ast.get_docstring(stub):
        wrong.append("the stub has no docstring")
    body = [ast.unparse(node) for node in stub.body[1:]]
    if body != ["raise NotImplementedError"]:
        wrong.append(f"the stub's body is {body}, expected a docstring and `raise NotImplementedError`")
    if stub.decorator_list:
        wrong.append("the stub has a decorator")
    if ast.unparse(reference.body[-1]) == "raise NotImplementedError":
        wrong.append("the reference is a stub itself")
    return wrong


def record_is_full(exercise: Exercise, places: Places) -> list[str]:
    """Two hints, a known mistake, all different; nothing left to do."""
    wrong = []
    if len(exercise.hints) < FEWEST_HINTS and not exercise.open:
        wrong.append(f"{len(exercise.hints)} hints, expected at least {FEWEST_HINTS}")
    if len(exercise.mistakes) < FEWEST_MISTAKES and not exercise.open:
        wrong.append(f"{len(exercise.mistakes)} known mistakes, expected at least {FEWEST_MISTAKES}")
    for what, texts in (("hints", exercise.hints), ("messages", [m.message for m in exercise.mistakes])):
        if len(set(texts)) != len(texts):
            wrong.append(f"two {what} are the same")
    if not exercise.explanation:
        wrong.append("no explanation of what one should see and why")
    unwritten = [name for name, value in vars(exercise).items() if TO_DO in str(value)]
    return wrong + [f"the record's {name} says {TO_DO}" for name in unwritten]


RULES = (pieces_exist, stub_and_reference_agree, record_is_full)


def strays(exercises: Mapping[str, Exercise], places: Places) -> Iterator[str]:
    """Cells and right answers that belong to no exercise, and cells with something left to do."""
    for notebook in sorted(places.notebooks.glob("*.ipynb")):
        for role in ROLES:
            for name in cells(notebook, role):
                home = exercises[name].notebook if name in exercises else ""
                if home != notebook.stem:
                    where = f"which is of {home}" if home else "which has no record"
                    yield f"{notebook.name} has a {role} cell for {name}, {where}"
        if TO_DO in notebook.read_text(encoding="utf-8"):
            yield f"{notebook.name} says {TO_DO}"
    files = {places.answers(exercise): exercise for exercise in exercises.values()}
    for path in sorted(places.right_answers.glob("exercise_*.py")):
        if path not in files:
            yield f"right_answers/{path.name} belongs to no exercise"
            continue
        for name in functions(path):
            if "__" in name.strip("_") and name.split("__")[0] != files[path].function:
                yield f"right_answers/{path.name}: {name} answers another exercise"


def missing(exercises: Iterable[Exercise], places: Places) -> dict[str, list[str]]:
    """What is wrong with each exercise that isn't complete, by id."""
    found = {e.id: [text for rule in RULES for text in rule(e, places)] for e in exercises}
    return {name: texts for name, texts in found.items() if texts}
