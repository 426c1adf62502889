"""The reference with one thing in it changed, as in mutation testing (DeMillo, Lipton, Sayward 1978).

Each has a clause that goes on from "what comes out", in the student's terms: the kind of the change and what
it is about, never the reference's code.
"""

import ast
from collections.abc import Callable, Iterator
from typing import Any

from othello_interp.exercises.code import compiled, parsed, with_changes
from othello_interp.exercises.judging.slips.edits import edits, method_of
from othello_interp.exercises.judging.slips.instead import HELPERS
from othello_interp.neurons import get_w_in, get_w_out

ALONG_AN_AXIS = ("sum", "mean", "softmax", "argmax", "amax", "std", "cumsum")  # x.sum(0) is x.sum(dim=0)


def mutants(reference: Callable[..., Any]) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Clauses and changed functions."""
    function = parsed(reference)
    if function is None:
        return
    _axes_named(function)
    beside = HELPERS | {"get_w_in": get_w_in, "get_w_out": get_w_out}
    arguments = [argument.arg for argument in function.args.args]
    parents = {child: node for node in ast.walk(function) for child in ast.iter_child_nodes(node)}
    places: dict[str, dict[int, Callable[[Any], ast.AST]]] = {}
    for index, node in enumerate(ast.walk(function)):
        if any(node is axis for axis in _axes(function)):
            continue  # changed as a whole, in the call that it belongs to
        for clause, change in edits(node, parents.get(node), arguments):
            changed = compiled(with_changes(function, {index: change}), reference, beside)
            if changed is not None:
                places.setdefault(clause, {}).setdefault(index, change)
                yield clause, changed
    for clause, changes in places.items():  # and the same slip wherever it can be made
        if len(changes) > 1:
            changed = compiled(with_changes(function, changes), reference, beside)
            if changed is not None:
                yield clause, changed


def _axes(function: ast.FunctionDef) -> list[ast.AST]:
    """All that stands in the brackets of dim=..., such as the 1 of -1."""
    options = [node for node in ast.walk(function) if isinstance(node, ast.keyword)]
    return [node for option in options if option.arg in ("dim", "axis") for node in ast.walk(option.value)]


def _axes_named(function: ast.FunctionDef) -> None:
    """Write x.sum(0) as x.sum(dim=0), and return numbers as tensors: what else comes out need be none."""
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and isinstance(call := node.value, ast.Call):
            if method_of(call) == "item" and isinstance(call.func, ast.Attribute):
                node.value = call.func.value
        elif isinstance(node, ast.Call) and method_of(node) in ALONG_AN_AXIS and len(node.args) == 1:
            node.args, node.keywords = [], [ast.keyword("dim", node.args[0]), *node.keywords]
