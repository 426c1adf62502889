"""Reference answers for notebook 4."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformer_lens import TransformerBridge

from othello_interp import utils
from othello_interp.squares import ALL_SQUARES


def explain_game(
    acts: Float[Tensor, "game move"], squares: Int[Tensor, "game 60"], game: int, threshold: float
) -> list[tuple[int, str]]:
    """The moves of one game after which the neuron's activation is above `threshold`, in order.

    squares: the square played at each move, 0..63.
    Each item is the number of the move, counted from 0, and the label of the square just played.
    """
    moves = (acts[game] > threshold).nonzero().flatten().tolist()
    return [(move, utils.square_to_label(squares[game, move].item())) for move in moves]


def distinct_moves(acts: Float[Tensor, "game move"], count: int, gap: int) -> list[tuple[int, int]]:
    """The (game, move) pairs of the loudest `count` moves, the loudest first, of which no two are in the same
    game and fewer than `gap` moves apart.

    From the loudest down; a move that is too close to one already taken is left out.
    """
    left, found = acts.clone(), []
    for _ in range(count):
        game, move = divmod(left.argmax().item(), left.shape[1])
        found.append((game, move))
        left[game, max(0, move - gap + 1) : move + gap] = -torch.inf
    return found


def square_shares(
    states: Int[Tensor, "game move 8 8"], mask: Bool[Tensor, "game move"]
) -> Float[Tensor, "3 8 8"]:
    """For each square, the share of the marked positions at which it is blank, theirs and mine.

    states: 0 blank, 1 theirs, 2 mine.
    """
    chosen = states[mask]
    return torch.stack([(chosen == value).float().mean(dim=0) for value in range(3)])


def describe_top_neurons(
    model: TransformerBridge,
    layer: int,
    acts: Float[Tensor, "game move neuron"],
    states: Int[Tensor, "game move 8 8"],
    count: int,
    quantile: float,
) -> tuple[list[int], Float[Tensor, "count 8 8"], Float[Tensor, "count 8 8"]]:
    """What the neurons of a layer with the largest standard deviation write, and the boards they like.

    states: theirs -1, blank 0, mine +1.
    Returns the `count` neurons, the largest standard deviation first; for each of them its direct logit
    attribution (0 in the centre); and for each of them the average board over the moves at which its
    activation is above its own quantile.
    """
    flat = acts.flatten(0, 1)
    neurons = flat.std(dim=0).topk(count).indices

    attributions = flat.new_zeros(count, 64)
    attributions[:, ALL_SQUARES] = model.blocks[layer].mlp.W_out[neurons] @ model.W_U[:, 1:]

    mask = (flat[:, neurons] > flat[:, neurons].quantile(quantile, dim=0)).float()
    boards = torch.einsum("pn,prc->nrc", mask, states.flatten(0, 1).float())
    return neurons.tolist(), attributions.reshape(count, 8, 8), boards / mask.sum(dim=0)[:, None, None]
