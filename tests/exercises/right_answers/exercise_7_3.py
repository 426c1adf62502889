"""Right answers to exercise 7.3, written in other ways than the reference."""

import numpy as np


def design_effect__loop(values, where):
    marked = [
        [v for v, w in zip(*row, strict=True) if w]
        for row in zip(values.tolist(), where.tolist(), strict=True)
    ]
    mean = sum(map(sum, marked)) / sum(map(len, marked))
    by_game = sum(sum(v - mean for v in game) ** 2 for game in marked)
    return by_game / sum((v - mean) ** 2 for game in marked for v in game)


def design_effect__numpy(values, where):
    values, where = values.double().numpy(), where.numpy()
    kept = np.where(where, values - values[where].mean(), 0)
    return np.square(kept.sum(1)).sum() / np.square(kept).sum()


def design_effect__by_counts(values, where):
    sums, counts = (values * where).sum(1), where.sum(1)
    mean = sums.sum() / counts.sum()
    return (sums - counts * mean).square().sum() / (values[where] - mean).square().sum()


def design_effect__pairs(values, where):
    """All pairs of positions of one game, over the pairs of a position with itself."""
    deviations = (values - values[where].mean()) * where
    pairs = deviations[:, :, None] * deviations[:, None, :]
    return float(pairs.sum() / pairs.diagonal(dim1=1, dim2=2).sum())
