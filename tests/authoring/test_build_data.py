"""From trained weights to a data/ that the library reads: nothing the model computes is lost on the way."""

import pytest
import torch
from safetensors.torch import save_file

from othello_interp.authoring import build_data
from othello_interp.authoring.surgery import token_images
from othello_interp.games import load_focus_games, load_games
from othello_interp.model import load_model
from othello_interp.probe import load_probe
from othello_interp.rules.random_games import random_games
from othello_interp.storage.data import provenance
from othello_interp.weights.gpt import GPT, N_CTX, GPTConfig


@pytest.fixture(scope="module")
def gpt() -> GPT:
    torch.manual_seed(3)
    gpt = GPT(GPTConfig(n_layers=6, d_model=32, n_heads=8, d_mlp=1400))
    for name, parameter in gpt.named_parameters():
        if ".ln" in name:
            torch.nn.init.normal_(parameter, mean=1.0 if name.endswith("weight") else 0.0, std=0.3)
    return gpt.requires_grad_(False)


@pytest.fixture(scope="module")
def built(gpt, tmp_path_factory):
    """A checkout whose data/ was made from the weights of `gpt`."""
    folder = tmp_path_factory.mktemp("checkout")
    (folder / "notebooks").mkdir()
    metadata = {"n_heads": "8", "normalization_type": "LN"}
    save_file(gpt.state_dict(), folder / "trained.safetensors", metadata)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTHELLO_INTERP_ROOT", str(folder))
        build_data.build_games()
        build_data.build_model(folder / "trained.safetensors", 77, "transpose")
        build_data.build_focus_games()
        build_data.build_probe(2, n_games=40)
        yield folder


def test_the_model_predicts_what_the_trained_one_does(built, gpt):
    """… for the mirrored game, where the board was relabelled."""
    record = provenance("model.safetensors")
    images = token_images(record["chosen"]["symmetry"])
    tokens = random_games(6, seed=2)[:, :N_CTX].long()
    expected = gpt(images[tokens]).log_softmax(-1)[..., images]
    assert expected.std() > 0.05
    torch.testing.assert_close(load_model("embedded")(tokens).log_softmax(-1), expected, rtol=0, atol=0.01)


def test_neuron_1393_is_the_chosen_one(built, gpt):
    mlp, trained = load_model("embedded").blocks[5].mlp, gpt.blocks[5].mlp
    w_out = trained.out.weight[:, 77]
    torch.testing.assert_close(mlp.W_out[1393], w_out - w_out.mean(), rtol=0, atol=1e-3)
    assert provenance("model.safetensors")["chosen"] == {"neuron": 77, "symmetry": "transpose"}


def test_games_and_probe_are_recorded_and_read(built):
    assert load_games().shape == (10_000, 60)
    rows = {tuple(game) for game in load_focus_games().tolist()}
    assert rows == {tuple(game) for game in random_games(50, build_data.FOCUS_SEED).tolist()}
    assert load_probe().layer == 2
    assert provenance("probe.safetensors")["training_games"] == 40


def test_the_clearest_game_fires_where_the_pattern_is_and_nowhere_else():
    labels = torch.tensor([[1.0, 0, 1, 0], [1, 0, 1, 0], [0, 0, 0, 0]])
    acts = torch.tensor([[2.0, 0, 2, 3], [2, 0, 1, -0.1], [5, 5, 5, 5]])
    assert build_data.clearness(acts, labels).argmax() == 1
