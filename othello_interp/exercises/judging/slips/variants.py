"""What else the reference of an exercise could give: on changed inputs, and changed in one place itself.

Each is worked out when it is asked for, case by case, and kept: most are ruled out by one case.
"""

import inspect
import time
from collections.abc import Callable, Iterator
from typing import Any

from othello_interp.exercises.calling.call import run_case
from othello_interp.exercises.judging.slips.inputs import changed_inputs
from othello_interp.exercises.judging.slips.mutants import mutants
from othello_interp.exercises.judging.slips.results import FRACTIONS, NUMBERS
from othello_interp.exercises.records import Case
from othello_interp.exercises.status import Status

MOST_SECONDS = 2.0  # of processor time for all variants of a kind together
VAGUE = ("a sign", "one too", "axis -", "axes 0 and 1")
KINDS = ("inputs", "mutants")
ONE_BY_ONE = tuple(phrase.replace("{x}", "").strip() for phrase, _ in (*NUMBERS[1:], *FRACTIONS))
NOTHING = object()  # in place of a value: the variant raised


class Variant:
    """A changed call of the reference.

    Attributes:
        clause: how to go on from "what comes out", such as "with theirs and mine swapped".
        vague: whether the clause says little; one that says more is preferred.
    """

    def __init__(self, clause: str, fn: Callable[..., Any], cases: list[Case], time_limit: float) -> None:
        self.clause, self._fn, self._cases, self._limit = clause, fn, cases, time_limit
        self._values: dict[int, Any] = {}
        self.seconds = 0.0

    @property
    def fine(self) -> bool:
        """Whether it changes numbers one by one: of whole numbers and bools, which these make of them, many
        such changes leave the same."""
        return any(words in self.clause for words in ONE_BY_ONE)

    @property
    def one_of_many(self) -> bool:
        """Whether it comes from the long table of changed results: tried last, and alone."""
        return self.clause.startswith("given ")

    @property
    def vague(self) -> bool:
        return any(words in self.clause for words in VAGUE)

    def value(self, case: int) -> Any:
        """What it returns on a case, NOTHING if it raises or takes too long."""
        if case not in self._values:
            start = time.process_time()
            outcome = run_case(self._fn, self._cases[case], self._limit)
            self._values[case] = outcome.value if outcome.status == Status.RETURNED else NOTHING
            self.seconds += time.process_time() - start
        return self._values[case]


class Variants:
    """The variants of one exercise for one seed.

    Attributes:
        axes: names of the axes of the reference's arguments and, under "return", of its result, as far as
            its annotations tell.
        seconds: what each case takes.
    """

    def __init__(
        self, reference: Callable[..., Any], cases: list[Case], time_limit: float, seconds: list[float]
    ) -> None:
        self.reference, self.cases, self.time_limit, self.seconds = reference, cases, time_limit, seconds
        self.axes = _axes(reference)
        self.cheapest = min(range(len(cases)), key=seconds.__getitem__)
        self._kinds: dict[str, list[Variant]] = {}

    def of(self, kind: str) -> Iterator[Variant]:
        """The variants of a kind, one of KINDS, as many as there is time for."""
        if kind not in self._kinds:
            limit = self.time_limit if kind == "inputs" else min(self.time_limit, 1.0)
            made = [Variant(text, fn, self.cases, limit) for text, fn in self._made(kind)]
            self._kinds[kind] = sorted(made, key=lambda variant: variant.one_of_many)
        known = self._kinds[kind]
        for variant in known:
            if sum(other.seconds for other in known) > MOST_SECONDS and not variant.seconds:
                continue
            yield variant

    def prepare(self) -> None:
        """Work out every variant on the case that takes least, which rules most of them out."""
        for kind in KINDS:
            for variant in self.of(kind):
                variant.value(self.cheapest)

    def _made(self, kind: str) -> Iterator[tuple[str, Callable[..., Any]]]:
        if kind == "mutants":
            return mutants(self.reference)
        axes = {name: names for name, names in self.axes.items() if name != "return"}
        return ((clause, self._given(change)) for clause, change in changed_inputs(self.cases, axes))

    def _given(self, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[..., Any]:
        return lambda **inputs: self.reference(**inputs | change(inputs))


def _axes(reference: Callable[..., Any]) -> dict[str, list[str]]:
    """Names of axes by argument: those of the last axes, where there may be more in front of them."""
    annotations = getattr(inspect.unwrap(reference), "__annotations__", {})
    named = {name: getattr(annotation, "dim_str", "") for name, annotation in annotations.items()}
    return {name: dims.split() for name, dims in named.items() if dims and "." not in dims}
