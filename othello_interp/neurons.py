"""What a neuron reads and writes (weights), and when it fires (statistics of activations).

Weights follow the TransformerLens convention: column `neuron` of W_in (d_model, d_mlp) is what the
neuron reads from the residual stream, row `neuron` of W_out (d_mlp, d_model) is what it writes.
Hypotheses about a neuron are in hypotheses.py.
"""

from typing import TYPE_CHECKING

import torch
from jaxtyping import Bool, Float, Int8
from torch import Tensor

from othello_interp.errors import InputError
from othello_interp.model import check_exists
from othello_interp.squares import ALL_SQUARES

if TYPE_CHECKING:
    import pandas as pd
    from transformer_lens import TransformerBridge


def get_w_in(
    model: "TransformerBridge", layer: int, neuron: int, normalize: bool = False
) -> Float[Tensor, " d_model"]:
    """The input weights of a neuron, a copy; of unit length if `normalize`.

    Raises ValueError when the model has no such layer or neuron.

    >>> from othello_interp.model import tiny_model
    >>> model = tiny_model(seed=0)  # 2 layers of 36 neurons, d_model 20
    >>> get_w_in(model, layer=1, neuron=7).shape
    torch.Size([20])
    """
    check_exists(model, layer, [neuron])
    return _maybe_normalize(model.blocks[layer].mlp.W_in[:, neuron].detach().clone(), normalize)


def get_w_out(
    model: "TransformerBridge", layer: int, neuron: int, normalize: bool = False
) -> Float[Tensor, " d_model"]:
    """The output weights of a neuron, a copy; of unit length if `normalize`.

    Raises ValueError when the model has no such layer or neuron.

    >>> from othello_interp.model import tiny_model
    >>> model = tiny_model(seed=0)  # 2 layers of 36 neurons, d_model 20
    >>> get_w_out(model, layer=1, neuron=7, normalize=True).shape
    torch.Size([20])
    """
    check_exists(model, layer, [neuron])
    return _maybe_normalize(model.blocks[layer].mlp.W_out[neuron].detach().clone(), normalize)


def _maybe_normalize(vector: Float[Tensor, " d_model"], normalize: bool) -> Float[Tensor, " d_model"]:
    return vector / vector.norm() if normalize else vector


def on_board(values: Float[Tensor, "*batch 60"], fill: float = 0.0) -> Float[Tensor, "*batch 8 8"]:
    """Puts one value per playable square on the board; the four centre squares get `fill`.

    >>> on_board(torch.arange(60.0), fill=-1.0)[3]  # row D
    tensor([24., 25., 26., -1., -1., 27., 28., 29.])
    >>> on_board(torch.zeros(5, 7, 60)).shape
    torch.Size([5, 7, 8, 8])
    """
    board = values.new_full((*values.shape[:-1], 64), fill)
    board[..., ALL_SQUARES] = values
    return board.unflatten(-1, (8, 8))


def logit_attribution(
    w_out: Float[Tensor, "*batch d_model"], W_U: Float[Tensor, "d_model 61"]
) -> Float[Tensor, "*batch 8 8"]:
    """The direct effect of a residual-stream vector on the logit of every square, `w_out @ W_U`.

    The pass column of W_U is dropped; the centre squares, which have no token, are 0. In logits per
    unit of activation, up to the scale that the final LayerNorm applies. Only the direct path counts:
    nothing that later layers do with the vector. Meaningful for a model whose LayerNorms are folded.

    >>> from othello_interp.model import tiny_model
    >>> model = tiny_model(seed=0)  # 2 layers of 36 neurons, d_model 20
    >>> logit_attribution(get_w_out(model, 1, 7), model.W_U).shape
    torch.Size([8, 8])
    >>> logit_attribution(model.blocks[1].mlp.W_out, model.W_U).shape  # of all neurons at once
    torch.Size([36, 8, 8])
    """
    return on_board(w_out @ W_U[:, 1:])


def weights_in_probe_basis(
    vector: Float[Tensor, "*batch d_model"], directions: Float[Tensor, "d_model 8 8"]
) -> Float[Tensor, "*batch 8 8"]:
    """The cosine similarity of a weight vector with a probe's direction for each square.

    Squares whose direction is zero (the centre is never blank) give 0.

    >>> directions = torch.zeros(2, 8, 8)
    >>> directions[0, 2, 0] = 5  # for C0 along the first axis, for the others none
    >>> board = weights_in_probe_basis(torch.tensor([3.0, 4.0]), directions)
    >>> board[2, 0], board[2, 1]
    (tensor(0.6000), tensor(0.))
    """
    directions = directions / directions.norm(dim=0).clamp(min=1e-12)
    vector = vector / vector.norm(dim=-1, keepdim=True)
    return (vector @ directions.flatten(1)).unflatten(-1, (8, 8))


def cosine_similarity(
    a: Float[Tensor, "*batch d_model"], b: Float[Tensor, "*batch d_model"]
) -> Float[Tensor, "*batch"]:
    """The cosine of the angle between two vectors.

    >>> cosine_similarity(torch.tensor([[1.0, 0.0], [0.0, -1.0]]), torch.tensor([3.0, 4.0]).expand(2, 2))
    tensor([ 0.6000, -0.8000])
    """
    return (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1))


def orthonormal_basis(basis: Float[Tensor, "d_model k"]) -> Float[Tensor, "d_model rank"]:
    """An orthonormal basis of the space that the columns of `basis` span, by SVD.

    Directions whose singular value is rounding error next to the largest are dropped, so dependent
    columns do no harm. Raises ValueError for a basis with NaN or infinity, or of zeros only.

    >>> orthonormal_basis(torch.tensor([[1.0, 2.0], [0.0, 0.0], [1.0, 2.0]])).shape  # dependent columns
    torch.Size([3, 1])
    """
    if not basis.isfinite().all():
        raise InputError("basis: expected finite numbers; found NaN or infinity")
    U, S, _ = torch.linalg.svd(basis, full_matrices=False)
    rounding = S[0] * max(basis.shape) * torch.finfo(S.dtype).eps if S.numel() else 0.0
    rank = int(S.gt(rounding).sum())
    if rank == 0:
        raise InputError(
            f"basis: a basis of shape {tuple(basis.shape)} without a non-zero column spans nothing"
        )
    return U[:, :rank]


def variance_fraction(
    vectors: Float[Tensor, "*batch d_model"], basis: Float[Tensor, "d_model k"]
) -> Float[Tensor, "*batch"]:
    """The share of each vector's squared length that lies in the span of the columns of `basis`, 0..1.

    The columns need be neither orthogonal nor independent. For a random vector the expected share is
    rank / d_model. Raises ValueError for a bad basis (see orthonormal_basis) or a zero vector.

    >>> plane = torch.tensor([[1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])
    >>> variance_fraction(torch.tensor([[0.0, 2.0, 0.0], [3.0, 0.0, 4.0]]), plane)
    tensor([1.0000, 0.3600])
    """
    lengths = vectors.pow(2).sum(-1)
    if (lengths == 0).any():
        raise InputError("vectors: a zero vector has no variance to divide up")
    return (vectors @ orthonormal_basis(basis)).pow(2).sum(-1) / lengths


def neuron_stats(acts: Float[Tensor, "game move neuron"]) -> "pd.DataFrame":
    """One row per neuron over all games and moves: mean, std, min, max and the share of moves with a
    positive activation.

    >>> acts = torch.tensor([[[0.0, -1.0], [2.0, 1.0]], [[4.0, -1.0], [6.0, -3.0]]])  # 2 games of 2 moves
    >>> list(neuron_stats(acts).columns)
    ['mean', 'std', 'min', 'max', 'positive']
    >>> neuron_stats(acts)["max"].tolist(), neuron_stats(acts)["positive"].tolist()
    ([6.0, 1.0], [0.75, 0.25])
    """
    import pandas as pd

    flat = acts.flatten(0, 1)
    columns = {
        "mean": flat.mean(0),
        "std": flat.std(0),
        "min": flat.min(0).values,
        "max": flat.max(0).values,
        "positive": (flat > 0).float().mean(0),
    }
    frame = pd.DataFrame({name: column.numpy(force=True) for name, column in columns.items()})
    return frame.rename_axis("neuron")


def top_activations(
    acts: Float[Tensor, "game move *neuron"], quantile: float | None = None, count: int | None = None
) -> Bool[Tensor, "game move *neuron"]:
    """Marks the moves where a neuron fires most, over all moves of all games, for each neuron alone.

    Give either quantile (0.99: activations above the 99th percentile) or count (exactly that many
    moves). Raises ValueError otherwise.

    >>> top_activations(torch.tensor([[0.1, 0.9, 0.2], [0.5, 0.3, 0.4]]), count=2)
    tensor([[False,  True, False],
            [ True, False, False]])
    >>> top_activations(torch.rand(3, 59, 36), quantile=0.99).shape  # for each of 36 neurons
    torch.Size([3, 59, 36])
    """
    n_moves = acts.shape[0] * acts.shape[1]
    flat = acts.reshape(n_moves, -1)
    if quantile is not None and count is None:
        if not 0 <= quantile < 1:
            raise InputError(f"quantile: expected a number from 0 up to 1, such as 0.99; found {quantile}")
        # torch.quantile takes at most 16 million numbers at a time.
        columns = max(1, 16_000_000 // n_moves)
        mask = torch.cat(
            [part > part.quantile(quantile, dim=0) for part in flat.split(columns, dim=1)], dim=1
        )
    elif count is not None and quantile is None:
        if not 1 <= count <= n_moves:
            raise InputError(f"count: expected 1..{n_moves}, the number of moves; found {count}")
        mask = torch.zeros_like(flat, dtype=torch.bool)
        mask.scatter_(0, flat.topk(count, dim=0).indices, True)
    else:
        raise InputError(f"give either quantile or count; found quantile={quantile}, count={count}")
    return mask.view(acts.shape)


def square_frequencies(
    states: Int8[Tensor, "game move 8 8"], mask: Bool[Tensor, "game move *neuron"]
) -> Float[Tensor, "*neuron 3 8 8"]:
    """How often each square is blank, theirs, mine over the marked moves, as shares that add up to 1.

    states: 0 blank, 1 theirs, 2 mine. Raises ValueError where a mask marks no move.

    >>> states = torch.zeros(1, 3, 8, 8, dtype=torch.int8)  # one game of 3 moves
    >>> states[0, 1:, 2, 0] = 2  # C0 is mine after moves 1 and 2
    >>> frequencies = square_frequencies(states, torch.tensor([[True, True, False]]))
    >>> frequencies.shape, frequencies[:, 2, 0]
    (torch.Size([3, 8, 8]), tensor([0.5000, 0.0000, 0.5000]))
    """
    one_hot = torch.stack([states == value for value in range(3)], dim=2)
    return _average(one_hot.float(), mask)


def mean_board(
    states: Int8[Tensor, "game move 8 8"], mask: Bool[Tensor, "game move *neuron"]
) -> Float[Tensor, "*neuron 8 8"]:
    """The average board over the marked moves.

    states: plus-minus form, theirs -1, blank 0, mine +1. Raises ValueError where a mask marks no move.

    >>> states = torch.zeros(1, 3, 8, 8, dtype=torch.int8)
    >>> states[0, :, 2, 0] = torch.tensor([-1, 1, 1])  # C0 is theirs after move 0 and mine from then on
    >>> mean_board(states, torch.tensor([[False, True, True]]))[2, 0]
    tensor(1.)
    >>> mean_board(states, torch.ones(1, 3, 5, dtype=torch.bool)).shape  # a mask for each of 5 neurons
    torch.Size([5, 8, 8])
    """
    return _average(states.float(), mask)


def _average(
    values: Float[Tensor, "game move *value"], mask: Bool[Tensor, "game move *neuron"]
) -> Float[Tensor, "..."]:
    if mask.shape[:2] != values.shape[:2]:
        raise InputError(
            f"states and mask must cover the same games and moves; found {tuple(values.shape[:2])} and "
            f"{tuple(mask.shape[:2])}. The model sees 59 of the 60 moves: states[:, :59]."
        )
    weight = mask.flatten(0, 1).flatten(1).float() if mask.ndim > 2 else mask.reshape(-1, 1).float()
    counts = weight.sum(0)
    if (counts == 0).any():
        raise InputError("mask: no move is marked, so there is no average")
    totals = weight.T @ values.flatten(0, 1).flatten(1)
    return (totals / counts[:, None]).view(*mask.shape[2:], *values.shape[2:])


def top_neurons(acts: Float[Tensor, "game move neuron"], count: int) -> list[int]:
    """The neurons whose activations have the largest standard deviation, largest first.

    >>> top_neurons(torch.tensor([[[0.0, 5.0, 1.0], [1.0, -5.0, 3.0]]]), count=2)
    [1, 2]
    """
    return acts.flatten(0, 1).std(0).topk(count).indices.tolist()
