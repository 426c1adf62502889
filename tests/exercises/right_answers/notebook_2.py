"""Right answers to the exercises of notebook 2, written in other ways than the reference."""

import numpy as np
import torch
import torch.nn.functional as F

from othello_interp import utils
from othello_interp.squares import ALL_SQUARES


def input_weights_on_board__loop(model, layer, neuron, directions):
    w_in = model.blocks[layer].mlp.W_in[:, neuron]
    result = torch.zeros(8, 8)
    for row in range(8):
        for col in range(8):
            direction = directions[:, row, col]
            if direction.any():
                result[row, col] = w_in @ direction / w_in.norm() / direction.norm()
    return result


def input_weights_on_board__torch_cosine(model, layer, neuron, directions):
    w_in = model.W_in[layer, :, neuron]
    return F.cosine_similarity(w_in[:, None, None], directions, dim=0)


def input_weights_on_board__numpy_float64(model, layer, neuron, directions):
    w_in = model.blocks[layer].mlp.W_in.numpy()[:, neuron].astype(float)
    flat = directions.numpy().reshape(len(w_in), 64).astype(float)
    with np.errstate(invalid="ignore"):
        cosines = (w_in @ flat) / (np.linalg.norm(w_in) * np.linalg.norm(flat, axis=0))
    return np.nan_to_num(cosines).reshape(8, 8)


def input_weights_on_board__inplace_noncontiguous(model, layer, neuron, directions):
    w_in = model.blocks[layer].mlp.W_in[:, neuron].clone()
    w_in /= w_in.norm()
    unit = F.normalize(directions, dim=0).permute(2, 1, 0)
    return (unit @ w_in).T


def neuron_logit_attribution__loop(model, layer, neuron):
    w_out = model.blocks[layer].mlp.W_out[neuron]
    result = torch.zeros(8, 8)
    for token in range(1, 61):
        square = ALL_SQUARES[token - 1]
        result[square // 8, square % 8] = w_out @ model.W_U[:, token]
    return result


def neuron_logit_attribution__padded(model, layer, neuron):
    logits = torch.einsum("d,dv->v", model.W_out[layer, neuron], model.W_U[:, 1:])
    gap = torch.zeros(2)
    return torch.cat([logits[:27], gap, logits[27:33], gap, logits[33:]]).view(8, 8)


def neuron_logit_attribution__numpy_float64(model, layer, neuron):
    w_out = model.blocks[layer].mlp.W_out[neuron].double().numpy()
    board = np.zeros((8, 8))
    board.flat[ALL_SQUARES] = w_out @ model.W_U.double().numpy()[:, 1:]
    return board


def neuron_logit_attribution__whole_layer(model, layer, neuron):
    W_U = torch.zeros(model.W_U.shape[0], 64)
    W_U[:, ALL_SQUARES] = model.W_U[:, 1:]
    weight = model.blocks[layer].mlp.W_out.clone().requires_grad_(True)
    return (weight @ W_U)[neuron].unflatten(0, (8, 8))


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


def capture_pattern__squares(label, step, n_theirs):
    squares = [r + c for r in "ABCDEFGH" for c in "01234567"]
    start, length = squares.index(label), n_theirs + 2
    rows = [start // 8 + step[0] * i for i in range(length)]
    cols = [start % 8 + step[1] * i for i in range(length)]
    if min(rows + cols) < 0 or max(rows + cols) > 7:
        return None
    states = ["BLANK"] + n_theirs * ["THEIRS"] + ["MINE"]
    return {squares[8 * r + c]: state for r, c, state in zip(rows, cols, states, strict=True)}


def capture_pattern__try(label, step, n_theirs):
    pattern = {label: "BLANK"}
    try:
        for i in range(1, n_theirs + 2):
            square = chr(ord(label[0]) + i * step[0]) + str(int(label[1]) + i * step[1])
            utils.label_to_square(square)
            pattern[square] = "THEIRS" if i <= n_theirs else "MINE"
    except ValueError:
        return None
    return pattern


def capture_pattern__numpy(label, step, n_theirs):
    line = np.array(divmod(utils.label_to_square(label), 8)) + np.outer(np.arange(n_theirs + 2), step)
    if not np.isin(line, np.arange(8)).all():
        return None
    labels = [utils.square_to_label(int(square)) for square in line @ [8, 1]]
    pattern = dict.fromkeys(labels, "THEIRS")
    pattern[labels[0]], pattern[labels[-1]] = "BLANK", "MINE"
    return pattern
