"""The single changes that mutants.py makes to one node of a reference, each with a clause for the student."""

import ast
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from othello_interp.exercises.judging.slips.edit_words import (
    ADDED,
    COMPARISONS,
    LEFT_OUT,
    OPERATORS,
    PLACES,
    REPLACED,
    SAID,
    SIGNS,
    WEIGHTS,
    WORDS,
)
from othello_interp.exercises.judging.slips.instead import MASKED, PUT

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
    elif isinstance(node, ast.BoolOp):
        for i, value in enumerate(node.values):
            yield _left_out(ast.BitAnd, value, arguments), partial(_without, number=i)
    elif isinstance(node, ast.If | ast.IfExp):
        yield "when a special case is left out", partial(_decided, test=False)
        yield "when a condition is left out", partial(_decided, test=True)
    elif isinstance(node, ast.AugAssign) and type(node.op) in OPERATORS:
        joined, clause = OPERATORS[type(node.op)]
        yield clause, lambda n: ast.AugAssign(n.target, joined(), n.value)
    elif isinstance(node, ast.Assign) and isinstance(target := node.targets[0], ast.Subscript):
        for how in PUT:
            yield how, partial(_put_in, how=how)
        if isinstance(target.slice, ast.Tuple):
            yield "when all is changed, not one alone", partial(_put_everywhere)
    elif isinstance(node, ast.Slice):
        yield from _of_a_slice(node)
    elif isinstance(node, ast.Call):
        yield from _of_a_call(node, arguments)
    elif isinstance(node, ast.Attribute) and node.attr == "values" and isinstance(node.value, ast.Call):
        yield "when sorting is left out", lambda n: n.value.func.value
    elif isinstance(node, ast.Attribute) and node.attr in WEIGHTS:
        yield from _of_weights(node)
    elif isinstance(node, ast.Name) and isinstance(parent, ast.Attribute) and node.id in arguments:
        yield f"with `{node.id}` the other way round in one place", partial(_called, name="_not")
    elif isinstance(node, ast.Name) and isinstance(parent, ast.Subscript | ast.Tuple):
        yield "when an index is one too large", partial(_plus, number=1)
        yield "when an index is one too small", partial(_plus, number=-1)
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name | ast.Subscript | ast.Compare):
        yield "when a mask is the other way round", _masked_out
        for name, (clause, _) in MASKED.items():
            yield clause, partial(_helped, name=name)


def _masked_out(node: ast.Subscript) -> ast.AST:
    return ast.Subscript(node.value, ast.UnaryOp(ast.Invert(), node.slice), node.ctx)


def _without(node: ast.BoolOp, number: int) -> ast.AST:
    return ast.BoolOp(node.op, [*node.values[:number], *node.values[number + 1 :], ast.Constant(True)])


def _decided(node: Any, test: bool) -> ast.AST:
    return type(node)(ast.Constant(test), node.body, node.orelse)


def _called(node: ast.expr, name: str) -> ast.AST:
    return ast.Call(ast.Name(name, ast.Load()), [node], [])


def _helped(node: ast.Subscript, name: str) -> ast.AST:
    return ast.Call(ast.Name(name, ast.Load()), [node.value, node.slice], [])


def _put_in(node: Any, how: str) -> ast.AST:
    held = [node.targets[0].value, node.targets[0].slice, node.value, ast.Constant(how)]
    return ast.Expr(ast.Call(ast.Name("_put", ast.Load()), held, []))


def _put_everywhere(node: Any) -> ast.AST:
    target = ast.Subscript(node.targets[0].value, ast.Constant(...), ast.Store())
    return ast.Assign([target], node.value)


def _of_a_constant(node: ast.Constant, parent: ast.AST | None) -> Iterator[Edit]:
    if type(node.value) not in (int, float):
        return
    what = PLACES.get(type(parent), "") if parent else ""
    if isinstance(parent, ast.BinOp):
        what = ADDED.get(type(parent.op), "")
    if what and type(node.value) is int:
        yield f"when {what} is one too large", lambda n: ast.Constant(n.value + 1)
        yield f"when {what} is one too small", lambda n: ast.Constant(n.value - 1)
    elif not isinstance(parent, ast.keyword):
        for new in (0, 0.5, 0.9, 1, 2):
            if new != node.value:
                yield f"with {new} in place of {node.value!r}", lambda n, new=new: ast.Constant(new)


def _of_an_operation(node: ast.BinOp, arguments: list[str]) -> Iterator[Edit]:
    kind = type(node.op)
    if kind in OPERATORS:
        new, clause = OPERATORS[kind]
        yield clause, partial(_joined, by=new)
    if kind in (ast.Add, ast.Sub):
        for clause, by in (("twice", 2.0), ("half", 0.5)):
            yield f"when {_term(node.right, arguments)} counts {clause}", partial(_weighed, by=by)
            yield f"when {_term(node.left, arguments)} counts {clause}", partial(_weighed, by=by, left=True)
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
    return f"when {_term(side, arguments, LEFT_OUT[kind])} is left out"


def _term(side: ast.expr, arguments: list[str], what: str = "a term", held_in: str = " with {} in it") -> str:
    names = {node.id for node in ast.walk(side) if isinstance(node, ast.Name)}
    held = " and ".join(f"`{name}`" for name in arguments if name in names)
    return what + (held and held_in.format(held))


def _weighed(node: ast.BinOp, by: float, left: bool = False) -> ast.expr:
    times = ast.BinOp(node.left if left else node.right, ast.Mult(), ast.Constant(by))
    return ast.BinOp(times, node.op, node.right) if left else ast.BinOp(node.left, node.op, times)


def _shifted(node: ast.BinOp, left: int, right: int) -> ast.expr:
    return ast.BinOp(_plus(node.left, left), node.op, _plus(node.right, right))


def _plus(node: ast.expr, number: int) -> ast.expr:
    return ast.BinOp(node, ast.Add(), ast.Constant(number)) if number else node


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


def _of_a_call(node: ast.Call, arguments: list[str]) -> Iterator[Edit]:
    method = method_of(node)
    name = method or getattr(node.func, "attr", getattr(node.func, "id", ""))
    what = _term(node, arguments, WORDS.get(name, f"`{name}`"), " of {}")
    if name in ("sum", "len"):
        yield "when a count is one too large", partial(_plus, number=1)
        yield "when a count is one too small", partial(_plus, number=-1)
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
    if name == "where" and len(node.args) == 3:
        yield "when the two sides of a choice are swapped", _choosing(1)
        for side, where in ((1, "True"), (2, "False")):
            yield f"with 0 where the condition of a choice is {where}", _choosing(side, ast.Constant(0))
            for other in arguments:
                clause = f"with `{other}` as given where the condition of a choice is {where}"
                yield clause, _choosing(side, ast.Name(other, ast.Load()))
    if name in ("sort", "argsort"):
        yield "when sorting runs the other way", partial(_with, option="descending", value=True)
    if name == "topk":
        yield "with the smallest in place of the largest", partial(_with, option="largest", value=False)


def _choosing(side: int, by: ast.expr | None = None) -> Callable[[Any], ast.AST]:
    """torch.where with something else for one side, or with the two sides swapped."""

    def chosen(call: ast.Call) -> ast.Call:
        one, other = by or call.args[3 - side], call.args[3 - side] if by else call.args[side]
        return ast.Call(call.func, [call.args[0], *((one, other) if side == 1 else (other, one))], [])

    return chosen


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
