"""Which of a notebook's given cells have to be run: those that make something the submissions may need.

The rest would only draw pictures that nobody sees. Submissions are looked at as text, since the parent
parses none of their code; the course's own cells are read as Python. A variable that a submission assigns
itself counts as its own. A slip here costs no points, because answers are functions of their arguments; it
may cost a remark.
"""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass

from othello_interp.grading.submissions.notebook_file import Cell, Notebook

MAX_SOURCE = 200_000
NAME = r"[^\W\d]\w*"
STRINGS = re.compile(r'"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|#.*')
OWN = re.compile(
    rf"(?P<assigned>{NAME})\s*(?::[^=\n]*)?=(?!=)|\bfor\s+(?P<loop>[\w\s,()]+?)\s+in\b"
    rf"|\bdef\s+{NAME}\s*\((?P<arguments>[^)]*)\)|\blambda\s+(?P<lambdas>[^:]*):"
)


@dataclass(frozen=True)
class Mentioned:
    """Names in the submissions: all of them, and those that they don't make themselves."""

    every: frozenset[str]
    free: frozenset[str]


def mentioned(sources: Iterable[str]) -> Mentioned:
    """The names that submitted notebooks mention."""
    every, free = set(), set()
    for source in sources:
        text = STRINGS.sub(" ", source[:MAX_SOURCE])
        names = set(re.findall(rf"(?<![.\w]){NAME}", text))
        own = {
            word for match in OWN.finditer(text) for group in match.groups() for word in words(group or "")
        }
        every |= names
        free |= names - own
    return Mentioned(frozenset(every), frozenset(free))


def given_cells(master: Notebook) -> list[Cell]:
    """The code cells of a blank notebook that are neither stubs nor checks."""
    return [c for c in master.cells if c.kind == "code" and not c.role and c.source.strip()]


def words(source: str) -> set[str]:
    """Everything in a text that could be a name."""
    return set(re.findall(NAME, source))


def needed_cells(cells: list[Cell], names: Mentioned) -> list[Cell]:
    """The first cell, and in order those that make a name which is mentioned or which a needed cell needs.

    A cell that does not parse as Python (it holds magics) counts as needed.
    """
    imports, variables = set(names.every), set(names.free)
    needed = []
    for cell in reversed(cells):
        try:
            brought, made, used = _names(ast.parse(cell.source))
        except SyntaxError:
            brought, made, used = imports, variables, words(cell.source)
        if brought & imports or made & variables or cell is cells[0]:
            needed.append(cell)
            imports |= used
            variables |= used
    return needed[::-1]


def _names(tree: ast.Module) -> tuple[set[str], set[str], set[str]]:
    """Names that a cell imports or defines, names that it assigns or changes, and names that it uses."""
    brought, made, used = set(), set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else made).add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            brought.add(node.name)
        elif isinstance(node, ast.alias):
            brought.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            made |= {inner.id for inner in ast.walk(node.value) if isinstance(inner, ast.Name)}
    return brought, made, used
