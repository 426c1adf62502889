"""Exercise 6.6: Is the probability right?"""

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    found = []
    for games, moves, token in (
        (3, 7, 1),
        (5, 11, 60),
        (6, 8, 33),
        (4, 9, int(torch.randint(2, 60, (), generator=generator))),
    ):
        legal = torch.rand(games, moves, 60, generator=generator) < 0.15
        legal[0, :3, token - 1] = True
        legal[1, :2] = False
        logits = torch.randn(games, moves, 61, generator=generator) + 3 * legal.new_zeros(1).float()
        logits[..., 1:] += 2 * legal
        logits[..., 0] += 1.5  # the pass column matters
        found.append(
            Case(
                f"{games} games of {moves} moves, token {token}",
                {"logits": logits, "legal": legal, "token": token},
            )
        )
    return found


def _ratio(logits: Tensor, legal: Tensor, token: int) -> Tensor:
    return logits.softmax(-1)[..., token] * legal.sum(-1)


@mistake(
    "You average over all positions. Take only those where this move is legal.",
    credit=0.5,
)
def everywhere(logits: Tensor, legal: Tensor, token: int) -> float:
    return _ratio(logits, legal, token).mean().item()


@mistake(
    "You multiply two means. Multiply at each position first, then average: the probability is high just "
    "where there are few moves.",
    credit=0.5,
)
def means_first(logits: Tensor, legal: Tensor, token: int) -> float:
    where = legal[..., token - 1]
    return (logits.softmax(-1)[..., token][where].mean() * legal.sum(-1)[where].float().mean()).item()


@mistake(
    "Your softmax leaves out the pass column. The model's probabilities are over all 61 tokens.", credit=0.5
)
def without_pass(logits: Tensor, legal: Tensor, token: int) -> float:
    ratio = logits[..., 1:].softmax(-1)[..., token - 1] * legal.sum(-1)
    return ratio[legal[..., token - 1]].mean().item()


@mistake(
    "That is the mean probability. Multiply it by the number of legal moves at each position.", credit=0.5
)
def probability(logits: Tensor, legal: Tensor, token: int) -> float:
    return logits.softmax(-1)[..., token][legal[..., token - 1]].mean().item()


@mistake(
    "The token and the column of `legal` are one apart: column i of `legal` belongs to token i + 1, since "
    "the pass has none."
)
def one_off(logits: Tensor, legal: Tensor, token: int) -> float:
    return _ratio(logits, legal, token)[legal[..., token % 60]].mean().item()


@mistake("Your softmax is over the legal moves alone. The model's probabilities are over all 61 tokens.")
def among_legal(logits: Tensor, legal: Tensor, token: int) -> float:
    ratio = logits[..., 1:].masked_fill(~legal, -torch.inf).softmax(-1)[..., token - 1] * legal.sum(-1)
    return ratio[legal[..., token - 1]].mean().item()


EXERCISE = Exercise(
    id="6.6",
    notebook="06_circuit",
    function="calibration",
    title="Is the probability right?",
    points=2,
    difficulty=2,
    importance=4,
    minutes=15,
    tests="Your function on random logits and random legal moves.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "Probabilities are logits.softmax(-1), over all 61 tokens; take those of the token.",
        "legal.sum(-1) is the number of legal moves at each position; legal[..., token - 1] says where this "
        "one is legal.",
        "Multiply the two at every position, keep the positions where the move is legal, average, .item().",
    ),
    explanation="A perfect model of random games gives each of n legal moves the probability 1/n, so the "
    "product is 1 everywhere.",
)
