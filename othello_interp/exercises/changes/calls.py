"""The single changes of calls and attributes."""

import ast
from collections.abc import Iterator

from othello_interp.exercises.changes import words
from othello_interp.exercises.changes.edit import Edit, Names
from othello_interp.exercises.changes.nodes import changed, method_of, name, number, swaps, then, without


def name_of(call: ast.Call) -> str:
    """The name of the function or method that is called."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def axis_of(call: ast.Call) -> ast.expr | None:
    """The axis that a call runs along, if it is given."""
    named = [option.value for option in call.keywords if option.arg in ("dim", "axis")]
    placed = call.args if method_of(call) in words.ALONG_AN_AXIS and len(call.args) == 1 else []
    return next(iter((*named, *placed)), None)


def of_a_call(node: ast.Call, names: Names) -> Iterator[Edit]:
    func, args, options, own = node.func, node.args, node.keywords, name_of(node)
    if isinstance(func, ast.Attribute):
        left_out = f"when {_result(node, names)} is left out" if method_of(node) in words.RESULTS else ""
        yield Edit(words.CALL, 1, func.value, left_out)
    if args:
        yield Edit(words.CALL, 1, args[0])
    if isinstance(func, ast.Name):
        for new, clause in _alike(own, _result(node, names)):
            yield Edit(words.FUNCTION, 1, changed(node, func=name(new)), clause)
    if own == "softmax" and isinstance(func, ast.Attribute):
        for new in ("exp", "sigmoid"):
            yield Edit(words.FUNCTION, 1, then(func.value, new), f"with `{new}` in place of the softmax")
    yield from (Edit(words.ORDER, 1, changed(node, args=swapped)) for swapped in swaps(args))
    yield from (
        Edit(words.OPTION, 1, changed(node, keywords=without(options, i))) for i in range(len(options))
    )
    yield from _along_other_axes(node, names)
    if own in words.FORGOTTEN:
        option = ast.keyword(words.FORGOTTEN[own], ast.Constant(True))
        rest = [other for other in options if other.arg != option.arg]
        yield Edit(words.OPTION, 1, changed(node, keywords=[*rest, option]))
    if own == "topk":
        smallest = changed(node, keywords=[*options, ast.keyword("largest", ast.Constant(False))])
        yield Edit(words.ORDER, 1, smallest, "with the smallest in place of the largest")
    if own == "where" and len(args) == 3:
        for other in names.arguments:
            for i, where in ((1, "True"), (2, "False")):
                given = changed(node, args=[*args[:i], name(other), *args[i + 1 :]])
                clause = f"with `{other}` as given where the condition of a choice is {where}"
                yield Edit(words.VARIABLE, 3, given, clause, place=args[i])


def of_an_attribute(node: ast.Attribute, parent: ast.AST | None, names: Names) -> Iterator[Edit]:
    own, what = node.attr, ""
    if isinstance(parent, ast.Call) and parent.func is node:
        what = _result(parent, names)
    for new, clause in _alike(own, what):
        yield Edit(words.FUNCTION, 1, changed(node, attr=new), clause)
    if own in ("T", "mT"):
        yield Edit(words.CALL, 1, node.value)
    if own in words.WEIGHTS:
        other, clause = words.WEIGHTS[own]
        yield Edit(words.FUNCTION, 1, ast.Attribute(changed(node, attr=other), "T", ast.Load()), clause)
        for axis, of in ((0, "columns"), (1, "rows")):
            length = then(node, "norm", dim=axis, keepdim=True)
            unit = ast.BinOp(node, ast.Div(), length)
            yield Edit(words.MISSING, 4, unit, f"with {of} of {own} of length 1")


def _along_other_axes(node: ast.Call, names: Names) -> Iterator[Edit]:
    """Another axis for the one that is given, or one where there could be one."""
    named = next((option.arg for option in node.keywords if option.arg in ("dim", "axis")), "")
    if not named and not (isinstance(node.func, ast.Attribute) and node.func.attr in words.ALONG_AN_AXIS):
        return
    args = node.args if named else []
    rest = [option for option in node.keywords if option.arg != named]
    for axis, along in words.AXES.items():
        option = [] if axis is None else [ast.keyword(named or "dim", number(axis))]
        said, rank = (words.OPTION, 1) if axis is None else (words.AXIS, 0 if named else 1)
        clause = f"when {_result(node, names)} runs {along}"
        yield Edit(said, rank, ast.Call(node.func, args, [*rest, *option]), clause)


def _result(call: ast.Call, names: Names) -> str:
    """What a call gives, such as "the mean of `acts`"."""
    held, own = names.within(call), name_of(call)
    return words.RESULTS.get(own, f"`{own}`") + (held and f" of {held}")


def _alike(own: str, what: str) -> Iterator[tuple[str, str]]:
    """Names that are taken for another, each with a clause where what is called gives something."""
    for new in dict.fromkeys(new for group in words.ALIKE if own in group for new in group if new != own):
        clause = words.IN_PLACE.get(new, f"with {words.RESULTS.get(new, f'`{new}`')} in place of {what}")
        told = what and (new != "sum" or own == "mean")  # a mean of as many is told in its place
        yield new, clause if told else ""
