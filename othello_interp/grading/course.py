"""What is graded: a course's exercises, its notebooks and its solutions."""

import hashlib
import inspect
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from othello_interp.exercises.records import Exercise, Question
from othello_interp.grading.running.client import GradingError
from othello_interp.grading.running.worker import Draft
from othello_interp.grading.submissions.notebook_file import Notebook, read_notebook
from othello_interp.grading.submissions.paper import shingles
from othello_interp.grading.submissions.provenance import CourseAnswers, course_answers
from othello_interp.grading.submissions.reading import Lessons
from othello_interp.storage.paths import load_file


@dataclass(frozen=True)
class Origin:
    """Where exercises come from: another process makes them again, since functions can hardly be sent.

    Attributes:
        aside: a process that holds them, where `exercises` are records without functions; then `prints` holds
            what each adds to the fingerprint.
    """

    make: Callable[[], "Course"]
    exercises: dict[str, Exercise]
    aside: Executor | None = None
    prints: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Course:
    """A course to grade.

    Attributes:
        exercises: records by id, in the order of the report's columns.
        notebooks: folder with the blank notebooks, one `<stem>.ipynb` for each `Exercise.notebook`.
        solutions: folder with the reference functions, one `<stem>.py` each.
        readable: more files or folders that a submission may read, such as data.
        origin: set by `this_course` and `load_course`.
        due: the notebooks that are due, by the beginning of their names ("02"); none means all.
        not_due: exercises of the others, which are known and not graded. See `what_is_due`.
    """

    name: str
    exercises: dict[str, Exercise]
    notebooks: Path
    solutions: Path
    readable: tuple[Path, ...] = ()
    origin: Origin | None = field(default=None, repr=False, compare=False)
    due: tuple[str, ...] = ()
    not_due: dict[str, Exercise] = field(default_factory=dict)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled by its origin where all exercises are of it, however few are left."""
        made = self.origin.exercises if self.origin else {}
        known = all(made.get(name) is exercise for name, exercise in self.exercises.items())
        fields = {"name": self.name, "notebooks": self.notebooks, "solutions": self.solutions}
        fields |= {"readable": self.readable, "due": self.due}
        if self.origin is None or not known:
            return _course, (None, self.exercises, fields)
        return _course, (self.origin.make, list(self.exercises), fields)

    @property
    def stems(self) -> tuple[str, ...]:
        """The notebooks' names, in the order of their exercises."""
        return tuple(dict.fromkeys(exercise.notebook for exercise in self.exercises.values()))

    @property
    def every_stem(self) -> tuple[str, ...]:
        """The names of all its notebooks, also of those that aren't due."""
        return tuple(dict.fromkeys((*self.stems, *(e.notebook for e in self.not_due.values()))))

    def what_is_due(self) -> "Course":
        """The course of the notebooks that are due: only they are graded and count.

        Raises:
            GradingError: something is due that isn't there.
        """
        for name in self.due:
            if not name or not any(stem.startswith(name) for stem in self.every_stem):
                known = ", ".join(self.every_stem)
                raise GradingError(f"{name!r} is due, but no notebook's name begins so. There are {known}.")
        if not self.due:
            return self
        stems = {stem for stem in self.every_stem if stem.startswith(self.due)}
        every = self.exercises | self.not_due
        return replace(
            self,
            exercises={name: exercise for name, exercise in every.items() if exercise.notebook in stems},
            not_due={name: exercise for name, exercise in every.items() if exercise.notebook not in stems},
        )

    def of_notebook(self, stem: str) -> list[Exercise]:
        return [exercise for exercise in self.exercises.values() if exercise.notebook == stem]

    @cached_property
    def masters(self) -> dict[str, Notebook]:
        """The blank notebooks, by stem; GradingError if one is missing."""
        masters = {}
        for stem in self.stems:
            path = self.notebooks / f"{stem}.ipynb"
            if not path.is_file():
                raise GradingError(f"The course's own notebook {path.name} is not in {self.notebooks}.")
            masters[stem] = read_notebook(path.read_bytes())
        return masters

    @property
    def lessons(self) -> Lessons:
        """What reading a submission has to know of it."""
        texts = [cell.source for notebook in self.masters.values() for cell in notebook.cells]
        common = {row for text in texts for row in shingles(text)}
        return Lessons(self.masters, named(self.exercises), named(self.not_due), sorted(common), self.shipped)

    @cached_property
    def shipped(self) -> CourseAnswers:
        """How the solved notebooks are known that lie beside the solutions, if there are any."""
        paths = [self.solutions / f"{stem}.ipynb" for stem in self.stems]
        return course_answers(read_notebook(path.read_bytes()) for path in paths if path.is_file())

    @cached_property
    def fingerprint(self) -> str:
        """Changes when the notebooks, the solutions or the exercises do: then everybody is graded again."""
        digest = hashlib.sha256()
        for stem in self.stems:
            for path in (self.notebooks / f"{stem}.ipynb", self.solutions / f"{stem}.py"):
                digest.update(path.read_bytes() if path.exists() else b"-")
        digest.update(repr(self.shipped.marks).encode())
        known = self.origin.prints if self.origin else {}
        for name, exercise in self.exercises.items():
            digest.update((known.get(name) or _print_of(exercise)).encode())
        return digest.hexdigest()[:16]

    def draft(self, seed: int) -> Draft:
        """What this run's children are told. The process that holds the exercises ends with this."""
        aside = self.origin.aside if self.origin else None
        if aside is None:
            return _draft(self, seed)
        try:
            return aside.submit(_draft, self, seed).result()
        finally:
            aside.shutdown()


def _draft(course: Course, seed: int) -> Draft:
    from othello_interp.grading.exam import draft  # with it comes torch

    return draft(course, seed)


def _print_of(exercise: Exercise) -> str:
    """Changes when an exercise does."""
    fields = {key: str(value) for key, value in vars(exercise).items() if not callable(value)}
    fields["mistakes"] = str([(m.key, m.message, m.credit) for m in exercise.mistakes])
    digest = hashlib.sha256(repr(sorted(fields.items())).encode())
    digest.update(Path(inspect.getsourcefile(exercise.cases) or "").read_bytes())
    return digest.hexdigest()


def named(exercises: dict[str, Exercise]) -> dict[str, Question]:
    """The exercises as questions, for a process that is not to see the records."""
    return {e.id: Question(e.id, e.notebook, e.function, e.title, open=e.open) for e in exercises.values()}


def _course(make: Callable[[], Course] | None, exercises: Any, fields: dict[str, Any]) -> Course:
    """What `Course.__reduce__` describes."""
    if make is not None:
        made = make().exercises
        exercises = {number: made[number] for number in exercises}
    return Course(exercises=exercises, **fields)


def this_course() -> Course:
    """The course of this repository."""
    from othello_interp.exercises import EXERCISES
    from othello_interp.storage.paths import root, solutions

    data = root() / "data"
    origin = Origin(this_course, EXERCISES)
    return Course("Othello-GPT", EXERCISES, root() / "notebooks", solutions(), (data,), origin)


def load_course(path: Path) -> Course:
    """The Course that a Python file defines as `COURSE`."""
    try:
        module = load_file(path, "graded_course")
    except FileNotFoundError:
        raise GradingError(f"{path} is not a Python file that defines COURSE.") from None
    if not isinstance(getattr(module, "COURSE", None), Course):
        raise GradingError(f"{path} defines no COURSE = Course(...): see docs/instructors.md.")
    course: Course = module.COURSE
    return replace(course, origin=Origin(partial(load_course, path.resolve()), course.exercises))


@contextmanager
def course_aside(path: Path | None = None) -> Iterator[Course]:
    """The course that a Python file defines, or this one, as records: functions, and torch with them, stay in
    a process beside this one."""
    make = this_course if path is None else partial(load_course, path.resolve())
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as aside:
        course, prints = aside.submit(_read, make).result()
        yield replace(course, origin=Origin(make, course.exercises, aside, prints))


def _read(make: Callable[[], Course]) -> tuple[Course, dict[str, str]]:
    """A course with its exercises as records, and what each exercise adds to the fingerprint."""
    course = make()
    records = {
        name: replace(
            exercise,
            cases=_elsewhere,
            score=exercise.score and _elsewhere,
            mistakes=tuple(replace(mistake, fn=_elsewhere) for mistake in exercise.mistakes),
        )
        for name, exercise in course.exercises.items()
    }
    prints = {name: _print_of(exercise) for name, exercise in course.exercises.items()}
    return replace(course, exercises=records, origin=None), prints


def _elsewhere(*args: Any, **kwargs: Any) -> Any:
    """Stands for a function of an exercise."""
    raise GradingError("This process holds the exercises' records alone, not their functions.")
