"""The source of a function as a tree: taken apart, changed in some places, and made into a function again."""

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable
from typing import Any


def parsed(fn: Callable[..., Any]) -> ast.FunctionDef | None:
    """The tree of a function without its decorators and docstring; None if its source can't be had.

    Lines and columns are those of the source.
    """
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(fn))))
    except (OSError, TypeError, SyntaxError):
        return None
    function = tree.body[0]
    if not isinstance(function, ast.FunctionDef) or function.name != getattr(fn, "__name__", ""):
        return None  # of a lambda the statement is found that it stands in
    function.decorator_list = []
    if ast.get_docstring(function) is not None and len(function.body) > 1:
        function.body = function.body[1:]
    for node in ast.walk(function):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
    return function


def replaced(tree: Any, news: dict[ast.AST, ast.AST]) -> Any:
    """A copy of a tree with new nodes in place of some. In a new node, too, others are replaced."""
    if isinstance(tree, list):
        return [replaced(item, news) for item in tree]
    if not isinstance(tree, ast.AST):
        return tree
    if tree in news:
        return replaced(news[tree], {old: new for old, new in news.items() if old is not tree})
    own = copy.copy(tree)
    for name, value in ast.iter_fields(tree):
        setattr(own, name, replaced(value, news))
    return own


def compiled(
    function: ast.FunctionDef, fn: Callable[..., Any], beside: dict[str, Any]
) -> Callable[..., Any] | None:
    """The function among `beside` and the globals of `fn`; None where it makes no sense."""
    space = {**beside, **inspect.unwrap(fn).__globals__}
    module = ast.fix_missing_locations(ast.Module([function], []))
    try:
        exec(compile(module, "<a changed function>", "exec"), space)
    except (SyntaxError, TypeError, ValueError):
        return None
    return space[function.name]
