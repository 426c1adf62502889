"""The rules of Othello for many games at once: replay, legal moves, random games, board states.

Inside, a position is two int64 bitboards per game (bit n is square n) and all games advance
together, so a replay costs a few thousand tensor operations whatever the number of games. It runs on
any torch device. Outside, a board is int8 of shape (8, 8): black +1, white -1, blank 0.

Passes are never written down: a player without a legal move is skipped.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import torch
from jaxtyping import Bool, Int, Int8, Int64, Integer, UInt8
from torch import Tensor

from othello_interp.squares import ALL_SQUARES, id_to_label, square_to_label

BLACK, WHITE = 1, -1
N_MOVES = 60
_CHUNK = 2048  # games at a time: few enough for the working set to stay in the processor's cache
_NAMES = {BLACK: "black", WHITE: "white"}


class IllegalMoveError(ValueError):
    """A move that the rules don't allow. The message names the game, the move and the reason."""


@dataclass(frozen=True)
class Replay:
    """What happens in a batch of games, move by move.

    states: the board after each move, black +1, white -1, blank 0.
    movers: who played each move, +1 black, -1 white; 0 for padding after the end of a game.
    to_move: who plays next (the opponent, unless that player must pass); 0 when the game is over.
    legal: where the player in `to_move` may play after each move; all False when the game is over.
    """

    states: Int8[Tensor, "game move 8 8"]
    movers: Int8[Tensor, "game move"]
    to_move: Int8[Tensor, "game move"]
    legal: Bool[Tensor, "game move 8 8"]


# --- bitboards ---------------------------------------------------------------------------------


def _signed(bits: int) -> int:
    """The int64 with these 64 bits."""
    return bits - (1 << 64) if bits >> 63 else bits


def _bits(squares: Iterable[int]) -> int:
    """The bitboard of some squares (square 63 is the sign bit)."""
    return _signed(sum(1 << square for square in squares))


_START = _bits([28, 35]), _bits([27, 36])  # black, white

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
def _tables(device: torch.device) -> dict[str, Tensor]:
    """Constants on a device."""
    bits_of_byte = (torch.arange(256)[:, None] >> torch.arange(8)) & 1
    tables = {
        "shift": torch.tensor([[8 * row + column] for row, column in _STEPS]),
        "up": torch.tensor([[_landing(row, column)] for row, column in _STEPS]),
        "down": torch.tensor([[_landing(-row, -column)] for row, column in _STEPS]),
        "bit_of_square": torch.tensor([_bits([square]) for square in range(64)]),
        "bit_of_token": torch.tensor([0, *(_bits([square]) for square in ALL_SQUARES)]),
        "token_of_square": torch.tensor([ALL_SQUARES.index(s) + 1 if s in ALL_SQUARES else 0 for s in range(64)]),
        # Per value of a byte: its eight squares as int8, packed in an int64; how many bits are set;
        # and where the k-th set bit is.
        "squares_of_byte": bits_of_byte.to(torch.int8).view(torch.int64).flatten(),
        "count_of_byte": bits_of_byte.sum(1),
        "rank_in_byte": (1 - bits_of_byte).argsort(dim=1, stable=True),
    }
    return {name: table.to(device) for name, table in tables.items()}


def _any_direction(up: Int64[Tensor, "4 n"], down: Int64[Tensor, "4 n"]) -> Int64[Tensor, " n"]:
    both = up | down
    return both[0] | both[1] | both[2] | both[3]


class _Position:
    """A batch of positions seen from the player to move, with the legal moves."""

    def __init__(self, own: Int64[Tensor, " n"], opponent: Int64[Tensor, " n"]):
        self.own, self.opponent = own, opponent
        tables = _tables(own.device)
        self._shift, self._up, self._down = tables["shift"], tables["up"], tables["down"]
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

    def play(self, move: Int64[Tensor, " n"]) -> "_Position":
        """The position after a move, seen from the other player (who may have to pass)."""
        flips = self.flips(move)
        return _Position(self.opponent & ~flips, self.own | move | flips)

    def swapped(self, where: Bool[Tensor, " n"]) -> "_Position":
        return _Position(
            torch.where(where, self.opponent, self.own), torch.where(where, self.own, self.opponent)
        )


def _after(
    position: _Position, black: Bool[Tensor, " n"], move: Int64[Tensor, " n"]
) -> tuple[_Position, Bool[Tensor, " n"]]:
    """Plays a move (0: none) and passes for whoever must. `black` tells whether black is to move."""
    position, black = position.play(move), ~black
    stuck = position.legal == 0
    if stuck.any():
        position, black = position.swapped(stuck), black ^ stuck
    return position, black


def _start(n: int, device: torch.device | str) -> tuple[_Position, Bool[Tensor, " n"]]:
    black, white = (torch.full((n,), bits, device=device) for bits in _START)
    return _Position(black, white), torch.ones(n, dtype=torch.bool, device=device)


def _colour(position: _Position, black: Bool[Tensor, " n"]) -> Int8[Tensor, " n"]:
    """Who is to move: +1 black, -1 white, 0 when nobody can."""
    return (black.to(torch.int8) * 2 - 1) * (position.legal != 0)


def _unpack(bits: Int64[Tensor, "*batch"]) -> Int8[Tensor, "*batch 8 8"]:
    """Bitboards to boards of 0 and 1."""
    squares = _tables(bits.device)["squares_of_byte"][_bytes(bits)]
    return squares.view(torch.int8).view(*bits.shape, 8, 8)


def _bytes(bits: Int64[Tensor, "*batch"]) -> Int[Tensor, "*batch 8"]:
    """The eight rows of bitboards, as numbers 0..255 (the machine is taken to be little-endian)."""
    return bits.contiguous().unsqueeze(-1).view(torch.uint8).to(torch.int32)


def _pack(squares: Bool[Tensor, "*batch 8 8"]) -> Int64[Tensor, "*batch"]:
    """Boards of 0 and 1 to bitboards."""
    return (squares.flatten(-2) * _tables(squares.device)["bit_of_square"]).sum(-1)


# --- replaying games ---------------------------------------------------------------------------


def replay(tokens: Integer[Tensor, "game move"]) -> Replay:
    """Replays games from the start.

    tokens: one row per game, at most 60 moves as token ids 1..60, without passes. A game that ended
    early is padded with 0.

    Raises ValueError for a wrong shape or a token outside 0..60, IllegalMoveError (a ValueError) for
    the first move that the rules don't allow.
    """
    _check_tokens(tokens)
    parts = [_replay(part) for part in tokens.split(_CHUNK)]
    names = Replay.__dataclass_fields__
    return Replay(**{name: torch.cat([getattr(part, name) for part in parts]) for name in names})


def _check_tokens(tokens: Tensor) -> None:
    if tokens.ndim != 2 or tokens.shape[1] > N_MOVES or tokens.is_floating_point():
        raise ValueError(
            f"tokens: expected integers of shape (games, moves) with at most {N_MOVES} moves; "
            f"found {tokens.dtype} of shape {tuple(tokens.shape)}. For one game, use tokens[None]."
        )
    outside = (tokens < 0) | (tokens > N_MOVES)
    if outside.any():
        game, move = outside.nonzero()[0].tolist()
        raise ValueError(
            f"game {game}, move {move}: token {tokens[game, move].item()} is not a move; expected 1..60 "
            "(or 0 as padding after the end of a game)"
        )


def _replay(tokens: Integer[Tensor, "game move"]) -> Replay:
    n_games, n_moves = tokens.shape
    moves = _tables(tokens.device)["bit_of_token"][tokens.long()]
    blacks, whites, legal = (torch.zeros_like(moves) for _ in range(3))
    movers, to_move = (torch.zeros_like(moves, dtype=torch.int8) for _ in range(2))
    wrong = torch.zeros_like(moves, dtype=torch.bool)
    position, black = _start(n_games, tokens.device)
    for m in range(n_moves):
        move = moves[:, m]
        # Where a move can be played, one must be, and it must be among the legal ones.
        wrong[:, m] = torch.where(move == 0, position.legal != 0, (move & position.legal) == 0)
        movers[:, m] = _colour(position, black)
        position, black = _after(position, black, move)
        blacks[:, m] = torch.where(black, position.own, position.opponent)
        whites[:, m] = torch.where(black, position.opponent, position.own)
        to_move[:, m], legal[:, m] = _colour(position, black), position.legal
    states = _unpack(blacks) - _unpack(whites)
    result = Replay(states, movers, to_move, _unpack(legal).view(torch.bool))
    if wrong.any():
        _raise_illegal(tokens, result, wrong)
    return result


def _raise_illegal(tokens: Tensor, result: Replay, wrong: Bool[Tensor, "game move"]) -> None:
    game, move = wrong.nonzero()[0].tolist()
    token, player = int(tokens[game, move]), int(result.movers[game, move])
    if token == 0:
        what, reason = "0 (pass)", f"{_NAMES[player]} has a legal move; passes are implied, never written"
    else:
        what = id_to_label(token)
        before = result.states[game, move - 1] if move else initial_board()
        square = ALL_SQUARES[token - 1]
        if player == 0:
            reason = "the game is over"
        elif before.flatten()[square] != 0:
            reason = "the square is taken"
        else:
            reason = f"it turns none of {_NAMES[-player]}'s discs"
    raise IllegalMoveError(f"game {game}, move {move}: {what} is not legal for {_NAMES.get(player, 'anyone')}: {reason}")


# --- random games ------------------------------------------------------------------------------


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
        raise ValueError(f"random_games: n and first can't be negative; found n={n}, first={first}")
    index = torch.arange(first, first + n, device=device)
    if not n:
        return torch.zeros(0, N_MOVES, dtype=torch.uint8, device=device)
    return torch.cat([_random_games(part, seed, passes) for part in index.split(_CHUNK)])


def _random_games(index: Int64[Tensor, " n"], seed: int, passes: bool) -> UInt8[Tensor, "n 60"]:
    games = torch.zeros(len(index), N_MOVES, dtype=torch.uint8, device=index.device)
    todo, attempt = torch.arange(len(index), device=index.device), 0
    while len(todo):
        tokens, passed = _random_attempt(index[todo], seed, attempt)
        accepted = torch.ones_like(passed) if passes else ~passed & (tokens[:, -1] != 0)
        games[todo[accepted]] = tokens[accepted]
        todo, attempt = todo[~accepted], attempt + 1
    return games


def _random_attempt(
    index: Int64[Tensor, " n"], seed: int, attempt: int
) -> tuple[UInt8[Tensor, "n 60"], Bool[Tensor, " n"]]:
    """One try at each game: its tokens, and whether anybody passed."""
    token_of_square = _tables(index.device)["token_of_square"]
    bit_of_square = _tables(index.device)["bit_of_square"]
    tokens = torch.zeros(len(index), N_MOVES, dtype=torch.uint8, device=index.device)
    position, black = _start(len(index), index.device)
    passed = torch.zeros_like(black)
    stream = _mix(_mix(_mix(torch.full_like(index, seed)) + index) + attempt)
    for m in range(N_MOVES):
        playable = position.legal != 0
        square = _choose(position.legal, _mix(stream + m))
        tokens[:, m] = torch.where(playable, token_of_square[square], 0)
        before = black
        position, black = _after(position, black, torch.where(playable, bit_of_square[square], 0))
        passed |= (black == before) & (position.legal != 0)
    return tokens, passed


def _mix(x: Int64[Tensor, " n"]) -> Int64[Tensor, " n"]:
    """SplitMix64 (Steele, Lea and Flood 2014): a counter to well mixed bits, alike on every device."""
    x = x + _signed(0x9E3779B97F4A7C15)
    x = (x ^ _shift_right(x, 30)) * _signed(0xBF58476D1CE4E5B9)
    x = (x ^ _shift_right(x, 27)) * _signed(0x94D049BB133111EB)
    return x ^ _shift_right(x, 31)


def _shift_right(x: Int64[Tensor, " n"], by: int) -> Int64[Tensor, " n"]:
    """A right shift that brings in zeros (torch's brings in the sign)."""
    return (x >> by) & ((1 << (64 - by)) - 1)


def _choose(legal: Int64[Tensor, " n"], noise: Int64[Tensor, " n"]) -> Int64[Tensor, " n"]:
    """A uniformly random set bit of each bitboard; anything where there is none."""
    tables = _tables(legal.device)
    rows = _bytes(legal)
    up_to = tables["count_of_byte"][rows].cumsum(1)
    # A number below the count from 31 random bits; the bias is below 33 / 2**31.
    k = (_shift_right(noise, 33) * up_to[:, -1]) >> 31
    row = (up_to <= k[:, None]).sum(1).clamp(max=7)
    byte = rows.gather(1, row[:, None]).squeeze(1)
    k = k - (up_to.gather(1, row[:, None]).squeeze(1) - tables["count_of_byte"][byte])
    return 8 * row + tables["rank_in_byte"][byte, k.clamp(0, 7)]


# --- single positions --------------------------------------------------------------------------


def initial_board() -> Int8[Tensor, "8 8"]:
    """The starting position: black on D4 and E3, white on D3 and E4."""
    black, white = torch.tensor(_START)
    return _unpack(black) - _unpack(white)


def _from_boards(boards: Int8[Tensor, "n 8 8"], player: Int8[Tensor, " n"]) -> _Position:
    mine, theirs = (_pack(boards == sign * player[:, None, None]) for sign in (1, -1))
    return _Position(mine, theirs)


def _check_boards(board: Tensor, player: int | Tensor) -> tuple[Tensor, Tensor]:
    """Boards flattened to (n, 8, 8) and one player for each."""
    if board.shape[-2:] != (8, 8) or not torch.isin(board, torch.tensor([-1, 0, 1], device=board.device)).all():
        raise ValueError(
            "board: expected shape (..., 8, 8) with black +1, white -1, blank 0; "
            f"found shape {tuple(board.shape)}" + (f" with values {board.unique().tolist()}" if board.numel() else "")
        )
    player = torch.as_tensor(player, dtype=torch.int8, device=board.device)
    if not (player.abs() == 1).all():
        raise ValueError(f"player: expected +1 (black) or -1 (white); found {player.unique().tolist()}")
    return board.reshape(-1, 8, 8).to(torch.int8), player.expand(board.shape[:-2]).reshape(-1)


def legal_moves(
    board: Integer[Tensor, "*batch 8 8"], player: int | Integer[Tensor, "*batch"]
) -> Bool[Tensor, "*batch 8 8"]:
    """Where a player may play. player: +1 black, -1 white, one for all boards or one each.

    Raises ValueError for anything that is not a board or a player.
    """
    boards, players = _check_boards(board, player)
    return _unpack(_from_boards(boards, players).legal).view(torch.bool).reshape(board.shape)


def play(board: Integer[Tensor, "8 8"], player: int, square: int) -> Int8[Tensor, "8 8"]:
    """The board after a player plays a square (0..63).

    Raises IllegalMoveError when the move is not legal.
    """
    boards, players = _check_boards(board, player)
    position = _from_boards(boards, players)
    move = _tables(board.device)["bit_of_square"][square][None]
    if not (move & position.legal).any():
        raise IllegalMoveError(f"{square_to_label(square)} is not legal for {_NAMES[player]}")
    after = position.play(move)
    return (player * (_unpack(after.opponent) - _unpack(after.own)))[0]


def perft(depth: int) -> int:
    """The number of move sequences of this length from the start, a pass counting as a move."""
    position, _ = _start(1, "cpu")
    for _ in range(depth - 1):
        stuck = position.legal == 0
        over = position.swapped(stuck).legal == 0
        game, square = _unpack(position.legal).flatten(1).nonzero(as_tuple=True)
        moves = torch.cat([_tables(game.device)["bit_of_square"][square], torch.zeros(0, dtype=torch.long)])
        passing = (stuck & ~over).nonzero().squeeze(1)
        parents = torch.cat([game, passing])
        moves = torch.cat([moves, torch.zeros_like(passing)])
        position = _Position(position.own[parents], position.opponent[parents]).play(moves)
    if depth == 0:
        return 1
    stuck = position.legal == 0
    can_pass = stuck & (position.swapped(stuck).legal != 0)
    return int(_tables(position.legal.device)["count_of_byte"][_bytes(position.legal)].sum() + can_pass.sum())


# --- boards as a player sees them --------------------------------------------------------------


def relative(states: Int8[Tensor, "*batch 8 8"], player: int | Int8[Tensor, "*batch"]) -> Int8[Tensor, "*batch 8 8"]:
    """Plus-minus form: theirs -1, blank 0, mine +1, where "mine" are the discs of `player` (+1 or -1)."""
    player = torch.as_tensor(player, dtype=states.dtype, device=states.device)
    return states * player[..., None, None]


def theirs_vs_mine(
    states: Int8[Tensor, "*batch 8 8"], player: int | Int8[Tensor, "*batch"]
) -> Int8[Tensor, "*batch 8 8"]:
    """The form 0 blank, 1 theirs, 2 mine, where "mine" are the discs of `player` (+1 or -1)."""
    plus_minus = relative(states, player)
    return torch.where(plus_minus < 0, 1, 2 * plus_minus)
