"""Right answers to exercise 7.1, written in other ways than the reference."""

import numpy as np


def merge__raw_sums_in_double(a, b):
    n = a[0] + b[0]
    total = sum(part[0] * part[1].double() for part in (a, b))
    raw = sum(part[2].double() + part[0] * part[1].double() ** 2 for part in (a, b))
    mean = total / max(n, 1)
    return n, mean.float(), (raw - n * mean**2).float()


def merge__about_the_new_mean(a, b):
    n = a[0] + b[0]
    if not n:
        return b
    mean = a[0] / n * a[1] + b[0] / n * b[1]
    return n, mean, sum(part[2] + part[0] * (part[1] - mean) ** 2 for part in (a, b))


def merge__by_cases(a, b):
    if a[0] == 0:
        return b
    if b[0] == 0:
        return a
    share = b[0] / (a[0] + b[0])
    delta = b[1] - a[1]
    return a[0] + b[0], a[1] + share * delta, a[2] + b[2] + a[0] * share * delta**2


def merge__numpy(a, b):
    (n_a, mean_a, squares_a), (n_b, mean_b, squares_b) = ((p[0], *(x.numpy() for x in p[1:])) for p in (a, b))
    n = n_a + n_b
    weights = [n_a, n_b] if n else [1, 1]
    mean = np.average(np.stack([mean_a, mean_b]), axis=0, weights=weights)
    between = n_a * (mean_a - mean) ** 2 + n_b * (mean_b - mean) ** 2
    return [n, mean, squares_a + squares_b + between]
