"""What must hold of every exercise of the course: each rule takes one and lists what is wrong with it.

The first is that it is complete, by the rules of othello_interp.authoring.completeness; the others try its
check. They run over the real course in test_catalogue.py, over a sample course with faults in test_rules.py.
"""

import ast
import importlib.util
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import Tensor

from othello_interp.authoring.completeness import Places, missing, reference_of, right_answers_of, stub_of
from othello_interp.exercises import checker
from othello_interp.exercises.judging.answer_key import load_reference
from othello_interp.exercises.records import Exercise, make_cases
from othello_interp.storage.paths import root, solutions

SEEDS = (0, 20_011)  # check() uses the first; the grader draws its own
MOST_SECONDS = 0.6  # of processor time for a check whose reference outputs are known
RIGHT_ANSWERS = Path(__file__).parent / "right_answers"


def places(folder: Path = RIGHT_ANSWERS) -> Places:
    """Where the pieces of an exercise are; right answers in `folder`."""
    return Places(root() / "notebooks", solutions(), folder)


@cache
def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"right_answers_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def right_answers(exercise: Exercise, folder: Path = RIGHT_ANSWERS) -> dict[str, Callable[..., Any]]:
    """The right answers to an exercise, by name."""
    path = places(folder).answers(exercise)
    return {name: getattr(_module(path), name) for name in right_answers_of(exercise, places(folder))}


# -- the rules ----------------------------------------


def it_is_complete(exercise: Exercise, folder: Path = RIGHT_ANSWERS) -> list[str]:
    """Nothing is missing that `othello-interp check-course` would name."""
    return missing([exercise], places(folder)).get(exercise.id, [])


def cases_follow_the_signature(exercise: Exercise) -> list[str]:
    """Inputs stand in the order of the arguments: a student who renames them gets them in order."""
    reference = reference_of(exercise, places())
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
    stub = stub_of(exercise, places())
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
    wrong = []
    for name, fn in right_answers(exercise, folder).items():
        for seed in SEEDS[:1] if exercise.score else SEEDS:
            verdict = checker.verdict(exercise, fn, seed)
            if verdict.status != "passed":
                about = " ".join(filter(None, [verdict.message, *verdict.notes, verdict.traceback]))
                wrong.append(f"{name} with seed {seed} is {verdict.status} on {verdict.case!r}: {about}")
    return wrong


RULES = (
    it_is_complete,
    cases_follow_the_signature,
    axes_differ,
    the_reference_passes,
    the_stub_is_not_attempted,
    mistakes_are_told_apart,
    right_answers_pass,
)
