"""Checked shapes, one thread, and the models and games that many tests share."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
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


@pytest.fixture(scope="session")
def site(root, tmp_path_factory) -> Path:
    """The website, built as `start.py site` does: a warning is an error."""
    spec = importlib.util.spec_from_file_location("start", root / "start.py")
    start = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(start)
    *command, _ = start.COMMANDS["site"][1]
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, *command, out / "html", "-d", out / "doctrees"]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=600)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-4000:]
    return out / "html"


HOSTILE = "\"><script>alert(1)</script>'{{7*7}}{% raw %}{# #}</pre></style><!-- `<b>`&lt;\u202e\0\x1b\ud800"


class _Tags(HTMLParser):
    """The tags of a page with the names of their attributes, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, ...]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, *(name for name, _ in attrs)))

    def handle_endtag(self, tag):
        self.found.append(("/" + tag,))

    def handle_comment(self, data):
        self.found.append(("comment",))


@pytest.fixture(scope="session")
def stays_text():
    """Takes a function that puts a text into every field of a page: markup in it must change no tag."""

    def check(page_with: Callable[[str], str]) -> None:
        page = page_with(HOSTILE)
        assert _Tags(page).found == _Tags(page_with("plain `code`")).found
        assert "&lt;script&gt;alert(1)&lt;/script&gt;&#39;{{7*7}}{% raw %}{# #}" in page
        assert "&amp;lt;" in page
        assert not {"\u202e", "\0", "\x1b"} & set(page)
        assert page.encode("utf-8")  # no half of a surrogate pair

    return check
