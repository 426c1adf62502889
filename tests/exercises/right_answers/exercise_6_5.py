"""Right answers to exercise 6.5, written in other ways than the reference."""

import torch

from othello_interp.circuit import patch


def logits_with_held__library(model, tokens, off, held):
    return patch(model, tokens, {"L{}N{}".format(*off): 0.0}, freeze=["L{}N{}".format(*held)])


def logits_with_held__off_before_gelu(model, tokens, off, held):
    name = f"blocks.{held[0]}.mlp.hook_post"
    _, cache = model.run_with_cache(tokens)
    kept = cache[name]

    def to_zero(pre, hook):
        pre[:, :, off[1]] = 0  # gelu(0) is 0

    def hold(act, hook):
        mask = torch.zeros(act.shape[-1])
        mask[held[1]] = 1
        return act * (1 - mask) + kept * mask

    hooks = [(f"blocks.{off[0]}.mlp.hook_pre", to_zero), (name, hold)]
    with torch.no_grad(), model.hooks(fwd_hooks=hooks):
        return model(tokens.int())


def logits_with_held__through_the_stream(model, tokens, off, held):
    off_name, held_name = (f"blocks.{neuron[0]}.mlp.hook_post" for neuron in (off, held))
    _, cache = model.run_with_cache(tokens, names_filter=[off_name, held_name])
    found = {}

    def without(out, hook):
        return out - cache[off_name][..., off[1], None] * model.blocks[off[0]].mlp.W_out[off[1]]

    def keep(act, hook):
        found["act"] = act[..., held[1]].clone()

    def back(out, hook):
        change = cache[held_name][..., held[1]] - found["act"]
        return out + change[..., None] * model.blocks[held[0]].mlp.W_out[held[1]]

    hooks = [
        (f"blocks.{off[0]}.hook_mlp_out", without),
        (held_name, keep),
        (f"blocks.{held[0]}.hook_mlp_out", back),
    ]
    return model.run_with_hooks(tokens, fwd_hooks=hooks).double()
