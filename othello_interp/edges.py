"""Which parts of the model carry a change to a token's logit? Down to single heads and neurons.

What all parts write adds up, and the unembedding is linear once the final LayerNorm's scale is held: so do
their effects (the decomposition behind direct logit attribution: Elhage et al. 2021).
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import torch
from jaxtyping import Bool, Float, Integer
from torch import Tensor

from othello_interp.circuit import Value, clean_run, run_with, wanted_values
from othello_interp.errors import InputError
from othello_interp.games import ActivationCache
from othello_interp.intervals import bootstrap
from othello_interp.nodes import Direction, Node, Place, with_values

if TYPE_CHECKING:
    import pandas as pd
    from transformer_lens import TransformerBridge


def edge_effects(
    model: "TransformerBridge",
    tokens: Integer[Tensor, "game move"],
    source: Node | Iterable[Node],
    token: int,
    value: Value = 0.0,
    where: Bool[Tensor, "game move"] | None = None,
    top: int = 10,
    clean: ActivationCache | None = None,
) -> "pd.DataFrame":
    """How changing a source changes a token's logit, split by the last part of the model on the way.

    The direct edge is what the source itself writes. The edge of a later head or neuron is how much what it
    writes has changed, as the unembedding reads it at the clean scale of the final LayerNorm; "LayerNorm" is
    what the change of that scale adds. The parts add up to the whole effect exactly. The credit goes to the
    *last* part: what a neuron of layer 6 does by way of layer 7 counts for layer 7.

    source: a node, or several that are changed together. value: as in `patch`. where: the positions to
    average over; by default all. top: how many heads and neurons get a row of their own, by the size of
    their effect; the others share one.

    Returns rows `node`, `effect` (mean change of the logit, after minus before), `low` and `high` (95%
    interval over games): direct, then the parts from the largest effect down, then the rest, LayerNorm and
    the total, measured by itself.

    >>> from othello_interp.board import random_games
    >>> from othello_interp.model import tiny_model
    >>> model, tokens = tiny_model(seed=0), random_games(5, seed=1)[:, :59].long()
    >>> table = edge_effects(model, tokens, "L0N7", token=17, top=2)
    >>> list(table.node)
    ['direct', 'L1H1', 'L1N29', 'other heads and neurons', 'LayerNorm', 'total']
    """
    import pandas as pd

    clean = clean_run(model, tokens, clean)
    sources = [source] if isinstance(source, str | Direction) else list(source)
    if not sources:
        raise InputError("source: no node is named; expected at least one")
    values = wanted_values(model, clean, dict.fromkeys(sources, value), ())
    where = torch.ones_like(tokens, dtype=torch.bool) if where is None else where
    count = where.sum(1)
    if not count.any():
        raise InputError("where: no position is marked, so there is no mean")
    later = _later_parts(model, [place for place, _ in values])
    scale, final = "ln_final.hook_scale", "ln_final.hook_normalized"
    after = run_with(model, clean, values, [*later, scale, final])
    weight = where / clean[scale][..., 0]
    unembed = model.W_U[:, token]
    read = unembed - unembed.mean()  # LayerNorm takes the mean off what it reads

    def by_game(at_position: Float[Tensor, "game move"]) -> Float[Tensor, "game 1"]:
        return at_position.sum(1, keepdim=True)

    names, sums = ["direct"], [torch.zeros_like(weight[:, :1])]
    for write in _writes(model, clean, values):
        sums[0] = sums[0] + by_game(write @ read * weight)
    for activation, parts in later.items():
        difference = after[activation] - clean[activation]
        weighted = torch.einsum("gm...,gm->g...", difference, weight)
        names += [str(place.node) for place in parts]
        sums.append(_reads(model, parts[0], read, weighted)[:, [place.index for place in parts]])
    normalised = after[final] @ unembed
    total = by_game((normalised - clean[final] @ unembed) * where)
    scale_change = 1 - after[scale][..., 0] / clean[scale][..., 0]
    layer_norm = by_game(normalised * scale_change * where)

    parts_sums = torch.cat(sums[1:], 1) if later else sums[0][:, :0]
    order = parts_sums.sum(0).abs().argsort(descending=True)[:top]
    rest = parts_sums.sum(1, keepdim=True) - parts_sums[:, order].sum(1, keepdim=True)
    rows = torch.cat([sums[0], parts_sums[:, order], rest, layer_norm, total], 1)
    labels = ["direct", *(names[1 + i] for i in order), "other heads and neurons", "LayerNorm", "total"]
    low, high = bootstrap(rows, count)
    effect = rows.sum(0) / count.sum()
    columns = {"effect": effect, "low": low, "high": high}
    return pd.DataFrame({"node": labels} | {name: column.tolist() for name, column in columns.items()})


def _writes(
    model: "TransformerBridge", clean: ActivationCache, values: list[tuple[Place, Tensor]]
) -> list[Float[Tensor, "game move d_model"]]:
    """How the sources themselves change the residual stream."""
    kinds = {(place.kind, place.layer) for place, _ in values}
    if len(kinds) > 1 and any(kind == "direction" for kind, _ in kinds):
        names = ", ".join(str(place.node) for place, _ in values)
        raise InputError(
            f"source: {names}. Directions can be changed together at one layer, but with nothing else: what "
            "they change would depend on it"
        )
    if values[0][0].kind == "direction":
        before = clean[values[0][0].activation]
        return [with_values(before, values) - before]
    return [place.writes(model, wanted - place.value(clean[place.activation])) for place, wanted in values]


def _later_parts(model: "TransformerBridge", sources: list[Place]) -> dict[str, list[Place]]:
    """Heads and neurons that come after the first of the sources, by activation; neither the sources
    themselves nor parts of them."""
    first = min(place.order for place in sources)
    taken = {place.node for place in sources}
    later: dict[str, list[Place]] = {}
    for layer in range(first[0], model.cfg.n_layers):
        for kind, whole, letter, size in (
            ("head", f"attention {layer}", "H", model.cfg.n_heads),
            ("neuron", f"MLP {layer}", "N", model.cfg.d_mlp),
        ):
            parts = [Place(f"L{layer}{letter}{index}", kind, layer, index) for index in range(size)]
            parts = [place for place in parts if place.order > first and place.node not in taken]
            if parts and whole not in taken:
                later[parts[0].activation] = parts
    return later


def _reads(
    model: "TransformerBridge", part: Place, read: Float[Tensor, " d_model"], values: Tensor
) -> Float[Tensor, "game part"]:
    """What the unembedding reads of all heads or neurons of a layer, given their values."""
    if part.kind == "neuron":
        return values * (model.blocks[part.layer].mlp.W_out @ read)
    return torch.einsum("ghd,hd->gh", values, model.blocks[part.layer].attn.W_O @ read)
