"""The single changes that mutants.py makes to one node of a reference, each with a clause for the student."""

import ast
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from othello_interp.exercises.judging.slips.edit_words import (
    COMPARISONS,
    LEFT_OUT,
    OPERATORS,
    REPLACED,
    SAID,
    SIGNS,
    WEIGHTS,
    WORDS,
)

Edit = tuple[str, Callable[[Any], ast.AST]]


def edits(node: ast.AST, parent: ast.AST | None, arguments: list[str]) -> Iterator[Edit]:
    """What may be changed in a node of a function with these arguments."""
    if isinstance(node, ast.Constant):
        yield from _of_a_constant(node, parent)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for new, clause in COMPARISONS.get(type(node.ops[0]), []):
            yield clause, partial(_compared, by=new)
    elif isinstance(node, ast.BinOp):
        yield from _of_an_operation(node, arguments)
    elif isinstance(node, ast.UnaryOp) and type(node.op) in SIGNS:
        yield SIGNS[type(node.op)], lambda n: n.operand
    elif isinstance(node, ast.Slice):
        yield from _of_a_slice(node)
    elif isinstance(node, ast.Call):
        yield from _of_a_call(node)
    elif isinstance(node, ast.Attribute) and node.attr in WEIGHTS:
        yield from _of_weights(node)
    elif isinstance(node, ast.Name) and isinstance(parent, ast.Subscript | ast.Tuple):
        yield "when an index is one too large", partial(_plus, number=1)
        yield "when an index is one too small", partial(_plus, number=-1)
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name | ast.Subscript | ast.Compare):
        yield "when a mask is the other way round", _masked_out


def _masked_out(node: ast.Subscript) -> ast.AST:
    return ast.Subscript(node.value, ast.UnaryOp(ast.Invert(), node.slice), node.ctx)


def _of_a_constant(node: ast.Constant, parent: ast.AST | None) -> Iterator[Edit]:
    if type(node.value) is not int:
        return
    what = ""
    if isinstance(parent, ast.Slice):
        what = "the beginning or end of a cut"
    elif isinstance(parent, ast.Subscript | ast.Tuple):
        what = "an index"
    elif isinstance(parent, ast.Assign):
        what = "a number that is put in"
    elif isinstance(parent, ast.Compare):
        what = "a number that is compared with"
    elif isinstance(parent, ast.BinOp):
        added = {ast.Add: "a number that is added", ast.Sub: "a number that is subtracted"}
        what = added.get(type(parent.op), "")
    if what:
        yield f"when {what} is one too large", lambda n: ast.Constant(n.value + 1)
        yield f"when {what} is one too small", lambda n: ast.Constant(n.value - 1)


def _of_an_operation(node: ast.BinOp, arguments: list[str]) -> Iterator[Edit]:
    kind = type(node.op)
    if kind in OPERATORS:
        new, clause = OPERATORS[kind]
        yield clause, partial(_joined, by=new)
    if kind is ast.Sub:
        yield "when a difference is the other way round", lambda n: ast.BinOp(n.right, n.op, n.left)
    if kind in LEFT_OUT:
        yield _left_out(kind, node.right, arguments), lambda n: n.left
        if kind not in (ast.Sub, ast.Div):
            yield _left_out(kind, node.left, arguments), lambda n: n.right
    if kind is ast.Div:
        yield "when a fraction is upside down", lambda n: ast.BinOp(n.right, n.op, n.left)
        yield "with the divisor in place of the fraction", lambda n: n.right
        yield "with 1 in place of what is divided", lambda n: ast.BinOp(ast.Constant(1), n.op, n.right)
        for clause, by in (("large", 1), ("small", -1)):
            yield f"when what is divided by is one too {clause}", partial(_shifted, left=0, right=by)
            yield f"when what is divided is one too {clause}", partial(_shifted, left=by, right=0)


def _left_out(kind: type[ast.operator], side: ast.expr, arguments: list[str]) -> str:
    names = {node.id for node in ast.walk(side) if isinstance(node, ast.Name)}
    held = " and ".join(f"`{name}`" for name in arguments if name in names)
    return f"when {LEFT_OUT[kind]}{held and f' with {held} in it'} is left out"


def _shifted(node: ast.BinOp, left: int, right: int) -> ast.expr:
    return ast.BinOp(_plus(node.left, left), node.op, _plus(node.right, right))


def _plus(node: ast.expr, number: int) -> ast.expr:
    return ast.BinOp(node, ast.Add(), ast.Constant(number)) if number else node


def _to_the_power(node: ast.expr, exponent: float) -> ast.expr:
    return ast.BinOp(node, ast.Pow(), ast.Constant(exponent))


def _of_a_slice(node: ast.Slice) -> Iterator[Edit]:
    but_the_last = ast.Slice(None, ast.Constant(-1))
    if isinstance(node.lower, ast.Constant) and node.upper is None and node.lower.value == 1:
        yield "when the first token (the pass) is kept", lambda n: ast.Slice(None, None)
        yield "when the last token is dropped in place of the first (the pass)", lambda n: but_the_last
    if node.lower is None and node.upper is None and node.step is None:
        yield "when the first one is dropped", lambda n: ast.Slice(ast.Constant(1), None)
        yield "when the last one is dropped", lambda n: but_the_last


def _of_weights(node: ast.Attribute) -> Iterator[Edit]:
    other, clause = WEIGHTS[node.attr]
    yield clause, lambda n: ast.Attribute(ast.Attribute(n.value, other, n.ctx), "T", n.ctx)
    for axis, of in ((0, "columns"), (1, "rows")):
        yield f"with {of} of {node.attr} of length 1", partial(_unit, axis=axis)


def _unit(node: ast.expr, axis: int) -> ast.expr:
    length = ast.Call(ast.Attribute(node, "norm", ast.Load()), [], [])
    return ast.BinOp(node, ast.Div(), _with(_with(length, "dim", axis), "keepdim", True))


def _of_a_call(node: ast.Call) -> Iterator[Edit]:
    method = method_of(node)
    name = method or getattr(node.func, "attr", getattr(node.func, "id", ""))
    what = WORDS.get(name, f"`{name}`")
    if method and name in WORDS:
        yield f"when {what} is left out", lambda n: n.func.value
    for new in REPLACED.get(name, ()):
        clause = SAID.get(new, "with {new} in place of {what}").format(what=what, new=f"`{new}`")
        yield clause, lambda n, new=new: ast.Call(_renamed(n.func, new), n.args, n.keywords)
    if name == "softmax" and method:
        for new in ("exp", "sigmoid"):
            yield f"with `{new}` in place of the softmax", lambda n, new=new: _bare_call(n, new)
    if any(keyword.arg in ("dim", "axis") for keyword in node.keywords):
        for along in (0, 1, -1, -2):
            yield f"when {what} runs along axis {along}", partial(_with, option="dim", value=along)
        yield f"when {what} runs along axes 0 and 1", partial(_with, option="dim", value=(0, 1))
        yield f"when {what} runs over all axes at once", partial(_with, option="dim", value=None)
    if name in ("norm", "sum", "mean", "std", "pow") and method:
        yield f"when {what} is squared", partial(_to_the_power, exponent=2.0)
        yield f"when the root of {what} is taken", partial(_to_the_power, exponent=0.5)
    if name == "topk":
        yield "with the smallest in place of the largest", partial(_with, option="largest", value=False)


def method_of(call: ast.Call) -> str:
    """The name of the method that is called, or an empty string: torch.sum(x) is no method of torch."""
    func = call.func
    if not isinstance(func, ast.Attribute) or isinstance(func.value, ast.Attribute):
        return ""
    return "" if getattr(func.value, "id", "") in ("torch", "utils", "np", "math") else func.attr


def _compared(node: ast.Compare, by: type[ast.cmpop]) -> ast.AST:
    return ast.Compare(node.left, [by()], node.comparators)


def _joined(node: ast.BinOp, by: type[ast.operator]) -> ast.AST:
    return ast.BinOp(node.left, by(), node.right)


def _bare_call(call: ast.Call, name: str) -> ast.expr:
    return ast.Call(_renamed(call.func, name), [], [])


def _renamed(func: ast.expr, new: str) -> ast.expr:
    if isinstance(func, ast.Attribute):
        return ast.Attribute(func.value, new, func.ctx)
    return ast.Name(new, ast.Load())


def _with(call: ast.Call, option: str, value: Any) -> ast.Call:
    """The call with an option set, or without it for None."""
    rest = [keyword for keyword in call.keywords if keyword.arg != option]
    new = [] if value is None else [ast.keyword(option, ast.Constant(value))]
    return ast.Call(call.func, call.args, rest + new)
