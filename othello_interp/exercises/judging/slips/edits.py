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
        yield from _of_an_operation(node)
    elif isinstance(node, ast.UnaryOp):
        if type(node.op) in SIGNS:
            yield SIGNS[type(node.op)], lambda n: n.operand
    elif isinstance(node, ast.Slice):
        yield from _of_a_slice(node)
    elif isinstance(node, ast.Call):
        yield from _of_a_call(node)
    elif isinstance(node, ast.Attribute) and node.attr in WEIGHTS:
        yield from _of_weights(node)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield from _of_a_name(node, arguments)
        if isinstance(parent, ast.Subscript | ast.Tuple):
            yield "when an index is one too large", partial(_plus, number=1)
            yield "when an index is one too small", partial(_plus, number=-1)
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        if isinstance(node.slice, ast.Name | ast.UnaryOp):
            yield "with all of them in place of the selected ones", lambda n: n.value
    elif isinstance(node, ast.If):
        yield "when a condition isn't looked at", lambda n: ast.If(ast.Constant(False), n.body, n.orelse)
    elif isinstance(node, ast.AugAssign):
        yield "when something isn't added up", lambda n: ast.Assign([n.target], n.value)


def _of_a_constant(node: ast.Constant, parent: ast.AST | None) -> Iterator[Edit]:
    value = node.value
    if isinstance(value, bool):
        yield f"when an option is {not value}, not {value}", lambda n: ast.Constant(not n.value)
    elif isinstance(value, int):
        what = "a number"
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
            what = added.get(type(parent.op), what)
        if what == "an index":
            yield "when an index is one off", lambda n: ast.Constant(n.value + 1)
            yield "when an index is one off", lambda n: ast.Constant(n.value - 1)
        elif what != "a number":
            yield f"when {what} is one too large", lambda n: ast.Constant(n.value + 1)
            yield f"when {what} is one too small", lambda n: ast.Constant(n.value - 1)
    elif isinstance(value, float):
        yield "when a number is 1 in place of 0 or the other way round", lambda n: ast.Constant(1.0 - n.value)


def _of_an_operation(node: ast.BinOp) -> Iterator[Edit]:
    kind = type(node.op)
    for new, clause in OPERATORS.get(kind, []):
        yield clause, partial(_joined, by=new)
    if kind in (ast.Sub, ast.Div):
        clause = (
            "when a difference is the other way round"
            if kind is ast.Sub
            else "when a fraction is upside down"
        )
        yield clause, lambda n: ast.BinOp(n.right, n.op, n.left)
    if kind in LEFT_OUT:
        yield LEFT_OUT[kind], lambda n: n.left
        if kind not in (ast.Sub, ast.Mod, ast.Div):
            yield LEFT_OUT[kind], lambda n: n.right
        if kind is ast.Div:
            yield "with the divisor in place of the fraction", lambda n: n.right
            yield "when what is divided by is squared", lambda n: ast.BinOp(n.left, n.op, _squared(n.right))
            yield "when only the root of it is divided by", lambda n: ast.BinOp(n.left, n.op, _root(n.right))
            yield "with 1 in place of what is divided", lambda n: ast.BinOp(ast.Constant(1), n.op, n.right)
            for clause, by in (("large", 1), ("small", -1)):
                yield f"when what is divided by is one too {clause}", partial(_shifted, left=0, right=by)
                yield f"when what is divided is one too {clause}", partial(_shifted, left=by, right=0)


def _shifted(node: ast.BinOp, left: int, right: int) -> ast.expr:
    return ast.BinOp(_plus(node.left, left), node.op, _plus(node.right, right))


def _plus(node: ast.expr, number: int) -> ast.expr:
    return ast.BinOp(node, ast.Add(), ast.Constant(number)) if number else node


def _squared(node: ast.expr) -> ast.expr:
    return ast.BinOp(node, ast.Pow(), ast.Constant(2))


def _root(node: ast.expr) -> ast.expr:
    return ast.BinOp(node, ast.Pow(), ast.Constant(0.5))


def _of_a_slice(node: ast.Slice) -> Iterator[Edit]:
    if isinstance(node.lower, ast.Constant) and node.upper is None and node.lower.value == 1:
        yield "when the first one (the pass) is kept", lambda n: ast.Slice(None, None)
        yield (
            "when the last one is dropped in place of the first (the pass)",
            lambda n: ast.Slice(None, ast.Constant(-1)),
        )
    if node.lower is None and node.upper is None and node.step is None:
        yield "when the first one is dropped", lambda n: ast.Slice(ast.Constant(1), None)
        yield "when the last one is dropped", lambda n: ast.Slice(None, ast.Constant(-1))


def _of_weights(node: ast.Attribute) -> Iterator[Edit]:
    template, clause = WEIGHTS[node.attr]

    def other(n: ast.Attribute) -> ast.AST:
        new = ast.parse(template.format("holder"), mode="eval").body
        for inner in ast.walk(new):
            if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name):
                inner.value = n.value
        return new

    yield clause, other
    for axis, of in ((0, "columns"), (1, "rows")):
        yield f"with {of} of {node.attr} of length 1", partial(_unit, axis=axis)


def _unit(node: ast.expr, axis: int) -> ast.expr:
    length = ast.Call(
        ast.Attribute(node, "norm", ast.Load()),
        [],
        [ast.keyword("dim", ast.Constant(axis)), ast.keyword("keepdim", ast.Constant(True))],
    )
    return ast.BinOp(node, ast.Div(), length)


def _of_a_call(node: ast.Call) -> Iterator[Edit]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    method = isinstance(node.func, ast.Attribute) and not _is_module(node.func.value)
    what = WORDS.get(name, f"`{name}`")
    if method and name in WORDS:
        yield f"when {what} is left out", lambda n: n.func.value
    for new in REPLACED.get(name, ()):
        clause = SAID.get(new, "with {new} in place of {what}").format(what=what, new=f"`{new}`")
        yield clause, partial(_called, name=new)
    if name == "softmax" and method:
        for new in ("exp", "sigmoid"):
            yield (
                f"with `{new}` in place of the softmax",
                partial(_bare_call, name=new),
            )
    for keyword in node.keywords:
        if keyword.arg in ("dim", "axis"):
            for along in (0, 1, -1, -2):
                yield f"when {what} runs along axis {along}", partial(_with, option="dim", value=along)
            yield f"when {what} runs along axes 0 and 1", lambda n: _with(n, "dim", (0, 1))
            yield f"when {what} runs over all axes at once", lambda n: _with(n, "dim", None)
        elif keyword.arg == "normalize":
            yield "when the weights keep their own length", lambda n: _with(n, "normalize", None)
    if name == "quantile" and method:
        for axis in (0, 1):
            yield (
                f"with a quantile for each place along axis {1 - axis}",
                partial(_along, axis=axis),
            )
    if name in ("get_w_in", "get_w_out") and not any(k.arg == "normalize" for k in node.keywords):
        yield "with weights of length 1", lambda n: _with(n, "normalize", True)
    if name in ("norm", "sum", "mean", "std", "pow") and method:
        yield f"when {what} is squared", _squared
        yield f"when the root of {what} is taken", _root
    if name == "topk":
        yield "with the smallest in place of the largest", lambda n: _with(n, "largest", False)
    if name == "std":
        yield (
            "with the largest value in place of the standard deviation",
            lambda n: ast.Attribute(_called(n, "max"), "values", ast.Load()),
        )


def _is_module(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) or (
        isinstance(node, ast.Name) and node.id in ("torch", "utils", "np", "math")
    )


def _compared(node: ast.Compare, by: type[ast.cmpop]) -> ast.AST:
    return ast.Compare(node.left, [by()], node.comparators)


def _joined(node: ast.BinOp, by: type[ast.operator]) -> ast.AST:
    return ast.BinOp(node.left, by(), node.right)


def _named(node: ast.Name, name: str) -> ast.AST:
    return ast.Name(name, ast.Load())


def _called(call: ast.Call, name: str) -> ast.expr:
    return ast.Call(_renamed(call.func, name), call.args, call.keywords)


def _bare_call(call: ast.Call, name: str) -> ast.expr:
    return ast.Call(_renamed(call.func, name), [], [])


def _along(call: ast.Call, axis: int) -> ast.AST:
    return _with(_with(_unflattened(call), "dim", axis), "keepdim", True)


def _unflattened(call: ast.Call) -> ast.Call:
    """acts.quantile(q) for acts.flatten().quantile(q): the axes are there again."""
    func = call.func
    inner = func.value if isinstance(func, ast.Attribute) else None
    if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.attr == "flatten":
        return ast.Call(ast.Attribute(inner.func.value, "quantile", ast.Load()), call.args, call.keywords)
    return call


def _renamed(func: ast.expr, new: str) -> ast.expr:
    return (
        ast.Attribute(func.value, new, func.ctx)
        if isinstance(func, ast.Attribute)
        else ast.Name(new, ast.Load())
    )


def _with(call: ast.Call, option: str, value: Any) -> ast.Call:
    """The call with an option set, or without it for None."""
    rest = [keyword for keyword in call.keywords if keyword.arg != option]
    new = [] if value is None else [ast.keyword(option, ast.Constant(value))]
    return ast.Call(call.func, call.args, rest + new)


def _of_a_name(node: ast.Name, arguments: list[str]) -> Iterator[Edit]:
    for other in arguments if node.id in arguments else ():
        if other != node.id:
            yield (
                f"with `{other}` where `{node.id}` belongs",
                partial(_named, name=other),
            )
