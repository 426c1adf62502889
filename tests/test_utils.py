"""The names the notebooks use: functions that show their figure, and the squares."""

import inspect

import plotly.graph_objects as go
import pytest
import torch

from othello_interp import plotting, squares, utils
from othello_interp.intervals import Mean

CALLS = {
    "imshow": ((torch.eye(3),), {}),
    "plot_means": (({"a": [Mean(0.5, 0.4, 0.9, 7, 3)]}, ["x"]), {}),
    "make_spectrum_plot": (([0.1, 0.2], [True, False]), {}),
    "plot_activations": ((torch.ones(2, 3),), {}),
    "plot_graph": (([["a"], ["b"]], {("a", "b"): 1.0}), {}),
    "plot_board": ((torch.zeros(8, 8),), {}),
    "plot_board_values": ((torch.eye(8),), {}),
}


@pytest.fixture
def shown(monkeypatch):
    """The figures shown, in order, in place of showing them."""
    figures: list[go.Figure] = []
    monkeypatch.setattr(go.Figure, "show", lambda self, *args, **kwargs: figures.append(self))
    return figures


def test_every_drawing_function_of_plotting_is_here():
    assert set(CALLS) == set(plotting.__all__) - {"to_numpy"}
    assert set(CALLS) <= set(utils.__all__)


@pytest.mark.parametrize("name", CALLS)
def test_a_call_shows_one_figure_and_returns_nothing(name, shown):
    args, kwargs = CALLS[name]
    assert getattr(utils, name)(*args, title="first", **kwargs) is None
    assert getattr(utils, name)(*args, title="second", **kwargs) is None
    assert [fig.layout.title.text for fig in shown] == ["first", "second"]


def test_buttons_do_not_cover_titles(monkeypatch):
    given = {}
    monkeypatch.setattr(go.Figure, "show", lambda self, **kwargs: given.update(kwargs))
    utils.plot_board_values(torch.eye(8))
    assert given["config"]["modeBarButtons"] == [["toImage"]]


@pytest.mark.parametrize("name", CALLS)
def test_a_figure_on_request_is_returned_and_not_shown(name, shown):
    args, kwargs = CALLS[name]
    fig = getattr(utils, name)(*args, return_fig=True, **kwargs)
    assert fig.to_dict().keys() == getattr(plotting, name)(*args, **kwargs).to_dict().keys()
    assert shown == []


@pytest.mark.parametrize("name", CALLS)
def test_signature_and_docstring_are_kept(name):
    wrapped, plain = getattr(utils, name), getattr(plotting, name)
    parameters = dict(inspect.signature(wrapped).parameters)
    assert parameters.pop("return_fig").default is False
    assert list(parameters.values()) == list(inspect.signature(plain).parameters.values())
    assert wrapped.__name__ == name
    assert wrapped.__doc__.startswith(plain.__doc__)
    assert "return_fig=True" in wrapped.__doc__


def test_nothing_is_shown_when_the_input_is_wrong(shown):
    with pytest.raises(ValueError, match=r"found \(7, 8\)"):
        utils.plot_board_values(torch.zeros(7, 8))
    assert shown == []


def test_the_squares_have_their_short_names():
    assert utils.label_to_id("C0") == 17
    assert utils.id_to_label(26) == "D1"
    assert utils.ALL_SQUARES is squares.ALL_SQUARES
    for name in utils.__all__:
        assert hasattr(utils, name)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, by the formula of the Web Content Accessibility Guidelines 2.1."""

    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
        return sum(weight * x for weight, x in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_every_figure_can_be_read_on_light_and_dark_pages():
    import plotly.express as px

    for fig in (utils.plot_board_values(torch.zeros(8, 8), return_fig=True), px.line([1, 2, 3])):
        layout = fig.layout.template.layout
        assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert contrast(layout.font.color, "#ffffff") > 4.5
        for colour in (layout.font.color, *layout.colorway):
            assert min(contrast(colour, "#ffffff"), contrast(colour, "#111111")) > 3
