"""Call a student's function on a case and say what happened, whatever it does.

Used by check() in Jupyter and by the grading child. Nothing here knows an expected value.
"""

import dis
import inspect
import linecache
import os
import sysconfig
import time
import traceback
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from othello_interp.exercises.calling.outcome import Outcome
from othello_interp.exercises.calling.plain import PlainError, plain
from othello_interp.exercises.calling.settings import own_settings
from othello_interp.exercises.calling.stub import is_stub, underlying
from othello_interp.exercises.calling.time_limit import TimeLimit, call_limited
from othello_interp.exercises.records import Case, ModelRef
from othello_interp.exercises.status import GOES_ON, Status

__all__ = ["Outcome", "resolve", "run_case", "run_cases"]

MAX_TEXT = 2000
LIBRARY = tuple(
    os.path.join(path, "")
    for path in (
        *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        str(Path(__file__).resolve().parents[2]),
    )
)
GLOBAL_DATA = (Tensor, np.ndarray, nn.Module)
GLOBAL_DATA_NAMES = ("FocusGames", "Probe", "ActivationCache")

#: Makes the model of a ModelRef in a process that is not to know its seed, where the ref is only a name.
makers: dict[ModelRef, Callable[[], nn.Module]] = {}
_models: dict[tuple[str, int, str], nn.Module] = {}


def resolve(ref: ModelRef) -> nn.Module:
    """The model a ModelRef stands for, made once per process."""
    key = (ref.kind, ref.seed, os.environ.get("OTHELLO_INTERP_MODEL", ""))
    if key not in _models:
        with own_settings():
            _models[key] = makers.get(ref, lambda: _made(ref))()
    return _models[key]


def _made(ref: ModelRef) -> nn.Module:
    from othello_interp import model

    return model.load_model() if ref.kind == "embedded" else model.tiny_model(ref.seed)


def run_cases(fn: Any, cases: list[Case], time_limit: float = 10.0) -> list[Outcome]:
    """Outcomes of `fn` on the cases in order. Stops at the first that isn't a matter of values: those that
    follow would only cost the student another time limit, or say the same again.
    """
    outcomes: list[Outcome] = []
    for case in cases:
        outcomes.append(run_case(fn, case, time_limit))
        if outcomes[-1].status not in GOES_ON:
            break
    return outcomes


def run_case(fn: Any, case: Case, time_limit: float = 10.0) -> Outcome:
    """Call `fn` on copies of the case's inputs, and catch everything that comes of it.

    Inputs are passed by name, or in order where the student renamed the arguments. The random seed is the
    same for every call, and the student's random state is left alone.
    """
    if not callable(fn):
        return Outcome(case.name, Status.ABSENT, error=f"found {_what(fn)} in place of a function")
    given = _given(case.inputs)
    args, kwargs, problem = _bind(fn, given)
    if problem:
        return Outcome(case.name, Status.RAISED, error=problem)
    printed = _Printed()
    before = {name: _version(value) for name, value in given.items()}

    start = time.perf_counter()
    # These two surround the limit, not the other way round: an alarm could cut off their closing part.
    with torch.random.fork_rng(devices=[]), redirect_stdout(printed):
        torch.random.default_generator.manual_seed(0)  # torch.manual_seed formats a stack trace
        value, error = call_limited(lambda: plain(fn(*args, **kwargs)), time_limit)
    seconds = time.perf_counter() - start
    if error is not None:
        status, text, frames = _describe(error, fn, time_limit)
    else:
        status, text, frames = Status.NOT_ATTEMPTED if is_stub(fn) else Status.RETURNED, "", ""
    changed = tuple(name for name in given if _changed(given[name], case.inputs[name], before[name]))
    for name in case.inputs:
        _put_right(case.inputs[name], name in changed)
    return Outcome(
        case.name, status, value, text, frames, changed, _global_data(fn), printed.getvalue(), seconds=seconds
    )


def _what(value: Any) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"


def _given(value: Any) -> Any:
    """The inputs as the student gets them: models in place of ModelRefs, copies of all else."""
    if isinstance(value, ModelRef):
        return resolve(value)
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {key: _given(item) for key, item in value.items()}
    return type(value)(_given(item) for item in value) if isinstance(value, list | tuple) else value


def _bind(fn: Callable[..., Any], inputs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any], str]:
    """Positional and keyword arguments for a call, or what is wrong with the function's signature."""
    try:
        signature = inspect.signature(fn)
    except Exception:  # some built-in functions have none
        return tuple(inputs.values()), {}, ""
    try:
        signature.bind(**inputs)
        return (), inputs, ""
    except TypeError:
        pass
    try:
        signature.bind(*inputs.values())
        return tuple(inputs.values()), {}, ""
    except TypeError:
        found, wanted = ", ".join(signature.parameters), ", ".join(inputs)
        return (), {}, f"TypeError: the function takes ({found}); it is called with ({wanted})"


def _describe(error: BaseException, fn: Any, time_limit: float) -> tuple[Status, str, str]:
    """Status, one line and the student's frames for what a call raised."""
    described, trouble = call_limited(lambda: _one_line(error), 1.0)  # a student's __str__ may do anything
    line = described if trouble is None else type(error).__name__
    frames = _student_frames(error)
    if isinstance(error, TimeLimit):
        return Status.TIMED_OUT, f"still running after {time_limit:g} s", frames
    if isinstance(error, KeyboardInterrupt):
        return Status.INTERRUPTED, line, frames
    if isinstance(error, PlainError):
        return Status.RAISED, str(error), ""
    if type(error) is NotImplementedError and is_stub(fn):
        return Status.NOT_ATTEMPTED, line, ""
    return Status.RAISED, line, frames


def _one_line(error: BaseException) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text[:MAX_TEXT]}" if text else type(error).__name__


def _is_library(filename: str) -> bool:
    return filename.startswith(("<frozen", "<@beartype", *LIBRARY))


def _student_frames(error: BaseException) -> str:
    """The frames of the student's own code, one line of place and one of source each."""
    frames = []
    for frame, line in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        if not _is_library(code.co_filename):
            source = linecache.getline(code.co_filename, line).strip()
            frames.append(f"line {line}, in {code.co_name}\n    {source}")
    if len(frames) > 8:
        frames = [*frames[:3], f"... {len(frames) - 6} more ...", *frames[-3:]]
    return "\n".join(frames)[:MAX_TEXT]


def _global_data(fn: Any) -> tuple[str, ...]:
    """Names of global tensors, arrays and models read by a function and by functions beside it."""
    function = underlying(fn)
    if function is None:
        return ()
    space = function.__globals__
    seen: set[CodeType] = set()
    names: set[str] = set()

    def visit(code: CodeType) -> None:
        if code in seen or len(seen) > 100:
            return
        seen.add(code)
        for name in {
            step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")
        }:
            value = space.get(name)
            if isinstance(value, GLOBAL_DATA) or type(value).__name__ in GLOBAL_DATA_NAMES:
                names.add(name)
            elif inspect.isfunction(value) and value.__globals__ is space:
                visit(value.__code__)
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                visit(constant)

    visit(function.__code__)
    return tuple(sorted(names))


def _version(value: Any) -> int:
    """How often a model's weights have been written to; 0 for anything else."""
    return sum(weight._version for weight in value.parameters()) if isinstance(value, nn.Module) else 0


def _changed(now: Any, original: Any, version: int) -> bool:
    if isinstance(original, ModelRef):
        return _version(now) != version
    if type(now) is not type(original):
        return True
    if isinstance(original, Tensor):
        if (now.shape, now.dtype, now.layout) != (original.shape, original.dtype, original.layout):
            return True
        return not torch.equal(now, original) and not torch.equal(now.nan_to_num(), original.nan_to_num())
    if isinstance(original, dict):
        return now.keys() != original.keys() or any(_changed(now[key], original[key], 0) for key in original)
    if isinstance(original, list | tuple):
        return len(now) != len(original) or any(_changed(a, b, 0) for a, b in zip(now, original, strict=True))
    return now is not original and now != original


def _put_right(original: Any, changed: bool) -> None:
    """Leave no trace on a shared model: forget one that was written to, take off hooks left on it."""
    if isinstance(original, ModelRef):
        if changed:
            for key in [key for key in _models if key[:2] == (original.kind, original.seed)]:
                del _models[key]
        elif callable(take_off := getattr(resolve(original), "reset_hooks", None)):
            take_off()


class _Printed(StringIO):
    """Keeps the first characters that are written to it and drops the rest."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, MAX_TEXT - self.tell())])
        return len(text)
