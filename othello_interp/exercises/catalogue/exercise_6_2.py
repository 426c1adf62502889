"""Exercise 6.2: A fair stand-in."""

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    found = []
    for games, moves in ((5, 3), (12, 7)):
        labels = torch.rand(games, moves, generator=generator) < 0.4
        labels[0], labels[1] = True, False  # both labels at every move
        acts = torch.randn(games, moves, generator=generator) + 3 * labels + torch.arange(moves)
        found.append(Case(f"{games} games of {moves} moves", {"acts": acts, "labels": labels}))
    return found


def _means(acts: Tensor, groups: Tensor) -> Tensor:
    """The mean over the positions with the same number in `groups`."""
    sums, sizes = (
        torch.zeros(int(groups.max()) + 1).index_add_(0, groups.flatten(), values.flatten())
        for values in (acts, torch.ones_like(acts))
    )
    return (sums / sizes.clamp(min=1))[groups]


def _move(labels: Tensor) -> Tensor:
    return torch.arange(labels.shape[1]).expand_as(labels)


@mistake("That is one mean for all positions. Take a mean for each move number and label.")
def overall(acts: Tensor, labels: Tensor) -> Tensor:
    return acts.mean().expand_as(acts)


@mistake(
    "Your means are over all games at a move. A stand-in must also have the same label: where the label is "
    "True, average over games where it is True at this move.",
    credit=0.5,
)
def by_move(acts: Tensor, labels: Tensor) -> Tensor:
    return acts.mean(0).expand_as(acts)


@mistake(
    "Your means are over all positions with the same label. A stand-in must also be of the same move: early "
    "and late positions differ in everything.",
    credit=0.5,
)
def by_label(acts: Tensor, labels: Tensor) -> Tensor:
    return _means(acts, labels.long())


@mistake("You average over the moves of a game. Average over games, at one move.")
def over_moves(acts: Tensor, labels: Tensor) -> Tensor:
    return _means(acts, 2 * torch.arange(len(acts))[:, None].expand_as(acts) + labels)


@mistake(
    "You have put in the mean of the other label: where the label is True, average over games where it is "
    "True at this move.",
    credit=0.5,
)
def other_label(acts: Tensor, labels: Tensor) -> Tensor:
    groups = 2 * _move(labels) + labels
    sums, sizes = (
        torch.zeros(2 * acts.shape[1]).index_add_(0, groups.flatten(), values.flatten())
        for values in (acts, torch.ones_like(acts))
    )
    return (sums / sizes)[groups ^ 1]


@mistake(
    "You divide by the number of all games. Divide by the number of games that have this label at this move.",
    credit=0.5,
)
def by_all_games(acts: Tensor, labels: Tensor) -> Tensor:
    groups = 2 * _move(labels) + labels
    return _means(acts, groups) * _means(torch.ones_like(acts), groups) * _shares(labels)


def _shares(labels: Tensor) -> Tensor:
    share = labels.float().mean(0)
    return torch.where(labels, share, 1 - share)


@mistake("You leave out the position itself. The mean is over all games with this label, its own among them.")
def others_only(acts: Tensor, labels: Tensor) -> Tensor:
    groups = 2 * _move(labels) + labels
    size = torch.bincount(groups.flatten())[groups]
    return (_means(acts, groups) * size - acts) / (size - 1).clamp(min=1)


@mistake(
    "You average over games whose labels agree at every move. Only the label at this move has to be the same."
)
def same_labels_throughout(acts: Tensor, labels: Tensor) -> Tensor:
    return torch.stack([acts[(labels == own).all(1)].mean(0) for own in labels])


EXERCISE = Exercise(
    id="6.2",
    notebook="06_circuit",
    function="matched_mean",
    title="A fair stand-in",
    points=2,
    difficulty=2,
    importance=4,
    minutes=15,
    tests="Your function on random activations that depend on move and label.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "The mean over the games where the label is True, at all moves at once: (acts * labels).sum(0) / "
        "labels.sum(0), one number a move.",
        "Do the same with ~labels. Then choose between the two at each position.",
        "torch.where(labels, true_mean, false_mean): the means have shape (move,) and fit by broadcasting.",
    ),
    explanation="The stand-in says whatever the label and the move say, and nothing else about the position. "
    "What changes when it is put in is due to what the neuron knows beyond that.",
)
