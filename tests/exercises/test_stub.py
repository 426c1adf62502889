"""Do the checker and the grader agree on what a stub is?"""

import sys
import types

import pytest

from othello_interp.exercises.calling.call import run_case
from othello_interp.exercises.calling.stub import is_stub
from othello_interp.exercises.records import Case
from othello_interp.grading.running.child import new_main
from othello_interp.grading.running.session import Session

STUBS = {
    "bare": "def f(x): raise NotImplementedError",
    "docstring": "def f(x):\n    'What it asks.'\n    raise NotImplementedError",
    "called": "def f(x): raise NotImplementedError()",
    "with a text": "def f(x): raise NotImplementedError('to do')",
    "async": "async def f(x): raise NotImplementedError",
    "left below some code": "def f(x):\n    for y in x:\n        y += 1\n    raise NotImplementedError",
    "left above some code": "def f(x):\n    raise NotImplementedError\n    return x",
    "pass": "def f(x): pass",
    "dots": "def f(x): ...",
    "docstring alone": "def f(x): 'What it asks.'",
    "return": "def f(x):\n    return",
    "async pass": "async def f(x): pass",
    "lambda": "f = lambda x: ...",
    "decorated": "import functools\n@functools.cache\ndef f(x): raise NotImplementedError()",
    "partial": "import functools\ndef g(y, x): raise NotImplementedError\nf = functools.partial(g, 3)",
    "method": "class A:\n    def f(self, x): raise NotImplementedError\nf = A().f",
}
ANSWERS = {
    "value": "def f(x): return x",
    "constant": "def f(x): return 3",
    "lambda": "f = lambda x: x",
    "statement": "def f(x): print(x)",
    "raise in a branch": "def f(x):\n    if not x: raise NotImplementedError\n    return x",
    "another error": "def f(x): raise ValueError",
    "async": "async def f(x): return x",
    "generator": "def f(x):\n    yield x",
    "class": "f = int",
    "built-in": "f = abs",
    "endless": "def f(x):\n    while True: x += 1",
}


def made(source: str):
    space = {}
    exec(source, space)
    return space["f"]


@pytest.mark.parametrize("source", STUBS.values(), ids=STUBS)
def test_stubs(source):
    assert is_stub(made(source))


@pytest.mark.parametrize("source", ANSWERS.values(), ids=ANSWERS)
def test_answers(source):
    assert not is_stub(made(source))


@pytest.mark.parametrize("source", [source for name, source in STUBS.items() if "async" not in name])
def test_both_sides_say_not_attempted(source, monkeypatch):
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # a Session takes its place
    case = Case("one", {"x": [1.0]})
    if "cache" in source:
        case = Case("one", {"x": 1.0})
    assert run_case(made(source), case).status == "not attempted"
    # In the grader an answer further up counts, and the stub below it does not.
    notebook = Session(types.ModuleType("__main__"))
    for number, text in enumerate(["def f(x): return 7", source]):
        assert notebook.run_cell(f"cell {number}", text, ["f"], 5.0, "", "all")["status"] == "ran"
    assert notebook.call("f", case, 5.0).value == 7


def test_nothing_can_be_found_out_of_what_wraps_itself():
    def f(x):
        return x

    f.__wrapped__ = f
    assert not is_stub(f)
    assert not is_stub(None)
    assert not is_stub(new_main())
