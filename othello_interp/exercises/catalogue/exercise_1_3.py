"""Exercise 1.3: How much probability is legal?"""

import torch
from torch import Tensor

from othello_interp.board import replay
from othello_interp.exercises.records import Case, Exercise, Mistakes
from othello_interp.rules.random_games import random_games
from othello_interp.squares import ALL_SQUARES

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    legal = replay(random_games(5, seed=2000 + seed)).legal
    parts = {"2 games, 7 moves": legal[:2, 20:27], "3 games, 59 moves": legal[2:, :59]}
    return [
        Case(name, {"logits": 2 * torch.randn(*where.shape[:2], 61, generator=generator), "legal": where})
        for name, where in parts.items()
    ]


def _playable(legal: Tensor) -> Tensor:
    return legal.flatten(-2)[..., ALL_SQUARES]


@mistake(
    "You drop the pass before the softmax, so the other 60 add up to 1. The pass has a probability too: "
    "take the softmax over all 61 tokens, then drop it.",
    credit=0.5,
)
def pass_dropped_first(logits: Tensor, legal: Tensor) -> Tensor:
    return (logits[..., 1:].softmax(-1) * _playable(legal)).sum(-1)


@mistake(
    "You pair the 60 tokens with the first 60 squares. The four centre squares have no token: use "
    "ALL_SQUARES to pick the squares."
)
def centre_not_skipped(logits: Tensor, legal: Tensor) -> Tensor:
    return (logits.softmax(-1)[..., 1:] * legal.flatten(-2)[..., :60]).sum(-1)


@mistake(
    "That says whether the most likely move is legal. Asked for is the total probability of all legal moves."
)
def best_move(logits: Tensor, legal: Tensor) -> Tensor:
    best = logits[..., 1:].argmax(-1, keepdim=True)
    return _playable(legal).gather(-1, best).squeeze(-1).float()


@mistake("You average over the squares. Probabilities of different moves add up.", credit=0.5)
def mean_not_sum(logits: Tensor, legal: Tensor) -> Tensor:
    return (logits.softmax(-1)[..., 1:] * _playable(legal)).mean(-1)


EXERCISE = Exercise(
    id="1.3",
    notebook="01_setup",
    function="legal_probability",
    title="How much probability is legal?",
    points=2,
    difficulty=2,
    importance=4,
    minutes=10,
    tests="Your function is given random logits and the legal moves of random games.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "logits.softmax(dim=-1) gives 61 probabilities that add up to 1. Column 0 is the pass.",
        "Bring `legal` into the same order: flatten the board and pick ALL_SQUARES of its 64 squares.",
        "Multiply the 60 probabilities by the 60 marks and add them up over the last axis.",
    ),
    explanation="Close to 1 means that the model knows the rules at this position. What is left went to "
    "illegal moves.",
)
