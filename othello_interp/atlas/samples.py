"""The games that a search learns from, chooses by and is scored on; a shuffle shows what is chance."""

from typing import TYPE_CHECKING, NamedTuple

import torch
from jaxtyping import Float, Integer
from torch import Tensor

from othello_interp.atlas.questions import Answers
from othello_interp.errors import InputError
from othello_interp.stream import stream
from othello_interp.weights.gpt import N_CTX

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge


class Sample(NamedTuple):
    """Some games, 59 positions each, game by game: the answers there, and the activations of some neurons."""

    answers: Answers
    acts: Float[Tensor, "position neuron"]


class Parts(NamedTuple):
    """Games to learn from, to choose by, and to score on."""

    learn: Sample
    choose: Sample
    test: Sample


def sample(
    model: "TransformerBridge",
    layer: int,
    games: Integer[Tensor, "game 60"],
    neurons: list[int] | None = None,
) -> Sample:
    """Games and the activations of some of a layer's neurons; by default all."""
    columns = slice(None) if neurons is None else neurons
    found = [
        (batch.boards, batch.legal, batch.acts[layer].flatten(0, 1)[:, columns])
        for batch in stream(model, games, [layer])
    ]
    boards, legal, acts = (torch.cat(column) for column in zip(*found, strict=True))
    return Sample(Answers.of(boards, legal), acts)


def split(
    model: "TransformerBridge",
    layer: int,
    games: Integer[Tensor, "game 60"],
    neurons: list[int] | None = None,
) -> Parts:
    """16 in 25 games to learn from, 4 to choose by, 5 to score on. Raises ValueError for fewer than 25."""
    if len(games) < 25:
        raise InputError(f"games: expected 25 or more, to learn, choose and score; found {len(games)}")
    first, second = len(games) * 16 // 25, len(games) * 20 // 25
    return Parts(*(sample(model, layer, part, neurons) for part in games.tensor_split([first, second])))


def shuffled(parts: Parts, seed: int = 0) -> Parts:
    """The activations of each game given to another game of the same part: what only the move's number tells
    stays, what the board tells is lost."""
    generator = torch.Generator().manual_seed(seed)

    def shuffle(part: Sample) -> Sample:
        by_game = part.acts.unflatten(0, (-1, N_CTX))
        order = torch.randperm(len(by_game), generator=generator)
        return Sample(part.answers, by_game[order].flatten(0, 1))

    return Parts(*(shuffle(part) for part in parts))
