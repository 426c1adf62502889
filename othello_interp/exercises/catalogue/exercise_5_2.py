"""Exercise 5.2: A histogram in percent of each group."""

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    made = []
    for shape, edges in (
        ((3, 70), [-1.0, -0.5, 0.0, 1.0, 2.5]),
        ((230,), [-0.5, 0.0, 0.25, 1.5]),
        ((5, 59), [-2.0, -0.5, 0.0, 0.5, 1.0, 3.0, 4.5]),
    ):
        # Multiples of a quarter, so that some lie on an edge; some lie outside the edges.
        acts = torch.randn(shape, generator=generator).mul(6).round() / 4
        labels = torch.rand(shape, generator=generator) < 0.2
        inputs = {"acts": acts, "labels": labels, "edges": torch.tensor(edges)}
        made.append(Case(f"{acts.numel()} positions, {len(edges) - 1} bins", inputs))
    return made


def _counts(acts: Tensor, labels: Tensor, edges: Tensor) -> Tensor:
    return torch.stack([torch.histogram(acts[group], edges).hist for group in (~labels, labels)])


def _sizes(labels: Tensor) -> Tensor:
    return torch.stack([(~labels).sum(), labels.sum()])[:, None]


@mistake("These are counts. Divide each row by the size of its group, times 100.")
def counts(acts: Tensor, labels: Tensor, edges: Tensor) -> Tensor:
    return _counts(acts, labels, edges)


@mistake(
    "These are percent of all positions. Divide each row by the size of its own group: that is what lets a "
    "rare group be compared with a common one.",
    credit=0.5,
)
def percent_of_all(acts: Tensor, labels: Tensor, edges: Tensor) -> Tensor:
    return 100 * _counts(acts, labels, edges) / labels.numel()


@mistake("In your result each bin adds up to 100. Each group should: divide along the other axis.")
def percent_of_bin(acts: Tensor, labels: Tensor, edges: Tensor) -> Tensor:
    counts = _counts(acts, labels, edges)
    return 100 * counts / counts.sum(0)


@mistake(
    "You divide by the number of activations between the edges. Divide by all positions of the group.",
    credit=0.5,
)
def percent_in_range(acts: Tensor, labels: Tensor, edges: Tensor) -> Tensor:
    counts = _counts(acts, labels, edges)
    return 100 * counts / counts.sum(1, keepdim=True)


@mistake(
    "An activation that lies on an edge falls in the wrong bin: bin i holds its lower edge, not its upper "
    "one. torch.histogram and numpy.histogram do so; torch.bucketize needs right=True.",
    credit=0.5,
)
def upper_edge(acts: Tensor, labels: Tensor, edges: Tensor) -> Tensor:
    groups = [acts[~labels], acts[labels]]
    bins = [torch.bucketize(group, edges) - 1 for group in groups]
    counts = [[(found == i).sum() for i in range(len(edges) - 1)] for found in bins]
    return 100 * torch.tensor(counts) / _sizes(labels)


@mistake(
    "You divide by the width of the bins: that is a density. Wanted is the share of the group in each bin."
)
def density(acts: Tensor, labels: Tensor, edges: Tensor) -> Tensor:
    return 100 * _counts(acts, labels, edges) / _sizes(labels) / edges.diff()


@mistake(
    "You divide by the width of the bins and by what lies between the edges: that is a density. Wanted is "
    "the share of the group in each bin."
)
def density_in_range(acts: Tensor, labels: Tensor, edges: Tensor) -> Tensor:
    return percent_in_range(acts, labels, edges) / edges.diff()


@mistake("Your bins are all of one width. Take them from `edges`: they can be of several.")
def one_width(acts: Tensor, labels: Tensor, edges: Tensor) -> Tensor:
    n, low, high = len(edges) - 1, edges[0].item(), edges[-1].item()
    counts = torch.stack([torch.histc(acts[group], n, low, high) for group in (~labels, labels)])
    return 100 * counts / _sizes(labels)


EXERCISE = Exercise(
    id="5.2",
    notebook="05_spectrum_plots",
    function="spectrum_percent",
    title="A histogram in percent of each group",
    points=2,
    difficulty=2,
    importance=4,
    minutes=15,
    tests="Your function on random activations with bins of unequal width; some lie on an edge, some "
    "outside.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "acts[labels] holds the activations of the positions where the label is True, in one row.",
        "torch.histogram(values, edges).hist counts the values in each bin.",
        "Count for acts[~labels] and acts[labels], divide each by the length of its group, times 100, and "
        "stack.",
    ),
    explanation="Only percentages of the group can be compared. In counts, the few positions that match "
    "would be lost beside thousands that don't.",
)
