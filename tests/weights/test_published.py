"""Are the original weights, probe and games read as they were written, and refused when they are others?

The real files can't be fetched in a test. These are synthetic ones in exactly their format.
"""

import http.server
import threading
import time
from functools import partial

import numpy as np
import pytest
import torch

from othello_interp.errors import OthelloInterpError
from othello_interp.games import FocusGames, load_focus_games
from othello_interp.model import load_model
from othello_interp.probe import load_probe
from othello_interp.rules.random_games import random_games
from othello_interp.weights import published
from othello_interp.weights.gpt import GPT

FOLDER = "OTHELLO_INTERP_PUBLISHED"


def legacy_format(state: dict) -> dict:
    """Weights as HookedTransformer saved them: per-head shapes, right-multiplying, with its buffers."""
    legacy = {
        "embed.W_E": state["embed.weight"],
        "pos_embed.W_pos": state["pos_embed.weight"],
        "unembed.W_U": state["unembed.weight"].T.contiguous(),
        "unembed.b_U": state["unembed.bias"],
    }
    for layer in range(8):
        block = f"blocks.{layer}"
        for x in "qkv":
            heads = state[f"{block}.attn.{x}.weight"].view(8, 64, 512)
            legacy[f"{block}.attn.W_{x.upper()}"] = heads.transpose(1, 2).contiguous()
            legacy[f"{block}.attn.b_{x.upper()}"] = state[f"{block}.attn.{x}.bias"].view(8, 64)
        output = state[f"{block}.attn.o.weight"].view(512, 8, 64)
        legacy[f"{block}.attn.W_O"] = output.permute(1, 2, 0).contiguous()
        legacy[f"{block}.attn.b_O"] = state[f"{block}.attn.o.bias"]
        legacy[f"{block}.attn.mask"] = torch.tril(torch.ones(59, 59, dtype=torch.bool))
        legacy[f"{block}.attn.IGNORE"] = torch.tensor(-1e5)
        for x in ("in", "out"):
            legacy[f"{block}.mlp.W_{x}"] = state[f"{block}.mlp.{x}.weight"].T.contiguous()
            legacy[f"{block}.mlp.b_{x}"] = state[f"{block}.mlp.{x}.bias"]
    return legacy


@pytest.fixture(scope="module")
def gpt():
    """Full size, folded, every weight random, b_U too."""
    torch.manual_seed(2)
    gpt = GPT(published.SIZES).requires_grad_(False)
    for name, parameter in gpt.named_parameters():
        if ".ln" not in name and "ln_final" not in name:
            parameter.normal_(std=0.04)
    return gpt


@pytest.fixture(scope="module")
def folder(gpt, tmp_path_factory):
    """The three files."""
    folder = tmp_path_factory.mktemp("published")
    state = {name: w for name, w in gpt.state_dict().items() if ".ln" not in name and "ln_final" not in name}
    torch.save(legacy_format(state), folder / "synthetic_model.pth")
    torch.manual_seed(3)
    torch.save(torch.randn(3, 512, 8, 8, 3, requires_grad=True), folder / "main_linear_probe.pth")
    np.save(folder / "board_seqs_int_small.npy", random_games(60, seed=4).long().numpy())
    return folder


@pytest.fixture
def accepted(gpt, folder, monkeypatch):
    """Fingerprints of the synthetic files in place of the real ones."""
    predictions = gpt(torch.tensor([published.SAMPLE_GAME])).argmax(-1)[0].tolist()
    monkeypatch.setattr(published, "SAMPLE_PREDICTIONS", predictions)
    blobs = {name: published.git_blob_id((folder / name).read_bytes()) for name in published.GIT_BLOBS}
    monkeypatch.setattr(published, "GIT_BLOBS", blobs)


def test_the_weights_are_converted(gpt, folder, accepted, monkeypatch):
    monkeypatch.setenv(FOLDER, str(folder))
    monkeypatch.setenv("OTHELLO_INTERP_MODEL", "published")
    model = load_model()
    tokens = random_games(2, seed=5)[:, :59].long()
    torch.testing.assert_close(model(tokens), gpt(tokens), rtol=1e-4, atol=1e-4)
    monkeypatch.delenv("OTHELLO_INTERP_MODEL")
    assert torch.equal(FocusGames(model).tokens, load_focus_games("published").long())
    assert (model.cfg.n_layers, model.cfg.d_model, model.cfg.d_mlp) == (8, 512, 2048)


def test_the_probe_and_the_games_come_with_the_weights(folder, accepted, monkeypatch, tiny):
    monkeypatch.setenv(FOLDER, str(folder))
    monkeypatch.setenv("OTHELLO_INTERP_MODEL", "published")
    full = torch.load(folder / "main_linear_probe.pth").detach()
    black_plays, white_plays, blank, white, black = 0, 1, 0, 1, 2
    probe = load_probe()
    mine = (full[black_plays, ..., black] + full[white_plays, ..., white]) / 2
    theirs = (full[black_plays, ..., white] + full[white_plays, ..., black]) / 2
    torch.testing.assert_close(probe.mine, mine - theirs)
    expected = (full[black_plays, ..., blank] + full[white_plays, ..., blank]) / 2 - (mine + theirs) / 2
    torch.testing.assert_close(probe.blank[:, 2, 5], expected[:, 2, 5])
    assert probe.layer == 6
    games = load_focus_games()
    assert torch.equal(games, random_games(60, seed=4)[:50])
    assert torch.equal(FocusGames(tiny).tokens, load_focus_games("embedded").long()), "not its games"


def test_other_weights_are_refused(folder, monkeypatch):
    monkeypatch.setenv(FOLDER, str(folder))
    with pytest.raises(OthelloInterpError, match="on the published sample game it predicts other moves"):
        published.load_state()


def test_a_truncated_file_is_refused(folder, tmp_path, monkeypatch):
    content = (folder / "synthetic_model.pth").read_bytes()
    (tmp_path / "synthetic_model.pth").write_bytes(content[: len(content) // 2])
    monkeypatch.setenv(FOLDER, str(tmp_path))
    with pytest.raises(OthelloInterpError, match="is not the original Othello-GPT"):
        published.load_state()


@pytest.mark.parametrize("content", [[1, 2], {"embed.W_E": 3}, {"embed.W_E": torch.zeros(61, 512)}, {}])
def test_a_file_that_holds_something_else_is_refused(content, tmp_path, monkeypatch):
    torch.save(content, tmp_path / "synthetic_model.pth")
    monkeypatch.setenv(FOLDER, str(tmp_path))
    with pytest.raises(
        OthelloInterpError, match=r"is not the original Othello-GPT in .* Delete it and try again"
    ):
        published.load_state()


@pytest.mark.parametrize("error", [ImportError, AttributeError, TypeError, NameError])
def test_a_fault_of_ours_is_not_blamed_on_the_file(folder, monkeypatch, error):
    def broken(legacy):
        raise error("a slip")

    monkeypatch.setenv(FOLDER, str(folder))
    monkeypatch.setattr(published, "_convert", broken)
    with pytest.raises(error, match="a slip"):
        published.load_state()


def test_the_address_names_a_commit():
    assert len(published.COMMIT) == 40
    assert f"/{published.COMMIT}/" in published._FILES_URL


def test_another_probe_is_refused_and_a_missing_one_is_named(folder, tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER, str(folder))
    with pytest.raises(
        OthelloInterpError, match="expected git blob cb194950bbd50ee5e115fc143bca2d15db2e1e97"
    ):
        load_probe("published")
    monkeypatch.setenv(FOLDER, str(tmp_path))
    with pytest.raises(OthelloInterpError, match=r"main_linear_probe.pth is missing"):
        load_probe("published")


def test_git_blob_ids_are_those_of_git():
    # `printf 'hello\n' | git hash-object --stdin`
    assert published.git_blob_id(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


class Server(http.server.SimpleHTTPRequestHandler):
    """The files under any path, with the headers that huggingface_hub looks for."""

    def translate_path(self, path):
        return super().translate_path("/" + path.rsplit("/", 1)[-1])

    def end_headers(self):
        self.send_header("ETag", '"0123456789abcdef0123456789abcdef01234567"')
        self.send_header("X-Repo-Commit", "89abcdef0123456789abcdef0123456789abcdef")
        super().end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def online(folder, tmp_path, monkeypatch):
    """Both sites on a server of our own, with empty caches. Returns the server."""
    from huggingface_hub import constants

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Server, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.delenv(FOLDER, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(published, "_FILES_URL", address)
    monkeypatch.setattr(constants, "ENDPOINT", address)
    template = address + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    yield server
    server.shutdown()
    server.server_close()


def test_the_files_are_downloaded_once(gpt, online, accepted):
    state = published.load_state()
    torch.testing.assert_close(state["blocks.3.attn.o.weight"], gpt.state_dict()["blocks.3.attn.o.weight"])
    probe, games = load_probe("published"), load_focus_games("published")
    online.shutdown()
    online.server_close()
    assert torch.equal(published.load_state()["unembed.bias"], state["unembed.bias"])
    assert torch.equal(load_probe("published").weight, probe.weight)
    assert torch.equal(load_focus_games("published"), games)


def test_without_a_network_it_says_at_once_what_to_do(online):
    online.shutdown()
    online.server_close()
    start = time.monotonic()
    for load in (partial(load_model, "published"), partial(load_probe, "published")):
        with pytest.raises(OthelloInterpError, match="set OTHELLO_INTERP_PUBLISHED to that folder"):
            load()
    assert time.monotonic() - start < 15
