"""Does training learn, in float32 and bfloat16 alike, go on from a checkpoint, and train the model that the
notebooks look into?"""

import math
from dataclasses import replace

import pytest
import torch

from othello_interp.board import initial_board, legal_moves, play
from othello_interp.rules.random_games import random_games
from othello_interp.squares import ALL_SQUARES
from othello_interp.training.muon import Muon, orthogonalise
from othello_interp.training.trainer import (
    EVALUATION_SEED,
    TrainConfig,
    Trainer,
    evaluate,
    excess_cross_entropy,
    legal_targets,
)
from othello_interp.weights.gpt import GPT, N_CTX, GPTConfig

SIZES = GPTConfig(n_layers=2, d_model=24, n_heads=3, d_mlp=40)
SHORT = TrainConfig(SIZES, games=60, batch=10, first_batch=5, part=3, seed=7, evaluation_games=5)


def random_gpt(seed: int) -> GPT:
    """A GPT in which every parameter is random, LayerNorms and biases too."""
    torch.manual_seed(seed)
    gpt = GPT(SIZES)
    for parameter in gpt.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return gpt.requires_grad_(False)


def test_targets_are_uniform_over_exactly_the_legal_moves():
    tokens = random_games(2, seed=5)
    targets = legal_targets(tokens)
    assert targets.shape == (2, 59, 61)
    torch.testing.assert_close(targets.sum(-1), torch.ones(2, 59))
    for game in range(2):
        board, player = initial_board(), 1
        for move in range(59):
            board, player = play(board, player, ALL_SQUARES[tokens[game, move] - 1]), -player
            legal = legal_moves(board, player).flatten()[ALL_SQUARES]
            expected = torch.cat([torch.zeros(1), legal.float() / legal.sum()])
            torch.testing.assert_close(targets[game, move], expected)


def test_excess_cross_entropy_is_zero_for_the_truth_and_known_for_a_guess():
    targets = legal_targets(random_games(2, seed=6))
    truth = (targets + 1e-30).log()
    torch.testing.assert_close(excess_cross_entropy(truth, targets), torch.zeros(2, 59))
    guess = torch.zeros(2, 59, 61)
    expected = math.log(61) - (targets > 0).sum(-1).float().log()
    torch.testing.assert_close(excess_cross_entropy(guess, targets), expected)


def test_evaluation_counts_illegal_moves_and_legal_mass():
    tokens = random_games(3, seed=8)
    targets = legal_targets(tokens)

    class Always(torch.nn.Module):
        """Four fifths of the probability on C0, the rest spread evenly."""

        def forward(self, inputs):
            probability = torch.full((*inputs.shape, 61), 0.2 / 60)
            probability[..., 17] = 0.8
            return probability.log()

    figures = evaluate(Always(), tokens, part=2)
    legal = targets > 0
    assert figures["illegal"] == pytest.approx(1 - legal[..., 17].float().mean().item())
    mass = legal.sum(-1) * 0.2 / 60 + legal[..., 17] * (0.8 - 0.2 / 60)
    assert figures["legal_mass"] == pytest.approx(mass.mean().item(), rel=1e-5)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-3), (torch.bfloat16, 0.03)])
@pytest.mark.parametrize("shape", [(3, 5, 11), (2, 11, 5), (2, 7, 7)])
def test_orthogonalise_keeps_the_singular_vectors_and_levels_the_values(shape, dtype, tolerance):
    torch.manual_seed(1)
    matrices = torch.randn(shape)
    u, s, vt = torch.linalg.svd(matrices, full_matrices=False)
    x = s / s.pow(2).sum(-1, keepdim=True).sqrt()
    for _ in range(5):  # the quintic, on singular values
        x = 3.4445 * x - 4.7750 * x**3 + 2.0315 * x**5
    found, expected = orthogonalise(matrices, dtype), u @ torch.diag_embed(x) @ vt
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance)
    assert (x > 0.3).all()
    assert (x < 1.3).all()


def test_orthogonalise_takes_each_matrix_by_itself():
    torch.manual_seed(2)
    matrices = torch.randn(3, 5, 7) * torch.tensor([1e-3, 1.0, 1e3])[:, None, None]
    torch.testing.assert_close(orthogonalise(matrices)[1:2], orthogonalise(matrices[1:2]))


def test_muon_steps_by_the_same_size_whatever_the_gradients():
    torch.manual_seed(3)
    parameter = torch.nn.Parameter(torch.zeros(11, 5))
    parameter.grad = 1e-4 * torch.randn(11, 5)
    Muon([parameter], lr=0.1).step()
    singular_values = torch.linalg.svdvals(parameter.detach()) / (0.1 * (11 / 5) ** 0.5)
    assert (singular_values > 0.6).all()
    assert (singular_values < 1.3).all()
    with pytest.raises(ValueError, match=r"not for shape \(5,\)"):
        Muon([torch.nn.Parameter(torch.zeros(5))])


def test_the_trained_model_is_the_one_the_notebooks_see(as_bridge):
    """TransformerBridge, loaded with the same weights, is the independent oracle."""
    gpt = random_gpt(4)
    bridge = as_bridge(gpt)
    tokens = random_games(4, seed=9)[:, :N_CTX].long()
    torch.testing.assert_close(gpt(tokens), bridge(tokens).detach(), rtol=1e-4, atol=1e-4)


def test_a_tiny_model_learns():
    config = TrainConfig(
        GPTConfig(1, 32, 2, 64), 960, batch=16, first_batch=16, muon_rate=0.05, adam_rate=0.02
    )
    trainer = Trainer(config, workers=1)
    held_out = random_games(20, EVALUATION_SEED)
    uniform_over_60 = math.log(60) - (legal_targets(held_out) > 0).sum(-1).float().log().mean().item()
    while trainer.progress < 1:
        trainer.step()
    figures = evaluate(trainer.model, held_out)
    assert figures["excess"] < uniform_over_60 - 0.2
    assert figures["illegal"] < 0.75


def test_what_a_gpu_does_otherwise_changes_little():
    """The whole batch in one part, games for 64 steps at once: here on the CPU."""
    config = replace(SHORT, games=300, first_batch=10)
    plain, other = (Trainer(config, workers=2, dtype=torch.float32) for _ in range(2))
    other.on_gpu = True
    differences = [abs(plain.step()["excess"] - other.step()["excess"]) for _ in range(30)]
    assert max(differences) < 3e-6  # rounding: the parts differ
    assert len(other._inputs) == 8 * len(plain._inputs)


def test_in_bfloat16_the_loss_falls_as_in_float32():
    """The same games from the same weights. At first the curves differ by the rounding of the logits. That
    then sends the weights their own ways, as another seed would, but the loss they come to is the same: it
    falls by 0.3 over these steps, two seeds differ by 0.02 at their end, and these two curves by 0.0001.
    """
    config = TrainConfig(
        GPTConfig(2, 32, 2, 64), 960, batch=16, first_batch=16, muon_rate=0.05, adam_rate=0.02
    )
    curves = []
    for dtype in (torch.float32, torch.bfloat16):
        trainer = Trainer(config, workers=1, dtype=dtype)
        curves.append(torch.tensor([trainer.step()["excess"] for _ in range(60)]))
    exact, rounded = curves
    differences = (rounded - exact).abs()
    assert 0 < differences[:10].max() < 3e-4
    assert exact[-10:].mean() < exact[0] - 0.3
    assert (rounded[-10:].mean() - exact[-10:].mean()).abs() < 0.003


def test_bfloat16_is_for_products_only():
    """Weights, gradients, momentum, residual stream and LayerNorms stay float32."""
    trainer = Trainer(replace(SHORT, batch=5), workers=1, dtype=torch.bfloat16)
    seen = {}
    for name, module in trainer.model.named_modules():
        module.register_forward_hook(lambda _, __, output, name=name: seen.update({name: output.dtype}))
    trainer.step()
    low = {name for name, dtype in seen.items() if dtype == torch.bfloat16}
    blocks = {f"blocks.{i}.{part}" for i in range(2) for part in ("attn", "mlp", "mlp.in", "mlp.out")}
    assert low == blocks | {f"blocks.{i}.attn.{c}" for i in range(2) for c in "qkvo"} | {"unembed", ""}
    for parameter in trainer.parameters:
        assert parameter.dtype == parameter.grad.dtype == torch.float32
    assert all(state["momentum"].dtype == torch.float32 for state in trainer.optimisers[0].state.values())


def test_attention_is_causal_and_that_of_the_fused_kernel():
    torch.manual_seed(5)
    attention = random_gpt(5).blocks[0].attn
    x = torch.randn(3, 11, SIZES.d_model)
    q, k, v = (getattr(attention, c)(x).unflatten(-1, (3, 8)).transpose(1, 2) for c in "qkv")
    z = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    torch.testing.assert_close(attention(x), attention.o(z.transpose(1, 2).flatten(2)))


def test_the_learning_rate_warms_up_stays_and_decays():
    trainer = Trainer(replace(SHORT, games=1000, minutes=10.0))
    rates = {}
    for games, steps, minutes in [(0, 0, 0), (250, 500, 0), (650, 500, 0), (0, 500, 6.5), (999, 500, 10)]:
        trainer.games, trainer.steps, trainer.seconds = games, steps, 60 * minutes
        rates[games, minutes] = trainer.rate
    assert rates[0, 0] == pytest.approx(0.01)
    assert rates[250, 0] == 1.0
    assert rates[650, 0] == rates[0, 6.5] == pytest.approx(0.51)
    assert rates[999, 10] == pytest.approx(0.02)


def test_batches_grow_with_the_games_seen():
    trainer = Trainer(replace(SHORT, batch=96, first_batch=32))
    batches = []
    for trainer.games in (0, 9_599, 9_600, 19_199, 19_200):
        batches.append(trainer.batch)
    assert batches == [32, 32, 64, 64, 96]


def test_a_cycle_ends_decayed():
    trainer = Trainer(replace(SHORT, games=600, batch=5), workers=1)
    rates = []
    while trainer.progress < 1:
        trainer.step()
        rates.append([optimiser.param_groups[0]["lr"] for optimiser in trainer.optimisers])
    assert len(rates) == 120
    last_step = 0.98 / 0.7 / 120  # by how much the rate falls in one step
    assert rates[-1] == pytest.approx([0.02 * (0.02 + last_step), 2e-3 * (0.02 + last_step)])


def test_a_batch_is_shared_out_evenly(monkeypatch):
    trainer = Trainer(replace(SHORT, batch=22, first_batch=22, part=6), workers=3, dtype=torch.float32)
    sizes, gradient = [], trainer._gradient

    def count(tokens, *rest):
        sizes.append(len(tokens))
        return gradient(tokens, *rest)

    monkeypatch.setattr(trainer, "_gradient", count)
    trainer.step()
    assert sorted(sizes) == [3, 3, 4, 4, 4, 4]  # two for each of three workers, none above six


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_resuming_gives_the_very_weights_of_a_run_without_a_break(tmp_path, dtype):
    """With as many workers; with others, parts and so rounding differ."""
    config = replace(SHORT, part=4)
    whole = Trainer(config, workers=2, dtype=dtype)
    while whole.progress < 1:
        whole.step()

    first = Trainer(config, workers=2, dtype=dtype)
    for _ in range(4):
        first.step()
    first.save(tmp_path / "checkpoint.pt")
    first.step()  # lost in the kill
    others = {n: Trainer.resume(tmp_path / "checkpoint.pt", workers=n, dtype=dtype) for n in (2, 1)}
    for second in others.values():
        assert second.config == config
        while second.progress < 1:
            second.step()
        assert second.games == whole.games

    for name, weights in whole.model.state_dict().items():
        assert torch.equal(weights, others[2].model.state_dict()[name]), name
        tolerance = 1e-5 if dtype == torch.float32 else 1e-2
        torch.testing.assert_close(weights, others[1].model.state_dict()[name], rtol=0, atol=tolerance)


def test_a_kill_while_writing_a_checkpoint_leaves_the_one_before(tmp_path, monkeypatch):
    trainer = Trainer(SHORT, workers=1)
    trainer.step()
    trainer.save(tmp_path / "checkpoint.pt")
    games = trainer.games
    trainer.step()

    def cut_short(state, path):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", cut_short)
    with pytest.raises(KeyboardInterrupt):
        trainer.save(tmp_path / "checkpoint.pt")
    assert Trainer.resume(tmp_path / "checkpoint.pt", workers=1).games == games


def test_the_held_out_seed_is_refused():
    with pytest.raises(ValueError, match="held-out"):
        Trainer(replace(SHORT, seed=EVALUATION_SEED))


def test_weights_of_another_shape_are_refused():
    state = random_gpt(0).state_dict()
    state["blocks.1.mlp.in.weight"] = torch.zeros(41, 24)
    with pytest.raises(ValueError, match=r"blocks.1.mlp.in.weight is \(41, 24\), expected \(40, 24\)"):
        GPT(SIZES).load_weights(state)
    del state["blocks.1.mlp.in.weight"]
    with pytest.raises(ValueError, match=r"missing \['blocks.1.mlp.in.weight'\]"):
        GPT(SIZES).load_weights(state)
