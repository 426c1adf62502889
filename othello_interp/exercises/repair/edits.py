"""The single changes of a student's code that repair tries: each with what is to be said of its place."""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import permutations
from typing import Any

Change = Callable[[Any], Any]

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
SIGN = "a sign or a negation is missing here, or too much"
CALL = "a step is too much here"
FUNCTION = "another function is needed"
MISSING = "a step is missing here"
OPTION = "the options aren't right"
CUT = "it begins or ends elsewhere"
INDEX = "the index isn't right"
WORD = "another word belongs here"
VARIABLE = "another variable belongs here"
STATEMENT = "this is too much, or comes at the wrong place"

#: Functions and methods that are taken for one another.
ALIKE = (
    ("sum", "mean", "max", "amax", "min", "amin", "median", "std", "norm", "prod"),
    ("argmax", "argmin"),
    ("any", "all"),
    ("softmax", "log_softmax", "sigmoid", "exp"),
    ("exp", "log"),
    ("abs", "square", "relu"),
    ("sqrt", "square"),
    ("floor", "ceil", "round", "trunc"),
    ("append", "extend"),
    ("std", "var"),
    ("cumsum", "sum"),
    ("maximum", "minimum"),
    ("label_to_id", "label_to_square"),
    ("id_to_label", "square_to_label"),
    ("get_w_in", "get_w_out"),
    ("W_in", "W_out"),
    ("zeros_like", "ones_like"),
    ("zeros", "ones"),
    ("logical_and", "logical_or"),
    ("setdefault", "get"),
)
COMPARISONS = (ast.Gt, ast.GtE, ast.Lt, ast.LtE, ast.Eq, ast.NotEq)
ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult)
BITS = (ast.BitAnd, ast.BitOr, ast.BitXor)
STEPS = ("abs", "square", "sqrt", "exp", "log", "relu", "float", "long", "flatten", "argsort", "t")
AXES = (0, 1, -1, -2, 2)
#: Options that are forgotten.
FORGOTTEN = {
    "get_w_in": "normalize",
    "get_w_out": "normalize",
    "sort": "descending",
    "argsort": "descending",
    **dict.fromkeys(("sum", "mean", "norm", "amax", "std"), "keepdim"),
}


@dataclass(frozen=True)
class Edit:
    """Attributes:
    said: what is wrong at the place.
    rank: how early to try it.
    change: the node -> what stands there in its place.
    """

    said: str
    rank: int
    change: Change


def edits(node: ast.AST, parent: ast.AST | None, names: list[str], texts: list[str]) -> Iterator[Edit]:
    """What may be changed in a node; `names` are the variables of the function, `texts` its strings."""
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for op in COMPARISONS:
            if not isinstance(node.ops[0], op) and isinstance(node.ops[0], COMPARISONS):
                yield Edit(COMPARISON, 0, partial(_replaced, ops=[op()]))
        yield Edit(COUNTED, 0, lambda n: ast.BinOp(n.left, ast.Mult(), n))
    elif isinstance(node, ast.BinOp):
        kinds = BITS if isinstance(node.op, BITS) else ARITHMETIC
        for op in kinds:
            if not isinstance(node.op, op):
                yield Edit(OPERATOR, 1, partial(_replaced, op=op()))
        yield Edit(TOO_MUCH, 0, lambda n: n.left)
        yield Edit(TOO_MUCH, 0, lambda n: n.right)
        if isinstance(node.op, ast.Sub | ast.Div | ast.FloorDiv | ast.Mod | ast.Pow | ast.MatMult):
            yield Edit(SIDES, 1, lambda n: ast.BinOp(n.right, n.op, n.left))
    elif isinstance(node, ast.BoolOp):
        other = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield Edit(JOINED, 0, partial(_replaced, op=other()))
        for i in range(len(node.values)):
            yield Edit(TOO_MUCH, 1, partial(_without_value, number=i))
    elif isinstance(node, ast.UnaryOp):
        yield Edit(SIGN, 0, lambda n: n.operand)
    elif isinstance(node, ast.Constant):
        yield from _of_a_constant(node, texts)
    elif isinstance(node, ast.Call):
        yield from _of_a_call(node)
    elif isinstance(node, ast.Attribute):
        yield from (Edit(FUNCTION, 1, partial(_replaced, attr=new)) for new in _alike(node.attr))
        if node.attr in ("T", "mT"):
            yield Edit(CALL, 1, lambda n: n.value)
        if node.attr == "inf":
            yield Edit(SIGN, 0, lambda n: ast.UnaryOp(ast.USub(), n))
    elif isinstance(node, ast.Slice):
        yield from _of_a_slice(node, names)
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        yield Edit(INDEX, 2, lambda n: n.value)
        yield Edit(INDEX, 2, partial(_inverted_index))
    elif isinstance(node, ast.Tuple | ast.List) and 2 <= len(node.elts) <= 4:
        for i in range(len(node.elts)):
            for j in range(i):
                yield Edit(ORDER, 1, partial(_swapped, i=i, j=j))
    elif isinstance(node, ast.IfExp):
        yield Edit(SIDES, 0, lambda n: ast.IfExp(n.test, n.orelse, n.body))
        yield Edit(CONDITION, 1, lambda n: n.body)
        yield Edit(CONDITION, 1, lambda n: n.orelse)
    elif isinstance(node, ast.If):
        yield Edit(CONDITION, 0, lambda n: _replaced(n, test=ast.UnaryOp(ast.Not(), n.test)))
        yield Edit(CONDITION, 1, lambda n: _replaced(n, test=ast.Constant(True)))
        yield Edit(CONDITION, 1, lambda n: _replaced(n, test=ast.Constant(False)))
    elif isinstance(node, ast.AugAssign):
        for op in (ast.Add, ast.Sub, ast.Mult, ast.Div):
            if not isinstance(node.op, op):
                yield Edit(OPERATOR, 1, partial(_replaced, op=op()))
        yield Edit(OPERATOR, 1, lambda n: ast.Assign([n.target], n.value))
    elif isinstance(node, ast.comprehension) and node.ifs:
        yield Edit(CONDITION, 1, partial(_replaced, ifs=[]))
        yield Edit(CONDITION, 1, lambda n: _replaced(n, ifs=[ast.UnaryOp(ast.Not(), n.ifs[0])]))
    if isinstance(node, ast.Break | ast.Continue | ast.Expr | ast.AugAssign):
        yield Edit(STATEMENT, 1, lambda n: ast.Pass())
    if isinstance(node, ast.Continue):
        yield Edit(STATEMENT, 1, lambda n: ast.Break())
    if isinstance(node, ast.Break):
        yield Edit(STATEMENT, 1, lambda n: ast.Continue())
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and not _called(node, parent):
        for name in names:
            if name != node.id and node.id in names:
                yield Edit(VARIABLE, 3, partial(_replaced, id=name))
    if _is_a_value(node, parent):
        yield Edit(SIGN, 3, lambda n: ast.UnaryOp(ast.Invert(), n))
        yield Edit(SIGN, 3, lambda n: ast.UnaryOp(ast.USub(), n))
        yield Edit(MISSING, 3, lambda n: ast.BinOp(ast.Constant(1), ast.Sub(), n))
        yield Edit(MISSING, 3, lambda n: ast.BinOp(n, ast.Add(), ast.Constant(1)))
        yield Edit(MISSING, 3, lambda n: ast.BinOp(n, ast.Sub(), ast.Constant(1)))
        for step in STEPS:
            yield Edit(MISSING, 4, partial(_then, step=step))


def _replaced(node: Any, **fields: Any) -> Any:
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def _called(node: ast.AST, parent: ast.AST | None) -> bool:
    return isinstance(parent, ast.Call) and parent.func is node


def _is_a_value(node: ast.AST, parent: ast.AST | None) -> bool:
    """Whether a step could be missing after it: a variable, a call, an operation, an element."""
    if isinstance(parent, ast.keyword | ast.Attribute) and not isinstance(node, ast.Call):
        return False
    loaded = isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
    return (
        isinstance(node, ast.Name | ast.Call | ast.BinOp | ast.Subscript)
        and loaded
        and not _called(node, parent)
    )


def _without_value(node: ast.BoolOp, number: int) -> ast.expr:
    rest = [*node.values[:number], *node.values[number + 1 :]]
    return rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def _of_a_constant(node: ast.Constant, texts: list[str]) -> Iterator[Edit]:
    if type(node.value) is str:
        others = [text for text in texts if text != node.value]
        before, arrow, axes = node.value.partition("->")
        if arrow and len(axes) <= 4:  # of an einsum
            others = [before + arrow + "".join(order) for n in range(5) for order in permutations(axes, n)]
        yield from (Edit(WORD, 1, partial(_replaced, value=text)) for text in others)
    if type(node.value) is bool:
        yield Edit(OPTION, 1, partial(_replaced, value=not node.value))
    elif type(node.value) in (int, float):
        new = [node.value + 1, node.value - 1, -node.value, 0, 1, -1, 2, 0.5]
        for value in dict.fromkeys(value for value in new if value != node.value):
            yield Edit(NUMBER, 1, lambda n, value=value: _number(value))
    elif node.value is None:
        yield from (Edit(NUMBER, 2, lambda n, value=value: _number(value)) for value in (0, 1, -1))


def _number(value: int | float) -> ast.expr:
    return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if value < 0 else ast.Constant(value)


def _of_a_call(node: ast.Call) -> Iterator[Edit]:
    if isinstance(node.func, ast.Attribute):
        yield Edit(CALL, 1, lambda n: n.func.value)
    if node.args:
        yield Edit(CALL, 1, lambda n: n.args[0])
    if isinstance(node.func, ast.Name):
        yield from (
            Edit(FUNCTION, 1, lambda n, new=new: _replaced(n, func=ast.Name(new, ast.Load())))
            for new in _alike(node.func.id)
        )
    for i in range(len(node.args)):
        for j in range(i):
            yield Edit(ORDER, 1, partial(_arguments_swapped, i=i, j=j))
    for i, keyword in enumerate(node.keywords):
        yield Edit(OPTION, 1, partial(_without_keyword, number=i))
        if keyword.arg in ("dim", "axis"):
            for axis in AXES:
                yield Edit(AXIS, 0, partial(_with_keyword, number=i, value=axis))
    name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    if (
        name in ("sum", "mean", "max", "norm", "softmax", "argmax", "amax", "std", "cumsum")
        and not node.keywords
    ):
        for axis in AXES:
            yield Edit(AXIS, 1, partial(_along, axis=axis))
    name = name or getattr(node.func, "id", "")
    if name in FORGOTTEN:
        yield Edit(OPTION, 1, partial(_with_option, option=FORGOTTEN[name], value=True))
    if name == "topk":
        yield Edit(ORDER, 1, partial(_with_option, option="largest", value=False))


def _along(call: ast.Call, axis: int) -> ast.Call:
    return ast.Call(call.func, [], [ast.keyword("dim", _number(axis))])


def _with_option(call: ast.Call, option: str, value: bool) -> ast.Call:
    rest = [keyword for keyword in call.keywords if keyword.arg != option]
    return ast.Call(call.func, call.args, [*rest, ast.keyword(option, ast.Constant(value))])


def _alike(name: str) -> list[str]:
    return list(dict.fromkeys(new for group in ALIKE if name in group for new in group if new != name))


def _arguments_swapped(call: ast.Call, i: int, j: int) -> ast.Call:
    args = list(call.args)
    args[i], args[j] = args[j], args[i]
    return ast.Call(call.func, args, call.keywords)


def _without_keyword(call: ast.Call, number: int) -> ast.Call:
    return ast.Call(call.func, call.args, [*call.keywords[:number], *call.keywords[number + 1 :]])


def _with_keyword(call: ast.Call, number: int, value: Any) -> ast.Call:
    new = ast.keyword(call.keywords[number].arg, _number(value))
    return ast.Call(call.func, call.args, [*call.keywords[:number], new, *call.keywords[number + 1 :]])


def _of_a_slice(node: ast.Slice, names: list[str]) -> Iterator[Edit]:
    for end in ("lower", "upper"):
        if getattr(node, end) is None:
            for value in (1, -1):
                yield Edit(CUT, 1, partial(_replaced, **{end: _number(value)}))
            continue
        yield Edit(CUT, 1, partial(_replaced, **{end: None}))
        for op in (ast.Add, ast.Sub):
            for by in (ast.Constant(1), *(ast.Name(name, ast.Load()) for name in names)):
                yield Edit(CUT, 1, partial(_end_moved, end=end, op=op, by=by))


def _end_moved(node: ast.Slice, end: str, op: type[ast.operator], by: ast.expr) -> ast.Slice:
    return _replaced(node, **{end: ast.BinOp(getattr(node, end), op(), by)})


def _inverted_index(node: ast.Subscript) -> ast.Subscript:
    return _replaced(node, slice=ast.UnaryOp(ast.Invert(), node.slice))


def _swapped(node: Any, i: int, j: int) -> Any:
    items = list(node.elts)
    items[i], items[j] = items[j], items[i]
    return _replaced(node, elts=items)


def _then(node: ast.expr, step: str) -> ast.expr:
    return ast.Call(ast.Attribute(node, step, ast.Load()), [], [])
