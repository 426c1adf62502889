"""Does training learn, survive a kill, and train the very model that the notebooks look into?"""

import json
import math
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from othello_interp.board import initial_board, legal_moves, play
from othello_interp.model import load_model
from othello_interp.rules.random_games import random_games
from othello_interp.squares import ALL_SQUARES
from othello_interp.training.command import train
from othello_interp.training.log import read_records
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


@pytest.mark.parametrize("shape", [(3, 5, 11), (2, 11, 5), (2, 7, 7)])
def test_orthogonalise_keeps_the_singular_vectors_and_levels_the_values(shape):
    torch.manual_seed(1)
    matrices = torch.randn(shape)
    u, s, vt = torch.linalg.svd(matrices, full_matrices=False)
    x = s / s.pow(2).sum(-1, keepdim=True).sqrt()
    for _ in range(5):  # the quintic, on singular values
        x = 3.4445 * x - 4.7750 * x**3 + 2.0315 * x**5
    torch.testing.assert_close(orthogonalise(matrices), u @ torch.diag_embed(x) @ vt, rtol=1e-3, atol=1e-3)
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
    """bfloat16 products, the whole batch in one part, games for 64 steps at once: here on the CPU."""
    config = replace(SHORT, games=300, first_batch=10)
    plain, other = Trainer(config, workers=1), Trainer(config, workers=1)
    other.on_gpu = True
    differences = [abs(plain.step()["excess"] - other.step()["excess"]) for _ in range(30)]
    assert 3e-6 < max(differences) < 1e-3  # float32 alone differs by 5e-7, since the parts do
    assert len(other._inputs) == 8 * len(plain._inputs)


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


def test_resuming_gives_the_very_weights_of_a_run_without_a_break(tmp_path):
    whole = Trainer(SHORT, workers=2)
    while whole.progress < 1:
        whole.step()

    first = Trainer(SHORT, workers=1)
    for _ in range(4):
        first.step()
    first.save(tmp_path / "checkpoint.pt")
    first.step()  # lost in the kill
    second = Trainer(SHORT, workers=2)
    second.load(tmp_path / "checkpoint.pt")
    while second.progress < 1:
        second.step()

    assert second.games == whole.games
    for name, weights in whole.model.state_dict().items():
        assert torch.equal(weights, second.model.state_dict()[name]), name


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
    after = Trainer(SHORT, workers=1)
    after.load(tmp_path / "checkpoint.pt")
    assert after.games == games


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    Trainer(SHORT, workers=1).save(tmp_path / "checkpoint.pt")
    with pytest.raises(ValueError, match=r"other options \(seed 7, not 8\)"):
        Trainer(replace(SHORT, seed=8), workers=1).load(tmp_path / "checkpoint.pt")


def test_the_held_out_seed_is_refused():
    with pytest.raises(ValueError, match="held-out"):
        Trainer(replace(SHORT, seed=EVALUATION_SEED))


def test_a_run_leaves_weights_a_log_and_a_picture(tmp_path):
    """And goes on from given weights, folded or not, and a second call finds nothing left to do."""
    gpt = random_gpt(10)
    folded = {name: w for name, w in gpt.state_dict().items() if ".ln" not in name and "ln_final" not in name}
    save_file(folded, tmp_path / "init.safetensors")
    out = tmp_path / "run"
    train(SHORT, out, init=tmp_path / "init.safetensors", workers=1)
    records = read_records(out / "metrics.jsonl", up_to=60)
    assert [record["games"] for record in records] == [0, 60]
    start = GPT(SIZES)
    start.load_weights(folded)
    held_out = random_games(5, EVALUATION_SEED)
    assert records[0]["excess"] == pytest.approx(evaluate(start, held_out)["excess"], rel=1e-4)
    assert torch.equal(start.blocks[1].ln2.weight, torch.ones(24))
    assert "Held-out games" in (out / "loss_curve.html").read_text()[-20_000:]

    final = load_file(out / "model.safetensors")
    trained = GPT(SIZES)
    trained.load_weights(final)
    inputs = held_out[:, :N_CTX].long()
    seen = load_model(out / "model.safetensors")(inputs).log_softmax(-1)
    torch.testing.assert_close(seen, trained(inputs).log_softmax(-1), rtol=1e-3, atol=1e-3)

    train(SHORT, out, workers=1)
    assert all(torch.equal(w, final[name]) for name, w in load_file(out / "model.safetensors").items())
    assert len(read_records(out / "metrics.jsonl", up_to=60)) == 2


def test_weights_of_another_shape_are_refused():
    state = random_gpt(0).state_dict()
    state["blocks.1.mlp.in.weight"] = torch.zeros(41, 24)
    with pytest.raises(ValueError, match=r"blocks.1.mlp.in.weight is \(41, 24\), expected \(40, 24\)"):
        GPT(SIZES).load_weights(state)
    del state["blocks.1.mlp.in.weight"]
    with pytest.raises(ValueError, match=r"missing \['blocks.1.mlp.in.weight'\]"):
        GPT(SIZES).load_weights(state)


def test_the_log_forgets_what_came_after_the_checkpoint(tmp_path):
    log = tmp_path / "metrics.jsonl"
    log.write_text('{"games": 10, "excess": 1}\n{"games": 20, "excess": 2}\n{"games": 3')
    assert read_records(log, up_to=15) == [{"games": 10, "excess": 1}]
    assert json.loads(log.read_text()) == {"games": 10, "excess": 1}


@pytest.mark.slow
def test_the_command_survives_kill_9(tmp_path):
    """Killed as soon as it has a checkpoint, the same command ends where an unbroken run ends."""
    command = [sys.executable, "-m", "othello_interp.cli", "train", "--preset", "tiny", "--games", "640"]
    command += ["--threads", "1", "--save-minutes", "0"]
    subprocess.run([*command, "--out", str(tmp_path / "whole")], check=True, capture_output=True)
    broken = subprocess.Popen([*command, "--out", str(tmp_path / "broken")], stderr=subprocess.DEVNULL)
    log = tmp_path / "broken" / "metrics.jsonl"
    while not log.exists() or len(log.read_text().splitlines()) < 4:
        assert broken.poll() is None
    broken.send_signal(signal.SIGKILL)
    broken.wait()
    assert not (tmp_path / "broken" / "model.safetensors").exists()
    subprocess.run([*command, "--out", str(tmp_path / "broken")], check=True, capture_output=True)
    whole, resumed = (load_file(tmp_path / run / "model.safetensors") for run in ("whole", "broken"))
    assert all(torch.equal(w, resumed[name]) for name, w in whole.items())
