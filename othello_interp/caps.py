"""Caps: neurons that fire where a square is legal and lower that square's logit.

Many neurons argue for a legal move, as many as there are lines that make it legal, and what they say adds up.
A cap takes the excess off again. Near relatives in language models: copy suppression (McDougall et al. 2023)
and confidence regulation neurons (Stolfo et al. 2024).
"""

from typing import TYPE_CHECKING

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from othello_interp.errors import InputError
from othello_interp.neurons import logit_attribution
from othello_interp.squares import ALL_SQUARES, square_to_label

if TYPE_CHECKING:
    import pandas as pd


def own_squares(
    acts: Float[Tensor, "game move neuron"],
    W_out: Float[Tensor, "neuron d_model"],
    W_U: Float[Tensor, "d_model 61"],
    legal: Bool[Tensor, "*board 8 8"],
) -> "pd.DataFrame":
    """For each neuron of a layer the square whose logit it changes most, and whether it fires where that
    square is legal.

    legal: where the next player may move, as FocusGames.valid_moves[:, :59].

    Returns one row a neuron: `square`; `weight`, the change of that square's logit by a unit of activation
    (see logit_attribution); `share`, that part of all its positive activation which falls on positions where
    the square is legal (NaN for a neuron that never fires); `mean`, its mean activation over these
    positions. Raises ValueError when acts and legal cover different positions.

    >>> from othello_interp.board import random_games, replay
    >>> from othello_interp.model import tiny_model
    >>> model, games = tiny_model(seed=0), random_games(5, seed=1).long()
    >>> acts = torch.rand(5, 59, 36)
    >>> table = own_squares(acts, model.blocks[1].mlp.W_out, model.W_U, replay(games).legal[:, :59])
    >>> table.shape, list(table.columns)
    ((36, 4), ['square', 'weight', 'share', 'mean'])
    """
    import pandas as pd

    if acts.shape[:-1] != legal.shape[:-2]:
        raise InputError(
            f"acts and legal must cover the same positions; found {tuple(acts.shape[:2])} and "
            f"{tuple(legal.shape[:-2])}. The model sees 59 of the 60 moves: valid_moves[:, :59]."
        )
    boards = logit_attribution(W_out, W_U).flatten(1)
    squares = boards.abs().argmax(1)
    each = torch.arange(len(squares), device=squares.device)
    is_legal = legal.flatten(2).flatten(0, 1).to(acts)
    flat = acts.flatten(0, 1)
    positive = flat.clamp(min=0)
    share = (is_legal.T @ positive)[squares, each] / positive.sum(0)
    mean = (is_legal.T @ flat)[squares, each] / is_legal.sum(0)[squares]
    columns = {"weight": boards[each, squares], "share": share, "mean": mean}
    frame = pd.DataFrame(
        {"square": [square_to_label(square) for square in squares.tolist()]}
        | {name: column.numpy(force=True) for name, column in columns.items()}
    )
    return frame.rename_axis("neuron")


def caps(
    acts: Float[Tensor, "game move neuron"],
    W_out: Float[Tensor, "neuron d_model"],
    W_U: Float[Tensor, "d_model 61"],
    legal: Bool[Tensor, "*board 8 8"],
    share: float = 0.8,
) -> "pd.DataFrame":
    """The strongest cap of each square that has one among the neurons of a layer: those rows of own_squares
    with a negative weight and at least this share of the activation where the square is legal; of several
    for one square, the one that lowers it most on average (weight × mean).

    Indexed by square, in the board's order, with the column `neuron` in front.

    >>> from othello_interp.board import random_games, replay
    >>> from othello_interp.model import tiny_model
    >>> model, games = tiny_model(seed=0), random_games(5, seed=1).long()
    >>> acts, legal = torch.rand(5, 59, 36), replay(games).legal[:, :59]
    >>> found = caps(acts, -10 * model.W_U.T[:36], model.W_U, legal, share=0.1)
    >>> list(found.columns)
    ['neuron', 'weight', 'share', 'mean']
    """
    table = own_squares(acts, W_out, W_U, legal)
    found = table[(table.weight < 0) & (table.share >= share)]
    strongest = (found.weight * found["mean"]).groupby(found.square).idxmin()
    best = found.loc[strongest].reset_index().set_index("square")
    return best.reindex([square_to_label(s) for s in ALL_SQUARES if square_to_label(s) in best.index])
