"""Exercise 7.5: How many of them are false?"""

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)

    def case(tests: int, rate: float) -> Case:
        """In steps of rate / tests: p-values below the limits of their places, some above theirs before the
        last that is kept, and some that are never kept."""
        step = rate / tests
        kept = tests // 3
        place = torch.arange(1, tests + 1)
        p = step * (place - 0.5)
        p[0] = 0.2 * step
        p[kept // 2 : kept - 1] = step * (kept - 0.7)  # above the limits of their own places
        p[kept - 1] = step * (kept - 0.1)  # close below its limit, and the next close above
        p[kept:] = step * (place[kept:] + 3) + 0.1 * rate
        p[kept] = step * (kept + 1.2)
        p[-1] = 0.9
        p[kept + 1] = 0.98 * rate  # small enough alone
        order = torch.rand(tests, generator=generator).argsort()
        return Case(f"{tests} p-values, rate {rate}", {"p": p[order], "rate": rate})

    return [
        case(24, 0.05),
        case(40, 0.2),
        Case(
            "7 p-values, nothing to find", {"p": 0.3 + 0.1 * torch.rand(7, generator=generator), "rate": 0.1}
        ),
    ]


def _limits(p: Tensor, rate: float) -> Tensor:
    return rate * torch.arange(1, len(p) + 1) / len(p)


@mistake(
    "You keep every p-value up to the rate. Of many tests without any effect that share passes by chance: "
    "the limit must depend on how many there are.",
    credit=0.25,
)
def each_alone(p: Tensor, rate: float) -> Tensor:
    return p <= rate


@mistake(
    "You divide the rate by the number of tests for all of them (Bonferroni). That keeps even one false "
    "finding away, and loses many true ones. Here the k-th smallest p-value has the limit k / m * rate.",
    credit=0.5,
)
def bonferroni(p: Tensor, rate: float) -> Tensor:
    return p <= rate / len(p)


@mistake(
    "You stop at the first p-value that is above its limit. Look for the *last* one that is below it, and "
    "keep all up to there.",
    credit=0.5,
)
def stops_early(p: Tensor, rate: float) -> Tensor:
    order = p.argsort()
    kept = (p[order] <= _limits(p, rate)).long().cumprod(0).bool()
    return torch.zeros_like(p, dtype=torch.bool).index_fill(0, order[kept], True)


@mistake(
    "You keep those that are below the limit of their own place. Keep *all* up to the last one that is, also "
    "those between that are above theirs.",
    credit=0.5,
)
def own_place_only(p: Tensor, rate: float) -> Tensor:
    order = p.argsort()
    return torch.zeros_like(p, dtype=torch.bool).index_fill(0, order[p[order] <= _limits(p, rate)], True)


@mistake(
    "Your result is in the order of the sorted p-values. Give it in the order in which they came.",
    credit=0.5,
)
def sorted_order(p: Tensor, rate: float) -> Tensor:
    below = p.sort().values <= _limits(p, rate)
    number = int(below.nonzero().max()) + 1 if below.any() else 0
    return torch.arange(len(p)) < number


@mistake(
    "Your limits begin with 0 for the smallest p-value. The k-th smallest has the limit k / m * rate, and k "
    "begins with 1.",
    credit=0.5,
)
def from_zero(p: Tensor, rate: float) -> Tensor:
    ordered = p.sort().values
    below = ordered <= rate * torch.arange(len(p)) / len(p)
    return p <= ordered[below.nonzero().max()] if below.any() else torch.zeros_like(p, dtype=torch.bool)


@mistake("You return the findings that are *not* to be kept.", credit=0.5)
def the_others(p: Tensor, rate: float) -> Tensor:
    ordered = p.sort().values
    below = ordered <= _limits(p, rate)
    return p > ordered[below.nonzero().max()] if below.any() else torch.ones_like(p, dtype=torch.bool)


EXERCISE = Exercise(
    id="7.5",
    notebook="07_every_neuron",
    function="discoveries",
    title="How many of them are false?",
    points=2,
    difficulty=2,
    importance=4,
    minutes=15,
    tests="Your function on made-up p-values in random order, and on some among which there is nothing to "
    "find.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "`ordered = p.sort().values`; the limits are `rate * torch.arange(1, m + 1) / m`.",
        "`(ordered <= limits).nonzero()` says at which places the p-value is below its limit. You want the "
        "last of them; there may be none.",
        "Keep `p <= ordered[last]`: that is in the order in which the p-values came.",
    ),
    explanation="If the largest p-value that is kept is x, about m * x of m tests without any effect would "
    "have passed. The rule takes the largest x for which that is no more than `rate` of those kept.",
)
