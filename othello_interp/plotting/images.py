"""Matrices as images: any matrices, numbers on the squares of boards, activations by game and move.

Colours are red below zero, white at zero and blue above it, unless a scale is named.
"""

import inspect
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

from othello_interp.errors import InputError
from othello_interp.plotting.arrays import (
    TensorLike,
    as_boards,
    as_squares,
    as_titles,
    check_layout,
    to_numpy,
)
from othello_interp.plotting.panels import arrange, default_per_row, outline, place
from othello_interp.squares import ROWS, square_to_label

Number = float | int
EXPRESS = ("x", "y", "labels", "origin", "text_auto", "range_color", "template")  # handed to plotly.express
LABELS = np.array([square_to_label(square) for square in range(64)])
FRAME = "#1a1a1a"  # round squares that are pointed out; the squares are white or coloured on any page
LONGEST_BAR = 420  # pixels; a colour bar beside many rows of boards need not be as long as they are


def imshow(
    tensor: TensorLike,
    *,
    facet_col: int | None = None,
    facet_col_wrap: int | None = None,
    facet_labels: Sequence[str] | None = None,
    title: str | None = None,
    width: int | None = None,
    height: int | None = None,
    aspect: Literal["equal", "auto"] = "equal",
    zmin: Number | None = None,
    zmax: Number | None = None,
    color_continuous_scale: str | Sequence = "RdBu",
    color_continuous_midpoint: Number | None = 0.0,
    **kwargs: Any,
) -> go.Figure:
    """A matrix as an image, or an image of each slice of a 3-dimensional tensor.

    Takes what `plotly.express.imshow` takes (x, y, labels, origin, text_auto, range_color, template) and
    what `update_layout` takes, such as coloraxis_showscale=False. It differs from plotly's in this:

    - `facet_labels` are the titles of the slices along `facet_col`, in the order of the slices;
    - colours run equally far on both sides of `color_continuous_midpoint`, unless both zmin and zmax, or
      range_color, say otherwise; with None the scale is plotly's own;
    - a size that is not given is chosen to suit the panels, and they keep clear of titles and ticks.

    Raises ValueError for a wrong number of dimensions or of facet labels, TypeError for an unknown argument.
    """
    import plotly.express as px  # takes longer than the rest of this module's imports together

    values = to_numpy(tensor)
    values = values.astype(float) if values.dtype == bool else values
    expected = 2 if facet_col is None else 3
    if values.ndim != expected or values.size == 0:
        advice = " (facet_col=0 shows an image of each slice)" if values.ndim == 3 else ""
        raise InputError(f"imshow: expected {expected} dimensions, none empty; found {values.shape}{advice}")
    n = 1 if facet_col is None else values.shape[facet_col]
    titles = as_titles("imshow: facet_labels", facet_labels, n)
    layout = {name: kwargs.pop(name) for name in kwargs.keys() - EXPRESS}
    check_layout("imshow", layout, [*EXPRESS, *inspect.signature(imshow).parameters])
    if color_continuous_midpoint is not None and kwargs.get("range_color") is None:
        zmin, zmax = _balance(values, color_continuous_midpoint, zmin, zmax)
    drawn = px.imshow(
        values,
        facet_col=facet_col,
        facet_col_spacing=0,
        aspect=aspect,
        zmin=zmin,
        zmax=zmax,
        color_continuous_scale=color_continuous_scale,
        **kwargs,
    )
    # The traces, colours and hover texts are plotly's; where the panels go is ours.
    fig = go.Figure(layout={"template": drawn.layout.template, "coloraxis": drawn.layout.coloraxis})
    for i, trace in enumerate(drawn.data):
        about = f"<extra>{titles[i] if titles else ''}</extra>"
        hover = trace.hovertemplate.replace("<extra></extra>", about)
        fig.add_trace(trace.update(xaxis=f"x{i + 1}", yaxis=f"y{i + 1}", hovertemplate=hover))
    labels = kwargs.get("labels") or {}
    rows, cols = fig.data[0].z.shape
    panels = arrange(
        n,
        facet_col_wrap or default_per_row(n),
        (rows, cols),
        title=title,
        titles=titles,
        width=width,
        height=height,
        square_cells=aspect == "equal",
        axis_titles=bool(labels.get("x") or labels.get("y")),
        right=76 if layout.get("coloraxis_showscale", True) else 20,
    )
    xaxis = {"title": {"text": labels.get("x"), "standoff": 6}, "showgrid": False, "zeroline": False}
    yaxis = {"title": {"text": labels.get("y"), "standoff": 6}, "showgrid": False, "zeroline": False}
    xaxis["dtick"] = 1 if cols <= 12 else None  # a tick for every row and column of a board
    yaxis["dtick"] = 1 if rows <= 12 else None
    yaxis["autorange"] = True if kwargs.get("origin") == "lower" else "reversed"
    place(fig, panels, xaxis, yaxis, square_cells=aspect == "equal")
    top, foot = panels.boxes[0][3], panels.boxes[-1][2]
    inner_height = panels.height - panels.margin["t"] - panels.margin["b"]
    fig.update_coloraxes(
        colorbar={
            "x": max(box[1] for box in panels.boxes),
            "y": top,
            "yanchor": "top",
            "ypad": 0,
            "len": min(top - foot, LONGEST_BAR / inner_height),
            "thickness": 14,
            "tickfont": {"size": 11},
            "title": {"text": labels.get("color"), "side": "top", "font": {"size": 11}},
        }
    )
    return fig.update_layout(layout)


def _balance(
    values: np.ndarray, middle: Number, zmin: Number | None, zmax: Number | None
) -> tuple[Number, Number]:
    """Ends of a colour scale that are equally far from the middle, where the caller has not fixed both."""
    if zmin is not None and zmax is not None:
        return zmin, zmax
    if zmax is not None:
        return 2 * middle - zmax, zmax
    if zmin is not None:
        return zmin, 2 * middle - zmin
    finite = values[np.isfinite(values)]
    reach = float(np.abs(finite - middle).max(initial=0.0)) or 1.0
    return middle - reach, middle + reach


def plot_board_values(
    state: TensorLike,
    title: str | None = None,
    board_titles: Sequence[str] | None = None,
    boards_per_row: int | None = None,
    width: int | None = None,
    height: int | None = None,
    text: TensorLike | None = None,
    *,
    outlined: TensorLike | None = None,
    interval: tuple[TensorLike, TensorLike] | None = None,
    own_scales: bool = False,
    **kwargs: Any,
) -> go.Figure:
    """Numbers on the squares of a board, or of several, in one colour scale that is symmetric about 0.

    Args:
        state: one board, (8, 8) or (64,), or its 60 playable squares in token order, (60,), which leaves
            the centre empty; or a stack of any of these, (n, 8, 8), (n, 64) or (n, 60).
        board_titles: a title for each board.
        boards_per_row: four or five unless given.
        width, height: of the whole figure, in pixels; chosen to suit unless given.
        text: something to write on each square, in any of the shapes of `state`; one for all or one each.
        outlined: squares to draw a frame round, on every board: numbers 0..63 or labels such as ["C0", "D1"].
        interval: the lower and upper ends of each number, in the shape of `state`; the mouse shows them.
        own_scales: colour each board by its own largest value in size, which is written over it.
        kwargs: anything else that `imshow` takes, such as zmax=1 or labels={"color": "logit"}.

    Raises ValueError for another shape or a wrong number of titles.
    """
    boards = as_boards("plot_board_values", state)
    n = len(boards)
    titles = as_titles("plot_board_values: board_titles", board_titles, n)
    notes = None if text is None else as_boards("plot_board_values: text", text)
    if notes is not None and len(notes) not in (1, n):
        raise InputError(f"plot_board_values: text: expected 1 or {n} boards; found {len(notes)}")
    ends = [as_boards("plot_board_values: interval", end) for end in interval or ()]
    if any(len(end) != n for end in ends):
        raise InputError(
            f"plot_board_values: interval: expected {n} boards; found {[len(end) for end in ends]}"
        )
    if own_scales:
        reaches = [_balance(board, 0.0, None, None)[1] for board in boards]
        titles = [
            f"{title}<br>±{reach:.2g}".removeprefix("<br>")
            for title, reach in zip(titles or [""] * n, reaches, strict=True)
        ]
        kwargs = {"coloraxis_showscale": False} | kwargs
    fig = imshow(
        boards,
        facet_col=0,
        facet_col_wrap=boards_per_row,
        facet_labels=titles or None,
        title=title,
        width=width,
        height=height,
        y=list(ROWS),
        **kwargs,
    )
    for i, trace in enumerate(fig.data):
        hover = "%{customdata}: %{z:.4f}"
        if ends:
            hover += " %{hovertext}"
            pairs = zip(*(end[i].flatten().tolist() for end in ends), strict=True)
            said = np.array([f"[{low:.4f}, {high:.4f}]" for low, high in pairs])
            trace.update(hovertext=said.reshape(8, 8))
        if notes is not None:
            hover += "<br>%{text}"
            trace.update(
                text=[[_write(note) for note in row] for row in notes[i % len(notes)]], texttemplate="%{text}"
            )
        about = f"<extra>{titles[i] if titles else ''}</extra>"
        trace.update(customdata=LABELS.reshape(8, 8), hovertemplate=hover + about, xgap=1, ygap=1)
        if own_scales:
            trace.update(coloraxis=None, showscale=False, zmin=-reaches[i], zmax=reaches[i])
            trace.update(colorscale=fig.layout.coloraxis.colorscale)
    if outlined is not None:
        outline(fig, as_squares("plot_board_values: outlined", outlined, None), n, FRAME)
    look = {
        "plot_bgcolor": "#d9d9d9",  # seen between squares, and where a square has no value
        "dragmode": False,  # there is nothing to zoom into
    }
    return fig.update_layout({name: value for name, value in look.items() if name not in kwargs})


def _write(note: Any) -> str:
    """Text for one square: two decimals of a fraction, nothing for a missing value."""
    if note is None or (isinstance(note, float | np.floating) and np.isnan(note)):
        return ""
    return f"{note:.2f}" if isinstance(note, float | np.floating) else str(note)


def plot_activations(
    acts: TensorLike,
    squares: TensorLike | None = None,
    title: str | None = "Activations",
    *,
    symmetric: bool = True,
    width: int | None = None,
    height: int | None = None,
    **kwargs: Any,
) -> go.Figure:
    """Activations of one neuron, (game, move), as a heat map.

    Args:
        squares: the squares played, 0..63, (game, move) with at least as many moves (games have one move more
            than the model sees); the mouse then tells the square of the move.
        symmetric: colours symmetric about 0; otherwise from the lowest activation or 0, whichever is less,
            to the highest, white to blue.
        kwargs: anything else that `imshow` takes.

    Raises ValueError if the shapes do not fit.
    """
    values = to_numpy(acts)
    if values.ndim != 2:
        raise InputError(
            f"plot_activations: acts: expected two dimensions, game and move; found {values.shape}"
        )
    if not symmetric:
        low, high = min(0.0, float(values.min())), float(values.max())
        kwargs = {"zmin": low, "zmax": high, "color_continuous_scale": "Blues"} | kwargs
    kwargs = {"aspect": "auto", "labels": {"x": "move", "y": "game", "color": "activation"}} | kwargs
    fig = imshow(values, title=title, width=width, height=height, **kwargs)
    hover = "game %{y}, move %{x}<br>activation %{z:.4f}<extra></extra>"
    if squares is not None:
        played = to_numpy(squares)
        games, moves = values.shape
        if played.ndim != 2 or len(played) != games or played.shape[1] < moves:
            raise InputError(
                f"plot_activations: squares: expected ({games}, {moves}) or more moves; found {played.shape}"
            )
        fig.update_traces(customdata=LABELS[played[:, :moves].astype(int)])
        hover = hover.replace("<br>", ", %{customdata} played<br>")
    return fig.update_traces(hovertemplate=hover)
