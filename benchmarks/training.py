"""How fast is training? Games a second in float32 and in bfloat16, taken in turns, and their ratio.

    python benchmarks/training.py                     full size
    python benchmarks/training.py --preset small

A step is all that training does: forward and backward pass, Muon and AdamW. The steps take turns, so that a
machine that slows down slows both; the ratio is the median of those of neighbours. bfloat16 is the quicker
one only where the processor multiplies it (amx_bf16, avx512_bf16); `othello-interp train` looks, and chooses.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from statistics import median

import torch

from othello_interp.training.machine import keep_memory, matrix_dtype
from othello_interp.training.trainer import PRESETS, TrainConfig, Trainer

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def games_per_second(config: TrainConfig, repeats: int) -> dict[str, list[float]]:
    """The rate of each step, by number format, after one that is not counted."""
    trainers = {name: Trainer(config, dtype=dtype) for name, dtype in DTYPES.items()}
    rates: dict[str, list[float]] = {name: [] for name in trainers}
    for repeat in range(repeats + 1):
        for name, trainer in trainers.items():
            start = time.perf_counter()
            trainer.step()
            if repeat:
                rates[name].append(config.batch / (time.perf_counter() - start))
    return rates


def main(argv: Sequence[str] | None = None) -> None:
    """Time the steps and print a line for each number format."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--preset", choices=PRESETS, default="full", help="sizes (%(default)s)")
    parser.add_argument("--games", type=int, default=96, help="games in a step (%(default)s)")
    parser.add_argument("--repeats", type=int, default=5, help="steps of each (%(default)s)")
    args = parser.parse_args(argv)
    if args.games < 1 or args.repeats < 1:
        parser.error("--games and --repeats must be at least 1")
    keep_memory()
    config = replace(PRESETS[args.preset], batch=args.games, first_batch=args.games)
    rates = games_per_second(config, args.repeats)
    chosen = str(matrix_dtype(torch.device("cpu"))).removeprefix("torch.")
    print(f"Training {args.preset}, {args.games} games a step, {torch.get_num_threads()} threads; ", end="")
    print(f"this machine's choice is {chosen}. Median of {args.repeats}:")
    print(f"{'matrices':<12}{'games/s':>10}{'lowest':>10}{'highest':>10}{'ratio':>10}")
    for name, measured in rates.items():
        ratio = median(a / b for a, b in zip(measured, rates["float32"], strict=True))
        figures = "".join(f"{number:>10,.1f}" for number in (median(measured), min(measured), max(measured)))
        print(f"{name:<12}{figures}{ratio:>8.2f} ×")


if __name__ == "__main__":
    main()
