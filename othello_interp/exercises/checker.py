"""What students call: check, hint, solution, progress.

None of them raises on a student's error, or for want of something on the machine; each shows a panel.
"""

import inspect
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import Any

from othello_interp.errors import OthelloInterpError
from othello_interp.exercises.calling.call import run_cases
from othello_interp.exercises.judging.answer_key import AnswerKey, load_reference
from othello_interp.exercises.judging.judge import Verdict, judge
from othello_interp.exercises.records import Exercise
from othello_interp.exercises.repair.nearly import nearly_right
from othello_interp.exercises.showing import messages
from othello_interp.exercises.showing.board_picture import two_boards
from othello_interp.exercises.showing.panel import (
    Panel,
    Table,
    show,
    show_panel,
    table_as_html,
    table_as_text,
)
from othello_interp.exercises.showing.progress_file import (
    Entry,
    checked,
    progress_path,
    read_progress,
    update_progress,
)
from othello_interp.exercises.status import Status

SEED = 0
_told: set[str] = set()  # what has been said about the progress file
KINDS = {
    Status.PASSED: "good",
    Status.NOT_ATTEMPTED: "quiet",
    Status.OPEN: "quiet",
    Status.INTERRUPTED: "quiet",
    Status.ABSENT: "info",
}


def exercises() -> dict[str, Exercise]:
    """The exercises of the course by id (tests put a small course in its place)."""
    from othello_interp.exercises import EXERCISES

    return EXERCISES


@lru_cache(maxsize=64)
def answer_key(exercise: Exercise, seed: int = SEED) -> AnswerKey:
    """The answer key of an exercise, kept so that a second check costs the student's own time only."""
    return AnswerKey(exercise, seed)


def verdict(exercise: Exercise, fn: Any, seed: int = SEED) -> Verdict:
    """The verdict on a function. A fault of ours (no solutions, a faulty record) is a verdict too."""
    try:
        key = answer_key(exercise, seed)
        if exercise.score is None:  # before the student's code runs: a reference must not meet what it leaves
            _ = key.expected
        judged = judge(key, run_cases(fn, key.cases, exercise.time_limit))
        return _with_repair(judged, key, fn)
    except Exception as error:
        text = str(error) if isinstance(error, OthelloInterpError) else f"{type(error).__name__}: {error}"
        return Verdict(exercise.id, Status.BROKEN, message=messages.BROKEN.format(error=text))


def _with_repair(judged: Verdict, key: AnswerKey, fn: Any) -> Verdict:
    """The verdict, and where nothing explains it the place of one change that makes the function right."""
    unexplained = judged.status in (Status.WRONG, Status.RAISED) and not judged.mistake and not judged.slip
    if not unexplained or key.exercise.score is not None:
        return judged
    slip = nearly_right(key, fn)
    return replace(judged, message=slip, slip=slip, notes=(judged.message, *judged.notes)) if slip else judged


def check(exercise: Any, fn: Any = None) -> None:
    """Check an answer and show what came of it: `check("2.1", logit_attribution)` or
    `check(logit_attribution)`.

    The function is called on several small inputs and its results are compared with those of the reference.
    """
    found = _find(exercise)
    if found is None:
        return
    result = verdict(found, exercise if callable(exercise) else fn)
    entry, note = _update(found.id, lambda entry: checked(entry, result.status))
    if note:
        result = replace(result, notes=(*result.notes, note))
    panel = check_panel(found, result, entry)
    about = {"othello_interp": {"exercise": found.id, "status": result.status}}
    show_panel(panel, about)


def check_panel(exercise: Exercise, result: Verdict, entry: Entry) -> Panel:
    """The panel for a verdict."""
    headline = messages.HEADLINES[result.status]
    tried = result.status in (Status.PASSED, Status.WRONG, Status.RAISED)
    aside = f"{result.passed} of {result.cases} {'case' if result.cases == 1 else 'cases'}" if tried else ""
    kind = KINDS.get(result.status, "bad")
    if 0 < result.share < 1:
        kind, headline = "part", messages.PARTLY
        aside = messages.PART.format(earned=result.share * exercise.points, points=exercise.points)
    rows = [("Tested", exercise.tests)] if tried else []
    if result.case and result.status in (Status.WRONG, Status.RAISED, Status.TIMED_OUT):
        rows.append(("Failed first on", result.case))
    blocks = [("In your code", result.traceback)] if result.traceback else []
    if result.printed and result.status != Status.PASSED:
        blocks.append(("Printed by your function", result.printed))
    picture = two_boards(*result.boards) if result.boards else ""
    return Panel(
        kind=kind, title=f"{headline}: {exercise.id} {exercise.title}",
        aside=aside, message=result.message, notes=result.notes, rows=tuple(rows), blocks=tuple(blocks),
        picture=picture, footer=_what_next(exercise, result, entry),
    )  # fmt: skip


def _what_next(exercise: Exercise, result: Verdict, entry: Entry) -> str:
    if result.status == Status.PASSED:
        entries, _ = read_progress()
        ordered = list(exercises().values())
        place = next((i for i, other in enumerate(ordered) if other.id == exercise.id), 0)
        for other in ordered[place + 1 :] + ordered[:place]:
            if not other.open and entries.get(other.id, Entry()).status != Status.PASSED:
                return messages.NEXT.format(id=other.id, title=other.title)
        return messages.COURSE_DONE
    if result.status in (Status.BROKEN, Status.ABSENT, Status.INTERRUPTED, Status.OPEN):
        call = messages.CALL.format(id=exercise.id, function=exercise.function)
        return call if result.status == Status.ABSENT else ""
    if not exercise.hints:
        return messages.HINT_NONE.format(id=exercise.id)
    if entry.hints >= len(exercise.hints):
        return messages.SOLUTION_OFFER.format(id=exercise.id)
    return (messages.HINT_MORE if entry.hints else messages.HINT_OFFER).format(id=exercise.id)


def hint(exercise: Any) -> None:
    """Show one more hint each time: `hint("2.1")`."""
    found = _find(exercise)
    if found is None:
        return
    total = len(found.hints)

    def one_more(entry: Entry) -> Entry:
        return replace(entry, hints=min(entry.hints + 1, total))

    entry, note = _update(found.id, one_more)
    if not total:
        footer = messages.HINT_NONE
    else:
        footer = messages.HINT_MORE if entry.hints < total else messages.HINT_LAST
    panel = Panel(
        kind="info",
        title=f"Hints: {found.id} {found.title}",
        aside=f"{entry.hints} of {total}",
        rows=tuple((str(number), text) for number, text in enumerate(found.hints[: entry.hints], start=1)),
        notes=(note,) if note else (),
        footer=footer.format(id=found.id),
    )
    show_panel(panel)


def solution(exercise: Any) -> None:
    """Show the reference function of an exercise, and what one should see and why: `solution("2.1")`."""
    found = _find(exercise)
    if found is None:
        return
    parts = [f"**Solution: {found.id} {found.title}**"]
    if not found.open:
        try:
            source = inspect.getsource(load_reference(found)).rstrip()
        except Exception as error:  # no checkout, no file, or a damaged one
            panel = Panel("bad", f"No solution to show: {found.id} {found.title}", message=str(error))
            show_panel(panel)
            return
        parts.append(f"```python\n{source}\n```")
    if found.explanation:
        parts.append(inspect.cleandoc(found.explanation))

    def seen(entry: Entry) -> Entry:
        return replace(entry, solution=entry.solution or entry.status != Status.PASSED)

    _, note = _update(found.id, seen)
    text = "\n\n".join([*parts, *filter(None, [note])])
    show(text, markdown=text)


def progress() -> None:
    """Show how far you have come in the whole course."""
    entries, note = read_progress()
    course = exercises()
    rows: list[tuple[str, ...]] = [("", "Exercise", "Points", "Tries", "Hints")]
    notebook = ""
    for exercise in course.values():
        if exercise.notebook != notebook:
            notebook = exercise.notebook
            rows.append((f"Notebook {exercise.notebook_number}",))
        entry = entries.get(exercise.id, Entry())
        status = Status.OPEN if exercise.open else entry.status
        mark = messages.PROGRESS_MARKS.get(status, messages.PROGRESS_MARKS[Status.WRONG])
        hints = f"{entry.hints}, solution" if entry.solution else str(entry.hints or "")
        rows.append(
            (mark, f"{exercise.id} {exercise.title}", str(exercise.points), str(entry.tries or ""), hints)
        )
    passed = [e for e in course.values() if entries.get(e.id, Entry()).status == Status.PASSED]
    checkable = [e for e in course.values() if not e.open]
    title = messages.PROGRESS_TITLE.format(
        passed=len(passed), total=len(checkable), points=sum(e.points for e in passed),
        all_points=sum(e.points for e in checkable),
    )  # fmt: skip
    with suppress(OSError, RuntimeError):  # there is no home folder, and the note says so
        if progress_path().exists():
            note = f"{note} {messages.PROGRESS_KEPT.format(path=progress_path())}"
    table = Table(title, tuple(rows), note.strip())
    show(table_as_text(table), table_as_html(table))


def _update(exercise: str, change: Callable[[Entry], Entry]) -> tuple[Entry, str]:
    """`update_progress`, but what is wrong with the progress file is told once."""
    entry, note = update_progress(exercise, change)
    news = "" if note in _told else note
    _told.add(note)
    return entry, news


def _find(exercise: Any) -> Exercise | None:
    """The exercise meant by an id or a function; None, with a panel, if there is no such exercise."""
    course = exercises()
    if callable(exercise):
        name = getattr(exercise, "__name__", type(exercise).__name__)
        for candidate in course.values():
            if candidate.function == name:
                return candidate
        example = next(iter(course), "1.1")
        panel = Panel("info", messages.UNKNOWN_FUNCTION.format(name=name, example=example))
    else:
        if str(exercise) in course:
            return course[str(exercise)]
        panel = Panel("info", messages.UNKNOWN.format(id=exercise, ids=", ".join(course)))
    show_panel(panel)
    return None
