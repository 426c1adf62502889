"""Do folding, relabelling and swapping leave every prediction alone? Is the neuron found that is meant?"""

import pytest
import torch

from othello_interp.authoring.surgery import (
    SYMMETRIES,
    best_neurons,
    relabel,
    square_image,
    swap_neurons,
    token_images,
)
from othello_interp.board import replay
from othello_interp.games import FocusGames
from othello_interp.model import bridge
from othello_interp.rules.random_games import random_games
from othello_interp.squares import label_to_square
from othello_interp.weights.fold import fold
from othello_interp.weights.gpt import GPT, N_CTX, GPTConfig

HYPOTHESIS = "C0==BLANK & D1==THEIRS & E2==MINE"


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


def test_the_planted_neuron_is_found_through_its_symmetry():
    """A neuron made to fit the anti-transposed hypothesis, among noise, one of them a better fit that
    boosts another square."""
    torch.manual_seed(4)
    tokens = random_games(30, seed=5)
    boards = replay(tokens)
    from othello_interp.board import theirs_vs_mine

    states = theirs_vs_mine(boards.states, -boards.movers)[:, :N_CTX]
    squares = [square_image(label_to_square(label), "anti-transpose") for label in ("C0", "D1", "E2")]
    flat = states.flatten(2)
    labels = (
        (flat[..., squares[0]] == 0) & (flat[..., squares[1]] == 1) & (flat[..., squares[2]] == 2)
    ).float()
    acts = torch.randn(30, N_CTX, 11)
    acts[..., 6] += 4 * labels
    acts[..., 8] += 8 * labels
    W_U = torch.randn(70, 61)
    w_out = torch.randn(11, 70)
    w_out[6] = _boosting(W_U, squares[0])
    w_out[8] = _boosting(W_U, label_to_square("B5"))
    best = best_neurons(acts, states, w_out, W_U, HYPOTHESIS, label_to_square("C0"))[0]
    assert (best.neuron, best.symmetry) == (6, "anti-transpose")
    assert best.auc > 0.95
    assert best.attribution == pytest.approx(1, abs=1e-3)
    assert best.next_attribution == pytest.approx(0, abs=1e-3)


def test_the_choice_survives_the_rewrite(gpt):
    """Relabelled and swapped as the choice says, the model's neuron fits the hypothesis exactly as well."""
    state = fold(gpt.state_dict())
    tokens = random_games(20, seed=6)

    def best(state, tokens):
        model = bridge(state, n_heads=3, source="test")
        games = FocusGames(model, tokens)
        acts, boards = games.cache["post", 1], games.states_theirs_vs_mine[:, :N_CTX]
        return best_neurons(
            acts, boards, model.blocks[1].mlp.W_out, model.W_U, HYPOTHESIS, label_to_square("C0")
        )

    chosen = best(state, tokens)[0]
    rewritten = swap_neurons(relabel(state, chosen.symmetry), 1, chosen.neuron, 3)
    mirrored = token_images(chosen.symmetry)[tokens.long()].to(torch.uint8)
    again = next(c for c in best(rewritten, mirrored) if (c.neuron, c.symmetry) == (3, "identity"))
    assert again.auc == pytest.approx(chosen.auc, abs=1e-4)
    assert again.attribution == pytest.approx(chosen.attribution, rel=1e-3)


def _boosting(W_U, square):
    """An output vector that adds 1 to the logit of a square and nothing to the others."""
    from othello_interp.squares import square_to_id

    target = torch.zeros(61)
    target[square_to_id(square)] = 1
    return torch.linalg.lstsq(W_U.T, target).solution
