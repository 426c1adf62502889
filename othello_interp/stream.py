"""Positions in batches: boards, legal moves and a model's activations after each of the first 59 moves.

What looks at many games goes through here, one batch at a time, so that memory doesn't grow with the number
of games. A batch costs one forward pass, whatever is asked for, and only up to the last layer asked for.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from jaxtyping import Bool, Int8, Int64, Integer
from torch import Tensor

from othello_interp.board import replay, theirs_vs_mine
from othello_interp.model import check_exists
from othello_interp.weights.gpt import N_CTX

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge

#: An activation: a layer, for what its MLP neurons put out; or a TransformerLens name, whole
#: ("blocks.5.mlp.hook_post") or as a cache takes it (("post", 5, "mlp"), ("resid_post", 6)).
Key = int | str | tuple


@dataclass(frozen=True)
class Batch:
    """Some games and what a model makes of them, all on the model's device.

    first: the number of the first game among all those streamed.
    tokens: the whole games.
    boards: after each of the first 59 moves as the player about to move sees it: 0 blank, 1 theirs, 2 mine.
    legal: where that player may move.
    acts: what was asked for, by the key it was asked for with: (game, 59, neuron) for a layer, (game, 59,
    d_model) for ("resid_post", 6).
    """

    first: int
    tokens: Int64[Tensor, "game 60"]
    boards: Int8[Tensor, "game 59 8 8"]
    legal: Bool[Tensor, "game 59 8 8"]
    acts: dict[Key, Tensor]


def stream(
    model: "TransformerBridge", games: Integer[Tensor, "game 60"], layers: Iterable[Key], batch: int = 32
) -> Iterator[Batch]:
    """The games in batches, in order, with the activations of some layers' neurons, or any others.

    games: tokens, without passes; on any device. batch: games at a time; with all 8 layers of the full-size
    model 32 games take 130 MB, and on a CPU more at a time are no faster.

    Raises ValueError for a layer that the model hasn't got, KeyError for a name that it hasn't got.

    >>> from othello_interp.board import random_games
    >>> from othello_interp.model import tiny_model
    >>> model = tiny_model(seed=0)  # 2 layers of 36 neurons, d_model 20
    >>> for batch in stream(model, random_games(5, seed=1), [1, ("resid_post", 0)], batch=3):
    ...     print(batch.first, *batch.boards.shape, *batch.acts[1].shape, *batch.acts["resid_post", 0].shape)
    0 3 59 8 8 3 59 36 3 59 20
    3 2 59 8 8 2 59 36 2 59 20
    """
    names = {key: activation_name(model, key) for key in layers}  # now, not when the first batch is taken
    starts = range(0, len(games), batch)
    return (_batch(model, games[first : first + batch], first, names) for first in starts)


def _batch(
    model: "TransformerBridge", games: Integer[Tensor, "game 60"], first: int, names: dict[Key, str]
) -> Batch:
    tokens = games.to(model.W_E.device).long()
    played = replay(tokens)
    boards = theirs_vs_mine(played.states, played.to_move)[:, :N_CTX]
    found = activations(model, tokens[:, :N_CTX], names.values())
    return Batch(
        first, tokens, boards, played.legal[:, :N_CTX], {key: found[name] for key, name in names.items()}
    )


def activations(
    model: "TransformerBridge", tokens: Int64[Tensor, "game move"], names: Iterable[str]
) -> dict[str, Tensor]:
    """Activations by their full TransformerLens names, from one forward pass that stops when it has them.

    >>> from othello_interp.board import random_games
    >>> from othello_interp.model import tiny_model
    >>> tokens = random_games(5, seed=1)[:, :59].long()
    >>> found = activations(tiny_model(seed=0), tokens, ["blocks.1.mlp.hook_post", "ln_final.hook_scale"])
    >>> {name: tuple(acts.shape) for name, acts in found.items()}
    {'blocks.1.mlp.hook_post': (5, 59, 36), 'ln_final.hook_scale': (5, 59, 1)}
    """
    names = list(names)
    if not names:
        return {}
    last = max(stage_of(model, name) for name in names)
    stop = last if last <= model.cfg.n_layers else None
    with torch.no_grad():
        _, cache = model.run_with_cache(tokens, names_filter=names, stop_at_layer=stop)
    return {name: cache[name] for name in names}


def activation_name(model: "TransformerBridge", key: Key) -> str:
    """The full TransformerLens name of an activation.

    Raises ValueError for a layer that the model hasn't got, KeyError for a name that it hasn't got.

    >>> from othello_interp.model import tiny_model
    >>> activation_name(tiny_model(seed=0), 1), activation_name(tiny_model(seed=0), ("resid_post", 0))
    ('blocks.1.mlp.hook_post', 'blocks.0.hook_resid_post')
    """
    from transformer_lens.utilities import get_act_name

    if isinstance(key, int):
        check_exists(model, key)
        return post(key)
    name = key if isinstance(key, str) else get_act_name(*key)
    if name not in model.hook_dict:
        raise KeyError(f"{key!r}: this model has no activation {name}")
    return name


def post(layer: int) -> str:
    """The name of what a layer's MLP neurons put out.

    >>> post(5)
    'blocks.5.mlp.hook_post'
    """
    return f"blocks.{layer}.mlp.hook_post"


def stage_of(model: "TransformerBridge", name: str) -> int:
    """The stage of the model that an activation belongs to, by its full name: 0 the embedding, n + 1 layer n,
    and last the final LayerNorm with the unembedding.

    >>> from othello_interp.model import tiny_model
    >>> names = "embed.hook_out", "blocks.1.hook_resid_pre", "ln_final.hook_scale"
    >>> [stage_of(tiny_model(seed=0), name) for name in names]  # 2 layers
    [0, 2, 3]
    """
    if name.startswith("blocks."):
        return int(name.split(".")[1]) + 1
    return model.cfg.n_layers + 1 if name.startswith(("ln_final.", "unembed.", "hook_unembed")) else 0


def run_stage(model: "TransformerBridge", stage: int, value: Tensor) -> Tensor:
    """What a stage makes of what the one before it has made: of tokens the residual stream, and so on to the
    logits. The model's hooks fire.

    >>> from othello_interp.model import tiny_model
    >>> model, tokens = tiny_model(seed=0), torch.arange(1, 60)[None]
    >>> resid = run_stage(model, 0, tokens)
    >>> resid = run_stage(model, 2, run_stage(model, 1, resid))  # layers 0 and 1
    >>> resid.shape, run_stage(model, 3, resid).shape
    (torch.Size([1, 59, 20]), torch.Size([1, 59, 61]))
    """
    if stage == 0:
        return model(value, stop_at_layer=0)
    if stage > model.cfg.n_layers:
        return model.unembed(model.ln_final(value))
    out = model.blocks[stage - 1](value)
    return out[0] if isinstance(out, tuple) else out  # a block may return more than the residual stream
