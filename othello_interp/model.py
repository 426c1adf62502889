"""Load an Othello-GPT as a TransformerBridge: the embedded one, the published one, or a file.

A checkpoint is a safetensors file whose tensors are named as in a native TransformerBridge and whose
metadata gives n_heads. One with LayerNorm weights, as `othello-interp train` writes it, says
`normalization_type="LN"` there, and these weights are folded when it is read.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from othello_interp.errors import InputError, OthelloInterpError
from othello_interp.squares import N_TOKENS
from othello_interp.storage.data import data_path
from othello_interp.weights.fold import fold
from othello_interp.weights.gpt import N_CTX

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge

MODEL_VARIABLE = "OTHELLO_INTERP_MODEL"


def model_name(name: str | Path | None = None) -> str:
    """The model meant by `name`; for None, by the variable OTHELLO_INTERP_MODEL, else "embedded"."""
    return str(name or os.environ.get(MODEL_VARIABLE) or "embedded")


def load_model(name: str | Path | None = None, device: str | torch.device = "cpu") -> "TransformerBridge":
    """An Othello-GPT, ready for inference (no gradients).

    name: "embedded" (the model that ships with the project), "published" (the weights of Li et al.
    2023, downloaded once), or the path of a .safetensors checkpoint. By default the environment
    variable OTHELLO_INTERP_MODEL decides, so that whole notebooks can be switched; else "embedded".
    The model remembers its name in `cfg.model_name`.

    Raises OthelloInterpError for a missing, damaged or unsuitable file.
    """
    name = model_name(name)
    if name == "published":
        from othello_interp.weights.published import load_state

        state, n_heads = load_state(), 8
    else:
        path = data_path("model.safetensors") if name == "embedded" else Path(name)
        state, n_heads = read_checkpoint(path)
    model = bridge(state, n_heads, source=name)
    return model if torch.device(device).type == "cpu" else model.to(device)


def read_checkpoint(path: Path) -> tuple[dict[str, Tensor], int]:
    """The tensors of a checkpoint, LayerNorms folded, and its number of attention heads."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise OthelloInterpError(
            f"No checkpoint at {path}. Give the path of a .safetensors file, 'embedded' or 'published'."
        )
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            state = {key: file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise OthelloInterpError(
            f"{path} is not a complete safetensors file ({error}). Copy or download it again."
        ) from error
    if not metadata.get("n_heads", "").isdigit():
        raise OthelloInterpError(f"{path}: the metadata has no n_heads; expected a number such as '8'.")
    if metadata.get("normalization_type") == "LN":
        try:
            state = fold(state)
        except KeyError as error:
            raise OthelloInterpError(
                f"{path}: the tensor {error.args[0]} is missing: not a whole Othello-GPT checkpoint."
            ) from error
    return state, int(metadata["n_heads"])


def bridge(state: dict[str, Tensor], n_heads: int, source: str) -> "TransformerBridge":
    """A TransformerBridge with these weights, whose sizes follow from their shapes.

    source: what the weights are called: in an error, and in the model's `cfg.model_name`. Raises
    OthelloInterpError naming a missing, unexpected or misshapen tensor.
    """
    from transformer_lens import TransformerBridge, TransformerBridgeConfig

    def size(key: str, axis: int) -> int:
        if key not in state:
            raise OthelloInterpError(f"{source}: the tensor {key} is missing: not an Othello-GPT checkpoint.")
        return state[key].shape[axis]

    d_model = size("embed.weight", -1)
    n_layers = len({key.split(".")[1] for key in state if key.startswith("blocks.")})
    config = TransformerBridgeConfig(
        n_layers=n_layers,
        d_model=d_model,
        n_heads=n_heads,
        d_head=d_model // n_heads,
        d_mlp=size("blocks.0.mlp.in.weight", 0),
        d_vocab=N_TOKENS,
        n_ctx=N_CTX,
        act_fn="gelu",
        normalization_type="LNPre",
        init_weights=False,
        device="cpu",
    )
    model = TransformerBridge.boot_native(config).eval()
    model.cfg.model_name = source  # the constructor calls every model "native"
    _check_state(state, model.state_dict(), source)
    model.load_state_dict(state, strict=True)
    return model.requires_grad_(False)


def check_exists(model: "TransformerBridge", layer: int, neurons: Iterable[int] = ()) -> None:
    """Raises ValueError for a layer, or a neuron of it, that the model hasn't got."""
    for name, indices, size in (
        ("layer", [layer], model.cfg.n_layers),
        ("neuron", neurons, model.cfg.d_mlp),
    ):
        for index in indices:
            if not 0 <= index < size:
                raise InputError(f"{name} {index} doesn't exist: this model has {name}s 0..{size - 1}")


def _check_state(state: dict[str, Tensor], expected: dict[str, Tensor], source: str) -> None:
    missing, extra = sorted(expected.keys() - state.keys()), sorted(state.keys() - expected.keys())
    problems = []
    if missing:
        problems.append(f"{len(missing)} missing tensors, first {missing[0]}")
    if extra:
        hint = (
            " (LayerNorm weights: the metadata must say so, with normalization_type 'LN')"
            if ".ln" in extra[0] or "ln_" in extra[0]
            else ""
        )
        problems.append(f"{len(extra)} unexpected tensors, first {extra[0]}{hint}")
    for key in sorted(expected.keys() & state.keys()):
        if state[key].shape != expected[key].shape:
            problems.append(
                f"{key} has shape {tuple(state[key].shape)}, expected {tuple(expected[key].shape)}"
            )
            break
    if problems:
        raise OthelloInterpError(
            f"{source} is not a checkpoint this project can load: {'; '.join(problems)}."
        )


def tiny_model(
    seed: int, n_layers: int = 2, d_model: int = 20, n_heads: int = 2, d_mlp: int = 36
) -> "TransformerBridge":
    """A small Othello-GPT with random weights and biases, for tests.

    It is quick, and every size differs from the embedded model's. The same seed gives the same weights.
    """
    return bridge(tiny_state(seed, n_layers, d_model, d_mlp), n_heads, source="tiny_model")


def tiny_state(seed: int, n_layers: int = 2, d_model: int = 20, d_mlp: int = 36) -> dict[str, Tensor]:
    """The weights of `tiny_model`, by name."""
    generator = torch.Generator().manual_seed(seed)

    def random(*shape: int) -> Float[Tensor, "..."]:
        return torch.randn(*shape, generator=generator) / shape[-1] ** 0.5

    state = {"embed.weight": random(N_TOKENS, d_model), "pos_embed.weight": random(N_CTX, d_model)}
    for layer in range(n_layers):
        linear = {f"attn.{name}": (d_model, d_model) for name in "qkvo"}
        linear |= {"mlp.in": (d_mlp, d_model), "mlp.out": (d_model, d_mlp)}
        for name, shape in linear.items():
            state[f"blocks.{layer}.{name}.weight"] = random(*shape)
            state[f"blocks.{layer}.{name}.bias"] = random(shape[0])
    return state | {"unembed.weight": random(N_TOKENS, d_model), "unembed.bias": random(N_TOKENS)}
