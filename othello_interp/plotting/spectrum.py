"""Spectrum plots: histograms of a neuron's activations, one for each group of positions, as outlines.

Most positions lie in one bin and the rare ones count as much, so percentages are drawn on a scale that is
even up to EVEN percent and logarithmic above (asinh): a bin of one position can be read beside one of half
of them.
"""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.colors import hex_to_rgb

from othello_interp.errors import InputError
from othello_interp.plotting.arrays import TensorLike, check_layout, to_numpy
from othello_interp.plotting.panels import FULL_WIDTH, LINE, TITLE_AIR, TITLE_LETTER, put_title, wrap
from othello_interp.plotting.template import COLOURS, MARGIN

EVEN = 0.2  # percent
TICKS = (0, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)


def make_spectrum_plot(
    neuron_acts: TensorLike,
    label: TensorLike,
    title: str | None = "Spectrum plot",
    *,
    names: Sequence[str] | Mapping[int, str] | None = None,
    nbins: int = 60,
    width: int | None = FULL_WIDTH,
    height: int | None = 420,
    **layout: Any,
) -> go.Figure:
    """How a neuron's activations are spread within each group of positions: histograms, one over the other.

    The height of a bin is the percentage of its group, so that a rare group can be compared with a common
    one: those of each group add up to 100.

    Args:
        neuron_acts: activations, in any shape.
        label: the group of each, bool or integer, in the same shape (or both flattened in the same way).
        names: what to call the groups: by label, or in the order of the labels (False before True).
        nbins: about how many bins; the same ones serve all groups.
        layout: anything else for plotly's `update_layout`. yaxis_type="linear" or "log" draws the percentages
            as they are, on such an axis.

    Raises ValueError if the shapes differ, an activation is not finite, or names do not fit the groups,
    TypeError for an unknown argument.
    """
    check_layout("make_spectrum_plot", layout, inspect.signature(make_spectrum_plot).parameters)
    acts, labels = to_numpy(neuron_acts), to_numpy(label)
    if acts.shape != labels.shape and not (acts.size == labels.size and 1 in (acts.ndim, labels.ndim)):
        advice = " (states and games have one move more than the model sees: label[:, :-1])"
        one_more = acts.ndim == labels.ndim == 2 and labels.shape == (acts.shape[0], acts.shape[1] + 1)
        raise InputError(
            "make_spectrum_plot: expected neuron_acts and label of one shape; "
            f"found {acts.shape} and {labels.shape}{advice if one_more else ''}"
        )
    if labels.dtype != bool and not np.issubdtype(labels.dtype, np.integer):
        raise InputError(f"make_spectrum_plot: label: expected bool or integer; found {labels.dtype}")
    acts, labels = acts.flatten().astype(float), labels.flatten()
    if acts.size == 0 or not np.isfinite(acts).all():
        bad = int((~np.isfinite(acts)).sum())
        raise InputError(
            f"make_spectrum_plot: expected finite activations; found {bad} of {acts.size} that are not"
        )
    groups = [0, 1] if labels.dtype == bool else np.unique(labels).tolist()
    named = _group_names(groups, names, labels.dtype == bool)

    edges = _edges(acts, nbins)
    plain = "yaxis_type" in layout
    fig = go.Figure()
    for i, group in enumerate(groups):
        counts = np.histogram(acts[labels == group], bins=edges)[0]
        size = int(counts.sum())
        percent = 100 * counts / max(size, 1)
        colour = COLOURS[i % len(COLOURS)]
        text = [
            f"{p:.2f}%<br>{a:.3f} to {b:.3f}<br>{c} of {size}"
            for a, b, c, p in zip(edges[:-1], edges[1:], counts, percent, strict=True)
        ]
        drawn = percent if plain else np.arcsinh(percent / EVEN)
        fig.add_scatter(  # a point at the left edge of each bin, and one more to come down at the end
            x=edges,
            y=[*drawn, 0],
            customdata=percent,
            mode="lines",
            line={"shape": "hv", "color": colour, "width": 1.8},
            fill="tozeroy",
            fillcolor="rgba({},{},{},0.22)".format(*hex_to_rgb(colour)),
            name=f"{named[group]} ({size})",
            hovertext=[*text, ""],
            hovertemplate="%{hovertext}<extra>" + named[group] + "</extra>",
        )
    put_title(fig, wrap(title or "", (width or FULL_WIDTH) - TITLE_AIR, TITLE_LETTER))
    lines = fig.layout.title.text.count("<br>") + 1
    look: dict[str, Any] = {
        "width": width,
        "height": height,
        "margin": MARGIN | {"t": 28 + LINE * lines},
        "xaxis_title": "activation",
        "yaxis_title": "percent of group",
        "legend_title": "group (positions)",
    }
    if not plain:
        look["yaxis"] = {
            "tickvals": np.arcsinh(np.array(TICKS) / EVEN),
            "ticktext": [f"{t:g}" for t in TICKS],
        }
    return fig.update_layout(look).update_layout(layout)


def _edges(acts: np.ndarray, nbins: int) -> np.ndarray:
    """Edges of equal bins, about `nbins` of them, that cover the activations. One edge is 0, so that no bar
    mixes negative and positive ones."""
    low, high = float(acts.min()), float(acts.max())
    step = (high - low) / nbins or 1.0
    return step * np.arange(np.floor(low / step - 1e-9), np.floor(high / step) + 2)


def _group_names(
    groups: list[int], names: Sequence[str] | Mapping[int, str] | None, two: bool
) -> dict[int, str]:
    if names is None:
        names = ["label false", "label true"] if two else [f"label {group}" for group in groups]
    if not isinstance(names, Mapping):
        if len(names) != len(groups):
            raise InputError(
                f"make_spectrum_plot: names: expected {len(groups)} for labels {groups}; found {len(names)}"
            )
        names = dict(zip(groups, names, strict=True))
    missing = [group for group in groups if group not in names]
    if missing:
        raise InputError(
            f"make_spectrum_plot: names: expected one for each of the labels {groups}; missing {missing}"
        )
    return dict(names)
