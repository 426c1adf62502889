"""Spectrum plots: histograms of a neuron's activations, one for each group of positions."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from othello_interp.errors import InputError
from othello_interp.plotting.arrays import TensorLike, check_layout, to_numpy
from othello_interp.plotting.panels import FULL_WIDTH, LINE, TITLE_AIR, TITLE_LETTER, put_title, wrap

COLOURS = ("#7f8c9b", "#e66101", "#1b9e77", "#5e3c99", "#b8860b", "#c51b7d")


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

    A bar's height is the percentage of its group, so that a rare group can be compared with a common one:
    the bars of each group add up to 100.

    Args:
        neuron_acts: activations, in any shape.
        label: the group of each, bool or integer, in the same shape (or both flattened in the same way).
        names: what to call the groups: by label, or in the order of the labels (False before True).
        nbins: about how many bins; the same ones serve all groups.
        layout: anything else for plotly's `update_layout`, such as yaxis_type="log".

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
    fig = go.Figure()
    for i, group in enumerate(groups):
        counts = np.histogram(acts[labels == group], bins=edges)[0]
        size = int(counts.sum())
        text = [
            f"{a:.3f} to {b:.3f}<br>{c} of {size}"
            for a, b, c in zip(edges[:-1], edges[1:], counts, strict=True)
        ]
        fig.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=100 * counts / max(size, 1),
            width=np.diff(edges),
            name=f"{named[group]} ({size})",
            marker={"color": COLOURS[i % len(COLOURS)], "line": {"width": 0}},
            opacity=0.6,
            hovertext=text,
            hovertemplate="%{y:.2f}%<br>%{hovertext}<extra>" + named[group] + "</extra>",
        )
    put_title(fig, wrap(title or "", (width or FULL_WIDTH) - TITLE_AIR, TITLE_LETTER))
    lines = fig.layout.title.text.count("<br>") + 1
    look: dict[str, Any] = {
        "width": width,
        "height": height,
        "margin": {"t": 28 + LINE * lines, "b": 50, "l": 60, "r": 20},
        "barmode": "overlay",
        "bargap": 0,
        "xaxis_title": "activation",
        "yaxis_title": "percent of group",
        "legend_title": "group (positions)",
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
