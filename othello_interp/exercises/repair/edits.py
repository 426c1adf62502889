"""The single changes of a student's code that repair tries, each with what is wrong if it helps."""

import ast
import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations, permutations
from typing import Any

COMPARISON = "another comparison is needed"
COUNTED = "it says whether, where how much is wanted"
OPERATOR = "another operator is needed"
NUMBER = "the number is another"
AXIS = "it runs along the wrong axis"
ORDER = "the order is another"
SIDES = "the two sides are the wrong way round"
TOO_MUCH = "a part of this is too much"
CONDITION = "the condition isn't right"
JOINED = "the conditions are joined in the wrong way"
SIGN = "a sign or a negation is missing, or too much"
CALL = "a step is too much"
FUNCTION = "another function is needed"
MISSING = "a step is missing"
OPTION = "the options aren't right"
CUT = "it begins or ends elsewhere"
INDEX = "the index isn't right"
WORD = "another word belongs here"
VARIABLE = "another variable belongs here"
STATEMENT = "this is too much"
MOVED = "this comes at the wrong place"

#: Functions, methods and weights that are taken for one another.
ALIKE = (
    ("sum", "mean", "max", "amax", "min", "amin", "median", "std", "norm", "prod", "cumsum"),
    ("argmax", "argmin"),
    ("any", "all"),
    ("softmax", "log_softmax", "sigmoid", "exp", "log"),
    ("abs", "square", "sqrt", "relu"),
    ("floor", "ceil", "round", "trunc"),
    ("append", "extend"),
    ("std", "var"),
    ("maximum", "minimum"),
    ("label_to_id", "label_to_square"),
    ("id_to_label", "square_to_label"),
    ("get_w_in", "get_w_out"),
    ("W_in", "W_out"),
    ("zeros_like", "ones_like"),
    ("zeros", "ones"),
    ("logical_and", "logical_or"),
)
#: Options that are forgotten.
FORGOTTEN = {
    "get_w_in": "normalize",
    "get_w_out": "normalize",
    "sort": "descending",
    "argsort": "descending",
    **dict.fromkeys(("sum", "mean", "norm", "amax", "std"), "keepdim"),
}
ALONG_AN_AXIS = ("sum", "mean", "max", "norm", "softmax", "argmax", "amax", "std", "cumsum")
COMPARISONS: list[ast.cmpop] = [ast.Gt(), ast.GtE(), ast.Lt(), ast.LtE(), ast.Eq(), ast.NotEq()]
ARITHMETIC: list[ast.operator] = [
    ast.Add(), ast.Sub(), ast.Mult(), ast.Div(), ast.FloorDiv(), ast.Mod(), ast.Pow(), ast.MatMult(),
]  # fmt: skip
BITS: list[ast.operator] = [ast.BitAnd(), ast.BitOr(), ast.BitXor()]
STEPS = ("abs", "square", "sqrt", "exp", "log", "relu", "float", "long", "flatten", "argsort", "t")
AXES = (0, 1, -1, -2, 2)


@dataclass(frozen=True)
class Edit:
    """What to put in place of a node.

    Attributes:
        said: what is wrong at the place.
        rank: how early to try it.
        new: the node that takes its place.
        place: the node to show, if not the one that is replaced.
    """

    said: str
    rank: int
    new: ast.AST
    place: ast.AST | None = None


@dataclass(frozen=True)
class Names:
    """What a function has: its arguments, its variables (with the arguments), its strings."""

    arguments: list[str]
    variables: list[str]
    texts: list[str]


def edits(node: ast.AST, parent: ast.AST | None, names: Names) -> Iterator[Edit]:
    """What may be put in place of a node of a function."""
    match node:
        case ast.Compare(left=left, ops=[op]) if any(type(op) is type(new) for new in COMPARISONS):
            yield from (Edit(COMPARISON, 0, _with(node, ops=[new])) for new in _others(COMPARISONS, op))
            yield Edit(COUNTED, 0, ast.BinOp(left, ast.Mult(), node))
        case ast.BinOp():
            yield from _of_an_operation(node)
        case ast.BoolOp(op=op, values=values):
            yield Edit(JOINED, 0, _with(node, op=ast.Or() if isinstance(op, ast.And) else ast.And()))
            for i in range(len(values)):
                yield Edit(TOO_MUCH, 1, _with(node, values=[*_without(values, i), _true_of(op)]))
        case ast.UnaryOp(operand=operand):
            yield Edit(SIGN, 0, operand)
        case ast.Constant():
            yield from _of_a_constant(node, names.texts)
        case ast.Call():
            yield from _of_a_call(node)
        case ast.Attribute(value=value, attr=attr):
            yield from (Edit(FUNCTION, 1, _with(node, attr=new)) for new in _alike(attr))
            if attr in ("T", "mT"):
                yield Edit(CALL, 1, value)
            if attr == "inf":
                yield Edit(SIGN, 0, ast.UnaryOp(ast.USub(), node))
        case ast.Slice():
            yield from _of_a_slice(node, names.variables)
        case ast.Subscript(value=value, slice=index, ctx=ast.Load()):
            yield Edit(INDEX, 2, value)
            yield Edit(INDEX, 2, _with(node, slice=ast.UnaryOp(ast.Invert(), index)))
            if isinstance(index, ast.Slice):
                yield Edit(ORDER, 1, _then(node, "flip", 0))
        case ast.Tuple(elts=items) | ast.List(elts=items) if len(items) <= 4:
            yield from (Edit(ORDER, 1, _with(node, elts=swapped)) for swapped in _swaps(items))
        case ast.IfExp(test=test, body=body, orelse=other):
            yield Edit(SIDES, 0, ast.IfExp(test, other, body))
            yield Edit(CONDITION, 1, body)
            yield Edit(CONDITION, 1, other)
        case ast.If(test=test):
            for decided in (ast.UnaryOp(ast.Not(), test), ast.Constant(True), ast.Constant(False)):
                yield Edit(CONDITION, 1, _with(node, test=decided))
        case ast.AugAssign(target=target, op=op, value=value):
            yield from (Edit(OPERATOR, 1, _with(node, op=new)) for new in _others(ARITHMETIC[:4], op))
            yield Edit(OPERATOR, 1, ast.Assign([target], value))
        case ast.comprehension(ifs=[test, *_]):
            yield Edit(CONDITION, 1, _with(node, ifs=[]))
            yield Edit(CONDITION, 1, _with(node, ifs=[ast.UnaryOp(ast.Not(), test)]))
        case ast.Name(id=name, ctx=ast.Load()) if name in names.variables and not _called(node, parent):
            others = [other for other in names.variables if other != name]
            yield from (Edit(VARIABLE, 3, _name(other)) for other in others)
    if isinstance(node, ast.FunctionDef | ast.For | ast.While | ast.If):
        yield from _moves(node)
    if isinstance(node, ast.Break | ast.Continue | ast.Expr | ast.AugAssign):
        yield Edit(STATEMENT, 1, ast.Pass())
    if isinstance(node, ast.Break | ast.Continue):
        yield Edit(STATEMENT, 1, ast.Continue() if isinstance(node, ast.Break) else ast.Break())
    if isinstance(node, ast.expr) and _may_go_on(node, parent):
        yield from _more(node, names.arguments)


def _of_an_operation(node: ast.BinOp) -> Iterator[Edit]:
    kinds = BITS if any(type(node.op) is type(bit) for bit in BITS) else ARITHMETIC
    yield from (Edit(OPERATOR, 1, _with(node, op=new)) for new in _others(kinds, node.op))
    yield Edit(TOO_MUCH, 0, node.left)
    yield Edit(TOO_MUCH, 0, node.right)
    if not isinstance(node.op, ast.Add | ast.Mult | ast.BitAnd | ast.BitOr | ast.BitXor):
        yield Edit(SIDES, 1, ast.BinOp(node.right, node.op, node.left))


def _of_a_constant(node: ast.Constant, texts: list[str]) -> Iterator[Edit]:
    value = node.value
    if isinstance(value, str):
        before, arrow, axes = value.partition("->")
        if arrow and len(axes) <= 4:  # of an einsum
            texts = [before + arrow + "".join(order) for n in range(5) for order in permutations(axes, n)]
        yield from (Edit(WORD, 1, ast.Constant(text)) for text in texts if text != value)
    elif isinstance(value, bool):
        yield Edit(OPTION, 1, ast.Constant(not value))
    elif isinstance(value, int | float):
        new = dict.fromkeys((value + 1, value - 1, -value, 0, 1, -1, 2))
        yield from (Edit(NUMBER, 1, _number(number)) for number in new if number != value)
    elif value is None:
        yield from (Edit(NUMBER, 2, _number(number)) for number in (0, 1, -1))


def _of_a_call(node: ast.Call) -> Iterator[Edit]:
    func, args, options = node.func, node.args, node.keywords
    name = getattr(func, "attr", getattr(func, "id", ""))
    if isinstance(func, ast.Attribute):
        yield Edit(CALL, 1, func.value)
    if args:
        yield Edit(CALL, 1, args[0])
    if isinstance(func, ast.Name):
        yield from (Edit(FUNCTION, 1, _with(node, func=_name(new))) for new in _alike(func.id))
    yield from (Edit(ORDER, 1, _with(node, args=swapped)) for swapped in _swaps(args))
    yield from (Edit(OPTION, 1, _with(node, keywords=_without(options, i))) for i in range(len(options)))
    for i, option in enumerate(options):
        if option.arg in ("dim", "axis"):
            for axis in AXES:
                along = _with(option, value=_number(axis))
                yield Edit(AXIS, 0, _with(node, keywords=[*_without(options, i), along]))
    if isinstance(func, ast.Attribute) and name in ALONG_AN_AXIS and not options:
        for axis in AXES:
            yield Edit(AXIS, 1, ast.Call(func, [], [ast.keyword("dim", _number(axis))]))
    if name in FORGOTTEN:
        new = ast.keyword(FORGOTTEN[name], ast.Constant(True))
        yield Edit(OPTION, 1, _with(node, keywords=[*(o for o in options if o.arg != new.arg), new]))
    if name == "topk":
        yield Edit(ORDER, 1, _with(node, keywords=[*options, ast.keyword("largest", ast.Constant(False))]))


def _of_a_slice(node: ast.Slice, variables: list[str]) -> Iterator[Edit]:
    for end, value in (("lower", node.lower), ("upper", node.upper)):
        if value is None:
            yield from (Edit(CUT, 1, _with(node, **{end: _number(number)})) for number in (1, -1))
            continue
        yield Edit(CUT, 1, _with(node, **{end: None}))
        for by in (ast.Constant(1), *map(_name, variables)):
            for op in (ast.Add(), ast.Sub()):
                yield Edit(CUT, 1, _with(node, **{end: ast.BinOp(value, op, by)}))


def _more(node: ast.expr, arguments: list[str]) -> Iterator[Edit]:
    """A step after a value."""
    one = ast.Constant(1)
    yield Edit(SIGN, 3, ast.UnaryOp(ast.Invert(), node))
    yield Edit(SIGN, 3, ast.UnaryOp(ast.USub(), node))
    yield Edit(MISSING, 3, ast.BinOp(one, ast.Sub(), node))
    yield Edit(MISSING, 3, ast.BinOp(node, ast.Add(), one))
    yield Edit(MISSING, 3, ast.BinOp(node, ast.Sub(), one))
    yield from (Edit(MISSING, 4, _then(node, step)) for step in STEPS)
    for name in arguments:
        yield Edit(MISSING, 4, ast.BinOp(node, ast.Mult(), _name(name)))
        yield Edit(INDEX, 4, ast.Subscript(node, _name(name), ast.Load()))


def _may_go_on(node: ast.expr, parent: ast.AST | None) -> bool:
    """Whether a step could be missing after it: a variable, a call, an operation, an element."""
    if _called(node, parent):
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
                for inner in _with_first(loop, body[j]):
                    yield Edit(
                        MOVED, 1, _with(node, body=_without([*body[:i], inner, *body[i + 1 :]], j)), body[j]
                    )
            if len(loop.body) > 1:
                shorter = _with(loop, body=loop.body[:-1])
                moved = [*body[:i], shorter, loop.body[-1], *body[i + 1 :]]
                yield Edit(MOVED, 1, _with(node, body=moved), loop.body[-1])
        if i + 1 < len(body):
            yield Edit(MOVED, 2, _with(node, body=[*body[:i], body[i + 1], loop, *body[i + 2 :]]), loop)


def _with_first(loop: Any, first: ast.stmt) -> Iterator[Any]:
    """The loop, and each loop within it, beginning with a statement."""
    yield _with(loop, body=[first, *loop.body])
    for i, statement in enumerate(loop.body):
        if isinstance(statement, ast.For | ast.While):
            for inner in _with_first(statement, first):
                yield _with(loop, body=[*loop.body[:i], inner, *loop.body[i + 1 :]])


def _with(node: Any, **fields: Any) -> Any:
    """The node with other values in some fields."""
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _others(kinds: Iterable[Any], op: ast.AST) -> list[Any]:
    return [kind for kind in kinds if type(kind) is not type(op)]


def _without(items: list[Any], i: int) -> list[Any]:
    return [*items[:i], *items[i + 1 :]]


def _swaps(items: list[Any]) -> Iterator[list[Any]]:
    for i, j in combinations(range(len(items)), 2):
        swapped = list(items)
        swapped[i], swapped[j] = items[j], items[i]
        yield swapped


def _alike(name: str) -> list[str]:
    return list(dict.fromkeys(new for group in ALIKE if name in group for new in group if new != name))


def _true_of(op: ast.boolop) -> ast.expr:
    """What changes nothing in `and`, or in `or`."""
    return ast.Constant(isinstance(op, ast.And))


def _called(node: ast.AST, parent: ast.AST | None) -> bool:
    return isinstance(parent, ast.Call) and parent.func is node


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _number(value: int | float) -> ast.expr:
    return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if value < 0 else ast.Constant(value)


def _then(node: ast.expr, step: str, *arguments: int) -> ast.expr:
    return ast.Call(ast.Attribute(node, step, ast.Load()), [_number(x) for x in arguments], [])
