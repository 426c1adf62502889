"""The reference with one thing in it changed, as in mutation testing (DeMillo, Lipton, Sayward 1978).

Each has a clause that goes on from "what comes out", in the student's terms: the kind of the change and what
it is about, never the reference's code.
"""

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

from othello_interp.exercises.judging.slips.edits import edits, method_of
from othello_interp.exercises.judging.slips.instead import HELPERS
from othello_interp.neurons import get_w_in, get_w_out

ALONG_AN_AXIS = ("sum", "mean", "softmax", "argmax", "amax", "std", "cumsum")  # x.sum(0) is x.sum(dim=0)


def mutants(reference: Callable[..., Any]) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Clauses and changed functions."""
    function = parsed(reference)
    if function is None:
        return
    arguments = [argument.arg for argument in function.args.args]
    parents = {child: node for node in ast.walk(function) for child in ast.iter_child_nodes(node)}
    places: dict[str, dict[int, Callable[[Any], ast.AST]]] = {}
    for index, node in enumerate(ast.walk(function)):
        if any(node is axis for axis in _axes(function)):
            continue  # changed as a whole, in the call that it belongs to
        for clause, change in edits(node, parents.get(node), arguments):
            changed = _changed(function, {index: change}, reference)
            if changed is not None:
                places.setdefault(clause, {}).setdefault(index, change)
                yield clause, changed
    for clause, changes in places.items():  # and the same slip wherever it can be made
        changed = _changed(function, changes, reference) if len(changes) > 1 else None
        if changed is not None:
            yield clause, changed


def _axes(function: ast.FunctionDef) -> list[ast.AST]:
    """All that stands in the brackets of dim=..., such as the 1 of -1."""
    options = [node for node in ast.walk(function) if isinstance(node, ast.keyword)]
    return [node for option in options if option.arg in ("dim", "axis") for node in ast.walk(option.value)]


def _bare(function: ast.FunctionDef) -> None:
    """Take off what says nothing of values (docstring, decorators, annotations), and name every axis."""
    function.decorator_list = []
    if ast.get_docstring(function) is not None and len(function.body) > 1:
        function.body = function.body[1:]
    for node in ast.walk(function):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.Return) and isinstance(call := node.value, ast.Call):
            if method_of(call) == "item" and isinstance(call.func, ast.Attribute):
                node.value = (
                    call.func.value
                )  # a number is a tensor, too, and what else comes out need be none
        elif isinstance(node, ast.Call) and method_of(node) in ALONG_AN_AXIS and len(node.args) == 1:
            node.args, node.keywords = [], [ast.keyword("dim", node.args[0]), *node.keywords]


def parsed(reference: Callable[..., Any]) -> ast.FunctionDef | None:
    """The source of a function without what says nothing of values; None if it can't be had."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(reference))))
    except (OSError, TypeError, SyntaxError):
        return None
    function = tree.body[0]
    if not isinstance(function, ast.FunctionDef):
        return None
    _bare(function)
    return function


def compiled(
    function: ast.FunctionDef, reference: Callable[..., Any], beside: dict[str, Any]
) -> Callable[..., Any] | None:
    """The function among the globals of the reference and others; None where it makes no sense."""
    space = {"get_w_in": get_w_in, "get_w_out": get_w_out, **inspect.unwrap(reference).__globals__, **beside}
    try:
        code = compile(ast.fix_missing_locations(ast.Module([function], [])), "<a changed reference>", "exec")
        exec(code, space)
    except (SyntaxError, TypeError, ValueError):
        return None
    return space[function.name]


def _changed(
    function: ast.FunctionDef, changes: dict[int, Callable[[Any], ast.AST]], reference: Callable[..., Any]
) -> Callable[..., Any] | None:
    """The function with the nodes of these numbers changed."""
    own = copy.deepcopy(function)
    nodes = list(ast.walk(own))
    for index, change in reversed(changes.items()):  # inner ones come later in a walk, and are changed first
        _put(own, nodes[index], change(nodes[index]))
    return compiled(own, reference, HELPERS)


def _put(tree: ast.AST, old: ast.AST, new: ast.AST) -> None:
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, new)
                return
            if isinstance(value, list) and any(item is old for item in value):
                setattr(parent, name, [new if item is old else item for item in value])
                return
