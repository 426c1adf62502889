"""The atlas as a website that needs neither server nor network: index.html, a script, and shards of neurons.

A shard is a script that hands over the compressed pages of 64 neurons. A page opened from a disk may load
scripts beside it, but nothing else, so that is what a shard has to be. Boards are drawn by the page's script,
from one drawing that Python has made.
"""

import base64
import json
import math
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from markupsafe import Markup

from othello_interp.atlas.boards import Boards, example_boards
from othello_interp.atlas.charts import charts
from othello_interp.atlas.describe import ROLES, Board, NeuronPage, describe
from othello_interp.atlas.ladder import RUNGS, Ladder
from othello_interp.atlas.stored import Atlas, check_is_of, load_atlas
from othello_interp.atlas.wiring import Wiring
from othello_interp.figures import FIRING
from othello_interp.lines import line_texts
from othello_interp.model import load_model
from othello_interp.pages.render import render
from othello_interp.pages.svg import NEGATIVE, POSITIVE, ValueBoard, value_boards
from othello_interp.probe import load_probe
from othello_interp.storage.whole_file import writable_folder, write_text

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge

    from othello_interp.probe import Probe

SHARD = 64


def build_site(
    atlas: Atlas,
    model: "TransformerBridge",
    probe: "Probe",
    out: Path,
    progress: Callable[[int], None] = lambda neurons: None,
    home: str | None = None,
) -> None:
    """Writes the site into a folder.

    progress: gets the number of neurons done. home: address of a page to lead back to, if there is one.
    """
    writable_folder(out)
    boards = example_boards(atlas.examples, atlas.about["seed"])
    wiring = Wiring(model, probe, torch.from_numpy(atlas.arrays["std"]).float())
    table: list[list[Any]] = []
    hypotheses: list[str] = []
    for layer in range(atlas.n_layers):
        for first in range(0, atlas.n_neurons, SHARD):
            pages = list(_pages(atlas, wiring, layer, first, boards))
            fragments = _packed([_fragment(page) for page in pages])
            path = out / "neurons" / f"{layer}-{first // SHARD}.js"
            write_text(path, f'shard({layer},{first},"{fragments}");\n')
            hypotheses += [page.ladder.best.hypothesis if page.ladder else "" for page in pages]
            table += [_row(page) for page in pages]
            progress(len(table))
    write_text(out / "table.js", f"const LINES={_compact(line_texts())};\nconst TABLE={_compact(table)};\n")
    write_text(out / "hypotheses.js", f'hypotheses("{_packed(hypotheses)}");\n')
    write_text(out / "atlas.js", (Path(__file__).parent / "atlas.js").read_text(encoding="utf-8"))
    empty = value_boards([ValueBoard("", [0.0] * 64)], width=128)
    constants = {"shard": SHARD, "neurons": atlas.n_neurons, "positive": POSITIVE, "negative": NEGATIVE}
    page = render(
        "atlas/index.html.j2",
        about=atlas.about,
        empty=empty,
        constants=constants,
        roles=ROLES,
        rungs=RUNGS,
        home=home,
    )
    write_text(out / "index.html", page)


def build_embedded(
    out: Path, home: str | None = None, progress: Callable[[int], None] = lambda neurons: None
) -> None:
    """Writes the site of the atlas that ships, of the embedded model. Raises OthelloInterpError where data/
    holds none, or one of another model."""
    atlas, model = load_atlas(), load_model("embedded")
    check_is_of(atlas, model)
    build_site(atlas, model, load_probe("embedded"), out, progress, home)


def _pages(
    atlas: Atlas,
    wiring: Wiring,
    layer: int,
    first: int,
    boards: Boards,
) -> Iterator[NeuronPage]:
    here = slice(first, min(first + SHARD, atlas.n_neurons))
    before, after = wiring.before(layer, here), wiring.after(layer, here)
    weights = [part[layer, here].flatten(1).numpy() for part in (wiring.blank, wiring.mine, wiring.writes)]
    for i, neuron in enumerate(range(here.start, here.stop)):
        yield describe(
            atlas,
            layer,
            neuron,
            boards,
            (weights[0][i], weights[1][i], weights[2][i]),
            (before[i], after[i]),
        )


def _fragment(page: NeuronPage) -> str:
    return render(
        "atlas/neuron.html.j2", page=page, charts=charts(page), draw=placeholder, firing=FIRING, shell=True
    )


def placeholder(board: Board) -> Markup:
    """Where the page's script draws a board: values as digits where they are a position, else as bytes."""
    if board.position:
        values, scale = "".join("102"[round(value) + 1] for value in board.values), 1.0
    else:
        scale = max(map(abs, board.values)) or 1.0
        signed = np.round(np.array(board.values) / scale * 127).astype(np.int8)
        values = base64.b64encode(signed.tobytes()).decode()
    place = Markup(
        '<span class="board" data-name="{}" data-values="{}" data-scale="{}" data-outlined="{}"></span>'
    )
    return place.format(board.name, values, f"{scale:.4g}", ",".join(map(str, board.outlined)))


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _packed(texts: list[str]) -> str:
    """What `unpack` in atlas.js reads."""
    return base64.b64encode(zlib.compress(json.dumps(texts).encode(), 9)).decode()


def _row(page: NeuronPage) -> list[Any]:
    """What the search knows of a neuron: see COLUMNS in atlas.js."""
    line: dict[str, Any] = page.lines[0] if page.lines else {"text": "", "auc": 0.5}
    return [
        page.layer,
        page.neuron,
        line_texts().index(line["text"]) if line["text"] else -1,
        round(line["auc"], 3),
        page.squares[0][0],
        round(page.squares[0][1], 3),
        page.legal[0][0],
        round(page.legal[0][1], 3),
        round(page.figures["std"], 3),
        "|".join(page.roles),
        *_scores_of(page.ladder),
    ]


def _scores_of(ladder: Ladder | None) -> list[Any]:
    """The kind of the best hypothesis, its R² in all and within the move's number, F1 and AUC, and the number
    of its conditions."""
    if ladder is None:
        return ["", -1, -1, -1, -1, 0]
    best = ladder.best
    scores = (best.r2, best.within_move, best.f1, best.auc)
    rounded = (0.0 if math.isnan(score) else round(score, 3) for score in scores)
    return [ladder.chosen, *rounded, best.conditions]
