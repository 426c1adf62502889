"""Two small boards side by side, the student's and the expected one, as SVG in the colours of any theme."""

import math

from torch import Tensor

from othello_interp.squares import COLUMNS, ROWS, square_to_label

CELL = 14
MARGIN = 12
WIDTH = MARGIN + 8 * CELL
MOST_MARKS = 24  # with more than that the outlines hide the picture
WRONG, LINE = "var(--jp-warn-color1,#f57c00)", "rgba(128,128,128,.35)"
POSITIVE, NEGATIVE = "45,115,215", "214,50,60"  # as in a red-white-blue scale, seen on white and on black


def two_boards(found: Tensor, expected: Tensor, wrong: Tensor) -> str:
    """HTML of two 8×8 boards on one colour scale; a few squares that are `wrong` are outlined on the first.

    Hovering over a square shows its label and value.
    """
    finite = [abs(x) for x in (found.flatten().tolist() + expected.flatten().tolist()) if math.isfinite(x)]
    scale = max(finite, default=1.0) or 1.0
    marks = [bool(x) and int(wrong.sum()) <= MOST_MARKS for x in wrong.flatten().tolist()]
    left = _board("yours", found.flatten().tolist(), scale, marks)
    right = _board("expected", expected.flatten().tolist(), scale, [False] * 64)
    return f'<div style="margin:4px 0">{left}{right}</div>'


def _board(name: str, values: list[float], scale: float, marks: list[bool]) -> str:
    shapes = [f'<text x="{MARGIN}" y="9">{name}</text>']
    for i in range(8):
        middle = MARGIN + (i + 0.5) * CELL
        shapes.append(f'<text x="0" y="{middle + 3:.0f}">{ROWS[i]}</text>')
        shapes.append(
            f'<text x="{middle:.0f}" y="{2 * MARGIN + 8 * CELL - 3}" text-anchor="middle">{COLUMNS[i]}</text>'
        )
    for square, (value, mark) in enumerate(zip(values, marks, strict=True)):
        x, y = MARGIN + square % 8 * CELL, MARGIN + square // 8 * CELL
        edge = f'stroke="{WRONG}" stroke-width="1.6"' if mark else f'stroke="{LINE}"'
        place = f'x="{x + 0.5}" y="{y + 0.5}" width="{CELL - 2}" height="{CELL - 2}"'
        title = f"<title>{square_to_label(square)}: {value:.4g}</title>"
        shapes.append(f'<rect {place} fill="{_fill(value, scale)}" {edge}>{title}</rect>')
    size = f'width="{WIDTH + 4}" height="{2 * MARGIN + 8 * CELL}"'
    style = "margin-right:18px;font:9px var(--jp-ui-font-family,sans-serif)"
    return f'<svg {size} style="{style}" fill="currentColor">{"".join(shapes)}</svg>'


def _fill(value: float, scale: float) -> str:
    if math.isnan(value):
        return "rgba(128,128,128,.8)"
    strength = min(abs(value) / scale, 1.0)
    return f"rgba({POSITIVE if value > 0 else NEGATIVE},{strength:.2f})"
