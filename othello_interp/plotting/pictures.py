"""Positions as pictures: discs on a green board."""

import inspect
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Shaped

from othello_interp.errors import InputError
from othello_interp.plotting.arrays import TensorLike, as_boards, as_squares, as_titles, check_layout
from othello_interp.plotting.panels import arrange, default_per_row, outline, place
from othello_interp.squares import ROWS, square_to_label

Form = Literal["black_white", "plus_minus", "theirs_vs_mine"]

GREEN, INK, RED, FRAME = "#6fa87a", "#5c5c5c", "#d7191c", "#ffe14d"  # ink that is seen on dark pages too
BLACK, WHITE = ("black", "#111111"), ("white", "#ffffff")
MINE, THEIRS = ("mine", "#2166ac"), ("theirs", "#f4a582")
#: What the values on a board mean: form -> value -> name and colour of the disc.
DISCS = {
    "black_white": {1: BLACK, -1: WHITE},
    "plus_minus": {1: MINE, -1: THEIRS},
    "theirs_vs_mine": {2: MINE, 1: THEIRS},
}


def plot_board(
    state: TensorLike,
    title: str | None = None,
    board_titles: Sequence[str] | None = None,
    boards_per_row: int | None = None,
    width: int | None = None,
    height: int | None = None,
    *,
    legal: TensorLike | None = None,
    last_move: TensorLike | None = None,
    outlined: TensorLike | None = None,
    circled: TensorLike | None = None,
    circled_as: str = "circled",
    form: Form = "black_white",
    **layout: Any,
) -> go.Figure:
    """A position as one sees it on a table, or several positions side by side.

    Args:
        state: (8, 8) or (64,), or a stack of them. What its values mean is said by `form`:
            black_white: black 1, white -1, blank 0;
            plus_minus: mine 1, theirs -1, blank 0;
            theirs_vs_mine: blank 0, theirs 1, mine 2.
        legal: true where a move is legal, in the shape of `state`; marked with a ring.
        last_move: the square just played, as a number 0..63 or a label such as "C0", marked with a dot;
            for a stack a list with one of them, or None, for each board.
        outlined: squares to draw a frame round on every board, as numbers or labels such as ["C0", "D1"].
        circled: true where a square is to be circled in red, in the shape of `state`; `circled_as` says in
            the legend what that means, such as "read wrongly".
        board_titles, boards_per_row, width, height: as for `plot_board_values`.
        layout: anything else for plotly's `update_layout`, such as showlegend=False.

    Raises ValueError for another shape, a value the form does not have, or a wrong number of anything,
    TypeError for an unknown argument.
    """
    check_layout("plot_board", layout, inspect.signature(plot_board).parameters)
    boards = as_boards("plot_board", state, playable=False)
    n = len(boards)
    titles = as_titles("plot_board: board_titles", board_titles, n)
    _check_values(boards, form)
    allowed, rings = (
        _marks(name, boards, marks).reshape(n, 64) for name, marks in (("legal", legal), ("circled", circled))
    )
    last = as_squares("plot_board: last_move", last_move, n)

    panels = arrange(
        n,
        boards_per_row or default_per_row(n),
        (8, 8),
        title=title,
        titles=titles,
        width=width,
        height=height,
        right=116,
    )
    fig = go.Figure()
    for i in range(n):
        _draw(
            fig,
            i,
            boards[i].flatten(),
            allowed[i],
            last[i],
            form,
            panels.panel_width / 8,
        )
        if rings[i].any():
            ring = {
                "size": 0.92 * panels.panel_width / 8,
                "symbol": "circle-open",
                "color": RED,
                "line": {"width": 3},
            }
            _scatter(fig, i, np.flatnonzero(rings[i]), circled_as, ring, hoverinfo="skip")
    borders = {"tickvals": [k - 0.5 for k in range(9)], "showgrid": True, "gridcolor": "#2d5c38"}
    axis = {
        "tickvals": list(range(8)),
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "minor": borders,
    }
    place(fig, panels, {**axis, "range": [-0.5, 7.5]}, {**axis, "range": [7.5, -0.5], "ticktext": list(ROWS)})
    if outlined is not None:
        outline(fig, as_squares("plot_board: outlined", outlined, None), n, FRAME)
    fig.update_layout(plot_bgcolor=GREEN, legend={"itemsizing": "constant", "itemclick": False})
    return fig.update_layout(layout)


def _marks(name: str, boards: Shaped[np.ndarray, "board 8 8"], marks: TensorLike | None) -> np.ndarray:
    """Where squares are to be marked, a truth value for each square of each board."""
    if marks is None:
        return np.zeros(boards.shape, dtype=bool)
    found = as_boards(f"plot_board: {name}", marks, playable=False)
    if len(found) != len(boards):
        raise InputError(f"plot_board: {name}: expected {len(boards)} boards; found {len(found)}")
    return found.astype(bool)


def _check_values(boards: Shaped[np.ndarray, "board 8 8"], form: str) -> None:
    if form not in DISCS:
        raise InputError(f"plot_board: form: expected one of {', '.join(DISCS)}; found {form!r}")
    values = {0, *DISCS[form]}
    strange = sorted(set(np.unique(boards).tolist()) - values)
    if strange:
        others = " or ".join(f"form={other!r}" for other in DISCS if other != form)
        raise InputError(
            f"plot_board: expected only the values {sorted(values)} for form={form!r}; found {strange[0]:g}. "
            f"Is it a board for {others}?"
        )


def _draw(
    fig: go.Figure,
    i: int,
    board: Shaped[np.ndarray, "64"],
    legal: Shaped[np.ndarray, "64"],
    last: int | None,
    form: str,
    cell: float,
) -> None:
    """Add the discs and marks of board i to the figure. Only discs and blanks answer to the mouse."""
    outline = {"color": INK, "width": 1}
    for value, (name, colour) in {**DISCS[form], 0: ("blank", GREEN)}.items():
        marker = {"size": 0.78 * cell, "color": colour, "line": outline, "opacity": 1 if value else 0}
        squares = np.flatnonzero(board == value)
        text = [
            f"{square_to_label(s)}: {name}{', legal move' * int(legal[s])}{', last move' * (s == last)}"
            for s in squares.tolist()
        ]
        _scatter(
            fig,
            i,
            squares,
            name,
            marker,
            text=text,
            hovertemplate="%{text}<extra></extra>",
            in_legend=value != 0,
        )
    if legal.any():
        ring = {"size": 0.3 * cell, "symbol": "circle-open", "color": "#0b3d16", "line": {"width": 2}}
        _scatter(fig, i, np.flatnonzero(legal), "legal move", ring, hoverinfo="skip")
    if last is not None:
        dot = {"size": 0.26 * cell, "color": "#ffb000", "line": outline}
        _scatter(fig, i, np.array([last]), "last move", dot, hoverinfo="skip")


def _scatter(
    fig: go.Figure,
    i: int,
    squares: Shaped[np.ndarray, " n"],
    name: str,
    marker: dict,
    in_legend: bool = True,
    **kwargs: Any,
) -> None:
    shown_before = any(trace.name == name and trace.showlegend for trace in fig.data)
    fig.add_scatter(
        x=squares % 8,
        y=squares // 8,
        xaxis=f"x{i + 1}",
        yaxis=f"y{i + 1}",
        mode="markers",
        name=name,
        marker=marker,
        showlegend=in_legend and not shown_before and len(squares) > 0,
        **kwargs,
    )
