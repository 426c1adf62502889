"""The reference with one thing in it changed, as in mutation testing (DeMillo, Lipton, Sayward 1978).

Each has a clause that goes on from "what comes out", in the student's terms: the kind of the change and what
it is about, never the reference's code.
"""

import ast
from collections.abc import Callable, Iterator
from typing import Any

from othello_interp.exercises.changes.calls import axis_of
from othello_interp.exercises.changes.edit import Names
from othello_interp.exercises.changes.edits import edits
from othello_interp.exercises.changes.instead import HELPERS
from othello_interp.exercises.code import compiled, parsed, replaced
from othello_interp.neurons import get_w_in, get_w_out


def mutants(reference: Callable[..., Any]) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Clauses and changed functions."""
    function = parsed(reference)
    if function is None:
        return
    for node in ast.walk(function):  # numbers are returned as tensors: what else comes out need be none
        match node:
            case ast.Return(value=ast.Call(func=ast.Attribute(value=value, attr="item"))):
                node.value = value
    beside = HELPERS | {"get_w_in": get_w_in, "get_w_out": get_w_out}
    names = Names([argument.arg for argument in function.args.args], [])
    parents = {child: node for node in ast.walk(function) for child in ast.iter_child_nodes(node)}
    axes = [axis for node in ast.walk(function) if isinstance(node, ast.Call) and (axis := axis_of(node))]
    inside = {node for axis in axes for node in ast.walk(axis)}  # changed as a whole, with the call
    places: dict[str, dict[ast.AST, ast.AST]] = {}
    for node in ast.walk(function):
        for edit in edits(node, parents.get(node), names) if node not in inside else ():
            changed = edit.clause and compiled(replaced(function, {node: edit.new}), reference, beside)
            if changed:
                places.setdefault(edit.clause, {}).setdefault(node, edit.new)
                yield edit.clause, changed
    for clause, news in places.items():  # and the same slip wherever it can be made
        if len(news) > 1 and (changed := compiled(replaced(function, news), reference, beside)):
            yield clause, changed
