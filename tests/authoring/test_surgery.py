"""Do folding, relabelling and swapping leave every prediction alone?"""

import pytest
import torch

from othello_interp.authoring.surgery import (
    SYMMETRIES,
    relabel,
    square_image,
    swap_neurons,
    token_images,
)
from othello_interp.board import replay
from othello_interp.model import bridge
from othello_interp.rules.random_games import random_games
from othello_interp.weights.fold import fold
from othello_interp.weights.gpt import GPT, N_CTX, GPTConfig


@pytest.fixture(scope="module")
def gpt() -> GPT:
    """Every parameter random: LayerNorms and biases too."""
    torch.manual_seed(1)
    gpt = GPT(GPTConfig(n_layers=3, d_model=24, n_heads=3, d_mlp=40))
    for parameter in gpt.parameters():
        torch.nn.init.normal_(parameter, mean=0.1, std=0.3)
    return gpt.requires_grad_(False)


@pytest.fixture(scope="module")
def inputs():
    return random_games(5, seed=2)[:, :N_CTX].long()


def predictions(state, inputs):
    return bridge(state, n_heads=3, source="test")(inputs).log_softmax(-1)


def test_folding_changes_no_prediction(gpt, inputs):
    folded = fold(gpt.state_dict())
    assert not [name for name in folded if "ln" in name]
    expected = gpt(inputs).log_softmax(-1)
    assert expected.std() > 0.5
    torch.testing.assert_close(predictions(folded, inputs), expected, rtol=1e-3, atol=1e-3)


def test_folding_gives_the_weights_that_transformerlens_gives(gpt, as_bridge):
    oracle = as_bridge(gpt)
    oracle.enable_compatibility_mode(disable_warnings=True)
    expected = {
        name: w for name, w in oracle.state_dict().items() if ".ln" not in name and "ln_f" not in name
    }
    folded = fold(gpt.state_dict())
    assert folded.keys() == expected.keys()
    for name, weights in folded.items():
        torch.testing.assert_close(
            weights, expected[name], rtol=1e-4, atol=1e-4, msg=lambda m, n=name: f"{n}: {m}"
        )


def test_folding_twice_needs_nothing_more_to_fold(gpt):
    with pytest.raises(KeyError, match="ln1"):
        fold(fold(gpt.state_dict()))


@pytest.mark.parametrize("symmetry", SYMMETRIES)
def test_symmetries_take_games_to_games_and_undo_themselves(symmetry):
    tokens = random_games(7, seed=3)
    images = token_images(symmetry)
    assert (images[images] == torch.arange(61)).all()
    squares = torch.tensor([square_image(square, symmetry) for square in range(64)])
    mirrored = replay(images[tokens.long()])  # raises if a move were illegal
    expected = torch.empty_like(mirrored.states.flatten(2))
    expected[..., squares] = replay(tokens).states.flatten(2)
    assert torch.equal(mirrored.states.flatten(2), expected)


@pytest.mark.parametrize("symmetry", SYMMETRIES)
def test_a_relabelled_model_predicts_the_mirrored_game(gpt, inputs, symmetry):
    state = fold(gpt.state_dict())
    images = token_images(symmetry)
    expected = torch.empty(5, N_CTX, 61)
    expected[..., images] = predictions(state, inputs)
    found = predictions(relabel(state, symmetry), images[inputs])
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_swapping_neurons_changes_no_prediction_and_moves_them(gpt, inputs):
    state = fold(gpt.state_dict())
    swapped = swap_neurons(state, layer=1, first=7, second=33)
    torch.testing.assert_close(predictions(swapped, inputs), predictions(state, inputs), rtol=1e-4, atol=1e-4)
    assert torch.equal(swapped["blocks.1.mlp.in.weight"][33], state["blocks.1.mlp.in.weight"][7])
    assert torch.equal(swapped["blocks.1.mlp.in.bias"][7], state["blocks.1.mlp.in.bias"][33])
    assert torch.equal(swapped["blocks.1.mlp.out.weight"][:, 33], state["blocks.1.mlp.out.weight"][:, 7])
    assert torch.equal(swapped["blocks.2.mlp.in.weight"], state["blocks.2.mlp.in.weight"])
