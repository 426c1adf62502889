"""Checked shapes, one thread, and the models and games that many tests share."""

import importlib.util
from pathlib import Path

import pytest
import torch
from jaxtyping import install_import_hook

# Before the package is imported: every annotated shape and type in it is checked when a test calls it.
install_import_hook("othello_interp", "beartype.beartype")

torch.set_num_threads(1)

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def slow(root):
    """The library's functions as short slow loops, from the solutions folder."""
    spec = importlib.util.spec_from_file_location("slow_references", root / "solutions" / "library.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def embedded():
    """The model that ships with the project."""
    from othello_interp.model import load_model

    return load_model("embedded")


@pytest.fixture(scope="session")
def tiny():
    """A small random model, different from the embedded one in every size."""
    from othello_interp.model import tiny_model

    return tiny_model(seed=0)


@pytest.fixture(scope="session")
def tokens():
    """Forty complete random games: token ids (40, 60)."""
    from othello_interp.rules.random_games import random_games

    return random_games(40, seed=11)


@pytest.fixture(scope="session")
def as_bridge():
    """Puts the weights of a training GPT, LayerNorms and all, into a TransformerBridge: an oracle."""
    from transformer_lens import TransformerBridge, TransformerBridgeConfig

    def convert(gpt):
        sizes = gpt.config
        config = TransformerBridgeConfig(
            n_layers=sizes.n_layers,
            d_model=sizes.d_model,
            n_heads=sizes.n_heads,
            d_head=sizes.d_model // sizes.n_heads,
            d_mlp=sizes.d_mlp,
            d_vocab=61,
            n_ctx=59,
            act_fn="gelu",
            normalization_type="LN",
            init_weights=False,
            device="cpu",
        )
        bridge = TransformerBridge.boot_native(config).eval()
        bridge.load_state_dict(gpt.state_dict(), strict=True)
        return bridge

    return convert
