"""Is every exercise of the course complete, and does its check tell right from wrong?

An exercise is one module of the catalogue, one reference function and one stub cell; these tests say which is
missing.
"""

import catalogue_rules
import pytest
from catalogue_rules import RULES

from othello_interp.exercises import EXERCISES
from othello_interp.storage.paths import notebooks

CASES = [(name, rule) for name in EXERCISES for rule in RULES]


@pytest.mark.parametrize(("name", "rule"), CASES, ids=[f"{name}-{rule.__name__}" for name, rule in CASES])
def test_exercise(name, rule):
    wrong = rule(EXERCISES[name])
    assert not wrong, f"exercise {name}:\n  " + "\n  ".join(wrong)


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)
def test_every_cell_belongs_to_an_exercise_of_its_notebook(path):
    for role in ("stub", "check", "answer"):
        for name in catalogue_rules.cells(path, role):
            assert name in EXERCISES, f"{path.name} has a {role} cell for {name}, which has no record"
            assert EXERCISES[name].notebook == path.stem


def test_right_answers_belong_to_an_exercise():
    functions = {catalogue_rules.right_answers_file(e): e.function for e in EXERCISES.values()}
    for path in catalogue_rules.RIGHT_ANSWERS.glob("*.py"):
        assert path in functions, f"{path.name} belongs to no exercise"
        for name in vars(catalogue_rules._module(path)):
            if "__" in name.strip("_"):
                assert name.split("__")[0] == functions[path], f"{path.name}: {name} doesn't answer it"
