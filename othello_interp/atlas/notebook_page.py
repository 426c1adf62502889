"""`neuron_page("L5N1393")`: in a notebook, what the atlas knows of a neuron."""

from dataclasses import dataclass
from functools import cache

import torch
from markupsafe import Markup

from othello_interp.ablation import ablate, effects
from othello_interp.atlas.boards import example_boards
from othello_interp.atlas.charts import charts
from othello_interp.atlas.describe import Board, NeuronPage, describe
from othello_interp.atlas.ladder import Explanation
from othello_interp.atlas.stored import Atlas, check_is_of, load_atlas, parse_name
from othello_interp.atlas.wiring import Wiring
from othello_interp.board import replay
from othello_interp.model import check_exists, load_model
from othello_interp.pages.render import render
from othello_interp.pages.svg import ValueBoard, value_boards
from othello_interp.probe import load_probe
from othello_interp.rules.random_games import numbered_games
from othello_interp.squares import id_to_label
from othello_interp.weights.gpt import N_CTX


@dataclass(frozen=True)
class Shown:
    """A neuron's page: a notebook draws it, `page` holds its figures.

    switched_off: what setting the neuron to 0 changes at its loudest examples, on average.
    """

    page: NeuronPage
    switched_off: str

    def _repr_html_(self) -> str:
        return render("atlas/neuron.html.j2", page=self.page, charts=charts(self.page), draw=_drawn) + Markup(
            "<p>{}</p>"
        ).format(self.switched_off)


def neuron_page(name: str, explanation: Explanation | None = None) -> Shown:
    """What the atlas knows of a neuron of the embedded model, as a page for a notebook.

    name: such as "L5N1393". explanation: a hypothesis of yours, with its score, to stand at the top.

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
    return Shown(page, _switched_off(atlas, page))


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


def _switched_off(atlas: Atlas, page: NeuronPage) -> str:
    """The change at the loudest examples of the logit that it moves most, and of the legal mass."""
    found = atlas.of(page.layer, page.neuron)
    kept = found["top_game"] >= 0
    numbers = torch.from_numpy(found["top_game"][kept]).long()
    tokens = numbered_games(numbers, atlas.about["seed"]).long()
    moves = torch.from_numpy(found["top_move"][kept]).long()
    rows = torch.arange(len(tokens))
    legal = replay(tokens).legal[:, :N_CTX]
    model = _model()
    with torch.no_grad():
        before = model(tokens[:, :N_CTX])
    after = ablate(model, tokens[:, :N_CTX], page.layer, page.neuron)
    change = (after - before)[rows, moves, 1:].mean(0)
    token = int(change.abs().argmax()) + 1
    changes = effects(before, after, token, legal)
    return (
        f"Switched off at its {len(tokens)} loudest examples, the logit of {id_to_label(token)} changes by "
        f"{changes['logit'][rows, moves].mean():+.2f} on average, more than any other, and the probability "
        f"of all legal moves together by {changes['legal_mass'][rows, moves].mean():+.4f}."
    )
