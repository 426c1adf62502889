"""`othello-interp atlas`: write the atlas of the embedded model as pages that need no server."""

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `othello-interp atlas`."""
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="folder of the pages")


def main(args: argparse.Namespace) -> int:
    """`othello-interp atlas`."""
    from tqdm import tqdm

    from othello_interp.atlas.site import build_embedded
    from othello_interp.atlas.stored import load_atlas

    atlas = load_atlas()
    total = atlas.n_layers * atlas.n_neurons
    with tqdm(total=total, unit=" neurons", mininterval=0.2 if sys.stderr.isatty() else 30) as bar:

        def progress(neurons: int) -> None:
            bar.update(neurons - bar.n)

        build_embedded(args.out, progress=progress)
    print(f"Open {args.out / 'index.html'}, or {args.out / 'index.html'}#L5N1393.")
    return 0
