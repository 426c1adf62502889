"""Grade one submission, stage by stage: open, read, run, judge, score. grade.py does so for a class.

The parent's side of it. It keeps the books: no file is looked into here, no submitted code is run or parsed,
and no answer is read; all that happens in limited children.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from threading import Semaphore

from othello_interp.exercises.calling.encode import encode
from othello_interp.exercises.status import Status
from othello_interp.grading.course import Course, this_course
from othello_interp.grading.running import examiner
from othello_interp.grading.running.client import Examiner, GradingError
from othello_interp.grading.running.handle import Child, Lost
from othello_interp.grading.running.job import NotebookRun
from othello_interp.grading.running.parcel import digest, opened, packed
from othello_interp.grading.running.standby import Standby
from othello_interp.grading.running.worker import Answered, Conditions, Worker
from othello_interp.grading.sandbox.limits import Limits, Setting, require_linux
from othello_interp.grading.score import ExerciseResult, Result, Standing, reasons_to_look, total_of
from othello_interp.grading.submissions.find import Submission, find_submissions
from othello_interp.grading.submissions.handed_in import Collected
from othello_interp.grading.submissions.paper import Paper
from othello_interp.grading.typed import Mismatch, from_plain, to_plain

JUDGING_SECONDS = 60.0  # for one exercise
JUDGED = 500  # exercises that one child judges
JUDGING = Limits(seconds=JUDGING_SECONDS, total_seconds=600.0, file_size=2**20)
MAX_REMARKS = 100  # on one notebook
Away = Callable[[Conditions, str, Collected], Answered]


class StageError(Exception):
    """Something went wrong with one submission; the message begins with the stage."""


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Names the stage in whatever is raised in it. What stops the whole run passes as it is."""
    try:
        yield
    except (StageError, KeyboardInterrupt):
        raise
    except Exception as error:
        raise StageError(f"{name}: {type(error).__name__}: {error}"[:1000]) from error


class Grader:
    """Grades submissions to one course with one secret seed. Several threads may use it at once.

    Args:
        secret: paths that submissions must not be able to read, beside the solutions.
        unsandboxed: go on although a protection is missing on this machine.
        away: reads and runs a submission somewhere else, where the conditions hold.
        workers: notebooks that are run at a time, however many threads there are.
    """

    def __init__(
        self,
        course: Course,
        limits: Limits | None = None,
        seed: int | None = None,
        secret: tuple[Path, ...] = (),
        unsandboxed: bool = False,
        away: Away | None = None,
        workers: int = 1,
    ) -> None:
        require_linux()
        self.course, self.away = course, away
        self.seed = secrets.randbits(31) if seed is None else seed
        self.limits = limits or Limits()
        self._secret, self._unsandboxed = secret, unsandboxed
        self._examiner: Examiner | None = None
        self.slots = Semaphore(workers)
        self._judges = Standby(self._judge, JUDGED)

    @cached_property
    def conditions(self) -> Conditions:
        """What workers are told, drawn up when it is asked for: it takes seconds."""
        from othello_interp.storage.paths import root

        course, draft = self.course, self.course.draft(self.seed)
        readable = [*course.readable, root() / "data"]
        hidden = [course.solutions, course.notebooks, *self._secret]
        return Conditions(
            self.limits,
            encode(to_plain(course.lessons)),
            draft,
            tuple(dict.fromkeys(str(path.resolve()) for path in readable)),
            tuple(dict.fromkeys(str(path.resolve()) for path in hidden)),
            self._unsandboxed,
        )

    @cached_property
    def worker(self) -> Worker:
        """Where submissions are read, and run unless that is done away from here."""
        return Worker(self.conditions)

    def start(self, expected: Iterable[Submission] = ()) -> list[str]:
        """Start the processes, try the sandbox and work out what is expected; lines for the screen.

        Args:
            expected: submissions whose files' names tell which notebooks to make ready already.

        Raises:
            GradingError: the sandbox can't be had here, or the course is incomplete.
        """
        try:
            stems, all_told = self._named(expected)
            self.worker.zygote.start()
            first = stems if all_told else self.course.stems
            self._examiner = self.worker.zygote.examiner(examiner.config(self.course, self.seed, first))
            finding = self.worker.try_sandbox()
            if stems and self.away is None:  # run the first given cell of each, which everybody needs
                self.worker.zygote.fork(self.worker.setting, "room", dict.fromkeys(stems, 1)).close()
            self._examiner.start()
        except BaseException:
            self.close()
            raise
        return finding.lines()

    def _named(self, expected: Iterable[Submission]) -> tuple[list[str], bool]:
        """The notebooks that names of files tell, and whether they tell it of every file."""
        names = [file.name for submission in expected for file in submission.found.files]
        stems = [stem for stem in self.course.stems if any(stem in name for name in names)]
        return stems, bool(names) and all(any(stem in name for stem in stems) for name in names)

    @property
    def judging(self) -> Setting:
        """The sandbox of a child that judges: it runs the course's code alone, and may see all of it."""
        limits = replace(JUDGING, memory=self.limits.memory)
        return replace(self.worker.setting, limits=limits, hidden=())

    @property
    def trouble(self) -> list[str]:
        """Given cells of the course that failed, so far."""
        return self.worker.zygote.trouble

    def close(self) -> None:
        """Stop everything; wakes the threads that wait for a child."""
        self._judges.close()
        if self._examiner is not None:
            self._examiner.close()
        if "worker" in vars(self):
            self.worker.close()

    def digest(self, submission: Submission) -> str:
        """Tells whether this very submission to this very course has been graded."""
        with stage("opening"):
            return f"{self.course.fingerprint}-{digest(submission.found)}"

    def grade(self, submission: Submission, known: str | None = None) -> Result:
        """The result of a submission.

        Args:
            known: its digest.

        Raises:
            StageError: the grader failed, which says nothing about the submission.
        """
        known = self.digest(submission) if known is None else known
        results: dict[str, ExerciseResult] = {}
        runs: dict[str, NotebookRun] = {}
        paper, answers = self._answers(submission)
        for stem, run in answers:
            with stage("judging"):
                for exercise in self.course.of_notebook(stem):
                    words = paper.plans[stem].words.get(exercise.id, "")
                    results[exercise.id] = self._judged(exercise.id, run.outcomes.get(exercise.id, []), words)
            runs[stem] = replace(run, outcomes={})
        with stage("scoring"):
            return self._result(submission, known, paper, runs, results)

    def _answers(self, submission: Submission) -> tuple[Paper, Iterator[tuple[str, NotebookRun]]]:
        with stage("opening"), opened(submission.found) as parcel:
            if self.away is not None:
                with stage("running"):
                    answered = self.away(self.conditions, submission.key, packed(parcel))
                return answered.paper, iter(answered.runs.items())
            with stage("reading"):
                paper = self.worker.read(parcel)
        return paper, self._run(paper)

    def _run(self, paper: Paper) -> Iterator[tuple[str, NotebookRun]]:
        with stage("running"):
            runs = self.worker.run(paper)
        while True:
            with stage("running"), self.slots:
                found = next(runs, None)
            if found is None:
                return
            yield found

    def _judged(self, exercise: str, outcomes: list[bytes], words: str) -> ExerciseResult:
        """The result of one exercise; one that can't be judged within limits earns nothing."""
        request = encode({"exercise": exercise, "outcomes": len(outcomes), "words": words})
        try:
            said = self._judges.ask(lambda child: child.request([request, *outcomes], JUDGING_SECONDS))
            return from_plain(ExerciseResult, said)
        except Lost as lost:
            why = f"judging it {lost}"
        except Mismatch:
            why = "it made the comparison fail"
        return ExerciseResult(exercise, Status.WRONG, 0.0, f"The answer can't be compared: {why}.")

    def _judge(self) -> Child:
        """A new child that judges."""
        assert self._examiner is not None
        return self._examiner.fork(self.judging, "judge")

    def _result(
        self,
        submission: Submission,
        known: str,
        paper: Paper,
        runs: dict[str, NotebookRun],
        results: dict[str, ExerciseResult],
    ) -> Result:
        exercises = {}
        for name, exercise in self.course.exercises.items():
            stem = exercise.notebook
            if stem in runs:
                exercises[name] = results[name]
                if results[name].status == Status.ABSENT:  # why that may be
                    exercises[name].notes += [*runs[stem].remarks, *runs[stem].losses][:5]
            else:
                why = f"{stem} was not handed in, or can't be read."
                exercises[name] = ExerciseResult(name, Status.MISSING, None, why)
        missing = [stem for stem in self.course.stems if stem not in runs]
        problems = list(paper.problems)
        if runs and not paper.unreadable:  # if nothing was handed in, that has been said
            problems += [f"{stem}: not handed in" for stem in missing]
        if paper.unreadable:
            status = Standing.PARTLY_UNREADABLE if runs else Standing.UNREADABLE
        elif not runs:
            status = Standing.NOTHING
        else:
            waiting = any(item.status == Status.OPEN for item in exercises.values())
            status = Standing.INCOMPLETE if missing else Standing.TO_READ if waiting else Standing.GRADED
        result = Result(
            submission.shown,
            submission.id,
            submission.key,
            known,
            status,
            total_of(exercises, status),
            exercises,
            problems,
            {
                stem: [*paper.plans[stem].remarks, *run.remarks, *run.losses][:MAX_REMARKS]
                for stem, run in runs.items()
            },
            seconds=sum((run.seconds for run in runs.values()), 0.0),
            cpu=sum((run.cpu for run in runs.values()), 0.0),
            memory=max((run.memory for run in runs.values()), default=0),
            shingles=paper.shingles,
            email=submission.email,
        )
        if paper.remarks:
            result.remarks["files"] = paper.remarks
        result.look = reasons_to_look(result, paper, runs)
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
    path, course = Path(path), (course or this_course()).what_is_due()
    [submission] = find_submissions(path, course.every_stem, one=True)
    grader = Grader(course, limits, seed, (path,), allow_unsandboxed)
    try:
        for line in grader.start([submission]):
            say(line)
        return grader.grade(submission)
    except StageError as error:
        raise GradingError(str(error)) from error
    finally:
        grader.close()
