"""What the MLP neurons of every layer put out, layer by layer, at the speed of the machine.

A TransformerBridge passes every step through hooks and keeps what it is asked for; here a layer is handed on
and forgotten, and matrices are multiplied in bfloat16 where the processor has units for it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from jaxtyping import Float, Integer
from torch import Tensor

from othello_interp.weights.gpt import GPT, GPTConfig

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge


def plain_model(model: "TransformerBridge | GPT") -> GPT:
    """The same model without hooks."""
    if isinstance(model, GPT):
        return model
    cfg = model.cfg
    plain = GPT(GPTConfig(cfg.n_layers, cfg.d_model, cfg.n_heads, cfg.d_mlp))
    with torch.no_grad():
        plain.load_weights(model.state_dict())
    return plain.requires_grad_(False).eval()


def each_layer(
    model: GPT,
    tokens: Integer[Tensor, "game 59"],
    take: Callable[[int, Float[Tensor, "position neuron"]], None],
    dtype: torch.dtype = torch.float32,
    layers: int | None = None,
) -> None:
    """Calls `take(layer, acts)` with each layer's activations, in float32, at all positions, game by game.

    dtype: to multiply matrices in. layers: how many, from the first one; by default all.
    """

    def rounded(module: str, x: Tensor) -> Tensor:
        with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            return model.get_submodule(module)(x).float()

    n_layers = len(model.blocks) if layers is None else layers
    with torch.no_grad():
        x = model.embed(tokens.int()) + model.pos_embed.weight[: tokens.shape[1]]
        for layer in range(n_layers):
            block = model.get_submodule(f"blocks.{layer}")
            x = x + rounded(f"blocks.{layer}.attn", block.get_submodule("ln1")(x))
            acts = F.gelu(rounded(f"blocks.{layer}.mlp.in", block.get_submodule("ln2")(x)))
            take(layer, acts.flatten(0, 1))
            if layer + 1 < n_layers:
                x = x + rounded(f"blocks.{layer}.mlp.out", acts)
