"""Means with their intervals: what a figure shows that was averaged, and how sure it is."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import plotly.graph_objects as go

from othello_interp.errors import InputError
from othello_interp.plotting.arrays import check_layout
from othello_interp.plotting.panels import FULL_WIDTH, TITLE_AIR, TITLE_LETTER, put_title, wrap
from othello_interp.plotting.template import INK


@runtime_checkable
class Interval(Protocol):
    """A mean with the ends of its interval, as intervals.game_mean gives it."""

    @property
    def mean(self) -> float: ...
    @property
    def low(self) -> float: ...
    @property
    def high(self) -> float: ...


def plot_means(
    means: Mapping[str, Sequence[Interval]],
    x: Sequence[Any],
    title: str | None = None,
    *,
    bars: bool = False,
    width: int | None = FULL_WIDTH,
    height: int | None = 400,
    **layout: Any,
) -> go.Figure:
    """Means and their intervals: a line for each name, or with `bars` bars beside each other.

    Args:
        means: for each name as many means as `x` has values.
        x: numbers, or names of groups.
        layout: anything else for plotly's `update_layout`, such as yaxis_title="activation".

    Raises ValueError if a number of means is not that of `x`, TypeError for an unknown argument.
    """
    check_layout("plot_means", layout, inspect.signature(plot_means).parameters)
    fig = go.Figure()
    for name, series in means.items():
        if len(series) != len(x):
            raise InputError(f"plot_means: expected {len(x)} means for {name!r}; found {len(series)}")
        error = {
            "type": "data",
            "symmetric": False,
            "array": [each.high - each.mean for each in series],
            "arrayminus": [each.mean - each.low for each in series],
            "color": INK,
            "thickness": 1.3,
            "width": 2,
        }
        trace = {"x": list(x), "y": [each.mean for each in series], "name": name, "error_y": error}
        trace["hovertext"] = [f"{each.mean:.3f} [{each.low:.3f}, {each.high:.3f}]" for each in series]
        trace["hovertemplate"] = f"%{{x}}: %{{hovertext}}<extra>{name}</extra>"
        if bars:
            fig.add_bar(**trace)
        else:
            fig.add_scatter(**trace, mode="lines+markers", marker={"size": 4})
    put_title(fig, wrap(title or "", (width or FULL_WIDTH) - TITLE_AIR, TITLE_LETTER))
    look = {"width": width, "height": height, "barmode": "group", "showlegend": len(means) > 1}
    if any(isinstance(value, str) for value in x):  # else plotly takes "1" for a number and drops "2 or more"
        look["xaxis_type"] = "category"
    return fig.update_layout(look).update_layout(layout)
