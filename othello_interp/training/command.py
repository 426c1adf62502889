"""`othello-interp train`: train an Othello-GPT by cycles of the learning rate, each of which ends decayed.

A cycle is a folder: checkpoint.pt (everything needed to resume after a kill at any moment), metrics.jsonl,
and at the end model.safetensors and loss_curve.html. The next cycle begins anew from those weights, in a
folder of its own.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor
from tqdm import tqdm

from othello_interp.errors import FileError, InputError, OthelloInterpError
from othello_interp.rules.random_games import random_games
from othello_interp.storage.whole_file import whole_file, writable_folder
from othello_interp.training.log import append_record, read_records, write_loss_curve
from othello_interp.training.machine import keep_memory
from othello_interp.training.trainer import EVALUATION_SEED, PRESETS, Trainer, evaluate


def train(trainer: Trainer, out: Path, save_minutes: float = 5.0) -> None:
    """Train until the budget is spent, and write what there is to keep into the folder `out`.

    Raises OthelloInterpError if the loss runs away.
    """
    writable_folder(out)
    checkpoint, log = out / "checkpoint.pt", out / "metrics.jsonl"
    held_out = random_games(trainer.config.evaluation_games, EVALUATION_SEED, device=trainer.device)
    records = read_records(log, up_to=trainer.games)

    def save() -> None:
        figures = {"games": trainer.games, "minutes": trainer.seconds / 60, "rate": trainer.rate}
        records.append(append_record(log, figures | evaluate(trainer.model, held_out)))
        trainer.save(checkpoint)

    if not records:
        save()
    saved = time.monotonic()
    for figures in _with_progress_bar(trainer):
        if not figures["excess"] < 100:  # also when it is not a number
            raise OthelloInterpError(
                f"the loss is {figures['excess']} after {trainer.games} games: lower the rate"
            )
        if time.monotonic() - saved > 60 * save_minutes:
            save()
            saved = time.monotonic()
    if records[-1]["games"] < trainer.games:
        save()
    state = {name: weights.contiguous().cpu() for name, weights in trainer.model.state_dict().items()}
    metadata = {"n_heads": str(trainer.config.model.n_heads), "normalization_type": "LN"}
    with whole_file(out / "model.safetensors") as temporary:
        save_file(state, temporary, metadata)
    write_loss_curve(records, out / "loss_curve.html")


def _weights(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise FileError(f"{path}: the weights to start from can't be read as safetensors: {error}") from error


def _with_progress_bar(trainer: Trainer) -> Iterator[dict[str, float]]:
    """Steps until the budget is spent, shown as they go."""
    smooth: dict[str, float] = {}
    shape = "{percentage:3.0f}%|{bar:20}| {elapsed}, {remaining} left{postfix}"
    seconds_between = 0.2 if sys.stderr.isatty() else 30  # a log file needs few lines
    with tqdm(total=100, bar_format=shape, mininterval=seconds_between, maxinterval=60) as bar:
        bar.update(100 * trainer.progress)
        bar.unpause()
        while trainer.progress < 1:
            start = time.perf_counter()
            before = trainer.games
            figures = trainer.step()
            rate = (trainer.games - before) / (time.perf_counter() - start)
            for key, value in (figures | {"rate": rate}).items():
                smooth[key] = 0.95 * smooth.get(key, value) + 0.05 * value
            bar.set_postfix_str(
                f"{trainer.games:,} games, {smooth['rate']:.1f}/s, excess CE {smooth['excess']:.3f}, "
                f"illegal {smooth['illegal']:.2%}",
                refresh=False,
            )
            bar.update(100 * trainer.progress - bar.n)
            yield figures


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `othello-interp train`."""
    parser.epilog = (
        "A run is one cycle: the learning rate warms up, stays, and falls to 2% by the end of --games or "
        "--minutes. Only then is the model at its best. The next cycle is a new run in another folder, which "
        "--init begins from the weights of this one. After an interruption, --out FOLDER --resume goes on "
        "from the last checkpoint with the options of the run; what is given beside it takes their place."
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="folder of the run")
    parser.add_argument(
        "--preset", choices=PRESETS, help="sizes, budget and rates (default: small; no choice with --resume)"
    )
    begin = parser.add_mutually_exclusive_group()
    begin.add_argument("--resume", action="store_true", help="go on with the run in --out")
    begin.add_argument(
        "--init",
        type=Path,
        metavar="FILE",
        help="begin from these weights (.safetensors)",
    )
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, help="processor cores to use (default: all)")
    parser.add_argument(
        "--save-minutes", type=float, default=5.0, help="time between checkpoints (default: 5)"
    )
    group = parser.add_argument_group("budget and rates", "by default the preset's, which has no --minutes")
    for option, kind, what in (
        ("games", int, "budget in games"),
        ("minutes", float, "budget in minutes of training, whichever ends first"),
        ("batch", int, "games a step"),
        ("first-batch", int, "games a step at the start, soon doubled; with --init the same as --batch"),
        ("muon-rate", float, "peak learning rate of the hidden matrices; 0.012 and less suit --init"),
        ("adam-rate", float, "peak learning rate of everything else"),
        ("seed", int, "seed of weights and games; another one with --init, for games not seen before"),
    ):
        group.add_argument(f"--{option}", type=kind, help=what)


def _begin(args: argparse.Namespace) -> Trainer:
    """The run that the options ask for, new or resumed."""
    names = ("games", "minutes", "batch", "first_batch", "muon_rate", "adam_rate", "seed")
    chosen = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    checkpoint = args.out / "checkpoint.pt"
    if args.resume:
        if args.preset:
            raise InputError("--resume goes on with the sizes of the run: leave out --preset.")
        if not checkpoint.exists():
            raise InputError(f"No {checkpoint} to resume from: leave out --resume to begin a run there.")
        return Trainer.resume(checkpoint, args.device, **chosen)
    if checkpoint.exists():
        raise InputError(
            f"{args.out} holds a run already: go on with it by --resume, or choose another folder."
        )
    config = replace(PRESETS[args.preset or "small"], **chosen)
    if not args.init:
        return Trainer(config, args.device)
    weights = _weights(args.init)
    if args.seed is None:
        raise InputError(
            "--init needs a --seed, other than that of the run that made the weights: "
            "with the same one they would see the same games again."
        )
    if args.first_batch is None:  # steps count more than games only early on
        config = replace(config, first_batch=config.batch)
    trainer = Trainer(config, args.device)
    trainer.model.load_weights(weights)
    return trainer


def main(args: argparse.Namespace) -> int:
    """`othello-interp train`."""
    keep_memory()
    if args.threads:
        torch.set_num_threads(args.threads)
    trainer = _begin(args)
    print(f"Multiplying in {str(trainer.dtype).removeprefix('torch.')}, {trainer.workers} parts at a time.")
    train(trainer, args.out, args.save_minutes)
    print(f"Wrote {args.out / 'model.safetensors'}, metrics.jsonl and loss_curve.html beside it.")
    return 0
