"""What a wrong answer comes from: the simplest change that gives it on every case."""

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from othello_interp.exercises.judging.slips.alike import (
    ENOUGH,
    ENOUGH_FOR_TWO,
    Same,
    alike,
    as_tensor,
    leaves,
    telling,
)
from othello_interp.exercises.judging.slips.factors import constant, named_factor, quantities
from othello_interp.exercises.judging.slips.relabelled import relabelled
from othello_interp.exercises.judging.slips.results import changed_results
from othello_interp.exercises.judging.slips.variants import MOST_SECONDS, NOTHING, Variant, Variants

MOST_CLAIMS = 2
EXPECTED = "the expected values"
Values = list[Any]


def explain(
    found: Values, right: Values, variants: Variants, rtol: float, atol: float, names: tuple[str, ...] = ()
) -> str:
    """A sentence such as "You have what comes out with theirs and mine swapped." or an empty string.

    Args:
        found, right: what was returned and what should have been, for each case.
        variants: of the exercise's reference.
        rtol, atol: tolerance of the exercise.
        names: of the parts of an answer that is a tuple of several things.

    Nothing is said of an answer whose type alone is wrong, and nothing that only a few values speak for. Two
    changes together are tried only where no single one fits.
    """
    if all(value is None for value in found):
        return ""
    same = partial(alike, rtol=rtol, atol=atol)
    parts = _wrong_parts(found, right, same)
    counts = {
        f"the {name}": [float(value[i]) for value in right]
        for i, name in enumerate(names)
        if type(right[0][i]) is int
    }
    found, right = [_part(value, parts) for value in found], [_part(value, parts) for value in right]
    if all(same(a, b) for a, b in zip(found, right, strict=True)) or not telling(found, right, ENOUGH):
        return ""
    search = _Search(found, right, parts, counts, variants, same)
    levels = (
        search.untouched, search.single, search.reordered, search.constant, search.relabelled,
        search.mutants, search.shortest_pair,
    )  # fmt: skip
    for level in levels:
        with warnings.catch_warnings():  # of changed code, not of the student's
            warnings.simplefilter("ignore")
            claims = list(dict.fromkeys(level()))
        if claims:
            return _sentence(claims, [names[i] if names else f"item {i}" for i in parts], bool(names))
    return ""


def _sentence(claims: list[str], parts: list[str], named: bool) -> str:
    claims = claims[:MOST_CLAIMS]
    said = claims[0] if len(claims) == 1 else f"either {', or '.join(claims)}"
    place = f"In {'the ' * named}{' and '.join(parts)} you" if parts else "You"
    return f"{place} have {said}."


def _on(words: str, what: str) -> str:
    """What is done, to what: a clause is ended by a comma."""
    if words.startswith("{x} ") and what != EXPECTED:
        return f"{what}, {words.removeprefix('{x} ')}"
    return words.replace("{x}", what)


def _wrong_parts(found: Values, right: Values, same: Same) -> list[int]:
    """The items that are wrong, of answers that are tuples of several things, if not all are."""
    first = right[0]
    if not isinstance(first, tuple) or not all(
        isinstance(a, list | tuple) and len(a) == len(first) for a in (*found, *right)
    ):
        return []
    wrong = [
        i for i in range(len(first)) if not all(same(a[i], b[i]) for a, b in zip(found, right, strict=True))
    ]
    return wrong if len(wrong) < len(first) else []


def _part(value: Any, parts: list[int]) -> Any:
    if not parts or not isinstance(value, list | tuple) or len(value) <= parts[-1]:
        return value
    return value[parts[0]] if len(parts) == 1 else [value[i] for i in parts]


class _Search:
    """The changes that give an answer, from the simplest on."""

    def __init__(
        self,
        found: Values,
        right: Values,
        parts: list[int],
        counts: dict[str, list[float]],
        variants: Variants,
        same: Same,
    ) -> None:
        self.found, self.right, self.parts, self.counts, self.variants = found, right, parts, counts, variants
        self.same = same
        names = [] if parts else variants.axes.get("return", [])
        example = next((value for value in right if value is not None), None)
        number = as_tensor(example)
        self.whole = number is not None and bool((number == number.round()).all())
        self.changes = list(changed_results(example, names))
        # A case on which the answer is wrong tells most, and of these the cheapest.
        self.order = sorted(range(len(found)), key=lambda i: (same(found[i], right[i]), variants.seconds[i]))

    def single(self) -> Iterator[str]:
        """One change of the result or of the inputs."""
        for words, change in self.changes:
            if self._gives(lambda i, change=change: change(self.right[i])):
                yield _on(words, EXPECTED)
        if words := self._factor(self.right):
            yield _on(words, EXPECTED)
        for name in self.variants.cases[0].inputs:
            given = [case.inputs[name] for case in self.variants.cases]
            if self._gives(lambda i, given=given: self.right[i] - given[i]):
                yield f"the expected values minus `{name}`"
            if self._gives(lambda i, given=given: given[i] - self.right[i]):
                yield f"`{name}` minus the expected values"
            if self._gives(lambda i, given=given: given[i][self.right[i].bool()]):
                yield f"the values of `{name}` where True belongs"
        if self._gives(lambda i: self.right[i].view(self.found[i].shape)):
            yield "the expected values in another shape"
        yield from self._variants("inputs")

    def untouched(self) -> Iterator[str]:
        """The same number everywhere, whatever is given, or an argument as it is."""
        for name in self.variants.cases[0].inputs:
            if self._gives(lambda i, name=name: self.variants.cases[i].inputs[name]):
                yield f"`{name}` as given"
        held = {round(value, 4) if isinstance(value, float) else value for value in leaves(self.found)}
        right = [value for value in leaves(self.right) if value is not None]
        if len(held) == 1 and isinstance(next(iter(held)), bool | int | float) and len(set(right)) > 1:
            value = held.pop()
            bools = value in (0, 1) and all(type(other) is bool for other in right)
            said = f"{value:g}" if isinstance(value, float) else value
            yield f"{bool(value) if bools else said} everywhere"

    def reordered(self) -> Iterator[str]:
        """The items of a list, not in the order that is wanted."""
        pairs = zip(self.found, self.right, strict=True)
        if all(type(a) is type(b) is list and sorted(map(repr, a)) == sorted(map(repr, b)) for a, b in pairs):
            yield "the expected values in another order"

    def relabelled(self) -> Iterator[str]:
        """One code, state or label in place of another."""
        if words := relabelled(self.found, self.right):
            yield words

    def constant(self) -> Iterator[str]:
        """Values that are all some number of times the right ones, or larger by some number."""
        if telling(self.found, self.right, 4, 3) and (words := constant(self.found, self.right, self.same)):
            yield _on(words, EXPECTED)

    def mutants(self) -> Iterator[str]:
        """One change of the reference itself."""
        yield from self._variants("mutants")

    def shortest_pair(self) -> list[str]:
        """Of the claims of two changes together one alone: a list of such claims is no help to anybody."""
        return sorted(self._pairs(), key=len)[:1]

    def _pairs(self) -> Iterator[str]:
        """A changed result of a changed result, or of the reference on changed inputs or changed itself."""
        if not telling(self.found, self.right, ENOUGH_FOR_TWO, 4):
            return
        right, end = self.right, time.process_time() + MOST_SECONDS / 2
        under = [(_on(words, EXPECTED), lambda i, f=change: f(right[i])) for words, change in self.changes]
        for kind in ("mutants", "inputs"):
            clear = [
                v for v in self.variants.of(kind) if not (v.vague or v.one_of_many or (self.whole and v.fine))
            ]
            under += [(f"what comes out {v.clause}", partial(self._value, v)) for v in clear]
        for inner, value in under:
            yield from self._on_top(inner, value)
            if time.process_time() > end:
                return

    def _on_top(self, inner: str, value: Callable[[int], Any]) -> Iterator[str]:
        """A change of the result on top of another change, which gives a value for each case."""
        first = self.order[0]
        try:
            tried = value(first)
        except Exception:
            return
        for words, change in self.changes:
            if self._fits(first, lambda i, f=change: f(tried)) and self._gives(
                lambda i, f=change: f(value(i))
            ):
                yield _on(words, inner)
        with suppress(Exception):  # not every value is there to be multiplied
            if constant([self.found[first]], [tried], self.same) and (
                words := self._factor([value(i) for i in range(len(self.found))])
            ):
                yield _on(words, inner)

    def _variants(self, kind: str) -> list[str]:
        """Where more of them fit than can be said, the cases don't tell them apart, and none is claimed."""
        fits = self._fitting(kind)
        clear = list(dict.fromkeys(variant.clause for variant in fits if not variant.vague))
        vague = list(dict.fromkeys(variant.clause for variant in fits))
        claims = clear or (vague if len(vague) == 1 else [])
        return [f"what comes out {clause}" for clause in claims if len(claims) <= MOST_CLAIMS]

    def _fitting(self, kind: str) -> list[Variant]:
        tried = (v for v in self.variants.of(kind) if not (self.whole and v.fine))
        return [v for v in tried if self._gives(partial(self._value, v))]

    def _value(self, variant: Variant, case: int) -> Any:
        value = variant.value(case)
        if value is NOTHING:
            raise ValueError
        return _part(value, self.parts)

    def _gives(self, changed: Callable[[int], Any]) -> bool:
        """Whether a change gives the answer on every case. One that raises doesn't."""
        return all(self._fits(i, changed) for i in self.order)

    def _fits(self, i: int, changed: Callable[[int], Any]) -> bool:
        try:
            return self.same(self.found[i], changed(i))
        except Exception:  # a change of a kind that makes no sense here
            return False

    def _factor(self, right: Values) -> str:
        if not telling(self.found, self.right, 4, 3):
            return ""
        known = quantities(self.variants.cases, self.variants.axes) | self.counts
        return named_factor(self.found, right, known, self.same)
