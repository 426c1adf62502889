"""The best few examples of each neuron, one a game, each kept as a single int64.

A key holds, from the highest bits down, what the examples are ranked by (32 bits), the game (26) and the
move (6). So to keep the best few is one topk, equal ranks are decided by the game, and the order in which
games come changes nothing. Games are numbered: seed and number give the game back.
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor

#: In place of an example where there are too few.
NONE = torch.iinfo(torch.int64).min
_GAME_BITS, _MOVE_BITS = 26, 6
MAX_GAMES = 2**_GAME_BITS


def by_activation(
    acts: Float[Tensor, "game neuron"], games: Int64[Tensor, " game"], moves: Int64[Tensor, "game neuron"]
) -> Int64[Tensor, "game neuron"]:
    """Keys by which the highest activation comes first.

    >>> keys = by_activation(torch.tensor([[0.5, -2.0]]), torch.tensor([7]), torch.tensor([[3, 58]]))
    >>> [found.tolist() for found in unpack(keys)], activation(keys).tolist()
    ([[[7, 7]], [[3, 58]]], [[0.5, -2.0]])
    """
    return _pack(_ordered(acts.contiguous().view(torch.int32)), games[:, None], moves)


def by_chance(games: Int64[Tensor, " game"], moves: Int64[Tensor, " game"]) -> Int64[Tensor, " game"]:
    """Keys in an order that has to do with nothing but the numbers of the games."""
    mixed = (games + 1) * 0x5851F42D4C957F2D
    mixed = (mixed ^ (mixed >> 29)) * 0x14057B7EF767814F
    return _pack((mixed >> 31) & 0x7FFFFFFF, games, moves)


def chosen_moves(games: Int64[Tensor, " game"], n_moves: int) -> Int64[Tensor, " game"]:
    """One move of each game, by its number: together a random sample of the positions, one a game."""
    mixed = (games + 1) * 0x2545F4914F6CDD1D
    return ((mixed ^ (mixed >> 32)) & 0x7FFFFFFF) % n_moves


def best(keys: Int64[Tensor, "*neuron key"], count: int) -> Int64[Tensor, "*neuron count"]:
    """The `count` highest keys, highest first; filled up with NONE."""
    missing = count - keys.shape[-1]
    if missing > 0:
        keys = torch.cat([keys, keys.new_full((*keys.shape[:-1], missing), NONE)], dim=-1)
    return keys.topk(count, dim=-1).values


def unpack(keys: Int64[Tensor, "*key"]) -> tuple[Int64[Tensor, "*key"], Int64[Tensor, "*key"]]:
    """Game and move of each key; -1 for both where there is none."""
    low = keys & (2 ** (_GAME_BITS + _MOVE_BITS) - 1)
    game, move = MAX_GAMES - 1 - (low >> _MOVE_BITS), low & (2**_MOVE_BITS - 1)
    return game.where(keys != NONE, -1), move.where(keys != NONE, -1)


def activation(keys: Int64[Tensor, "*key"]) -> Float[Tensor, "*key"]:
    """The activation in each key made by `by_activation`; NaN where there is none."""
    bits = _ordered((keys >> 32).to(torch.int32))
    return bits.contiguous().view(torch.float32).where(keys != NONE, torch.nan)


def _ordered(bits: Tensor) -> Tensor:
    """The bits of floats as integers in the same order, and back again."""
    return torch.where(bits < 0, bits ^ 0x7FFFFFFF, bits)


def _pack(rank: Tensor, games: Tensor, moves: Tensor) -> Tensor:
    return (rank.long() << 32) | ((MAX_GAMES - 1 - games) << _MOVE_BITS) | moves
