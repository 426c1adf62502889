"""Draws docs/l5n1393.png, the picture of the README, from the embedded model. Needs the extra `authors`."""

from pathlib import Path

from plotly.subplots import make_subplots

from othello_interp import utils
from othello_interp.figures import HYPOTHESIS, LAYER, NEURON
from othello_interp.games import FocusGames
from othello_interp.hypotheses import parse
from othello_interp.model import load_model
from othello_interp.neurons import get_w_out, logit_attribution

model = load_model("embedded")
focus = FocusGames(model)
board = logit_attribution(get_w_out(model, LAYER, NEURON), model.W_U)
acts = focus.cache["post", LAYER][..., NEURON]
matches = parse(HYPOTHESIS)(focus.states_theirs_vs_mine[:, :59])

left = utils.plot_board_values(board, return_fig=True)
right = utils.make_spectrum_plot(
    acts.flatten(), matches.flatten(), names=["other positions", "these positions"], return_fig=True
)
both = make_subplots(1, 2, column_widths=[0.38, 0.62], horizontal_spacing=0.14)
both.update_layout(
    width=1080,
    height=430,
    margin={"l": 40, "r": 30, "t": 70, "b": 60},
    coloraxis={
        **left.layout.coloraxis.to_plotly_json(),
        "colorbar": {"x": 0.345, "thickness": 12, "len": 1.0},
    },
    legend={"x": 0.99, "y": 0.98, "xanchor": "right"},
)
for trace in left.data:
    both.add_trace(trace, 1, 1)
for trace in right.data:
    both.add_trace(trace, 1, 2)
both.update_xaxes(tickvals=list(range(8)), row=1, col=1)
both.update_yaxes(tickvals=list(range(8)), ticktext=list("ABCDEFGH"), autorange="reversed", row=1, col=1)
both.update_xaxes(title="activation", row=1, col=2)
percent = right.layout.yaxis
both.update_yaxes(
    title="percent of its group", tickvals=percent.tickvals, ticktext=percent.ticktext, row=1, col=2
)
titles = {
    0.15: "What L5N1393 adds to the logit of each square",
    0.72: "When it fires: C0 blank, D1 theirs, E2 mine",
}
for centre, text in titles.items():
    place = {"x": centre, "y": 1.14, "xref": "paper", "yref": "paper", "xanchor": "center"}
    both.add_annotation(text=text, showarrow=False, font={"size": 15}, **place)
both.write_image(Path(__file__).with_name("l5n1393.png"), scale=1.5)
