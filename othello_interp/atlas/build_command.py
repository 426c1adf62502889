"""`othello-interp build-atlas`: the atlas in data/, of a scan and of hypotheses about every neuron."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from othello_interp.errors import InputError

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge

GAMES = 500  # of the embedded ones, that hypotheses are learned from, chosen by and scored on


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `othello-interp build-atlas`."""
    parser.epilog = (
        "Needs a scan of the embedded model: othello-interp scan --out build/scan. Stop it whenever you "
        "like: the hypotheses about each layer are kept in the folder of the scan, and the same command goes "
        "on from there. data/ is changed at the end, at once."
    )
    parser.add_argument("--scan", type=Path, required=True, metavar="FOLDER", help="folder of the scan")


def main(args: argparse.Namespace) -> int:
    """`othello-interp build-atlas`."""
    from othello_interp.model import load_model
    from othello_interp.storage.data import provenance

    found = build_atlas(load_model("embedded"), args.scan)
    print(f"Wrote {found}: {provenance(found.name)['games']:,} games, {found.stat().st_size / 1e6:.1f} MB.")
    return 0


def build_atlas(model: "TransformerBridge", scan: Path) -> Path:
    """Makes data/atlas.npz of a scan of the embedded model, with progress on stderr, and says where it is.

    Raises InputError where the folder holds no scan or that of another model.
    """
    import torch

    from othello_interp.atlas.condense import condense, packed
    from othello_interp.atlas.every_ladder import every_ladder
    from othello_interp.atlas.forward import plain_model
    from othello_interp.atlas.scan import weights_hash
    from othello_interp.atlas.stored import FILE
    from othello_interp.atlas.summary import Summary
    from othello_interp.atlas.switched_off import switched_off
    from othello_interp.games import load_games
    from othello_interp.storage.data import write_data

    path = scan / "manifest.json"
    if not path.exists():
        raise InputError(f"--scan: no manifest.json in {scan}; expected the folder of a scan")
    manifest = json.loads(path.read_text(encoding="utf-8"))
    plain = plain_model(model)
    if manifest["model"] != weights_hash(plain):
        raise InputError(
            f"{scan} is a scan of other weights than the embedded model's. Scan that one: "
            "othello-interp scan --out ANOTHER_FOLDER."
        )
    summary = Summary.load(scan / "summary.safetensors")
    with _bar("examples in float32", "games") as progress:
        arrays = condense(plain, summary, manifest["seed"], progress)
    with _bar("switched off", "games") as progress:
        games, moves = (torch.from_numpy(arrays[f"top_{what}"]).long() for what in ("game", "move"))
        arrays |= switched_off(plain, games, moves, manifest["seed"], progress)
    with _bar("hypotheses", "neurons", model.cfg.n_layers * model.cfg.d_mlp) as progress:
        arrays |= every_ladder(model, load_games()[:GAMES], scan, progress)
    made = {name: manifest[name] for name in ("model", "seed", "dtype")}
    what = "condensed scan of every neuron, with hypotheses"
    return write_data(FILE, packed(arrays), what=what, games=summary.games, hypotheses_from=GAMES, **made)


@contextmanager
def _bar(what: str, unit: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    from tqdm import tqdm

    seconds_between = 0.5 if sys.stderr.isatty() else 30  # a log file needs few lines
    with tqdm(desc=what, unit=f" {unit}", total=total, mininterval=seconds_between) as bar:

        def progress(done: int) -> None:
            bar.update(done - bar.n)

        yield progress
