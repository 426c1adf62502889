"""Statements moved to another place."""

import ast
from collections.abc import Iterator
from typing import Any

from othello_interp.exercises.changes.edit import Edit
from othello_interp.exercises.changes.nodes import changed, without
from othello_interp.exercises.changes.words import MOVED


def moves(node: Any) -> Iterator[Edit]:
    """A statement into a loop that follows it, out of the loop that it ends, or behind the next statement."""
    body = node.body
    for i, loop in enumerate(body):
        if isinstance(loop, ast.For | ast.While):
            for j in range(i):
                for inner in _beginning_with(body[j], loop):
                    moved = without([*body[:i], inner, *body[i + 1 :]], j)
                    yield Edit(MOVED, 1, changed(node, body=moved), place=body[j])
            if len(loop.body) > 1:
                shorter, last = changed(loop, body=loop.body[:-1]), loop.body[-1]
                moved = [*body[:i], shorter, last, *body[i + 1 :]]
                yield Edit(MOVED, 1, changed(node, body=moved), place=last)
        if i + 1 < len(body):
            later = [*body[:i], body[i + 1], loop, *body[i + 2 :]]
            yield Edit(MOVED, 2, changed(node, body=later), place=loop)


def _beginning_with(first: ast.stmt, loop: Any) -> Iterator[Any]:
    """The loop, and each loop within it, beginning with a statement."""
    yield changed(loop, body=[first, *loop.body])
    for i, statement in enumerate(loop.body):
        if isinstance(statement, ast.For | ast.While):
            for inner in _beginning_with(first, statement):
                yield changed(loop, body=[*loop.body[:i], inner, *loop.body[i + 1 :]])
