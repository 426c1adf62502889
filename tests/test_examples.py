"""Do the examples in docstrings run, and has every function of the modules that promise them one?"""

import doctest
import importlib.util
import inspect
import pkgutil

import pytest

import othello_interp
from othello_interp import ablation, neurons, stream

MODULES = [
    name
    for _, name, _ in pkgutil.walk_packages(othello_interp.__path__, "othello_interp.")
    if ">>> " in (importlib.util.find_spec(name).loader.get_source(name) or "")
]


def _module(value) -> str | None:
    return getattr(value, "__module__", None)


def examples(module) -> dict[str, doctest.DocTest]:
    """By name; from the raw docstrings, since run-time checks wrap the functions."""
    parser, found = doctest.DocTestParser(), {}
    own = {name: value for name, value in vars(module).items() if _module(value) == module.__name__}
    for name, kind in [pair for pair in own.items() if inspect.isclass(pair[1])]:
        own |= {f"{name}.{method}": value for method, value in vars(kind).items() if inspect.isroutine(value)}
    for name, value in own.items():
        if ">>> " in (value.__doc__ or ""):
            found[name] = parser.get_doctest(value.__doc__, vars(module).copy(), name, module.__file__, 0)
    return found


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name, capsys):
    module = importlib.import_module(name)
    tests = examples(module)
    assert sum(len(test.examples) for test in tests.values()) == inspect.getsource(module).count(">>> ")
    runner = doctest.DocTestRunner()
    for test in tests.values():
        runner.run(test)
    assert runner.summarize(verbose=False).failed == 0, capsys.readouterr().out


@pytest.mark.parametrize("module", [neurons, ablation, stream])
def test_every_public_function_has_an_example(module):
    public = {
        name
        for name, value in vars(module).items()
        if inspect.isroutine(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }
    without = public - examples(module).keys()
    assert public
    assert not without
