"""Bitboards: a batch of Othello positions as two int64 tensors, with shifts and masks for the rules.

Bit n is square n. All positions of a batch advance together, so the cost is a few hundred tensor
operations per move whatever the number of games, on any torch device. board.py and random_games.py
are built on it; boards elsewhere are ordinary (8, 8) tensors.
"""

from collections.abc import Iterable
from functools import cache

import torch
from jaxtyping import Bool, Int, Int8, Int64
from torch import Tensor

from othello_interp.squares import ALL_SQUARES


def chunk_size(device: torch.device) -> int:
    """Games at a time: enough to hide the cost of a tensor operation, and on a CPU few enough for its cache.

    On a GPU it takes longer to start an operation than to carry it out, so the more games the better.
    """
    return 4096 if device.type == "cpu" else 65_536


def signed(bits: int) -> int:
    """The int64 with these 64 bits."""
    return bits - (1 << 64) if bits >> 63 else bits


def _bits(squares: Iterable[int]) -> int:
    """The bitboard of some squares (square 63 is the sign bit)."""
    return signed(sum(1 << square for square in squares))


START = _bits([28, 35]), _bits([27, 36])  # black, white

# "Up" are the four directions towards higher squares: east, south-west, south, south-east. "Down" are
# their opposites. A mask holds the squares a step can land on, which removes what a shift carried
# around the edge of the board, and the copies of the sign bit that a right shift brings in.
_STEPS = ((0, 1), (1, -1), (1, 0), (1, 1))


def _landing(row_step: int, column_step: int) -> int:
    rows, columns = range(8), range(8)
    return _bits(
        8 * row + column
        for row in rows
        for column in columns
        if row - row_step in rows and column - column_step in columns
    )


@cache
def tables(device: torch.device) -> dict[str, Tensor]:
    """Constants on a device."""
    bits_of_byte = (torch.arange(256)[:, None] >> torch.arange(8)) & 1
    constants = {
        "shift": torch.tensor([[8 * row + column] for row, column in _STEPS]),
        "up": torch.tensor([[_landing(row, column)] for row, column in _STEPS]),
        "down": torch.tensor([[_landing(-row, -column)] for row, column in _STEPS]),
        "bit_of_square": torch.tensor([_bits([square]) for square in range(64)]),
        "bit_of_token": torch.tensor([0, *(_bits([square]) for square in ALL_SQUARES)]),
        "token_of_square": torch.tensor(
            [ALL_SQUARES.index(s) + 1 if s in ALL_SQUARES else 0 for s in range(64)]
        ),
        # Per value of a byte: its eight squares as int8, packed in an int64; how many bits are set;
        # and where the k-th set bit is.
        "squares_of_byte": bits_of_byte.to(torch.int8).view(torch.int64).flatten(),
        "count_of_byte": bits_of_byte.sum(1),
        "rank_in_byte": (1 - bits_of_byte).argsort(dim=1, stable=True),
    }
    return {name: table.to(device) for name, table in constants.items()}


def _any_direction(up: Int64[Tensor, "4 n"], down: Int64[Tensor, "4 n"]) -> Int64[Tensor, " n"]:
    both = up | down
    return both[0] | both[1] | both[2] | both[3]


class Position:
    """A batch of positions seen from the player to move, with the legal moves."""

    def __init__(self, own: Int64[Tensor, " n"], opponent: Int64[Tensor, " n"]):
        self.own, self.opponent = own, opponent
        constants = tables(own.device)
        self._shift, self._up, self._down = constants["shift"], constants["up"], constants["down"]
        self._shift2 = 2 * self._shift
        # One opponent's disc, and two in a row, in each direction.
        self._up1, self._down1 = opponent & self._up, opponent & self._down
        self._up2 = self._up1 & (self._up1 << self._shift)
        self._down2 = self._down1 & (self._down1 >> self._shift)
        self._from_own = self._reach(own)
        up, down = self._from_own
        beyond = _any_direction((up << self._shift) & self._up, (down >> self._shift) & self._down)
        self.legal = beyond & ~(own | opponent)

    def _reach(self, start: Int64[Tensor, " n"]) -> tuple[Int64[Tensor, "4 n"], Int64[Tensor, "4 n"]]:
        """The opponent's discs that an unbroken run of them connects to a disc of `start`, in the four
        directions up and the four down. A run between two discs has at most six: 1 + 1 + 2 + 2."""
        up = self._up1 & (start << self._shift)
        up |= self._up1 & (up << self._shift)
        up |= self._up2 & (up << self._shift2)
        up |= self._up2 & (up << self._shift2)
        down = self._down1 & (start >> self._shift)
        down |= self._down1 & (down >> self._shift)
        down |= self._down2 & (down >> self._shift2)
        down |= self._down2 & (down >> self._shift2)
        return up, down

    def flips(self, move: Int64[Tensor, " n"]) -> Int64[Tensor, " n"]:
        """The discs a move turns: reached from the move, and from an own disc the opposite way."""
        move_up, move_down = self._reach(move)
        own_up, own_down = self._from_own
        return _any_direction(move_up & own_down, move_down & own_up)

    def play(self, move: Int64[Tensor, " n"]) -> "Position":
        """The position after a move, seen from the other player (who may have to pass)."""
        flips = self.flips(move)
        return Position(self.opponent & ~flips, self.own | move | flips)

    def swapped(self, where: Bool[Tensor, " n"]) -> "Position":
        return Position(
            torch.where(where, self.opponent, self.own), torch.where(where, self.own, self.opponent)
        )


def advance(
    position: Position, black: Bool[Tensor, " n"], move: Int64[Tensor, " n"]
) -> tuple[Position, Bool[Tensor, " n"]]:
    """Plays a move (0: none) and passes for whoever must. `black` tells whether black is to move."""
    position, black = position.play(move), ~black
    stuck = position.legal == 0
    if stuck.any():
        position, black = position.swapped(stuck), black ^ stuck
    return position, black


def start(n: int, device: torch.device | str) -> tuple[Position, Bool[Tensor, " n"]]:
    black, white = (torch.full((n,), bits, device=device) for bits in START)
    return Position(black, white), torch.ones(n, dtype=torch.bool, device=device)


def unpack(
    bits: Int64[Tensor, "*batch"], out: Int8[Tensor, "*batch 8 8"] | None = None
) -> Int8[Tensor, "*batch 8 8"]:
    """Bitboards to boards of 0 and 1, into `out` (contiguous) if it is given."""
    if out is None:
        out = bits.new_empty(*bits.shape, 8, 8, dtype=torch.int8)
    # A row of the board is one int64 here. index_select is several times faster than indexing.
    rows = out.view(-1).view(torch.int64)
    torch.index_select(tables(bits.device)["squares_of_byte"], 0, rows_of(bits).flatten(), out=rows)
    return out


def rows_of(bits: Int64[Tensor, "*batch"]) -> Int[Tensor, "*batch 8"]:
    """The eight rows of bitboards, as numbers 0..255 (the machine is taken to be little-endian)."""
    return bits.contiguous().unsqueeze(-1).view(torch.uint8).to(torch.int32)


def pack(squares: Bool[Tensor, "*batch 8 8"]) -> Int64[Tensor, "*batch"]:
    """Boards of 0 and 1 to bitboards."""
    return (squares.flatten(-2) * tables(squares.device)["bit_of_square"]).sum(-1)
