"""One notebook as it runs: its cells in order, as in Jupyter, and its functions on the inputs they are given.

It lives in the child, and in the zygote for the course's own cells. Cells are run with more patience
than Jupyter has: see `Session.run_cell`.
"""

import __future__

import ast
import asyncio
import contextlib
import functools
import gc
import inspect
import linecache
import sys
import time
import traceback
import types
from typing import Any

from othello_interp.exercises.calling.call import run_case
from othello_interp.exercises.calling.outcome import Outcome
from othello_interp.exercises.calling.stub import is_stub
from othello_interp.exercises.calling.time_limit import TimeLimit, call_limited
from othello_interp.exercises.status import Status
from othello_interp.grading.running.ipython import OWN_NAMES, Shell, without_absent
from othello_interp.grading.running.mend import mended

MAX_TEXT = 2000
DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
PARSE = ast.PyCF_ONLY_AST | AWAIT


class Session:
    """The name space of one notebook, and the functions it has defined for exercises so far."""

    def __init__(self, main: types.ModuleType) -> None:
        self.main = sys.modules["__main__"] = main
        self.space = main.__dict__
        self.shell = Shell(self.space, self._run_magic)
        self.places: dict[str, int] = {}  # cells by label, in the order in which they came
        self.found: dict[str, dict[int, Any]] = {}  # function -> by place, what it was after that cell
        self.unparsed = ""  # the last cell that did not parse: the next may be the rest of it
        self.loop: asyncio.AbstractEventLoop | None = None

    def run_cell(
        self, label: str, source: str, functions: list[str], seconds: float, before: str, parts: str
    ) -> dict[str, Any]:
        """Run one cell.

        Args:
            label: what to call it in messages, such as "cell 3".
            functions: names that exercises look for. If the cell is the place for one of them (a single
                name) and defines a function of another name, that one is taken.
            seconds: time limit.
            before: source of the code cell above, to join to one that was split off in mid-function.
            parts: "all" stops at the first error, as Jupyter does; "each" runs every statement, whatever
                became of those before it; "definitions" does so with imports, functions and classes alone.
        """
        if label not in self.places:
            self.places[label] = len(self.places)
            self.shell.begin(source)
        self.shell.remarks = []
        known = dict(self.space)
        tree, error = call_limited(lambda: self._parse(label, source, before, parts), seconds)
        if error is not None:
            status, text = "does not parse", _syntax(error)
            del error  # and with it what the parser held
            gc.collect()
        else:
            error = self._run(label, tree, seconds, parts)
            self._note_functions(self.places[label], functions, known)
            status, text = ("ran", "") if error is None else ("failed", _last_line(error, seconds))
        return {"status": status, "error": text, "remarks": self.shell.remarks[:20]}

    def _parse(self, label: str, source: str, before: str, parts: str) -> ast.Module:
        """The cell as Python, its magics turned into calls, its last value handed to the display hook."""
        goes_on = bool(before) and source.lstrip("\n")[:1] in (" ", "\t")
        try:
            if goes_on and before == self.unparsed:
                raise IndentationError("the rest of a function")
            tree = self._parse_mended(label, source, parts)
        except SyntaxError:
            self.unparsed = source
            if not goes_on:
                raise
            tree = self._parse_mended(label, before + "\n" + source, parts)
        if tree.body and isinstance(last := tree.body[-1], ast.Expr):
            hook = ast.parse("get_ipython().displayhook", mode="eval").body
            last.value = ast.fix_missing_locations(
                ast.copy_location(ast.Call(hook, [last.value], []), last.value)
            )
        return tree

    def _parse_mended(self, label: str, source: str, parts: str) -> ast.Module:
        try:
            return _parsed(label, source, parts)
        except SyntaxError as error:
            for text, remark in mended(source):
                with contextlib.suppress(SyntaxError):
                    tree = _parsed(label, text, parts)
                    self.shell.remarks.append(remark)
                    return tree
            raise error

    def _run(self, label: str, tree: ast.Module, seconds: float, parts: str) -> BaseException | None:
        """Run a cell's statements, together or one by one; the first error."""
        flags = AWAIT | _future_flags(tree)
        end = time.monotonic() + seconds
        body, first = call_limited(lambda: without_absent(tree.body, self.shell), seconds)
        if parts == "definitions":
            body = [node for node in body or [] if isinstance(node, DEFINITIONS)]
        for piece in [body or []] if parts == "all" else [[node] for node in body or []]:
            left = end - time.monotonic()
            if left <= 0 and parts != "all" and not isinstance(piece[0], DEFINITIONS):
                continue
            _, error = call_limited(lambda: self._execute(label, piece, flags), max(left, 0.1))  # noqa: B023
            first = error if first is None else first
        return first

    def _execute(self, label: str, body: list[ast.stmt], flags: int) -> None:
        code = compile(ast.Module(body, []), label, "exec", flags)
        if not code.co_flags & inspect.CO_COROUTINE:
            exec(code, self.space)
            return
        if self.loop is None:  # an `await` outside functions, as Jupyter allows, in one loop for all cells
            self.loop = asyncio.new_event_loop()
        self.loop.run_until_complete(types.FunctionType(code, self.space)())

    def _run_magic(self, label: str, source: str) -> None:
        """Run the Python that a magic wraps."""
        tree = self._parse(label, source, "", "all")
        self._execute(label, without_absent(tree.body, self.shell), AWAIT | _future_flags(tree))

    def _note_functions(self, place: int, functions: list[str], known: dict[str, Any]) -> None:
        new = {
            name: value
            for name, value in self.space.items()
            if isinstance(value, types.FunctionType)
            and known.get(name) is not value
            and not OWN_NAMES.fullmatch(name)
        }
        for name in functions:
            value = self.space.get(name)
            if callable(value) and known.get(name) is not value:
                self.found.setdefault(name, {})[place] = value
        if len(functions) == 1 and functions[0] not in new and new and functions[0] not in self.found:
            self.found.setdefault(functions[0], {})[place] = list(new.values())[-1]

    def call(self, function: str, case: Any, seconds: float) -> Outcome:
        """Call the exercise's function: of several in the notebook the last that is more than a stub."""
        candidates = [value for _, value in sorted(self.found.get(function, {}).items())]
        if not candidates:
            return Outcome(case.name, Status.ABSENT, error=f"the notebook defines no function `{function}`")
        answered = [candidate for candidate in candidates if not is_stub(candidate)]
        outcome = run_case((answered or candidates)[-1], case, seconds)
        if outcome.status != Status.RETURNED:
            gc.collect()  # what a failed call held in memory must not count against the next exercise
        return outcome


def _parsed(label: str, source: str, parts: str) -> ast.Module:
    text = source
    # Most cells need none of IPython's syntax. Its tokenizer is slow, and in Python 3.12.1 takes a
    # gigabyte for a line of data of 60 kB.
    try:
        tree = compile(text, label, "exec", PARSE)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager

        text = TransformerManager().transform_cell(source)
        tree = compile(text, label, "exec", PARSE)
    if parts == "all":
        compile(text, label, "exec", AWAIT)  # finds what the parser alone lets through
    linecache.cache[label] = (len(text), None, text.splitlines(keepends=True), label)
    return tree


def _future_flags(tree: ast.Module) -> int:
    """For statements that are compiled one by one: what the cell's `from __future__` lines ask for."""
    names = [
        alias.name
        for n in tree.body
        if isinstance(n, ast.ImportFrom) and n.module == "__future__"
        for alias in n.names
    ]
    return functools.reduce(int.__or__, [getattr(__future__, name).compiler_flag for name in names], 0)


def _last_line(error: BaseException, seconds: float) -> str:
    if isinstance(error, TimeLimit):
        return f"still running after {seconds:g} s"
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
