"""What an exercise is: one record each, checked when it is made so that an author hears of a slip at once.

This module imports neither torch nor the lessons: a grading child loads it cheaply and sees no answer in it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from othello_interp.errors import InputError

Wrong = TypeVar("Wrong", bound=Callable[..., Any])
EXERCISE_ID = re.compile(r"\d+\.\d+")


class RecordError(InputError):
    """An exercise record is not as it should be: the fault is the author's, not the student's."""


def _require(condition: object, message: str) -> None:
    if not condition:
        raise RecordError(message)


@dataclass(frozen=True)
class ModelRef:
    """Stands for a model in a case's inputs and is turned into one only when the function is called.

    `embedded` is the course's model (`seed` is ignored), `tiny` a random one of two layers
    (`model.tiny_model(seed)`).
    """

    kind: str
    seed: int = 0

    def __post_init__(self) -> None:
        _require(
            self.kind in ("embedded", "tiny"),
            f"ModelRef kind is {self.kind!r}, expected 'embedded' or 'tiny'",
        )
        _require(isinstance(self.seed, int), f"ModelRef seed is {self.seed!r}, expected a whole number")


@dataclass(frozen=True)
class Case:
    """One call of the student's function: `inputs` are its arguments by name, in the order of its signature.

    Inputs are tensors, ModelRefs, plain Python values, or lists, tuples and dicts of these. `seed` is for an
    exercise's `score`, which may draw from it what the function is not shown.
    """

    name: str
    inputs: dict[str, Any]
    seed: int = 0

    def __post_init__(self) -> None:
        _require(isinstance(self.name, str) and self.name, f"a case needs a name, found {self.name!r}")
        if not isinstance(self.inputs, dict) or not all(isinstance(key, str) for key in self.inputs):
            found = (
                f"{self.inputs!r:.80}"  # only now: tensors take long to print, and every child makes cases
            )
            raise RecordError(
                f"case {self.name!r}: inputs must be a dict of arguments by name, found {found}"
            )


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that students give, with what to tell them.

    Attributes:
        key: short name, unique in its exercise ("kept_pass_column").
        fn: the wrong function; takes the same arguments as the reference.
        message: what to tell the student, in one or two sentences.
        credit: share of the points that this answer still earns, 0 to 1 (not included).
    """

    key: str
    fn: Callable[..., Any]
    message: str
    credit: float = 0.0

    def __post_init__(self) -> None:
        _require(
            isinstance(self.key, str) and self.key.isidentifier(),
            f"mistake key {self.key!r} is not an identifier",
        )
        _require(callable(self.fn), f"mistake {self.key!r}: fn must be a function, found {self.fn!r:.80}")
        _require(
            isinstance(self.message, str) and self.message.strip(), f"mistake {self.key!r} has no message"
        )
        _require(
            0 <= self.credit < 1,
            f"mistake {self.key!r}: credit is {self.credit}, expected at least 0, under 1",
        )


class Mistakes:
    """The known mistakes of one exercise, in the order of their definition: the most specific first.

    mistake = Mistakes()

    @mistake("You kept the pass column.", credit=0.5)
    def kept_pass_column(model, layer, neuron): ...

    EXERCISE = Exercise(..., mistakes=mistake.all())

    The wrong function stays as it is, and its name is the mistake's key. RecordError for one without a
    message, for two of one name, and for one that stands below the record, which would be lost.
    """

    def __init__(self) -> None:
        self._known: list[Mistake] = []
        self._closed = False

    def __call__(self, message: object, *, credit: float = 0.0) -> Callable[[Wrong], Wrong]:
        """Decorates a wrong function; `message` is for the student, `credit` as in Mistake."""
        if not isinstance(message, str):  # as when the brackets were forgotten
            raise RecordError(f'{message!r:.80}: a mistake has a message, @mistake("You ...")')

        def add(fn: Wrong) -> Wrong:
            known = Mistake(getattr(fn, "__name__", ""), fn, message, credit)
            _require(
                not self._closed, f"mistake {known.key!r} stands below its exercise's record: move it up"
            )
            keys = [mistake.key for mistake in self._known]
            _require(known.key not in keys, f"two mistakes are called {known.key!r}")
            self._known.append(known)
            return fn

        return add

    def all(self) -> tuple[Mistake, ...]:
        """The mistakes so far. None can be added after this."""
        self._closed = True
        return tuple(self._known)


@dataclass(frozen=True)
class Question:
    """What of an exercise anybody may know: see Exercise."""

    id: str
    notebook: str
    function: str
    title: str
    open: bool = field(default=False, kw_only=True)


@dataclass(frozen=True)
class Exercise(Question):
    """One exercise: what the student is asked, how the answer is tried, and what is said about it.

    Attributes:
        id: "<notebook number>.<number>", such as "2.1".
        notebook: stem shared by notebooks/<notebook>.ipynb and solutions/<notebook>.py.
        function: name of the student's function and of the reference; empty for an open exercise, which
            has no code.
        title: a few words.
        points, difficulty (1 to 5), importance (1 to 5), minutes: shown to students and used for grades.
        tests: one sentence that says what the check tries.
        cases: seed -> the calls to make. The same seed must give the same cases.
        mistakes: known mistakes, the most specific first.
        hints: each says a little more than the one before.
        rtol, atol: tolerance, as in `torch.isclose(found, expected)`.
        open: answered in words and read by a person; needs no function, cases or mistakes.
        explanation: what one should see and why, shown with the solution.
        score: for exercises with many good answers: (found, case) -> (share of the points 0 to 1, message).
            It replaces the comparison with the reference; a share of 1 is a pass. The message is shown
            either way.
        time_limit: seconds allowed for each case.
        parts: what the items of an answer are, where it is a tuple of several things.
    """

    points: int
    difficulty: int
    importance: int
    minutes: int
    tests: str
    cases: Callable[[int], list[Case]]
    mistakes: tuple[Mistake, ...] = ()
    hints: tuple[str, ...] = ()
    rtol: float = 1e-4
    atol: float = 1e-5
    explanation: str = ""
    score: Callable[[Any, Case], tuple[float, str]] | None = None
    time_limit: float = 10.0
    parts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        where = f"exercise {self.id!r}"
        _require(
            isinstance(self.id, str) and EXERCISE_ID.fullmatch(self.id),
            f"{where}: the id must look like '2.1'",
        )
        for name in ("notebook", "title", "tests"):
            _require(getattr(self, name), f"{where}: {name} is empty")
        _require(
            self.open or self.function.isidentifier(),
            f"{where}: function is {self.function!r}, expected the name of the reference function",
        )
        for name in ("difficulty", "importance"):
            _require(
                getattr(self, name) in range(1, 6),
                f"{where}: {name} is {getattr(self, name)!r}, expected 1 to 5",
            )
        for name in ("points", "minutes", "time_limit"):
            _require(
                getattr(self, name) > 0, f"{where}: {name} is {getattr(self, name)!r}, expected more than 0"
            )
        for name in ("rtol", "atol"):
            _require(
                getattr(self, name) >= 0, f"{where}: {name} is {getattr(self, name)!r}, expected 0 or more"
            )
        _require(
            callable(self.cases), f"{where}: cases must be a function of a seed, found {self.cases!r:.80}"
        )
        for name, kind in (("mistakes", Mistake), ("hints", str), ("parts", str)):
            items = getattr(self, name)
            _require(
                isinstance(items, tuple) and all(isinstance(item, kind) for item in items),
                f"{where}: {name} must be a tuple of {kind.__name__}; (x,) with a comma is one",
            )
        keys = [mistake.key for mistake in self.mistakes]
        _require(len(set(keys)) == len(keys), f"{where}: two mistakes share a key: {keys}")

    @property
    def notebook_number(self) -> int:
        return int(self.id.split(".")[0])


def make_cases(exercise: Exercise, seed: int) -> list[Case]:
    """Cases of an exercise for a seed, none for an open one.

    Raises RecordError if there are none or two share a name.
    """
    cases = list(exercise.cases(seed))
    _require(cases or exercise.open, f"exercise {exercise.id!r} makes no cases for seed {seed}")
    names = [case.name for case in cases]
    _require(len(set(names)) == len(names), f"exercise {exercise.id!r}: two cases share a name: {names}")
    return cases


def by_id(exercises: list[Exercise]) -> dict[str, Exercise]:
    """Exercises by id, in the order of their numbers; RecordError if two share an id or a function name."""
    for name in ("id", "function"):
        values = [getattr(exercise, name) for exercise in exercises if getattr(exercise, name)]
        twice = sorted({value for value in values if values.count(value) > 1})
        _require(not twice, f"two exercises share the {name} {', '.join(twice)}")
    ordered = sorted(exercises, key=lambda exercise: [int(part) for part in exercise.id.split(".")])
    return {exercise.id: exercise for exercise in ordered}
