"""Does a scan count what naive loops count, in any parts and order, after any kill, on any machine?"""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import fields
from threading import Thread

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from sklearn.metrics import roc_auc_score

from othello_interp import cli
from othello_interp.atlas import examples, features
from othello_interp.atlas.forward import each_layer, plain_model
from othello_interp.atlas.grid import BANDS, BINS, QUANTILES, calibrate
from othello_interp.atlas.scan import count_games, count_part, scan
from othello_interp.atlas.summary import SAMPLE, TOP, Summary, band_levels
from othello_interp.board import replay, theirs_vs_mine
from othello_interp.errors import InputError, OthelloInterpError
from othello_interp.hypotheses import parse
from othello_interp.model import tiny_state
from othello_interp.rules.random_games import random_games
from othello_interp.weights.gpt import GPT, GPTConfig

SEED, GAMES = 3, 70  # more than fit one part of 64
F32 = torch.float32


@pytest.fixture(scope="module")
def plain(tiny):
    return plain_model(tiny)


@pytest.fixture(scope="module")
def grid(plain):
    return calibrate(plain, games=40)


@pytest.fixture(scope="module")
def whole(plain, grid):
    return count_part(plain, grid, range(GAMES), SEED, F32)


@pytest.fixture(scope="module")
def played(tiny):
    """The same games as TransformerLens and the rules engine see them: tokens, boards, legal, activations."""
    tokens = random_games(GAMES, SEED)
    found = replay(tokens)
    boards = theirs_vs_mine(found.states, found.to_move)[:, :59]
    _, cache = tiny.run_with_cache(tokens[:, :59].long())
    acts = torch.stack([cache["post", layer] for layer in range(2)])
    return tokens, boards, found.legal[:, :59], acts


def same(a: Summary, b: Summary) -> None:
    assert (a.ranges, a.hypotheses) == (b.ranges, b.hypotheses)
    for field in fields(Summary)[2:-1]:
        left, right = getattr(a, field.name), getattr(b, field.name)
        if left.dtype == torch.float64:  # sums of floats depend on their order, a little
            torch.testing.assert_close(left, right, rtol=1e-5, atol=1e-4, msg=field.name)
        else:
            assert torch.equal(left, right), field.name


def holds(name: str, boards, legal):
    """Where a feature holds, from its name."""
    if name.startswith("legal "):
        return legal.flatten(2)[..., features._SQUARES.index(name[6:])]
    move = torch.arange(59).expand(boards.shape[:2])
    if name.startswith("move "):
        return move == int(name[5:])
    if name == features.ANY:
        return move >= 0
    if name.endswith(" move"):
        return move % 2 == ("even", "odd").index(name[:-5])
    return parse(name)(boards)


def test_each_feature_holds_where_its_name_says(played, whole):
    _, boards, legal, _ = played
    stored = features.features(boards, legal)
    assert len(stored) == len(features.stored_names())
    for name, found in zip(features.stored_names(), stored, strict=True):
        assert torch.equal(found, holds(name, boards, legal).flatten()), name
    counts = [int(holds(name, boards, legal).sum()) for name in features.feature_names()]
    assert whole.positions.tolist() == counts


def test_the_plain_model_gives_the_activations_of_transformerlens(plain, played):
    tokens, _, _, acts = played
    seen = []
    each_layer(plain, tokens[:, :59], lambda layer, found: seen.append((layer, found)))
    assert [layer for layer, _ in seen] == [0, 1]
    torch.testing.assert_close(torch.stack([found for _, found in seen]), acts.flatten(1, 2))


def test_in_bfloat16_activations_stay_close(plain, played):
    tokens, _, _, acts = played
    seen = []
    each_layer(plain, tokens[:5, :59], lambda layer, found: seen.append(found), torch.bfloat16)
    assert not torch.equal(seen[1], acts[1, :5].flatten(0, 1))
    torch.testing.assert_close(seen[1], acts[1, :5].flatten(0, 1), rtol=0, atol=0.1)


NAMES = [
    *("C0==THEIRS", "H7==MINE", "E4==BLANK", "A0==BLANK", "C0==BLANK & D1==THEIRS & E2==MINE"),
    *("legal C0", "legal F5", "move 0", "move 58", "even move", "odd move", features.ANY),
]


@pytest.mark.parametrize("name", NAMES)
def test_sums_agree_with_naive_loops(played, whole, grid, name):
    _, boards, legal, acts = played
    where, number = holds(name, boards, legal), features.feature_number(name)
    for layer in range(2):
        chosen = acts[layer][where].double()
        expected = chosen.mean(0)  # NaN for the centre, which is never blank
        torch.testing.assert_close(whole.means(layer)[number], expected, rtol=1e-5, atol=1e-6, equal_nan=True)
        precision, recall = whole.precision_recall(layer)
        for neuron, edge in itertools.product((0, 7, 35), range(len(QUANTILES))):
            fires = acts[layer, ..., neuron] >= grid.edges[layer, edge, neuron]
            both = (fires & where).sum()
            assert abs(whole.reached(layer)[edge, number, neuron] - both) <= 1  # at the edge itself: rounding
            for found, of in ((precision, fires), (recall, where)):
                share = pytest.approx(float(both / of.sum()), abs=0.02, nan_ok=True)
                assert found[edge, number, neuron].item() == share


def test_spread_extremes_and_histogram_agree_with_numpy(played, whole, grid):
    acts = played[3].flatten(1, 2)
    for layer in range(2):
        torch.testing.assert_close(
            whole.variances(layer), acts[layer].double().var(0, correction=0), rtol=1e-5, atol=1e-7
        )
        torch.testing.assert_close(whole.lowest[layer], acts[layer].amin(0))
        torch.testing.assert_close(whole.highest[layer], acts[layer].amax(0))
        for neuron in (0, 17):
            low, high = grid.low[layer, neuron].item(), grid.high[layer, neuron].item()
            expected, _ = np.histogram(acts[layer, :, neuron].clamp(low, high), bins=BINS, range=(low, high))
            found = whole.histogram[layer, neuron].numpy()
            assert found.sum() == expected.sum() == 59 * GAMES
            assert np.abs(found - expected).max() <= 1


def test_auc_is_that_of_scikit_learn_to_the_width_of_a_level(played, whole, grid):
    _, boards, legal, acts = played
    every = 0
    for name in NAMES:
        where = holds(name, boards, legal).flatten().numpy()
        for layer, neuron in ((0, 3), (1, 30)):
            found = whole.aucs(layer)[features.feature_number(name), neuron].item()
            values = acts[layer, ..., neuron].flatten()
            if where.all() or not where.any():  # the centre is never blank
                assert np.isnan(found)
                continue
            levels = (values[:, None] >= grid.edges[layer, :, neuron]).sum(1)
            assert found == pytest.approx(roc_auc_score(where, levels), abs=1e-3)
            assert found == pytest.approx(roc_auc_score(where, values), abs=0.1)
            every += 1
    assert every == 20


def test_the_loudest_examples_are_one_a_game(played, whole):
    acts = played[3]
    for layer, neuron in ((0, 0), (1, 35)):
        best, moves = acts[layer, ..., neuron].max(1)
        games = best.argsort(descending=True)[:TOP]
        found, move = examples.unpack(whole.top[layer, neuron])
        assert found.tolist() == games.tolist()
        assert move.tolist() == moves[games].tolist()
        torch.testing.assert_close(examples.activation(whole.top[layer, neuron]), best[games])


def test_samples_are_of_their_band_and_one_a_game(played, whole, grid):
    acts = played[3]
    full = 0
    for layer, neuron in itertools.product(range(2), range(36)):
        for band, (first, last) in enumerate(band_levels()):
            games, moves = examples.unpack(whole.sample[layer, neuron, band])
            games, moves = games[games >= 0], moves[games >= 0]
            assert len(set(games.tolist())) == len(games)
            values = acts[layer, games, moves, neuron]
            edges = grid.edges[
                layer, :, neuron
            ]  # early positions are those of calibration: at the edge itself
            assert ((values[:, None] >= edges - 1e-5).sum(1) >= first).all()
            assert ((values[:, None] >= edges + 1e-5).sum(1) < last).all()
            full += len(games) == SAMPLE
    assert full > 100


def test_chosen_moves_are_spread_over_the_game_and_samples_over_the_games(plain, grid):
    moves = examples.chosen_moves(torch.arange(59_000), 59).bincount(minlength=59)
    assert moves.min() > 850
    assert moves.max() < 1150
    games, _ = examples.unpack(examples.by_chance(torch.arange(1000), torch.zeros(1000).long()).topk(100)[0])
    assert 400 < games.float().mean() < 600


def test_hypotheses_are_counted_like_the_features(plain, played, whole, tmp_path):
    _, boards, _, acts = played
    texts = ["C0==BLANK & D1==THEIRS & E2==MINE", "C0==LEGAL & ~(MOVE<20) & D1!=MINE"]
    scan(plain, tmp_path, 30, SEED, hypotheses=texts)
    found = scan(plain, tmp_path, GAMES, SEED, hypotheses=texts)
    line = features.feature_number(texts[0])
    for layer in range(2):
        for of in (found.means, found.aucs):
            assert torch.equal(of(layer)[found.number(texts[0])], of(layer)[line])
        torch.testing.assert_close(found.means(layer)[line], whole.means(layer)[line], rtol=1e-5, atol=1e-6)
        where = parse(texts[1])(boards)
        number = found.number(texts[1])
        assert found.positions[number] == where.sum()
        torch.testing.assert_close(
            found.means(layer)[number], acts[layer][where].double().mean(0), rtol=1e-5, atol=1e-6
        )
        levels = (acts[layer, ..., 7, None] >= found.grid.edges[layer, :, 7]).sum(-1)
        expected = roc_auc_score(where.flatten(), levels.flatten())
        assert found.aucs(layer)[number, 7].item() == pytest.approx(expected, abs=1e-3)
        fires = acts[layer, ..., 7] >= found.grid.edges[layer, 3, 7]
        precision, recall = (share[3, number, 7].item() for share in found.precision_recall(layer))
        assert precision == pytest.approx(float((fires & where).sum() / fires.sum()), abs=0.02)
        assert recall == pytest.approx(float((fires & where).sum() / where.sum()), abs=0.02)
    assert found.number(features.ANY) == features.feature_number(features.ANY)


def test_parts_add_up_in_any_order(plain, grid, whole):
    a, b, c = (count_part(plain, grid, range(*ends), SEED, F32) for ends in ((0, 13), (13, 50), (50, GAMES)))
    for parts in itertools.permutations((a, b, c)):
        same((parts[0] + parts[1]) + parts[2], whole)
        same(parts[0] + (parts[1] + parts[2]), whole)
    assert (a + c).ranges == ((0, 13), (50, GAMES))
    same(Summary.empty(grid) + whole, whole)


def test_what_does_not_add_up_is_refused(plain, grid, whole):
    with pytest.raises(InputError, match="game 60 would be counted twice"):
        whole + count_part(plain, grid, range(60, 80), SEED, F32)
    other = calibrate(plain, seed=1, games=10)
    with pytest.raises(InputError, match="different grids"):
        whole + Summary.empty(other)
    with pytest.raises(InputError, match=r"hypotheses, so they can't be added: \(\) and \('C0==MINE',\)"):
        whole + Summary.empty(grid, ("C0==MINE",))


def test_equal_activations_are_decided_by_the_game():
    keys = examples.by_activation(
        torch.tensor([[1.0], [1.0], [-0.5], [1.0]]), torch.tensor([9, 4, 1, 6]), torch.full((4, 1), 30)
    ).T
    for order in itertools.permutations(range(4)):
        games, _ = examples.unpack(examples.best(keys[:, list(order)], 5))
        assert games.tolist() == [[4, 6, 9, 1, -1]]
    assert examples.activation(examples.best(keys, 5))[0, 3:].isnan().tolist() == [False, True]


def test_a_scan_goes_on_where_it_was_left(plain, tmp_path):
    seen = []
    scan(plain, tmp_path / "a", 10, SEED, part=4, progress=seen.append)
    found = scan(plain, tmp_path / "a", 17, SEED, part=4, progress=seen.append)
    assert seen == [0, 4, 8, 10, 10, 14, 17]
    size = (tmp_path / "a" / "summary.safetensors").stat().st_size
    expected = scan(plain, tmp_path / "b", 17, SEED)
    same(found, expected)
    same(Summary.load(tmp_path / "a" / "summary.safetensors"), expected)
    scan(plain, tmp_path / "b", 40, SEED)
    grown = (tmp_path / "b" / "summary.safetensors").stat().st_size
    assert abs(grown - size) < 100, "what is kept doesn't grow with the games"


def test_another_scan_is_not_added_to(plain, tmp_path):
    scan(plain, tmp_path, 3, SEED)
    with pytest.raises(InputError, match=r"holds a scan with seed 3, this one has 4\. Choose another folder"):
        scan(plain, tmp_path, 3, 4)
    with pytest.raises(InputError, match=r"expected 1\.\.67,108,864; found 0"):
        scan(plain, tmp_path, 0, SEED)
    with pytest.raises(InputError, match=r"a scan with hypotheses \[\], this one has \['C0==MINE'\]"):
        scan(plain, tmp_path, 3, SEED, hypotheses=["C0==MINE"])
    (tmp_path / "summary.safetensors").write_bytes(b"half of it")
    with pytest.raises(OthelloInterpError, match=r"summary\.safetensors is not the summary of a scan"):
        scan(plain, tmp_path, 3, SEED)


KILLED = """
import sys, torch
from pathlib import Path
from othello_interp.atlas.scan import scan
from othello_interp.weights.gpt import GPT, GPTConfig
torch.set_num_threads(1)
torch.manual_seed(0)
model = GPT(GPTConfig(n_layers=2, d_model=16, n_heads=2, d_mlp=128)).requires_grad_(False)
scan(model, Path(sys.argv[1]), 24, 3, part=2, save_seconds=0, progress=lambda games: print(games, flush=True))
"""


def test_a_kill_at_any_moment_loses_little_and_spoils_nothing(root, tmp_path):
    def start():
        return subprocess.Popen(
            [sys.executable, "-c", KILLED, str(tmp_path)], cwd=root, stdout=subprocess.PIPE, text=True
        )

    done = 0
    for wait in (0.0, 0.02, 0.05):  # at three moments of counting and of writing
        process = start()
        first = int(process.stdout.readline())
        assert done <= first
        while done < first + 6:
            done = int(process.stdout.readline())
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        done -= 4  # the last part may not have been written yet
    process = start()
    said, _ = process.communicate(timeout=120)
    assert done <= int(said.split()[0]) <= 24
    assert said.split()[-1] == "24"
    torch.manual_seed(0)
    model = GPT(GPTConfig(n_layers=2, d_model=16, n_heads=2, d_mlp=128)).requires_grad_(False)
    expected = count_games(model, Summary.empty(calibrate(model)), range(24), 3)
    same(Summary.load(tmp_path / "summary.safetensors"), expected)


def test_the_command_scans_a_file(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("othello_interp.training.machine.keep_memory", lambda: None)  # not for later tests
    save_file(tiny_state(0), tmp_path / "model.safetensors", {"n_heads": "2"})
    options = ["--model", str(tmp_path / "model.safetensors"), "--out", str(tmp_path / "scan"), "--float32"]
    assert cli.main(["scan", "--games", "5", *options]) == 0
    said = capsys.readouterr()
    assert "Counted 5 games." in said.out
    assert "100%" in said.err
    assert "5/5 games" in said.err
    manifest = json.loads((tmp_path / "scan" / "manifest.json").read_text())
    assert (manifest["seed"], manifest["dtype"]) == (0, "float32")
    assert cli.main(["scan", "--threads", "0", *options]) == 2
    assert "--threads: expected 1 or more; found 0" in capsys.readouterr().err
    assert cli.main(["scan", "--hypothesis", "C0==HERS", *options]) == 2
    assert (
        "--hypothesis: hypothesis: expected BLANK or THEIRS or MINE or LEGAL or PLAYED or TURNED at"
        in capsys.readouterr().err
    )


def test_a_lost_worker_loses_no_game(plain, tmp_path):
    distributed = pytest.importorskip("distributed", reason="the dask extra is not installed")
    from othello_interp.atlas.cluster import on_cluster

    reported = []
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as local,
        distributed.Client(local) as client,
    ):
        pids = client.run(os.getpid)

        def kill_one() -> None:
            deadline = time.monotonic() + 60
            while not any(client.processing().values()) and time.monotonic() < deadline:
                time.sleep(0.01)
            busy = next(worker for worker, jobs in client.processing().items() if jobs)
            os.kill(pids[busy], signal.SIGKILL)

        killer = Thread(target=kill_one)
        killer.start()
        found = scan(
            plain, tmp_path, 50, SEED, counting=on_cluster(local.scheduler_address), part=8,
            progress=reported.append,
        )  # fmt: skip
        killer.join()
        assert set(client.run(os.getpid).values()) != set(pids.values()), "one was killed"
    assert reported[0] == 0
    assert reported[-1] == 50
    same(found, count_part(plain, found.grid, range(50), SEED, F32))


def test_bands_cover_every_level():
    assert band_levels()[0][0] == 0
    assert [first for first, _ in band_levels()[1:]] == [last for _, last in band_levels()[:-1]]
    assert band_levels()[-1][0] == len(QUANTILES)
    assert len(BANDS) == 4
