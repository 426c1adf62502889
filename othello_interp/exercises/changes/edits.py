"""The single changes of code, by the kind of node that is changed: what is written in place of what is meant.

A student's function is changed by those that have something to say of it, a reference by those with a clause.
"""

import ast
from collections.abc import Iterator
from typing import Any

from othello_interp.exercises.changes import words
from othello_interp.exercises.changes.calls import name_of, of_a_call, of_an_attribute
from othello_interp.exercises.changes.edit import Edit, Names
from othello_interp.exercises.changes.instead import MASKED, PUT
from othello_interp.exercises.changes.nodes import (
    called,
    changed,
    name,
    number,
    others,
    swaps,
    then,
    times,
    without,
)

ONE = ast.Constant(1)
SUM = ast.Add | ast.Sub
SYMMETRIC = ast.Add | ast.Mult | ast.BitAnd | ast.BitOr | ast.BitXor


def edits(node: ast.AST, parent: ast.AST | None, names: Names) -> Iterator[Edit]:
    """What may be put in place of a node of a function."""
    match node:
        case ast.Compare(left=left, ops=[op]) if any(type(op) is type(new) for new in words.COMPARISONS):
            for new in others(words.COMPARISONS, op):
                yield Edit(words.COMPARISON, 0, changed(node, ops=[new]), _in_place_of(op, new))
            yield Edit(words.COUNTED, 0, times(left, node))
        case ast.BinOp():
            yield from _of_an_operation(node, names)
        case ast.BoolOp(op=op, values=values):
            yield Edit(words.JOINED, 0, changed(node, op=ast.Or() if isinstance(op, ast.And) else ast.And()))
            for i, value in enumerate(values):
                rest = [*without(values, i), ast.Constant(isinstance(op, ast.And))]  # which changes nothing
                yield Edit(words.TOO_MUCH, 1, changed(node, values=rest), _left_out(op, value, names))
        case ast.UnaryOp(op=op, operand=operand):
            yield Edit(words.SIGN, 0, operand, words.SIGNS.get(type(op), ""))
        case ast.Constant():
            yield from _of_a_constant(node, parent)
        case ast.Call():
            yield from of_a_call(node, names)
        case ast.Attribute():
            yield from of_an_attribute(node, parent, names)
        case ast.Slice():
            yield from _of_a_slice(node, names.variables)
        case ast.Subscript(value=value, slice=index, ctx=ast.Load()):
            mask = isinstance(index, ast.Name | ast.Subscript | ast.Compare)
            other_way = changed(node, slice=ast.UnaryOp(ast.Invert(), index))
            yield Edit(words.INDEX, 2, value)
            yield Edit(words.INDEX, 2, other_way, "when a mask is the other way round" if mask else "")
            if isinstance(index, ast.Slice):
                yield Edit(words.ORDER, 1, then(node, "flip", 0))
            for helper, (clause, _) in MASKED.items() if mask else ():
                yield Edit("", 9, ast.Call(name(helper), [value, index], []), clause)
        case ast.Tuple(elts=items) | ast.List(elts=items) if len(items) <= 4:
            yield from (Edit(words.ORDER, 1, changed(node, elts=swapped)) for swapped in swaps(items))
        case ast.If(test=test) | ast.IfExp(test=test):
            said, rank = (words.CONDITION, 1) if isinstance(node, ast.If) else (words.SIDES, 0)
            yield Edit(said, rank, changed(node, test=ast.UnaryOp(ast.Not(), test)))
            for always, what in ((True, "a condition"), (False, "a special case")):
                decided = changed(node, test=ast.Constant(always))
                yield Edit(words.CONDITION, 1, decided, f"when {what} is left out")
        case ast.Assign(targets=[ast.Subscript() as target], value=value):
            for clause in PUT:
                held = [target.value, target.slice, value, ast.Constant(clause)]
                yield Edit("", 9, ast.Expr(ast.Call(name("_put"), held, [])), clause)
        case ast.AugAssign(op=op):
            for new in others(words.ARITHMETIC[:4], op):
                yield Edit(words.OPERATOR, 1, changed(node, op=new), _in_place_of(op, new))
        case ast.comprehension(ifs=[test, *_]):
            yield Edit(words.CONDITION, 1, changed(node, ifs=[]), place=test)
            yield Edit(words.CONDITION, 1, changed(node, ifs=[ast.UnaryOp(ast.Not(), test)]), place=test)
        case ast.Break() | ast.Continue():
            yield Edit(words.STATEMENT, 1, ast.Pass())
        case ast.Name(id=own, ctx=ast.Load()) if not called(node, parent):
            if own in names.arguments and isinstance(parent, ast.Attribute):
                clause = f"with `{own}` the other way round in one place"
                yield Edit(words.SIGN, 3, ast.UnaryOp(ast.Invert(), node), clause)
            for other in names.variables if own in names.variables else ():
                if other != own:
                    yield Edit(words.VARIABLE, 3, name(other))
    if isinstance(node, ast.FunctionDef | ast.For | ast.While | ast.If):
        yield from _moves(node)
    if isinstance(node, ast.expr) and _may_go_on(node, parent):
        yield from _more(node, parent, names.arguments)


def _of_an_operation(node: ast.BinOp, names: Names) -> Iterator[Edit]:
    left, op, right = node.left, node.op, node.right
    kinds = words.BITS if any(type(op) is type(bit) for bit in words.BITS) else words.ARITHMETIC
    for new in others(kinds, op):
        yield Edit(words.OPERATOR, 1, changed(node, op=new), _in_place_of(op, new))
    yield Edit(words.TOO_MUCH, 0, left, _left_out(op, right, names))
    if isinstance(op, ast.Div):
        yield Edit(words.TOO_MUCH, 0, right, "with the divisor in place of the fraction")
        yield Edit(words.TOO_MUCH, 3, changed(node, left=ONE), "with 1 in place of what is divided")
    else:
        yield Edit(words.TOO_MUCH, 0, right, "" if isinstance(op, ast.Sub) else _left_out(op, left, names))
    if not isinstance(op, SYMMETRIC):
        yield Edit(words.SIDES, 1, ast.BinOp(right, op, left), words.SWAPPED.get(type(op), ""))
    for side, term in (("left", left), ("right", right)) if isinstance(op, SUM) else ():
        for by, often in ((2.0, "twice"), (0.5, "half")):
            new = changed(node, **{side: times(term, ast.Constant(by))})
            yield Edit(words.MISSING, 4, new, f"when {_part('a term', term, names)} counts {often}", term)


def _of_a_constant(node: ast.Constant, parent: ast.AST | None) -> Iterator[Edit]:
    value = node.value
    if isinstance(value, bool):
        yield Edit(words.OPTION, 1, ast.Constant(not value))
    elif isinstance(value, int | float):
        clauses: dict[float, str] = {}
        if isinstance(parent, ast.Subscript | ast.Tuple):
            clauses = {
                value + 1: words.TOO_LARGE.format("an index"),
                value - 1: words.TOO_SMALL.format("an index"),
            }
        elif isinstance(value, float) or (isinstance(parent, ast.BinOp) and not isinstance(parent.op, SUM)):
            clauses = {new: f"with {new} in place of {value}" for new in (0, 0.5, 0.9, 1, 2)}
        for new in dict.fromkeys((value + 1, value - 1, -value, 0, 1, -1, 2, 0.5, 0.9)):
            if new != value:
                said = "" if new in (0.5, 0.9) else words.NUMBER  # by chance these are often right
                yield Edit(said, 1, number(new), clauses.get(new, ""))


def _of_a_slice(node: ast.Slice, variables: list[str]) -> Iterator[Edit]:
    for end, value in (("lower", node.lower), ("upper", node.upper)):
        if value is None:
            yield from (Edit(words.CUT, 1, changed(node, **{end: number(at)})) for at in (1, -1))
            continue
        yield Edit(words.CUT, 1, changed(node, **{end: None}))
        for by in (ONE, *map(name, variables)):
            for op in (ast.Add(), ast.Sub()):
                yield Edit(words.CUT, 1, changed(node, **{end: ast.BinOp(value, op, by)}))


def _more(node: ast.expr, parent: ast.AST | None, arguments: list[str]) -> Iterator[Edit]:
    """A step after a value."""
    what = _counted(node, parent)
    yield Edit(words.SIGN, 3, ast.UnaryOp(ast.Invert(), node))
    yield Edit(words.SIGN, 3, ast.UnaryOp(ast.USub(), node))
    yield Edit(words.MISSING, 3, ast.BinOp(ONE, ast.Sub(), node))
    yield Edit(words.MISSING, 3, ast.BinOp(node, ast.Add(), ONE), what and words.TOO_LARGE.format(what))
    yield Edit(words.MISSING, 3, ast.BinOp(node, ast.Sub(), ONE), what and words.TOO_SMALL.format(what))
    yield from (Edit(words.MISSING, 4, then(node, step)) for step in words.STEPS)
    for other in map(name, arguments):
        yield Edit(words.MISSING, 4, times(node, other))
        yield Edit(words.INDEX, 4, ast.Subscript(node, other, ast.Load()))


def _may_go_on(node: ast.expr, parent: ast.AST | None) -> bool:
    """Whether a step could be missing after it: a variable, a call, an operation, an element."""
    if called(node, parent):
        return False
    if isinstance(parent, ast.keyword | ast.Attribute) and not isinstance(node, ast.Call):
        return False
    loaded = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
    return isinstance(node, ast.Name | ast.Call | ast.BinOp | ast.Subscript) and loaded


def _moves(node: Any) -> Iterator[Edit]:
    """A statement into a loop that follows it, out of the loop that it ends, or behind the next statement."""
    body = node.body
    for i, loop in enumerate(body):
        if isinstance(loop, ast.For | ast.While):
            for j in range(i):
                for inner in _beginning_with(body[j], loop):
                    moved = without([*body[:i], inner, *body[i + 1 :]], j)
                    yield Edit(words.MOVED, 1, changed(node, body=moved), place=body[j])
            if len(loop.body) > 1:
                shorter, last = changed(loop, body=loop.body[:-1]), loop.body[-1]
                moved = [*body[:i], shorter, last, *body[i + 1 :]]
                yield Edit(words.MOVED, 1, changed(node, body=moved), place=last)
        if i + 1 < len(body):
            later = [*body[:i], body[i + 1], loop, *body[i + 2 :]]
            yield Edit(words.MOVED, 2, changed(node, body=later), place=loop)


def _beginning_with(first: ast.stmt, loop: Any) -> Iterator[Any]:
    """The loop, and each loop within it, beginning with a statement."""
    yield changed(loop, body=[first, *loop.body])
    for i, statement in enumerate(loop.body):
        if isinstance(statement, ast.For | ast.While):
            for inner in _beginning_with(first, statement):
                yield changed(loop, body=[*loop.body[:i], inner, *loop.body[i + 1 :]])


def _counted(node: ast.expr, parent: ast.AST | None) -> str:
    """What a number is that may be one too large or too small."""
    if isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Div):
        return "what is divided" if node is parent.left else "what is divided by"
    if isinstance(node, ast.Name) and isinstance(parent, ast.Subscript | ast.Tuple):
        return "an index"
    return "a count" if isinstance(node, ast.Call) and name_of(node) in ("sum", "len") else ""


def _in_place_of(op: ast.AST, new: ast.AST) -> str:
    return words.IN_PLACE_OF.get((type(op), type(new)), "")


def _left_out(op: ast.AST, side: ast.expr, names: Names) -> str:
    what = words.LEFT_OUT.get(type(op))
    return f"when {_part(what, side, names)} is left out" if what else ""


def _part(what: str, side: ast.expr, names: Names) -> str:
    held = names.within(side)
    return what + (held and f" with {held} in it")
