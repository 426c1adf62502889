"""Count every neuron's activations over many games, in memory that doesn't grow, from wherever it was left.

The folder of a scan holds manifest.json, which says what is scanned, and summary.safetensors, which is
replaced whole every few minutes and says itself which games it has counted. So a kill costs minutes at most.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from othello_interp.atlas.examples import MAX_GAMES
from othello_interp.atlas.features import Bags, features
from othello_interp.atlas.forward import each_layer, plain_model
from othello_interp.atlas.grid import Grid, calibrate
from othello_interp.atlas.summary import PART_GAMES, Summary
from othello_interp.board import replay, theirs_vs_mine
from othello_interp.errors import InputError
from othello_interp.hypotheses import parse
from othello_interp.rules.random_games import random_games
from othello_interp.storage.whole_file import writable_folder, write_text
from othello_interp.weights.gpt import GPT, N_CTX

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge

BATCH = 4 * PART_GAMES  # games at a time
PART = 512  # games that are counted before anything is written or handed back


@dataclass(frozen=True)
class Manifest:
    """What a scan is of: two scans with the same one count the same activations of the same games."""

    model: str  # SHA-256 of the weights
    seed: int
    dtype: str
    hypotheses: tuple[str, ...] = ()
    version: int = 3


def weights_hash(model: "TransformerBridge | GPT") -> str:
    """SHA-256 of a model's weights, the same with hooks and without."""
    found = hashlib.sha256()
    for name, weights in sorted(plain_model(model).state_dict().items()):
        found.update(f"{name}{tuple(weights.shape)}".encode())
        found.update(weights.contiguous().float().numpy().tobytes())
    return found.hexdigest()


def count_games(
    model: GPT, summary: Summary, games: range, seed: int, dtype: torch.dtype = torch.float32
) -> Summary:
    """The summary with the games of these numbers counted as well. Its tensors are changed in place."""
    tokens = random_games(len(games), seed, first=games.start)
    for first in range(0, len(games), BATCH):
        batch = tokens[first : first + BATCH]
        numbers = torch.arange(games.start + first, games.start + first + len(batch))
        played = replay(batch)
        boards = theirs_vs_mine(played.states, played.to_move)[:, :N_CTX]
        holds = features(boards, played.legal[:, :N_CTX], summary.hypotheses)
        bags = Bags(holds, PART_GAMES * N_CTX)

        observe = partial(summary.observe, bags=bags, games=numbers)
        each_layer(model, batch[:, :N_CTX], observe, dtype)
        summary = summary.with_games(games.start + first, len(batch), bags)
    return summary


def count_part(
    model: GPT,
    grid: Grid,
    games: range,
    seed: int,
    dtype: torch.dtype,
    hypotheses: tuple[str, ...] = (),
) -> Summary:
    """A summary of the games of these numbers alone."""
    return count_games(model, Summary.empty(grid, hypotheses), games, seed, dtype)


#: Takes a summary and ranges of games still to be counted; yields the summary with more and more of them.
Counting = Callable[[GPT, Summary, list[range], int, torch.dtype], Iterator[Summary]]


def one_after_another(
    model: GPT, summary: Summary, parts: list[range], seed: int, dtype: torch.dtype
) -> Iterator[Summary]:
    """Counts on this machine."""
    for part in parts:
        summary = count_games(model, summary, part, seed, dtype)
        yield summary


def scan(
    model: "TransformerBridge | GPT",
    out: Path,
    games: int,
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
    counting: Counting = one_after_another,
    part: int = PART,
    save_seconds: float = 120,
    progress: Callable[[int], None] = lambda games: None,
    hypotheses: Sequence[str] = (),
) -> Summary:
    """Counts games 0 to `games` of a seed, going on from what the folder holds, and returns the summary.

    dtype: to multiply matrices in. part: games between two reports to `progress`, which gets how many are
    counted. save_seconds: least time between two writes. hypotheses: such as conjunctions that a search has
    found, counted like the features that every scan has; see `Summary.number`.

    Raises InputError when the folder holds another scan, FileError when what it holds can't be read.
    """
    if not 1 <= games <= MAX_GAMES:
        raise InputError(f"games: expected 1..{MAX_GAMES:,}; found {games:,}")
    for text in hypotheses:
        parse(text)
    plain = plain_model(model)
    manifest = Manifest(weights_hash(plain), seed, _name(dtype), tuple(hypotheses))
    summary = _begin(plain, writable_folder(out), manifest, dtype)
    progress(done := summary.games)
    saved = time.monotonic()
    parts = [range(first, min(first + part, games)) for first in range(done, games, part)]
    for counted in counting(plain, summary, parts, seed, dtype):
        summary = counted
        progress(summary.games)
        if time.monotonic() - saved > save_seconds or summary.games == games:
            summary.save(out / "summary.safetensors")
            saved = time.monotonic()
    return summary


def _begin(model: GPT, out: Path, manifest: Manifest, dtype: torch.dtype) -> Summary:
    """What the folder holds already, or an empty summary."""
    path, kept = out / "manifest.json", out / "summary.safetensors"
    wanted = json.dumps(asdict(manifest), indent=2) + "\n"
    if path.exists():
        found = json.loads(path.read_text(encoding="utf-8"))
        for name, value in json.loads(wanted).items():
            if found.get(name) != value:
                raise InputError(
                    f"{out} holds a scan with {name} {found.get(name)!r}, this one has {value!r}. "
                    "Choose another folder, or remove that one."
                )
        if kept.exists():
            return Summary.load(kept)
    write_text(path, wanted)
    return Summary.empty(calibrate(model, dtype), manifest.hypotheses)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
