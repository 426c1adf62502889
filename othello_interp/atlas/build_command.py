"""`othello-interp build-atlas`: condense a scan of the embedded model into data/, for the atlas."""

import argparse
import json
import sys
from pathlib import Path

from othello_interp.errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `othello-interp build-atlas`."""
    parser.epilog = "Needs a whole scan of the embedded model: othello-interp scan --out build/scan."
    parser.add_argument("--scan", type=Path, required=True, metavar="FOLDER", help="folder of the scan")


def main(args: argparse.Namespace) -> int:
    """`othello-interp build-atlas`."""
    from tqdm import tqdm

    from othello_interp.atlas.condense import condense, packed
    from othello_interp.atlas.forward import plain_model
    from othello_interp.atlas.scan import weights_hash
    from othello_interp.atlas.stored import FILE
    from othello_interp.atlas.summary import Summary
    from othello_interp.model import load_model
    from othello_interp.storage.data import write_data

    path = args.scan / "manifest.json"
    if not path.exists():
        raise InputError(f"--scan: no manifest.json in {args.scan}; expected the folder of a scan")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    model = plain_model(load_model("embedded"))
    if manifest["model"] != weights_hash(model):
        raise InputError(
            f"{args.scan} is a scan of other weights than the embedded model's. Scan that one: "
            "othello-interp scan --out ANOTHER_FOLDER."
        )
    summary = Summary.load(args.scan / "summary.safetensors")
    with tqdm(desc="examples in float32", unit=" games", mininterval=1 if sys.stderr.isatty() else 30) as bar:

        def progress(games: int) -> None:
            bar.update(games - bar.n)

        arrays = condense(model, summary, manifest["seed"], progress)
    content = packed(arrays)
    made = {name: manifest[name] for name in ("model", "seed", "dtype")}
    found = write_data(FILE, content, what="condensed scan of every neuron", games=summary.games, **made)
    print(f"Wrote {found}: {summary.games:,} games, {len(content) / 1e6:.1f} MB.")
    return 0
