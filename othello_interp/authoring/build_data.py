"""Makes what data/ holds: the model from trained weights, games, focus games and the probe.

`othello-interp build-data --weights RUN/model.safetensors` does it all after a training run (the games stay
as they are). Everything is recorded in the manifest.
"""

import argparse
import io
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from safetensors.torch import save
from torch import Tensor

from othello_interp.authoring.surgery import best_neurons, relabel, swap_neurons
from othello_interp.figures import CLEAR_GAME, HYPOTHESIS, LAYER, NEURON
from othello_interp.games import FocusGames, load_games
from othello_interp.hypotheses import parse
from othello_interp.model import bridge, load_model, read_checkpoint
from othello_interp.probe import probe_accuracy, train_probe
from othello_interp.rules.random_games import random_games
from othello_interp.squares import label_to_square
from othello_interp.storage.data import write_data
from othello_interp.weights.gpt import N_CTX

GAMES_SEED, FOCUS_SEED, PROBE_SEED, CHOICE_SEED = 1393, 50, 7, 300
GENERATOR = "othello_interp.random_games, version 1"


def _npz(tokens: UInt8[Tensor, "game 60"]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, tokens=tokens.numpy())
    return buffer.getvalue()


def build_model(weights: Path, n_games: int = 300) -> None:
    """Writes the model: LayerNorms folded, relabelled and two neurons swapped so that L5N1393 is the
    neuron that best fits the hypothesis."""
    state, n_heads = read_checkpoint(weights)
    model = bridge(state, n_heads, source=str(weights))
    games = FocusGames(model, random_games(n_games, CHOICE_SEED))
    acts, boards = games.cache["post", LAYER], games.states_theirs_vs_mine[:, :N_CTX]
    w_out = model.blocks[LAYER].mlp.W_out
    candidates = best_neurons(acts, boards, w_out, model.W_U, HYPOTHESIS, label_to_square("C0"))
    for candidate in candidates:
        print(candidate)
    chosen = candidates[0]
    state = swap_neurons(relabel(state, chosen.symmetry), LAYER, chosen.neuron, NEURON)
    half = {name: tensor.half().contiguous() for name, tensor in state.items()}
    metadata = {"n_heads": str(n_heads), "normalization_type": "LNPre"}
    what = (
        f"Othello-GPT, LayerNorms folded, weights centred, board relabelled by the {chosen.symmetry}, "
        f"neuron {chosen.neuron} of layer {LAYER} swapped with {NEURON}, fp16"
    )
    chosen_on = f"games 0..{n_games - 1} of seed {CHOICE_SEED}"
    sizes = {name: getattr(model.cfg, name) for name in ("n_layers", "d_model", "n_heads", "d_mlp")}
    content = save(half, metadata)
    write_data("model.safetensors", content, what=what, chosen=asdict(chosen), chosen_on=chosen_on, **sizes)


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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--weights", type=Path, help="trained weights to make the model from")
    parser.add_argument("--probe-layer", type=int, default=4, help="read the board after this layer (4)")
    parser.add_argument("--games", action="store_true", help="make the 10,000 games again as well")


def main(args: argparse.Namespace) -> int:
    torch.manual_seed(0)
    if args.weights:
        build_model(args.weights)
    if args.games:
        build_games()
    build_focus_games()
    build_probe(args.probe_layer)
    return 0
