"""Makes what data/ holds: the model from trained weights, games, focus games and the probe.

`othello-interp adopt` does it all for new weights, but for the games, which stay as they are. Everything is
recorded in the manifest.
"""

import io
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from safetensors.torch import save
from torch import Tensor

from othello_interp.authoring.surgery import relabel, swap_neurons
from othello_interp.figures import CLEAR_GAME, HYPOTHESIS, LAYER, NEURON
from othello_interp.games import FocusGames, load_games
from othello_interp.hypotheses import parse
from othello_interp.model import bridge, load_model, read_checkpoint
from othello_interp.probe import probe_accuracy, train_probe
from othello_interp.rules.random_games import random_games
from othello_interp.storage.data import sha256, write_data
from othello_interp.weights.gpt import N_CTX

GAMES_SEED, FOCUS_SEED, PROBE_SEED = 1393, 50, 7
GENERATOR = "othello_interp.random_games, version 1"


def _npz(tokens: UInt8[Tensor, "game 60"]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, tokens=tokens.numpy())
    return buffer.getvalue()


def build_model(weights: Path, neuron: int, symmetry: str) -> None:
    """Writes the model: LayerNorms folded, the board relabelled by a symmetry, and a neuron of the course's
    layer swapped with the one that bears the course's number."""
    state, n_heads = read_checkpoint(weights)
    state = swap_neurons(relabel(state, symmetry), LAYER, neuron, NEURON)
    config = bridge(state, n_heads, source=str(weights)).cfg
    half = {name: tensor.half().contiguous() for name, tensor in state.items()}
    write_data(
        "model.safetensors",
        save(half, {"n_heads": str(n_heads), "normalization_type": "LNPre"}),
        what=f"Othello-GPT, LayerNorms folded, weights centred, board relabelled by the {symmetry}, "
        f"neuron {neuron} of layer {LAYER} swapped with {NEURON}, fp16",
        trained=sha256(weights),
        chosen={"neuron": neuron, "symmetry": symmetry},
        **{name: getattr(config, name) for name in ("n_layers", "d_model", "n_heads", "d_mlp")},
    )


def build_games() -> None:
    """Writes the 10,000 embedded games."""
    tokens = random_games(10_000, GAMES_SEED)
    write_data("games.npz", _npz(tokens), seed=GAMES_SEED, generator=GENERATOR)


def clearness(acts: Float[Tensor, "game move"], labels: Float[Tensor, "game move"]) -> Float[Tensor, " game"]:
    """How well one game shows a neuron: over its moves, activation where the hypothesis holds less the
    activation (if any) where it doesn't."""
    return (acts * labels).sum(1) - (acts.clamp(min=0) * (1 - labels)).sum(1)


def build_focus_games() -> None:
    """Writes 50 random games, the clearest of them for L5N1393 in place CLEAR_GAME."""
    tokens = random_games(50, FOCUS_SEED)
    games = FocusGames(load_model("embedded"), tokens)
    labels = parse(HYPOTHESIS)(games.states_theirs_vs_mine[:, :N_CTX]).float()
    best = int(clearness(games.cache["post", LAYER][..., NEURON], labels).argmax())
    tokens[[CLEAR_GAME, best]] = tokens[[best, CLEAR_GAME]]
    order = f"games 0..49 of the seed, game {best} swapped with game {CLEAR_GAME}: the clearest for L5N1393"
    write_data("focus_games.npz", _npz(tokens), seed=FOCUS_SEED, generator=GENERATOR, order=order)


def build_probe(layer: int, n_games: int = 3000) -> None:
    """Trains the embedded probe and writes it with its accuracy on 500 other games."""
    model, tokens = load_model("embedded"), load_games()
    probe = train_probe(model, tokens[:n_games], layer, seed=PROBE_SEED, progress=True)
    accuracy = probe_accuracy(probe, model, tokens[-500:])
    weights = {"weight": probe.weight.half().contiguous(), "bias": probe.bias.half().contiguous()}
    write_data(
        "probe.safetensors",
        save(weights, metadata={"layer": str(layer)}),
        layer=layer,
        seed=PROBE_SEED,
        training_games=n_games,
        held_out_accuracy=round(accuracy, 4),
    )
    print(f"probe of layer {layer}: {accuracy:.2%} of squares right on 500 held-out games")
