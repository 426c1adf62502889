"""The rules of Othello for many games at once: replay, legal moves, board states.

A board is int8 of shape (8, 8): black +1, white -1, blank 0. Passes are never written down: a player
without a legal move is skipped. Random games are in random_games.py.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int8, Integer
from torch import Tensor

from othello_interp.errors import InputError
from othello_interp.rules.bitboards import (
    START,
    Position,
    advance,
    chunk_size,
    pack,
    rows_of,
    start,
    tables,
    unpack,
)
from othello_interp.rules.random_games import N_MOVES, random_games
from othello_interp.squares import ALL_SQUARES, id_to_label, square_to_label

__all__ = [
    "BLACK",
    "N_MOVES",
    "WHITE",
    "IllegalMoveError",
    "Replay",
    "initial_board",
    "legal_moves",
    "perft",
    "play",
    "random_games",
    "relative",
    "replay",
    "theirs_vs_mine",
]

BLACK, WHITE = 1, -1
_UNPACK = 256  # games at a time on a CPU: the white boards stay in its cache
_NAMES = {BLACK: "black", WHITE: "white"}


class IllegalMoveError(InputError):
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


def replay(tokens: Integer[Tensor, "game move"]) -> Replay:
    """Replays games from the start.

    tokens: one row per game, at most 60 moves as token ids 1..60, without passes. A game that ended
    early is padded with 0.

    Raises ValueError for a wrong shape or a token outside 0..60, IllegalMoveError (a ValueError) for
    the first move that the rules don't allow.
    """
    _check_tokens(tokens)
    n_games, n_moves = tokens.shape
    states, legal = (
        tokens.new_empty(n_games, n_moves, 8, 8, dtype=dtype) for dtype in (torch.int8, torch.bool)
    )
    movers, to_move = (tokens.new_empty(n_games, n_moves, dtype=torch.int8) for _ in range(2))
    result = Replay(states, movers, to_move, legal)
    wrong = torch.zeros_like(legal[:, :, 0, 0])
    size = chunk_size(tokens.device)
    for first in range(0, n_games, size):
        chunk = slice(first, first + size)
        _replay(tokens[chunk], states[chunk], movers[chunk], to_move[chunk], legal[chunk], wrong[chunk])
    if wrong.any():
        _raise_illegal(tokens, result, wrong)
    return result


def _check_tokens(tokens: Tensor) -> None:
    if tokens.ndim != 2 or tokens.shape[1] > N_MOVES or tokens.is_floating_point():
        raise InputError(
            f"tokens: expected integers of shape (games, moves) with at most {N_MOVES} moves; "
            f"found {tokens.dtype} of shape {tuple(tokens.shape)}. For one game, use tokens[None]."
        )
    outside = (tokens < 0) | (tokens > N_MOVES)
    if outside.any():
        game, move = outside.nonzero()[0].tolist()
        raise InputError(
            f"game {game}, move {move}: token {tokens[game, move].item()} is not a move; expected 1..60 "
            "(or 0 as padding after the end of a game)"
        )


def _replay(
    tokens: Integer[Tensor, "game move"],
    states: Int8[Tensor, "game move 8 8"],
    movers: Int8[Tensor, "game move"],
    to_move: Int8[Tensor, "game move"],
    legal: Bool[Tensor, "game move 8 8"],
    wrong: Bool[Tensor, "game move"],
) -> None:
    """Replays a chunk of games into the given tensors; marks moves that the rules don't allow."""
    bits = tables(tokens.device)["bit_of_token"][tokens.T.long()]
    position, black = start(len(tokens), tokens.device)
    legal_at_start = position.legal
    history = []
    for move in bits:
        position, black = advance(position, black, move)
        history.append((position.own, position.opponent, position.legal, black))
    own, opponent, legals, turn = (torch.stack(column) for column in zip(*history, strict=True))
    blacks, whites = torch.where(turn, own, opponent), torch.where(turn, opponent, own)
    next_player = torch.where(turn, BLACK, WHITE) * (legals != 0)
    to_move.copy_(next_player.T)
    movers[:, 0], movers[:, 1:] = BLACK, to_move[:, :-1]
    # Where a move can be played, one must be, and it must be among the legal ones.
    legal_before = torch.cat([legal_at_start[None], legals[:-1]])
    wrong.copy_(torch.where(bits == 0, legal_before != 0, (bits & legal_before) == 0).T)
    size = _UNPACK if tokens.device.type == "cpu" else len(tokens)
    for first in range(0, len(tokens), size):
        part = slice(first, first + size)
        unpack(blacks.T[part], out=states[part]).sub_(unpack(whites.T[part]))
        unpack(legals.T[part], out=legal[part].view(torch.int8))


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
    raise IllegalMoveError(
        f"game {game}, move {move}: {what} is not legal for {_NAMES.get(player, 'anyone')}: {reason}"
    )


def initial_board() -> Int8[Tensor, "8 8"]:
    """The starting position: black on D4 and E3, white on D3 and E4."""
    black, white = torch.tensor(START)
    return unpack(black) - unpack(white)


def _from_boards(boards: Int8[Tensor, "n 8 8"], player: Int8[Tensor, " n"]) -> Position:
    mine, theirs = (pack(boards == sign * player[:, None, None]) for sign in (1, -1))
    return Position(mine, theirs)


def _check_boards(board: Tensor, player: int | Tensor) -> tuple[Tensor, Tensor]:
    """Boards flattened to (n, 8, 8) and one player for each."""
    if (
        board.shape[-2:] != (8, 8)
        or not torch.isin(board, torch.tensor([-1, 0, 1], device=board.device)).all()
    ):
        raise InputError(
            "board: expected shape (..., 8, 8) with black +1, white -1, blank 0; "
            f"found shape {tuple(board.shape)}"
            + (f" with values {board.unique().tolist()}" if board.numel() else "")
        )
    player = torch.as_tensor(player, dtype=torch.int8, device=board.device)
    if not (player.abs() == 1).all():
        raise InputError(f"player: expected +1 (black) or -1 (white); found {player.unique().tolist()}")
    return board.reshape(-1, 8, 8).to(torch.int8), player.expand(board.shape[:-2]).reshape(-1)


def legal_moves(
    board: Integer[Tensor, "*batch 8 8"], player: int | Integer[Tensor, "*batch"]
) -> Bool[Tensor, "*batch 8 8"]:
    """Where a player may play. player: +1 black, -1 white, one for all boards or one each.

    Raises ValueError for anything that is not a board or a player.
    """
    boards, players = _check_boards(board, player)
    return unpack(_from_boards(boards, players).legal).view(torch.bool).reshape(board.shape)


def play(board: Integer[Tensor, "8 8"], player: int, square: int) -> Int8[Tensor, "8 8"]:
    """The board after a player plays a square (0..63).

    Raises IllegalMoveError when the move is not legal.
    """
    boards, players = _check_boards(board, player)
    position = _from_boards(boards, players)
    move = tables(board.device)["bit_of_square"][square][None]
    if not (move & position.legal).any():
        raise IllegalMoveError(f"{square_to_label(square)} is not legal for {_NAMES[player]}")
    after = position.play(move)
    return (player * (unpack(after.opponent) - unpack(after.own)))[0]


def perft(depth: int) -> int:
    """The number of move sequences of this length from the start, a pass counting as a move."""
    position, _ = start(1, "cpu")
    for _ in range(depth - 1):
        stuck = position.legal == 0
        over = position.swapped(stuck).legal == 0
        game, square = unpack(position.legal).flatten(1).nonzero(as_tuple=True)
        moves = torch.cat([tables(game.device)["bit_of_square"][square], torch.zeros(0, dtype=torch.long)])
        passing = (stuck & ~over).nonzero().squeeze(1)
        parents = torch.cat([game, passing])
        moves = torch.cat([moves, torch.zeros_like(passing)])
        position = Position(position.own[parents], position.opponent[parents]).play(moves)
    if depth == 0:
        return 1
    stuck = position.legal == 0
    can_pass = stuck & (position.swapped(stuck).legal != 0)
    return int(tables(position.legal.device)["count_of_byte"][rows_of(position.legal)].sum() + can_pass.sum())


def relative(
    states: Int8[Tensor, "*batch 8 8"], player: int | Int8[Tensor, "*batch"]
) -> Int8[Tensor, "*batch 8 8"]:
    """Plus-minus form: theirs -1, blank 0, mine +1, where "mine" are the discs of `player` (+1 or -1)."""
    player = torch.as_tensor(player, dtype=states.dtype, device=states.device)
    return states * player[..., None, None]


def theirs_vs_mine(
    states: Int8[Tensor, "*batch 8 8"], player: int | Int8[Tensor, "*batch"]
) -> Int8[Tensor, "*batch 8 8"]:
    """The form 0 blank, 1 theirs, 2 mine, where "mine" are the discs of `player` (+1 or -1)."""
    plus_minus = relative(states, player)
    return torch.where(plus_minus < 0, 1, 2 * plus_minus)
