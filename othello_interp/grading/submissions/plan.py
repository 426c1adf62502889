"""Which cells of a submitted notebook to run, in which order, and which of them answers which exercise.

The course's own cells have been run beforehand, from the grader's copy, whatever became of the student's;
checks and the cell that installs the course are left out; everything else is run. A cell's place is known by
its id, its metadata, or its text.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from othello_interp.exercises.records import Question
from othello_interp.grading.submissions.needed import given_needed
from othello_interp.grading.submissions.notebook_file import Cell, Notebook, definitions, given_cells
from othello_interp.grading.submissions.words import find_words


@dataclass(frozen=True)
class Step:
    """A cell to run.

    Attributes:
        label: what to call it in messages: "cell 7" as the student counts.
        functions: functions of exercises to look for when it has run.
        before: source of the student's cell above, if this one begins as the rest of a function does.
    """

    label: str
    source: str
    functions: tuple[str, ...] = ()
    before: str = ""


@dataclass
class Plan:
    """What to run for one notebook, answers in words by exercise, and remarks for the student.

    Attributes:
        given: how many of the course's own cells the steps need.
    """

    steps: list[Step] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    given: int = 0


def make_plan(submitted: Notebook, master: Notebook, exercises: Sequence[Question]) -> Plan:
    """The plan for a submitted notebook, given the course's copy of it and its exercises."""
    plan = Plan(remarks=list(submitted.remarks))
    given_sources = tuple(cell.source for cell in given_cells(master))
    given = {_normal(source) for source in given_sources}
    checks = {_normal(cell.source) for cell in master.cells if cell.role in ("check", "install")}
    originals = {cell.id: cell for cell in master.cells if cell.id}
    plan.words, remarks = find_words(submitted, master, exercises)
    plan.remarks += remarks
    previous = ""
    for number, cell in enumerate(submitted.cells, start=1):
        if "answer" in (cell.role, originals.get(cell.id, cell).role):
            continue
        source = _code(cell, number, exercises, plan)
        if source is None or _normal(source) in checks:
            continue
        if _normal(source) not in given:
            before = previous if source.lstrip("\n")[:1] in (" ", "\t") else ""
            plan.steps.append(Step(f"cell {number}", source, _functions(cell, source, exercises), before))
        previous = source
    plan.given = given_needed([step.source for step in plan.steps], given_sources)
    _remark_on_stubs(plan, exercises)
    return plan


def _normal(source: str) -> str:
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def _code(cell: Cell, number: int, exercises: Sequence[Question], plan: Plan) -> str | None:
    """The cell's code, also where it was turned into text by mistake and only its tag shows that."""
    if cell.kind == "code":
        return cell.source
    named = {exercise.function for exercise in exercises} & definitions(cell.source)
    answers = cell.role == "stub" or (cell.kind == "raw" and named)
    if not answers:
        return None
    plan.remarks.append(f"Cell {number} had been turned into a {cell.kind} cell; it was run as code.")
    source = cell.source.strip()
    if source.startswith("```"):
        source = "\n".join(line for line in source.splitlines() if not line.startswith("```"))
    return source


def _functions(cell: Cell, source: str, exercises: Sequence[Question]) -> tuple[str, ...]:
    """The functions to look for when this cell has run: the tagged one alone if the cell has a tag and
    names no other."""
    named = tuple(exercise.function for exercise in exercises if exercise.function)
    tagged = tuple(
        e.function for e in exercises if e.id == cell.exercise and cell.role == "stub" and e.function
    )
    others = definitions(source) & set(named) - set(tagged)
    return named if others or not tagged else tagged


def _remark_on_stubs(plan: Plan, exercises: Sequence[Question]) -> None:
    counts = Counter(name for step in plan.steps for name in definitions(step.source))
    plan.remarks += [
        f"`{exercise.function}` is defined in {counts[exercise.function]} cells; "
        "the last one that is more than a stub was taken."
        for exercise in exercises
        if exercise.function and counts[exercise.function] > 1
    ]
