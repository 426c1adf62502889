"""Where the panels of a figure go.

Plotly places everything by fractions, so titles, tick labels and boards run into each other as soon as
their number or the size of the figure changes. Here the arithmetic is done in pixels, once, for every
figure that shows one matrix or a row, or several rows, of them.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from othello_interp.errors import InputError

CELL = 36  # pixels a cell takes when there is room for it
FULL_WIDTH = 850  # pixels across a notebook page
LINE, TITLE_LETTER = 20, 7.6  # pixels a line, and on average a letter, of the title takes (15 px type)
TITLE_AIR = 72  # pixels kept free at the two ends of the title, where plotly draws its buttons
PANEL_LINE, PANEL_LETTER = 15, 6.4  # and of a panel's title (12 px type)
TICKS_X, TICKS_Y = 20, 24  # room for tick labels below a panel and to its left
SPACE = 12  # air between neighbouring panels
SMALLEST = 24  # a panel of fewer pixels cannot be read


@dataclass(frozen=True)
class Panels:
    """A plan: the size of the figure, its margins, its wrapped titles and the box of each panel.

    A box is (left, right, bottom, top) as fractions of the plotting area, as plotly's axis domains are.
    Panels follow each other as words on a page do: left to right, then down.
    """

    width: int
    height: int
    per_row: int
    margin: dict[str, int]
    title: str
    titles: list[str]
    boxes: list[tuple[float, float, float, float]]
    panel_width: float
    panel_height: float


def wrap(text: str, width: float | int, letter: float | int) -> str:
    """Break a title at spaces with <br> so that no line passes `width` pixels (`letter` pixels each).

    Tags such as <sub> take no room and are not broken. One long word is left as it is.
    """
    lines: list[str] = []
    for paragraph in re.split(r"<br\s*/?>", text):
        line = ""
        for word in re.split(r" (?![^<]*>)", paragraph):
            longer = f"{line} {word}" if line else word
            if line and len(re.sub(r"<[^>]*>", "", longer)) * letter > width:
                lines.append(line)
                line = word
            else:
                line = longer
        lines.append(line)
    return "<br>".join(lines)


def _lines(text: str) -> int:
    return text.count("<br>") + 1 if text else 0


def arrange(
    n: int,
    per_row: int,
    cells: tuple[int, int],
    *,
    title: str | None = None,
    titles: Sequence[str] = (),
    width: int | None = None,
    height: int | None = None,
    square_cells: bool = True,
    axis_titles: bool = False,
    right: int = 76,
) -> Panels:
    """Plan `n` panels of `cells` = (rows, columns) each, `per_row` in a row, `right` pixels free beside them.

    A `width` or `height` that is not given is chosen so that the panels fit. Raises ValueError if the
    size asked for leaves no room for them.
    """
    rows, cols = cells
    if per_row < 1:
        raise InputError(f"expected at least one panel in a row; found {per_row}")
    across, down = min(n, per_row), math.ceil(n / per_row)
    between = TICKS_Y + SPACE
    left = TICKS_Y + 10 + (20 if axis_titles else 0)
    bottom = TICKS_X + 8 + (20 if axis_titles else 0)
    across_frame = left + right + (across - 1) * between

    if width is None and square_cells:
        panel = min(CELL * cols, FULL_WIDTH / across - between, 640)
        if height is not None:
            frame = (TICKS_X + SPACE) * down + PANEL_LINE * bool(titles) * down + bottom + 2 * LINE
            panel = (height - frame) / down * cols / rows
        width = round(across_frame + across * panel)
    width = width or FULL_WIDTH
    panel_width = (width - across_frame) / across

    title = wrap(title or "", width - TITLE_AIR, TITLE_LETTER)
    titles = [wrap(text, panel_width + between - 8, PANEL_LETTER) for text in titles]
    heading = PANEL_LINE * max(map(_lines, titles), default=0) + 4
    row_gap = TICKS_X + SPACE + heading
    top = 12 + LINE * _lines(title) + 8 * bool(title) + heading
    down_frame = top + bottom + (down - 1) * row_gap
    if height is None:
        panel_height = panel_width * rows / cols if square_cells else max(140, 420 / down)
        height = round(down_frame + down * panel_height)
    panel_height = (height - down_frame) / down
    if square_cells:
        panel_width = min(panel_width, panel_height * cols / rows)
        panel_height = panel_width * rows / cols
    if min(panel_width, panel_height) < SMALLEST:
        raise InputError(
            f"width={width}, height={height} leave no room for {n} panels, {per_row} in a row "
            f"({panel_width:.0f} x {panel_height:.0f} pixels each): give a larger size or fewer in a row"
        )

    inner_width, inner_height = width - left - right, height - top - bottom
    pitch = (inner_width + between) / across  # spread over the width, each panel in the middle of its share
    boxes = []
    for i in range(n):
        x = (i % per_row) * pitch + (pitch - between - panel_width) / 2
        y = (i // per_row) * (panel_height + row_gap)
        x0, x1 = x / inner_width, (x + panel_width) / inner_width
        y0, y1 = 1 - (y + panel_height) / inner_height, 1 - y / inner_height
        boxes.append((max(x0, 0.0), min(x1, 1.0), max(y0, 0.0), min(y1, 1.0)))
    margin = {"l": left, "r": right, "t": top, "b": bottom, "pad": 0}
    return Panels(width, height, per_row, margin, title, titles, boxes, panel_width, panel_height)


def put_title(fig: go.Figure, title: str) -> None:
    """The figure's title, at the top and in the middle, however many lines it has."""
    below_edge = 10 + 10 * (_lines(title) - 1)  # plotly.js puts the middle of the lines where "top" is
    fig.update_layout(
        title={
            "text": title,
            "font": {"size": 15},
            "x": 0.5,
            "xanchor": "center",
            "y": 1,
            "yref": "container",
            "yanchor": "top",
            "pad": {"t": below_edge},
        }
    )


def place(fig: go.Figure, panels: Panels, xaxis: dict, yaxis: dict, square_cells: bool = True) -> None:
    """Give `fig` the plan's size, titles and axes; `xaxis` and `yaxis` describe the axes of every panel.

    Panel i is drawn on axes x, y (i = 0) or x{i+1}, y{i+1}. Titles hang on the axes of their panel, so
    they follow it wherever it goes.
    """
    layout: dict = {
        "width": panels.width,
        "height": panels.height,
        "margin": panels.margin,
        "autosize": False,
    }
    layout["annotations"] = []
    common = {"automargin": False, "ticks": "", "tickfont": {"size": 11 if panels.panel_width >= 120 else 9}}
    for i, (x0, x1, y0, y1) in enumerate(panels.boxes):
        k = i + 1 if i else ""
        across = {**common, "domain": [x0, x1], "anchor": f"y{k}", "tickangle": 0, **xaxis}
        down = {**common, "domain": [y0, y1], "anchor": f"x{k}", **yaxis}
        if square_cells:  # if the size is changed afterwards, boards shrink but do not stretch
            across |= {"scaleanchor": f"y{k}", "constrain": "domain"}
            down |= {"constrain": "domain", "constraintoward": "top"}
        if i + panels.per_row < len(panels.boxes):  # there is a panel below
            across["title"] = None
        if i % panels.per_row:  # and one to the left
            down["title"] = None
        layout |= {f"xaxis{k}": across, f"yaxis{k}": down}
        if panels.titles:
            layout["annotations"].append(
                {
                    "text": panels.titles[i],
                    "font": {"size": 12},
                    "showarrow": False,
                    "xref": f"x{k} domain",
                    "x": 0.5,
                    "xanchor": "center",
                    "yref": f"y{k} domain",
                    "y": 1,
                    "yanchor": "bottom",
                    "yshift": 2,
                }
            )
    fig.update_layout(layout)  # at once: plotly takes a while over each update
    put_title(fig, panels.title)


def outline(fig: go.Figure, squares: Sequence[int | None], n: int, colour: str) -> None:
    """A frame round each of some squares (0..63) on all of the figure's `n` boards."""
    frames = [
        {
            "type": "rect",
            "xref": f"x{i + 1 if i else ''}",
            "yref": f"y{i + 1 if i else ''}",
            "x0": square % 8 - 0.5,
            "x1": square % 8 + 0.5,
            "y0": square // 8 - 0.5,
            "y1": square // 8 + 0.5,
            "line": {"color": colour, "width": 2.5},
        }
        for i in range(n)
        for square in squares
        if square is not None
    ]
    fig.update_layout(shapes=frames)


def default_per_row(n: int) -> int:
    """Five or four in a row, whichever leaves fewer gaps in the last one; all in one row up to five."""
    return n if n <= 5 else min((5, 4), key=lambda k: -n % k)
