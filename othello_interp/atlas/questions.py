"""What a search may ask of a position: 1,395 yes-or-no questions, each a hypothesis in our language.

They are the states of the squares, the 60 legal moves, what the last move played and turned over, its number
and parity, and the 960 lines. Simple ones come first: of two that split equally well, the first is taken.

Sums over the positions where each holds are products of a matrix of 0 and 1 with the values. Most of it is 0,
and what follows from others by adding and subtracting, such as MOVE<10, is not stored (see features.py).
"""

from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Bool, Float, Float64, Int8
from torch import Tensor

from othello_interp.atlas.features import SIZES, Bags, features
from othello_interp.conditions import was_played, was_turned
from othello_interp.lines import line_texts
from othello_interp.squares import ALL_SQUARES, square_to_label
from othello_interp.weights.gpt import N_CTX

_LABELS = [square_to_label(square) for square in range(64)]
_PLAYABLE = list(ALL_SQUARES)
#: Positions in a part: sums over so many whole numbers below 4,096 are exact in single precision.
_PART = 4095
_AT_A_TIME = 64  # columns: their sums stay in the processor's cache


@cache
def families() -> dict[str, tuple[str, ...]]:
    """The questions by what they are about."""
    squares = tuple(f"{label}=={state}" for state in ("BLANK", "THEIRS", "MINE") for label in _LABELS)
    playable = [_LABELS[square] for square in _PLAYABLE]
    return {
        "state": squares,
        "legal": tuple(f"{label}==LEGAL" for label in playable),
        "turned": tuple(f"{label}==TURNED" for label in _LABELS),
        "played": tuple(f"{label}==PLAYED" for label in playable),
        "number": tuple(f"MOVE<{number}" for number in range(1, N_CTX)),
        "parity": ("MOVE==EVEN",),
        "line": line_texts(),
    }


@cache
def texts() -> tuple[str, ...]:
    """All questions in order.

    >>> len(texts()), texts()[16], texts()[203]
    (1395, 'C0==BLANK', 'B3==LEGAL')
    """
    return tuple(text for family in families().values() for text in family)


@cache
def family(name: str) -> range:
    """The places of a family's questions."""
    first = 0
    for key, questions in families().items():
        if key == name:
            return range(first, first + len(questions))
        first += len(questions)
    raise KeyError(name)


@cache
def bits() -> Float[Tensor, " question"]:
    """What it takes to say which question: which family, and which one of it."""
    sizes = torch.tensor([len(family) for family in families().values() for _ in family], dtype=torch.float)
    return (sizes * len(families())).log2()


def _arranged(stored: Tensor) -> Tensor:
    """Sums over the positions of each question, from those of what is stored."""
    theirs, mine, lines, legal, move, turned, played = stored.split([*SIZES.values(), 64, 60])
    before = move.cumsum(0)  # of MOVE<1, MOVE<2, and so on to all positions
    blank = before[-1:] - theirs - mine
    even = move[::2].sum(0, keepdim=True)
    return torch.cat([blank, theirs, mine, legal, turned, played, before[:-1], even, lines])


@dataclass(frozen=True)
class Answers:
    """The answers at some positions: to all questions, or to those of a matrix."""

    holds: Bool[Tensor, "question position"]
    bags: Bags
    all_questions: bool = True

    @classmethod
    def of(cls, boards: Int8[Tensor, "game 59 8 8"], legal: Bool[Tensor, "game 59 8 8"]) -> "Answers":
        """To all questions, game by game. boards: as the player about to move sees them, 0 blank, 1 theirs,
        2 mine; of whole games."""
        flat = boards.flatten(2)
        turned = torch.stack([was_turned(flat, square) for square in range(64)]).flatten(1)
        played = torch.stack([was_played(flat, square) for square in _PLAYABLE]).flatten(1)
        stored = torch.cat([features(boards, legal), turned, played])
        return cls(_arranged(stored.to(torch.int8)).bool(), Bags(stored, _PART))

    @classmethod
    def of_matrix(cls, holds: Bool[Tensor, "question position"]) -> "Answers":
        """Any questions, by their answers."""
        return cls(holds, Bags(holds, _PART), all_questions=False)

    def sums(self, values: Float[Tensor, "position column"]) -> Float64[Tensor, "question column"]:
        """For each question the sum of the values over the positions where it holds; exact for whole numbers
        below 4,096 in size."""
        sums = torch.zeros(len(self.bags.counts), values.shape[1], dtype=torch.float64)
        for first in range(0, values.shape[1], _AT_A_TIME):
            columns = slice(first, first + _AT_A_TIME)
            for part in self.bags.sums(values[:, columns].contiguous()):
                sums[:, columns] += part
        return _arranged(sums) if self.all_questions else sums
