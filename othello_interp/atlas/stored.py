"""The atlas that ships with the project, or one made of another scan: what is known of each neuron."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from othello_interp.atlas.every_ladder import TEXTS, Arrays, unpack
from othello_interp.atlas.ladder import RUNGS, Ladder
from othello_interp.atlas.scan import weights_hash
from othello_interp.errors import InputError, OthelloInterpError
from othello_interp.storage.data import data_path, provenance

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge

    from othello_interp.weights.gpt import GPT

FILE = "atlas.npz"


@dataclass(frozen=True)
class Atlas:
    """Arrays of (layer, neuron, ...), see condense.py; of what: games, seed, model (SHA-256), dtype; and the
    texts of all rungs of all ladders, one a line: none where no ladder was searched for."""

    arrays: Arrays
    about: dict[str, Any]
    texts: bytes = field(default=b"", repr=False)

    @classmethod
    def read(cls, content: bytes, about: dict[str, Any]) -> "Atlas":
        """From the content of an .npz file, see `packed`, and where it came from."""
        with np.load(io.BytesIO(content)) as file:
            arrays = {name: file[name] for name in file.files}
        texts = arrays.pop(TEXTS, np.zeros(0, np.uint8))
        return cls(arrays, about, texts.tobytes())

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

    @cached_property
    def _lines(self) -> list[str]:
        return self.texts.decode().split("\n")

    def ladder(self, layer: int, neuron: int) -> Ladder | None:
        """The hypotheses about a neuron, from simple to rich, with their scores on games that the search had
        not seen; None where there are none."""
        if not self.texts:
            return None
        first = (layer * self.n_neurons + neuron) * len(RUNGS)
        return unpack(self.of(layer, neuron), self._lines[first : first + len(RUNGS)])

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
    return Atlas.read(data_path(FILE).read_bytes(), about)


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
