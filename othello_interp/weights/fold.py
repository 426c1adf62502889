"""Fold the LayerNorms of an Othello-GPT into its other weights, so that these can be read as they stand."""

from torch import Tensor

State = dict[str, Tensor]


def fold(state: State) -> State:
    """The same model without LayerNorm weights and with centred weights (normalization_type "LNPre").

    LayerNorm weights and biases move into the linear maps that follow; these maps lose the part that
    reads the mean over d_model, which is always zero. Whatever writes to the residual stream loses its
    own mean over d_model, which the next LayerNorm would remove. W_U and b_U lose their mean over the
    vocabulary, which softmax would cancel. The biases of the values move to the output of the attention
    (each row of the pattern sums to 1). Predictions (log-probabilities) stay; logits may shift by a
    constant. As TransformerLens' enable_compatibility_mode does it.
    """
    state = {name: weights.double() for name, weights in state.items()}
    layers = range(len({name.split(".")[1] for name in state if name.startswith("blocks.")}))
    reads = {f"blocks.{layer}.ln1": [f"blocks.{layer}.attn.{x}" for x in "qkv"] for layer in layers}
    reads |= {f"blocks.{layer}.ln2": [f"blocks.{layer}.mlp.in"] for layer in layers}
    reads |= {"ln_final": ["unembed"]}
    for norm, readers in reads.items():
        weight, bias = state.pop(f"{norm}.weight"), state.pop(f"{norm}.bias")
        for reader in readers:
            state[f"{reader}.bias"] += state[f"{reader}.weight"] @ bias
            state[f"{reader}.weight"] *= weight
            state[f"{reader}.weight"] -= state[f"{reader}.weight"].mean(1, keepdim=True)
    for layer in layers:
        attention = f"blocks.{layer}.attn"
        state[f"{attention}.o.bias"] += state[f"{attention}.o.weight"] @ state[f"{attention}.v.bias"]
        state[f"{attention}.v.bias"].zero_()
        for writer in (f"{attention}.o", f"blocks.{layer}.mlp.out"):
            state[f"{writer}.weight"] -= state[f"{writer}.weight"].mean(0, keepdim=True)
            state[f"{writer}.bias"] -= state[f"{writer}.bias"].mean()
    for writer in ("embed.weight", "pos_embed.weight"):
        state[writer] -= state[writer].mean(1, keepdim=True)
    state["unembed.weight"] -= state["unembed.weight"].mean(0, keepdim=True)
    state["unembed.bias"] -= state["unembed.bias"].mean()
    return {name: weights.float() for name, weights in state.items()}
