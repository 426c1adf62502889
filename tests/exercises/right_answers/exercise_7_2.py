"""Right answers to exercise 7.2, written in other ways than the reference."""

import numpy as np
import torch

from othello_interp.hypotheses import roc_auc


def auc_from_counts__loop(holds, fails):
    found = torch.zeros(holds.shape[:-1])
    for at in np.ndindex(*holds.shape[:-1]):
        wins = 0.0
        for i, n in enumerate(holds[at].tolist()):
            for j, m in enumerate(fails[at].tolist()):
                wins += n * m * (1 if i > j else 0.5 if i == j else 0)
        found[at] = wins / (holds[at].sum() * fails[at].sum())
    return found


def auc_from_counts__numpy(holds, fails):
    """By trapezia under the curve of the share found against the share of false alarms."""
    found, alarms = (
        np.concatenate([np.zeros((*x.shape[:-1], 1)), x.numpy()[..., ::-1].cumsum(-1)], -1)
        for x in (holds, fails)
    )
    found, alarms = found / found[..., -1:], alarms / alarms[..., -1:]
    return ((alarms[..., 1:] - alarms[..., :-1]) * (found[..., 1:] + found[..., :-1]) / 2).sum(-1)


def auc_from_counts__one_number_for_each_position(holds, fails):
    def one(holds, fails):
        counts = torch.cat([holds, fails])
        bins = torch.arange(len(holds)).repeat(2).repeat_interleave(counts).float()
        return roc_auc(bins, torch.arange(len(bins)) < holds.sum())

    flat = (
        [one(*pair) for pair in zip(holds.flatten(0, -2), fails.flatten(0, -2), strict=True)]
        if (holds.ndim > 1)
        else one(holds, fails)
    )
    return torch.stack(flat).view(holds.shape[:-1]) if holds.ndim > 1 else flat


def auc_from_counts__matrix(holds, fails):
    bins = holds.shape[-1]
    better = torch.ones(bins, bins, dtype=torch.float64).tril(-1) + torch.eye(bins, dtype=torch.float64) / 2
    shares = [x.double() / x.double().sum(-1, keepdim=True) for x in (holds, fails)]
    return torch.einsum("...i,ij,...j->...", shares[0], better, shares[1])
