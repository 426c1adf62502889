"""Does each rule of the catalogue notice its fault? A sample course is complete, then broken in one place."""

import json

import catalogue_rules as rules
import pytest
import sample_course
import torch
from sample_course import NOTEBOOK, exercise

from othello_interp.exercises.records import Case, Mistake

STUB = '''def attribution(w_out: Tensor, W_U: Tensor) -> Tensor:
    """Attribution on the board."""
    raise NotImplementedError'''

RIGHT = """
from sample_course import board


def attribution__short(w_out, W_U):
    return board((w_out @ W_U)[1:])


def attribution__loop(w_out, W_U):
    return board(sum(w * row for w, row in zip(w_out, W_U, strict=True))[1:])


def attribution__double(w_out, W_U):
    return board((w_out @ W_U)[1:]).double()
"""


def write_notebook(root, stub=STUB, check=True):
    def cell(source, role):
        return {"source": [source], "metadata": {"othello_interp": {"exercise": "9.1", "role": role}}}

    found = [{"source": ["# Title"], "metadata": {}}, cell(stub, "stub")]
    found += [cell('check("9.1", attribution)', "check")] if check else []
    (root / "notebooks" / f"{NOTEBOOK}.ipynb").write_text(json.dumps({"cells": found}))


@pytest.fixture
def checkout(course, tmp_path, monkeypatch):
    """A checkout with all the pieces of exercise 9.1."""
    monkeypatch.setenv("OTHELLO_INTERP_ROOT", str(tmp_path))
    monkeypatch.delenv("OTHELLO_INTERP_SOLUTIONS")
    (tmp_path / "notebooks").mkdir()
    write_notebook(tmp_path)
    (tmp_path / "right").mkdir()
    (tmp_path / "right" / "exercise_9_1.py").write_text(RIGHT)
    rules._module.cache_clear()
    return tmp_path


def test_a_complete_exercise_breaks_no_rule(checkout):
    for rule in rules.RULES:
        more = (checkout / "right",) if rule is rules.right_answers_pass else ()
        assert rule(exercise(), *more) == []


def test_missing_pieces_are_named(checkout):
    write_notebook(checkout, check=False)
    assert rules.nothing_is_missing(exercise()) == ["0 check cells in 09_sample.ipynb, expected one"]
    write_notebook(checkout, stub="def other(): pass")
    assert rules.nothing_is_missing(exercise()) == ["the stub cell does not define attribution"]
    missing = rules.nothing_is_missing(exercise(id="9.8", function="other"))
    assert missing == [
        "0 stub cells in 09_sample.ipynb, expected one",
        "0 check cells in 09_sample.ipynb, expected one",
        "exercise 9.8: 09_sample.py defines no function 'other'",
    ]
    assert rules.nothing_is_missing(exercise(notebook="10_more")) == ["there is no notebooks/10_more.ipynb"]
    (checkout / "solutions" / f"{NOTEBOOK}.py").unlink()
    write_notebook(checkout)
    assert "there is no 09_sample.py" in rules.nothing_is_missing(exercise())[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("W_U: Tensor)", "unembedding: Tensor)"), "arguments differ"),
        (("W_U: Tensor)", "W_U)"), "arguments differ"),
        (("-> Tensor", "-> float"), "return types differ"),
        (("Attribution", "Contribution"), "docstrings differ"),
        (("raise NotImplementedError", "return w_out"), "the stub's body is ['return w_out']"),
        (("raise NotImplementedError", "x = 3\n    raise NotImplementedError"), "the stub's body is"),
        (('    """Attribution on the board."""\n', ""), "the stub has no docstring"),
        (("def", "@torch.no_grad()\ndef"), "the stub has a decorator"),
    ],
)
def test_a_stub_unlike_its_reference_is_named(checkout, change, words):
    write_notebook(checkout, stub=STUB.replace(*change))
    assert any(words in text for text in rules.stub_and_reference_agree(exercise()))


def test_a_stub_that_is_no_stub_is_named(checkout):
    write_notebook(checkout, stub=STUB.replace("raise NotImplementedError", "return None"))
    assert rules.the_stub_is_not_attempted(exercise())[0].startswith("the stub is wrong")


def test_inputs_in_another_order_are_named(checkout):
    swapped = exercise(cases=lambda seed: [Case("a", {"W_U": torch.ones(5, 61), "w_out": torch.ones(5)})])
    assert "the function takes ['w_out', 'W_U']" in rules.cases_follow_the_signature(swapped)[0]


def test_axes_of_one_size_are_named(checkout):
    square = [Case("a", {"x": torch.ones(3, 3)}), Case("b", {"x": [torch.ones(2, 3), torch.ones(5, 5)]})]
    assert rules.axes_differ(exercise(cases=lambda seed: square)) != []
    boards = [Case("a", {"x": torch.ones(3, 8, 8)})]
    assert rules.axes_differ(exercise(cases=lambda seed: boards)) == []


def test_too_few_hints_and_mistakes_are_named(checkout):
    assert rules.hints_and_mistakes_suffice(exercise(hints=("one",), mistakes=(), explanation="")) == [
        "1 hints, expected at least 2",
        "0 known mistakes, expected at least 4",
        "no explanation of what one should see and why",
    ]
    assert rules.hints_and_mistakes_suffice(exercise(hints=("a", "a"))) == ["two hints are the same"]


def test_a_reference_that_fails_is_named(checkout):
    (checkout / "solutions" / f"{NOTEBOOK}.py").write_text("def attribution(w_out, W_U):\n    return 1 / 0\n")
    assert "the reference is broken with seed 0" in rules.the_reference_passes(exercise(title="Other"))[0]


def test_mistakes_that_cannot_be_told_apart_are_named(checkout):
    first = exercise().mistakes[0]
    same = Mistake("same", lambda w_out, W_U: first.fn(w_out, W_U) * 1.0, "Another message.")
    fine = Mistake("fine", lambda w_out, W_U: sample_course.board((w_out @ W_U)[1:]), "Not wrong at all.")
    wrong = rules.mistakes_are_told_apart(exercise(mistakes=(first, same, fine)))
    assert wrong[:2] == [
        "mistake same with seed 0 is taken for: mistake kept_pass",
        "mistake fine passes with seed 0",
    ]


def test_right_answers_that_are_few_or_fail_are_named(checkout):
    path = checkout / "right" / "exercise_9_1.py"
    path.write_text("def attribution__nothing(w_out, W_U):\n    return None\n")
    rules._module.cache_clear()
    few, failed, *_ = rules.right_answers_pass(exercise(), checkout / "right")
    assert few == "right_answers/exercise_9_1.py has 1 functions attribution__*, expected at least 3"
    assert failed.startswith(
        "attribution__nothing with seed 0 is wrong on 'size 5': Your function returned nothing"
    )
