"""A forward pass written out from the state dict, slowly: what patching the model is compared with.

Nothing here knows TransformerLens. `edit(name, act)` sees every activation on the way and returns what takes
its place; the names are TransformerLens's, so that tests can speak of both.
"""

import torch
import torch.nn.functional as F


def forward(model, tokens, edit=lambda name, act: act):
    """All activations by name, "logits" and the final LayerNorm's "scale" among them."""
    weights, found = model.state_dict(), {}
    n_heads, n_moves = model.cfg.n_heads, tokens.shape[1]

    def see(name, act):
        found[name] = edit(name, act)
        return found[name]

    def linear(x, name):
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def normalised(x):
        x = x - x.mean(-1, keepdim=True)
        scale = (x.pow(2).mean(-1, keepdim=True) + 1e-5).sqrt()
        return x / scale, scale

    x = weights["embed.weight"][tokens] + weights["pos_embed.weight"][:n_moves]
    future = torch.ones(n_moves, n_moves).triu(1).bool()
    for i in range(model.cfg.n_layers):
        read, _ = normalised(x)
        q, k, v = (
            linear(read, f"blocks.{i}.attn.{name}").unflatten(-1, (n_heads, -1)).transpose(1, 2)
            for name in "qkv"
        )
        scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill(future, -torch.inf)
        z = see(f"blocks.{i}.attn.hook_z", (scores.softmax(-1) @ v).transpose(1, 2))
        x = x + see(f"blocks.{i}.hook_attn_out", linear(z.flatten(2), f"blocks.{i}.attn.o"))
        acts = see(f"blocks.{i}.mlp.hook_post", F.gelu(linear(normalised(x)[0], f"blocks.{i}.mlp.in")))
        x = x + see(f"blocks.{i}.hook_mlp_out", linear(acts, f"blocks.{i}.mlp.out"))
        x = see(f"blocks.{i}.hook_resid_post", x)
    read, found["scale"] = normalised(x)
    found["logits"] = linear(read, "unembed")
    return found
