"""What a scan asks of every position: 1,207 yes-or-no features, of which about 50 hold at a time.

They are the squares' states (theirs, mine), the 960 lines, the 60 legal moves and the number of the move; and
any hypotheses that a search asks for.
What follows from these by adding and subtracting (a blank square, an even move, any position at all) is not
stored: `with_derived` makes it of the sums.

A sum over the positions where each feature holds is the product of a matrix of 0 and 1 with the activations.
Since 96% of it are 0, it is taken as `embedding_bag`, which adds rows by their numbers: twenty times as fast
as the dense product in float32, and seven times as fast as that in bfloat16, on the processor tried.
"""

from collections.abc import Sequence
from functools import cache

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int8, Int64
from torch import Tensor

from othello_interp.hypotheses import parse
from othello_interp.lines import line_labels, line_texts
from othello_interp.patterns import STATES
from othello_interp.squares import ALL_SQUARES, square_to_label
from othello_interp.weights.gpt import N_CTX

_SQUARES = [square_to_label(square) for square in range(64)]
ANY = "any position"
#: How many of the stored features are about what, in their order.
SIZES = {"theirs": 64, "mine": 64, "line": len(line_texts()), "legal": len(ALL_SQUARES), "move": N_CTX}


def rows(kind: str) -> slice:
    """Where the stored features about something are, by a name in SIZES.

    >>> rows("line")
    slice(128, 1088, None)
    """
    first = sum(SIZES[before] for before in list(SIZES)[: list(SIZES).index(kind)])
    return slice(first, first + SIZES[kind])


@cache
def stored_names() -> tuple[str, ...]:
    """The features whose sums are kept, in their order."""
    return (
        *(f"{square}=={state}" for state in ("THEIRS", "MINE") for square in _SQUARES),
        *line_texts(),
        *(f"legal {square_to_label(square)}" for square in ALL_SQUARES),
        *(f"move {move}" for move in range(N_CTX)),
    )


@cache
def feature_names() -> tuple[str, ...]:
    """All features in the order of `with_derived`: the stored ones, then blank squares, the moves' parity and
    `ANY`.

    >>> len(stored_names()), len(feature_names())
    (1207, 1274)
    """
    return (*stored_names(), *(f"{square}==BLANK" for square in _SQUARES), "even move", "odd move", ANY)


@cache
def feature_number(name: str) -> int:
    """The place of a feature in `feature_names()`."""
    return feature_names().index(name)


def with_derived(sums: Tensor, dim: int) -> Tensor:
    """Sums over the positions of each stored feature, with those of the features that follow from them; last
    those of hypotheses."""
    stored, hypotheses = sums.movedim(dim, 0).tensor_split([sum(SIZES.values())])
    moves = stored[rows("move")]
    even, odd = moves[::2].sum(0, keepdim=True), moves[1::2].sum(0, keepdim=True)
    every = even + odd
    blank = every - stored[rows("theirs")] - stored[rows("mine")]
    return torch.cat([stored, blank, even, odd, every, hypotheses]).movedim(0, dim)


def features(
    boards: Int8[Tensor, "game 59 8 8"], legal: Bool[Tensor, "game 59 8 8"], hypotheses: Sequence[str] = ()
) -> Bool[Tensor, "feature position"]:
    """Where each stored feature holds, and then each hypothesis, at all positions, game by game.

    boards: as the player about to move sees them, 0 blank, 1 theirs, 2 mine. Raises ValueError for a
    hypothesis that can't be read.
    """
    squares = boards.reshape(-1, 64).T
    states = [squares == STATES[state] for state in ("THEIRS", "MINE")]
    lines = line_labels(boards).flatten(1)
    moves = torch.eye(N_CTX, dtype=torch.bool).repeat(1, len(boards))
    more = [parse(text)(boards).reshape(1, -1) for text in hypotheses]
    return torch.cat([*states, lines, legal.reshape(-1, 64).T[list(ALL_SQUARES)], moves, *more])


class Bags:
    """The positions of each feature, ready for sums over them, in parts of at most so many positions."""

    def __init__(self, holds: Bool[Tensor, "feature position"], part: int):
        positions, sizes, first = [], [], 0
        for split in holds.split(part, dim=1):
            positions.append(split.nonzero()[:, 1] + first)
            sizes.append(split.sum(1))
            first += split.shape[1]
        self.counts: Int64[Tensor, " feature"] = holds.sum(1)
        self._parts, self._positions = len(sizes), torch.cat(positions)
        ends = torch.cat(sizes).cumsum(0)
        self._starts = ends - torch.cat(sizes)

    def sums(self, values: Float[Tensor, "position neuron"]) -> Float[Tensor, "part feature neuron"]:
        """For each part and feature the sum of the values over the positions where it holds."""
        found = F.embedding_bag(self._positions, values, self._starts, mode="sum")
        return found.unflatten(0, (self._parts, -1))
