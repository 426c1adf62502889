"""Right answers to exercise 5.5, written in other ways than the reference."""

import torch


def _name(layer):
    return f"blocks.{layer}.mlp.hook_post"


def ablated_logits__before_gelu(model, tokens, layer, neuron):
    def to_zero(pre, hook):
        pre[:, :, neuron] = 0  # gelu(0) is 0
        return pre

    return model.run_with_hooks(tokens, fwd_hooks=[(f"blocks.{layer}.mlp.hook_pre", to_zero)])


def ablated_logits__a_new_tensor(model, tokens, layer, neuron):
    def masked(act, hook):
        mask = torch.ones(act.shape[-1])
        mask[neuron] = 0
        return act * mask

    with torch.no_grad(), model.hooks(fwd_hooks=[(_name(layer), masked)]):
        return model(tokens.int())


def ablated_logits__off_the_residual_stream(model, tokens, layer, neuron):
    _, cache = model.run_with_cache(tokens, names_filter=_name(layer))
    written = cache[_name(layer)][..., neuron, None] * model.blocks[layer].mlp.W_out[neuron]
    without = [(f"blocks.{layer}.hook_mlp_out", lambda out, hook: out - written)]
    return model.run_with_hooks(tokens, fwd_hooks=without).double()


def ablated_logits__numpy(model, tokens, layer, neuron):
    def to_zero(act, hook):
        act.index_fill_(-1, torch.tensor([neuron]), 0.0)

    return model.run_with_hooks(tokens, fwd_hooks=[(_name(layer), to_zero)]).numpy()
