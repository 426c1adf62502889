"""Right answers to exercise 7.5, written in other ways than the reference."""

import numpy as np
import torch


def discoveries__loop(p, rate):
    m, kept = len(p), 0
    for k, value in enumerate(sorted(p.tolist()), start=1):
        if value <= k / m * rate:
            kept = k
    order = sorted(range(m), key=p.tolist().__getitem__)
    return torch.tensor([i in order[:kept] for i in range(m)])


def discoveries__adjusted(p, rate):
    """By p-values made larger, as statsmodels and scipy do."""
    order = p.double().argsort(descending=True)
    m = len(p)
    adjusted = p.double()[order] * m / torch.arange(m, 0, -1)
    result = torch.empty(m, dtype=torch.bool)
    result[order] = adjusted.cummin(0).values <= rate
    return result


def discoveries__numpy(p, rate):
    p = p.numpy()
    ranked = np.sort(p)
    below = np.flatnonzero(ranked <= rate * np.arange(1, len(p) + 1) / len(p))
    return p <= (ranked[below[-1]] if below.size else -1)


def discoveries__how_many_are_smaller(p, rate):
    rank = (p[:, None] >= p[None]).sum(1)
    good = p * len(p) <= rate * rank
    return p <= p[good].max() if good.any() else good
