"""The source of a function as a tree: taken apart, changed in some places, and made into a function again."""

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

Change = Callable[[Any], ast.AST]


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


def with_changes(function: ast.FunctionDef, changes: dict[int, Change]) -> ast.FunctionDef:
    """A copy in which the nodes of these numbers, in the order of `ast.walk`, are changed."""
    own = copy.deepcopy(function)
    nodes = list(ast.walk(own))
    for index in sorted(changes, reverse=True):  # inner ones come later in a walk, and are changed first
        new: Any = changes[index](nodes[index])
        if index == 0:
            return new
        _put(own, nodes[index], new)
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


def _put(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
                return
            if isinstance(value, list) and any(item is old for item in value):
                setattr(parent, name, [new if item is old else item for item in value])
                return
