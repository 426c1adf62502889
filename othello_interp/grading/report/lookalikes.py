"""Find submissions with nearly the same code, for a person to judge: short answers are often alike."""

from collections import Counter
from dataclasses import dataclass
from itertools import combinations

from othello_interp.grading.score import Result

ALIKE = 0.85
ENOUGH = 40  # rows of tokens beyond those of the course and of half the class


@dataclass(frozen=True)
class Pair:
    """Two submissions and the share of their rows of tokens that both have."""

    first: Result
    second: Result
    share: float


def lookalikes(results: list[Result]) -> list[Pair]:
    """Pairs of submissions with nearly the same code, the most alike first."""
    rows = {result.key: set(result.shingles) for result in results}
    if len(rows) >= 8:
        counts = Counter(row for own in rows.values() for row in own)
        common = {row for row, count in counts.items() if count > len(rows) / 2}
        rows = {key: own - common for key, own in rows.items()}
    found = []
    for first, second in combinations([r for r in results if len(rows[r.key]) >= ENOUGH], 2):
        a, b = rows[first.key], rows[second.key]
        if min(len(a), len(b)) < ALIKE * max(len(a), len(b)):
            continue
        share = len(a & b) / len(a | b)
        if share >= ALIKE:
            found.append(Pair(first, second, share))
    return sorted(found, key=lambda pair: -pair.share)
