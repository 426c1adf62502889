"""What is kept of a graded submission: how it can end, points, and why a person should look at it."""

from dataclasses import dataclass, field
from enum import StrEnum

from othello_interp.exercises.status import Status
from othello_interp.grading.running.job import NotebookRun
from othello_interp.grading.submissions.paper import Paper

OPEN_ANSWERS = "open answers to read"
MAX_REASONS = 10  # of one kind


class Standing(StrEnum):
    """What became of a submission as a whole."""

    GRADED = "graded"
    TO_READ = "answers to read"
    INCOMPLETE = "incomplete"
    NOTHING = "nothing handed in"
    PARTLY_UNREADABLE = "partly unreadable"
    UNREADABLE = "unreadable"
    FAILED = "grader failed"

    @property
    def words(self) -> str:
        """For the student's page, after their points."""
        return WORDS[self]

    @property
    def has_total(self) -> bool:
        """Whether the points add up to something: else a person has to look first."""
        return self in (Standing.GRADED, Standing.TO_READ, Standing.INCOMPLETE)


WORDS = {
    Standing.GRADED: "graded",
    Standing.TO_READ: "and an answer that a person has yet to read",
    Standing.INCOMPLETE: "a notebook is missing",
    Standing.NOTHING: "nothing to grade",
    Standing.PARTLY_UNREADABLE: "a file could not be read: no total yet",
    Standing.UNREADABLE: "nothing could be read",
    Standing.FAILED: "the grader could not deal with it: no total yet",
}


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


def total_of(exercises: dict[str, ExerciseResult], status: Standing) -> float | None:
    """The points together, if they add up to something."""
    total = sum((item.points or 0.0 for item in exercises.values()), 0.0)
    return round(total, 2) if status.has_total else None


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
