"""Does loading give the right model, and do bad files say what is wrong?"""

import math

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

from othello_interp.errors import OthelloInterpError
from othello_interp.model import bridge, load_model, read_checkpoint, tiny_model
from othello_interp.storage.data import data_path, provenance


def forward_by_hand(state, n_heads, tokens):
    """An Othello-GPT with folded LayerNorms, written out: the oracle for the loaded model."""
    n = tokens.shape[1]
    x = state["embed.weight"][tokens] + state["pos_embed.weight"][:n]

    def normalized(x):
        x = x - x.mean(-1, keepdim=True)
        return x / (x.pow(2).mean(-1, keepdim=True) + 1e-5).sqrt()

    def linear(name, x):
        return x @ state[f"{name}.weight"].T + state[f"{name}.bias"]

    for layer in range(len({key.split(".")[1] for key in state if key.startswith("blocks.")})):
        block = f"blocks.{layer}"
        y = normalized(x)
        q, k, v = (
            linear(f"{block}.attn.{name}", y).unflatten(-1, (n_heads, -1)).transpose(1, 2) for name in "qkv"
        )
        scores = q @ k.mT / math.sqrt(q.shape[-1])
        scores = scores.masked_fill(torch.ones(n, n).triu(1).bool(), -torch.inf)
        x = x + linear(f"{block}.attn.o", (scores.softmax(-1) @ v).transpose(1, 2).flatten(2))
        x = x + linear(f"{block}.mlp.out", F.gelu(linear(f"{block}.mlp.in", normalized(x))))
    return linear("unembed", normalized(x))


def test_the_embedded_model_computes_what_its_weights_say(embedded, tokens):
    state, n_heads = read_checkpoint(data_path("model.safetensors"))
    by_hand = forward_by_hand(state, n_heads, tokens[:5, :59].long())
    torch.testing.assert_close(embedded(tokens[:5, :59].long()), by_hand, rtol=1e-3, atol=1e-3)


def test_a_tiny_model_computes_what_its_weights_say(tiny, tokens):
    state = tiny.state_dict()
    by_hand = forward_by_hand(state, 2, tokens[:5, :59].long())
    torch.testing.assert_close(tiny(tokens[:5, :59].long()), by_hand, rtol=1e-4, atol=1e-4)


def test_the_embedded_model_knows_othello(embedded, tokens):
    """It was trained to predict legal moves: most of its top moves are legal on games it has never seen."""
    from othello_interp.games import FocusGames

    games = FocusGames(embedded, tokens)
    top = games.logits[..., 1:].argmax(-1)
    squares = torch.tensor([s for s in range(64) if s not in (27, 28, 35, 36)])[top]
    legal = games.valid_moves[:, :59].flatten(2).gather(2, squares[..., None])
    assert legal.float().mean() > 0.95


def test_nothing_trains(embedded):
    assert not any(parameter.requires_grad for parameter in embedded.parameters())
    assert not embedded.training


def test_tiny_models_by_seed():
    first, again, other = (tiny_model(seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not torch.equal(first["blocks.1.mlp.in.bias"], other["blocks.1.mlp.in.bias"])


def test_a_path_and_the_environment_variable_pick_a_model(tmp_path, monkeypatch, tiny, tokens):
    path = tmp_path / "mine.safetensors"
    save_file(tiny.state_dict(), path, metadata={"n_heads": "2"})
    expected = tiny(tokens[:2, :59].long())
    torch.testing.assert_close(load_model(path)(tokens[:2, :59].long()), expected)
    monkeypatch.setenv("OTHELLO_INTERP_MODEL", str(path))
    torch.testing.assert_close(load_model()(tokens[:2, :59].long()), expected)
    assert load_model().cfg.model_name == str(path)
    assert load_model("embedded").cfg.model_name == "embedded"


# --- bad files ---------------------------------------------------------------------------------


@pytest.fixture
def checkpoint(tmp_path, tiny):
    """Writes a changed copy of a good checkpoint."""

    def write(change=None, metadata=None, truncate=0):
        path, state = tmp_path / "changed.safetensors", dict(tiny.state_dict())
        if change:
            change(state)
        save_file(state, path, metadata=metadata or {"n_heads": "2"})
        if truncate:
            path.write_bytes(path.read_bytes()[:-truncate])
        return path

    return write


def rename(state, old, new):
    state[new] = state.pop(old)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"truncate": 100},
            r"changed.safetensors is not a complete safetensors file.*Copy or download it again",
        ),
        (
            {"metadata": {"format": "pt"}},
            r"changed.safetensors: the metadata has no n_heads; expected a number",
        ),
        (
            {"change": lambda s: s.pop("embed.weight")},
            r"the tensor embed.weight is missing: not an Othello-GPT",
        ),
        (
            {"change": lambda s: s.pop("blocks.1.attn.q.bias")},
            r"1 missing tensors, first blocks.1.attn.q.bias",
        ),
        (
            {"change": lambda s: s.update({"blocks.0.ln1.weight": torch.ones(20)})},
            r"1 unexpected tensors, first blocks.0.ln1.weight \(LayerNorm weights: the metadata must say so",
        ),
        (
            {"metadata": {"n_heads": "2", "normalization_type": "LN"}},
            r"the tensor blocks.0.ln1.weight is missing: not a whole Othello-GPT",
        ),
        (
            {"change": lambda s: s.update({"pos_embed.weight": torch.ones(60, 20)})},
            r"pos_embed.weight has shape \(60, 20\), expected \(59, 20\)",
        ),
    ],
)
def test_unsuitable_checkpoints_say_why(checkpoint, options, message):
    with pytest.raises(OthelloInterpError, match=message):
        load_model(checkpoint(**options))


def test_no_such_file(tmp_path):
    with pytest.raises(OthelloInterpError, match=r"No checkpoint at .*nothing.safetensors. Give the path"):
        load_model(tmp_path / "nothing.safetensors")


def test_a_changed_embedded_file_is_refused(tmp_path, monkeypatch, root):
    for folder in ("notebooks", "data"):
        (tmp_path / folder).mkdir()
    content = bytearray((root / "data" / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (tmp_path / "data" / "model.safetensors").write_bytes(content)
    (tmp_path / "data" / "manifest.json").write_bytes((root / "data" / "manifest.json").read_bytes())
    monkeypatch.setenv("OTHELLO_INTERP_ROOT", str(tmp_path))
    expected = provenance("model.safetensors")["sha256"]
    with pytest.raises(
        OthelloInterpError, match=rf"model.safetensors is damaged or was changed: expected SHA-256 {expected}"
    ):
        load_model()
    (tmp_path / "data" / "model.safetensors").unlink()
    with pytest.raises(
        OthelloInterpError, match=r"model.safetensors is missing. Restore it with `git checkout"
    ):
        load_model()
    with pytest.raises(OthelloInterpError, match=r"has no record of 'other.npz'; it knows .*games.npz"):
        data_path("other.npz")


def test_shapes_of_a_loaded_state_come_from_the_file(embedded):
    state = load_file(data_path("model.safetensors"))
    model = bridge({key: value.float() for key, value in state.items()}, 8, source="test")
    assert (model.cfg.d_mlp, model.cfg.n_layers) == (embedded.cfg.d_mlp, embedded.cfg.n_layers)
