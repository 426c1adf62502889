"""What does a student see, whatever they pass to check, hint, solution and progress?"""

import os
import subprocess
import sys
import time

import pytest
import torch
from sample_course import board

from othello_interp.exercises import checker
from othello_interp.exercises.showing import panel
from othello_interp.exercises.showing.progress_file import read_progress


def right(w_out, W_U):
    return board((w_out @ W_U)[1:])


def _stub(w_out, W_U):
    raise NotImplementedError


def attribution(w_out, W_U):
    return right(w_out, W_U)


@pytest.fixture
def said(course, capsys):
    """Calls a function of the checker and gives what was printed."""

    def call(fn, *args) -> str:
        fn(*args)
        return capsys.readouterr().out

    return call


def test_a_right_answer(said):
    text = said(checker.check, "9.1", right)
    assert text.startswith("Passed: 9.1 Attribution (2 of 2 cases)")
    assert "Tested: Random vectors of two sizes." in text
    assert "Next: 9.2 Weights" in text
    assert "hint" not in text


def test_a_function_alone_is_found_by_its_name(said):
    assert said(checker.check, attribution).startswith("Passed: 9.1 Attribution")
    assert "No exercise asks for a function called 'right'" in said(checker.check, right)


def test_a_known_mistake(said, course):
    text = said(checker.check, "9.1", course["9.1"].mistakes[0].fn)
    assert text.startswith("Partly right: 9.1 Attribution (2 of 4 points)")
    assert "You kept the pass." in text
    assert "you have" in text
    assert 'hint("9.1")' in text


def test_the_stub(said):
    text = said(checker.check, "9.1", _stub)
    assert text.startswith("Not attempted yet: 9.1 Attribution")
    assert read_progress()[0]["9.1"].tries == 0


def _prints(w_out, W_U):
    print("shape", tuple(w_out.shape))
    return W_U.no_such_thing


def test_an_error_shows_the_line_and_what_was_printed(said):
    text = said(checker.check, "9.1", _prints)
    assert "Your function raised an error" in text
    assert "AttributeError" in text
    assert "return W_U.no_such_thing" in text
    assert "shape (5,)" in text
    assert "othello_interp/exercises" not in text


@pytest.mark.parametrize("thing", [None, torch.ones(3), 7, "9.1", [right], type])
def test_anything_may_be_passed(said, thing):
    assert ": 9.1 Attribution" in said(checker.check, "9.1", thing)


@pytest.mark.parametrize("name", ["9.7", 9.7, None, "", [1]])
def test_any_id_may_be_asked_for(said, name):
    for fn in (checker.hint, checker.solution):
        assert "The exercises are: 9.1, 9.2, 9.3, 9.4, 10.1." in said(fn, name)
    assert "There is no exercise" in said(checker.check, name, right)


def test_a_number_is_taken_for_an_id(said):
    assert said(checker.check, 9.1, right).startswith("Passed: 9.1 Attribution")


def test_a_missing_function_says_how_to_call(said):
    text = said(checker.check, "9.1", torch.ones(3))
    assert "found a Tensor in place of a function" in text
    assert 'check("9.1", attribution)' in text


def test_open_exercises(said):
    assert "A person reads it" in said(checker.check, "10.1")


def test_missing_solutions_are_said_and_not_the_students_fault(said, tmp_path, monkeypatch):
    monkeypatch.setenv("OTHELLO_INTERP_SOLUTIONS", str(tmp_path / "nowhere"))
    text = said(checker.check, "9.1", right)
    assert "The check could not run" in text
    assert "This is not your fault." in text
    assert "OTHELLO_INTERP_SOLUTIONS" in text
    assert "OTHELLO_INTERP_SOLUTIONS" in said(checker.solution, "9.1")


def test_hints_come_one_by_one_and_stay(said):
    first, second, third, fourth = (said(checker.hint, "9.1") for _ in range(4))
    assert "1: The first of 61" in first
    assert "2:" not in first
    assert "one more hint" in first
    assert "1: The first of 61" in second
    assert "2: Use" in second
    assert 'solution("9.1")' in third
    assert fourth == third
    assert "There are no hints" in said(checker.hint, "9.3")


def test_after_the_last_hint_a_failed_check_offers_the_solution(said):
    assert 'hint("9.1")' in said(checker.check, "9.1", _prints)
    for _ in range(3):
        said(checker.hint, "9.1")
    assert 'solution("9.1")' in said(checker.check, "9.1", _prints)


def test_the_solution_shows_source_and_explanation(said):
    text = said(checker.solution, "9.1")
    assert "def attribution(w_out: Tensor, W_U: Tensor) -> Tensor:" in text
    assert "C0 is *boosted*." in text
    assert read_progress()[0]["9.1"].solution


def test_looking_after_passing_is_not_held_against_anyone(said):
    said(checker.check, "9.1", right)
    said(checker.solution, "9.1")
    assert not read_progress()[0]["9.1"].solution


def test_the_course_at_a_glance(said):
    said(checker.check, "9.1", _prints)
    said(checker.check, "9.1", right)
    said(checker.hint, "9.2")
    said(checker.check, "9.3", lambda acts, quantile: acts)
    said(checker.solution, "9.4")
    lines = said(checker.progress).splitlines()
    assert lines[0] == "1 of 4 exercises passed, 4 of 16 points"
    assert [line.split() for line in lines[2:9]] == [
        ["Notebook", "9"],
        ["\u2713", "9.1", "Attribution", "4", "2"],
        ["\u00b7", "9.2", "Weights", "4", "1"],
        ["\u2717", "9.3", "Top", "moves", "4", "1"],
        ["\u00b7", "9.4", "A", "word", "4", "0,", "solution"],
        ["Notebook", "10"],
        ["in", "words", "10.1", "In", "words", "4"],
    ]


def test_a_pass_stays_a_pass(said):
    said(checker.check, "9.1", right)
    said(checker.check, "9.1", _prints)
    assert read_progress()[0]["9.1"].status == "passed"
    assert read_progress()[0]["9.1"].tries == 1


def test_the_last_pass_says_so(said):
    for name, fn in [
        ("9.1", right),
        ("9.2", lambda model, layer, neuron: model.blocks[layer].mlp.W_out[neuron]),
        ("9.3", lambda acts, quantile: acts >= acts.quantile(quantile)),
        ("9.4", lambda letters: "abc"),
    ]:
        text = said(checker.check, name, fn)
    assert "you have passed them all" in text


def test_a_second_check_is_quick(said, course):
    said(checker.check, "9.1", right)
    start = time.process_time()
    said(checker.check, "9.1", course["9.1"].mistakes[3].fn)
    assert time.process_time() - start < 0.3


# -- on a poor machine ---------------------------------

STRANGER = """
import os, sys
sys.path.insert(0, sys.argv[1])
import sample_course
from othello_interp.exercises import checker
course = sample_course.course()
checker.exercises = lambda: course
from test_check import right
for name in ("check", "hint", "solution", "progress"):  # what is imported on the way, root may read
    getattr(checker, name)(*["9.1", right][: {"check": 2, "progress": 0}.get(name, 1)])
print("-----")
for name in ("HOME", "XDG_DATA_HOME", "OTHELLO_INTERP_PROGRESS"):
    os.environ.pop(name, None)
os.setgroups([])
os.setgid(54321)
os.setuid(54321)
checker.check("9.1", right)
checker.hint("9.1")
checker.solution("9.1")
checker.progress()
"""


@pytest.mark.skipif(getattr(os, "getuid", lambda: 1)() != 0, reason="only root can become somebody else")
def test_a_user_without_a_name_or_a_home(sample_solutions):
    """As in a container started with a user id of its own."""
    command = [sys.executable, "-c", STRANGER, os.path.dirname(__file__)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    text = result.stdout.split("-----")[1]
    assert text.strip().startswith("Passed: 9.1 Attribution (2 of 2 cases)")
    assert "could not be saved (there is no home folder)" in text
    assert "Hints: 9.1 Attribution (1 of 3)" in text
    assert "1 of 4 exercises passed" in text


def test_without_a_checkout_there_is_a_panel(said, monkeypatch, tmp_path):
    monkeypatch.delenv("OTHELLO_INTERP_SOLUTIONS")
    monkeypatch.setenv("OTHELLO_INTERP_ROOT", str(tmp_path / "nowhere"))
    text = said(checker.solution, "9.1")
    assert text.startswith("No solution to show: 9.1 Attribution")
    assert f"in {tmp_path / 'nowhere'}: it isn't a copy of the course" in text
    text = said(checker.check, "9.1", right)
    assert text.startswith("The check could not run: 9.1 Attribution")
    assert "This is not your fault. Neither data/ nor notebooks/ in" in text
    assert "0 of 4 exercises passed" in said(checker.progress)


def test_a_damaged_solution_is_a_panel(said, sample_solutions):
    for file in sample_solutions.glob("*.py"):
        file.write_text("def attribution(:")
    assert said(checker.solution, "9.1").startswith("No solution to show: 9.1 Attribution")


# -- in Jupyter ----------------------------------------


@pytest.fixture
def shown(course, monkeypatch):
    """What was displayed, as mime bundles with their metadata."""
    import IPython.display

    bundles = []
    monkeypatch.setattr("IPython.get_ipython", lambda: "a shell")
    monkeypatch.setattr(
        IPython.display, "display", lambda data, raw, metadata: bundles.append((data, metadata))
    )
    return bundles


def test_in_jupyter_a_panel_and_its_text_are_displayed(shown, capsys):
    checker.check("9.1", right)
    data, metadata = shown[0]
    assert data["text/plain"].startswith("Passed: 9.1 Attribution")
    assert data["text/html"].startswith("<div")
    assert metadata == {"othello_interp": {"exercise": "9.1", "status": "passed"}}
    assert capsys.readouterr().out == ""


def test_student_text_cannot_become_html(shown):
    def evil(w_out, W_U):
        print("<script>alert(1)</script>")
        raise ValueError("<img src=x onerror=alert(2)> & `<b>`")

    checker.check("9.1", evil)
    checker.check("9.1", lambda w_out, W_U: {"<script>": 1})
    checker.check("<script>", evil)
    for data, _ in shown:
        assert "<script>" not in data["text/html"]
        assert "<img" not in data["text/html"]
        assert "<b>`" not in data["text/html"]
    assert "&lt;script&gt;" in shown[0][0]["text/html"]


def test_boards_are_drawn_side_by_side(shown):
    checker.check("9.1", lambda w_out, W_U: right(w_out, W_U).T)
    html = shown[0][0]["text/html"]
    assert html.count("<svg") == 2
    assert html.count("<rect") == 128
    assert "<title>C0: " in html


def test_only_a_few_wrong_squares_are_outlined(shown):
    def one_wrong(w_out, W_U):
        out = right(w_out, W_U)
        out[2, 0] += 1
        return out

    checker.check("9.1", one_wrong)
    checker.check("9.1", lambda w_out, W_U: right(w_out, W_U) + torch.arange(8))
    assert shown[0][0]["text/html"].count("--jp-warn-color1") == 1
    assert shown[1][0]["text/html"].count("--jp-warn-color1") == 0


def test_progress_and_hints_are_html_and_the_solution_markdown(shown):
    checker.progress()
    checker.hint("9.1")
    checker.solution("9.1")
    assert "<table" in shown[0][0]["text/html"]
    assert "```python\ndef attribution" in shown[2][0]["text/markdown"]


def test_code_is_set_as_code():
    html = panel.as_html(panel.Panel("info", "t", message="use `a < b` and `c`"))
    assert ">a &lt; b</code> and <code" in html
