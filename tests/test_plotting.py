"""Figures are read back: the value at a labelled square, the title over a board, the height of a bar."""

import itertools
import math
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import plotly.graph_objects as go
import pytest
import torch

from othello_interp import plotting
from othello_interp.intervals import Mean
from othello_interp.plotting.panels import arrange, wrap
from othello_interp.squares import ALL_SQUARES, square_to_label


@pytest.fixture
def board():
    """Every square has its own value, of both signs, and more below zero than above."""
    return torch.arange(64, dtype=torch.float32).reshape(8, 8) - 41.5


def at(trace: go.Heatmap, label: str) -> float:
    """The value drawn where the axes say `label`: letter on y, digit on x."""
    row = list(trace.y).index(label[0])
    col = (list(trace.x) if trace.x is not None else list(range(8))).index(int(label[1]))
    return float(trace.z[row][col])


def axes_of(fig: go.Figure, trace):
    """The two layout axes a trace is drawn on."""
    x, y = trace.xaxis or "x", trace.yaxis or "y"
    return fig.layout["xaxis" + x[1:]], fig.layout["yaxis" + y[1:]]


def title_over(fig: go.Figure, trace) -> str:
    """The text of the annotation that hangs on the trace's axes."""

    def name(axis, letter):  # plotly calls the first axis x or x1
        return letter if axis in (None, letter, f"{letter}1") else axis

    x, y = name(trace.xaxis, "x"), name(trace.yaxis, "y")
    found = [a.text for a in fig.layout.annotations if (a.xref, a.yref) == (f"{x} domain", f"{y} domain")]
    assert len(found) == 1
    return found[0]


def spots(fig: go.Figure) -> list[tuple[float, float]]:
    """Where each trace's panel is: (from the left, from the top)."""
    return [(axes_of(fig, t)[0].domain[0], 1 - axes_of(fig, t)[1].domain[1]) for t in fig.data]


# to_numpy


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.int64, torch.bool])
def test_to_numpy_keeps_the_values_of_every_dtype(dtype):
    values = torch.tensor([[0, 1, 1], [1, 0, 0]], dtype=dtype)
    assert plotting.to_numpy(values).tolist() == values.tolist()


def test_to_numpy_takes_gradients_arrays_lists_and_numbers():
    w = torch.tensor([1.5, -2.0], requires_grad=True)
    assert plotting.to_numpy(w).tolist() == [1.5, -2.0]
    assert plotting.to_numpy(w * 2).tolist() == [3.0, -4.0]
    assert plotting.to_numpy(np.arange(3)).tolist() == [0, 1, 2]
    assert plotting.to_numpy([w, w]).shape == (2, 2)
    assert plotting.to_numpy(2.5) == 2.5
    assert plotting.to_numpy(w[0]).shape == ()


# plot_board_values


def test_a_square_shows_its_own_value_under_its_own_label(board):
    fig = plotting.plot_board_values(board)
    (trace,) = fig.data
    for label, value in (("A0", -41.5), ("A7", -34.5), ("C0", -25.5), ("H0", 14.5), ("H7", 21.5)):
        assert at(trace, label) == value
    for square in range(64):
        assert trace.customdata[square // 8][square % 8] == square_to_label(square)
    assert trace.hovertemplate.startswith("%{customdata}: %{z")
    x, y = axes_of(fig, trace)
    assert y.autorange == "reversed"  # A at the top
    assert x.autorange != "reversed"


def test_a_square_shows_the_interval_of_its_value_and_of_no_other(board):
    boards = torch.stack([board, 10 * board])
    fig = plotting.plot_board_values(boards, interval=(boards - 1, (boards + 2).flatten(1)))
    for trace, own in zip(fig.data, boards, strict=True):
        assert "%{z:.4f} %{hovertext}" in trace.hovertemplate
        for square in (0, 25, 63):
            ends = f"[{own.flatten()[square] - 1:.4f}, {own.flatten()[square] + 2:.4f}]"
            assert trace.hovertext[square // 8][square % 8] == ends
    assert plotting.plot_board_values(board).data[0].hovertext is None
    with pytest.raises(ValueError, match=r"interval: expected 2 boards; found \[1, 2\]"):
        plotting.plot_board_values(boards, interval=(board, boards))


def test_colours_are_symmetric_about_zero(board):
    scale = plotting.plot_board_values(board).layout.coloraxis
    assert (scale.cmin, scale.cmax) == (-41.5, 41.5)
    assert scale.colorscale[0][1] == "rgb(103,0,31)"  # RdBu: red is below zero
    scale = plotting.plot_board_values(board, zmax=2).layout.coloraxis
    assert (scale.cmin, scale.cmax) == (-2, 2)
    scale = plotting.plot_board_values(torch.zeros(8, 8)).layout.coloraxis
    assert (scale.cmin, scale.cmax) == (-1, 1)


@pytest.mark.parametrize("shape", [(8, 8), (64,)])
def test_one_board_in_two_shapes(board, shape):
    assert at(plotting.plot_board_values(board.reshape(shape)).data[0], "D1") == -41.5 + 25


def test_a_vector_of_playable_squares_leaves_the_centre_empty(board):
    fig = plotting.plot_board_values(board.flatten()[ALL_SQUARES])
    for label in ("C0", "D2", "D5", "E5", "H7"):
        assert at(fig.data[0], label) == at(plotting.plot_board_values(board).data[0], label)
    for label in ("D3", "D4", "E3", "E4"):
        assert np.isnan(at(fig.data[0], label))
    assert fig.layout.coloraxis.cmax == 41.5


@pytest.mark.parametrize("shape", [(8, 8), (64,), (60,)])
def test_stacks_show_the_boards_in_reading_order(shape):
    n = 7
    stack = torch.arange(n).reshape(n, *[1] * len(shape)) + torch.zeros(n, *shape)
    names = [f"board {i}" for i in range(n)]
    fig = plotting.plot_board_values(stack, board_titles=names, boards_per_row=3)
    assert len(fig.data) == n
    for i, trace in enumerate(fig.data):
        assert at(trace, "C0") == i
        assert title_over(fig, trace) == f"board {i}"
        assert trace.hovertemplate.endswith(f"<extra>board {i}</extra>")
    places = spots(fig)
    assert places == sorted(places, key=lambda place: (round(place[1], 6), place[0]))
    assert len({round(down, 6) for _, down in places}) == 3
    assert len({round(across, 6) for across, _ in places}) == 3


def test_text_is_written_on_its_own_square(board):
    text = [[f"{i}.{j}" for j in range(8)] for i in range(8)]
    fig = plotting.plot_board_values(torch.stack([board, -board]), text=text)
    for trace in fig.data:
        assert trace.text[2][5] == "2.5"
        assert trace.texttemplate == "%{text}"
    fig = plotting.plot_board_values(torch.stack([board, -board]), text=torch.stack([board, board / 3]))
    assert fig.data[1].text[0][0] == "-13.83"
    fig = plotting.plot_board_values(board, text=list(map(str, ALL_SQUARES)))
    assert fig.data[0].text[2][0] == "16"
    assert fig.data[0].text[3][3] == ""


def test_size_title_and_further_options_are_passed_on(board):
    fig = plotting.plot_board_values(
        board, title="W<sub>U</sub>", width=450, height=380, labels={"color": "logit"}, text_auto=".1f"
    )
    assert (fig.layout.width, fig.layout.height) == (450, 380)
    assert fig.layout.title.text == "W<sub>U</sub>"
    assert fig.layout.coloraxis.colorbar.title.text == "logit"
    assert fig.data[0].texttemplate == "%{z:.1f}"


@pytest.mark.parametrize(
    ("shape", "found"), [((7, 8), r"\(7, 8\)"), ((59,), r"\(59,\)"), ((2, 3, 8, 8), r"\(2, 3, 8, 8\)")]
)
def test_another_shape_is_an_error_that_names_both(shape, found):
    expected = r"^plot_board_values: expected \(8, 8\), \(60,\), \(64,\) or \(n, 8, 8\); found "
    with pytest.raises(ValueError, match=expected + found + "$"):
        plotting.plot_board_values(torch.zeros(shape))


def test_wrong_numbers_of_things_are_errors(board):
    stack = torch.stack([board] * 3)
    with pytest.raises(ValueError, match=r"board_titles: expected 3 \(one for each panel\); found 2"):
        plotting.plot_board_values(stack, board_titles=["a", "b"])
    with pytest.raises(ValueError, match=r"text: expected 1 or 3 boards; found 2"):
        plotting.plot_board_values(stack, text=stack[:2])
    with pytest.raises(ValueError, match="at least one board"):
        plotting.plot_board_values(stack[:0])
    with pytest.raises(ValueError, match="no room for 3 panels"):
        plotting.plot_board_values(stack, width=150)


# imshow


@pytest.mark.parametrize(("n", "wrap_at"), [(10, 5), (7, 5), (11, 4), (3, 5), (5, 1)])
def test_facet_labels_sit_on_their_own_facets_in_reading_order(n, wrap_at):
    values = torch.arange(n * 8 * 3.0).reshape(n, 8, 3)
    fig = plotting.imshow(
        values,
        facet_col=0,
        facet_col_wrap=wrap_at,
        facet_labels=[f"head {i}" for i in range(n)],
        y=list("ABCDEFGH"),
    )
    assert len(fig.data) == n
    across, down = zip(*spots(fig), strict=True)
    columns, rows = sorted({round(a, 6) for a in across}), sorted({round(d, 6) for d in down})
    for i, trace in enumerate(fig.data):
        np.testing.assert_array_equal(trace.z, values[i])
        assert title_over(fig, trace) == f"head {i}"
        assert columns.index(round(across[i], 6)) == i % wrap_at
        assert rows.index(round(down[i], 6)) == i // wrap_at


def test_any_axis_can_be_spread_over_facets():
    values = torch.arange(2 * 5 * 3.0).reshape(2, 5, 3)
    fig = plotting.imshow(values, facet_col=1, facet_labels=list("abcde"))
    for i, trace in enumerate(fig.data):
        np.testing.assert_array_equal(trace.z, values[:, i])


def test_imshow_takes_what_plotly_express_takes():
    fig = plotting.imshow(
        torch.arange(6).reshape(2, 3),
        x=["p", "q", "r"],
        y=["s", "t"],
        labels={"x": "move", "y": "game", "color": "act"},
        aspect="auto",
        color_continuous_scale="Viridis",
        zmin=-1,
        zmax=9,
        width=321,
        height=234,
        title="T",
    )
    assert list(fig.data[0].x) == ["p", "q", "r"]
    assert (fig.layout.xaxis.title.text, fig.layout.yaxis.title.text) == ("move", "game")
    assert fig.layout.xaxis.scaleanchor is None
    assert (fig.layout.coloraxis.cmin, fig.layout.coloraxis.cmax) == (-1, 9)
    assert fig.layout.coloraxis.colorscale[0][1] == "#440154"
    assert (fig.layout.width, fig.layout.height, fig.layout.title.text) == (321, 234, "T")
    assert plotting.imshow([[1.0, 2.0]], range_color=[0, 3]).layout.coloraxis.cmax == 3
    assert plotting.imshow([[1.0, 2.0]], origin="lower").layout.yaxis.autorange is True


MEAN = SimpleNamespace(mean=0.5, low=0.4, high=0.9)
BOARD, TWO = torch.zeros(8, 8), torch.arange(2)
DRAWINGS = {
    "imshow": lambda **options: plotting.imshow(BOARD, **options),
    "plot_board_values": lambda **options: plotting.plot_board_values(BOARD, **options),
    "plot_activations": lambda **options: plotting.plot_activations(BOARD, **options),
    "plot_board": lambda **options: plotting.plot_board(BOARD, **options),
    "plot_means": lambda **options: plotting.plot_means({"a": [MEAN]}, [0], **options),
    "make_spectrum_plot": lambda **options: plotting.make_spectrum_plot(TWO, TWO > 0, **options),
}


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_the_layout_takes_its_own_arguments(draw):
    fig = draw(
        showlegend=False,
        plot_bgcolor="red",
        dragmode="pan",
        title_font_size=33,
        xaxis_title="here",
        width=500,
        height=470,
        title="T",
    )
    layout = fig.layout
    assert (layout.showlegend, layout.plot_bgcolor, layout.dragmode) == (False, "red", "pan")
    assert (layout.title.font.size, layout.xaxis.title.text) == (33, "here")
    assert (layout.width, layout.height, layout.title.text) == (500, 470, "T")


@pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)
def test_what_nobody_takes_is_named(draw):
    with pytest.raises(TypeError, match=r"takes an argument 'colour'\. Did you mean"):
        draw(colour="red")
    with pytest.raises(TypeError, match="takes an argument 'xaxis_titel'"):
        draw(width=500, xaxis_titel="here")
    with pytest.raises(TypeError, match=r"takes an argument 'tilte'\. Did you mean 'title'\?"):
        draw(tilte="T")


def test_without_a_colour_bar_the_boards_take_its_place():
    fig = plotting.plot_board_values(torch.zeros(2, 8, 8), coloraxis_showscale=False, xaxis2_title="file")
    assert fig.layout.coloraxis.showscale is False
    assert fig.layout.xaxis2.title.text == "file"
    assert fig.layout.margin.r < plotting.plot_board_values(torch.zeros(2, 8, 8)).layout.margin.r


def test_the_middle_of_the_colours_can_be_moved_or_left_to_plotly():
    values = [[1.0, 4.0]]
    scale = plotting.imshow(values, color_continuous_midpoint=2).layout.coloraxis
    assert (scale.cmin, scale.cmax) == (0, 4)
    scale = plotting.imshow(values, color_continuous_midpoint=None).layout.coloraxis
    assert (scale.cmin, scale.cmax) == (None, None)
    scale = plotting.imshow(values, zmin=-3).layout.coloraxis
    assert (scale.cmin, scale.cmax) == (-3, 3)


def test_truth_values_are_drawn_as_nought_and_one():
    assert plotting.imshow([[True, False]]).data[0].z.tolist() == [[1.0, 0.0]]


def test_imshow_says_what_is_wrong():
    with pytest.raises(ValueError, match=r"imshow: expected 2 dimensions.*found \(2, 3, 5\) \(facet_col=0"):
        plotting.imshow(torch.zeros(2, 3, 5))
    with pytest.raises(ValueError, match=r"imshow: facet_labels: expected 2 .* found 3: \['a', 'b', 'c'\]"):
        plotting.imshow(torch.zeros(2, 3, 5), facet_col=0, facet_labels=["a", "b", "c"])


# where panels go


_SIZES = [(None, None), (1300, None), (None, 900), (1200, 1500)]
_PANELS = [
    pytest.param(n, per_row, size, id=f"{n}-{per_row}-{size}")
    for n, per_row, size in itertools.product([1, 2, 5, 10, 16, 17], [1, 4, 5, 8], _SIZES)
    if n < 10 or per_row > 1 or not size[1]  # ten boards below each other need more height than that
]


@pytest.mark.parametrize(("n", "per_row", "size"), _PANELS)
def test_panels_are_square_inside_the_figure_and_clear_of_each_other(n, per_row, size):
    titles = [f"a title of several words, number {i}" for i in range(n)]
    plan = arrange(n, per_row, (8, 8), title="one<br>two", titles=titles, width=size[0], height=size[1])
    assert plan.width == (size[0] or plan.width)
    assert plan.height == (size[1] or plan.height)
    inner_width = plan.width - plan.margin["l"] - plan.margin["r"]
    inner_height = plan.height - plan.margin["t"] - plan.margin["b"]
    heading = 15 * max(text.count("<br>") + 1 for text in plan.titles)
    assert plan.margin["t"] >= 2 * 20 + heading
    for i, (x0, x1, y0, y1) in enumerate(plan.boxes):
        assert (x1 - x0) * inner_width == pytest.approx((y1 - y0) * inner_height, abs=1.5)
        if i % per_row:  # room for the letters of this board
            assert (x0 - plan.boxes[i - 1][1]) * inner_width >= 20
        if i >= per_row:  # room for the digits of the board above and for this board's title
            assert (plan.boxes[i - per_row][2] - y1) * inner_height >= 18 + heading


def test_titles_break_between_words_and_outside_tags():
    assert wrap("aa bb cc", 5, 1) == "aa bb<br>cc"
    assert wrap("W<sub>U</sub> b", 4, 1) == "W<sub>U</sub> b"  # tags take no room
    assert wrap('<b style="x: y">a</b> b', 1, 1) == '<b style="x: y">a</b><br>b'
    assert wrap("a<br>b", 9, 1) == "a<br>b"
    assert wrap("unbreakable", 3, 1) == "unbreakable"
    assert wrap("", 3, 1) == ""


# plot_board


@pytest.fixture
def position():
    """C0 and D1 black, E2 white: no symmetry of the board keeps it."""
    state = torch.zeros(8, 8, dtype=torch.int8)
    state[2, 0], state[3, 1], state[4, 2] = 1, 1, -1
    return state


def drawn(fig: go.Figure, name: str, xaxis: str = "x") -> set[tuple[float, float]]:
    """Column and row of every mark called `name` on the board of `xaxis`, in the axes' own numbers."""
    traces = [t for t in fig.data if t.name == name and (t.xaxis or "x") in (xaxis, xaxis + "1")]
    return {(float(x), float(y)) for t in traces for x, y in zip(t.x, t.y, strict=True)}


def test_discs_stand_on_their_squares(position):
    fig = plotting.plot_board(position)
    assert drawn(fig, "black") == {(0, 2), (1, 3)}
    assert drawn(fig, "white") == {(2, 4)}
    assert len(drawn(fig, "blank")) == 61
    assert list(fig.layout.yaxis.ticktext) == list("ABCDEFGH")
    assert fig.layout.yaxis.range[0] > fig.layout.yaxis.range[1]  # row 0, which is A, at the top
    assert {t.marker.color for t in fig.data if t.name == "white"} == {"#ffffff"}


@pytest.mark.parametrize(("form", "mine", "theirs"), [("plus_minus", 1, -1), ("theirs_vs_mine", 2, 1)])
def test_mine_and_theirs_in_both_forms(form, mine, theirs):
    state = np.zeros((8, 8))
    state[2, 0], state[4, 2], state[4, 3] = mine, theirs, theirs
    fig = plotting.plot_board(state, form=form)
    assert drawn(fig, "mine") == {(0, 2)}
    assert drawn(fig, "theirs") == {(2, 4), (3, 4)}
    assert {t.name for t in fig.data if t.showlegend} == {"mine", "theirs"}


def test_the_mouse_tells_square_disc_and_marks(position):
    legal = torch.zeros(8, 8, dtype=torch.bool)
    legal[5, 3] = True
    fig = plotting.plot_board(position, legal=legal, last_move="E2")
    texts = [text for t in fig.data if t.text is not None for text in t.text]
    assert len(texts) == 64
    assert {"C0: black", "E2: white, last move", "F3: blank, legal move", "A0: blank"} <= set(texts)
    assert drawn(fig, "legal move") == {(3, 5)}
    assert drawn(fig, "last move") == {(2, 4)}


def test_a_stack_of_positions_with_marks_for_each(position):
    stack = torch.stack([position, -position, position * 0])
    legal = torch.zeros(3, 8, 8, dtype=torch.bool)
    legal[1, 0, 7] = True
    fig = plotting.plot_board(stack, board_titles=["a", "b", "c"], legal=legal, last_move=[16, "H7", None])
    assert drawn(fig, "black", "x2") == {(2, 4)}
    assert drawn(fig, "last move", "x") == {(0, 2)}
    assert drawn(fig, "last move", "x2") == {(7, 7)}
    assert drawn(fig, "last move", "x3") == set()
    assert drawn(fig, "legal move", "x2") == {(7, 0)}
    assert drawn(fig, "legal move", "x") == set()
    shown = [t.name for t in fig.data if t.showlegend]
    assert sorted(shown) == ["black", "last move", "legal move", "white"]  # once each
    assert [a.text for a in fig.layout.annotations] == ["a", "b", "c"]


def frames(fig: go.Figure) -> list[tuple[str, str]]:
    """The squares with a frame, and the axis of the board that each is on."""
    centres = [
        (shape.xref, (shape.x0 + shape.x1) / 2, (shape.y0 + shape.y1) / 2) for shape in fig.layout.shapes
    ]
    return [(axis, square_to_label(int(8 * y + x))) for axis, x, y in centres]


def test_squares_are_outlined_on_every_board(position, board):
    expected = [("x", "C0"), ("x", "E2"), ("x2", "C0"), ("x2", "E2")]
    assert frames(plotting.plot_board([position] * 2, outlined=["C0", "E2"])) == expected
    assert frames(plotting.plot_board_values(torch.stack([board] * 2), outlined=["C0", 34])) == expected
    assert frames(plotting.plot_board_values(board, outlined="C0")) == [("x", "C0")]
    with pytest.raises(
        ValueError, match=r"outlined: expected squares 0\.\.63 or labels such as 'C0'; found 64"
    ):
        plotting.plot_board(position, outlined=[64])


def test_squares_are_circled_each_on_its_own_board(position):
    circled = np.zeros((2, 64), dtype=bool)
    circled[1, [16, 63]] = True
    fig = plotting.plot_board([position] * 2, circled=circled, circled_as="read wrongly")
    (trace,) = (trace for trace in fig.data if trace.name == "read wrongly")
    assert [square_to_label(int(8 * y + x)) for x, y in zip(trace.x, trace.y, strict=True)] == ["C0", "H7"]
    assert (trace.xaxis, trace.showlegend) == ("x2", True)
    with pytest.raises(ValueError, match="circled: expected 1 boards; found 2"):
        plotting.plot_board(position, circled=circled)


def test_boards_with_scales_of_their_own(board):
    fig = plotting.plot_board_values(
        torch.stack([board, board / 100]), board_titles=["a", "b"], own_scales=True
    )
    assert [(t.zmin, t.zmax) for t in fig.data] == [(-41.5, 41.5), pytest.approx((-0.415, 0.415))]
    assert [title_over(fig, trace) for trace in fig.data] == ["a<br>±42", "b<br>±0.41"]
    assert all(trace.coloraxis is None and len(trace.colorscale) > 2 for trace in fig.data)


def test_plot_board_says_what_is_wrong(position):
    with pytest.raises(ValueError, match=r"only the values \[-1, 0, 1\].*found 2.*form='theirs_vs_mine'"):
        plotting.plot_board(position * position * 2)
    with pytest.raises(ValueError, match=r"last_move: expected squares 0..63.*found 64"):
        plotting.plot_board(position, last_move=64)
    with pytest.raises(ValueError, match=r"last_move: expected 2 .*found 1"):
        plotting.plot_board(torch.stack([position] * 2), last_move=3)
    with pytest.raises(ValueError, match=r"legal: expected 1 boards; found 2"):
        plotting.plot_board(position, legal=torch.zeros(2, 8, 8))
    with pytest.raises(
        ValueError, match=r"plot_board: expected \(8, 8\), \(64,\) or \(n, 8, 8\); found \(60,\)"
    ):
        plotting.plot_board(torch.zeros(60))


# plot_activations


def test_activations_by_game_and_move():
    acts = torch.arange(15.0).reshape(3, 5) - 2
    fig = plotting.plot_activations(acts)
    np.testing.assert_array_equal(fig.data[0].z, acts)
    assert (fig.layout.yaxis.title.text, fig.layout.xaxis.title.text) == ("game", "move")
    assert (fig.layout.coloraxis.cmin, fig.layout.coloraxis.cmax) == (-12, 12)
    scale = plotting.plot_activations(acts, symmetric=False).layout.coloraxis
    assert (scale.cmin, scale.cmax) == (-2, 12)


def test_activations_with_the_square_played():
    acts = torch.zeros(3, 5)
    squares = torch.arange(18).reshape(3, 6)  # one move more than activations, as games have
    fig = plotting.plot_activations(acts, squares)
    assert fig.data[0].customdata[2][1] == square_to_label(13)
    assert fig.data[0].customdata.shape == (3, 5)
    assert fig.data[0].hovertemplate.startswith("game %{y}, move %{x}, %{customdata} played")
    for wrong in (squares[:2], squares[:, :4], squares[0]):
        with pytest.raises(ValueError, match=r"squares: expected \(3, 5\) or more moves; found"):
            plotting.plot_activations(acts, wrong)
    with pytest.raises(ValueError, match=r"two dimensions, game and move; found \(3, 5, 2\)"):
        plotting.plot_activations(torch.zeros(3, 5, 2))


# make_spectrum_plot


def percent_above(trace: go.Scatter, threshold: float) -> float:
    left = np.asarray(trace.x)[:-1]
    return float(np.asarray(trace.customdata)[left >= threshold - 1e-9].sum())


@pytest.mark.parametrize("flat", [False, True])
def test_bins_are_percentages_of_their_own_group(flat):
    acts = torch.tensor([[-0.1, -0.05, 0.3], [0.9, 2.0, -0.17]])
    label = torch.tensor([[False, True, False], [True, True, False]])
    if flat:
        label = label.flatten()
    fig = plotting.make_spectrum_plot(acts, label, names=["rest", "match"])
    rest, match = fig.data
    assert (rest.name, match.name) == ("rest (3)", "match (3)")
    for bins in (rest, match):
        assert sum(bins.customdata) == pytest.approx(100)
    assert percent_above(match, 0) == pytest.approx(200 / 3)
    assert percent_above(rest, 0) == pytest.approx(100 / 3)
    assert "percent" in fig.layout.yaxis.title.text


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_activation_is_in_a_bin(seed):
    acts = torch.randn(997, generator=torch.manual_seed(seed)) * 10.0 ** (seed - 1)
    label = acts > acts.quantile(0.9)
    for axis in ({}, {"yaxis_type": "linear"}):
        fig = plotting.make_spectrum_plot(acts, label, nbins=37, **axis)
        for bins, group in zip(fig.data, (~label, label), strict=True):
            expected = np.histogram(acts[group].numpy().astype(float), bins=bins.x)[0]
            percent = 100 * expected / int(group.sum())
            np.testing.assert_allclose(bins.customdata, percent)
            height = (
                percent if axis else [math.log(p / 0.2 + math.hypot(p / 0.2, 1)) for p in percent]
            )  # asinh
            np.testing.assert_allclose(bins.y, [*height, 0])


def test_the_ticks_of_a_spectrum_plot_say_percent():
    """A bin of 5% is as high as the tick that says 5."""
    fig = plotting.make_spectrum_plot([0.0] * 19 + [1.0], [True] * 20)
    tick = dict(zip(fig.layout.yaxis.ticktext, fig.layout.yaxis.tickvals, strict=True))["5"]
    assert max(y for x, y in zip(fig.data[1].x, fig.data[1].y, strict=True) if x > 0.5) == pytest.approx(tick)
    assert "5.00%<br>" in "".join(fig.data[1].hovertext)


@pytest.mark.parametrize("values", [[0.0, 0.0, 0.0], [0.3, 0.3, 0.3], [-2.0, -2.0, -2.0], [0.0, 1.0, 3.0]])
def test_constant_and_one_sided_activations(values):
    fig = plotting.make_spectrum_plot(values, [True, True, True])
    assert sum(fig.data[1].customdata) == pytest.approx(100)
    assert fig.data[0].name == "label false (0)"
    assert sum(fig.data[0].customdata) == 0


def test_whole_number_labels_make_more_groups():
    acts = torch.linspace(-1, 2, 11)
    label = torch.tensor([0, 0, 1, 2, 2, 2, 2, 5, 5, 5, 5])
    fig = plotting.make_spectrum_plot(acts, label)
    assert [t.name for t in fig.data] == ["label 0 (2)", "label 1 (1)", "label 2 (4)", "label 5 (4)"]
    named = plotting.make_spectrum_plot(acts, label, names={5: "e", 0: "a", 1: "b", 2: "c"})
    assert [t.name for t in named.data] == ["a (2)", "b (1)", "c (4)", "e (4)"]


def test_options_reach_the_layout():
    fig = plotting.make_spectrum_plot(
        [0.5, 1.5], [True, False], title="T", width=640, yaxis_type="log", legend_title="who"
    )
    assert (fig.layout.title.text, fig.layout.width, fig.layout.yaxis.type) == ("T", 640, "log")
    assert fig.layout.legend.title.text == "who"
    assert fig.layout.xaxis.title.text == "activation"


def test_the_spectrum_plot_says_what_is_wrong():
    acts = torch.zeros(3, 5)
    with pytest.raises(ValueError, match=r"one shape; found \(3, 5\) and \(3, 6\) .*label\[:, :-1\]"):
        plotting.make_spectrum_plot(acts, torch.zeros(3, 6, dtype=torch.bool))
    with pytest.raises(ValueError, match=r"one shape; found \(3, 5\) and \(5, 3\)$"):
        plotting.make_spectrum_plot(acts, torch.zeros(5, 3, dtype=torch.bool))
    with pytest.raises(ValueError, match="expected bool or integer; found float32"):
        plotting.make_spectrum_plot(acts, acts)
    with pytest.raises(ValueError, match="found 1 of 15 that are not"):
        plotting.make_spectrum_plot(acts.flatten().index_fill(0, torch.tensor([4]), torch.nan), acts > 0)
    with pytest.raises(ValueError, match="names: expected 2"):
        plotting.make_spectrum_plot(acts, acts > 0, names=["a", "b", "c"])
    with pytest.raises(ValueError, match=r"missing \[1\]"):
        plotting.make_spectrum_plot(acts, acts > 0, names={0: "a"})


# plot_means


@pytest.mark.parametrize("bars", [False, True])
def test_a_mean_is_drawn_with_both_ends_of_its_interval(bars):
    other = SimpleNamespace(mean=-1.0, low=-1.5, high=-0.75)
    fig = plotting.plot_means({"a": [MEAN, other], "b": [other, MEAN]}, ["x", "y"], bars=bars)
    drawn = [
        (t.name, list(t.x), list(t.y), np.subtract(t.y, t.error_y.arrayminus), np.add(t.y, t.error_y.array))
        for t in fig.data
    ]
    assert [name for name, *_ in drawn] == ["a", "b"]
    for (_, x, y, low, high), expected in zip(drawn, ([MEAN, other], [other, MEAN]), strict=True):
        assert (x, y) == (["x", "y"], [each.mean for each in expected])
        np.testing.assert_allclose([low, high], [[e.low for e in expected], [e.high for e in expected]])
    assert {type(trace) for trace in fig.data} == {go.Bar if bars else go.Scatter}
    with pytest.raises(ValueError, match="expected 2 means for 'a'; found 1"):
        plotting.plot_means({"a": [MEAN]}, ["x", "y"])


# loading


def test_importing_plotting_loads_neither_torch_nor_plotly_express():
    code = (
        "import sys, othello_interp.plotting; print([m for m in "
        "('torch', 'transformer_lens', 'plotly.express', 'pandas') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"


# plot_graph


EDGES = {("a", "x"): 2.0, ("b", "x"): -0.5, ("x", "end"): -1.0, ("a", "end"): 0.0}


def test_a_line_is_as_wide_as_its_number_is_large_and_has_its_sign():
    fig = plotting.plot_graph([["a", "b"], ["", "x", ""], ["end"]], EDGES, title="Who")
    lines = [trace for trace in fig.data if trace.mode == "lines"]
    widths = [trace.line.width for trace in lines]
    assert widths == [12, 3, 6, 1]  # none so thin that it can't be seen
    assert [trace.line.color == lines[0].line.color for trace in lines[:3]] == [True, False, False]
    numbers = [trace.text[0] for trace in fig.data if trace.mode == "text"]
    assert numbers == ["<b>+2.00</b>", "<b>−0.50</b>", "<b>−1.00</b>", "<b>+0.00</b>"]
    hover = [trace.hovertext[0] for trace in fig.data if trace.mode == "text"]
    assert hover[1] == "b → x: -0.500"
    assert fig.layout.title.text == "Who"


def test_lines_run_between_their_nodes_in_columns_and_gaps_are_kept():
    fig = plotting.plot_graph([["a", "b"], ["", "x", "", ""], ["end"]], EDGES)
    nodes = fig.data[-1]
    at = {text[3:-4]: (x, y) for text, x, y in zip(nodes.text, nodes.x, nodes.y, strict=True)}
    assert at == {"a": (0, 0.5), "b": (0, -0.5), "x": (1, 0.5), "end": (2, 0)}
    for trace, (start, end) in zip([t for t in fig.data if t.mode == "lines"], EDGES, strict=True):
        assert (trace.x[0], trace.y[0]) == at[start]
        assert (trace.x[1], trace.y[1]) == at[end]


def test_a_graph_with_unknown_or_repeated_nodes_is_refused():
    with pytest.raises(ValueError, match=r"plot_graph: edges: a → z: no column names both ends"):
        plotting.plot_graph([["a"], ["b"]], {("a", "z"): 1.0})
    with pytest.raises(ValueError, match="plot_graph: columns: a is named twice"):
        plotting.plot_graph([["a"], ["b", "a"]], {})


def test_names_of_groups_that_look_like_numbers_are_names():
    """plotly would take "1" for a number, and leave out what is none."""
    one = Mean(1.0, 0.5, 1.5, 10, 2)
    assert (
        plotting.plot_means({"a": [one, one]}, ["1", "2 or more"], bars=True).layout.xaxis.type == "category"
    )
    assert plotting.plot_means({"a": [one, one]}, [1, 2]).layout.xaxis.type is None
