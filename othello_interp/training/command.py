"""`othello-interp train`: train an Othello-GPT, in one go or in parts.

A run is a folder: checkpoint.pt (everything needed to resume after a kill at any moment),
metrics.jsonl, and at the end model.safetensors and loss_curve.html. The same command resumes it.
"""

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

from othello_interp.errors import FileError, OthelloInterpError
from othello_interp.rules.random_games import random_games
from othello_interp.storage.whole_file import whole_file, writable_folder
from othello_interp.training.log import append_record, read_records, write_loss_curve
from othello_interp.training.trainer import EVALUATION_SEED, PRESETS, TrainConfig, Trainer, evaluate
from othello_interp.weights.gpt import GPT


def train(
    config: TrainConfig,
    out: Path,
    init: Path | None = None,
    device: str = "cpu",
    workers: int | None = None,
    save_minutes: float = 5.0,
) -> GPT:
    """Train until the budget is spent, resuming from `out` if a run was begun there; returns the model.

    init: weights to start from (safetensors, named as in a native TransformerBridge, LayerNorms folded
    or not). Raises InputError if they don't fit the configuration, FileError if they can't be read.
    """
    writable_folder(out)
    trainer = Trainer(config, device, workers)
    checkpoint, log = out / "checkpoint.pt", out / "metrics.jsonl"
    if checkpoint.exists():
        trainer.load(checkpoint)
    elif init:
        trainer.model.load_weights(_weights(init))
    held_out = random_games(config.evaluation_games, EVALUATION_SEED, device=trainer.device)
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
    with whole_file(out / "model.safetensors") as temporary:
        save_file(state, temporary, {"n_heads": str(config.model.n_heads), "normalization_type": "LN"})
    write_loss_curve(records, out / "loss_curve.html")
    return trainer.model


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


def add_arguments(parser) -> None:
    """The options of `othello-interp train`."""
    parser.add_argument(
        "--preset", choices=PRESETS, default="small", help="sizes and budget (default: small)"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the run; resumed if begun there")
    parser.add_argument("--init", type=Path, help="weights to start from (.safetensors)")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, help="processor cores to use (default: all)")
    parser.add_argument(
        "--save-minutes", type=float, default=5.0, help="time between checkpoints (default: 5)"
    )
    for option, kind, what in (
        ("games", int, "budget in games"),
        ("minutes", float, "budget in minutes, whichever ends first"),
        ("batch", int, "games a step"),
        ("first-batch", int, "games a step at the start"),
        ("muon-rate", float, "peak learning rate of the hidden matrices"),
        ("adam-rate", float, "peak learning rate of everything else"),
        ("seed", int, "seed of weights and games"),
    ):
        parser.add_argument(f"--{option}", type=kind, help=f"{what} (default: the preset's)")


def main(args) -> int:
    """`othello-interp train`."""
    if args.threads:
        torch.set_num_threads(args.threads)
    names = ("games", "minutes", "batch", "first_batch", "muon_rate", "adam_rate", "seed")
    chosen = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    config = replace(PRESETS[args.preset], **chosen)
    train(config, args.out, args.init, args.device, save_minutes=args.save_minutes)
    print(f"Wrote {args.out / 'model.safetensors'}, metrics.jsonl and loss_curve.html beside it.")
    return 0
