"""Exercise 7.2: A score without the activations."""

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)

    def counts(*shape: int, most: int) -> Tensor:
        found = torch.randint(0, most, shape, generator=generator)
        found[..., 1] = 0  # an empty bin
        found[..., 2] += 3
        return found

    rising = torch.arange(9)
    return [
        Case(
            "4 neurons, 9 bins",
            {"holds": counts(4, 9, most=8) * rising, "fails": counts(4, 9, most=90) * (9 - rising)},
        ),
        Case("one neuron, 6 bins", {"holds": counts(6, most=30), "fails": counts(6, most=30)}),
        Case(
            "2 layers of 3 neurons, 5 bins",
            {"holds": counts(2, 3, 5, most=20), "fails": counts(2, 3, 5, most=400)},
        ),
    ]


def _wins(holds: Tensor, fails: Tensor, ties: float) -> Tensor:
    below = fails.cumsum(-1) - fails
    return (holds * (below + ties * fails)).sum(-1)


def _pairs(holds: Tensor, fails: Tensor) -> Tensor:
    return holds.sum(-1) * fails.sum(-1)


@mistake(
    "Pairs in one bin count nothing in your sum. They are ties: each counts half.",
    credit=0.5,
)
def ties_lost(holds: Tensor, fails: Tensor) -> Tensor:
    return _wins(holds, fails, 0.0) / _pairs(holds, fails)


@mistake(
    "Pairs in one bin count in full in your sum. They are ties: each counts half.",
    credit=0.5,
)
def ties_won(holds: Tensor, fails: Tensor) -> Tensor:
    return _wins(holds, fails, 1.0) / _pairs(holds, fails)


@mistake(
    "The two groups are swapped, or the bins run the wrong way: count the pairs in which the position where "
    "the hypothesis *holds* is in the *higher* bin.",
    credit=0.5,
)
def the_other_way(holds: Tensor, fails: Tensor) -> Tensor:
    return _wins(fails, holds, 0.5) / _pairs(holds, fails)


@mistake(
    "You count the pairs that are in order, less those that are out of order. That is 2 * AUC - 1.",
    credit=0.5,
)
def somers(holds: Tensor, fails: Tensor) -> Tensor:
    return 2 * _wins(holds, fails, 0.5) / _pairs(holds, fails) - 1


@mistake(
    "You divided by all pairs of positions. The pairs are of one where the hypothesis holds and one where it "
    "fails: divide by the product of the two totals.",
    credit=0.5,
)
def all_pairs(holds: Tensor, fails: Tensor) -> Tensor:
    n = (holds + fails).sum(-1)
    return _wins(holds, fails, 0.5) / (n * (n - 1) / 2)


@mistake("That is the number of pairs. Divide it by how many pairs there are.", credit=0.5)
def not_divided(holds: Tensor, fails: Tensor) -> Tensor:
    return _wins(holds, fails, 0.5)


@mistake(
    "You put all neurons into one number. The last axis is the bins; any others stay.",
    credit=0.5,
)
def all_in_one(holds: Tensor, fails: Tensor) -> Tensor:
    return _wins(holds, fails, 0.5).sum() / _pairs(holds, fails).sum()


@mistake(
    "Your curve doesn't begin at (0, 0): the area under its first step, that of the highest bin, is missing.",
    credit=0.5,
)
def without_the_origin(holds: Tensor, fails: Tensor) -> Tensor:
    rates = [counts.flip(-1).cumsum(-1) / counts.sum(-1, keepdim=True) for counts in (holds, fails)]
    return torch.trapezoid(rates[0], rates[1], dim=-1)


@mistake(
    "You leave the ties out of the number of pairs as well. A tie is a pair like any other, and counts half.",
    credit=0.5,
)
def ties_left_out(holds: Tensor, fails: Tensor) -> Tensor:
    return _wins(holds, fails, 0.0) / (_pairs(holds, fails) - (holds * fails).sum(-1))


EXERCISE = Exercise(
    id="7.2",
    notebook="07_every_neuron",
    function="auc_from_counts",
    title="A score without the activations",
    points=2,
    difficulty=3,
    importance=4,
    minutes=15,
    tests="Your function on random counts: of one neuron, of several, and with empty bins.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "Take a bin. Each position in it where the hypothesis holds beats all positions in lower bins where "
        "it fails.",
        "`fails.cumsum(-1) - fails` is the number of positions below each bin where the hypothesis fails. "
        "To these comes half of those in the bin itself.",
        "Sum over the bins, and divide by holds.sum(-1) * fails.sum(-1).",
    ),
    explanation="Counts add up over games and machines; an AUC doesn't. Keep what adds up, and work out what "
    "doesn't at the end.",
)
