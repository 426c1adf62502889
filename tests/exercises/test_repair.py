"""Is the place found that one change would make right, and nothing touched on the way?"""

import ast
import inspect
import itertools
import linecache
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from test_slips import CHEAP, key

from othello_interp.exercises.changes.edit import Names
from othello_interp.exercises.changes.edits import edits
from othello_interp.exercises.changes.words import COMPARISON, JOINED, OPERATOR, ORDER, SIDES
from othello_interp.exercises.checker import verdict
from othello_interp.exercises.code import compiled, parsed, replaced
from othello_interp.exercises.judging.answer_key import AnswerKey, load_reference
from othello_interp.exercises.repair import nearly
from othello_interp.exercises.repair.nearly import nearly_right
from othello_interp.exercises.status import Status

calls = []
CAN_BE_UNDONE = {COMPARISON, JOINED, OPERATOR, ORDER, SIDES}  # by another of their kind


@pytest.fixture(autouse=True)
def time_for_all_changes(monkeypatch):
    """What is tried may not depend on how busy the machine is."""
    monkeypatch.setattr(nearly, "MOST_SECONDS", float("inf"))


# -- answers with one slip, as students write them -------


def integer_division(a, b):
    n = a[0] + b[0]
    if n == 0:
        return a
    delta = b[1] - a[1]
    mean = a[1] + delta * (b[0] // n)
    return n, mean, a[2] + b[2] + delta**2 * (a[0] * b[0] / n)


def or_for_and(a, b):
    if a[0] == 0 or b[0] == 0:
        return a
    n, delta = a[0] + b[0], b[1] - a[1]
    return n, a[1] + delta * b[0] / n, a[2] + b[2] + delta**2 * a[0] * b[0] / n


def against_all(holds, fails):
    every = holds + fails
    below = every.cumsum(-1) - every
    wins = (holds * (below + every / 2)).sum(-1)
    return wins / (holds.sum(-1) * every.sum(-1))


def places_for_ranks(p, rate):
    rank = p.argsort() + 1
    below = p <= rank * rate / len(p)
    return p <= p[below].max() if below.any() else below


def without_the_last_move(acts, squares, game, threshold):
    found = []
    for move in range(acts.shape[1] - 1):
        if acts[game, move] > threshold:
            found.append((move, "ABCDEFGH"[squares[game, move] // 8] + str(int(squares[game, move] % 8))))
    return found


def stops_after_one_move(acts, squares, game, threshold):
    found = []
    for move in range(acts.shape[1]):
        if acts[game, move] > threshold:
            found.append((move, "ABCDEFGH"[squares[game, move] // 8] + str(int(squares[game, move] % 8))))
        break
    return found


def the_quiet_moves(acts, squares, game, threshold):
    names = ["ABCDEFGH"[square // 8] + str(square % 8) for square in squares[game].tolist()]
    return [(move, names[move]) for move in range(acts.shape[1]) if not acts[game, move] > threshold]


@pytest.mark.parametrize(
    ("name", "fn", "code", "said"),
    [
        ("7.1", integer_division, "b[0] // n", "another operator is needed"),
        ("7.1", or_for_and, "a[0] == 0 or b[0] == 0", "the conditions are joined in the wrong way"),
        ("7.2", against_all, "holds + fails", "a part of this is too much"),
        ("4.1", stops_after_one_move, "break", "this is too much"),
        (
            "4.1",
            the_quiet_moves,
            "not acts[game, move] > threshold",
            "a sign or a negation is missing, or too much",
        ),
        ("7.5", places_for_ranks, "p.argsort()", "a step is missing"),
        ("4.1", without_the_last_move, "acts.shape[1] - 1", "a part of this is too much"),
    ],
)
def test_the_place_is_named(name, fn, code, said):
    text = nearly_right(key(name), fn)
    source, first = inspect.getsourcelines(fn)
    line = next(number for number, line in enumerate(source, start=first) if code in line)
    assert text == (f"One change makes your function right: in line {line}, at `{code}`, {said}.")


def wrong_axis(holds, fails):
    below = fails.cumsum(5) - fails
    return (holds * (below + fails / 2)).sum(-1) / (holds.sum(-1) * fails.sum(-1))


def test_an_error_has_a_place_too():
    found = verdict(key("7.2").exercise, wrong_axis)
    assert found.status == Status.RAISED
    assert found.message.endswith("at `fails.cumsum(5)`, it runs along the wrong axis.")
    assert found.notes[0].startswith("IndexError: ")
    assert found.slip == found.message


def test_the_line_is_that_of_the_cell():
    cell = "x = 1\n\ndef of_label(label):\n    '''Doc.'''\n    n = 8 * 'ABCDEFGH'.index(label[0])\n    " + (
        "n = n + int(label[1])\n    return n - sum(c <= n for c in (27, 28, 35, 36)) + 2\n"
    )
    linecache.cache["<cell 1>"] = (len(cell), None, cell.splitlines(keepends=True), "<cell 1>")
    space = {}
    exec(compile(cell, "<cell 1>", "exec"), space)
    assert "in line 7, at `2`, the number is another." in nearly_right(key("1.1"), space["of_label"])


# -- what is left alone ---------------------------------


def counts_its_calls(label):
    calls.append(label)
    square = 8 * "ABCDEFGH".index(label[0]) + int(label[1])
    return square - sum(centre < square for centre in (27, 28, 35, 36)) + 2


def draws(label):
    torch.nn.Module().show()
    return 1


def writes_around_it(label):
    calls[0] = label
    return 1


def declares(label):
    global calls
    calls = [label]
    return 1


@pytest.mark.parametrize("fn", [draws, writes_around_it, declares, lambda label: 1, len, 3, None])
def test_functions_that_do_more_than_work_out_a_value_are_left_alone(fn, monkeypatch):
    monkeypatch.setattr(nearly, "run_case", None)  # would raise
    assert nearly_right(key("1.1"), fn) == ""


def test_a_closure_is_left_alone(monkeypatch):
    kept = []

    def closure(label):
        kept.append(label)
        return 1

    monkeypatch.setattr(nearly, "run_case", None)
    assert nearly_right(key("1.1"), closure) == ""


def test_nothing_is_tried_where_no_time_limit_works():
    """On Windows, or in another thread, a change that never ends could not be cut off."""
    with ThreadPoolExecutor() as elsewhere:
        assert elsewhere.submit(nearly_right, key("7.1"), integer_division).result() == ""


def loops(label):
    square, count = 0, 0
    while square < 8 * "ABCDEFGH".index(label[0]) + int(label[1]):
        square += 1
        count += square not in (27, 28, 35, 36)
    return count + 1 if count > 3 else count


def test_changes_that_never_end_cost_little(monkeypatch):
    monkeypatch.setattr(nearly, "MOST_SECONDS", 1.0)
    start = time.process_time()
    nearly_right(key("1.1"), loops)
    assert time.process_time() - start < 4  # half a second for one that never ends, and the other cases


def test_the_students_function_stays_as_it_is():
    before = inspect.getsource(integer_division), integer_division.__code__
    nearly_right(key("7.1"), integer_division)
    assert (inspect.getsource(integer_division), integer_division.__code__) == before


# -- every claim is true --------------------------------


@pytest.mark.parametrize("name", CHEAP)
def test_what_is_said_of_a_changed_reference_is_true(name):
    """Each single change of a reference, where it makes it wrong, is undone by one change."""
    answers = key(name)
    reference = load_reference(answers.exercise)
    tree = parsed(reference)
    nodes = list(ast.walk(tree))
    parents = {child: node for node in nodes for child in ast.iter_child_nodes(node)}
    tried = found = 0
    for index, node in enumerate(nodes):
        undone = (
            edit for edit in edits(node, parents.get(node), Names([], [])) if edit.said in CAN_BE_UNDONE
        )
        for edit in itertools.islice(undone, 1):
            changed = ast.unparse(ast.fix_missing_locations(replaced(tree, {node: edit.new})))
            file = f"<changed {name} {index}>"
            linecache.cache[file] = (len(changed), None, changed.splitlines(keepends=True), file)
            space = dict(reference.__globals__)
            exec(compile(changed, file, "exec"), space)
            fn = space[reference.__name__]
            if verdict(answers.exercise, fn).status == Status.PASSED:
                continue
            tried += 1
            found += bool(nearly_right(answers, fn))
    assert found == tried


def test_a_change_must_hold_at_other_seeds(monkeypatch):
    """`> 0.5` for `> 0` can be right on the cases of one seed by chance."""
    seen = []
    right_at = nearly._is_right

    def spied(key: AnswerKey, case: int, fn) -> bool:
        seen.append(key.seed)
        return right_at(key, case, fn)

    monkeypatch.setattr(nearly, "_is_right", spied)
    assert nearly_right(key("7.1"), integer_division)
    assert set(seen) == {0, 1, 2}


def test_a_tree_becomes_the_function_again():
    tree = parsed(load_reference(key("1.1").exercise))
    assert compiled(tree, load_reference(key("1.1").exercise), {})("C0") == 17


def twice_less(x):
    return x - (x - 1)


def test_a_node_within_a_new_one_is_replaced_too_and_the_tree_stays():
    tree = parsed(twice_less)
    before = ast.dump(tree)
    differences = [node for node in ast.walk(tree) if isinstance(node, ast.BinOp)]
    news = {node: ast.BinOp(node.left, ast.Add(), node.right) for node in differences}
    assert compiled(replaced(tree, news), twice_less, {})(5) == 11
    assert ast.dump(tree) == before
