"""Feedback and class report: what students and submissions hold stays text in every field."""

from dataclasses import replace

import pytest
import small_course

from othello_interp.grading.report.class_report import class_page
from othello_interp.grading.report.feedback import feedback_page
from othello_interp.grading.score import ExerciseResult, Result, Standing

STATUSES = ("passed", "wrong", "raised", "not attempted", "open", "missing", "timed out")


def course_with(course, text: str):
    """The course, its own words replaced by a text."""
    exercises = {
        name: replace(
            exercise,
            title=text,
            hints=(text, text),
            mistakes=tuple(replace(mistake, message=text) for mistake in exercise.mistakes),
        )
        for name, exercise in course.exercises.items()
    }
    return replace(course, name=text, exercises=exercises)


def result_with(course, text: str, status: str, key: str = "key") -> Result:
    """A result in which every field that can hold a text holds this one."""
    items = {
        name: ExerciseResult(
            name,
            status,
            None if status in ("open", "missing") else 1.0,
            text,
            [text, text],
            text,
            text,
            1,
            2,
            text,
        )
        for name in course.exercises
    }
    return Result(
        student=text, id=text + " id", key=key, digest=text, status=Standing.GRADED, total=1.0,
        exercises=items,
        problems=[text], remarks={"files": [text], course.stems[0]: [text]}, look=[text],
        shingles=list(range(50)),
    )  # fmt: skip


@pytest.fixture(scope="module")
def course2(tmp_path_factory):
    """The small course with both notebooks."""
    return small_course.build(tmp_path_factory.mktemp("course"), notebooks=2)


@pytest.mark.parametrize("status", [*STATUSES[:-2], "timed out"])
def test_a_feedback_page_is_text_throughout(course2, stays_text, status):
    stays_text(lambda text: feedback_page(course_with(course2, text), result_with(course2, text, status)))


def test_the_class_report_is_text_throughout(course2, stays_text):
    def page(text: str) -> str:
        results = [
            result_with(course2, text, status, f"key-{number}") for number, status in enumerate(STATUSES)
        ]
        return class_page(course_with(course2, text), results, {text: text})

    stays_text(page)


def test_an_empty_class_has_a_page(course2):
    page = class_page(course2, [], {})
    assert "Nobody." in page
    assert "No totals yet." in page
    assert "Answers in words" not in page


def test_each_outcome_has_its_mark_and_meaning(course2):
    results = [result_with(course2, "x", status, status) for status in STATUSES]
    for result in results[:1]:
        result.exercises["1.1"].points = 2.0
    for result in results[1:3]:
        result.exercises["1.1"].points = 0.0
    results[3].exercises["1.1"].points = 0.0
    page = class_page(course2, results, {})
    for kind, said, sign in [
        ("full", "Passed: 2 of 2", "✓"),
        ("wrong", "Not right yet: 0 of 2", "✗"),
        ("stopped", "Your function raised an error: 0 of 2", "!"),
        ("none", "Not attempted yet: 0 of 2", "·"),
        ("open", "Waiting for a person to read it: – of 2", "?"),
        ("blank", "Not handed in: – of 2", ""),
        ("some", "Your function took too long: 1 of 2", "½"),
    ]:
        assert f'<td class="{kind}" title="{said}">{sign}</td>' in page


def test_what_scrolls_can_be_reached_with_the_keyboard(course2):
    results = [result_with(course2, "x", "open"), result_with(course2, "y", "wrong", "other")]
    for page in (class_page(course2, results, {}), feedback_page(course2, results[1])):
        assert "<pre>" not in page
        assert page.count('class="scroll') + page.count("<pre") == page.count('tabindex="0"')
        assert page.count("<th>") == 0
