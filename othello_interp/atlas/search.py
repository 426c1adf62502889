"""Searches for the rungs of the ladder, for many neurons at once: greedy, on sums from matrix products.

A condition is added when the share of the sum of squares that it explains is worth its bits: `price` is a
share for a bit.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from othello_interp.atlas.questions import Answers, bits
from othello_interp.atlas.rules import VALUE_BITS, Literal, Rule, RuleList
from othello_interp.atlas.trees import Trees, first_best, rounded, split_gain

#: The least number of positions that a rule may hold at, as in lines.py.
LEAST = 20
MOST_LINES, MOST_RULES, MOST_CONDITIONS = 6, 5, 8


def best_union(
    answers: Answers,
    acts: Float[Tensor, "position neuron"],
    among: Sequence[int],
    price: float,
    most: int = MOST_LINES,
) -> list[RuleList]:
    """For each neuron "one of these holds": of the questions `among`, at least one if any splits the
    positions, and each further one if it is worth its price."""
    values, step, zero = rounded(acts)
    total, squares, n = values.double().sum(0), _squares(values), torch.tensor(len(values))
    cover = torch.zeros_like(values, dtype=torch.bool)
    explained = torch.zeros_like(total)
    chosen: list[list[int]] = [[] for _ in total]
    among_, cost = torch.tensor(list(among)), price * (bits()[list(among)] + 1)[:, None]
    for _ in range(most):
        new, new_sum = (found[among_] for found in _sums(answers, values, ~cover))
        inside, inside_sum = cover.sum(0) + new, (values * cover).double().sum(0) + new_sum
        gain = split_gain(inside, inside_sum, n, total) / squares
        gain = gain.where((new >= LEAST) & (n - inside >= LEAST), -1) - cost
        pick, worth = first_best(gain)
        empty = torch.tensor([not questions for questions in chosen])
        better = torch.where(empty, worth + cost[pick, 0] > 0, worth > explained)
        if not better.any():
            break
        for neuron in better.nonzero()[:, 0].tolist():
            chosen[neuron].append(int(among_[pick[neuron]]))
            explained[neuron] = worth[neuron] + cost[pick[neuron], 0]
        cover |= answers.holds[among_[pick]].T & better
    inside_mean, outside_mean = (_mean(values, where, step, zero) for where in (cover, ~cover))
    return [
        RuleList.of([Rule(((question, True),), high) for question in questions], low)
        for questions, high, low in zip(chosen, inside_mean, outside_mean, strict=True)
    ]


def best_rules(answers: Answers, acts: Float[Tensor, "position neuron"], price: float) -> list[RuleList]:
    """For each neuron a list of at most 5 rules with at most 8 conditions in all.

    Each rule is grown condition by condition on the positions that no rule before it takes.
    """
    values, step, zero = rounded(acts)
    squares, n_neurons = _squares(values), values.shape[1]
    left = torch.ones_like(values, dtype=torch.bool)  # no finished rule holds
    here = left.clone()  # and the unfinished rule holds
    explained = torch.zeros(n_neurons).double()  # by the unfinished rule
    rules: list[list[Rule]] = [[] for _ in range(n_neurons)]
    literals: list[list[Literal]] = [[] for _ in range(n_neurons)]
    open_ = torch.ones(n_neurons, dtype=torch.bool)
    cost = price * (bits() + 1)[:, None]
    while open_.any():
        count, total = left.sum(0), (values * left).double().sum(0)
        yes, yes_sum = _sums(answers, values, here)
        gains = []
        for inside, inside_sum in (
            (yes, yes_sum),
            (here.sum(0) - yes, (values * here).double().sum(0) - yes_sum),
        ):
            gain = split_gain(inside, inside_sum, count, total) / squares
            gains.append(gain.where((inside >= LEAST) & (count - inside >= LEAST), -1) - cost)
        pick, worth = first_best(torch.cat(gains))
        question, wanted = pick % len(cost), pick < len(cost)
        paid = torch.tensor([0.0 if found else price * VALUE_BITS for found in literals])
        better = open_ & (worth - paid > explained)
        grown = wanted == answers.holds[question].T
        finished = open_ & ~better
        for neuron in better.nonzero()[:, 0].tolist():
            literals[neuron].append((int(question[neuron]), bool(wanted[neuron])))
            explained[neuron] = worth[neuron] + cost[question[neuron], 0]
            conditions = len(literals[neuron]) + sum(len(rule.literals) for rule in rules[neuron])
            finished[neuron] = conditions == MOST_CONDITIONS
        here &= grown | ~better
        means = _mean(values, here, step, zero)
        for neuron in finished.nonzero()[:, 0].tolist():
            full = sum(len(rule.literals) for rule in rules[neuron]) + len(literals[neuron])
            if literals[neuron]:
                rules[neuron].append(Rule(tuple(literals[neuron]), means[neuron]))
                left[:, neuron] &= ~here[:, neuron]
                here[:, neuron] = left[:, neuron]
            open_[neuron] = (
                bool(literals[neuron]) and len(rules[neuron]) < MOST_RULES and full < MOST_CONDITIONS
            )
            literals[neuron], explained[neuron] = [], 0
    rest = _mean(values, left, step, zero)
    return [RuleList.of(found, default) for found, default in zip(rules, rest, strict=True)]


def pruned(trees: Trees, price: float) -> Trees:
    """The trees without the splits that explain less than they cost, with all below them."""
    cost = price * (bits()[trees.question.clamp(min=0)] + 1 + VALUE_BITS)
    worth = (trees.gain - cost).where(trees.question >= 0, 0)
    n_inner = trees.question.shape[1]
    for node in reversed(range(n_inner)):
        if 2 * node + 2 < n_inner:
            worth[:, node] += worth[:, 2 * node + 1] + worth[:, 2 * node + 2]
        worth[:, node] = worth[:, node].clamp(min=0)
    kept = worth > 0
    for node in range(1, n_inner):
        kept[:, node] &= kept[:, (node - 1) // 2]
    return Trees(trees.question.where(kept, -1), trees.gain * kept, trees.mean, trees.count)


def _sums(answers: Answers, values: Tensor, where: Bool[Tensor, "position neuron"]) -> tuple[Tensor, Tensor]:
    """For each question and neuron the marked positions with a yes, and the sum of their values."""
    found = answers.sums(torch.cat([where.float(), values * where], dim=1))
    counts, sums = found.chunk(2, dim=1)
    return counts, sums


def _squares(values: Tensor) -> Tensor:
    values = values.double()
    return ((values - values.mean(0)) ** 2).sum(0).clamp(min=1)


def _mean(values: Tensor, where: Tensor, step: Tensor, zero: Tensor) -> list[float]:
    mean = (values * where).double().sum(0) / where.sum(0).clamp(min=1)
    return (mean * step + zero).tolist()
