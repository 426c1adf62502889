"""The atlas that ships with the project, or one made of another scan: what is known of each neuron."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from othello_interp.atlas.condense import Arrays
from othello_interp.atlas.scan import weights_hash
from othello_interp.errors import InputError, OthelloInterpError
from othello_interp.storage.data import data_path, provenance

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge

    from othello_interp.weights.gpt import GPT

FILE = "atlas.npz"


@dataclass(frozen=True)
class Atlas:
    """Arrays of (layer, neuron, ...), see condense.py; and of what: games, seed, model (SHA-256), dtype."""

    arrays: Arrays
    about: dict[str, Any]

    @property
    def n_layers(self) -> int:
        return self.arrays["mean"].shape[0]

    @property
    def n_neurons(self) -> int:
        """Of a layer."""
        return self.arrays["mean"].shape[1]

    @property
    def examples(self) -> Iterator[tuple[int, int]]:
        """Game and move of every example; -1 where there is none."""
        for kind in ("top", "sample"):
            games, moves = (self.arrays[f"{kind}_{what}"].ravel().tolist() for what in ("game", "move"))
            yield from zip(games, moves, strict=True)

    def of(self, layer: int, neuron: int) -> Arrays:
        """Everything of one neuron."""
        return {name: np.asarray(array[layer, neuron]) for name, array in self.arrays.items()}


@cache
def load_atlas() -> Atlas:
    """The embedded model's. Raises OthelloInterpError where none is there or it is damaged."""
    try:
        about = provenance(FILE)
    except OthelloInterpError:
        raise OthelloInterpError(
            "There is no atlas of the embedded model yet. Make it: `othello-interp scan --out build/scan`, "
            "then `othello-interp build-atlas --scan build/scan`."
        ) from None
    with np.load(io.BytesIO(data_path(FILE).read_bytes())) as file:
        return Atlas({name: file[name] for name in file.files}, about)


def check_is_of(atlas: Atlas, model: "TransformerBridge | GPT") -> None:
    """Raises OthelloInterpError where an atlas was made of other weights than these."""
    if atlas.about["model"] != weights_hash(model):
        raise OthelloInterpError(
            "The atlas in data/ is of other weights than the model's. Make it anew: `othello-interp scan "
            "--out ANOTHER_FOLDER`, then `othello-interp build-atlas --scan` with that folder."
        )


def parse_name(name: str) -> tuple[int, int]:
    """Layer and neuron.

    >>> parse_name("L5N1393")
    (5, 1393)
    """
    found = re.fullmatch(r"[Ll](\d+)[Nn](\d+)", name.strip())
    if not found:
        raise InputError(f"{name!r} is not a neuron: expected layer and number, such as 'L5N1393'")
    return int(found[1]), int(found[2])
