"""Do the neuron functions agree with slow references, on unequal random sizes and on both models?"""

import numpy as np
import pytest
import torch

from othello_interp import neurons
from othello_interp.board import relative, replay, theirs_vs_mine
from othello_interp.probe import Probe, load_probe


@pytest.fixture(params=["tiny", "embedded"])
def model(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def boards(tokens):
    """Boards of 7 games, as the player about to move sees them, (7, 60, 8, 8): 0/1/2 and plus-minus."""
    played = replay(tokens[:7])
    return theirs_vs_mine(played.states, -played.movers), relative(played.states, -played.movers)


def random(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# --- weights -----------------------------------------------------------------------------------


def test_w_in_and_w_out_are_what_the_mlp_uses(model):
    mlp, neuron = model.blocks[1].mlp, 7
    x = random(3, 5, model.cfg.d_model)
    pre = x @ neurons.get_w_in(model, 1, neuron) + mlp.b_in[neuron]
    hidden = torch.zeros(3, 5, model.cfg.d_mlp)
    hidden[..., neuron] = torch.nn.functional.gelu(pre)
    everything = torch.nn.functional.gelu(x @ mlp.W_in + mlp.b_in)
    without = everything - hidden
    by_hand = (
        without @ mlp.W_out + mlp.b_out + hidden[..., neuron, None] * neurons.get_w_out(model, 1, neuron)
    )
    torch.testing.assert_close(mlp(x), by_hand, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("get", [neurons.get_w_in, neurons.get_w_out])
def test_normalized_weights_have_unit_length_and_are_copies(model, get):
    plain, unit = get(model, 0, 3), get(model, 0, 3, normalize=True)
    assert unit.norm().item() == pytest.approx(1, abs=1e-6)
    torch.testing.assert_close(unit * plain.norm(), plain)
    before = get(model, 0, 3)
    plain.zero_()
    assert torch.equal(get(model, 0, 3), before)


@pytest.mark.parametrize(("layer", "neuron", "message"), [
    (9, 0, r"layer 9 doesn't exist: this model has layers 0..1"),
    (0, 36, r"neuron 36 doesn't exist: this model has neurons 0..35"),
    (-1, 0, "layer -1 doesn't exist"),
])  # fmt: skip
def test_no_such_neuron(tiny, layer, neuron, message):
    with pytest.raises(ValueError, match=message):
        neurons.get_w_out(tiny, layer, neuron)


def test_logit_attribution(model, slow):
    vectors = random(2, 3, model.cfg.d_model)
    boards = neurons.logit_attribution(vectors, model.W_U)
    assert boards.shape == (2, 3, 8, 8)
    torch.testing.assert_close(
        boards[1, 2], slow.logit_attribution(vectors[1, 2], model.W_U), rtol=1e-4, atol=1e-4
    )


def test_logit_attribution_is_the_change_of_the_logits(embedded):
    """What w_out adds to the logits of C0 and D1 when it is written into the last residual stream."""
    w_out = neurons.get_w_out(embedded, 5, 1393)
    resid = random(embedded.cfg.d_model)
    change = (resid + w_out) @ embedded.W_U - resid @ embedded.W_U
    board = neurons.logit_attribution(w_out, embedded.W_U)
    assert board[2, 0].item() == pytest.approx(change[17].item(), abs=1e-4)
    assert board[3, 1].item() == pytest.approx(change[26].item(), abs=1e-4)
    assert (board[3:5, 3:5] == 0).all()


def test_weights_in_probe_basis(slow):
    vectors, directions = random(2, 11), random(11, 8, 8, seed=1)
    directions[:, 3, 4] = 0
    boards = neurons.weights_in_probe_basis(vectors, directions)
    torch.testing.assert_close(boards[1], slow.weights_in_probe_basis(vectors[1], directions))
    assert boards[0, 3, 4] == 0


def test_weights_in_probe_basis_of_the_embedded_neuron(embedded, slow):
    w_in, probe = neurons.get_w_in(embedded, 5, 1393), load_probe("embedded")
    for directions in (probe.blank, probe.mine):
        board = neurons.weights_in_probe_basis(w_in, directions)
        torch.testing.assert_close(board, slow.weights_in_probe_basis(w_in, directions), rtol=1e-4, atol=1e-5)


def test_cosine_similarity(model, slow):
    a, b = model.W_U[:, 17], model.W_U[:, 26]
    assert neurons.cosine_similarity(a, b).item() == pytest.approx(
        slow.cosine_similarity(a, b).item(), abs=1e-5
    )
    both = neurons.cosine_similarity(random(3, 5), random(3, 5, seed=1))
    expected = torch.nn.functional.cosine_similarity(random(3, 5), random(3, 5, seed=1), dim=-1)
    torch.testing.assert_close(both, expected)


# --- variance fraction -------------------------------------------------------------------------


@pytest.mark.parametrize("k", [1, 5, 11, 13])
def test_variance_fraction(slow, k):
    vectors, basis = random(3, 11), random(11, k, seed=1)
    fractions = neurons.variance_fraction(vectors, basis)
    for vector, fraction in zip(vectors, fractions, strict=True):
        assert fraction.item() == pytest.approx(slow.variance_fraction(vector, basis), abs=1e-5)


def test_variance_fraction_of_the_model(model, slow):
    basis = model.W_U[:, 1:]
    fractions = neurons.variance_fraction(model.blocks[1].mlp.W_out, basis)
    assert fractions.shape == (model.cfg.d_mlp,)
    for neuron in (0, 7):
        expected = slow.variance_fraction(model.blocks[1].mlp.W_out[neuron], basis)
        assert fractions[neuron].item() == pytest.approx(expected, abs=1e-4)


def test_dependent_columns_change_nothing():
    vector, basis = random(11), random(11, 3, seed=1)
    more = torch.cat([basis, basis @ random(3, 4, seed=2), torch.zeros(11, 2)], dim=1)
    assert neurons.orthonormal_basis(more).shape == (11, 3)
    torch.testing.assert_close(
        neurons.variance_fraction(vector, more), neurons.variance_fraction(vector, basis)
    )


def test_a_random_vector_has_rank_over_dimension():
    fractions = neurons.variance_fraction(random(4000, 20), random(20, 5, seed=1))
    # Beta(5/2, 15/2): standard deviation 0.13, of the mean 0.0021.
    assert fractions.mean().item() == pytest.approx(5 / 20, abs=0.011)


@pytest.mark.parametrize(("basis", "message"), [
    (torch.full((11, 2), float("nan")), "basis: expected finite numbers; found NaN or infinity"),
    (torch.zeros(11, 2), r"a basis of shape \(11, 2\) without a non-zero column spans nothing"),
    (torch.zeros(11, 0), r"a basis of shape \(11, 0\) without a non-zero column"),
])  # fmt: skip
def test_a_basis_that_is_none(basis, message):
    with pytest.raises(ValueError, match=message):
        neurons.variance_fraction(random(11), basis)


def test_a_zero_vector_has_no_fraction():
    with pytest.raises(ValueError, match="a zero vector has no variance"):
        neurons.variance_fraction(torch.zeros(2, 11), random(11, 3))


# --- activations -------------------------------------------------------------------------------


def acts_of(model, tokens, layer=1):
    _, cache = model.run_with_cache(tokens[:7, :59].long(), names_filter=f"blocks.{layer}.mlp.hook_post")
    return cache["post", layer]


def test_neuron_stats(tiny, tokens, slow):
    acts = acts_of(tiny, tokens)[..., :5]
    np.testing.assert_allclose(
        neurons.neuron_stats(acts).to_numpy(), slow.neuron_stats(acts), rtol=1e-3, atol=1e-5
    )
    assert neurons.neuron_stats(acts).index.name == "neuron"


def test_neuron_stats_of_the_embedded_model(embedded, tokens, slow):
    acts = acts_of(embedded, tokens, 5)[..., 1390:1394]
    np.testing.assert_allclose(
        neurons.neuron_stats(acts).to_numpy(), slow.neuron_stats(acts), rtol=1e-3, atol=1e-5
    )


def test_top_activations(slow):
    acts = random(3, 7, 5)
    by_count, by_quantile = (
        neurons.top_activations(acts, count=4),
        neurons.top_activations(acts, quantile=0.8),
    )
    for neuron in range(5):
        one = acts[..., neuron]
        assert {tuple(p) for p in by_count[..., neuron].nonzero().tolist()} == set(slow.top_by_count(one, 4))
        assert {tuple(p) for p in by_quantile[..., neuron].nonzero().tolist()} == set(
            slow.top_by_quantile(one, 0.8)
        )
        assert torch.equal(neurons.top_activations(one, count=4), by_count[..., neuron])
        assert torch.equal(neurons.top_activations(one, quantile=0.8), by_quantile[..., neuron])


def test_an_activation_at_the_quantile_is_not_above_it():
    acts = torch.tensor([[0.0, 1.0, 2.0], [2.0, 2.0, 3.0], [4.0, -1.0, 5.0]])  # the median is 2
    assert neurons.top_activations(acts, quantile=0.5).nonzero().tolist() == [[1, 2], [2, 0], [2, 2]]
    assert neurons.top_activations(acts, quantile=0.0).sum() == 8, "all but the smallest"


def test_torch_never_has_to_take_the_quantile_of_too_many_numbers(monkeypatch):
    """torch.quantile refuses more than 2**24. Here the columns come in parts, and none is lost."""
    sizes = []

    def nothing(part, *args, **kwargs):
        sizes.append(part.numel())
        return torch.zeros(part.shape[1])

    monkeypatch.setattr(torch.Tensor, "quantile", nothing)
    acts = random(40, 50, 3).repeat(1, 1, 3000)
    assert torch.equal(neurons.top_activations(acts, quantile=0.99), acts > 0)
    assert sizes == [16_000_000, 2_000_000]


@pytest.mark.parametrize("count", [1, 21])
def test_the_fewest_and_the_most_moves(count):
    assert neurons.top_activations(random(3, 7), count=count).sum() == count


@pytest.mark.parametrize(("options", "message"), [
    ({}, "give either quantile or count; found quantile=None, count=None"),
    ({"quantile": 0.5, "count": 3}, "give either quantile or count"),
    ({"quantile": 1.0}, "quantile: expected a number from 0 up to 1, such as 0.99; found 1.0"),
    ({"quantile": -0.1}, "found -0.1"),
    ({"count": 0}, "count: expected 1..21, the number of moves; found 0"),
    ({"quantile": 99.0}, "quantile: expected a number from 0 up to 1, such as 0.99; found 99.0"),
    ({"count": 22}, "count: expected 1..21, the number of moves; found 22"),
])  # fmt: skip
def test_top_activations_of_nonsense(options, message):
    with pytest.raises(ValueError, match=message):
        neurons.top_activations(random(3, 7), **options)


def test_aggregated_boards(boards, tiny, tokens, slow):
    states, plus_minus = boards[0][:, :59], boards[1][:, :59]
    mask = neurons.top_activations(acts_of(tiny, tokens)[..., :3], count=6)
    frequencies, means = neurons.square_frequencies(states, mask), neurons.mean_board(plus_minus, mask)
    assert frequencies.shape == (3, 3, 8, 8)
    for neuron in range(3):
        places = [tuple(place) for place in mask[..., neuron].nonzero().tolist()]
        torch.testing.assert_close(frequencies[neuron], slow.square_frequencies(states, places))
        torch.testing.assert_close(means[neuron], slow.mean_board(plus_minus, places))
        torch.testing.assert_close(neurons.mean_board(plus_minus, mask[..., neuron]), means[neuron])


def test_aggregated_boards_of_the_embedded_model(boards, embedded, tokens, slow):
    states = boards[0][:, :59]
    mask = neurons.top_activations(acts_of(embedded, tokens, 5)[..., 1393], quantile=0.99)
    places = [tuple(place) for place in mask.nonzero().tolist()]
    torch.testing.assert_close(
        neurons.square_frequencies(states, mask), slow.square_frequencies(states, places)
    )


def test_boards_and_mask_must_match(boards):
    # Without run-time shape checks, as users have it.
    with pytest.raises(ValueError, match=r"found \(7, 60\) and \(7, 59\).*states\[:, :59\]"):
        neurons._average.__wrapped__(boards[1].float(), torch.ones(7, 59, 2, dtype=torch.bool))
    with pytest.raises(ValueError, match="no move is marked"):
        neurons.mean_board(boards[1], torch.zeros(7, 60, dtype=torch.bool))


def test_top_neurons():
    acts = torch.stack([random(3, 7, seed=i) * scale for i, scale in enumerate([1.0, 5.0, 0.1, 9.0])], dim=-1)
    assert neurons.top_neurons(acts, 2) == [3, 1]


def test_probe_basis_has_no_centre_blank():
    probe = Probe(random(11, 8, 8, 3), random(8, 8, 3), layer=0)
    assert probe.basis.shape == (11, 124)
    assert (probe.blank[:, 3:5, 3:5] == 0).all()
    assert (probe.blank.norm(dim=0) > 0).sum() == 60
