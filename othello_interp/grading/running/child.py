"""The child's end: run the submission's cells in order, call its functions on the inputs it is sent, answer.

Runs inside the sandbox, in a process forked for one notebook. Knows neither the expected values nor the
points. Whatever a student's code does to this process, all it can change is what this submission answers.
"""

import ast
import asyncio
import builtins
import gc
import inspect
import linecache
import os
import socket
import sys
import traceback
import types
from collections.abc import Callable
from typing import Any

from othello_interp.exercises.calling.call import run_case
from othello_interp.exercises.calling.encode import EncodeError
from othello_interp.exercises.calling.plain import Outcome
from othello_interp.exercises.calling.stub import is_stub
from othello_interp.exercises.calling.time_limit import TimeLimit, call_limited
from othello_interp.exercises.status import Status
from othello_interp.grading.running import wire
from othello_interp.grading.sandbox import escape

MAX_TEXT = 2000
DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
PARSE = ast.PyCF_ONLY_AST | AWAIT
CODE_MAGICS = ("time", "timeit", "capture", "prun")


main_modules: dict[str, types.ModuleType] = {}  # what the given cells of each notebook have made


def run_given(cells: dict[str, str]) -> tuple[types.ModuleType, list[str]]:
    """Run a notebook's given cells, in the zygote; their `__main__` module, and what went wrong."""
    notebook = _Notebook(new_main())
    failed = []
    for name, source in cells.items():
        answer = notebook.run_cell(f"given cell {name}", source, [], 600.0, "", False)
        if answer["status"] != "ran":
            failed.append(f"given cell {name}: {answer['error']}")
    return notebook.main, failed


def new_main() -> types.ModuleType:
    """An empty `__main__`."""
    main = types.ModuleType("__main__")
    main.__builtins__ = builtins
    return main


def serve(descriptor: int) -> None:
    """Answer requests until the parent hangs up. The first says which notebook it is."""
    channel = socket.socket(fileno=descriptor)
    name, _ = wire.receive(channel)
    notebook = _Notebook(main_modules.get(name) or new_main())
    operations = {"cell": notebook.run_cell, "call": notebook.call, "probe": escape.probe}
    me = os.getpid()
    while True:
        request, _ = wire.receive(channel)
        answer = operations[request.pop("op")](**request)
        if os.getpid() != me:  # a fork by the student's code came back here
            os._exit(0)
        try:
            wire.send(channel, answer, wire.MAX_ANSWER)
        except EncodeError as error:
            name = request["case"].name
            wire.send(channel, Outcome(name, Status.RAISED, error=f"The answer can't be taken: {error}"))


class _Notebook:
    """The name space of one notebook, and the functions it has defined for exercises so far."""

    def __init__(self, main: types.ModuleType) -> None:
        self.main = sys.modules["__main__"] = main
        self.space = main.__dict__
        self.space["get_ipython"] = lambda: self
        self.found: dict[str, list[Any]] = {}
        self.ignored: list[str] = []
        self.unparsed = ""  # the last cell that did not parse: the next may be the rest of it

    def run_cell(
        self,
        label: str,
        source: str,
        functions: list[str],
        seconds: float,
        before: str,
        only_definitions: bool,
    ) -> dict[str, Any]:
        """Run one cell.

        Args:
            label: what to call it in messages, such as "cell 3".
            functions: names that exercises look for. If the cell is the place for one of them (a single
                name) and defines a function of another name, that one is taken.
            seconds: time limit.
            before: source of the code cell above, to join to one that was split off in mid-function.
            only_definitions: run the imports, functions and classes of the cell only.
        """
        self.ignored = []
        known = dict(self.space)
        try:
            code = self._compile(label, source, before, only_definitions)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return {"status": "does not parse", "error": _syntax(error), "ignored": self.ignored}
        _, error = call_limited(lambda: _execute(code, self.space), seconds)
        self._note_functions(functions, known)
        if error is None:
            return {"status": "ran", "error": "", "ignored": self.ignored}
        text = f"still running after {seconds:g} s" if isinstance(error, TimeLimit) else _last_line(error)
        return {"status": "failed", "error": text, "ignored": self.ignored}

    def _compile(self, label: str, source: str, before: str, only_definitions: bool) -> types.CodeType:
        from IPython.core.inputtransformer2 import TransformerManager

        goes_on = bool(before) and source.lstrip("\n")[:1] in (" ", "\t")
        try:
            if goes_on and before == self.unparsed:
                raise IndentationError("the rest of a function")
            whole = TransformerManager().transform_cell(source)
            tree = compile(whole, label, "exec", PARSE)
            compile(tree, label, "exec", AWAIT)
        except SyntaxError:
            self.unparsed = source
            if not goes_on:
                raise
            whole = TransformerManager().transform_cell(before + "\n" + source)
            tree = compile(whole, label, "exec", PARSE)
        if only_definitions:
            tree.body = [node for node in tree.body if isinstance(node, DEFINITIONS)]
        linecache.cache[label] = (len(whole), None, whole.splitlines(keepends=True), label)
        return compile(tree, label, "exec", AWAIT)

    def _note_functions(self, functions: list[str], known: dict[str, Any]) -> None:
        new = {
            name: value
            for name, value in self.space.items()
            if isinstance(value, types.FunctionType) and known.get(name) is not value
        }
        for name in functions:
            value = self.space.get(name)
            if callable(value) and known.get(name) is not value:
                self.found.setdefault(name, []).append(value)
        if len(functions) == 1 and functions[0] not in new and new and functions[0] not in self.space:
            self.found.setdefault(functions[0], []).append(list(new.values())[-1])

    def call(self, function: str, case: Any, seconds: float) -> Outcome:
        """Call the exercise's function: of several in the notebook the last that is more than a stub."""
        candidates = self.found.get(function, [])
        if not candidates:
            return Outcome(case.name, Status.ABSENT, error=f"the notebook defines no function `{function}`")
        answered = [candidate for candidate in candidates if not is_stub(candidate)]
        outcome = run_case((answered or candidates)[-1], case, seconds)
        if outcome.status != Status.RETURNED:
            gc.collect()  # what a failed call held in memory must not count against the next exercise
        return outcome

    # What the cell's magics turn into. They are ignored with a note, but for those that only wrap Python.

    def run_line_magic(self, name: str, line: str, *args: Any, **kwargs: Any) -> None:
        if name in ("time", "timeit"):
            exec(line, self.space)
        else:
            self._ignore(f"%{name} {line}")

    def run_cell_magic(self, name: str, line: str, body: str) -> None:
        if name in CODE_MAGICS:
            exec(compile(body, f"%%{name}", "exec"), self.space)
        else:
            self._ignore(f"%%{name} {line}")

    def system(self, command: str) -> None:
        self._ignore(f"!{command}")

    def getoutput(self, command: str) -> list[str]:
        self._ignore(f"!{command}")
        return []

    def _ignore(self, what: str) -> None:
        self.ignored.append(what.strip()[:80])

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args, **kwargs: None


def _execute(code: types.CodeType, space: dict[str, Any]) -> None:
    if code.co_flags & inspect.CO_COROUTINE:  # the cell has an `await` outside functions, as Jupyter allows
        asyncio.run(types.FunctionType(code, space)())
    else:
        exec(code, space)


def _last_line(error: BaseException) -> str:
    lines, trouble = call_limited(lambda: traceback.format_exception_only(type(error), error), 1.0)
    text = type(error).__name__ if trouble is not None or not lines else lines[-1].strip()
    places = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename[:4] == "cell"
    ]
    return (f"line {places[-1]}: " if places else "") + text[:MAX_TEXT]


def _syntax(error: BaseException) -> str:
    line = getattr(error, "lineno", None)
    message = getattr(error, "msg", None) or str(error) or type(error).__name__
    return (f"line {line}: " if line else "") + str(message)[:MAX_TEXT]
