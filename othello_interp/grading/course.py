"""What is graded: a course's exercises, its notebooks and its solutions; and one run's secret inputs."""

import hashlib
import importlib.util
import inspect
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from othello_interp.exercises.calling.encode import encode
from othello_interp.exercises.records import Exercise, ModelRef
from othello_interp.grading.running.client import GradingError
from othello_interp.grading.submissions.notebook_file import Notebook, read_notebook

GENEROSITY = 2.0  # times the time limit of the check, since the grader's machine may be busier


@dataclass(frozen=True)
class Course:
    """A course to grade.

    Attributes:
        exercises: records by id, in the order of the report's columns.
        notebooks: folder with the blank notebooks, one `<stem>.ipynb` for each `Exercise.notebook`.
        solutions: folder with the reference functions, one `<stem>.py` each.
        readable: more files or folders that a submission may read, such as data.
    """

    name: str
    exercises: dict[str, Exercise]
    notebooks: Path
    solutions: Path
    readable: tuple[Path, ...] = ()

    @property
    def stems(self) -> tuple[str, ...]:
        """The notebooks' names, in the order of their exercises."""
        return tuple(dict.fromkeys(exercise.notebook for exercise in self.exercises.values()))

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

    @cached_property
    def fingerprint(self) -> str:
        """Changes when the notebooks, the solutions or the exercises do: then everybody is graded again."""
        digest = hashlib.sha256()
        for stem in self.stems:
            for path in (self.notebooks / f"{stem}.ipynb", self.solutions / f"{stem}.py"):
                digest.update(path.read_bytes() if path.exists() else b"-")
        for exercise in self.exercises.values():
            fields = {key: str(value) for key, value in vars(exercise).items() if not callable(value)}
            fields["mistakes"] = str([(m.key, m.message, m.credit) for m in exercise.mistakes])
            digest.update(repr(sorted(fields.items())).encode())
            digest.update(Path(inspect.getsourcefile(exercise.cases)).read_bytes())
        return digest.hexdigest()[:16]


def this_course() -> Course:
    """The course of this repository."""
    from othello_interp.exercises import EXERCISES
    from othello_interp.exercises.judging.answer_key import solutions_folder
    from othello_interp.storage.paths import root

    data = root() / "data"
    return Course("Othello-GPT", EXERCISES, root() / "notebooks", solutions_folder(), (data,))


def load_course(path: Path) -> Course:
    """The Course that a Python file defines as `COURSE`."""
    spec = importlib.util.spec_from_file_location("graded_course", path)
    if spec is None or not path.is_file():
        raise GradingError(f"{path} is not a Python file that defines COURSE.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not isinstance(getattr(module, "COURSE", None), Course):
        raise GradingError(f"{path} defines no COURSE = Course(...): see docs/instructors.md.")
    return module.COURSE


@dataclass(frozen=True)
class Task:
    """One exercise as a child is asked it: no expected value, no points, nothing that helps to forge.

    Attributes:
        requests: for each case the message to the child, coded once for everybody.
        names: the cases' names.
    """

    exercise: str
    function: str
    seconds: float
    requests: tuple[bytes, ...]
    names: tuple[str, ...]


class Exam:
    """A course with this run's inputs, drawn from a secret seed, and the answer keys."""

    def __init__(self, course: Course, seed: int) -> None:
        from othello_interp.exercises.judging.answer_key import AnswerKey

        self.course, self.seed = course, seed
        self.keys = {
            name: AnswerKey(exercise, seed, course.solutions) for name, exercise in course.exercises.items()
        }

    def tasks(self, stem: str) -> list[Task]:
        """The tasks of one notebook's exercises; open ones have none."""
        return [self._task(exercise) for exercise in self.course.of_notebook(stem) if not exercise.open]

    def _task(self, exercise: Exercise) -> Task:
        cases, seconds = self.keys[exercise.id].cases, GENEROSITY * exercise.time_limit
        request = {"op": "call", "function": exercise.function, "seconds": seconds}
        coded = tuple(encode(request | {"case": case}) for case in cases)
        return Task(exercise.id, exercise.function, seconds, coded, tuple(case.name for case in cases))

    def refs(self) -> list[dict[str, Any]]:
        """The models that the cases need, for the zygote to build beforehand."""
        found: dict[ModelRef, None] = {}
        for key in self.keys.values():
            for case in key.cases:
                found.update({value: None for value in case.inputs.values() if isinstance(value, ModelRef)})
        return [asdict(ref) for ref in found]

    def compute(self) -> None:
        """Compute what is expected and what each known mistake gives, in this trusted process."""
        for key in self.keys.values():
            key.expected  # noqa: B018  (computed when first read)
            for mistake in key.exercise.mistakes:
                key.mistaken(mistake)
