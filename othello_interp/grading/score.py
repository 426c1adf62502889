"""From what a submission's functions returned to points and words. Trusts no outcome."""

from dataclasses import dataclass, field

from othello_interp.exercises.calling.plain import Outcome
from othello_interp.exercises.judging.answer_key import AnswerKey
from othello_interp.exercises.judging.judge import Verdict, judge
from othello_interp.exercises.status import Status
from othello_interp.grading.running.job import NotebookRun
from othello_interp.grading.standing import Standing
from othello_interp.grading.submissions.paper import Paper

OPEN_ANSWERS = "open answers to read"
MAX_REASONS = 10  # of one kind


@dataclass
class ExerciseResult:
    """One exercise of one student. `points` is None where nothing could be graded: the notebook is missing or
    unreadable, or a person has to read the answer."""

    exercise: str
    status: str
    points: float | None
    message: str = ""
    notes: list[str] = field(default_factory=list)
    mistake: str = ""
    traceback: str = ""
    passed: int = 0
    cases: int = 0
    words: str = ""


@dataclass
class Result:
    """Everything about one student's submission, as it is kept on disk.

    Attributes:
        total: points, None if some notebook could not be read.
        problems: what could not be read or is missing, a line each.
        remarks: what was ignored, put right or left out, by notebook.
        look: why a person should have a look, a line each.
        seconds, cpu, memory: wall time, processor time, and the most that a child held by itself in bytes.
        shingles: hashes of the student's own code, to find near-identical submissions.
    """

    student: str
    id: str
    key: str
    digest: str
    status: Standing
    total: float | None
    exercises: dict[str, ExerciseResult]
    problems: list[str] = field(default_factory=list)
    remarks: dict[str, list[str]] = field(default_factory=dict)
    look: list[str] = field(default_factory=list)
    seconds: float = 0.0
    cpu: float = 0.0
    memory: int = 0
    shingles: list[int] = field(default_factory=list)
    email: str = ""


def score_exercise(key: AnswerKey, outcomes: list[Outcome], words: str) -> ExerciseResult:
    """The result of one exercise that was handed in. Fails closed: no outcome, no points."""
    exercise = key.exercise.id
    if key.exercise.open:
        status = Status.OPEN if words else Status.NOT_ATTEMPTED
        message = "A person will read your answer." if words else "No answer was found."
        return ExerciseResult(exercise, status, None if words else 0.0, message, words=words)
    try:
        verdict = judge(key, outcomes)
    except Exception as error:  # an answer of a kind that the comparison had not foreseen
        verdict = Verdict(
            exercise, Status.WRONG, message=f"The answer can't be compared ({type(error).__name__})."
        )
    return ExerciseResult(
        exercise,
        verdict.status,
        round(verdict.share * key.exercise.points, 2),
        _message(verdict, outcomes, key.exercise.function),
        list(verdict.notes),
        verdict.mistake,
        verdict.traceback,
        verdict.passed,
        verdict.cases,
        words,
    )


def _message(verdict: Verdict, outcomes: list[Outcome], function: str) -> str:
    """What the check says, but where it speaks of calling check()."""
    if verdict.status == Status.ABSENT:
        return f"The notebook defines no function `{function}`."
    if verdict.status == Status.LOST and outcomes and outcomes[-1].error:
        return f"Your function gave no result. {outcomes[-1].error}"
    return verdict.message


def reasons_to_look(result: Result, paper: Paper, runs: dict[str, NotebookRun]) -> list[str]:
    """Why a person should have a look at a submission."""
    reasons = [*paper.doubts, *(f"{stem}: the code names the solutions" for stem in paper.cheats)]
    for stem, run in runs.items():
        reasons += [f"{stem}: {loss}" for loss in run.losses[:MAX_REASONS]]
    waiting = [item.exercise for item in result.exercises.values() if item.status == Status.OPEN]
    if waiting:
        reasons.append(f"{OPEN_ANSWERS}: {', '.join(waiting)}")
    if not result.status.has_total:
        reasons += result.problems[:MAX_REASONS]
    return reasons
