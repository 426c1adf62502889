"""`othello-interp train`: a cycle ends decayed, survives a kill, begins anew from weights. What it writes."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from othello_interp import cli
from othello_interp.model import load_model
from othello_interp.rules.random_games import random_games
from othello_interp.training import command
from othello_interp.training.log import read_records
from othello_interp.training.trainer import EVALUATION_SEED, PRESETS, TrainConfig, evaluate
from othello_interp.weights.gpt import GPT, N_CTX

TINY = PRESETS["tiny"].model


@pytest.fixture(autouse=True)
def kept(monkeypatch) -> list[str]:
    """Collects calls of keep_memory, which would last for the tests that follow. And the tiny preset has four
    held-out games only, so that a record costs little."""
    calls: list[str] = []
    monkeypatch.setattr(command, "keep_memory", lambda: calls.append("kept"))
    monkeypatch.setitem(PRESETS, "tiny", TrainConfig(TINY, 8_000, evaluation_games=4))
    return calls


def train(*options) -> int:
    return cli.main(["train", "--preset", "tiny", "--batch", "8", "--threads", "1", *map(str, options)])


def resume(*options) -> int:
    return cli.main(["train", "--resume", *map(str, options)])


def folded_weights(path: Path) -> GPT:
    """Weights without LayerNorms, as data/ has them, written to `path`; returns the same model."""
    torch.manual_seed(10)
    gpt = GPT(TINY).requires_grad_(False)
    save_file({name: w for name, w in gpt.state_dict().items() if "ln" not in name.split(".")[-2]}, path)
    return gpt


def test_a_run_leaves_weights_a_log_and_a_picture(tmp_path, capsys, kept):
    out = tmp_path / "run"
    assert train("--games", 400, "--batch", 4, "--first-batch", 4, "--out", out) == 0
    assert kept == ["kept"]
    assert "model.safetensors, metrics.jsonl and loss_curve.html" in capsys.readouterr().out
    first, last = read_records(out / "metrics.jsonl", up_to=400)
    assert (first["games"], last["games"]) == (0, 400)
    assert last["rate"] == pytest.approx(0.02)  # the cycle ends decayed
    assert last["excess"] < first["excess"]
    assert "Held-out games" in (out / "loss_curve.html").read_text()[-20_000:]

    trained = GPT(TINY)
    trained.load_weights(load_file(out / "model.safetensors"))
    held_out = random_games(4, EVALUATION_SEED)
    assert evaluate(trained, held_out)["excess"] == pytest.approx(last["excess"], rel=1e-4)
    inputs = held_out[:, :N_CTX].long()
    seen = load_model(out / "model.safetensors")(inputs).log_softmax(-1)
    torch.testing.assert_close(seen, trained(inputs).log_softmax(-1), rtol=1e-3, atol=1e-3)


def test_a_finished_run_resumed_stays_as_it_is_or_takes_a_larger_budget(tmp_path):
    train("--games", 40, "--out", tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    assert resume("--out", tmp_path) == 0
    assert all(torch.equal(w, weights[name]) for name, w in load_file(tmp_path / "model.safetensors").items())
    assert resume("--out", tmp_path, "--games", 80) == 0
    assert [record["games"] for record in read_records(tmp_path / "metrics.jsonl", 80)] == [0, 40, 80]


def test_a_cycle_begins_anew_from_weights(tmp_path):
    gpt = folded_weights(tmp_path / "init.safetensors")
    out = tmp_path / "run"
    assert train("--games", 8, "--init", tmp_path / "init.safetensors", "--seed", 2, "--out", out) == 0
    first, last = read_records(out / "metrics.jsonl", up_to=100)
    held_out = random_games(4, EVALUATION_SEED)
    assert first["excess"] == pytest.approx(evaluate(gpt, held_out)["excess"], rel=1e-4)
    assert (first["games"], last["games"]) == (0, 8)  # a whole batch from the start


def test_what_cannot_be_begun_or_resumed_is_said(tmp_path, capsys):
    folded_weights(tmp_path / "init.safetensors")
    run = tmp_path / "run"

    def error(*options) -> str:
        assert cli.main(["train", *map(str, options)]) == 2
        return capsys.readouterr().err

    assert f"No {run / 'checkpoint.pt'} to resume from: leave out --resume" in error("--out", run, "--resume")
    assert "--init needs a --seed" in error("--out", run, "--init", tmp_path / "init.safetensors")
    assert not run.exists()
    train("--games", 8, "--out", run)
    assert f"{run} holds a run already: go on with it by --resume" in error("--out", run)
    assert "leave out --preset" in error("--out", run, "--resume", "--preset", "tiny")
    with pytest.raises(SystemExit):
        error("--out", run, "--resume", "--init", tmp_path / "init.safetensors")
    assert "not allowed with argument" in capsys.readouterr().err


def test_the_log_forgets_what_came_after_the_checkpoint(tmp_path):
    log = tmp_path / "metrics.jsonl"
    log.write_text('{"games": 10, "excess": 1}\n{"games": 20, "excess": 2}\n{"games": 3')
    assert read_records(log, up_to=15) == [{"games": 10, "excess": 1}]
    assert json.loads(log.read_text()) == {"games": 10, "excess": 1}


@pytest.mark.slow
def test_resuming_after_kill_9_ends_where_an_unbroken_run_ends(tmp_path):
    """Killed in the middle of its steps and of writing checkpoints."""
    begin = ["--preset", "tiny", "--games", "320", "--threads", "1"]
    assert cli.main(["train", *begin, "--out", str(tmp_path / "whole")]) == 0
    run = [sys.executable, "-m", "othello_interp.cli", "train", "--out", str(tmp_path / "broken")]
    broken = subprocess.Popen([*run, *begin, "--save-minutes", "0"], stderr=subprocess.DEVNULL)
    log = tmp_path / "broken" / "metrics.jsonl"
    while not log.exists() or len(log.read_text().splitlines()) < 4:
        assert broken.poll() is None
    broken.send_signal(signal.SIGKILL)
    broken.wait()
    assert not (tmp_path / "broken" / "model.safetensors").exists()
    subprocess.run([*run, "--resume", "--threads", "1"], check=True, capture_output=True)
    whole, resumed = (load_file(tmp_path / run / "model.safetensors") for run in ("whole", "broken"))
    assert all(torch.equal(w, resumed[name]) for name, w in whole.items())
