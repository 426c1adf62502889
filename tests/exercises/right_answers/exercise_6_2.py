"""Right answers to exercise 6.2, written in other ways than the reference."""

import numpy as np
import pandas as pd
import torch


def matched_mean__loop(acts, labels):
    result = torch.empty_like(acts)
    for game in range(acts.shape[0]):
        for move in range(acts.shape[1]):
            alike = labels[:, move] == labels[game, move]
            result[game, move] = acts[alike, move].mean()
    return result


def matched_mean__pairs(acts, labels):
    alike = (labels[:, None] == labels[None]).float()
    return (alike * acts[None]).sum(1) / alike.sum(1)


def matched_mean__numpy(acts, labels):
    values, mask = acts.numpy(), labels.numpy()
    means = [np.where(mask == label, values, np.nan) for label in (False, True)]
    false, true = (np.nanmean(part, axis=0) for part in means)
    return np.where(mask, true, false)


def matched_mean__pandas(acts, labels):
    games, moves = acts.shape
    frame = pd.DataFrame(
        {
            "act": acts.flatten().numpy(),
            "label": labels.flatten().numpy(),
            "move": np.tile(np.arange(moves), games),
        }
    )
    return torch.tensor(frame.groupby(["move", "label"]).act.transform("mean").to_numpy()).view(games, moves)
