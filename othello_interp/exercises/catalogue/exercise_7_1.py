"""Exercise 7.1: Merge two summaries."""

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes

mistake = Mistakes()

Summary = tuple[int, Tensor, Tensor]


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)

    def part(n: int, *shape: int, about: float = 0.0) -> Summary:
        values = about + torch.randn(n, *shape, generator=generator, dtype=torch.float64)
        mean = values.sum(0) / max(n, 1)
        return n, mean.float(), (values - mean).square().sum(0).float()

    return [
        Case("7 neurons, 5 and 12 positions", {"a": part(5, 7), "b": part(12, 7, about=1.5)}),
        Case(
            "2 layers of 3 neurons, 20 and 4 positions", {"a": part(20, 2, 3), "b": part(4, 2, 3, about=-2.0)}
        ),
        Case("activations about 2000", {"a": part(40, 5, about=2000.0), "b": part(90, 5, about=2001.0)}),
        Case("the first part has no positions", {"a": part(0, 4), "b": part(6, 4, about=1.0)}),
        Case("the second part has no positions", {"a": part(6, 4, about=1.0), "b": part(0, 4)}),
        Case("neither part has any", {"a": part(0, 4), "b": part(0, 4)}),
    ]


def _merged(a: Summary, b: Summary) -> tuple[int, Tensor, Tensor, Tensor]:
    """The right count, mean and sum of squares, and the difference of the means."""
    n, delta = a[0] + b[0], b[1] - a[1]
    return (
        n,
        a[1] + delta * (b[0] / max(n, 1)),
        a[2] + b[2] + delta.square() * (a[0] * b[0] / max(n, 1)),
        delta,
    )


@mistake(
    "You took the mean of the two means. A part with more positions counts for more: weigh each mean with "
    "its number of positions.",
    credit=0.5,
)
def mean_of_means(a: Summary, b: Summary) -> Summary:
    n, _, squares, _ = _merged(a, b)
    return n, (a[1] + b[1]) / 2, squares


@mistake(
    "The weights of the two means are swapped: each goes with the number of its own positions.", credit=0.5
)
def weights_swapped(a: Summary, b: Summary) -> Summary:
    n, _, squares, _ = _merged(a, b)
    return n, (a[1] * b[0] + b[1] * a[0]) / max(n, 1), squares


@mistake(
    "You only added the two sums of squares. Each is about its own part's mean; about the common mean the "
    "squares are larger, the more so the further the two means are apart.",
    credit=0.5,
)
def just_added(a: Summary, b: Summary) -> Summary:
    n, mean, _, _ = _merged(a, b)
    return n, mean, a[2] + b[2]


@mistake(
    "You add the squared difference of the means once. Every position is moved by the new mean, so it counts "
    "n_a * n_b / (n_a + n_b) times.",
    credit=0.5,
)
def difference_once(a: Summary, b: Summary) -> Summary:
    n, mean, _, delta = _merged(a, b)
    return n, mean, a[2] + b[2] + delta.square() * (a[0] > 0 and b[0] > 0)


@mistake(
    "The squared difference of the means counts n_a * n_b / (n_a + n_b) times: you left out the division.",
    credit=0.5,
)
def not_divided(a: Summary, b: Summary) -> Summary:
    n, mean, _, delta = _merged(a, b)
    return n, mean, a[2] + b[2] + delta.square() * a[0] * b[0]


@mistake(
    "The difference of the means isn't squared. It enters the sum of squares as its square.",
    credit=0.5,
)
def not_squared(a: Summary, b: Summary) -> Summary:
    n, mean, _, delta = _merged(a, b)
    return n, mean, a[2] + b[2] + delta * (a[0] * b[0] / max(n, 1))


@mistake(
    "Your third part is the variance. Keep the sum of squared deviations: whoever wants the variance divides "
    "by the count.",
    credit=0.5,
)
def variance(a: Summary, b: Summary) -> Summary:
    n, mean, squares, _ = _merged(a, b)
    return n, mean, squares / max(n, 1)


@mistake(
    "Where neither part has any position you divide by 0. The summary of no positions is 0 with zeros.",
    credit=0.5,
)
def nothing_by_nothing(a: Summary, b: Summary) -> Summary:
    n = a[0] + b[0]
    delta = b[1] - a[1]
    return n, a[1] + delta * b[0] / n, a[2] + b[2] + delta.square() * a[0] * b[0] / n


@mistake(
    "You go by way of sums of squares that aren't about a mean. Where activations lie far from 0 these are "
    "huge and nearly equal, and their difference has lost its digits. Work with the difference of the two "
    "means.",
    credit=0.5,
)
def raw_sums(a: Summary, b: Summary) -> Summary:
    n = a[0] + b[0]
    mean = (a[0] * a[1] + b[0] * b[1]) / max(n, 1)
    raw = (a[2] + a[0] * a[1] ** 2) + (b[2] + b[0] * b[1] ** 2)
    return n, mean, raw - n * mean**2


@mistake(
    "You took the mean of the two means, and the squares about that. A part with more positions counts for "
    "more: weigh each mean with its number of positions.",
    credit=0.5,
)
def about_the_mean_of_means(a: Summary, b: Summary) -> Summary:
    if a[0] == 0 or b[0] == 0:
        return a if b[0] == 0 else b
    delta = (b[1] - a[1]) / 2
    return a[0] + b[0], (a[1] + b[1]) / 2, a[2] + b[2] + (a[0] + b[0]) * delta.square()


@mistake(
    "You merge the third parts as if they were variances, with a weighted mean. They are sums: they add up.",
    credit=0.5,
)
def merged_like_variances(a: Summary, b: Summary) -> Summary:
    n, mean, _, delta = _merged(a, b)
    within = (a[0] * a[2] + b[0] * b[2]) / max(n, 1)
    return n, mean, within + delta.square() * a[0] * b[0] / max(n, 1) ** 2


EXERCISE = Exercise(
    id="7.1",
    notebook="07_every_neuron",
    function="merge",
    title="Merge two summaries",
    points=3,
    difficulty=3,
    importance=5,
    minutes=20,
    tests="Your function on summaries of random numbers: of several neurons, of parts without a position, "
    "and of numbers far from 0. What is right is worked out from all numbers at once.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "With n = n_a + n_b and delta = mean_b - mean_a, the new mean is mean_a + delta * n_b / n. What if n "
        "is 0?",
        "Take one part alone. Its squares about another point c are squares + n * (mean - c)².",
        "With c the new mean, the two terms that are added come to delta² * n_a * n_b / n.",
    ),
    explanation="Two summaries can be merged, and so can any number, in any order and from any machine. What "
    "a scan of a million games keeps is no larger than what a scan of ten keeps.",
    parts=("number of positions", "mean", "sum of squared deviations"),
)
