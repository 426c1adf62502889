"""Is every exercise of the course complete, and does its check tell right from wrong?"""

import pytest
from catalogue_rules import RULES, places

from othello_interp.authoring.completeness import strays
from othello_interp.exercises import EXERCISES

CASES = [(name, rule) for name in EXERCISES for rule in RULES]


@pytest.mark.parametrize(("name", "rule"), CASES, ids=[f"{name}-{rule.__name__}" for name, rule in CASES])
def test_exercise(name, rule):
    wrong = rule(EXERCISES[name])
    assert not wrong, f"exercise {name}:\n  " + "\n  ".join(wrong)


def test_every_cell_and_right_answer_belongs_to_an_exercise():
    assert list(strays(EXERCISES, places())) == []
