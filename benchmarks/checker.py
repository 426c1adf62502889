"""How many wrong answers are told what they did, and how long a check takes.

    python benchmarks/checker.py                    every exercise; some minutes
    python benchmarks/checker.py 1.3 4.2            these only
    python benchmarks/checker.py --answers 1 4.4    with one right answer of each, not all

Wrong answers are made of the right ones of the tests, written in other ways than the reference: each is
called on changed inputs, and what it returns is changed. The known mistakes come three times: as a student
meets them; with the known mistakes left aside, so that only what holds for every exercise can tell them; and
so, with the place that one change would put right. The last is nearest to answers that nobody has foreseen.
"""

import argparse
import dataclasses
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from othello_interp.exercises import EXERCISES
from othello_interp.exercises.calling.call import run_case, run_cases
from othello_interp.exercises.calling.outcome import Outcome
from othello_interp.exercises.calling.plain import PlainError, plain
from othello_interp.exercises.judging.answer_key import AnswerKey
from othello_interp.exercises.judging.judge import judge
from othello_interp.exercises.judging.slips.inputs import changed_inputs
from othello_interp.exercises.judging.slips.results import changed_results
from othello_interp.exercises.records import Exercise
from othello_interp.exercises.repair.nearly import nearly_right
from othello_interp.exercises.status import Status
from othello_interp.storage.paths import load_file

RIGHT_ANSWERS = Path(__file__).parents[1] / "tests" / "exercises" / "right_answers"
EXPECTED = "the expected values"
SORTS = ("inputs", "results", "mistakes", "mistakes alone", "mistakes or place")


@dataclasses.dataclass
class Count:
    """Of wrong answers of one sort: how many there are, were told what they did, and are the change made."""

    tried: int = 0
    told: int = 0
    named: int = 0

    def add(self, told: bool, named: bool) -> None:
        self.tried, self.told, self.named = self.tried + 1, self.told + told, self.named + named

    def __str__(self) -> str:
        if not self.tried:
            return "none"
        shares = f"{self.told / self.tried:.0%} told, {self.named / self.tried:.0%} by that name"
        return f"{self.tried:5}: {shares}"


def right_answers(exercise: Exercise) -> list[Callable[..., Any]]:
    """The right answers to an exercise that the tests hold."""
    path = RIGHT_ANSWERS / f"exercise_{exercise.id.replace('.', '_')}.py"
    module = load_file(path, f"right_answers_{path.stem}")
    return [fn for name, fn in vars(module).items() if name.startswith(f"{exercise.function}__")]


def wrong_answers(key: AnswerKey, fn: Callable[..., Any]) -> Iterator[tuple[str, str, list[Outcome]]]:
    """The sort, the words and the outcomes of every change of a right answer that makes it wrong."""
    axes = key.variants.axes
    for words, change in changed_inputs(key.cases, {k: v for k, v in axes.items() if k != "return"}):
        changed = _given(fn, change)
        yield "inputs", words, [run_case(changed, case, key.exercise.time_limit) for case in key.cases]
    right = run_cases(fn, key.cases, key.exercise.time_limit)
    example = next(outcome.value for outcome in key.expected if outcome.value is not None)
    for words, change in changed_results(example, axes.get("return", [])):
        try:
            values = [plain(change(outcome.value)) for outcome in right]
        except (RuntimeError, TypeError, ValueError, IndexError, AttributeError, PlainError):
            continue
        pairs = zip(right, values, strict=True)
        yield (
            "results",
            words.replace("{x}", EXPECTED),
            [dataclasses.replace(outcome, value=value) for outcome, value in pairs],
        )


def _given(fn: Callable[..., Any], change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[..., Any]:
    return lambda **inputs: fn(**inputs | change(inputs))


def measure(exercise: Exercise, answers: int) -> tuple[dict[str, Count], list[float], list[float]]:
    """Counts by sort, and the seconds of checks of right and of wrong answers."""
    counts = {name: Count() for name in SORTS}
    key = AnswerKey(exercise, 0)
    alone = AnswerKey(dataclasses.replace(exercise, mistakes=()), 0)
    fine: list[float] = []
    wrong: list[float] = []
    for fn in right_answers(exercise)[:answers]:
        start = time.perf_counter()
        judge(key, run_cases(fn, key.cases, exercise.time_limit))
        fine.append(time.perf_counter() - start)
        for sort, words, outcomes in wrong_answers(key, fn):
            if any(outcome.status != Status.RETURNED for outcome in outcomes):
                continue
            start = time.perf_counter()
            verdict = judge(key, outcomes)
            if verdict.status == Status.WRONG:
                wrong.append(time.perf_counter() - start)
                counts[sort].add(bool(verdict.slip or verdict.mistake), words in verdict.slip)
    for mistake in exercise.mistakes:
        outcomes = key.mistaken(mistake)
        verdict = judge(key, outcomes)
        counts["mistakes"].add(bool(verdict.mistake), verdict.mistake == mistake.key)
        slip = judge(alone, outcomes).slip
        counts["mistakes alone"].add(bool(slip), False)
        placed = bool(slip) or (exercise.score is None and bool(nearly_right(alone, mistake.fn)))
        counts["mistakes or place"].add(placed, False)
    return counts, fine, wrong


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("exercises", nargs="*", help="their ids; all of them if none is named")
    parser.add_argument("--answers", type=int, default=9, help="right answers of each exercise to change")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.exercises) - EXERCISES.keys())
    if unknown:
        parser.error(f"there is no exercise {', '.join(unknown)}; there are {', '.join(EXERCISES)}")
    total = {name: Count() for name in SORTS}
    fine: list[float] = []
    wrong: list[float] = []
    for name, exercise in EXERCISES.items():
        if exercise.open or exercise.score or (options.exercises and name not in options.exercises):
            continue
        counts, right_seconds, wrong_seconds = measure(exercise, options.answers)
        print(f"{name}  " + "; ".join(f"{sort} {count}" for sort, count in counts.items()), flush=True)
        for sort, count in counts.items():
            total[sort].tried += count.tried
            total[sort].told += count.told
            total[sort].named += count.named
        fine, wrong = fine + right_seconds, wrong + wrong_seconds
    print()
    print(f"right answers on changed inputs  {total['inputs']}")
    print(f"changed results                  {total['results']}")
    print(f"known mistakes                   {total['mistakes']}")
    print(f"known mistakes, left aside       {total['mistakes alone']}")
    print(f"  or the place of one change     {total['mistakes or place']}")
    for words, seconds in (("right", fine), ("wrong", wrong)):
        if seconds:
            print(
                f"median seconds to check a {words} answer {statistics.median(seconds):.3f}, "
                f"longest {max(seconds):.2f}"
            )


if __name__ == "__main__":
    sys.exit(main())
