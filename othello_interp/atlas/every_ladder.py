"""The ladders of every neuron of a model, searched layer by layer, as arrays small enough to ship.

A layer takes minutes. So each is kept in a folder, written whole: what is there isn't searched again.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Integer
from torch import Tensor

from othello_interp.atlas.ladder import RUNGS, Ladder, Rung, ladders
from othello_interp.atlas.samples import shuffled, split
from othello_interp.errors import InputError
from othello_interp.storage.whole_file import whole_file, writable_folder

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge

Arrays = dict[str, np.ndarray]
#: What is kept of a rung besides its text, in thousandths.
SCORES = (
    "r2", "r2_low", "r2_high", "within_move", "null", "f1", "f1_low", "f1_high", "auc", "auc_low", "auc_high",
)  # fmt: skip
TEXTS = "hypotheses"  # of all rungs of all neurons, one a line, as bytes
_THOUSANDTHS, _NONE = 1000.0, np.iinfo(np.int16).min


def every_ladder(
    model: "TransformerBridge",
    games: Integer[Tensor, "game 60"],
    folder: Path,
    progress: Callable[[int], None] = lambda neurons: None,
) -> Arrays:
    """Arrays of (layer, neuron, ...), and the texts of all hypotheses: see `Atlas.ladder`.

    games: to learn from, to choose by and to score on; see `split`. folder: of the layers that are done; they
    must be of the same model and games. progress: gets the number of neurons done.
    """
    writable_folder(folder)
    n_neurons, layers = model.cfg.d_mlp, []
    for layer in range(model.cfg.n_layers):
        path = folder / f"ladders-{layer}.npz"
        if not path.exists():
            done = layer * n_neurons

            def told(neurons: int, done: int = done) -> None:
                progress(done + neurons)

            parts = split(model, layer, games)
            found = pack(ladders(parts, shuffled(parts), told))
            with whole_file(path) as temporary, temporary.open("wb") as file:
                np.savez_compressed(file, allow_pickle=False, games=len(games), **found)
        with np.load(path) as kept:
            layers.append({name: kept[name] for name in kept.files})
        if (used := int(layers[-1].pop("games"))) != len(games):
            raise InputError(f"{path} was made with {used} games, not {len(games)}. Remove it.")
        progress((layer + 1) * n_neurons)
    texts = np.concatenate([layer.pop(TEXTS) for layer in layers])
    return {name: np.stack([layer[name] for layer in layers]) for name in layers[0]} | {TEXTS: texts}


def pack(found: Sequence[Ladder]) -> Arrays:
    """The ladders of a layer as arrays of (neuron, ...); their texts are one array of bytes."""
    numbers = np.array([[_scores(rung) for rung in ladder.rungs] for ladder in found])
    thousandths = np.clip(np.round(numbers * _THOUSANDTHS), -_THOUSANDTHS, _THOUSANDTHS)
    texts = [rung.hypothesis + "\n" for ladder in found for rung in ladder.rungs]
    return {
        "rung_scores": np.where(np.isnan(numbers), _NONE, thousandths).astype(np.int16),
        "rung_conditions": np.array(
            [[rung.conditions for rung in ladder.rungs] for ladder in found], np.uint8
        ),
        "rung_best": np.array([ladder.chosen for ladder in found], np.uint8),
        "fires": np.array([ladder.fires for ladder in found], np.float16),
        TEXTS: np.frombuffer("".join(texts).encode(), np.uint8),
    }


def unpack(arrays: Arrays, texts: Sequence[str]) -> Ladder:
    """The ladder of a neuron, from its part of the arrays and the texts of its rungs. Of the rules themselves
    only the text is kept."""
    numbers = np.where(arrays["rung_scores"] == _NONE, np.nan, arrays["rung_scores"] / _THOUSANDTHS)
    rungs = []
    for name, text, row, conditions in zip(
        RUNGS, texts, numbers.tolist(), arrays["rung_conditions"].tolist(), strict=True
    ):
        of = dict(zip(SCORES, row, strict=True))
        r2, f1, auc = ((of[f"{key}_low"], of[f"{key}_high"]) for key in ("r2", "f1", "auc"))
        scores = of["r2"], of["within_move"], of["f1"], of["auc"], of["null"]
        rungs.append(Rung(name, text, conditions, *scores, r2, f1, auc))
    return Ladder(tuple(rungs), float(arrays["fires"]), int(arrays["rung_best"]))


def _scores(rung: Rung) -> list[float]:
    f1, auc = (rung.f1, *rung.f1_interval), (rung.auc, *rung.auc_interval)
    return [rung.r2, *rung.r2_interval, rung.within_move, rung.null, *f1, *auc]
