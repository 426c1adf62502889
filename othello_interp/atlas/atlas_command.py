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

    from othello_interp.atlas.site import build_site
    from othello_interp.atlas.stored import check_is_of, load_atlas
    from othello_interp.model import load_model
    from othello_interp.probe import load_probe

    atlas = load_atlas()
    model = load_model("embedded")
    check_is_of(atlas, model)
    total = atlas.n_layers * atlas.n_neurons
    with tqdm(total=total, unit=" neurons", mininterval=0.2 if sys.stderr.isatty() else 30) as bar:

        def progress(neurons: int) -> None:
            bar.update(neurons - bar.n)

        build_site(atlas, model, load_probe("embedded"), args.out, progress=progress)
    print(f"Open {args.out / 'index.html'}, or {args.out / 'index.html'}#L5N1393.")
    return 0
