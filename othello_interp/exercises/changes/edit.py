"""What a single change of code is."""

import ast
from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """What to put in place of a node.

    Attributes:
        said: what is wrong at the place, if this makes a student's function right; "" where only a reference
            is changed in this way.
        rank: how early to try it.
        new: the node that takes its place.
        clause: goes on from "what comes out", if the reference with this gives a student's answer; "" where
            only students' functions are changed in this way.
        place: the node to show, if not the one that is replaced.
    """

    said: str
    rank: int
    new: ast.AST
    clause: str = ""
    place: ast.AST | None = None


@dataclass(frozen=True)
class Names:
    """What a function has: its arguments, and its variables with these."""

    arguments: list[str]
    variables: list[str]

    def within(self, node: ast.AST) -> str:
        """The arguments that a part of the function is about, such as "`acts` and `mask`"."""
        held = {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}
        return " and ".join(f"`{name}`" for name in self.arguments if name in held)
