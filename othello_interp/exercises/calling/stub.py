"""Whether a function is still a stub: the one rule of the checker and the grader."""

import dis
import functools
import inspect
from types import FunctionType
from typing import Any

RETURNS = ("RETURN_VALUE", "RETURN_CONST")
LAYOUT = ("RESUME", "NOP", "PUSH_NULL", "CACHE", "RETURN_GENERATOR", "POP_TOP")
EMPTY = (None, ...)  # what a body of `pass`, `...` or `return` gives


def underlying(fn: Any) -> FunctionType | None:
    """The function under any decorators, partials and methods; None if there is none, as for a class."""
    try:
        inner = inspect.unwrap(fn)
    except ValueError:  # it wraps itself
        return None
    if isinstance(inner, functools.partial):
        return underlying(inner.func)
    inner = getattr(inner, "__func__", inner) if inspect.ismethod(inner) else inner
    return inner if inspect.isfunction(inner) else None


def is_stub(fn: Any) -> bool:
    """Whether a function can only end in `raise NotImplementedError`, or has an empty body.

    With or without a docstring, parentheses or a text; whatever else may stand above the raise, nothing is
    returned. An empty body is `pass`, `...`, `return` or a docstring alone.
    """
    function = underlying(fn)
    if function is None:
        return False
    # Python leaves out the `return None` at the end of a body that can't get there.
    steps = [step for step in dis.get_instructions(function) if step.opname not in LAYOUT]
    if not any(step.opname in RETURNS for step in steps):
        return any(step.opname == "LOAD_GLOBAL" and step.argval == "NotImplementedError" for step in steps)
    begin = [step.opname for step in steps[:2]]
    at_once = begin[0] == "RETURN_CONST" or begin == ["LOAD_CONST", "RETURN_VALUE"]
    return at_once and steps[0].argval in EMPTY
