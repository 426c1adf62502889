"""New nodes made of old ones, which stay as they are."""

import ast
import copy
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Any


def changed(node: Any, **fields: Any) -> Any:
    """The node with other values in some fields."""
    new = copy.copy(node)
    for name, value in fields.items():
        setattr(new, name, value)
    return new


def others(kinds: Iterable[Any], op: ast.AST) -> list[Any]:
    return [kind for kind in kinds if type(kind) is not type(op)]


def without(items: list[Any], i: int) -> list[Any]:
    return [*items[:i], *items[i + 1 :]]


def swaps(items: list[Any]) -> Iterator[list[Any]]:
    for i, j in combinations(range(len(items)), 2):
        swapped = list(items)
        swapped[i], swapped[j] = items[j], items[i]
        yield swapped


def name(of: str) -> ast.Name:
    return ast.Name(of, ast.Load())


def number(value: Any) -> ast.expr:
    negative = isinstance(value, int | float) and value < 0
    return ast.UnaryOp(ast.USub(), ast.Constant(-value)) if negative else ast.Constant(value)


def times(node: ast.expr, factor: ast.expr) -> ast.expr:
    return ast.BinOp(node, ast.Mult(), factor)


def then(node: ast.expr, step: str, *arguments: Any, **options: Any) -> ast.Call:
    """A call of a method."""
    keywords = [ast.keyword(option, number(value)) for option, value in options.items()]
    return ast.Call(ast.Attribute(node, step, ast.Load()), [number(x) for x in arguments], keywords)


def called(node: ast.AST, parent: ast.AST | None) -> bool:
    return isinstance(parent, ast.Call) and parent.func is node


def method_of(call: ast.Call) -> str:
    """The name of the method that is called, or an empty string: torch.sum(x) is no method of torch."""
    func = call.func
    if not isinstance(func, ast.Attribute) or isinstance(func.value, ast.Attribute):
        return ""
    return "" if getattr(func.value, "id", "") in ("torch", "utils", "np", "math") else func.attr
