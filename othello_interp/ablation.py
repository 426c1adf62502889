"""Switch neurons off and see what the model says then: does it use what we think it uses?

Ablating a neuron puts a fixed number (0, or its mean) in place of its activation at every position, or at
chosen ones. The change of the logits is the whole effect of the neuron. `direct_path` predicts the part
that goes straight to the unembedding; the rest goes through later layers.

Positions are (game, move): the model's output after that move. A run costs one forward pass.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Bool, Float, Integer
from torch import Tensor

from othello_interp.model import check_exists
from othello_interp.squares import ALL_SQUARES
from othello_interp.stream import post, run_stage, stage_of

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge


def ablate(
    model: "TransformerBridge",
    tokens: Integer[Tensor, "game move"],
    layer: int,
    neurons: int | Sequence[int],
    value: float | Float[Tensor, " neuron"] = 0.0,
    where: Bool[Tensor, "game move"] | None = None,
) -> Float[Tensor, "game move 61"]:
    """The logits with some neurons of a layer set to `value`.

    value: 0 for zero ablation; for mean ablation the mean activation, one number for each neuron.
    where: the positions at which to ablate; by default all. Effects at earlier positions reach later ones
    through attention.
    Raises ValueError for a layer or neuron that the model hasn't got.

    >>> from othello_interp.board import random_games
    >>> from othello_interp.model import tiny_model
    >>> model, tokens = tiny_model(seed=0), random_games(5, seed=1)[:, :59].long()
    >>> change = ablate(model, tokens, layer=1, neurons=7) - model(tokens)
    >>> change.shape
    torch.Size([5, 59, 61])
    >>> where = torch.zeros(5, 59, dtype=torch.bool)
    >>> where[2, 40] = True  # only after move 40 of game 2
    >>> change = ablate(model, tokens, 1, [7, 9], value=torch.tensor([0.1, 0.2]), where=where) - model(tokens)
    >>> change.abs().amax(-1).nonzero()
    tensor([[ 2, 40]])
    """
    hook = _setting(_neuron_list(model, layer, neurons), value, where)
    with torch.no_grad():
        return model.run_with_hooks(tokens, fwd_hooks=[(post(layer), hook)])


def ablate_each(
    model: "TransformerBridge",
    tokens: Integer[Tensor, "game move"],
    layer: int,
    neurons: Sequence[int],
    value: float = 0.0,
) -> Float[Tensor, "neuron game move 61"]:
    """The logits with each of some neurons ablated alone. The layers below are run only once.

    >>> from othello_interp.board import random_games
    >>> from othello_interp.model import tiny_model
    >>> model, tokens = tiny_model(seed=0), random_games(5, seed=1)[:, :59].long()
    >>> ablate_each(model, tokens, layer=1, neurons=[7, 9, 11]).shape
    torch.Size([3, 5, 59, 61])
    """
    neurons = _neuron_list(model, layer, neurons)
    name = f"blocks.{layer}.hook_resid_pre"
    with torch.no_grad():
        _, cache = model.run_with_cache(tokens, names_filter=name, stop_at_layer=layer + 1)
    return torch.stack([ablate_from(model, cache[name], layer, neuron, value) for neuron in neurons])


def ablate_from(
    model: "TransformerBridge",
    resid: Float[Tensor, "game move d_model"],
    layer: int,
    neurons: int | Sequence[int],
    value: float | Float[Tensor, " neuron"] = 0.0,
) -> Float[Tensor, "game move 61"]:
    """What `ablate` gives, from the residual stream that the layer reads: the layers below aren't run.

    >>> from othello_interp.board import random_games
    >>> from othello_interp.model import tiny_model
    >>> from othello_interp.stream import activations
    >>> model, tokens = tiny_model(seed=0), random_games(5, seed=1)[:, :59].long()
    >>> name = "blocks.1.hook_resid_pre"
    >>> logits = ablate_from(model, activations(model, tokens, [name])[name], layer=1, neurons=7)
    >>> torch.allclose(logits, ablate(model, tokens, layer=1, neurons=7), atol=1e-5)
    True
    """
    hook = _setting(_neuron_list(model, layer, neurons), value, None)
    with torch.no_grad(), model.hooks(fwd_hooks=[(post(layer), hook)]):
        for stage in range(stage_of(model, post(layer)), model.cfg.n_layers + 2):
            resid = run_stage(model, stage, resid)
    return resid


def direct_path(
    model: "TransformerBridge",
    tokens: Integer[Tensor, "game move"],
    layer: int,
    neurons: int | Sequence[int],
    value: float | Float[Tensor, " neuron"] = 0.0,
) -> Float[Tensor, "game move 61"]:
    """How an ablation would change the logits if nothing but the unembedding read these neurons.

    The change of activation times w_out @ W_U, divided by what the final LayerNorm divides by at that
    position (which the ablation is taken to leave as it is). The pass column is kept.

    >>> from othello_interp.board import random_games
    >>> from othello_interp.model import tiny_model
    >>> model, tokens = tiny_model(seed=0), random_games(5, seed=1)[:, :59].long()
    >>> direct_path(model, tokens, layer=0, neurons=7).shape
    torch.Size([5, 59, 61])
    """
    neurons = _neuron_list(model, layer, neurons)
    scale = "ln_final.hook_scale"
    with torch.no_grad():
        _, cache = model.run_with_cache(tokens, names_filter=[post(layer), scale])
        change = value - cache[post(layer)][..., neurons]
        w_out = model.blocks[layer].mlp.W_out[neurons]
        w_out = w_out - w_out.mean(-1, keepdim=True)  # LayerNorm takes the mean off
        return change @ w_out @ model.W_U / cache[scale]


def effect_by_path(
    model: "TransformerBridge",
    tokens: Integer[Tensor, "game move"],
    layer: int,
    neurons: int | Sequence[int],
    token: int,
    value: float | Float[Tensor, " neuron"] = 0.0,
) -> dict[str, Float[Tensor, "game move"]]:
    """The change of a token's logit by an ablation, split by the way it takes. The parts add up to it.

    "direct": as direct_path. "attention 6", "MLP 6", ...: what each later part of the model writes changes,
    and its new output is read by the unembedding at the old scale of the final LayerNorm. "LayerNorm": the
    change of that scale.

    >>> from othello_interp.board import random_games
    >>> from othello_interp.model import tiny_model
    >>> model, tokens = tiny_model(seed=0), random_games(5, seed=1)[:, :59].long()
    >>> split = effect_by_path(model, tokens, layer=0, neurons=7, token=17)
    >>> {way: tuple(change.shape) for way, change in split.items()}
    {'direct': (5, 59), 'attention 1': (5, 59), 'MLP 1': (5, 59), 'LayerNorm': (5, 59)}
    """
    neurons = _neuron_list(model, layer, neurons)
    parts = {
        f"{kind} {i}": f"blocks.{i}.hook_{part}_out"
        for i in range(layer + 1, model.cfg.n_layers)
        for kind, part in (("attention", "attn"), ("MLP", "mlp"))
    }
    scale, final = "ln_final.hook_scale", "ln_final.hook_normalized"
    names = [*parts.values(), post(layer), scale, final]
    read = model.W_U[:, token] - model.W_U[:, token].mean()  # LayerNorm takes the mean off what it reads
    with torch.no_grad():
        _, before = model.run_with_cache(tokens, names_filter=names)
        with model.hooks(fwd_hooks=[(post(layer), _setting(neurons, value, None))]):
            _, after = model.run_with_cache(tokens, names_filter=names)
        writes = {
            "direct": (value - before[post(layer)][..., neurons]) @ model.blocks[layer].mlp.W_out[neurons]
        }
        writes |= {kind: after[name] - before[name] for kind, name in parts.items()}
        split = {kind: write @ read / before[scale][..., 0] for kind, write in writes.items()}
        total = (after[final] - before[final]) @ model.W_U[:, token]
        split["LayerNorm"] = total - sum(split.values())
    return split


def effects(
    before: Float[Tensor, "game move 61"],
    after: Float[Tensor, "*ablation game move 61"],
    token: int,
    legal: Bool[Tensor, "game move 8 8"],
) -> dict[str, Float[Tensor, "*ablation game move"]]:
    """What an ablation changes at each position, after minus before: the logit of a token, its
    log-probability ("log_prob", natural logarithm), and the probability of all legal moves together
    ("legal_mass").

    legal: where the next player may move, as FocusGames.valid_moves[:, :59]. Where nobody may move the
    legal mass is 0 before and after.

    >>> from othello_interp.board import random_games, replay
    >>> from othello_interp.model import tiny_model
    >>> model, games = tiny_model(seed=0), random_games(5, seed=1).long()
    >>> before, after = model(games[:, :59]), ablate_each(model, games[:, :59], layer=1, neurons=[7, 9, 11])
    >>> changes = effects(before, after, token=17, legal=replay(games).legal[:, :59])
    >>> {name: tuple(change.shape) for name, change in changes.items()}
    {'logit': (3, 5, 59), 'log_prob': (3, 5, 59), 'legal_mass': (3, 5, 59)}
    """
    after_is, before_is = (_readings(logits, token, legal) for logits in (after, before))
    return {name: after_is[name] - before_is[name] for name in before_is}


def _readings(
    logits: Float[Tensor, "*ablation game move 61"], token: int, legal: Bool[Tensor, "game move 8 8"]
) -> dict[str, Float[Tensor, "*ablation game move"]]:
    log_probs = logits.log_softmax(-1)
    legal_tokens = legal.flatten(-2)[..., ALL_SQUARES]
    return {
        "logit": logits[..., token],
        "log_prob": log_probs[..., token],
        "legal_mass": (log_probs[..., 1:].exp() * legal_tokens).sum(-1),
    }


def _setting(
    neurons: list[int], value: float | Tensor, where: Tensor | None
) -> Callable[..., Float[Tensor, "game move neuron"]]:
    def hook(act: Float[Tensor, "game move neuron"], hook: Any) -> Float[Tensor, "game move neuron"]:
        act = act.clone()
        if where is None:
            act[..., neurons] = value
        else:
            act[..., neurons] = torch.where(where[..., None], value, act[..., neurons])
        return act

    return hook


def _neuron_list(model: "TransformerBridge", layer: int, neurons: int | Sequence[int]) -> list[int]:
    neurons = [neurons] if isinstance(neurons, int) else list(neurons)
    check_exists(model, layer, neurons)
    return neurons
