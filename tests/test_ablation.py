"""Does an ablation change what a forward pass written out by hand says it should?"""

import pytest
import torch
from by_hand import forward

from othello_interp.ablation import ablate, ablate_each, direct_path, effect_by_path, effects
from othello_interp.board import replay
from othello_interp.model import tiny_model
from othello_interp.rules.random_games import random_games
from othello_interp.squares import label_to_id

N_HEADS = 2


@pytest.fixture(scope="module")
def model():
    return tiny_model(seed=4, n_layers=3, n_heads=N_HEADS)


@pytest.fixture(scope="module")
def games():
    return random_games(5, seed=2)[:, :13].long()


def by_hand(model, tokens, layer=None, change=lambda acts: acts):
    """A forward pass from the state dict; `change` is applied to the activations of one layer's neurons.
    Returns the logits and the standard deviation the final LayerNorm divides by."""

    def edit(name, act):
        return change(act) if name == f"blocks.{layer}.mlp.hook_post" else act

    found = forward(model, tokens, edit)
    return found["logits"], found["scale"]


def setting(neurons, value, where=None):
    def change(acts):
        acts = acts.clone()
        for game, move in (where if where is not None else torch.ones(acts.shape[:2])).nonzero().tolist():
            acts[game, move, neurons] = value
        return acts

    return change


def close(a, b):
    torch.testing.assert_close(a, b, atol=2e-5, rtol=0)


def test_the_hand_written_forward_is_the_models(model, games):
    close(model(games), by_hand(model, games)[0])


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_zero_ablation(model, games, layer):
    logits = ablate(model, games, layer, 7)
    close(logits, by_hand(model, games, layer, setting([7], 0.0))[0])
    assert (logits - model(games)).abs().max() > 0.05


def test_several_neurons_to_their_means(model, games):
    means = torch.tensor([0.3, -0.1, 0.7])
    close(
        ablate(model, games, 1, [2, 11, 5], means),
        by_hand(model, games, 1, setting([2, 11, 5], means))[0],
    )


def test_only_at_chosen_positions(model, games):
    where = torch.zeros(5, 13, dtype=torch.bool)
    where[1, 4] = where[3, 8] = where[3, 9] = True
    logits = ablate(model, games, 1, [3, 6], where=where)
    close(logits, by_hand(model, games, 1, setting([3, 6], 0.0, where))[0])
    unchanged = (logits - model(games)).abs().amax(-1) == 0
    assert unchanged[[0, 2, 4]].all()
    assert unchanged[1, :4].all()
    assert not unchanged[1, 4]


def test_what_somebody_else_keeps_of_a_run_is_left_alone(model, games):
    kept = []
    with model.hooks(fwd_hooks=[("blocks.1.mlp.hook_post", lambda act, hook: kept.append(act))]):
        ablate(model, games, 1, 7)
    assert (kept[0][..., 7] != 0).all()


def test_each_alone_is_the_same_as_one_by_one(model, games):
    each = ablate_each(model, games, 1, [9, 0, 35], value=0.2)
    assert each.shape == (3, 5, 13, 61)
    for logits, neuron in zip(each, [9, 0, 35], strict=True):
        close(logits, ablate(model, games, 1, neuron, 0.2))
    close(model(games), by_hand(model, games)[0])  # and no hook is left behind


def test_the_direct_path_from_the_last_layer_is_the_whole_effect(model, games):
    """Nothing reads the last layer's neurons but the unembedding: scaled anew, the prediction is exact."""
    neurons, value = [4, 17, 30], torch.tensor([0.1, -0.2, 0.0])
    _, scale = by_hand(model, games)
    after, scale_after = by_hand(model, games, 2, setting(neurons, value))
    # Logits without the bias, times the scale, are linear in the residual stream.
    bias = model.state_dict()["unembed.bias"]
    before = model(games) - bias
    exact = (after - bias) * scale_after / scale - before
    close(direct_path(model, games, 2, neurons, value), exact)


def test_the_paths_add_up_to_the_whole_effect(model, games):
    token, neurons = 44, [7, 20]
    split = effect_by_path(model, games, 0, neurons, token, value=0.3)
    assert list(split) == ["direct", "attention 1", "MLP 1", "attention 2", "MLP 2", "LayerNorm"]
    before, scale = by_hand(model, games)
    after, scale_after = by_hand(model, games, 0, setting(neurons, 0.3))
    close(sum(split.values()), after[..., token] - before[..., token])
    close(split["direct"], direct_path(model, games, 0, neurons, 0.3)[..., token])
    bias = model.state_dict()["unembed.bias"][token]
    close(split["LayerNorm"], (after[..., token] - bias) * (1 - scale_after / scale)[..., 0])


def test_nothing_comes_after_the_last_layer(model, games):
    assert list(effect_by_path(model, games, 2, 5, 44)) == ["direct", "LayerNorm"]


def test_effects_against_a_loop(model):
    games = random_games(3, seed=6).long()
    legal = replay(games).legal[:, :59]
    before = model(games[:, :59])
    after = ablate_each(model, games[:, :59], 0, [1, 8])
    token = label_to_id("F2")
    changes = effects(before, after, token, legal)
    assert {name: change.shape for name, change in changes.items()} == dict.fromkeys(
        ("logit", "log_prob", "legal_mass"), (2, 3, 59)
    )
    for i, game, move in ((0, 0, 0), (1, 2, 58), (0, 1, 31)):
        a, b = after[i, game, move], before[game, move]
        p, q = (x.exp() / x.exp().sum() for x in (a, b))
        tokens = [
            label_to_id("ABCDEFGH"[row] + str(col)) for row, col in legal[game, move].nonzero().tolist()
        ]
        close(changes["logit"][i, game, move], a[token] - b[token])
        close(changes["log_prob"][i, game, move], (p[token] / q[token]).log())
        close(changes["legal_mass"][i, game, move], p[tokens].sum() - q[tokens].sum())


@pytest.mark.parametrize(("layer", "neuron", "message"), [(3, 0, "layers 0..2"), (0, 36, "neurons 0..35")])
def test_what_the_model_has_not_got_is_an_error(model, games, layer, neuron, message):
    for call in (ablate, direct_path):
        with pytest.raises(ValueError, match=message):
            call(model, games, layer, neuron)
