"""Random Othello games, by seed: what Othello-GPT is trained on."""

import torch
from jaxtyping import Bool, Int64, UInt8
from torch import Tensor

from othello_interp.errors import InputError
from othello_interp.rules.bitboards import advance, chunk_size, rows_of, signed, start, tables

N_MOVES = 60


def random_games(
    n: int, seed: int, first: int = 0, passes: bool = False, device: torch.device | str = "cpu"
) -> UInt8[Tensor, "n 60"]:
    """Games in which every move is drawn uniformly from the legal ones.

    Game i depends only on (seed, i), not on n, the batch or the device, and n games are numbered from
    `first`. With passes=False (as for training Othello-GPT) these are the games of 60 moves without a
    pass; about 65% of random games are such, and game i is then drawn again, with the next attempt's
    random numbers, until it is one. With passes=True every game counts; one that ends before move 60
    is padded with 0.
    """
    if n < 0 or first < 0:
        raise InputError(f"random_games: n and first can't be negative; found n={n}, first={first}")
    return _drawn(torch.arange(first, first + n, device=device), seed, passes)


def numbered_games(numbers: Int64[Tensor, " n"], seed: int) -> UInt8[Tensor, "n 60"]:
    """The games without a pass that have these numbers; see random_games.

    >>> torch.equal(numbered_games(torch.tensor([7, 2]), seed=1), random_games(8, seed=1)[[7, 2]])
    True
    """
    return _drawn(numbers, seed, passes=False)


def _drawn(index: Int64[Tensor, " n"], seed: int, passes: bool) -> UInt8[Tensor, "n 60"]:
    chunk = chunk_size(index.device)
    games = torch.zeros(len(index), N_MOVES, dtype=torch.uint8, device=index.device)
    todo, attempt = torch.arange(len(index), device=index.device), 0
    while len(todo):
        # Few games left: make several attempts at each in one batch and keep the first that succeeds.
        attempts = 1 if passes else min(16, max(1, chunk // len(todo)))
        tokens, passed = _attempts(index[todo], seed, range(attempt, attempt + attempts))
        accepted = torch.ones_like(passed) if passes else ~passed & (tokens[..., -1] != 0)
        done, which = accepted.any(0), accepted.int().argmax(0)
        games[todo[done]] = tokens[which[done], done.nonzero().squeeze(1)]
        todo, attempt = todo[~done], attempt + attempts
    return games


def _attempts(
    index: Int64[Tensor, " n"], seed: int, attempts: range
) -> tuple[UInt8[Tensor, "attempt n 60"], Bool[Tensor, "attempt n"]]:
    """Some attempts at each game: their tokens, and whether anybody passed."""
    stream = _mix(_mix(torch.full_like(index, seed)) + index)
    streams = torch.cat([_mix(stream + attempt) for attempt in attempts])
    parts = [_random_playout(part) for part in streams.split(chunk_size(index.device))]
    tokens, passed = (torch.cat(column) for column in zip(*parts, strict=True))
    return tokens.view(len(attempts), -1, N_MOVES), passed.view(len(attempts), -1)


def _random_playout(stream: Int64[Tensor, " n"]) -> tuple[UInt8[Tensor, "n 60"], Bool[Tensor, " n"]]:
    """One game per number: its tokens, and whether anybody passed."""
    constants = tables(stream.device)
    tokens = torch.zeros(N_MOVES, len(stream), dtype=torch.uint8, device=stream.device)
    position, black = start(len(stream), stream.device)
    passed = torch.zeros_like(black)
    for m in range(N_MOVES):
        playable = position.legal != 0
        square = _choose(position.legal, _mix(stream + m))
        tokens[m] = torch.where(playable, constants["token_of_square"].index_select(0, square), 0)
        move = torch.where(playable, constants["bit_of_square"].index_select(0, square), 0)
        before = black
        position, black = advance(position, black, move)
        passed |= (black == before) & (position.legal != 0)
    return tokens.T, passed


def _mix(x: Int64[Tensor, " n"]) -> Int64[Tensor, " n"]:
    """SplitMix64 (Steele, Lea and Flood 2014): a counter to well mixed bits, alike on every device."""
    x = x + signed(0x9E3779B97F4A7C15)
    x = (x ^ _shift_right(x, 30)) * signed(0xBF58476D1CE4E5B9)
    x = (x ^ _shift_right(x, 27)) * signed(0x94D049BB133111EB)
    return x ^ _shift_right(x, 31)


def _shift_right(x: Int64[Tensor, " n"], by: int) -> Int64[Tensor, " n"]:
    """A right shift that brings in zeros (torch's brings in the sign)."""
    return (x >> by) & ((1 << (64 - by)) - 1)


def _choose(legal: Int64[Tensor, " n"], noise: Int64[Tensor, " n"]) -> Int64[Tensor, " n"]:
    """A uniformly random set bit of each bitboard; anything where there is none."""
    constants = tables(legal.device)
    rows = rows_of(legal)
    counts = constants["count_of_byte"].index_select(0, rows.flatten()).view_as(rows)
    up_to = counts.cumsum(1)
    # A number below the count, from 31 random bits: the bias is below 33 / 2**31.
    k = (_shift_right(noise, 33) * up_to[:, -1]) >> 31
    row = (up_to <= k[:, None]).sum(1, keepdim=True).clamp(max=7)
    rank_in_row = k - (up_to - counts).gather(1, row).squeeze(1)
    rank = constants["rank_in_byte"].flatten()
    return 8 * row.squeeze(1) + rank.index_select(
        0, 8 * rows.gather(1, row).squeeze(1) + rank_in_row.clamp(0, 7)
    )
