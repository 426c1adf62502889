"""What switching a neuron off does to the logits of the next move, for every neuron at its loudest examples.

It is set to 0 at that one position and nowhere else in the game. So only this position has to be run again,
from that layer on, with the earlier positions as they were: 65,000 times on one forward pass of the games.
`ablate(model, tokens, layer, neuron, where=...)` gives the same, one at a time.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn

from othello_interp.atlas.every_ladder import Arrays
from othello_interp.board import replay
from othello_interp.rules.random_games import numbered_games
from othello_interp.squares import ALL_SQUARES
from othello_interp.weights.gpt import GPT, N_CTX


def switched_off(
    model: GPT,
    games: Int64[Tensor, "layer neuron example"],
    moves: Int64[Tensor, "layer neuron example"],
    seed: int,
    progress: Callable[[int], None] = lambda games: None,
    batch: int = 128,
) -> Arrays:
    """Arrays of (layer, neuron), means over the examples of each neuron; those with game -1 don't count.

    off_square: the number among the 60 playable squares of the move whose logit changes most; off_logit: by
    how much, after minus before. off_legal: the change of the probability of all legal moves together.
    progress: gets the number of games done.
    """
    logits = torch.zeros(*games.shape[:2], len(ALL_SQUARES))
    mass = torch.zeros(games.shape[:2])
    named = games[games >= 0].unique()
    place = torch.searchsorted(named, games.clamp(min=0))
    place[games < 0] = -1
    for first in range(0, len(named), batch):
        numbers = named[first : first + batch]
        where = ((place >= first) & (place < first + len(numbers))).nonzero(as_tuple=True)
        rows = _Rows(where[0], where[1], place[where] - first, moves[where])
        tokens = numbered_games(numbers, seed)
        legal = replay(tokens).legal[:, :N_CTX].flatten(2)[..., list(ALL_SQUARES)]
        with torch.no_grad():
            change, mass_change = _changes(model, tokens[:, :N_CTX], rows, legal[rows.game, rows.move])
        logits.index_put_(where[:2], change, accumulate=True)
        mass.index_put_(where[:2], mass_change, accumulate=True)
        progress(first + len(numbers))
    count = (games >= 0).sum(-1).clamp(min=1)
    logits /= count[..., None]
    square = logits.abs().argmax(-1)
    return {
        "off_square": square.byte().numpy(),
        "off_logit": logits.gather(-1, square[..., None])[..., 0].half().numpy(),
        "off_legal": (mass / count).half().numpy(),
    }


@dataclass(frozen=True)
class _Rows:
    """Neurons to switch off, each at a move of one of some games."""

    layer: Int64[Tensor, " row"]
    neuron: Int64[Tensor, " row"]
    game: Int64[Tensor, " row"]
    move: Int64[Tensor, " row"]


def _changes(
    model: GPT, tokens: Tensor, rows: _Rows, legal: Bool[Tensor, "row 60"]
) -> tuple[Float[Tensor, "row 60"], Float[Tensor, " row"]]:
    """After minus before: the logits of the moves, and the probability of all legal ones together."""
    clean = model.embed(tokens.int()) + model.pos_embed.weight[: tokens.shape[1]]
    changed = torch.zeros(len(rows.layer), clean.shape[-1])  # the residual stream with the neuron off
    for layer in range(len(model.blocks)):
        block = model.get_submodule(f"blocks.{layer}")
        begun = (rows.layer < layer).nonzero()[:, 0]
        at = rows.game[begun], rows.move[begun]
        changed[begun] = _through(block, model.config.n_heads, changed[begun], clean[at[0]], at[1])
        clean = clean + block.get_submodule("attn")(block.get_submodule("ln1")(clean))
        acts = F.gelu(block.get_submodule("mlp.in")(block.get_submodule("ln2")(clean)))
        clean = clean + block.get_submodule("mlp.out")(acts)
        weight = model.get_parameter(f"blocks.{layer}.mlp.out.weight").T
        here = (rows.layer == layer).nonzero()[:, 0]
        at, neuron = (rows.game[here], rows.move[here]), rows.neuron[here]
        changed[here] = clean[at] - acts[(*at, neuron)][:, None] * weight[neuron]
    before, after = (model.unembed(model.ln_final(x)) for x in (clean[rows.game, rows.move], changed))
    masses = [(x.softmax(-1)[:, 1:] * legal).sum(-1) for x in (before, after)]
    return (after - before)[:, 1:], masses[1] - masses[0]


def _through(
    block: nn.Module,
    n_heads: int,
    x: Float[Tensor, "row d_model"],
    games: Float[Tensor, "row move d_model"],
    move: Int64[Tensor, " row"],
) -> Float[Tensor, "row d_model"]:
    """A block at one position of each game, `x`, the earlier ones being those of `games`."""
    before = games.clone()
    rows = torch.arange(len(x))
    before[rows, move] = x
    before = block.get_submodule("ln1")(before)

    def heads(name: str, x: Tensor) -> Tensor:
        return block.get_submodule(f"attn.{name}")(x).unflatten(-1, (n_heads, -1)).transpose(-3, -2)

    q, k, v = heads("q", before[rows, move][:, None]), heads("k", before), heads("v", before)
    past = (torch.arange(games.shape[1]) <= move[:, None])[:, None, None]
    mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=past)
    x = x + block.get_submodule("attn.o")(mixed[:, :, 0].flatten(1))
    return x + block.get_submodule("mlp")(block.get_submodule("ln2")(x)[None])[0]
