"""One run of a course: inputs drawn from a secret seed, what children are asked, and the answer keys."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from torch import Tensor

from othello_interp.exercises.calling.encode import encode
from othello_interp.exercises.judging.answer_key import AnswerKey
from othello_interp.exercises.judging.judge import judge
from othello_interp.exercises.records import Case, Exercise, ModelRef
from othello_interp.grading.course import Course
from othello_interp.grading.running.job import Task
from othello_interp.grading.running.worker import Draft
from othello_interp.grading.submissions.notebook_file import given_cells
from othello_interp.model import tiny_state

HEADS = 2  # attention heads of the small random models
GENEROSITY = 2.0  # times the time limit of the check, since the grader's machine may be busier


class Exam:
    """A course with this run's inputs, drawn from a secret seed, and the answer keys.

    Attributes:
        keys: by exercise.
        numbers: what the small random models are called in front of students: a number in place of the seed.
    """

    def __init__(self, course: Course, seed: int) -> None:
        self.course, self.seed = course, seed
        self.keys = {
            name: AnswerKey(exercise, self._seed_of(exercise), course.solutions)
            for name, exercise in course.exercises.items()
        }
        refs = {value: None for key in self.keys.values() for case in key.cases for value in _refs(case)}
        self.uses_embedded = any(ref.kind == "embedded" for ref in refs)
        tiny = [ref for ref in refs if ref.kind == "tiny"]
        self.numbers = {ref: ModelRef("tiny", number) for number, ref in enumerate(tiny)}

    def _seed_of(self, exercise: Exercise) -> int:
        """What is drawn for scoring alone must not follow from other exercises' inputs, which are shown."""
        if exercise.score is None:
            return self.seed
        digest = hashlib.sha256(f"{self.seed} {exercise.id}".encode()).digest()
        return int.from_bytes(digest[:4], "little") >> 1

    def models(self) -> dict[int, dict[str, Tensor]]:
        """The weights of the small random models by number."""
        return {number.seed: tiny_state(ref.seed) for ref, number in self.numbers.items()}

    def tasks(self) -> dict[str, tuple[Task, ...]]:
        """The tasks by notebook; open exercises have none."""
        course = self.course
        return {
            stem: tuple(self._task(exercise) for exercise in course.of_notebook(stem) if not exercise.open)
            for stem in course.stems
        }

    def _task(self, exercise: Exercise) -> Task:
        cases, seconds = self.keys[exercise.id].cases, GENEROSITY * exercise.time_limit
        request = {"op": "call", "function": exercise.function, "seconds": seconds}
        coded = tuple(encode(request | {"case": self._shown(case)}) for case in cases)
        return Task(exercise.id, exercise.function, seconds, coded, tuple(case.name for case in cases))

    def _shown(self, case: Case) -> Case:
        """The case as children see it: no seed, neither its own nor a model's."""
        inputs: dict[str, Any] = {
            name: self.numbers.get(value, value) if isinstance(value, ModelRef) else value
            for name, value in case.inputs.items()
        }
        return replace(case, inputs=inputs, seed=0)

    def compute(self, stems: Sequence[str]) -> None:
        """Compute what is expected and what each known mistake gives, in a trusted process.

        Args:
            stems: the notebooks for whose exercises. For others it is computed when it is asked for.
        """
        for key in self.keys.values():
            if key.exercise.notebook not in stems:
                continue
            for mistake in key.exercise.mistakes:
                key.mistaken(mistake)
            if not key.exercise.open:
                judge(key, key.expected)  # what judging looks up is then known, such as the games of a score
            if not key.exercise.open and key.exercise.score is None:
                key.variants.prepare()


def draft(course: Course, seed: int) -> Draft:
    """What this run's children are told."""
    exam = Exam(course, seed)
    given = {
        stem: {cell.id or str(n): cell.source for n, cell in enumerate(given_cells(master))}
        for stem, master in course.masters.items()
    }
    models = {"models": exam.models(), "heads": HEADS, "embedded": exam.uses_embedded}
    return Draft(exam.tasks(), encode({"given": given, **models}))


def _refs(case: Case) -> list[ModelRef]:
    return [value for value in case.inputs.values() if isinstance(value, ModelRef)]
