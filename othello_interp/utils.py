"""The short names the notebooks use. Functions that draw show their figure.

Importing this gives every figure of the session the look of the course (plotting/template.py).

from othello_interp import utils
utils.plot_board_values(state, title="One board")            # shown, returns None
fig = utils.plot_board_values(state, return_fig=True)        # not shown, yours to change
"""

import functools
import inspect
from collections.abc import Callable

import plotly.graph_objects as go

from othello_interp import plotting
from othello_interp.plotting import template, to_numpy
from othello_interp.squares import (
    ALL_SQUARES,
    CENTRE,
    ROWS,
    id_to_label,
    id_to_square,
    label_to_id,
    label_to_square,
    square_to_id,
    square_to_label,
)

__all__ = [
    "ALL_SQUARES",
    "CENTRE",
    "ROWS",
    "id_to_label",
    "id_to_square",
    "imshow",
    "label_to_id",
    "label_to_square",
    "make_spectrum_plot",
    "plot_activations",
    "plot_board",
    "plot_board_values",
    "plot_graph",
    "plot_means",
    "square_to_id",
    "square_to_label",
    "to_numpy",
]


template.use()

#: Of the buttons plotly draws over the top of a figure, where titles are, only the one that saves a picture.
CONFIG = {"displaylogo": False, "modeBarButtons": [["toImage"]]}


def _showing(draw: Callable[..., go.Figure]) -> Callable[..., go.Figure | None]:
    """`draw`, showing its figure in place of returning it, or with return_fig=True returning it unshown."""

    @functools.wraps(draw)
    def show(*args, return_fig: bool = False, **kwargs):
        fig = draw(*args, **kwargs)
        if return_fig:
            return fig
        fig.show(config=CONFIG)
        return None

    signature = inspect.signature(draw)
    parameters = list(signature.parameters.values())
    extra = inspect.Parameter("return_fig", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=bool)
    at = len(parameters) - (parameters[-1].kind is inspect.Parameter.VAR_KEYWORD)
    show.__dict__["__signature__"] = signature.replace(
        parameters=[*parameters[:at], extra, *parameters[at:]], return_annotation=go.Figure | None
    )
    show.__doc__ = (
        f"{draw.__doc__}\n    Shows the figure; with return_fig=True it is returned and not shown.\n    "
    )
    return show


imshow = _showing(plotting.imshow)
make_spectrum_plot = _showing(plotting.make_spectrum_plot)
plot_activations = _showing(plotting.plot_activations)
plot_board = _showing(plotting.plot_board)
plot_board_values = _showing(plotting.plot_board_values)
plot_graph = _showing(plotting.plot_graph)
plot_means = _showing(plotting.plot_means)
