"""`othello-interp scan`: count every neuron's activations over many games."""

import argparse
import sys
from pathlib import Path

from othello_interp.errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `othello-interp scan`."""
    parser.epilog = (
        "Stop it whenever you like: the same command goes on where it was left, and a larger --games adds to "
        "a scan that is complete. othello_interp.atlas.summary reads what it writes."
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="folder of the scan")
    parser.add_argument("--games", type=int, default=20_000, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the games (default: %(default)s)")
    parser.add_argument("--model", help="embedded, published or a .safetensors file; see load_model")
    parser.add_argument("--threads", type=int, help="processor cores to use (default: all)")
    parser.add_argument(
        "--float32", action="store_true", help="multiply in float32 also where bfloat16 is faster"
    )
    parser.add_argument(
        "--hypothesis",
        action="append",
        default=[],
        metavar="TEXT",
        help='count this one as well, such as "C0==LEGAL & D1!=MINE"; may be given more than once',
    )
    parser.add_argument("--scheduler", metavar="ADDRESS", help="count on a Dask cluster at this address")


def main(args: argparse.Namespace) -> int:
    """`othello-interp scan`."""
    import torch
    from tqdm import tqdm

    from othello_interp.atlas.cluster import on_cluster
    from othello_interp.atlas.scan import PART, one_after_another, scan
    from othello_interp.hypotheses import parse
    from othello_interp.model import load_model
    from othello_interp.training.machine import keep_memory, matrix_dtype

    if args.threads is not None and args.threads < 1:
        raise InputError(f"--threads: expected 1 or more; found {args.threads}")
    if args.threads:
        torch.set_num_threads(args.threads)
    for text in args.hypothesis:
        try:
            parse(text)
        except ValueError as error:
            raise InputError(f"--hypothesis: {error}") from error
    keep_memory()
    dtype = torch.float32 if args.float32 else matrix_dtype(torch.device("cpu"))
    model = load_model(args.model)
    counting, part = (on_cluster(args.scheduler), 8 * PART) if args.scheduler else (one_after_another, PART)
    shape = "{percentage:3.0f}%|{bar:20}| {n_fmt}/{total_fmt} games, {rate_fmt}, {elapsed}, {remaining} left"
    seconds_between = 0.2 if sys.stderr.isatty() else 30  # a log file needs few lines
    with tqdm(total=args.games, unit=" games", bar_format=shape, mininterval=seconds_between) as bar:
        begun = False

        def progress(games: int) -> None:
            nonlocal begun
            if not begun:  # counted before: no part of the rate
                begun, bar.initial, bar.n = True, games, games
            bar.update(games - bar.n)

        summary = scan(
            model,
            args.out,
            args.games,
            args.seed,
            dtype,
            counting,
            part,
            progress=progress,
            hypotheses=args.hypothesis,
        )
    print(f"Counted {summary.games:,} games. Wrote {args.out / 'summary.safetensors'}.")
    return 0
