"""Regression trees for many neurons at once, on questions that are answered yes or no.

As CART (Breiman et al. 1984) does, every node is split by the question that lowers the sum of squares most,
level by level. For that one needs, for every question, node and neuron, the number of positions with a yes
and the sum of their activations: a matrix product, of the answers with as many columns as there are nodes and
neurons. Those with a no are what is left of the node.

Activations are rounded to 4,096 steps from the lowest to the highest. So every sum is a whole number and
exact, whatever the order, questions that split equally well have equal gains, and the first of them is taken.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from othello_interp.atlas.questions import Answers

_STEPS = 4095
_COLUMNS = 512  # nodes × neurons at a time: what they need takes some 100 MB at 23,600 positions


@dataclass(frozen=True)
class Trees:
    """A tree for each neuron, as an array of nodes. 0 is the root; the children of node i are 2i + 1, where
    its question is answered no, and 2i + 2, where it is answered yes.

    question: by its number; -1 at a node that isn't split.
    gain: by how much the split lowers the sum of squares, as a share of the neuron's sum of squares.
    mean, count: of the positions at each node that is reached.
    """

    question: Int64[Tensor, "neuron inner"]
    gain: Float64[Tensor, "neuron inner"]
    mean: Float64[Tensor, "neuron node"]
    count: Int64[Tensor, "neuron node"]

    @property
    def depth(self) -> int:
        return self.count.shape[1].bit_length() - 1

    def leaves(self, answers: Answers) -> Int64[Tensor, "position neuron"]:
        """The node where each position ends up."""
        n_positions, n_neurons = answers.holds.shape[1], len(self.question)
        node = torch.zeros(n_positions, n_neurons, dtype=torch.int64)
        positions = torch.arange(n_positions)[:, None]
        for _ in range(self.depth):
            inner = node < self.question.shape[1]
            question = self.question.T.gather(0, node * inner).where(inner, -1)
            yes = answers.holds[question.clamp(min=0), positions]
            node = torch.where(question >= 0, 2 * node + 1 + yes, node)
        return node

    def predict(self, answers: Answers) -> Float[Tensor, "position neuron"]:
        """The mean of the leaf where each position ends up."""
        return self.mean.T.gather(0, self.leaves(answers)).float()


def rounded(acts: Float[Tensor, "position neuron"]) -> tuple[Tensor, Tensor, Tensor]:
    """Activations as whole numbers of steps from about their mean; the step, and what 0 stands for."""
    low, high = acts.amin(0), acts.amax(0)
    step = ((high - low) / _STEPS).clamp(min=1e-30)
    numbers = ((acts - low) / step).round()
    middle = numbers.mean(0).round()
    return numbers - middle, step.double(), (low + middle * step).double()


def grow(answers: Answers, acts: Float[Tensor, "position neuron"], depth: int, min_count: int = 1) -> Trees:
    """The trees of all neurons, to a depth. min_count: the least number of positions at a node."""
    at_a_time = max(1, _COLUMNS >> max(0, depth - 1))
    parts = [_grow(answers, part.contiguous(), depth, min_count) for part in acts.split(at_a_time, dim=1)]
    columns = zip(*parts, strict=True)
    return Trees(*(torch.cat(column) for column in columns))


def _grow(
    answers: Answers, acts: Float[Tensor, "position neuron"], depth: int, min_count: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The fields of `Trees` for a few neurons."""
    values, step, zero = rounded(acts)
    n_positions, n_neurons = acts.shape
    positions = torch.arange(n_positions)[:, None]
    node = torch.zeros(n_positions, n_neurons, dtype=torch.int64)  # by its place in the level; -1: not split
    total = values.double().sum(0)
    squares = (values.double() ** 2).sum(0) - total**2 / n_positions
    # For each question, neuron and node: positions with a yes, and the sum of their values.
    counts = answers.holds.sum(1).double()[:, None, None].expand(-1, n_neurons, 1)
    sums = answers.sums(values)[:, :, None]
    n, s = torch.full((n_neurons, 1), n_positions).double(), total[:, None]  # of each node
    questions, gains, all_n, all_s = [], [], [n], [s]
    for level in range(depth):
        question, gain = _best(counts, sums, n, s, min_count)
        # Rounding alone gains less than this.
        question = question.where(gain > 1e-9 * squares[:, None], -1)
        questions.append(question)
        gains.append(gain.where(question >= 0, 0) / squares.clamp(min=1)[:, None])
        picked = question.clamp(min=0)[None]
        n_yes, s_yes = (each.gather(0, picked)[0] * (question >= 0) for each in (counts, sums))
        n_nodes = n.shape[1]
        n = torch.stack([(n - n_yes) * (question >= 0), n_yes], dim=2).flatten(1)
        s = torch.stack([(s - s_yes) * (question >= 0), s_yes], dim=2).flatten(1)
        all_n.append(n)
        all_s.append(s)
        if level + 1 == depth:
            break
        asked = torch.where(node >= 0, question.T.gather(0, node.clamp(min=0)), -1)
        yes = answers.holds[asked.clamp(min=0), positions] & (asked >= 0)
        found_n, found_s = _sums_of_nodes(answers, values, node, yes, n_nodes)
        counts = torch.stack([counts - found_n, found_n], dim=3).flatten(2)
        sums = torch.stack([sums - found_s, found_s], dim=3).flatten(2)
        node = torch.where(asked >= 0, 2 * node + yes, -1)
    mean = torch.cat(all_s, 1) / torch.cat(all_n, 1).clamp(min=1) * step[:, None] + zero[:, None]
    return torch.cat(questions, 1), torch.cat(gains, 1), mean, torch.cat(all_n, 1).long()


def _best(
    counts: Tensor, sums: Tensor, n: Tensor, s: Tensor, min_count: int
) -> tuple[Int64[Tensor, "neuron node"], Float64[Tensor, "neuron node"]]:
    """The question that lowers the sum of squares most at each node, the first of equals, and by how much."""
    gain = split_gain(counts, sums, n, s)
    return first_best(gain.where((counts >= min_count) & (n - counts >= min_count), -1))


def split_gain(yes: Tensor, yes_sum: Tensor, n: Tensor, total: Tensor) -> Tensor:
    """By how much the sum of squares falls when the positions with a yes are told from the others.

    yes, n: how many positions have a yes, and how many there are. yes_sum, total: the sums of their values.
    """
    no = (n - yes).clamp(min=1)
    return yes_sum**2 / yes.clamp(min=1) + (total - yes_sum) ** 2 / no - total**2 / n.clamp(min=1)


def first_best(gain: Float64[Tensor, "question *column"]) -> tuple[Tensor, Tensor]:
    """For each column the question that gains most, the first of equals, and how much."""
    best = torch.from_numpy(np.argmax(gain.numpy(), axis=0))  # torch's takes any of equals
    return best, gain.gather(0, best[None])[0]


def _sums_of_nodes(
    answers: Answers, values: Tensor, node: Tensor, where: Tensor, n_nodes: int
) -> tuple[Float64[Tensor, "question neuron node"], Float64[Tensor, "question neuron node"]]:
    """For each question and node the positions with a yes, of those marked, and the sum of their values."""
    n_positions, n_neurons = node.shape
    columns = torch.zeros(n_positions * n_neurons * n_nodes, 2)
    cell = where.flatten().nonzero()[:, 0]
    columns[cell * n_nodes + node.flatten()[cell]] = torch.stack(
        [torch.ones(len(cell)), values.flatten()[cell]], dim=1
    )
    found = answers.sums(columns.view(n_positions, -1)).view(-1, n_neurons, n_nodes, 2)
    return found[..., 0], found[..., 1]
