"""Where one change makes a student's function right on every case."""

import ast
import time
import warnings
from functools import lru_cache
from pathlib import Path
from types import FunctionType
from typing import Any

from othello_interp.exercises.calling.call import run_case
from othello_interp.exercises.calling.stub import underlying
from othello_interp.exercises.calling.time_limit import can_limit
from othello_interp.exercises.changes.edit import Edit, Names
from othello_interp.exercises.changes.edits import edits
from othello_interp.exercises.code import compiled, parsed, replaced
from othello_interp.exercises.judging.answer_key import AnswerKey
from othello_interp.exercises.judging.compare import compare
from othello_interp.exercises.records import Exercise
from othello_interp.exercises.showing import messages
from othello_interp.exercises.status import Status

MOST_SECONDS = 2.0  # of processor time
LONGEST = 60  # letters of code in a message
OTHER_SEEDS = (1, 2)  # that a change must pass, too: on the cases of one seed it may fit by chance
#: What must not be done again and again, or in another way than the student meant.
SIDE_EFFECTS = "display exec eval input open save show system tqdm trange unlink write write_text"


def nearly_right(key: AnswerKey, fn: Any) -> str:
    """Where one change makes `fn` right on every case, and of what kind; an empty string if none does.

    The changed functions run in this process, on copies of the inputs, each for a moment at most; nothing is
    tried where a loop without end could not be cut off. Left alone is a function whose source can't be had,
    that reads what was made around it, or that does more than work out a value.
    """
    own = underlying(fn) if can_limit() else None
    function = parsed(fn) if own and not own.__closure__ else None
    if own is None or function is None or not _works_out_a_value(function):
        return ""
    with warnings.catch_warnings():  # of changed code, not of the student's
        warnings.simplefilter("ignore")
        found = _first_that_is_right(key, own, function)
    if found is None:
        return ""
    place, edit = found
    code = ast.unparse(place).split("\n")[0]
    code = code if len(code) <= LONGEST else f"{code[: LONGEST - 1]}…"
    return messages.NEARLY.format(
        line=own.__code__.co_firstlineno - 1 + place.lineno, code=code, said=edit.said
    )


def _first_that_is_right(
    key: AnswerKey, fn: FunctionType, function: ast.FunctionDef
) -> tuple[Any, Edit] | None:
    """The place of a change, and the change."""
    end = time.process_time() + MOST_SECONDS
    right = [_is_right(key, i, fn) for i in range(len(key.cases))]
    order = sorted(range(len(right)), key=lambda i: (right[i], key.expected[i].seconds))
    tried: set[str] = set()
    for node, edit in _all_edits(function):
        if time.process_time() > end:
            break
        changed = replaced(function, {node: edit.new})
        text = ast.dump(changed)
        made = compiled(changed, fn, {}) if text not in tried else None
        tried.add(text)
        if made and all(_is_right(key, i, made) for i in order) and _at_other_seeds(key, made):
            return edit.place or node, edit
    return None


def _is_right(key: AnswerKey, case: int, fn: Any) -> bool:
    exercise, expected = key.exercise, key.expected[case]
    limit = min(exercise.time_limit, 0.5 + 5 * expected.seconds)
    outcome = run_case(fn, key.cases[case], limit)
    if outcome.status != Status.RETURNED:
        return False
    return compare(outcome.value, expected.value, exercise.rtol, exercise.atol) is None


def _at_other_seeds(key: AnswerKey, fn: Any) -> bool:
    others = (_other_key(key.exercise, key.seed + more, key.solutions) for more in OTHER_SEEDS)
    return all(_is_right(other, i, fn) for other in others for i in range(len(other.cases)))


@lru_cache(maxsize=8)
def _other_key(exercise: Exercise, seed: int, solutions: Path | None) -> AnswerKey:
    return AnswerKey(exercise, seed, solutions)


def _works_out_a_value(function: ast.FunctionDef) -> bool:
    """Whether it changes nothing but its own variables, as far as its source tells."""
    nodes = list(ast.walk(function))
    own = _own(nodes)
    for node in nodes:
        if isinstance(node, ast.Global | ast.Nonlocal):
            return False
        if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            base: Any = node
            while isinstance(base, ast.Subscript | ast.Attribute):
                base = base.value
            if isinstance(base, ast.Name) and base.id not in own:
                return False
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in SIDE_EFFECTS.split():
                return False
    return True


def _all_edits(function: ast.FunctionDef) -> list[tuple[Any, Edit]]:
    """Nodes and their edits: what is likeliest first."""
    nodes = list(ast.walk(function))
    parents = {child: node for node in nodes for child in ast.iter_child_nodes(node)}
    names = Names([argument.arg for argument in function.args.args], sorted(_own(nodes)))
    found = [
        (node, edit)
        for node in nodes
        for edit in edits(node, parents.get(node), names)
        if edit.said and hasattr(edit.place or node, "lineno")
    ]
    return sorted(found, key=lambda item: item[1].rank)


def _own(nodes: list[ast.AST]) -> set[str]:
    """The variables of a function, its arguments among them."""
    stored = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return stored | {arg.arg for node in nodes if isinstance(node, ast.arguments) for arg in node.args}
