"""Reference answers for notebook 2."""

import torch
from jaxtyping import Float
from torch import Tensor
from transformer_lens import TransformerBridge

from othello_interp import utils
from othello_interp.neurons import get_w_in, get_w_out
from othello_interp.squares import ALL_SQUARES


def input_weights_on_board(
    model: TransformerBridge, layer: int, neuron: int, directions: Float[Tensor, "d_model 8 8"]
) -> Float[Tensor, "8 8"]:
    """The cosine similarity of a neuron's input weights with the direction of each square.

    A square whose direction is zero gets 0.
    """
    w_in = get_w_in(model, layer, neuron, normalize=True)
    lengths = directions.norm(dim=0)
    dots = torch.einsum("d,drc->rc", w_in, directions)
    return torch.where(lengths > 0, dots / lengths, 0.0)


def neuron_logit_attribution(model: TransformerBridge, layer: int, neuron: int) -> Float[Tensor, "8 8"]:
    """What one unit of a neuron's activation adds directly to the logit of each square.

    The four centre squares, which have no token, get 0.
    """
    logits = get_w_out(model, layer, neuron) @ model.W_U[:, 1:]
    board = logits.new_zeros(64)
    board[ALL_SQUARES] = logits
    return board.reshape(8, 8)


def unembedding_similarity(model: TransformerBridge, label_a: str, label_b: str) -> float:
    """The cosine similarity of the unembedding vectors of two squares."""
    a = model.W_U[:, utils.label_to_id(label_a)]
    b = model.W_U[:, utils.label_to_id(label_b)]
    return (a @ b / (a.norm() * b.norm())).item()


def capture_pattern(label: str, step: tuple[int, int], n_theirs: int) -> dict[str, str] | None:
    """What must stand where for a move to turn `n_theirs` discs in one direction.

    label: the square played.
    step: (rows down, columns to the right) from one square of the line to the next.
    Returns a dict from square to "BLANK", "THEIRS" or "MINE"; None if the line leaves the board.
    """
    row, col = "ABCDEFGH".index(label[0]), int(label[1])
    pattern = {}
    for state in ["BLANK", *["THEIRS"] * n_theirs, "MINE"]:
        if not (0 <= row < 8 and 0 <= col < 8):
            return None
        pattern["ABCDEFGH"[row] + str(col)] = state
        row, col = row + step[0], col + step[1]
    return pattern
