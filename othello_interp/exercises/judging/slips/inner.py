"""The reference with a value changed on its way to the result: "the squares of what is made of `acts`"."""

import ast
from collections.abc import Callable, Iterator
from typing import Any

from torch import Tensor

from othello_interp.exercises.calling.call import run_case
from othello_interp.exercises.judging.slips.mutants import compiled, parsed
from othello_interp.exercises.judging.slips.results import changed_results, of_its_kind
from othello_interp.exercises.records import Case

SEEN = "_value_on_the_way"


def changed_within(reference: Callable[..., Any], case: Case) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Clauses and functions. One call on `case` shows what values there are, and so what can be changed."""
    function = parsed(reference)
    if function is None:
        return
    watched = _Watched(function)
    watched.generic_visit(function)
    examples: dict[int, Any] = {}
    changes: dict[int, Callable[[Any], Any]] = {}

    def seen(number: int, value: Any) -> Any:
        examples.setdefault(number, value)
        return of_its_kind(value, changes[number]) if number in changes else value

    run = compiled(function, reference, {SEEN: seen})
    if run is None:
        return
    run_case(run, case)

    def with_one(number: int, change: Callable[[Any], Any]) -> Callable[..., Any]:
        def changed(**inputs: Any) -> Any:
            changes[number] = change
            try:
                return run(**inputs)
            finally:
                del changes[number]

        return changed

    for number, what in enumerate(watched.what):
        example = list(examples[number]) if type(examples.get(number)) is range else examples.get(number)
        if isinstance(example, Tensor | list | tuple | float):
            for phrase, change in changed_results(example, []):
                yield f"with {phrase.replace('{x}', what)} in its place", with_one(number, change)


class _Watched(ast.NodeTransformer):
    """Puts a call around every value on the way; `what` says of which arguments each is made."""

    def __init__(self, function: ast.FunctionDef) -> None:
        self.sources = {argument.arg: {argument.arg} for argument in function.args.args}
        self.what: list[str] = []

    def visit(self, node: ast.AST) -> Any:
        if isinstance(node, ast.keyword | ast.Slice):
            return node
        source = getattr(node, "value", None) or getattr(node, "iter", None)
        if isinstance(node, ast.Assign | ast.AugAssign | ast.For | ast.comprehension) and source:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in (leaf for target in targets for leaf in ast.walk(target)):
                if isinstance(name, ast.Name):
                    self.sources.setdefault(name.id, set()).update(self._held(source))
        if isinstance(node, ast.Return) and node.value:  # what is returned is changed elsewhere
            self.generic_visit(node.value)
            return node
        held = self._held(node)
        self.generic_visit(node)
        loaded = isinstance(getattr(node, "ctx", None), ast.Load)
        if not isinstance(node, ast.Call | ast.BinOp) and not (isinstance(node, ast.Subscript) and loaded):
            return node
        names = " and ".join(f"`{name}`" for name in held)
        self.what.append(f"what is made of {names}" if names else "a value on the way")
        call = ast.Call(ast.Name(SEEN, ast.Load()), [ast.Constant(len(self.what) - 1), node], [])
        return ast.copy_location(call, node)

    def _held(self, node: ast.AST) -> list[str]:
        names = {leaf.id for leaf in ast.walk(node) if isinstance(leaf, ast.Name)}
        return sorted(set().union(*(self.sources.get(name, set()) for name in names)))
