"""Pictures as SVG, which need neither script nor network: boards of values, a histogram of points."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from othello_interp.pages.render import render
from othello_interp.squares import COLUMNS, ROWS, square_to_label

POSITIVE, NEGATIVE = "45,115,215", "214,50,60"  # as in a red-white-blue scale, seen on white and on black
UNKNOWN = "rgba(128,128,128,.8)"
BINS = 10


@dataclass(frozen=True)
class ValueBoard:
    """The values of the 64 squares, in the order of their numbers; those of `outlined` squares stand out."""

    name: str
    values: Sequence[int | float]
    outlined: Collection[int] = ()


def value_boards(boards: Sequence[ValueBoard], width: int = 128) -> Markup:
    """The boards side by side on one colour scale, each `width` pixels wide, in the colours of any theme.

    Hovering over a square shows its label and value.
    """
    finite = [abs(value) for board in boards for value in board.values if math.isfinite(value)]
    scale = max(finite, default=1.0) or 1.0
    return render(
        "pages/value_boards.html.j2",
        boards=[
            {
                "name": board.name,
                "squares": [
                    {
                        "label": square_to_label(square),
                        "value": f"{value:.4g}",
                        "fill": _fill(value, scale),
                        "outlined": square in board.outlined,
                    }
                    for square, value in enumerate(board.values)
                ],
            }
            for board in boards
        ],
        rows=ROWS,
        columns=COLUMNS,
        width=width,
    )


def _fill(value: float, scale: float) -> str:
    if math.isnan(value):
        return UNKNOWN
    strength = min(abs(value) / scale, 1.0)
    return f"rgba({POSITIVE if value > 0 else NEGATIVE},{strength:.2f})"


def histogram(values: Sequence[int | float], top: int | float) -> Markup:
    """How many values lie in each bin of 0 to `top`, about ten bins of whole points."""
    points = max(1, math.ceil(top / BINS))
    counts = [0] * math.ceil(top / points)
    for value in values:
        counts[min(len(counts) - 1, int(value // points))] += 1
    bars = [
        (f"{points * index}–{min(points * (index + 1), top):g}", count) for index, count in enumerate(counts)
    ]
    return render("pages/histogram.html.j2", bars=bars, most=max(counts) or 1)
