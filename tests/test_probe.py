"""Does training find a linear code, is the shipped probe as good as recorded, do bad files say why?"""

import pytest
import torch
from safetensors.torch import save_file

from othello_interp.errors import OthelloInterpError
from othello_interp.games import FocusGames, load_games
from othello_interp.probe import (
    Probe,
    fit_probe,
    load_probe,
    probe_accuracy,
    probe_hits,
    read_probe,
    residuals_and_boards,
    train_probe,
)
from othello_interp.storage.data import provenance


def test_training_finds_a_linear_code():
    """Boards written into vectors along random directions can be read back, and the directions are found."""
    generator = torch.Generator().manual_seed(0)
    boards = torch.randint(0, 3, (3000, 8, 8), generator=generator, dtype=torch.int8)
    code = torch.randn(3, 64, 200, generator=generator)
    resid = torch.einsum(
        "snb,nbd->sd", torch.nn.functional.one_hot(boards.flatten(1).long(), 3).float(), code.transpose(0, 1)
    )
    probe = fit_probe(resid / resid.std(), boards, layer=0, seed=1, epochs=40)
    assert (probe(resid / resid.std()) == boards).float().mean() > 0.99


def test_the_embedded_probe_is_as_good_as_recorded(embedded):
    probe, record = load_probe("embedded"), provenance("probe.safetensors")
    assert probe.layer == record["layer"]
    hits = probe_hits(probe, embedded, load_games()[-60:])
    assert hits.shape == (60, 50, 8, 8)
    assert hits.float().mean().item() == pytest.approx(record["held_out_accuracy"], abs=0.01)
    centre = hits[:, :, 3:5, 3:5].float().mean()
    assert centre > 1 / 2


def test_accuracy_against_a_loop(tiny, tokens):
    generator = torch.Generator().manual_seed(0)
    probe = Probe(
        torch.randn(20, 8, 8, 3, generator=generator), torch.randn(8, 8, 3, generator=generator), layer=1
    )
    games = FocusGames(tiny, tokens[:2])
    right = total = 0
    for game in range(2):
        for move in range(5, 55):
            resid = games.cache["resid_post", 1][game, move]
            for row in range(8):
                for column in range(8):
                    scores = [
                        resid @ probe.weight[:, row, column, s] + probe.bias[row, column, s] for s in range(3)
                    ]
                    state = games.states_theirs_vs_mine[game, move, row, column].item()
                    right += scores.index(max(scores)) == state
                    total += 1
    assert probe_accuracy(probe, tiny, tokens[:2]) == pytest.approx(right / total, abs=1e-6)


def test_same_seed_same_probe(tiny, tokens):
    first, again = (train_probe(tiny, tokens[:8], layer=1, seed=3, epochs=1) for _ in range(2))
    assert torch.equal(first.weight, again.weight)


def test_layers_are_read_in_one_pass_as_they_are_one_by_one(tiny, tokens):
    resids, boards = residuals_and_boards(tiny, tokens[:35], [1, 0])
    _, full = tiny.run_with_cache(tokens[:35, :59].long())
    assert list(resids) == [1, 0]
    for layer, resid in resids.items():
        torch.testing.assert_close(resid, full["resid_post", layer][:, 5:55])
    assert torch.equal(boards, FocusGames(tiny, tokens[:35]).states_theirs_vs_mine[:, 5:55])


def test_no_such_layer(tiny, tokens):
    with pytest.raises(ValueError, match=r"layer 2 doesn't exist: this model has layers 0..1"):
        train_probe(tiny, tokens[:2], layer=2)


def test_a_checkpoint_has_its_probe_beside_it(tmp_path):
    save_file(
        {"weight": torch.ones(4, 8, 8, 3), "bias": torch.zeros(8, 8, 3)},
        tmp_path / "my.probe.safetensors",
        metadata={"layer": "3"},
    )
    assert load_probe(tmp_path / "my.safetensors").layer == 3
    with pytest.raises(OthelloInterpError, match=r"No probe at .*other.probe.safetensors. Train one with"):
        load_probe(tmp_path / "other.safetensors")


def test_files_that_are_no_probes(tmp_path):
    with pytest.raises(OthelloInterpError, match=r"No probe at .*none.safetensors"):
        read_probe(tmp_path / "none.safetensors")
    path = tmp_path / "bad.safetensors"
    save_file({"weight": torch.zeros(4, 8, 8, 3)}, path)
    with pytest.raises(OthelloInterpError, match=r"bad.safetensors is not a probe.*Expected tensors weight"):
        read_probe(path)
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(OthelloInterpError, match=r"bad.safetensors is not a probe"):
        read_probe(path)
