"""The original Othello-GPT (Li et al. 2023), its probe and its games, downloaded when first asked for.

The weights are those that Neel Nanda converted for TransformerLens, fetched with huggingface_hub into its
usual cache. Probe and games are in the repository of the paper; they are kept in ~/.cache/othello_interp.
Without a network, put the three files into a folder and name it in OTHELLO_INTERP_PUBLISHED.
"""

import contextlib
import hashlib
import os
import urllib.error
import urllib.request
from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import torch
from einops import EinopsError
from jaxtyping import Float, UInt8
from torch import Tensor

from othello_interp.errors import InputError, OthelloInterpError
from othello_interp.squares import N_TOKENS
from othello_interp.storage.whole_file import whole_file
from othello_interp.weights.gpt import GPT, N_CTX, GPTConfig

#: What reading and converting raise because of what is in the file. Anything else is not the file's fault.
BAD_FILE = (UnpicklingError, EOFError, KeyError, RuntimeError, InputError, EinopsError)

FOLDER_VARIABLE = "OTHELLO_INTERP_PUBLISHED"
MODEL_REPOSITORY, MODEL_FILE = "NeelNanda/Othello-GPT-Transformer-Lens", "synthetic_model.pth"
SIZES = GPTConfig(n_layers=8, d_model=512, n_heads=8, d_mlp=2048)
PROBE_LAYER = 6
COMMIT = "f23bb5696cf30b93bd8af8a391ee33fc3aac417e"
_FILES_URL = (
    f"https://raw.githubusercontent.com/likenneth/othello_world/{COMMIT}/mechanistic_interpretability"
)

#: The files beside the weights, with the ids git gives them in likenneth/othello_world at COMMIT.
GIT_BLOBS = {
    "main_linear_probe.pth": "cb194950bbd50ee5e115fc143bca2d15db2e1e97",
    "board_seqs_int_small.npy": "752157ed6a1b4982ba6505b41a998f5387becdc1",
}


def _tokens(text: str) -> list[int]:
    return [int(token) for token in text.split()]


#: One game and the most likely move after each of its moves, from the cell "Testing code for the synthetic
#: checkpoint giving the correct outputs" of Othello_GPT_Circuits.ipynb in likenneth/othello_world.
SAMPLE_GAME = _tokens("""
    20 19 18 10 2 1 27 3 41 42 34 12 4 40 11 29 43 13 48 56 33 39 22 44 24 5 46 6 32 36 51 58 52 60
    21 53 26 31 37 9 25 38 23 50 45 17 47 28 35 30 54 16 59 49 57 14 15 55 7
""")
SAMPLE_PREDICTIONS = _tokens("""
    21 41 40 34 40 41 3 11 21 43 40 21 28 50 33 50 33 5 33 5 52 46 14 46 14 47 38 57 36 50 38 15 28
    26 28 59 50 28 14 28 28 28 28 45 28 35 15 14 30 59 49 59 15 15 14 15 8 7 8
""")


def load_state() -> dict[str, Tensor]:
    """The original weights, named as a native TransformerBridge names them ("LNPre": LayerNorms folded).

    Raises OthelloInterpError if they can't be had, or don't predict what the original predicts.
    """
    path = _model_path()
    gpt = GPT(SIZES)
    try:
        state = _convert(_read(path))
        gpt.load_weights(state)
    except BAD_FILE as error:
        raise OthelloInterpError(
            f"{path} is not the original Othello-GPT in TransformerLens' older format: {error} "
            "Delete it and try again."
        ) from error
    with torch.no_grad():
        predictions = gpt(torch.tensor([SAMPLE_GAME])).argmax(-1)[0].tolist()
    wrong = [move for move in range(N_CTX) if predictions[move] != SAMPLE_PREDICTIONS[move]]
    if wrong:
        move = wrong[0]
        raise OthelloInterpError(
            f"{path} is not the original Othello-GPT: on the published sample game it predicts other moves "
            f"at {len(wrong)} of {N_CTX} places, first after move {move}: token {predictions[move]}, "
            f"published {SAMPLE_PREDICTIONS[move]}. Delete it and try again."
        )
    return state


def _read(path: Path) -> dict[str, Tensor]:
    legacy = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(legacy, dict) or not all(isinstance(value, Tensor) for value in legacy.values()):
        raise InputError(f"it holds a {type(legacy).__name__}, not tensors by name.")
    return legacy


def _convert(legacy: dict[str, Tensor]) -> dict[str, Tensor]:
    """From the names and per-head shapes that HookedTransformer had (blocks.0.attn.W_Q, ...)."""
    from transformer_lens import TransformerBridgeConfig
    from transformer_lens.utilities.tl_checkpoint_conversion import convert_tl_checkpoint

    config = TransformerBridgeConfig(
        n_layers=SIZES.n_layers,
        d_model=SIZES.d_model,
        n_heads=SIZES.n_heads,
        d_head=SIZES.d_model // SIZES.n_heads,
        d_mlp=SIZES.d_mlp,
        d_vocab=N_TOKENS,
        n_ctx=N_CTX,
        act_fn="gelu",
        normalization_type="LNPre",
    )
    return {name: weights.float() for name, weights in convert_tl_checkpoint(legacy, config).items()}


def load_published_probe() -> Float[Tensor, "512 8 8 3"]:
    """The weights (blank, theirs, mine) of the probe of Nanda et al. 2023, which has no bias and reads the
    board after layer 6.

    The file holds one probe for the moves at which black plays, one for those at which white does and one
    for all, with scores for blank, white and black. As in the original analysis, "mine" is the mean of black
    in the first and white in the second, and "theirs" the other way round.
    """
    path = _file_path("main_linear_probe.pth")
    full = torch.load(path, map_location="cpu", weights_only=True).detach().float()
    expected = (3, SIZES.d_model, 8, 8, 3)
    if full.shape != expected:
        raise OthelloInterpError(f"{path} has shape {tuple(full.shape)}, expected {expected}.")
    black_plays, white_plays, _ = full
    return (black_plays + white_plays[..., [0, 2, 1]]) / 2


def load_published_focus_games() -> UInt8[Tensor, "50 60"]:
    """The 50 games of the original analysis, as tokens: the first of its 10,000."""
    games = np.load(_file_path("board_seqs_int_small.npy"))
    return torch.from_numpy(games[:50].astype(np.uint8))


def _given(name: str) -> Path | None:
    """The file in the folder that the user named, if one is named."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if not folder:
        return None
    path = Path(folder) / name
    if not path.is_file():
        raise OthelloInterpError(f"{path} is missing: {FOLDER_VARIABLE} names a folder without {name}.")
    return path


def _model_path() -> Path:
    if given := _given(MODEL_FILE):
        return given
    from huggingface_hub import constants, hf_hub_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(hf_hub_download(MODEL_REPOSITORY, MODEL_FILE, local_files_only=True))
    except LocalEntryNotFoundError:
        pass
    try:
        _reach(constants.ENDPOINT)
        return Path(hf_hub_download(MODEL_REPOSITORY, MODEL_FILE))
    except Exception as error:  # many kinds: no network, no such server, no space, offline mode
        address = f"https://huggingface.co/{MODEL_REPOSITORY}/resolve/main/{MODEL_FILE}"
        raise _unreachable(MODEL_FILE, address, error) from error


def _reach(address: str) -> None:
    """Raises OSError if nobody answers: huggingface_hub would try for half a minute."""
    request = urllib.request.Request(address, method="HEAD")
    with contextlib.suppress(urllib.error.HTTPError), urllib.request.urlopen(request, timeout=5):
        pass


def _file_path(name: str) -> Path:
    """A file of the paper's repository, from the named folder, the cache or the network; checked."""
    if path := _given(name):
        _check_blob(path.read_bytes(), name, str(path))
        return path
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "othello_interp"
    path, address = cache / name, f"{_FILES_URL}/{name}"
    if not path.is_file():
        try:
            with urllib.request.urlopen(address, timeout=10) as response:
                content = response.read()
        except OSError as error:
            raise _unreachable(name, address, error) from error
        _check_blob(content, name, address)
        with whole_file(path) as temporary:
            temporary.write_bytes(content)
    _check_blob(path.read_bytes(), name, str(path))
    return path


def git_blob_id(content: bytes) -> str:
    """The id git gives a file with this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _check_blob(content: bytes, name: str, source: str) -> None:
    if (found := git_blob_id(content)) != GIT_BLOBS[name]:
        raise OthelloInterpError(
            f"{source} is not the published file: expected git blob {GIT_BLOBS[name]}, found {found} "
            f"({len(content)} bytes). Delete it and try again."
        )


def _unreachable(name: str, address: str, error: Exception) -> OthelloInterpError:
    return OthelloInterpError(
        f"{name} can't be downloaded ({type(error).__name__}: {str(error).splitlines()[0]}). "
        f"With a network, try again; without one, download {address} elsewhere, put it into a folder and "
        f"set {FOLDER_VARIABLE} to that folder; or use the embedded model."
    )
