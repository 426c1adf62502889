"""Right answers to exercise 6.4, written in other ways than the reference."""

import torch


def reader_effects__loop(before, after, W_out, unembedding, scale, where):
    effects = torch.zeros(len(W_out), dtype=torch.float64)
    for game, move in where.nonzero().tolist():
        effects += (after - before)[game, move] * (W_out @ unembedding) / scale[game, move]
    return effects / where.sum()


def reader_effects__einsum(before, after, W_out, unembedding, scale, where):
    weight = where / scale / where.sum()
    return torch.einsum("gmn,gm,nd,d->n", after - before, weight, W_out, unembedding)


def reader_effects__through_the_stream(before, after, W_out, unembedding, scale, where):
    writes = (after - before)[where][..., None] * W_out
    return ((writes / scale[where][:, None, None]) @ unembedding).mean(0)


def reader_effects__numpy(before, after, W_out, unembedding, scale, where):
    change = (after.numpy() - before.numpy()) / scale.numpy()[:, :, None]
    return change[where.numpy()].mean(axis=0) * (W_out.numpy() @ unembedding.numpy())
