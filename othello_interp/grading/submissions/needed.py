"""How many of a notebook's given cells a student's code needs: it reads names that they bind, or it doesn't.

They are run in order, up to the last that binds or changes a name that is read. So what a student's code
finds under a name is the same however many more were run for somebody else.
"""

import ast
import re
import symtable
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

# Whoever reads one of these may look up any name.
ANY_NAME = frozenset(
    {"globals", "locals", "vars", "dir", "eval", "exec", "compile", "sys", "inspect", "importlib", "builtins"}
    | {"gc", "get_ipython", "In", "Out", "_", "__", "___", "__import__", "__builtins__", "__loader__"}
)
# Its own name space by another way, or a package whose parts are there if another cell has imported them.
BY_TEXT = re.compile(
    r"__main__|__globals__|__dict__|f_back|\b_i*\d|\b_[iod]h\b|\bimport\s+(?:othello_interp|plotly|scipy|sklearn)\b"
)
MAX_SOURCE = 50_000  # characters of a cell that is parsed
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


@dataclass(frozen=True)
class _Given:
    """The names that a given cell binds or changes, and those that its functions read when called."""

    touched: frozenset[str]
    read_later: frozenset[str]


def given_needed(sources: Sequence[str], given: tuple[str, ...]) -> int:
    """How many of the given cells have to be run before a student's cells; all where that can't be told.

    Args:
        sources: of the student's cells.
        given: sources of the given cells in order.
    """
    if any(len(source) > MAX_SOURCE or BY_TEXT.search(source) for source in sources):
        return len(given)
    try:
        cells = _analysed(given)
        read = set().union(*(_read_anywhere(source) for source in sources))
    except UNREADABLE:
        return len(given)
    if read & ANY_NAME:
        return len(given)
    while True:
        needed = [index for index, cell in enumerate(cells) if cell.touched & read]
        later = frozenset().union(*(cells[index].read_later for index in needed))
        if later <= read:
            return max(needed, default=-1) + 1
        read |= later


def _tables(table: symtable.SymbolTable) -> Iterable[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _tables(child)


def _read_anywhere(source: str) -> set[str]:
    """The global names that a cell or a function in it reads."""
    top = symtable.symtable(source, "cell", "exec")
    at_top = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_referenced()}
    added_to = {
        node.target.id
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
    }
    return at_top | added_to | _read_in_functions(top)


def _read_in_functions(top: symtable.SymbolTable) -> set[str]:
    return {
        symbol.get_name()
        for table in _tables(top)
        if table is not top
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (symbol.is_global() or table.get_type() == "class")
    }


@cache
def _analysed(given: tuple[str, ...]) -> tuple[_Given, ...]:
    """Where all of a name's bindings are the same import, the first alone counts."""
    trees = [ast.parse(source) for source in given]
    tops = [symtable.symtable(source, "cell", "exec") for source in given]
    bound = [_bound(top) for top in tops]
    imports = [_imports(tree) for tree in trees]
    known: dict[str, set[str]] = {}
    for names, imported in zip(bound, imports, strict=True):
        for name in names:
            known.setdefault(name, set()).add(imported.get(name, ""))
    same = {name for name, origins in known.items() if len(origins) == 1 and "" not in origins}
    cells: list[_Given] = []
    met: set[str] = set()
    for tree, top, names in zip(trees, tops, bound, strict=True):
        touched = (names | _changed(tree)) - same | (names & same - met)
        met |= names
        cells.append(_Given(frozenset(touched), frozenset(_read_in_functions(top))))
    return tuple(cells)


def _bound(top: symtable.SymbolTable) -> set[str]:
    names = {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}
    inside = {
        symbol.get_name()
        for table in _tables(top)
        for symbol in table.get_symbols()
        if symbol.is_declared_global() and symbol.is_assigned()
    }
    return names | inside


def _imports(tree: ast.Module) -> dict[str, str]:
    """What each name that a cell imports is."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                whole = f"{getattr(node, 'module', '')}:{alias.name}"
                found[alias.asname or alias.name.split(".")[0]] = whole
    return found


def _changed(tree: ast.Module) -> set[str]:
    """Names of what a cell may change in place: it stores into it, or calls a method and drops the result."""
    places: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            places.append(node)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            places.append(node.value.func)
    names = set()
    for place in places:
        while isinstance(place, ast.Attribute | ast.Subscript | ast.Call):
            place = place.func if isinstance(place, ast.Call) else place.value
        if isinstance(place, ast.Name):
            names.add(place.id)
    return names
