"""What a hypothesis may ask beyond what stands where: legal moves, and what the last move was and did.

All of it follows from boards as the player about to move sees them. A move plays one blank square and turns
discs over; since players change places, what a move played or turned is "theirs" afterwards.
"""

import torch
from jaxtyping import Bool, Int64, Integer
from torch import Tensor

from othello_interp.errors import InputError
from othello_interp.patterns import DIRECTIONS, STATES, line_pattern
from othello_interp.squares import CENTRE, label_to_square, square_to_label


def is_legal(boards: Integer[Tensor, "*batch 64"], square: int) -> Bool[Tensor, "*batch"]:
    """Where the player about to move may play a square: one of its lines stands."""
    found = torch.zeros(boards.shape[:-1], dtype=torch.bool, device=boards.device)
    for step in DIRECTIONS:
        for n_theirs in range(1, 7):
            pattern = line_pattern(square_to_label(square), step, n_theirs)
            if pattern is not None and square not in CENTRE:
                stands = [boards[..., label_to_square(at)] == STATES[state] for at, state in pattern.items()]
                found |= torch.stack(stands).all(0)
    return found


def was_played(boards: Integer[Tensor, "*batch 64"], square: int) -> Bool[Tensor, "*batch"]:
    """Where the last move was on a square. The axis before the last is the move; raises ValueError unless the
    boards are of whole games."""
    return (_before(boards)[..., square] == STATES["BLANK"]) & (boards[..., square] == STATES["THEIRS"])


def was_turned(boards: Integer[Tensor, "*batch 64"], square: int) -> Bool[Tensor, "*batch"]:
    """Where the last move turned the disc on a square. Raises ValueError unless the boards are of whole
    games."""
    return (_before(boards)[..., square] == STATES["THEIRS"]) & (boards[..., square] == STATES["THEIRS"])


def move_number(boards: Integer[Tensor, "*batch 64"]) -> Int64[Tensor, "*batch"]:
    """The number of the last move, 0 for the first of a game without passes: discs on the board less 5."""
    return (boards != 0).sum(-1) - 5


def _before(boards: Tensor) -> Tensor:
    """The board before each move, as its player saw it."""
    n_moves = boards.shape[-2] if boards.ndim > 1 else 0
    expected = torch.arange(n_moves, device=boards.device)
    if n_moves == 0 or not (move_number(boards) == expected).all():
        raise InputError(
            "PLAYED and TURNED ask what the last move did: give boards of whole games, of shape (game, move, "
            f"8, 8) and from the first move on; found shape {(*boards.shape[:-1], 8, 8)}, and other numbers "
            "of discs than such games have"
        )
    first = torch.zeros_like(boards[..., :1, :])
    first[..., [28, 35]], first[..., [27, 36]] = STATES["MINE"], STATES["THEIRS"]
    return torch.cat([first, boards[..., :-1, :]], dim=-2)
