"""Circuits: change a part of the model, hold others as they were, and see what comes of it.

`patch` runs the model with some nodes changed and others frozen at what they were in the clean run; nodes.py
says what a node is. `flip` turns round what a probe reads. edges.py follows a change to a token's logit.

A freeze asks what a change does when a node can't react to it: the path through that node is cut (path
patching: Wang et al. 2022, Goldowsky-Dill et al. 2023).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Bool, Float, Int64, Integer
from torch import Tensor

from othello_interp.errors import InputError
from othello_interp.games import LOGITS, ActivationCache
from othello_interp.nodes import Node, Place, mine_direction, place_of, with_values
from othello_interp.probe import Probe, load_probe
from othello_interp.stream import run_stage, stage_of

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge

#: What a node is set to: a number; a tensor of the node's own shape; or a function of the node's clean value.
Value = float | Tensor | Callable[[Tensor], Tensor]


def patch(
    model: "TransformerBridge",
    tokens: Integer[Tensor, "game move"],
    change: Mapping[Node, Value],
    freeze: Iterable[Node] = (),
    read: Node | None = None,
    clean: ActivationCache | None = None,
) -> Float[Tensor, "game move *value"]:
    """The logits, or any node, when some nodes are changed and others frozen at their clean values.

    change: what each node is set to, at every position: a number (0 is zero ablation), a tensor, or a
    function of the clean value such as `to_mean`, `resampled(donors)` or `torch.neg`, which flips a
    Direction.
    freeze: nodes held at what they were in the run without any change.
    read: the node whose value is wanted; by default the logits.
    clean: activations of the same model on the same tokens, such as FocusGames.cache. They save a run.
    Raises ValueError for a node that the model hasn't got or that is both changed and frozen, and for a value
    that doesn't fit its node.

    >>> from othello_interp.board import random_games
    >>> from othello_interp.model import tiny_model
    >>> model, tokens = tiny_model(seed=0), random_games(5, seed=1)[:, :59].long()
    >>> patch(model, tokens, {"L0N7": 0.0, "L0H1": to_mean}, freeze=["MLP 1"]).shape
    torch.Size([5, 59, 61])
    >>> patch(model, tokens, {"L0N7": 0.0}, read="L1N5").shape
    torch.Size([5, 59])
    """
    clean = clean_run(model, tokens, clean)
    values = wanted_values(model, clean, change, freeze)
    first = min((place.order for place, _ in values[: len(change)]), default=None)
    if read is None:
        if first is None:
            return clean[LOGITS]
        return run_with(model, clean, values, [LOGITS])[LOGITS]
    place = place_of(model, read)
    if first is None or place.order < first:
        return place.value(clean[place.activation])
    return place.value(run_with(model, clean, values, [place.activation])[place.activation])


def flip(
    model: "TransformerBridge",
    tokens: Integer[Tensor, "game move"],
    square: str,
    layer: int,
    probe: Probe | None = None,
    read: Node | None = None,
    clean: ActivationCache | None = None,
) -> Float[Tensor, "game move *value"]:
    """The logits, or a node, when what a probe reads on a square is turned round: mine becomes theirs.

    The residual stream after `layer` is moved along the probe's direction until the score "mine rather than
    theirs" has changed its sign; nothing else that is at right angles to it changes. Nanda et al. 2023
    intervened in this way, after Li et al. 2023.

    square: such as "D1". probe: by default the model's own. read, clean: as in `patch`.

    >>> from othello_interp.board import random_games
    >>> from othello_interp.model import tiny_model
    >>> model, tokens = tiny_model(seed=0), random_games(5, seed=1)[:, :59].long()
    >>> probe = Probe(torch.randn(20, 8, 8, 3), torch.zeros(8, 8, 3), layer=0)
    >>> flip(model, tokens, "D1", layer=0, probe=probe, read="L1N7").shape
    torch.Size([5, 59])
    """
    probe = load_probe(model.cfg.model_name) if probe is None else probe
    direction = mine_direction(probe.to(model.W_E.device), square, layer)
    return patch(model, tokens, {direction: torch.neg}, read=read, clean=clean)


def to_mean(clean: Float[Tensor, "game move *value"]) -> Float[Tensor, "game move *value"]:
    """For `patch`: every position gets the mean over all positions (mean ablation)."""
    return clean.mean((0, 1), keepdim=True).expand_as(clean)


def to_matched_mean(labels: Bool[Tensor, "game move"]) -> Callable[[Tensor], Tensor]:
    """For `patch`: every position gets the mean over the games with the same label at the same move.

    labels: such as where a square is legal.
    """

    def mean(clean: Float[Tensor, "game move *value"]) -> Float[Tensor, "game move *value"]:
        mask = labels.view(*labels.shape, *[1] * (clean.ndim - 2))
        true, false = ((clean * part).sum(0) / part.sum(0).clamp(min=1) for part in (mask, ~mask))
        return torch.where(mask, true, false)

    return mean


def resampled(donors: Int64[Tensor, "game move"]) -> Callable[[Tensor], Tensor]:
    """For `patch`: every position gets the value that another game has at the same move (resample ablation).

    donors: whose, as from `matched_donors`.
    """

    def resample(clean: Float[Tensor, "game move *value"]) -> Float[Tensor, "game move *value"]:
        return clean[donors, torch.arange(donors.shape[1], device=donors.device)]

    return resample


def matched_donors(labels: Bool[Tensor, "game move"], seed: int = 0) -> Int64[Tensor, "game move"]:
    """For each position another game, drawn from those with the same label at the same move; itself if there
    is none. labels: such as where a square is legal.

    >>> matched_donors(torch.tensor([[True], [False], [True], [False], [False]])).flatten()[:3]
    tensor([2, 3, 0])
    """
    generator = torch.Generator().manual_seed(seed)
    games = torch.arange(len(labels))
    donors = games[:, None].repeat(1, labels.shape[1])
    for move, column in enumerate(labels.T.cpu()):
        for label in (False, True):
            alike = games[column == label]
            # Everybody is given one of the others: a random number of places further round.
            shift = torch.randint(1, max(2, len(alike)), (len(alike),), generator=generator)
            donors[alike, move] = alike[(torch.arange(len(alike)) + shift) % max(1, len(alike))]
    return donors.to(labels.device)


# --- what edges.py needs too -----------------------------------------------------------------------


def clean_run(model: "TransformerBridge", tokens: Tensor, clean: ActivationCache | None) -> ActivationCache:
    if clean is None:
        return ActivationCache(model, tokens.long())
    if not torch.equal(clean.tokens, tokens.to(clean.tokens)):
        raise InputError(
            f"clean: these are activations on other tokens, of shape {tuple(clean.tokens.shape)}; expected "
            f"the same tokens, of shape {tuple(tokens.shape)}"
        )
    return clean


def wanted_values(
    model: "TransformerBridge", clean: ActivationCache, change: Mapping[Node, Value], freeze: Iterable[Node]
) -> list[tuple[Place, Tensor]]:
    """What each node is set to: first those that are changed, then those that are frozen."""
    values = []
    for node, value in change.items():
        place = place_of(model, node)
        before = place.value(clean[place.activation])
        wanted = value(before) if callable(value) else torch.as_tensor(value).to(before)
        try:
            values.append((place, wanted.expand(before.shape)))
        except RuntimeError:
            raise InputError(
                f"{node}: its values have shape {tuple(before.shape)}; found one of {tuple(wanted.shape)}"
            ) from None
    for node in dict.fromkeys(freeze):
        if node in change:
            raise InputError(f"{node} is both changed and frozen: take it out of one of them")
        place = place_of(model, node)
        values.append((place, place.value(clean[place.activation])))
    wholes = {place.node for place, _ in values}
    for place, _ in values:
        if place.whole in wholes:
            raise InputError(f"{place.node} is a part of {place.whole}, which is set too: name one of them")
    return values


def run_with(
    model: "TransformerBridge",
    clean: ActivationCache,
    values: list[tuple[Place, Tensor]],
    names: Iterable[str],
) -> dict[str, Tensor]:
    """Activations by full name when nodes have these values. The run starts where the first of them is."""
    by_activation: dict[str, list[tuple[Place, Tensor]]] = {}
    for place, value in values:
        by_activation.setdefault(place.activation, []).append((place, value))
    found: dict[str, Tensor] = {}

    def setting(known: list[tuple[Place, Tensor]]) -> Callable[..., Tensor]:
        return lambda act, hook: with_values(act, known)

    def keeping(name: str) -> Callable[..., None]:
        return lambda act, hook: found.__setitem__(name, act)

    names = list(dict.fromkeys(names))
    first = min(stage_of(model, name) for name in by_activation)
    last = max(stage_of(model, name) for name in names)
    hooks: list[tuple[str, Callable[..., Any]]] = [(n, setting(known)) for n, known in by_activation.items()]
    with torch.no_grad(), model.hooks(fwd_hooks=hooks + [(name, keeping(name)) for name in names]):
        value = clean.input_of(first)
        for stage in range(first, last + 1):
            value = run_stage(model, stage, value)
    return found
