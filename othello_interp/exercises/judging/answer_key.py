"""What the reference and the known mistakes return on an exercise's cases: computed once, when asked for.

References live outside the package, in the solutions folder, and are loaded by its path.
"""

import inspect
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from othello_interp.errors import FileError
from othello_interp.exercises.calling.call import run_case
from othello_interp.exercises.calling.outcome import Outcome
from othello_interp.exercises.calling.settings import own_settings
from othello_interp.exercises.judging.slips.variants import Variants
from othello_interp.exercises.records import Case, Exercise, Mistake, RecordError, make_cases
from othello_interp.exercises.status import Status
from othello_interp.storage.paths import load_file
from othello_interp.storage.paths import solutions as solutions_folder


class NoSolutions(FileError, FileNotFoundError):
    """The solutions folder, or the part of it that an exercise needs, isn't there."""


@cache
def _module(path: Path, changed_ns: int) -> ModuleType:
    return load_file(path, f"othello_interp_solutions_{path.stem}")


def solutions_file(exercise: Exercise, folder: Path | None = None) -> Path:
    """<notebook>.py for an exercise, in `folder` or in the solutions; NoSolutions if there is none."""
    path = (folder or solutions_folder()) / f"{exercise.notebook}.py"
    if not path.is_file():
        raise NoSolutions(
            f"The reference for exercise {exercise.id} is missing: there is no {path.name} in {path.parent}."
            " Checks need the solutions folder; set OTHELLO_INTERP_SOLUTIONS to where it is."
        )
    return path


def load_reference(exercise: Exercise, folder: Path | None = None) -> Callable[..., Any]:
    """The reference function of an exercise, from `folder` or from the solutions.

    Raises:
        NoSolutions: no solutions folder, or no file for this notebook in it.
        RecordError: the file has no such function.
    """
    path = solutions_file(exercise, folder)
    reference = getattr(_module(path, path.stat().st_mtime_ns), exercise.function, None)
    if reference is None or not inspect.isfunction(inspect.unwrap(reference)):
        raise RecordError(f"exercise {exercise.id}: {path.name} defines no function {exercise.function!r}")
    return reference


class AnswerKey:
    """The cases of one exercise for one seed, with what the reference and the mistakes return on them.

    Attributes:
        exercise, seed: what this is the key of.
        solutions: folder of the reference, None for the checkout's.
        cases: the calls to make.
    """

    def __init__(self, exercise: Exercise, seed: int, solutions: Path | None = None) -> None:
        self.exercise = exercise
        self.seed = seed
        self.solutions = solutions
        with own_settings():
            self.cases: list[Case] = make_cases(exercise, seed)
        self._expected: list[Outcome] | None = None
        self._mistaken: dict[str, list[Outcome]] = {}
        self._variants: Variants | None = None

    @property
    def expected(self) -> list[Outcome]:
        """The reference's outcomes; RecordError if it does anything but return."""
        if self._expected is None and not self.exercise.open:
            with own_settings():
                reference = load_reference(self.exercise, self.solutions)
                outcomes = [run_case(reference, case, 10 * self.exercise.time_limit) for case in self.cases]
            for outcome in outcomes:
                if outcome.status != Status.RETURNED or outcome.changed:
                    what = outcome.error or f"changed its arguments {', '.join(outcome.changed)}"
                    raise RecordError(
                        f"the reference of exercise {self.exercise.id}, case {outcome.case!r}: {what}"
                    )
            self._expected = outcomes
        return self._expected or []

    @property
    def variants(self) -> Variants:
        """What else the reference could give, worked out as it is asked for."""
        if self._variants is None:
            seconds = [outcome.seconds for outcome in self.expected]
            reference = load_reference(self.exercise, self.solutions)
            self._variants = Variants(reference, self.cases, self.exercise.time_limit, seconds)
        return self._variants

    def mistaken(self, mistake: Mistake) -> list[Outcome]:
        """The outcomes of a known mistake."""
        if mistake.key not in self._mistaken:
            with own_settings():
                outcomes = [run_case(mistake.fn, case, self.exercise.time_limit) for case in self.cases]
            self._mistaken[mistake.key] = outcomes
        return self._mistaken[mistake.key]
