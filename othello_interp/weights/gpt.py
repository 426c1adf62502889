"""A plain GPT for training, with the parameter names of a native TransformerBridge.

TransformerBridge is built for looking inside a model: every step passes through a hook. Training
needs none of that, so it uses this short twin. The state dict of one loads into the other.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Integer
from torch import Tensor, nn

from othello_interp.errors import InputError
from othello_interp.squares import N_TOKENS

N_CTX = 59  # the model sees the first 59 moves of a game


@dataclass(frozen=True)
class GPTConfig:
    """Sizes of an Othello-GPT."""

    n_layers: int = 8
    d_model: int = 256
    n_heads: int = 8
    d_mlp: int = 2048


def _written_out_attention(
    q: Float[Tensor, "head move d_head"],
    k: Float[Tensor, "head move d_head"],
    v: Float[Tensor, "head move d_head"],
) -> Float[Tensor, "head move d_head"]:
    """Causal attention, for every head of every game, in single operations.

    Games are so short that fusing them gains nothing, and in bfloat16 the backward pass of the fused kernel
    is slow on a CPU.
    """
    n = q.shape[1]
    future = torch.full((n, n), float("-inf"), dtype=q.dtype).triu(1)
    scores = torch.baddbmm(future, q, k.mT, alpha=q.shape[-1] ** -0.5)
    return scores.softmax(-1) @ v


class Attention(nn.Module):
    """Causal self-attention."""

    def __init__(self, config: GPTConfig):
        super().__init__()
        if config.d_model % config.n_heads:
            raise InputError(f"d_model {config.d_model} is not a multiple of n_heads {config.n_heads}")
        self.n_heads = config.n_heads
        for name in ("q", "k", "v", "o"):
            self.add_module(name, nn.Linear(config.d_model, config.d_model))

    def forward(self, x: Float[Tensor, "game move d_model"]) -> Float[Tensor, "game move d_model"]:
        def heads(name: str) -> Float[Tensor, "game head move d_head"]:
            return self.get_submodule(name)(x).unflatten(-1, (self.n_heads, -1)).transpose(1, 2)

        q, k, v = heads("q"), heads("k"), heads("v")
        if x.device.type == "cpu":
            y = _written_out_attention(q.flatten(0, 1), k.flatten(0, 1), v.flatten(0, 1)).view_as(q)
        else:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.get_submodule("o")(y.transpose(1, 2).flatten(2))


class MLP(nn.Module):
    """Two linear maps with an exact GELU between them. `in` is a Python keyword, hence get_submodule."""

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.add_module("in", nn.Linear(config.d_model, config.d_mlp))
        self.add_module("out", nn.Linear(config.d_mlp, config.d_model))

    def forward(self, x: Float[Tensor, "game move d_model"]) -> Float[Tensor, "game move d_model"]:
        return self.get_submodule("out")(F.gelu(self.get_submodule("in")(x)))


class Block(nn.Module):
    """Attention, then MLP, each on a normalised copy of the residual stream."""

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.ln1 = nn.LayerNorm(config.d_model)
        self.attn = Attention(config)
        self.ln2 = nn.LayerNorm(config.d_model)
        self.mlp = MLP(config)

    def forward(self, x: Float[Tensor, "game move d_model"]) -> Float[Tensor, "game move d_model"]:
        x = x + self.attn(self.ln1(x))
        return x + self.mlp(self.ln2(x))


class GPT(nn.Module):
    """Tokens of a game so far to logits for the next move, after each move."""

    def __init__(self, config: GPTConfig):
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(N_TOKENS, config.d_model)
        self.pos_embed = nn.Embedding(N_CTX, config.d_model)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.n_layers))
        self.ln_final = nn.LayerNorm(config.d_model)
        self.unembed = nn.Linear(config.d_model, N_TOKENS)
        self._initialise()

    def _initialise(self) -> None:
        """Normal weights of standard deviation 0.02; less for what writes to the residual stream,
        so that its size at the end does not grow with the number of layers (as in GPT-2)."""
        for name, parameter in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            elif ".ln" not in name and not name.startswith("ln_final"):
                writes = name.endswith(("attn.o.weight", "mlp.out.weight"))
                scale = (2 * self.config.n_layers) ** -0.5 if writes else 1.0
                nn.init.normal_(parameter, std=0.02 * scale)

    def forward(self, tokens: Integer[Tensor, "game move"]) -> Float[Tensor, "game move vocab"]:
        x = self.embed(tokens) + self.pos_embed.weight[: tokens.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.unembed(self.ln_final(x))

    def load_weights(self, state: dict[str, Tensor]) -> None:
        """Load weights named as a native TransformerBridge names them.

        Weights whose LayerNorms are folded in have no ln keys: a folded model is the same model with
        LayerNorm weights 1 and biases 0. Raises ValueError on missing keys or wrong shapes.
        """
        own = self.state_dict()
        wanted = {name for name in own if "ln" not in name.split(".")[-2]}
        missing = sorted(wanted - set(state)) or sorted(set(own) - set(state) if set(state) - wanted else [])
        extra = sorted(set(state) - set(own))
        wrong = [
            f"{name} is {tuple(state[name].shape)}, expected {tuple(own[name].shape)}"
            for name in own
            if name in state and state[name].shape != own[name].shape
        ]
        if missing or extra or wrong:
            raise InputError(
                f"these are not the weights of a GPT of {self.config}: missing {missing[:3]}, "
                f"unexpected {extra[:3]}, wrong shape {wrong[:3]}"
            )
        for name in own:
            if name in state:
                own[name].copy_(state[name])
            else:
                own[name].fill_(1.0 if name.endswith("weight") else 0.0)
