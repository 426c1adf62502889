"""What a batch of wrong answers is: each with words of which a true explanation of it holds one.

All batches were written before they were tried, as students write. The fourth and those after it are of
people who knew neither the check nor the other batches. The check has learnt kinds of slips from all but the
second and the seventh.
"""

from collections.abc import Callable
from typing import Any, NamedTuple


class Wrong(NamedTuple):
    """A wrong answer to an exercise."""

    exercise: str
    fn: Callable[..., Any]
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.exercise}, line {self.fn.__code__.co_firstlineno}"


class Batch(list[Wrong]):
    """`wrong("1.3", "softmax", "axis")(function)` adds one, and so does `wrong("1.3", "softmax|axis")`."""

    def __call__(self, exercise: str, *words: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def add(fn: Callable[..., Any]) -> Callable[..., Any]:
            self.append(Wrong(exercise, fn, tuple("|".join(words).split("|"))))
            return fn

        return add
