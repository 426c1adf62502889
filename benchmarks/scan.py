"""How fast does a scan count? Its rate beside TransformerLens' run_with_cache on the same games.

    python benchmarks/scan.py

run_with_cache only computes the activations, in float32; a scan also replays the games and counts everything
that it keeps. Processor time of one thread is measured, so other programs hardly count. Medians are given.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial

import torch

from othello_interp.atlas.features import Bags, features
from othello_interp.atlas.forward import each_layer, plain_model
from othello_interp.atlas.grid import calibrate
from othello_interp.atlas.summary import PART_GAMES, Summary
from othello_interp.board import random_games, replay, theirs_vs_mine
from othello_interp.model import load_model, tiny_model
from othello_interp.training.machine import keep_memory, matrix_dtype

LAYER = 5


def main(argv: Sequence[str] | None = None) -> None:
    """Time both for one layer and for all, and print a line for each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--games", type=int, default=256, help="games of each measurement (256)")
    parser.add_argument("--repeats", type=int, default=3, help="measurements (3)")
    parser.add_argument("--tiny", action="store_true", help="a tiny model, to see that it runs")
    args = parser.parse_args(argv)
    if args.games < 1 or args.repeats < 1:
        parser.error("--games and --repeats must be at least 1")
    torch.set_num_threads(1)
    model = tiny_model(seed=0) if args.tiny else load_model("embedded")
    plain, dtype = plain_model(model), matrix_dtype(torch.device("cpu"))
    summary = Summary.empty(calibrate(plain, dtype, games=16))
    tokens = random_games(args.games, seed=1)
    layers = list(range(model.cfg.n_layers))

    def by_cache(wanted: list[int]) -> None:
        names = [f"blocks.{layer}.mlp.hook_post" for layer in wanted]
        for part in tokens[:, :59].long().split(32):
            with torch.no_grad():
                model.run_with_cache(part, names_filter=names, stop_at_layer=wanted[-1] + 1)

    def by_scan(wanted: list[int]) -> None:
        for part in tokens.split(4 * PART_GAMES):
            played = replay(part)
            boards = theirs_vs_mine(played.states, played.to_move)[:, :59]
            bags = Bags(features(boards, played.legal[:, :59]), PART_GAMES * 59)

            numbers = torch.arange(len(part))
            each = {layer: partial(summary.observe, bags=bags, games=numbers) for layer in wanted}

            def take(layer: int, acts: torch.Tensor, each: dict[int, Callable] = each) -> None:
                if layer in each:
                    each[layer](layer, acts)

            each_layer(plain, part[:, :59], take, dtype, layers=wanted[-1] + 1)

    ways: dict[str, Callable[[list[int]], None]] = {"run_with_cache": by_cache, "scan": by_scan}
    print(f"{args.games} games, one thread, median of {args.repeats}; the scan multiplies in {dtype}:")
    print(f"{'':<12}{'way':<16}{'games/s':>10}{'ratio':>10}")
    for words, wanted in (("one layer", [min(LAYER, layers[-1])]), ("all layers", layers)):
        speeds: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(args.repeats):
            for name, way in ways.items():
                start = time.process_time()
                way(wanted)
                speeds[name].append(args.games / (time.process_time() - start))
        base = statistics.median(speeds["run_with_cache"])
        for name, measured in speeds.items():
            middle = statistics.median(measured)
            print(f"{words:<12}{name:<16}{middle:>10.1f}{middle / base:>8.2f} ×")


if __name__ == "__main__":
    keep_memory()
    main()
