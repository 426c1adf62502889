"""The exercises of the course, and what students call: check, hint, solution, progress.

Everything is loaded on first use, so that importing a part of this package (a grading child needs only `call`
and `encode`) loads no lesson and no answer. From a student's `check` inwards:

    checker     check, hint, solution, progress;   records   what an exercise is
    catalogue/  the exercises, a module each: inputs, known mistakes, hints
    calling/    calls a student's function and says what happened, as plain data
    judging/    what happened -> a verdict, in the student's terms
    showing/    panels, tables, pictures, the wording, the progress file
"""

import importlib
import pkgutil
from functools import cache
from typing import Any

__all__ = ["EXERCISES", "check", "hint", "progress", "solution"]


@cache
def _exercises() -> dict[str, Any]:
    from othello_interp.exercises import catalogue
    from othello_interp.exercises.records import by_id

    names = [module.name for module in pkgutil.iter_modules(catalogue.__path__)]
    names = [f"{catalogue.__name__}.{name}" for name in names if name.startswith("exercise_")]
    return by_id([importlib.import_module(name).EXERCISE for name in names])


def __getattr__(name: str) -> Any:
    if name == "EXERCISES":
        return _exercises()
    if name in __all__:
        return getattr(importlib.import_module(f"{__name__}.checker"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
