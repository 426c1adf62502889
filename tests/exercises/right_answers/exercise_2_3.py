"""Right answers to exercise 2.3, written in other ways than the reference."""

import numpy as np
import torch.nn.functional as F

from othello_interp import utils


def unembedding_similarity__torch_cosine(model, label_a, label_b):
    a, b = (model.W_U.T[utils.label_to_id(label)] for label in (label_a, label_b))
    return F.cosine_similarity(a, b, dim=0)


def unembedding_similarity__numpy_matrix(model, label_a, label_b):
    unit = model.W_U.numpy()[:, 1:].astype(np.float64)
    unit = unit / np.linalg.norm(unit, axis=0)
    similarities = unit.T @ unit
    return similarities[utils.label_to_id(label_a) - 1, utils.label_to_id(label_b) - 1]


def unembedding_similarity__loop(model, label_a, label_b):
    a, b = (model.W_U[:, utils.label_to_id(label)].tolist() for label in (label_a, label_b))
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    return dot / sum(x * x for x in a) ** 0.5 / sum(y * y for y in b) ** 0.5
