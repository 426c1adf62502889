"""A board to play on in a notebook, which says after each move what a neuron does and what the model expects.

Where there are no widgets it is a text; and `play`, `undo` and `restart` work everywhere.
"""

from collections.abc import Iterable
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from othello_interp.board import BLACK, initial_board, legal_moves, replay
from othello_interp.circuit import patch
from othello_interp.errors import InputError
from othello_interp.figures import LAYER, NEURON
from othello_interp.games import LOGITS, ActivationCache
from othello_interp.nodes import place_of
from othello_interp.squares import (
    ALL_SQUARES,
    ROWS,
    id_to_label,
    label_to_id,
    label_to_square,
    square_to_label,
)
from othello_interp.weights.gpt import N_CTX

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge

DISCS = {1: "●", -1: "○", 0: ""}
NAMES = {1: "black", -1: "white", 0: "blank"}
GREEN, BRIGHT = "#6fa87a", "#a9d8b2"


class PlayBoard:
    """A game in progress. Show it at the end of a cell and click on the squares, or call `play`.

    moves: the moves so far, as labels.

    >>> from othello_interp.model import tiny_model
    >>> board = PlayBoard(tiny_model(seed=0), "L1N7", moves=["D2"])
    >>> board.legal
    ['C2', 'C4', 'E2']
    >>> board.play("C2").moves
    ['D2', 'C2']
    """

    def __init__(
        self,
        model: "TransformerBridge",
        neuron: str = f"L{LAYER}N{NEURON}",
        moves: Iterable[str] = (),
    ):
        """neuron: its name, as in nodes.py. Raises ValueError for a move that isn't legal, and for a neuron
        that the model hasn't got."""
        place_of(model, neuron)
        self.model, self.neuron = model, neuron
        self.moves: list[str] = []
        self._widgets: dict[str, Any] = {}
        for move in moves:
            self.play(move)

    def play(self, move: str) -> "PlayBoard":
        """Play a move such as "D2". Raises ValueError unless it is legal."""
        move = square_to_label(label_to_square(move.strip().upper()))
        if move not in self.legal:
            legal = f"legal are {', '.join(self.legal)}" if self.legal else "the game is over"
            raise InputError(f"{move} is not legal after {len(self.moves)} moves: {legal}")
        self.moves.append(move)
        self._draw()
        return self

    def undo(self) -> "PlayBoard":
        """Take the last move back."""
        del self.moves[-1:]
        self._draw()
        return self

    def restart(self) -> "PlayBoard":
        """Begin again."""
        self.moves.clear()
        self._draw()
        return self

    @property
    def legal(self) -> list[str]:
        """The moves that may be played now, as labels in the board's order; none at the end."""
        if not self.moves:
            found = legal_moves(initial_board(), BLACK)
        elif len(self.moves) >= N_CTX + 1:
            return []
        else:
            found = replay(self._tokens).legal[0, -1]
        return [square_to_label(square) for square in found.flatten().nonzero().flatten().tolist()]

    @property
    def activations(self) -> list[float]:
        """The neuron after each move that the model can see, the first 59."""
        if not self.moves:
            return []
        return patch(self.model, self._tokens[:, :N_CTX], {}, read=self.neuron)[0].tolist()

    @property
    def probabilities(self) -> dict[str, float]:
        """What the model expects next, for all 60 squares, likeliest first; before the first move and after
        the 59th it says nothing."""
        if not 0 < len(self.moves) <= N_CTX:
            return {}
        logits: Float[Tensor, " 61"] = ActivationCache(self.model, self._tokens)[LOGITS][0, -1]
        chances = logits.softmax(-1)
        order = (chances[1:].argsort(descending=True) + 1).tolist()
        return {id_to_label(token): chances[token].item() for token in order}

    @property
    def _tokens(self) -> Int64[Tensor, "1 move"]:
        return torch.tensor([[label_to_id(move) for move in self.moves]])

    @property
    def _board(self) -> list[int]:
        """Black 1, white -1, blank 0, for the 64 squares."""
        board = replay(self._tokens).states[0, -1] if self.moves else initial_board()
        return board.flatten().tolist()

    def _summary(self) -> list[str]:
        """What there is to say, in lines."""
        acts, chances = self.activations, self.probabilities
        legal = self.legal
        lines = [f"after {len(self.moves)} moves: {' '.join(self.moves) or 'none yet'}"]
        if acts:
            so_far = f"highest so far {max(acts):.2f}, after move {acts.index(max(acts))}"
            lines.append(f"{self.neuron}: {acts[-1]:.2f} ({so_far})")
        lines.append(f"legal: {', '.join(legal) or 'none, the game is over'}")
        if chances:
            top = ", ".join(
                f"{label} {chance:.0%}{'' if label in legal else ' (not legal)'}"
                for label, chance in list(chances.items())[:6]
            )
            lines.append(f"the model expects: {top}")
            lines.append(f"all legal moves together: {sum(chances[label] for label in legal):.1%}")
        return lines

    def __repr__(self) -> str:
        legal, board = {label_to_square(label) for label in self.legal}, self._board
        rows = ["  " + " ".join("01234567")]
        for row, letter in enumerate(ROWS):
            squares = range(8 * row, 8 * row + 8)
            signs = (DISCS[board[square]] or ("+" if square in legal else "·") for square in squares)
            rows.append(f"{letter} {' '.join(signs)}")
        return "\n".join([*rows, "", *self._summary()])

    # --- with widgets ---

    def _ipython_display_(self) -> None:
        from IPython.display import display

        bundle: dict[str, Any] = {"text/plain": repr(self)}
        try:
            view = self._view()
        except ImportError:
            display(bundle, raw=True)
            return
        self._draw()
        # The widget's own bundle, with our text for a place that can't show widgets.
        display({**view._repr_mimebundle_(), **bundle}, raw=True)

    def _view(self) -> Any:
        """The board as a widget, made once: 64 buttons, three more, and what there is to say."""
        import ipywidgets as widgets

        if "view" in self._widgets:
            return self._widgets["view"]
        squares = []
        for square in range(64):
            button = widgets.Button(
                layout={"width": "46px", "height": "46px", "margin": "1px", "padding": "0"}
            )
            button.on_click(partial(self._clicked, square_to_label(square)))
            button.add_class("othello-square")
            squares.append(button)
        cells: list[Any] = [widgets.HTML(f"<b>{text}</b>") for text in ("", *"01234567")]
        for row, letter in enumerate(ROWS):
            cells += [widgets.HTML(f"<b>{letter}</b>"), *squares[8 * row : 8 * row + 8]]
        grid = widgets.GridBox(
            cells,
            layout={
                "grid_template_columns": "20px repeat(8, 48px)",
                "flex": "0 0 auto",
                "overflow": "hidden",
            },
        )
        undo = widgets.Button(description="Undo", tooltip="Take the last move back")
        restart = widgets.Button(description="New game", tooltip="Begin again")
        undo.on_click(lambda _: self.undo())
        restart.on_click(lambda _: self.restart())
        text = widgets.HTML(layout={"width": "400px"})
        side = widgets.VBox(
            [text, widgets.HBox([undo, restart])], layout={"padding": "0 0 0 20px", "overflow": "hidden"}
        )
        self._widgets = {"squares": squares, "text": text}
        self._widgets["view"] = widgets.HBox([grid, side], layout={"flex_flow": "row wrap"})
        return self._widgets["view"]

    def _clicked(self, label: str, button: Any) -> None:
        if label in self.legal:
            self.play(label)

    def _draw(self) -> None:
        """Bring the widget up to date, if there is one."""
        if not self._widgets:
            return
        legal, board, chances = self.legal, self._board, self.probabilities
        last = self.moves[-1] if self.moves else ""
        for square, button in enumerate(self._widgets["squares"]):
            label = square_to_label(square)
            value, chance = board[square], chances.get(label, 0.0)
            said = [label, NAMES[value]] + ["legal"] * (label in legal) + ["last move"] * (label == last)
            if square in ALL_SQUARES and not value and chances:
                said.append(f"probability {chance:.1%}")
            # ipywidgets 8 goes on showing what a button said before if it is to say nothing.
            blank = f"{chance:.0%}" if chances and label in legal else "\u00a0"
            button.description = "●" if value else blank
            button.tooltip = ", ".join(said)
            button.style.button_color = BRIGHT if label in legal else GREEN
            button.style.text_color = "#ffffff" if value == -1 else "#111111"
            button.style.font_size = "34px" if value else "12px"
            button.style.font_weight = "bold" if label == last else "normal"
            button.layout.border = "2px solid #ffb000" if label == last else "1px solid #2d5c38"
        lines = self._summary()
        self._widgets["text"].value = _bars(self.activations) + "".join(
            f"<p style='margin: 6px 0; line-height: 1.4'>{escape(line)}</p>" for line in lines
        )


def _bars(acts: list[float]) -> str:
    """The activations after each move as bars, for a page."""
    if not acts:
        return ""
    top = max(*acts, 1.0)
    bars = "".join(
        f'<rect x="{6 * move}" width="4" y="{60 - 58 * max(act, 0) / top:.1f}" '
        f'height="{58 * max(act, 0) / top:.1f}" fill="#e66101"><title>move {move}: {act:.2f}</title></rect>'
        for move, act in enumerate(acts)
    )
    label = f"the activation after each move, up to {max(acts):.2f}"
    return f'<svg width="{6 * N_CTX}" height="62" role="img" aria-label="{label}">{bars}</svg>'
