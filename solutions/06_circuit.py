"""Reference answers for notebook 6."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformer_lens import TransformerBridge

from othello_interp import FocusGames, load_model, utils
from othello_interp.board import replay
from othello_interp.circuit import patch


def flipped(
    resid: Float[Tensor, "*position d_model"], vector: Float[Tensor, " d_model"], offset: float
) -> Float[Tensor, "*position d_model"]:
    """The residual stream after the smallest change that turns r = `resid @ vector + offset` into -r."""
    reading = resid @ vector + offset
    step = -2 * reading / vector.pow(2).sum()
    return resid + step[..., None] * vector


def matched_mean(
    acts: Float[Tensor, "game move"], labels: Bool[Tensor, "game move"]
) -> Float[Tensor, "game move"]:
    """For each position the mean activation over the games that have the same label at the same move."""
    mean_if_true = (acts * labels).sum(0) / labels.sum(0)
    mean_if_false = (acts * ~labels).sum(0) / (~labels).sum(0)
    return torch.where(labels, mean_if_true, mean_if_false)


def reader_effects(
    before: Float[Tensor, "game move neuron"],
    after: Float[Tensor, "game move neuron"],
    W_out: Float[Tensor, "neuron d_model"],
    unembedding: Float[Tensor, " d_model"],
    scale: Float[Tensor, "game move"],
    where: Bool[Tensor, "game move"],
) -> Float[Tensor, " neuron"]:
    """The mean change of a logit over the marked positions that comes through each neuron.

    before, after: activations without and with the change. unembedding: the logit's column of W_U.
    scale: what the final LayerNorm divides by, without the change.
    """
    change = (after - before) / scale[..., None]
    return change[where].mean(0) * (W_out @ unembedding)


def logits_with_held(
    model: TransformerBridge,
    tokens: Int[Tensor, "game move"],
    off: tuple[int, int],
    held: tuple[int, int],
) -> Float[Tensor, "game move vocab"]:
    """The logits with one neuron set to 0 and another held at its values in the run without any change.

    off, held: (layer, neuron).
    """
    off_name, held_name = (f"blocks.{layer}.mlp.hook_post" for layer, _ in (off, held))
    _, cache = model.run_with_cache(tokens, names_filter=held_name)
    kept = cache[held_name][..., held[1]].clone()

    def switch_off(act: Float[Tensor, "game move d_mlp"], hook) -> Float[Tensor, "game move d_mlp"]:
        act[..., off[1]] = 0
        return act

    def hold(act: Float[Tensor, "game move d_mlp"], hook) -> Float[Tensor, "game move d_mlp"]:
        act[..., held[1]] = kept
        return act

    return model.run_with_hooks(tokens, fwd_hooks=[(off_name, switch_off), (held_name, hold)])


def calibration(
    logits: Float[Tensor, "game move 61"], legal: Bool[Tensor, "game move 60"], token: int
) -> float:
    """The mean of probability × number of legal moves, where the move `token` is legal.

    legal: column i is for token i + 1.
    """
    product = logits.softmax(-1)[..., token] * legal.sum(-1)
    return product[legal[..., token - 1]].mean().item()


def find_caps(
    acts: Float[Tensor, "game move neuron"],
    attribution: Float[Tensor, "neuron square"],
    legal: Bool[Tensor, "game move square"],
) -> Int[Tensor, " square"]:
    """For each square the number of its strongest cap among these neurons, -1 where there is none."""
    flat, is_legal = acts.flatten(0, 1), legal.flatten(0, 1).float()
    positive = flat.clamp(min=0)
    share = (positive.T @ is_legal) / positive.sum(0)[:, None]
    mean_where_legal = (flat.T @ is_legal) / is_legal.sum(0)
    own = attribution.abs().argmax(1)
    caps = torch.full((legal.shape[-1],), -1)
    lowest = torch.full((legal.shape[-1],), torch.inf)
    for neuron, square in enumerate(own.tolist()):
        weight = attribution[neuron, square]
        lowering = weight * mean_where_legal[neuron, square]
        if weight < 0 and share[neuron, square] >= 0.8 and lowering < lowest[square]:
            caps[square], lowest[square] = neuron, lowering
    return caps


def loud_game() -> list[str]:
    """The moves of a legal game, as labels, after which L5N1393 is as high as you can get it."""
    model = load_model()
    games = FocusGames(model)
    acts = games.cache["post", 5][..., 1393]
    game, move = divmod(int(acts.argmax()), acts.shape[1])
    loudest = games.tokens[game, : move + 1]
    others = []
    for place in range(1, len(loudest)):  # every legal game with one other move
        for square in games.valid_moves[game, place - 1].flatten().nonzero().flatten().tolist():
            other = loudest.clone()
            other[place] = utils.label_to_id(utils.square_to_label(square))
            try:
                replay(other[None])
            except ValueError:
                continue
            if not torch.equal(other, loudest):
                others.append(other)
    tokens = torch.stack(others)
    best = patch(model, tokens, {}, read="L5N1393")[:, -1].argmax()
    return [utils.id_to_label(token) for token in tokens[best].tolist()]
