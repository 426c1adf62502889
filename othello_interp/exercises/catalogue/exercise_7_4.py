"""Exercise 7.4: The best of many, by chance."""

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes
from othello_interp.hypotheses import label_aucs

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)

    def case(games: int, moves: int, lines: int, samples: int, effect: float) -> Case:
        labels = torch.rand(lines, games, moves, generator=generator) < 0.2
        labels[:, 0, :2], labels[:, 1, :2] = True, False
        acts = torch.randn(games, moves, generator=generator) + torch.linspace(0, 1, moves)
        acts += effect * labels[lines // 2]
        orders = torch.rand(2 * samples, games, generator=generator).argsort(1)
        real, shuffled = _searches(acts, labels, orders)
        tied = (shuffled.amax(1) - real.max()).abs() < 1e-4  # rounding would decide whether it counts
        return Case(
            f"{games} games, {moves} moves, {lines} lines, {samples} shuffles",
            {"acts": acts, "labels": labels, "orders": orders[~tied][:samples]},
        )

    return [case(7, 11, 13, 19, 0.3), case(9, 6, 30, 24, 1.5), case(8, 7, 5, 12, 0.2), case(6, 9, 9, 15, 0.0)]


def _aucs(acts: Tensor, labels: Tensor) -> Tensor:
    return label_aucs(acts.reshape(-1, 1), labels.flatten(1))[:, 0]


def _searches(acts: Tensor, labels: Tensor, orders: Tensor) -> tuple[Tensor, Tensor]:
    """The AUC of each line, as it is and in each shuffle."""
    return _aucs(acts, labels), torch.stack([_aucs(acts[order], labels) for order in orders])


def _p(found: Tensor, null: Tensor) -> float:
    return (1 + int((null >= found).sum())) / (1 + len(null))


def _with(found: Tensor, null: Tensor) -> tuple[float, Tensor, float]:
    return found.item(), null, _p(found, null)


@mistake(
    "In each shuffle you score the line that won on the real data. The real winner was the best of all "
    "lines, so the search must be made again in each shuffle.",
    credit=0.5,
)
def the_winner_only(acts: Tensor, labels: Tensor, orders: Tensor) -> tuple[float, Tensor, float]:
    real, shuffled = _searches(acts, labels, orders)
    return _with(real.max(), shuffled[:, real.argmax()])


@mistake(
    "You take the mean over the lines. Take the best of them, as the search does.",
    credit=0.5,
)
def mean_line(acts: Tensor, labels: Tensor, orders: Tensor) -> tuple[float, Tensor, float]:
    real, shuffled = _searches(acts, labels, orders)
    return _with(real.max(), shuffled.mean(1))


@mistake(
    "p is the share of the shuffles, *this order included*: (1 + those at least as good) / (1 + shuffles). "
    "Without the 1 it could be 0, and no number of shuffles shows that.",
    credit=0.5,
)
def without_one(acts: Tensor, labels: Tensor, orders: Tensor) -> tuple[float, Tensor, float]:
    real, shuffled = _searches(acts, labels, orders)
    null = shuffled.amax(1)
    return real.max().item(), null, (null >= real.max()).float().mean().item()


@mistake("p counts the shuffles that do *at least as well*; you count those that do worse.", credit=0.5)
def those_below(acts: Tensor, labels: Tensor, orders: Tensor) -> tuple[float, Tensor, float]:
    real, shuffled = _searches(acts, labels, orders)
    null = shuffled.amax(1)
    return real.max().item(), null, (1 + int((null < real.max()).sum())) / (1 + len(null))


@mistake(
    "Each game's activations go to the wrong game: in shuffle s, game g gets those of game orders[s, g]. "
    "That is `acts[orders[s]]`.",
    credit=0.5,
)
def the_other_way(acts: Tensor, labels: Tensor, orders: Tensor) -> tuple[float, Tensor, float]:
    return _with(_aucs(acts, labels).max(), _searches(acts, labels, orders.argsort(1))[1].amax(1))


@mistake(
    "You shuffle activations and labels alike, so nothing changes. Shuffle one of them.",
)
def both_shuffled(acts: Tensor, labels: Tensor, orders: Tensor) -> tuple[float, Tensor, float]:
    best = _aucs(acts, labels).max()
    return _with(best, best.expand(len(orders)).clone())


@mistake(
    "p counts all lines of all shuffles. Count the shuffles whose *best* line does at least as well.",
    credit=0.5,
)
def every_line_counts(acts: Tensor, labels: Tensor, orders: Tensor) -> tuple[float, Tensor, float]:
    real, shuffled = _searches(acts, labels, orders)
    return real.max().item(), shuffled.amax(1), _p(real.max(), shuffled.flatten())


@mistake(
    "You shuffle what the last shuffle left. Each order is one of the activations as they were.", credit=0.5
)
def shuffled_again(acts: Tensor, labels: Tensor, orders: Tensor) -> tuple[float, Tensor, float]:
    found, null = _aucs(acts, labels).max(), []
    for order in orders:
        acts = acts[order]
        null.append(_aucs(acts, labels).max())
    return _with(found, torch.stack(null))


EXERCISE = Exercise(
    id="7.4",
    notebook="07_every_neuron",
    function="best_by_chance",
    title="The best of many, by chance",
    points=3,
    difficulty=4,
    importance=5,
    minutes=25,
    tests="Your function on random activations and lines, with one line that matters little and one that "
    "matters much.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "`label_aucs(acts.reshape(-1, 1), labels.flatten(1))` is the AUC of each line, of shape (line, 1).",
        "A shuffle is `acts[order]` for one row of `orders`: games change places, moves don't. Search all "
        "lines again, and keep the best.",
        "p = (1 + number of shuffles whose best is >= the real best) / (1 + number of shuffles).",
    ),
    explanation="What is compared is the whole search with the whole search. Whatever one tries before one "
    "chooses has to be tried in each shuffle, too.",
    parts=("best AUC", "best AUC of each shuffle", "p-value"),
)
