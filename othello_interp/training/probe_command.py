"""`othello-interp train-probe`: train a linear probe of the board for any model."""

import argparse
from pathlib import Path

import torch
from safetensors.torch import save_file

from othello_interp.errors import OthelloInterpError
from othello_interp.model import load_model, model_name
from othello_interp.probe import probe_hits, probe_path, train_probe
from othello_interp.rules.random_games import random_games
from othello_interp.storage.whole_file import whole_file

_HELD_OUT_SEED = 4_000_000_009


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `othello-interp train-probe`."""
    parser.add_argument("--model", help="embedded (default), published, or a .safetensors file")
    parser.add_argument("--layer", type=int, default=6, help="read the board after this layer (6)")
    parser.add_argument("--games", type=int, default=3000, help="random games to train on (3000)")
    parser.add_argument("--seed", type=int, default=7, help="seed of the games and of their order (7)")
    parser.add_argument(
        "--out",
        type=Path,
        help="where to write it (for --model my.safetensors: my.probe.safetensors beside it)",
    )
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")


def main(args: argparse.Namespace) -> int:
    """`othello-interp train-probe`: writes the probe and prints its accuracy on other games."""
    name = model_name(args.model)
    if args.out is None and name in ("embedded", "published"):
        raise OthelloInterpError(f"--out is needed: the {name} model has a probe of its own already.")
    out = args.out or probe_path(name)
    model = load_model(name, args.device)
    tokens = random_games(args.games, args.seed)
    probe = train_probe(model, tokens, args.layer, args.seed, progress=True)
    weights = {"weight": probe.weight.cpu().contiguous(), "bias": probe.bias.cpu().contiguous()}
    with whole_file(out) as temporary:
        save_file(weights, temporary, {"layer": str(args.layer)})
    hits = probe_hits(probe, model, random_games(200, _HELD_OUT_SEED)).float()
    by_move = ", ".join(f"{5 + m}: {hits[:, m].mean():.1%}" for m in range(0, hits.shape[1], 7))
    print(f"Wrote {out}: {hits.mean():.2%} of squares right on 200 held-out games at moves 5 to 54.")
    print(f"By move: {by_move}")
    return 0
