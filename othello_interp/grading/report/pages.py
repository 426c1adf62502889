"""The pages that people read: one of feedback for each student, and one report on the class."""

from collections import Counter
from statistics import median
from urllib.parse import quote

from othello_interp.exercises.records import Exercise
from othello_interp.exercises.showing.messages import HEADLINES
from othello_interp.exercises.status import Status
from othello_interp.grading.course import Course
from othello_interp.grading.report.lookalikes import lookalikes
from othello_interp.grading.report.page import bullets, histogram, number, page, prose, text
from othello_interp.grading.score import OPEN_ANSWERS, ExerciseResult, Result

HEADINGS = {**HEADLINES, Status.MISSING: "Not handed in", Status.OPEN: "Waiting for a person to read it"}


def feedback_page(course: Course, result: Result) -> str:
    """One student's page: points, what was wrong in the check's words, hints. No inputs or solutions."""
    of = sum(exercise.points for exercise in course.exercises.values())
    parts = [
        f'<h1><bdi>{text(result.student)}</bdi></h1><p class="soft">{text(course.name)}</p>',
        f'<p><span class="total">{number(result.total)}</span> <span class="soft">of {of:g} points, '
        f"{text(result.status.words)}</span></p>",
    ]
    if result.problems:
        parts.append(
            f'<div class="card bad"><b>Please look at this first</b>{bullets(result.problems)}</div>'
        )
    if result.remarks.get("files"):
        parts.append(f'<div class="card part">{bullets(result.remarks["files"])}</div>')
    for stem in course.stems:
        items = [result.exercises[exercise.id] for exercise in course.of_notebook(stem)]
        if all(item.status == Status.MISSING for item in items):
            continue
        parts.append(f"<h2>{text(stem)}</h2>")
        parts += [_exercise_card(course.exercises[item.exercise], item) for item in items]
        if result.remarks.get(stem):
            parts.append(
                "<details><summary>How this notebook was run</summary>"
                f"{bullets(result.remarks[stem])}</details>"
            )
    return page(f"{result.student}: {course.name}", "\n".join(parts))


def _exercise_card(exercise: Exercise, item: ExerciseResult) -> str:
    parts = [
        f'<div class="head"><span>{text(exercise.id)} {text(exercise.title)}</span>'
        f'<span class="points">{number(item.points)} / {exercise.points:g}</span></div>',
        f"<p><b>{text(HEADINGS.get(item.status, item.status))}.</b> {prose(item.message)}</p>",
    ]
    if item.words:
        parts.append(f"<pre>{text(item.words)}</pre>")
    parts.append(bullets(item.notes))
    if item.traceback:
        parts.append(f"<pre>{text(item.traceback)}</pre>")
    if 0 < item.passed < item.cases:
        parts.append(f'<p class="soft">Right on {item.passed} of {item.cases} cases.</p>')
    if item.status not in (Status.PASSED, Status.OPEN, Status.MISSING) and exercise.hints:
        inner = "".join(f"<li>{prose(hint)}</li>" for hint in exercise.hints)
        parts.append(f"<details><summary>Hints</summary><ol>{inner}</ol></details>")
    return f'<div class="card {_tone(exercise, item)}">{"".join(parts)}</div>'


def _tone(exercise: Exercise, item: ExerciseResult) -> str:
    if item.points is None:
        return "none"
    return "good" if item.points == exercise.points else "part" if item.points else "bad"


def class_page(course: Course, results: list[Result], failed: dict[str, str]) -> str:
    """The report on the class."""
    totals = [result.total for result in results if result.total is not None]
    of = sum(exercise.points for exercise in course.exercises.values())
    figures = {
        "submissions": len(results) + len(failed),
        "with a total": len(totals),
        "without a total": len(results) + len(failed) - len(totals),
        "median": f"{median(totals):g} / {of:g}" if totals else "–",
        "full marks": sum(total == of for total in totals),
    }
    boxes = "".join(
        f'<div class="figure"><b>{text(value)}</b>{text(name)}</div>' for name, value in figures.items()
    )
    parts = [
        f'<h1>{text(course.name)}: the class</h1><p class="soft">Grades as a table: '
        f'<a href="grades.csv">grades.csv</a>. For your eyes only: it names students.</p>',
        f'<div class="figures">{boxes}</div>',
        "<h2>Who needs a human look</h2>",
        _look_table(results, failed),
        "<h2>Points</h2>",
        histogram(totals, of) if totals and of else '<p class="soft">No totals yet.</p>',
        "<h2>Students and exercises</h2>",
        _picture(course, results),
        "<h2>Exercises and known mistakes</h2>",
        _exercise_table(course, results),
    ]
    return page(f"{course.name}: the class", "\n".join(parts))


def _link(result: Result) -> str:
    number_ = (
        f' <span class="soft">{text(result.id)}</span>'
        if result.id and result.id not in result.student
        else ""
    )
    return f'<a href="feedback/{quote(result.key)}.html"><bdi>{text(result.student)}</bdi></a>{number_}'


def _look_table(results: list[Result], failed: dict[str, str]) -> str:
    rows = []
    for result in results:
        reasons = [reason for reason in result.look if not reason.startswith(OPEN_ANSWERS)]
        if reasons:
            rows.append(f"<tr><td>{_link(result)}</td><td>{bullets(reasons)}</td></tr>")
    rows += [
        f"<tr><td>{_link(pair.first)}<br>{_link(pair.second)}</td>"
        f"<td>nearly identical code: {pair.share:.0%} of it is in both</td></tr>"
        for pair in lookalikes(results)
    ]
    rows += [
        f"<tr><td><bdi>{text(student)}</bdi></td><td>the grader's failure: {text(reason)}</td></tr>"
        for student, reason in failed.items()
    ]
    return (_table(["Student", "Why"], rows) if rows else '<p class="soft">Nobody.</p>') + _open_answers(
        results
    )


def _open_answers(results: list[Result]) -> str:
    rows = [
        f"<tr><td>{_link(result)}</td><td>{text(item.exercise)}</td><td><pre>{text(item.words)}</pre></td></tr>"
        for result in results
        for item in result.exercises.values()
        if item.status == Status.OPEN
    ]
    if not rows:
        return ""
    table = _table(["Student", "Exercise", "Answer"], rows)
    return f"<details><summary>Answers in words, to read: {len(rows)}</summary>{table}</details>"


def _table(head: list[str], rows: list[str]) -> str:
    names = "".join(f"<th>{name}</th>" for name in head)
    return f'<div class="scroll"><table><thead><tr>{names}</tr></thead>{"".join(rows)}</table></div>'


def _picture(course: Course, results: list[Result]) -> str:
    head = "".join(
        f'<th title="{text(exercise.title)}">{text(exercise.id)}</th>'
        for exercise in course.exercises.values()
    )
    rows = []
    for result in results:
        marks = "".join(_mark(course.exercises[item.exercise], item) for item in result.exercises.values())
        rows.append(f'<tr><th>{_link(result)}</th><td class="number">{number(result.total)}</td>{marks}</tr>')
    legend = (
        '<p class="soft">✓ full points, ½ a part, ✗ wrong, ! raised, stopped or crashed, '
        "· not attempted, ? waiting for a person, blank: nothing to grade.</p>"
    )
    table = f"<thead><tr><th>Student</th><th>Total</th>{head}</tr></thead>{''.join(rows)}"
    return f'{legend}<div class="scroll picture"><table>{table}</table></div>'


def _mark(exercise: Exercise, item: ExerciseResult) -> str:
    share = (item.points or 0.0) / exercise.points
    if item.points is None:
        sign, colour = ("?", "#cfd8ea") if item.status == Status.OPEN else ("", "transparent")
    elif share == 1:
        sign, colour = "✓", "#8fd0a8"
    elif share > 0:
        sign, colour = "½", "#f0d28a"
    elif item.status in (Status.NOT_ATTEMPTED, Status.ABSENT):
        sign, colour = "·", "#e3e7ed"
    else:
        sign, colour = ("✗" if item.status == Status.WRONG else "!"), "#efa7a7"
    said = f"{HEADINGS.get(item.status, item.status)}: {number(item.points)} of {exercise.points:g}"
    return f'<td class="mark" style="background:{colour}" title="{text(said)}">{sign}</td>'


def _exercise_table(course: Course, results: list[Result]) -> str:
    rows = []
    for exercise in course.exercises.values():
        items = [result.exercises[exercise.id] for result in results if exercise.id in result.exercises]
        graded = [item.points for item in items if item.points is not None and not exercise.open]
        mean = f"{sum(graded) / len(graded) / exercise.points:.0%}" if graded else "–"
        statuses = Counter(item.status for item in items)
        counts = Counter(item.mistake for item in items if item.mistake)
        said = {mistake.key: mistake.message for mistake in exercise.mistakes}
        mistakes = [f"{count} × {said.get(key, key)}" for key, count in counts.most_common()]
        others = ", ".join(f"{count} {status}" for status, count in statuses.most_common())
        rows.append(
            f"<tr><td>{text(exercise.id)} {text(exercise.title)}</td>"
            f'<td class="number">{mean}</td><td>{text(others)}</td><td>{bullets(mistakes)}</td></tr>'
        )
    return _table(["Exercise", "Mean", "Outcomes", "Known mistakes"], rows)
