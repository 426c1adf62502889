"""A circuit as a graph: named nodes in columns, and lines whose width is the size of an effect."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from othello_interp.errors import InputError

RAISES, LOWERS = "#3a87d0", "#e0503a"  # as on boards: blue above zero, red below
WIDEST = 12


def plot_graph(
    columns: Sequence[Sequence[str]],
    edges: Mapping[tuple[str, str], float],
    title: str | None = None,
    width: int = 860,
    height: int = 460,
) -> go.Figure:
    """Nodes in columns from left to right, and a line for each edge; an empty name leaves a gap.

    A line's width is proportional to the size of its number, which stands beside it; blue raises, red
    lowers. The numbers should all be in the same unit.

    Raises ValueError for an edge from or to a node that no column names, and for a node named twice.
    """
    names = [name for column in columns for name in column if name]
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise InputError(f"plot_graph: columns: {', '.join(twice)} is named twice")
    strange = [f"{a} → {b}" for a, b in edges if a not in names or b not in names]
    if strange:
        raise InputError(f"plot_graph: edges: {', '.join(strange)}: no column names both ends")
    at = {
        name: (x, (len(column) - 1) / 2 - y)
        for x, column in enumerate(columns)
        for y, name in enumerate(column)
        if name
    }
    tallest = max(len(column) for column in columns)
    largest = max((abs(value) for value in edges.values()), default=0) or 1
    fig = go.Figure()
    for number, ((start, end), value) in enumerate(edges.items()):
        (x0, y0), (x1, y1) = at[start], at[end]
        colour = RAISES if value > 0 else LOWERS
        fig.add_trace(
            go.Scatter(
                x=[x0, x1],
                y=[y0, y1],
                mode="lines",
                line={"color": colour, "width": max(1, WIDEST * abs(value) / largest)},
                opacity=0.75,
                hoverinfo="skip",
                showlegend=False,
            )
        )
        part = 0.3 + 0.12 * (number % 2)  # labels of neighbours not on top of one another
        fig.add_trace(
            go.Scatter(
                x=[x0 + part * (x1 - x0)],
                y=[y0 + part * (y1 - y0)],
                mode="text",
                text=[f"<b>{value:+.2f}</b>".replace("-", "−")],
                textposition="top center",
                textfont={"color": colour, "size": 13},
                hovertext=[f"{start} → {end}: {value:+.3f}"],
                hoverinfo="text",
                showlegend=False,
            )
        )
    fig.add_trace(
        go.Scatter(
            x=[at[name][0] for name in names],
            y=[at[name][1] for name in names],
            mode="markers+text",
            text=[f"<b>{name}</b>" for name in names],
            textposition=[
                {0: "middle left", len(columns) - 1: "middle right"}.get(at[name][0], "bottom center")
                for name in names
            ],
            marker={"size": 16, "color": "#7f8c9b", "line": {"color": "#444444", "width": 1}},
            cliponaxis=False,
            hoverinfo="skip",
            showlegend=False,
        )
    )
    hidden = {"showgrid": False, "zeroline": False, "showticklabels": False, "showline": False}
    return fig.update_layout(
        title=title,
        width=width,
        height=height,
        xaxis={**hidden, "range": [-0.45, len(columns) - 1 + 0.45]},
        yaxis={**hidden, "range": [-tallest / 2, tallest / 2]},
    )
