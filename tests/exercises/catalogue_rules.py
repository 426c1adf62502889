"""What must hold of every exercise of the course: each rule takes one and lists what is wrong with it.

The rules run over the real course in test_catalogue.py, over a sample course with faults in test_rules.py.
"""

import ast
import importlib.util
import inspect
import json
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import Tensor

from othello_interp.exercises import checker
from othello_interp.exercises.judging.answer_key import NoSolutions, load_reference, solutions_file
from othello_interp.exercises.records import Exercise, RecordError, make_cases
from othello_interp.storage.paths import root

SEEDS = (0, 20_011)  # check() uses the first; the grader draws its own
FEWEST_MISTAKES, FEWEST_HINTS, FEWEST_RIGHT_ANSWERS = 4, 2, 3
MOST_SECONDS = 0.6  # of processor time for a check whose reference outputs are known
RIGHT_ANSWERS = Path(__file__).parent / "right_answers"


# -- the pieces ----------------------------------------


def cells(notebook: Path, role: str) -> dict[str, list[dict[str, Any]]]:
    """The cells of a notebook that have a role, by exercise id."""
    found: dict[str, list[dict[str, Any]]] = {}
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"] if notebook.is_file() else []:
        ours = cell["metadata"].get("othello_interp", {})
        if ours.get("role") == role:
            found.setdefault(ours.get("exercise"), []).append(cell)
    return found


def notebook_of(exercise: Exercise) -> Path:
    return root() / "notebooks" / f"{exercise.notebook}.ipynb"


def definition(source: str, name: str) -> ast.FunctionDef | None:
    """The definition of a function in some source."""
    found = [
        node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef) and node.name == name
    ]
    return found[-1] if found else None


def stub_of(exercise: Exercise) -> ast.FunctionDef | None:
    stubs = cells(notebook_of(exercise), "stub").get(exercise.id, [])
    return definition("".join(stubs[0]["source"]), exercise.function) if len(stubs) == 1 else None


def reference_of(exercise: Exercise) -> ast.FunctionDef | None:
    try:
        return definition(solutions_file(exercise).read_text(encoding="utf-8"), exercise.function)
    except NoSolutions:
        return None


@cache
def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"right_answers_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def right_answers_file(exercise: Exercise, folder: Path = RIGHT_ANSWERS) -> Path:
    return folder / f"exercise_{exercise.id.replace('.', '_')}.py"


def right_answers(exercise: Exercise, folder: Path = RIGHT_ANSWERS) -> dict[str, Callable[..., Any]]:
    """Functions named <function>__<variant> in right_answers/exercise_N_M.py."""
    path = right_answers_file(exercise, folder)
    if not path.is_file():
        return {}
    functions = inspect.getmembers(_module(path), inspect.isfunction)
    return {name: fn for name, fn in functions if name.startswith(f"{exercise.function}__")}


# -- the rules ----------------------------------------


def nothing_is_missing(exercise: Exercise) -> list[str]:
    """A record has a stub cell and a check cell (an open one an answer cell) and a reference function."""
    notebook = notebook_of(exercise)
    if not notebook.is_file():
        return [f"there is no notebooks/{notebook.name}"]
    wrong = []
    for role in ("answer",) if exercise.open else ("stub", "check"):
        number = len(cells(notebook, role).get(exercise.id, []))
        if number != 1:
            wrong.append(f"{number} {role} cells in {notebook.name}, expected one")
    if exercise.open:
        return wrong
    if not wrong and stub_of(exercise) is None:
        wrong.append(f"the stub cell does not define {exercise.function}")
    try:
        load_reference(exercise)
    except (NoSolutions, RecordError) as error:
        wrong.append(str(error))
    return wrong


def stub_and_reference_agree(exercise: Exercise) -> list[str]:
    """Stub and reference have the same signature and docstring, and the stub is a stub."""
    stub, reference = stub_of(exercise), reference_of(exercise)
    if stub is None or reference is None:
        return []  # said by nothing_is_missing
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
    return wrong


def cases_follow_the_signature(exercise: Exercise) -> list[str]:
    """Inputs stand in the order of the arguments: a student who renames them gets them in order."""
    reference = reference_of(exercise)
    if reference is None:
        return []
    wanted = [argument.arg for argument in reference.args.args]
    needed = wanted[: len(wanted) - len(reference.args.defaults)]
    return [
        f"case {case.name!r} has inputs {list(case.inputs)}, the function takes {wanted}"
        for case in make_cases(exercise, 0)
        if list(case.inputs) != wanted[: len(case.inputs)] or len(case.inputs) < len(needed)
    ]


def axes_differ(exercise: Exercise) -> list[str]:
    """In one case at least, no tensor has two axes of one size, boards apart: a swap would go unseen."""

    def tensors(value: Any) -> list[Tensor]:
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list | tuple):
            return [tensor for item in value for tensor in tensors(item)]
        return [value] if isinstance(value, Tensor) else []

    def plain_axes(tensor: Tensor) -> list[int]:
        sizes = [size for size in tensor.shape if size != 1]
        return sizes if sizes.count(8) < 2 else [size for size in sizes if size != 8]

    cases = make_cases(exercise, 0)
    for case in cases:
        if all(len(set(plain_axes(t))) == len(plain_axes(t)) for t in tensors(list(case.inputs.values()))):
            return []
    return ["every case has a tensor with two axes of the same size"] if cases else []


def hints_and_mistakes_suffice(exercise: Exercise) -> list[str]:
    """Two hints, four known mistakes, all different."""
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
    return wrong


def the_reference_passes(exercise: Exercise) -> list[str]:
    """For any seed, with nothing said against it, and soon."""
    if exercise.open:
        return []
    wrong = []
    for seed in SEEDS:
        verdict = checker.verdict(exercise, load_reference(exercise), seed)
        if (verdict.status, verdict.share) != ("passed", 1.0):
            wrong.append(f"the reference is {verdict.status} with seed {seed}: {verdict.message}")
    if exercise.score is None:  # a score may try the answer on many games
        start = time.process_time()
        checker.verdict(exercise, load_reference(exercise))
        if (seconds := time.process_time() - start) > MOST_SECONDS:
            wrong.append(f"a check of the reference takes {seconds:.2f} s, expected under {MOST_SECONDS}")
    return wrong


def the_stub_is_not_attempted(exercise: Exercise) -> list[str]:
    """Checking the untouched stub says so."""
    stub = stub_of(exercise)
    if stub is None:
        return []
    stub.returns = None
    for argument in (*stub.args.args, *stub.args.kwonlyargs):
        argument.annotation = None  # their names may come from cells above
    space: dict[str, Any] = {}
    exec(compile(ast.fix_missing_locations(ast.Module([stub], [])), "<stub>", "exec"), space)
    verdict = checker.verdict(exercise, space[exercise.function])
    return [] if verdict.status == "not attempted" else [f"the stub is {verdict.status}: {verdict.message}"]


def mistakes_are_told_apart(exercise: Exercise) -> list[str]:
    """Each known mistake is rejected with its own message, whatever the seed."""
    wrong = []
    for seed in SEEDS:
        for mistake in exercise.mistakes:
            verdict = checker.verdict(exercise, mistake.fn, seed)
            if verdict.status == "passed":
                wrong.append(f"mistake {mistake.key} passes with seed {seed}")
            elif verdict.message != mistake.message:
                got = f"mistake {verdict.mistake}" if verdict.mistake else verdict.message
                wrong.append(f"mistake {mistake.key} with seed {seed} is taken for: {got}")
    return wrong


def right_answers_pass(exercise: Exercise, folder: Path = RIGHT_ANSWERS) -> list[str]:
    """Right answers written in other ways pass, whatever the seed."""
    if exercise.open:
        return []
    answers = right_answers(exercise, folder)
    wrong = []
    if len(answers) < FEWEST_RIGHT_ANSWERS:
        where = f"right_answers/{right_answers_file(exercise).name}"
        found = f"{len(answers)} functions {exercise.function}__*"
        wrong.append(f"{where} has {found}, expected at least {FEWEST_RIGHT_ANSWERS}")
    for name, fn in answers.items():
        for seed in SEEDS[:1] if exercise.score else SEEDS:
            verdict = checker.verdict(exercise, fn, seed)
            if verdict.status != "passed":
                about = " ".join(filter(None, [verdict.message, *verdict.notes, verdict.traceback]))
                wrong.append(f"{name} with seed {seed} is {verdict.status} on {verdict.case!r}: {about}")
    return wrong


RULES = (
    nothing_is_missing,
    stub_and_reference_agree,
    cases_follow_the_signature,
    axes_differ,
    hints_and_mistakes_suffice,
    the_reference_passes,
    the_stub_is_not_attempted,
    mistakes_are_told_apart,
    right_answers_pass,
)
