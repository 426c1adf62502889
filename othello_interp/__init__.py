"""Notebooks and tools for interpreting one neuron of Othello-GPT.

Importing this package loads neither torch nor transformer_lens: the names below, and the modules, are
imported when they are first used.
"""

from importlib import import_module
from types import ModuleType
from typing import Any

__version__ = "0.2.0"

_HOME = {
    "load_model": "model",
    "load_games": "games",
    "FocusGames": "games",
    "load_probe": "probe",
    "check": "exercises",
    "hint": "exercises",
    "solution": "exercises",
    "progress": "exercises",
}
__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any | ModuleType:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
