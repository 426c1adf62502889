"""Exercise 1.4: How well does the probe read each square?"""

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    """Random probes that read most squares rightly: the boards are their own readings, some spoiled."""
    generator = torch.Generator().manual_seed(seed)
    made = []
    for n_games, n_moves, d_model in ((3, 11, 5), (2, 13, 7)):
        resid = torch.randn(n_games, n_moves, d_model, generator=generator)
        weight = torch.randn(d_model, 8, 8, 3, generator=generator)
        bias = torch.randn(8, 8, 3, generator=generator)
        read = (torch.einsum("gmd,drcs->gmrcs", resid, weight) + bias).argmax(-1)
        spoiled = torch.rand(read.shape, generator=generator) < torch.linspace(0, 0.8, 64).view(8, 8)
        boards = torch.where(spoiled, torch.randint(3, read.shape, generator=generator), read)
        inputs = {"resid": resid, "weight": weight, "bias": bias, "boards": boards.to(torch.int8)}
        made.append(Case(f"{n_games} games, {n_moves} moves, d_model {d_model}", inputs))
    return made


def _scores(resid: Tensor, weight: Tensor) -> Tensor:
    return torch.einsum("gmd,drcs->gmrcs", resid, weight)


@mistake(
    "The bias is missing: it is part of the probe's scores and can change which one is highest.",
    credit=0.5,
)
def no_bias(resid: Tensor, weight: Tensor, bias: Tensor, boards: Tensor) -> Tensor:
    return (_scores(resid, weight).argmax(-1) == boards).float().mean((0, 1))


@mistake("You count the positions that are right. Asked for is their share, between 0 and 1.", credit=0.5)
def counted(resid: Tensor, weight: Tensor, bias: Tensor, boards: Tensor) -> Tensor:
    return ((_scores(resid, weight) + bias).argmax(-1) == boards).float().sum((0, 1))


@mistake(
    "That is one number for all squares together. Average over games and moves only, and keep the 8 × 8 "
    "squares.",
    credit=0.5,
)
def all_squares_together(resid: Tensor, weight: Tensor, bias: Tensor, boards: Tensor) -> Tensor:
    return ((_scores(resid, weight) + bias).argmax(-1) == boards).float().mean()


@mistake(
    "You average the probability of the right state. Accuracy asks only whether the highest score is that "
    "of the right state."
)
def probability(resid: Tensor, weight: Tensor, bias: Tensor, boards: Tensor) -> Tensor:
    probabilities = (_scores(resid, weight) + bias).softmax(-1)
    return probabilities.gather(-1, boards.long()[..., None]).squeeze(-1).mean((0, 1))


@mistake(
    "You take the accuracy for each state and average the three, so a state that is rare counts as much as a "
    "common one. Every position should count the same."
)
def each_state_alike(resid: Tensor, weight: Tensor, bias: Tensor, boards: Tensor) -> Tensor:
    right = (_scores(resid, weight) + bias).argmax(-1) == boards
    shares = [(right & (boards == state)).sum((0, 1)) / (boards == state).sum((0, 1)) for state in range(3)]
    return torch.stack(shares).nanmean(0)


EXERCISE = Exercise(
    id="1.4",
    notebook="01_setup",
    function="accuracy_by_square",
    title="How well does the probe read each square?",
    points=3,
    difficulty=3,
    importance=4,
    minutes=15,
    tests="Your function is given random residual streams and probes of several sizes.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "The scores have shape (game, move, 8, 8, 3): add up over d_model, then add the bias.",
        'torch.einsum("gmd,drcs->gmrcs", resid, weight) adds up over d_model. Which score is highest?',
        "Compare .argmax(dim=-1) with the boards, turn True and False into 1.0 and 0.0 with .float(), and "
        "average over axes 0 and 1.",
    ),
    explanation="Squares far from where the fighting is are read best; squares whose discs are turned "
    "often, around the centre, are read worst.",
)
