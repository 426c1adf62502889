"""Grade one submission: read it, run it, score it. grade.py does so for a class."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from othello_interp.exercises.status import Status
from othello_interp.grading.course import Course, Exam, this_course
from othello_interp.grading.running.job import Job, NotebookRun
from othello_interp.grading.running.worker import Conditions, Worker
from othello_interp.grading.sandbox.limits import Limits
from othello_interp.grading.score import ExerciseResult, Result, reasons_to_look, score_exercise, shingles
from othello_interp.grading.standing import Standing
from othello_interp.grading.submissions.find import Submission, find_submissions
from othello_interp.grading.submissions.given import given_cells, mentioned, needed_cells
from othello_interp.grading.submissions.handed_in import File
from othello_interp.grading.submissions.notebook_file import Notebook
from othello_interp.grading.submissions.plan import Plan, make_plan
from othello_interp.grading.submissions.reading import read_files


@dataclass
class Paper:
    """A submission once it has been read: what to run, and what could not be read."""

    submission: Submission
    digest: str
    plans: dict[str, Plan] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)  # the student's own code, by notebook
    unreadable: bool = False
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)  # for a person who grades


class Grader:
    """Grades papers of one course with one secret seed. The parent's side: no submitted code runs in it."""

    def __init__(self, course: Course, seed: int | None = None) -> None:
        self.course = course
        self.exam = Exam(course, secrets.randbits(31) if seed is None else seed)
        self._tasks = {stem: self.exam.tasks(stem) for stem in course.stems}
        texts = [cell.source for notebook in course.masters.values() for cell in notebook.cells]
        self._common = frozenset(row for text in texts for row in shingles(text))

    def conditions(
        self, papers: list[Paper], limits: Limits, secret: list[Path], unsandboxed: bool = False
    ) -> Conditions:
        """What a worker has to know to run these papers."""
        from othello_interp.storage.paths import root

        names = mentioned(source for paper in papers for source in paper.sources.values())
        handed_in = {stem for paper in papers for stem in paper.plans}
        needed = {
            stem: needed_cells(given_cells(master), names)
            for stem, master in self.course.masters.items()
            if stem in handed_in
        }
        given = tuple(
            (stem, tuple((cell.id or str(n), cell.source) for n, cell in enumerate(cells)))
            for stem, cells in needed.items()
        )
        readable = [*self.course.readable, self.course.notebooks, root() / "notebooks"]
        return Conditions(
            limits,
            given,
            tuple((ref["kind"], ref["seed"]) for ref in self.exam.refs()),
            tuple(dict.fromkeys(str(path.resolve()) for path in readable)),
            tuple(str(path.resolve()) for path in [self.course.solutions, *secret]),
            unsandboxed,
        )

    def read(self, submission: Submission) -> Paper:
        """Read a submission's files. What is wrong with them is noted in the paper; nothing is raised."""
        reading = read_files(submission.found, self.course.masters, self.course.exercises)
        digest = hashlib.sha256(f"{self.course.fingerprint} {reading.digest}".encode()).hexdigest()
        paper = Paper(submission, digest, problems=reading.problems, remarks=reading.remarks)
        paper.doubts, paper.unreadable = reading.doubts, reading.unreadable
        for stem, candidate in reading.chosen.items():
            self._plan(paper, stem, candidate.file, candidate.notebook)
        return paper

    def _plan(self, paper: Paper, stem: str, file: File, notebook: Notebook) -> None:
        plan = make_plan(notebook, self.course.masters[stem], self.course.of_notebook(stem))
        if any(other in file.name for other in self.course.stems) and stem not in file.name:
            plan.remarks.insert(0, f"The file was called {file.name}; its exercises show that it is {stem}.")
        paper.plans[stem] = plan
        paper.sources[stem] = "\n".join(step.source for step in plan.steps)

    def job(self, paper: Paper) -> Job:
        return Job(
            paper.submission.shown,
            {stem: (plan.steps, self._tasks[stem]) for stem, plan in paper.plans.items()},
        )

    def result(self, paper: Paper, runs: dict[str, NotebookRun]) -> Result:
        """The result of a paper, given what came of running it."""
        exercises = {}
        for name, exercise in self.course.exercises.items():
            stem = exercise.notebook
            if stem in runs:
                words = paper.plans[stem].words.get(name, "")
                exercises[name] = score_exercise(self.exam, name, runs[stem].outcomes.get(name, []), words)
                if exercises[name].status == Status.ABSENT:  # why that may be
                    exercises[name].notes += [*runs[stem].remarks, *runs[stem].losses][:5]
            else:
                exercises[name] = ExerciseResult(
                    name, Status.MISSING, None, f"{stem} was not handed in, or can't be read."
                )
        missing = [stem for stem in self.course.stems if stem not in runs]
        problems = paper.problems + [f"{stem}: not handed in" for stem in missing if not paper.unreadable]
        if paper.unreadable:
            status = Standing.PARTLY_UNREADABLE if runs else Standing.UNREADABLE
        elif not runs:
            status = Standing.NOTHING
        else:
            waiting = any(item.status == Status.OPEN for item in exercises.values())
            status = Standing.INCOMPLETE if missing else Standing.TO_READ if waiting else Standing.GRADED
        total = sum((item.points or 0.0 for item in exercises.values()), 0.0)
        result = Result(
            paper.submission.shown,
            paper.submission.id,
            paper.submission.key,
            paper.digest,
            status,
            round(total, 2) if status.has_total else None,
            exercises,
            problems,
            {stem: [*paper.plans[stem].remarks, *run.remarks, *run.losses] for stem, run in runs.items()},
            seconds=sum((run.seconds for run in runs.values()), 0.0),
            cpu=sum((run.cpu for run in runs.values()), 0.0),
            memory=max((run.memory for run in runs.values()), default=0),
            shingles=shingles("\n".join(paper.sources.values()), self._common)[:5000],
        )
        if paper.remarks:
            result.remarks["files"] = paper.remarks
        result.look = paper.doubts + reasons_to_look(result, runs, paper.sources)
        return result


def grade_notebook(
    path: str | Path,
    course: Course | None = None,
    limits: Limits | None = None,
    seed: int | None = None,
    allow_unsandboxed: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> Result:
    """Grade one notebook, or one student's folder of notebooks, in the sandbox.

    Exercises of notebooks that aren't there have no points (None). To grade many, use `grade.grade_class`,
    which starts up once.

    Raises:
        GradingError: the sandbox can't be had here, or the course is incomplete.
    """
    path = Path(path)
    grader = Grader(course or this_course(), seed)
    [submission] = find_submissions(path, grader.course.stems, one=True)
    paper = grader.read(submission)
    worker = Worker(grader.conditions([paper], limits or Limits(), [path], allow_unsandboxed))
    try:
        for line in worker.start().lines():
            say(line)
        return grader.result(paper, worker.run(grader.job(paper)))
    finally:
        worker.close()
