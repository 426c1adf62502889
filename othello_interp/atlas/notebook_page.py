"""`neuron_page("L5N1393")`: in a notebook, what the atlas knows of a neuron."""

from dataclasses import dataclass
from functools import cache

import torch
from markupsafe import Markup

from othello_interp.atlas.boards import example_boards
from othello_interp.atlas.charts import charts
from othello_interp.atlas.describe import Board, NeuronPage, describe
from othello_interp.atlas.ladder import Explanation
from othello_interp.atlas.stored import check_is_of, load_atlas, parse_name
from othello_interp.atlas.wiring import Wiring
from othello_interp.figures import FIRING
from othello_interp.model import check_exists, load_model
from othello_interp.pages.render import render
from othello_interp.pages.svg import ValueBoard, value_boards
from othello_interp.probe import load_probe


@dataclass(frozen=True)
class Shown:
    """A neuron's page: a notebook draws it, `page` holds its figures."""

    page: NeuronPage

    def _repr_html_(self) -> str:
        return render(
            "atlas/neuron.html.j2",
            page=self.page,
            charts=charts(self.page),
            draw=_drawn,
            firing=FIRING,
            shell=False,
        )


def neuron_page(name: str, explanation: Explanation | None = None) -> Shown:
    """What the atlas knows of a neuron of the embedded model, as a page for a notebook.

    name: such as "L5N1393". explanation: a hypothesis of yours, with its score, to stand at the top, above
    those of the search.

    Raises InputError for a name that is none or that the model hasn't got, OthelloInterpError where data/
    holds no atlas.
    """
    layer, neuron = parse_name(name)
    model = _model()
    check_exists(model, layer, [neuron])
    atlas, wiring = load_atlas(), _wiring()
    found = atlas.of(layer, neuron)
    games, moves = (
        [*found[f"top_{what}"].tolist(), *found[f"sample_{what}"].tolist()] for what in ("game", "move")
    )
    boards = example_boards(zip(games, moves, strict=True), atlas.about["seed"])
    here = slice(neuron, neuron + 1)
    weights = [board[layer, neuron].flatten().numpy() for board in (wiring.blank, wiring.mine, wiring.writes)]
    page = describe(
        atlas,
        layer,
        neuron,
        boards,
        (weights[0], weights[1], weights[2]),
        (wiring.before(layer, here)[0], wiring.after(layer, here)[0]),
        explanation,
    )
    return Shown(page)


@cache
def _model():
    return load_model("embedded")


@cache
def _wiring() -> Wiring:
    check_is_of(load_atlas(), _model())
    std = torch.from_numpy(load_atlas().arrays["std"]).float()
    return Wiring(_model(), load_probe("embedded"), std)


def _drawn(board: Board) -> Markup:
    return value_boards([ValueBoard(board.name, board.values, board.outlined)], width=128)
