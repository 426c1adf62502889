"""The one look of all figures of the notebooks, on light pages and on dark ones.

The paper is transparent and what is written on it is of a grey that can be read on white and on black
(contrast 4.6 and 4.1), since a notebook doesn't know the theme of the page that it is read on.
"""

import plotly.graph_objects as go
import plotly.io

NAME = "othello_interp"
INK, GRID, CLEAR = "#757575", "rgba(128,128,128,0.28)", "rgba(0,0,0,0)"
#: Of groups, in order: they differ in lightness too, and none is lost on white or on black.
COLOURS = ("#7f8c9b", "#e66101", "#1b9e77", "#8b6bc4", "#b8860b", "#d6438a")
MARGIN = {"t": 60, "b": 50, "l": 60, "r": 20}

BUTTONS = ["zoom", "pan", "select", "lasso", "zoomIn", "zoomOut", "autoScale", "resetScale", "toggleHover"]


def _template() -> go.layout.Template:
    axis = {"gridcolor": GRID, "zerolinecolor": GRID, "linecolor": GRID, "automargin": True}
    layout = go.Layout(
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        font={"color": INK, "size": 12},
        title={"x": 0.5, "xanchor": "center", "font": {"size": 15}},
        colorway=COLOURS,
        margin=MARGIN,
        xaxis=axis,
        yaxis=axis,
        legend={"bgcolor": CLEAR},
        coloraxis={"colorbar": {"outlinewidth": 0}},
        shapedefaults={"line": {"color": INK}},
        modebar={"remove": BUTTONS, "bgcolor": CLEAR},  # they would lie over the title
    )
    return go.layout.Template(layout=layout)


def use() -> None:
    """Makes this the template of every figure that names no other, those of plotly.express too."""
    plotly.io.templates[NAME] = _template()
    plotly.io.templates.default = NAME
