"""Right answers to exercise 5.4, written in other ways than the reference."""

import numpy as np
import torch

LINE = "F6==BLANK & E6==THEIRS & (D6==MINE | D6==THEIRS & C6==MINE)"


def my_hypothesis__list():
    return [1751, LINE]


def my_hypothesis__numpy_and_brackets():
    return np.int64(1751), f"({LINE.lower()})".replace("==", " == ")


def my_hypothesis__negation_and_tensor():
    row = "H6==BLANK & H5==THEIRS & (H4==MINE | ~(H4==BLANK | H4==MINE) & H3==MINE)"
    return torch.tensor(1484), row
