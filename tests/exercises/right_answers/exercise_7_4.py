"""Right answers to exercise 7.4, written in other ways than the reference."""

import numpy as np
import torch

from othello_interp.hypotheses import label_aucs, roc_auc


def best_by_chance__one_line_at_a_time(acts, labels, orders):
    def best(acts):
        return max(roc_auc(acts.flatten(), line.flatten()).item() for line in labels)

    null = [best(acts[order]) for order in orders]
    found = best(acts)
    return found, torch.tensor(null), (1 + sum(value >= found for value in null)) / (1 + len(null))


def best_by_chance__all_shuffles_at_once(acts, labels, orders):
    shuffled = torch.cat([acts[None], acts[orders]]).flatten(1).T
    found, *null = label_aucs(shuffled, labels.flatten(1)).amax(0).tolist()
    return found, torch.tensor(null), sum(value >= found for value in [found, *null]) / (1 + len(null))


def best_by_chance__labels_shuffled(acts, labels, orders):
    flat = acts.reshape(-1, 1)
    found = label_aucs(flat, labels.flatten(1)).max()
    null = torch.stack([label_aucs(flat, labels[:, order.argsort()].flatten(1)).max() for order in orders])
    return found, null, 1 - (null < found).sum().item() / (1 + len(null))


def best_by_chance__numpy(acts, labels, orders):
    acts, labels = acts.double().numpy(), labels.numpy()

    def best(acts):
        higher = acts.ravel()[:, None] > acts.ravel()[None]
        aucs = [higher[line.ravel()][:, ~line.ravel()].mean() for line in labels]
        return max(aucs)

    null = np.array([best(acts[order]) for order in orders.numpy()])
    return best(acts), null, (1 + (null >= best(acts)).sum()) / (1 + len(null))
