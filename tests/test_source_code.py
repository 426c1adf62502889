"""Does the code of the source material run as it stands, after a first cell that loads what it names?

The calls are those the source makes, with its arguments; their results are checked by plain arithmetic.
"""

import numpy as np
import plotly.io
import pytest
import torch

from othello_interp.squares import ALL_SQUARES

N_GAMES, N_MOVES, D_MLP = 50, 59, 2048


SETUP = """
import torch
from othello_interp import FocusGames, load_model, load_probe, utils
from othello_interp.neurons import get_w_in, get_w_out
from othello_interp.squares import ALL_SQUARES
from othello_interp.utils import imshow, make_spectrum_plot, to_numpy

model = load_model()
probe = load_probe()
focus_games = FocusGames(model)
focus_cache = focus_games.cache
focus_states = focus_games.states
focus_states_theirs_vs_mine = focus_games.states_theirs_vs_mine
"""


@pytest.fixture(scope="module")
def names() -> dict:
    """What a first cell defines."""
    namespace: dict = {}
    exec(SETUP, namespace)
    return namespace


@pytest.fixture
def run(names, monkeypatch):
    """Runs code after the first cell. Returns what it defined, and as `shown` its figures."""
    shown = []
    monkeypatch.setattr(plotly.io, "show", lambda fig, *args, **kwargs: shown.append(fig))

    def run_code(code: str) -> dict:
        namespace = dict(names)
        exec(code, namespace)
        return namespace | {"shown": shown}

    return run_code


def test_logit_attribution(run) -> None:
    found = run("""
layer = 5
neuron = 1393
w_out = get_w_out(model, layer, neuron, normalize=False)
state = w_out @ model.W_U[:, 1:]
utils.plot_board_values(state, title=f"Logit attribution L{layer}N{neuron}", width=400)
""")
    model = found["model"]
    expected = model.blocks[5].mlp.W_out[1393].double() @ model.W_U[:, 1:].double()
    assert found["state"].shape == (60,)
    torch.testing.assert_close(found["state"].double(), expected, rtol=1e-4, atol=1e-5)
    # The 60 values are on their squares, and the centre is empty.
    (figure,) = found["shown"]
    drawn = np.array(figure.data[0].z, dtype=float)
    assert drawn[2, 0] == pytest.approx(expected[16].item(), abs=1e-4)
    assert drawn[7, 7] == pytest.approx(expected[59].item(), abs=1e-4)
    assert np.isnan(drawn[3:5, 3:5]).all()
    assert np.isnan(drawn).sum() == 4
    assert figure.layout.title.text == "Logit attribution L5N1393"
    assert figure.layout.width == 400


def test_neuron_weights(run) -> None:
    found = run("""
w_in = get_w_in(model, 5, 1393)
w_in_unit = get_w_in(model, 5, 1393, normalize=True)
w_out = get_w_out(model, 5, 1393)
w_out_unit = get_w_out(model, 5, 1393, normalize=True)
n_playable = model.W_U[:, 1:].shape[1]
""")
    mlp = found["model"].blocks[5].mlp
    assert torch.equal(found["w_in"], mlp.W_in[:, 1393])
    assert torch.equal(found["w_out"], mlp.W_out[1393])
    for name in ("w_in", "w_out"):
        assert found[f"{name}_unit"].norm().item() == pytest.approx(1, abs=1e-5)
        torch.testing.assert_close(found[f"{name}_unit"] * found[name].norm(), found[name])
    assert found["n_playable"] == len(found["ALL_SQUARES"]) == 60


def test_unembeddings_of_c0_and_d1(run) -> None:
    found = run("""
c0_U = model.W_U[:, utils.label_to_id("C0")]
d1_U = model.W_U[:, utils.label_to_id("D1")]
similarity = (c0_U / c0_U.norm()) @ (d1_U / d1_U.norm())
""")
    W_U = found["model"].W_U.double()
    expected = W_U[:, 17] @ W_U[:, 26] / W_U[:, 17].norm() / W_U[:, 26].norm()
    assert found["similarity"].shape == ()
    assert found["similarity"].item() == pytest.approx(expected.item(), abs=1e-5)
    assert abs(found["similarity"].item()) < 0.2, "the two are not aligned"


def test_labels(run) -> None:
    found = run("""
token = utils.label_to_id("C0")
label = utils.id_to_label(token)
back = [utils.label_to_id(utils.id_to_label(t)) for t in range(1, 61)]
""")
    assert (found["token"], found["label"]) == (17, "C0")
    assert found["back"] == list(range(1, 61))
    assert found["ALL_SQUARES"] == [s for s in range(64) if s not in (27, 28, 35, 36)]


def test_variance_fraction_by_svd(run) -> None:
    found = run("""
w_out = get_w_out(model, 5, 1393, normalize=True)
U, S, Vh = torch.svd(model.W_U[:, 1:])
fraction = (w_out @ U).norm().item() ** 2
""")
    basis = found["model"].W_U[:, 1:].double()
    coefficients = torch.linalg.lstsq(basis, found["w_out"].double()[:, None], driver="gelsd").solution
    expected = (basis @ coefficients).norm().item() ** 2
    assert found["U"].shape[1] == 60
    assert found["fraction"] == pytest.approx(expected, abs=1e-4)


def test_cache_and_states(run) -> None:
    found = run("""
acts = focus_cache["post", 5, "mlp"]
same = focus_cache["post", 5]
resid = focus_cache["resid_post", 6]
neuron_acts = focus_cache["post", 5, "mlp"][:, :, 1393]
imshow(neuron_acts, title="L5N1393 activations over 50 games", aspect="auto",
       labels={"x": "Move", "y": "Game"})
""")
    model, cache = found["model"], found["focus_cache"]
    assert found["acts"].shape == (N_GAMES, N_MOVES, D_MLP)
    assert torch.equal(found["acts"], found["same"])
    assert found["resid"].shape == (N_GAMES, N_MOVES, model.cfg.d_model)
    weights = model.blocks[5].mlp
    by_hand = torch.nn.functional.gelu(
        cache["normalized", 5, "ln2"] @ weights.W_in[:, 1393] + weights.b_in[1393]
    )
    torch.testing.assert_close(found["neuron_acts"], by_hand, rtol=1e-4, atol=1e-4)
    (figure,) = found["shown"]
    np.testing.assert_allclose(np.array(figure.data[0].z), found["neuron_acts"].numpy())

    states, theirs_vs_mine = found["focus_states"], found["focus_states_theirs_vs_mine"]
    assert states.shape == theirs_vs_mine.shape == (N_GAMES, 60, 8, 8)
    assert set(states.unique().tolist()) == {-1, 0, 1}
    assert set(theirs_vs_mine.unique().tolist()) == {0, 1, 2}
    # Black's first move leaves four black discs and one white one, and white is to move.
    assert (states[:, 0] == 1).sum((1, 2)).tolist() == [4] * N_GAMES
    assert (theirs_vs_mine[:, 0] == 1).sum((1, 2)).tolist() == [4] * N_GAMES
    assert (theirs_vs_mine[:, 0] == 2).sum((1, 2)).tolist() == [1] * N_GAMES


def test_max_activating_boards(run) -> None:
    found = run("""
neuron_acts = focus_cache["post", 5, "mlp"][:, :, 1393]
top_moves = neuron_acts > neuron_acts.quantile(0.99)
boards = focus_states_theirs_vs_mine[:, :-1][top_moves]
board_state_at_top_moves = torch.stack([
    (boards == 2).float().mean(0), (boards == 1).float().mean(0), (boards == 0).float().mean(0),
])
utils.plot_board_values(
    board_state_at_top_moves,
    title="Aggregated top 30 moves for neuron L5N1393",
    board_titles=["Mine", "Theirs", "Blank"],
    boards_per_row=3,
    width=800,
    height=380,
)
""")
    assert len(found["boards"]) == 30  # one percent of 2,950
    torch.testing.assert_close(found["board_state_at_top_moves"].sum(0), torch.ones(8, 8))
    (figure,) = found["shown"]
    assert len(figure.data) == 3
    assert (figure.layout.width, figure.layout.height) == (800, 380)
    assert [a.text for a in figure.layout.annotations if a.text in ("Mine", "Theirs", "Blank")] == [
        "Mine",
        "Theirs",
        "Blank",
    ]
    # Three boards beside one another.
    assert len({tuple(figure.layout[f"yaxis{i}"].domain) for i in ("", "2", "3")}) == 1


def test_a_game_move_by_move(run) -> None:
    found = run("""
imshow(
    focus_states[5, :25],
    facet_col=0,
    facet_col_wrap=5,
    y=list("ABCDEFGH"),
    facet_labels=[f"Move {i}" for i in range(25)],
    title="First 25 moves of game 5",
    color_continuous_scale="Greys",
    coloraxis_showscale=False,
    width=1000,
    height=1000,
)
""")
    (figure,) = found["shown"]
    assert len(figure.data) == 25
    for trace, board in zip(figure.data, found["focus_states"][5], strict=False):
        np.testing.assert_array_equal(np.array(trace.z), board.numpy())
    assert figure.layout.coloraxis.showscale is False
    assert figure.layout.coloraxis.colorscale[0][1] == "rgb(255,255,255)"
    assert (figure.layout.width, figure.layout.height) == (1000, 1000)


def test_top_neurons_on_boards(run) -> None:
    found = run("""
top_neurons = focus_cache["post", 5].std(dim=[0, 1]).argsort(descending=True)[:10]
output_weights_in_logit_basis = model.blocks[5].mlp.W_out[top_neurons] @ model.W_U[:, 1:]
boards = torch.zeros(10, 64)
boards[:, ALL_SQUARES] = output_weights_in_logit_basis
imshow(
    boards.reshape(10, 8, 8),
    facet_col=0,
    facet_col_wrap=5,
    facet_labels=[f"L5N{n.item()}" for n in top_neurons],
    y=list("ABCDEFGH"),
    title="Logit attribution of the top 10 neurons in layer 5",
    width=900,
    height=500,
)
""")
    (figure,) = found["shown"]
    assert len(figure.data) == 10
    for trace, board in zip(figure.data, found["boards"], strict=True):
        np.testing.assert_allclose(np.array(trace.z), board.reshape(8, 8).numpy())
    assert list(figure.data[0].y) == list("ABCDEFGH")
    texts = [annotation.text for annotation in figure.layout.annotations]
    assert texts[:10] == [f"L5N{n}" for n in found["top_neurons"].tolist()]
    stds = found["focus_cache"]["post", 5].flatten(0, 1).numpy().std(0)
    assert found["top_neurons"].tolist() == np.argsort(-stds)[:10].tolist()


def test_spectrum_plot(run) -> None:
    found = run("""
c0 = focus_states_theirs_vs_mine[:, :-1, 2, 0] == 0
d1 = focus_states_theirs_vs_mine[:, :-1, 3, 1] == 1
e2 = focus_states_theirs_vs_mine[:, :-1, 4, 2] == 2
label = c0 & d1 & e2
neuron_acts = focus_cache["post", 5, "mlp"][:, :, 1393]
make_spectrum_plot(neuron_acts.flatten(), label.flatten(), title="Spectrum plot for neuron L5N1393")
make_spectrum_plot(neuron_acts, label, width=700)
acts = to_numpy(neuron_acts[label])
""")
    assert found["label"].shape == (N_GAMES, N_MOVES)
    assert 0 < found["label"].sum() < 0.2 * found["label"].numel()
    assert isinstance(found["acts"], np.ndarray)
    assert found["acts"].mean() > found["neuron_acts"].mean().item(), "it fires where the pattern stands"
    first, second = found["shown"]
    assert second.layout.width == 700
    for figure in (first, second):
        assert len(figure.data) == 2
        for trace in figure.data:
            assert sum(trace.customdata) == pytest.approx(100)


def test_two_plots_in_one_cell_show_two_figures(run) -> None:
    found = run("""
first = utils.plot_board_values(torch.arange(64.).reshape(8, 8), title="One")
second = utils.plot_board_values(torch.arange(128.).reshape(2, 8, 8), board_titles=["a", "b"])
""")
    assert found["first"] is None
    assert found["second"] is None
    assert len(found["shown"]) == 2


def test_playable_squares_are_token_order(names) -> None:
    assert names["ALL_SQUARES"] == ALL_SQUARES
    focus = names["focus_games"]
    assert torch.equal(torch.tensor([-1, *ALL_SQUARES])[focus.tokens], focus.squares)
