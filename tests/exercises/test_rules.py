"""Does each rule of the catalogue notice its fault? A sample course is complete, then broken in one place."""

import json

import catalogue_rules as rules
import pytest
import sample_course
import torch
from sample_course import NOTEBOOK, exercise

from othello_interp.authoring.completeness import (
    pieces_exist,
    record_is_full,
    strays,
    stub_and_reference_agree,
)
from othello_interp.errors import OthelloInterpError
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
        more = (checkout / "right",) if rule in (rules.it_is_complete, rules.right_answers_pass) else ()
        assert rule(exercise(), *more) == []


def missing_pieces(checkout, **changes):
    return pieces_exist(exercise(**changes), rules.places(checkout / "right"))


def test_missing_pieces_are_named(checkout):
    write_notebook(checkout, check=False)
    assert missing_pieces(checkout) == ["0 check cells in 09_sample.ipynb, expected one"]
    write_notebook(checkout, stub="def other(): pass")
    assert missing_pieces(checkout) == ["the stub cell does not define attribution"]
    write_notebook(checkout, stub="%magic of another language")
    assert missing_pieces(checkout) == ["the stub cell does not define attribution"]
    assert missing_pieces(checkout, id="9.8", function="other") == [
        "0 stub cells in 09_sample.ipynb, expected one",
        "0 check cells in 09_sample.ipynb, expected one",
        "no reference: solutions/09_sample.py defines no function other",
        "right_answers/exercise_9_8.py has 0 functions other__*, expected at least 3",
    ]
    assert missing_pieces(checkout, notebook="10_more") == ["there is no notebooks/10_more.ipynb"]
    assert missing_pieces(checkout, open=True) == ["0 answer cells in 09_sample.ipynb, expected one"]


def test_files_that_cannot_be_read_are_named(checkout):
    (checkout / "solutions" / f"{NOTEBOOK}.py").write_text("def attribution(:")
    with pytest.raises(OthelloInterpError, match=r"09_sample\.py can't be read as Python"):
        missing_pieces(checkout)
    (checkout / "notebooks" / f"{NOTEBOOK}.ipynb").write_text('{"cells": [3]}')
    with pytest.raises(OthelloInterpError, match=r"09_sample\.ipynb is not a notebook that can be read"):
        missing_pieces(checkout)


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
    assert any(words in text for text in stub_and_reference_agree(exercise(), rules.places()))


def test_a_stub_that_is_no_stub_is_named(checkout):
    write_notebook(checkout, stub=STUB.replace("raise NotImplementedError", "return 1.0"))
    assert rules.the_stub_is_not_attempted(exercise())[0].startswith("the stub is wrong")


def test_inputs_in_another_order_are_named(checkout):
    swapped = exercise(cases=lambda seed: [Case("a", {"W_U": torch.ones(5, 61), "w_out": torch.ones(5)})])
    assert "the function takes ['w_out', 'W_U']" in rules.cases_follow_the_signature(swapped)[0]


def test_axes_of_one_size_are_named(checkout):
    square = [Case("a", {"x": torch.ones(3, 3)}), Case("b", {"x": [torch.ones(2, 3), torch.ones(5, 5)]})]
    assert rules.axes_differ(exercise(cases=lambda seed: square)) != []
    boards = [Case("a", {"x": torch.ones(3, 8, 8)})]
    assert rules.axes_differ(exercise(cases=lambda seed: boards)) == []


def test_a_reference_that_is_a_stub_is_named(checkout):
    (checkout / "solutions" / f"{NOTEBOOK}.py").write_text(STUB)
    assert stub_and_reference_agree(exercise(), rules.places()) == ["the reference is a stub itself"]


def test_too_few_hints_and_mistakes_are_named(checkout):
    def lacks(**changes):
        return record_is_full(exercise(**changes), rules.places())

    assert lacks(hints=("one",), mistakes=(), explanation="") == [
        "1 hints, expected at least 2",
        "0 known mistakes, expected at least 1",
        "no explanation of what one should see and why",
    ]
    assert lacks(hints=("a", "a")) == ["two hints are the same"]
    assert lacks(tests="TO DO") == ["the record's tests says TO DO"]


def test_strays_are_named(checkout):
    course = {"9.1": exercise()}
    assert list(strays(course, rules.places(checkout / "right"))) == []
    (checkout / "right" / "exercise_9_1.py").write_text(RIGHT + "def other__loop(): pass")
    (checkout / "right" / "exercise_9_5.py").write_text("")
    (checkout / "notebooks" / f"{NOTEBOOK}.ipynb").rename(checkout / "notebooks" / "08_other.ipynb")
    assert list(strays(course, rules.places(checkout / "right"))) == [
        "08_other.ipynb has a stub cell for 9.1, which is of 09_sample",
        "08_other.ipynb has a check cell for 9.1, which is of 09_sample",
        "right_answers/exercise_9_1.py: other__loop answers another exercise",
        "right_answers/exercise_9_5.py belongs to no exercise",
    ]
    assert "08_other.ipynb has a stub cell for 9.1, which has no record" in strays({}, rules.places())


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
    path.write_text("def attribution__one(w_out, W_U):\n    return 1.0\n")
    rules._module.cache_clear()
    few = missing_pieces(checkout)
    assert few == ["right_answers/exercise_9_1.py has 1 functions attribution__*, expected at least 3"]
    failed, *_ = rules.right_answers_pass(exercise(), checkout / "right")
    assert failed.startswith("attribution__one with seed 0 is wrong on 'size 5': Your result has shape ()")
