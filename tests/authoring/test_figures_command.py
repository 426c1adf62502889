"""Are the figures what they say they are, and does a probe trained by the command come back from its file?"""

import re

import pytest
import torch
from safetensors.torch import save_file
from sklearn.metrics import roc_auc_score

from othello_interp import cli
from othello_interp.authoring.figures_command import (
    FIGURES,
    probe_accuracy_by_layer,
)
from othello_interp.authoring.subject import Subject
from othello_interp.games import FocusGames
from othello_interp.model import load_model
from othello_interp.probe import load_probe, read_probe
from othello_interp.rules.random_games import random_games
from othello_interp.squares import ALL_SQUARES
from othello_interp.training.trainer import EVALUATION_SEED


@pytest.fixture(scope="module")
def figures(embedded, tokens):
    subject = Subject(embedded, load_probe("embedded"), FocusGames(embedded, tokens[:12]), n_held_out=20)
    return {figure.name: figure.of(subject) for figure in FIGURES}


def test_published_figures_are_written_as_those_of_a_model(figures):
    published = {figure.name: figure.published for figure in FIGURES}
    assert len(published) == len(FIGURES) == 19
    assert published["ROC AUC for the hypothesis"] == "0.831"
    assert published["share of w_out in the unembedding subspace"] == "28.7%"
    for name, text in published.items():
        # The same form: digits for digits, and a word where there is a word.
        form, ours = (re.sub(r"-?[\d.]+", "0", value) for value in (text, figures[name]))
        assert text == "–" or form == ours or name.startswith(("largest", "moves")), name


def test_predictions_are_those_of_the_model(figures, embedded):
    tokens = random_games(20, EVALUATION_SEED)
    games = FocusGames(embedded, tokens)
    squares = torch.tensor([0, *ALL_SQUARES])[games.logits.argmax(-1)]
    legal = games.valid_moves[:, :59].flatten(2).gather(2, squares[..., None])
    assert figures["illegal top moves"] == f"{1 - legal.double().mean().item():.2%}"
    boards = torch.zeros(20, 59, 64)
    boards[..., ALL_SQUARES] = games.logits.softmax(-1)[..., 1:]
    mass = boards[games.valid_moves[:, :59].flatten(2)].sum().item() / (20 * 59)
    assert figures["probability on legal moves"] == f"{mass:.1%}"


def test_counts_agree_with_a_loop(figures, embedded, tokens):
    games = FocusGames(embedded, tokens[:12])
    acts = games.cache["blocks.5.mlp.hook_post"][..., 1393]
    ranked = sorted(acts.flatten().tolist())
    place = 0.99 * (len(ranked) - 1)
    low, high = ranked[int(place)], ranked[int(place) + 1]
    threshold = low + (place % 1) * (high - low)  # the 99th percentile
    matching, above, others, scores, labels = 0, 0, 0, [], []
    for game in range(12):
        for move in range(59):
            board = games.states_theirs_vs_mine[game, move]
            holds = board[2, 0] == 0 and board[3, 1] == 1 and board[4, 2] == 2
            fires = acts[game, move] > 0.36 * threshold
            matching, above, others = (
                matching + holds,
                above + (holds and fires),
                others + (fires and not holds),
            )
            scores.append(acts[game, move].item())
            labels.append(bool(holds))
    assert figures["positions of the focus games"] == "708"
    assert figures["positions matching the hypothesis"] == str(int(matching))
    firing = "matching positions where it fires (above 0.36 of the 99th percentile)"
    assert figures[firing] == str(int(above))
    assert figures["other positions where it fires"] == str(int(others))
    assert figures["ROC AUC for the hypothesis"] == f"{roc_auc_score(labels, scores):.3f}"


def test_attributions_are_those_of_the_weights(figures, embedded):
    direct = embedded.blocks[5].mlp.W_out[1393] @ embedded.W_U
    ours = {
        label: float(figures[f"logit attribution at {label} × 99th percentile"]) for label in ("C0", "D1")
    }
    assert ours["D1"] / ours["C0"] == pytest.approx((direct[26] / direct[17]).item(), abs=1e-3)
    assert direct[1:].argmax() == 16  # the neuron was chosen so: token 17 is C0


def test_probes_of_all_layers(tiny, tokens):
    accuracies = probe_accuracy_by_layer(tiny, tokens, n_held_out=10)
    assert len(accuracies) == 2
    assert all(0.4 < accuracy < 1 for accuracy in accuracies)


def test_a_probe_trained_by_the_command(tiny, tmp_path, capsys):
    checkpoint, out = tmp_path / "tiny.safetensors", tmp_path / "probes" / "probe.safetensors"
    save_file(dict(tiny.state_dict()), checkpoint, {"n_heads": "2"})
    command = ["train-probe", "--model", str(checkpoint), "--layer", "1", "--games", "9", "--out", str(out)]
    assert cli.main(command) == 0
    probe = read_probe(out)
    assert probe.weight.shape == (tiny.cfg.d_model, 8, 8, 3)
    assert probe.layer == 1
    assert "on 200 held-out games" in capsys.readouterr().out
    torch.testing.assert_close(load_model(checkpoint).W_U, tiny.W_U)
