"""Wrong answers as students write them: the second batch (wrong_answers.py)."""

import math

import numpy as np
import torch
from wrong_answers import Batch

from othello_interp import utils
from othello_interp.neurons import get_w_in, get_w_out, on_board
from othello_interp.squares import ALL_SQUARES, label_to_id, label_to_square, square_to_label

wrong = Batch()


# -- 1.1
wrong("1.1", "square", "centre", "token")(lambda label: utils.label_to_square(label))
wrong("1.1", "row", "column", "swapped")(
    lambda label: utils.label_to_id("ABCDEFGH"[int(label[1])] + str("ABCDEFGH".index(label[0])))
)
wrong("1.1", "column", "further", "right", "counted from 1")(
    lambda label: (
        utils.label_to_id(label[0] + str((int(label[1]) + 1) % 8))
        if label not in ("D2", "E2", "D7", "E7")
        else 0
    )
)
wrong("1.1", "minus 2", "too small", "one", "subtracted")(lambda label: utils.label_to_id(label) - 2)
wrong("1.1", "61", "minus")(lambda label: 61 - utils.label_to_id(label))


# -- 1.2
@wrong("1.2", "first move", "0 wherever", "blank", "swapped", "theirs and mine")
def b12(states):
    out = torch.zeros_like(states)
    for move in range(states.shape[1]):
        me = 1 if move % 2 == 0 else -1
        out[:, move][states[:, move] == me] = 2
        out[:, move][states[:, move] == -me] = 1
    return out


@wrong("1.2", "2 wherever 1", "mine", "theirs", "0 wherever 2")
def b12b(states):
    out = torch.zeros_like(states)
    for move in range(states.shape[1]):
        me = -1 if move % 2 == 0 else 1
        out[:, move][states[:, move] == -me] = 1
    return out


@wrong("1.2", "-1 wherever", "1 wherever", "plus-minus")
def b12c(states):
    player = torch.tensor([-1, 1]).repeat(states.shape[1])[: states.shape[1]]
    return states * player.view(1, -1, 1, 1)


@wrong("1.2", "mirrored", "wrong way", "columns", "left")
def b12d(states):
    player = torch.tensor([-1, 1]).repeat(states.shape[1])[: states.shape[1]]
    x = states * player.view(1, -1, 1, 1)
    return torch.where(x == -1, 1, torch.where(x == 1, 2, 0)).flip(-1)


# -- 1.3
def p13(logits, legal, dim=-1):
    return (logits.softmax(dim)[..., 1:] * legal.flatten(-2)[..., ALL_SQUARES]).sum(-1)


wrong("1.3", "square")(lambda logits, legal: p13(logits, legal).sqrt())
wrong("1.3", "opposite", "minus", "sign")(lambda logits, legal: -p13(logits, legal))
wrong("1.3", "1 minus", "True for False", "not")(lambda logits, legal: 1 - p13(logits, legal))
wrong("1.3", "last", "move", "only")(lambda logits, legal: p13(logits, legal)[:, -1])
wrong("1.3", "mirrored", "left", "wrong way")(lambda logits, legal: p13(logits, legal.flip(-1)))
wrong("1.3", "upside", "rows")(lambda logits, legal: p13(logits, legal.flip(-2)))
wrong("1.3", "absolute", "sign", "opposite")(lambda logits, legal: p13(-logits, legal))
wrong("1.3", "step by step", "cumul")(lambda logits, legal: p13(logits, legal).cumsum(-1))
wrong("1.3", "prod", "multipl", "log_softmax")(
    lambda logits, legal: (logits.softmax(-1)[..., 1:].where(legal.flatten(-2)[..., ALL_SQUARES], 1)).prod(-1)
)
wrong("1.3", "log")(lambda logits, legal: -p13(logits, legal).log())
wrong("1.3", "average", "mean", "games", "axis")(lambda logits, legal: p13(logits, legal).mean(0))
wrong("1.3", "round")(lambda logits, legal: p13(logits, legal).round(decimals=2))


# -- 1.4
def r14(resid, weight, bias):
    return (torch.einsum("gmd,drcs->gmrcs", resid, weight) + bias).argmax(-1)


wrong("1.4", "last", "left out", "without")(
    lambda resid, weight, bias, boards: (r14(resid, weight, bias) == boards)[:, :-1].float().mean((0, 1))
)
wrong("1.4", "theirs", "swapped")(
    lambda resid, weight, bias, boards: (
        (torch.tensor([0, 2, 1])[r14(resid, weight, bias)] == boards).float().mean((0, 1))
    )
)
wrong("1.4", "root", "square")(
    lambda resid, weight, bias, boards: (r14(resid, weight, bias) == boards).float().mean((0, 1)).sqrt()
)
wrong("1.4", "standard", "spread", "std")(
    lambda resid, weight, bias, boards: (r14(resid, weight, bias) == boards).float().std((0, 1))
)
wrong("1.4", "move", "beside", "later", "earlier")(
    lambda resid, weight, bias, boards: (
        (r14(resid, weight, bias)[:, 1:] == boards[:, :-1]).float().mean((0, 1))
    )
)
wrong("1.4", "upside", "wrong way", "rows")(
    lambda resid, weight, bias, boards: (r14(resid, weight, bias) == boards).float().mean((0, 1)).flip(0)
)
wrong("1.4", "one number", "mean of")(
    lambda resid, weight, bias, boards: (r14(resid, weight, bias) == boards).float().mean().item()
)


# -- 2.1
def c21(vector, directions):
    return torch.where(
        directions.norm(dim=0) > 0,
        torch.einsum("d,drc->rc", vector, directions) / directions.norm(dim=0) / vector.norm(),
        0.0,
    )


wrong("2.1", "largest", "divided")(
    lambda model, layer, neuron, directions: (x := c21(get_w_in(model, layer, neuron), directions)) / x.max()
)
wrong("2.1", "layer")(
    lambda model, layer, neuron, directions: c21(
        get_w_in(model, layer + 1 if layer + 1 < len(model.blocks) else 0, neuron), directions
    )
)
wrong("2.1", "mirrored", "wrong way", "left")(
    lambda model, layer, neuron, directions: c21(get_w_in(model, layer, neuron), directions).flip(1)
)
wrong("2.1", "angle", "arc")(
    lambda model, layer, neuron, directions: c21(get_w_in(model, layer, neuron), directions).acos()
)
wrong("2.1", "mean", "centr")(
    lambda model, layer, neuron, directions: c21((w := get_w_in(model, layer, neuron)) - w.mean(), directions)
)
wrong("2.1", "both", "length", "dot")(
    lambda model, layer, neuron, directions: torch.einsum(
        "d,drc->rc", get_w_in(model, layer, neuron), directions
    )
)


# -- 2.2
def a22(model, layer, neuron):
    return on_board(get_w_out(model, layer, neuron) @ model.W_U[:, 1:])


wrong("2.2", "layer")(lambda model, layer, neuron: a22(model, layer - 1, neuron))
wrong("2.2", "absolute", "size")(lambda model, layer, neuron: a22(model, layer, neuron).abs())
wrong("2.2", "largest")(lambda model, layer, neuron: (x := a22(model, layer, neuron)) / x.max())
wrong("2.2", "input", "embedding", "W_E")(
    lambda model, layer, neuron: on_board(get_w_in(model, layer, neuron) @ model.W_E[1:].T)
)
wrong("2.2", "negative", "0 in place")(lambda model, layer, neuron: a22(model, layer, neuron).relu())
wrong("2.2", "pass", "pass's", "minus", "subtracted")(
    lambda model, layer, neuron: on_board((x := get_w_out(model, layer, neuron) @ model.W_U)[1:] - x[0])
)
wrong("2.2", "log", "softmax")(
    lambda model, layer, neuron: on_board(
        (get_w_out(model, layer, neuron) @ model.W_U[:, 1:]).log_softmax(-1)
    )
)


# -- 2.3
def v23(model, a):
    return model.W_U[:, label_to_id(a)]


wrong("2.3", "opposite", "sign", "minus")(
    lambda model, label_a, label_b: (
        -torch.cosine_similarity(v23(model, label_a), v23(model, label_b), dim=0).item()
    )
)
wrong("2.3", "twice")(
    lambda model, label_a, label_b: (
        2 * torch.cosine_similarity(v23(model, label_a), v23(model, label_b), dim=0).item()
    )
)
wrong("2.3", "sine", "square")(
    lambda model, label_a, label_b: math.sqrt(
        1 - torch.cosine_similarity(v23(model, label_a), v23(model, label_b), dim=0).item() ** 2
    )
)
wrong("2.3", "mean", "divided")(
    lambda model, label_a, label_b: (v23(model, label_a) * v23(model, label_b)).mean().item()
)
wrong("2.3", "longer", "max", "length")(
    lambda model, label_a, label_b: (
        v23(model, label_a)
        @ v23(model, label_b)
        / max(v23(model, label_a).norm(), v23(model, label_b).norm()) ** 2
    ).item()
)
wrong("2.3", "course's model", "global")(
    lambda model, label_a, label_b: torch.cosine_similarity(
        model.W_U[:, label_to_id("C0")], model.W_U[:, label_to_id("D1")], dim=0
    ).item()
)


# -- 2.4
def l24(label, step, states):
    row, col = "ABCDEFGH".index(label[0]), int(label[1])
    squares = [(row + i * step[0], col + i * step[1]) for i in range(len(states))]
    if any(not (0 <= r < 8 and 0 <= c < 8) for r, c in squares):
        return None
    return {"ABCDEFGH"[r] + str(c): s for (r, c), s in zip(squares, states, strict=True)}


wrong("2.4", "swapped", "'MINE' wherever 'BLANK'")(
    lambda label, step, n_theirs: l24(label, step, ["MINE", *["THEIRS"] * n_theirs, "BLANK"])
)
wrong("2.4", "up", "down", "other way", "first part")(
    lambda label, step, n_theirs: l24(label, (-step[0], step[1]), ["BLANK", *["THEIRS"] * n_theirs, "MINE"])
)
wrong("2.4", "last", "MINE", "wherever 'MINE'")(
    lambda label, step, n_theirs: l24(label, step, ["BLANK", *["THEIRS"] * (n_theirs + 1)])
)
wrong("2.4", "row and column")(
    lambda label, step, n_theirs: (
        {"ABCDEFGH"[int(k[1])] + str("ABCDEFGH".index(k[0])): v for k, v in p.items()}
        if (p := l24(label, step, ["BLANK", *["THEIRS"] * n_theirs, "MINE"]))
        else None
    )
)
wrong("2.4", "1", "shift", "counted")(
    lambda label, step, n_theirs: (
        {k[0] + str(int(k[1]) + 1): v for k, v in p.items()}
        if (p := l24(label, step, ["BLANK", *["THEIRS"] * n_theirs, "MINE"]))
        else None
    )
)
wrong("2.4", "values")(
    lambda label, step, n_theirs: (
        list(p.values()) if (p := l24(label, step, ["BLANK", *["THEIRS"] * n_theirs, "MINE"])) else None
    )
)


# -- 3.1
def u31(basis):
    return torch.linalg.svd(basis, full_matrices=False).U


wrong("3.1", "square")(
    lambda vectors, basis: ((vectors @ u31(basis)).pow(2).sum(-1) / vectors.pow(2).sum(-1)) ** 2
)
wrong("3.1", "last", "without", "column")(
    lambda vectors, basis: (vectors @ u31(basis[:, :-1])).pow(2).sum(-1) / vectors.pow(2).sum(-1)
)
wrong("3.1", "largest", "max")(
    lambda vectors, basis: (vectors @ u31(basis)).pow(2).amax(-1) / vectors.pow(2).sum(-1)
)
wrong("3.1", "centr", "mean", "basis")(
    lambda vectors, basis: (vectors @ u31(basis - basis.mean(0))).pow(2).sum(-1) / vectors.pow(2).sum(-1)
)
wrong("3.1", "sum", "coordinates", "square")(
    lambda vectors, basis: (vectors @ u31(basis)).sum(-1) / vectors.pow(2).sum(-1)
)
wrong("3.1", "root", "length")(
    lambda vectors, basis: (vectors @ u31(basis)).norm(dim=-1) / vectors.pow(2).sum(-1)
)

# -- 3.3
wrong("3.3", "one too", "plus")(lambda basis: (int(torch.linalg.matrix_rank(basis)) + 1) / basis.shape[0])
wrong("3.3", "half")(lambda basis: 0.5 * int(torch.linalg.matrix_rank(basis)) / basis.shape[0])
wrong("3.3", "square", "squared", "d_model")(
    lambda basis: int(torch.linalg.matrix_rank(basis)) / basis.shape[0] ** 2
)
wrong("3.3", "k", "rank", "divided", "fraction")(lambda basis: basis.shape[1])
wrong("3.3", "opposite", "sign", "minus")(
    lambda basis: -int(torch.linalg.matrix_rank(basis)) / basis.shape[0]
)
wrong("3.3", "values", "number")(lambda basis: int(torch.linalg.matrix_rank(basis)) / basis.numel())


# -- 3.4
def w34(model, layer, neuron, later_layer):
    w, W = model.blocks[layer].mlp.W_out[neuron], model.blocks[later_layer].mlp.W_in
    return w @ W / (w.norm() * W.norm(dim=0))


wrong("3.4", "neuron")(lambda model, layer, neuron, later_layer: w34(model, layer, neuron + 1, later_layer))
wrong("3.4", "angle", "arc")(
    lambda model, layer, neuron, later_layer: w34(model, layer, neuron, later_layer).acos()
)
wrong("3.4", "softmax")(
    lambda model, layer, neuron, later_layer: w34(model, layer, neuron, later_layer).softmax(0)
)
wrong("3.4", "swapped", "layer", "order")(
    lambda model, layer, neuron, later_layer: w34(model, later_layer, neuron, layer)
)
wrong("3.4", "largest")(
    lambda model, layer, neuron, later_layer: (x := w34(model, layer, neuron, later_layer)) / x.max()
)


# -- 4.1
@wrong("4.1", "next", "one", "later", "too large", "first move")
def b41(acts, squares, game, threshold):
    return [
        (m, square_to_label(int(squares[game, m])))
        for m in range(acts.shape[1] - 1)
        if acts[game, m + 1] > threshold
    ]


@wrong("4.1", "last", "without")
def b41b(acts, squares, game, threshold):
    return [
        (m, square_to_label(int(squares[game, m]))) for m in range(acts.shape[1]) if acts[game, m] > threshold
    ][:-1]


@wrong("4.1", "game", "one")
def b41c(acts, squares, game, threshold):
    return [
        (m, square_to_label(int(squares[game - 1, m])))
        for m in range(acts.shape[1])
        if acts[game - 1, m] > threshold
    ]


@wrong("4.1", "0 in place", "threshold", "zero")
def b41d(acts, squares, game, threshold):
    return [(m, square_to_label(int(squares[game, m]))) for m in range(acts.shape[1]) if acts[game, m] > 0]


@wrong("4.1", "small letters", "lower")
def b41e(acts, squares, game, threshold):
    return [
        (m, square_to_label(int(squares[game, m])).lower())
        for m in range(acts.shape[1])
        if acts[game, m] > threshold
    ]


# -- 4.2
def m42(acts, count, gap):
    found = []
    for place in acts.flatten().argsort(descending=True).tolist():
        g, m = divmod(place, acts.shape[1])
        if all(g != a or abs(m - b) >= gap for a, b in found):
            found.append((g, m))
    return found[:count]


wrong("4.2", "one too small", "count", "last")(lambda acts, count, gap: m42(acts, count - 1, gap))
wrong("4.2", "first part", "only", "game")(lambda acts, count, gap: [g for g, m in m42(acts, count, gap)])
wrong("4.2", "one too large", "from 1", "first part", "plus 1")(
    lambda acts, count, gap: [(g + 1, m + 1) for g, m in m42(acts, count, gap)]
)
wrong("4.2", "one too large", "gap")(lambda acts, count, gap: m42(acts, count, gap + 1))


# -- 4.3
def s43(states, mask):
    return torch.stack([(states[mask] == v).float().mean(0) for v in range(3)])


wrong("4.3", "100")(lambda states, mask: 100 * s43(states, mask))
wrong("4.3", "sides", "swapped", "theirs and mine")(lambda states, mask: s43(states, mask)[[0, 2, 1]])
wrong("4.3", "wrong way", "order")(lambda states, mask: s43(states, mask).flip(0))
wrong("4.3", "largest")(lambda states, mask: s43(states, mask) / s43(states, mask).amax(0))
wrong("4.3", "move", "earlier", "later")(lambda states, mask: s43(states.roll(1, 1), mask))
wrong("4.3", "rows and columns")(lambda states, mask: s43(states.mT, mask))
wrong("4.3", "standard", "spread", "std")(
    lambda states, mask: torch.stack([(states[mask] == v).float().std(0) for v in range(3)])
)


# -- 5.1
def l51(boards, pattern, shift=0):
    values = {"BLANK": 0, "THEIRS": 1, "MINE": 2}
    return torch.stack(
        [boards.flatten(-2)[..., label_to_square(k)] == values[v] + shift for k, v in pattern.items()]
    )


wrong("5.1", "all but", "last", "without")(
    lambda boards, pattern: (
        l51(boards, dict(list(pattern.items())[:-1])).all(0)
        if len(pattern) > 1
        else torch.ones(boards.shape[:-2]).bool()
    )
)
wrong("5.1", "blank and mine", "swapped")(lambda boards, pattern: l51(2 - boards, pattern).all(0))
wrong("5.1", "column", "right", "counted", "index")(
    lambda boards, pattern: l51(boards.roll(1, -1), pattern).all(0)
)
wrong("5.1", "everywhere")(lambda boards, pattern: torch.zeros(boards.shape[:-2]).bool())


# -- 5.2
def h52(acts, labels, edges):
    return torch.stack([100 * torch.histogram(g, edges).hist / len(g) for g in (acts[~labels], acts[labels])])


wrong("5.2", "largest", "round")(lambda acts, labels, edges: h52(acts, labels, edges).round(decimals=1))
wrong("5.2", "first", "last", "bin", "without")(lambda acts, labels, edges: h52(acts, labels, edges)[:, :-1])
wrong("5.2", "absolute", "sizes")(lambda acts, labels, edges: h52(acts.abs(), labels, edges))
wrong("5.2", "wrong way", "flip", "revers")(lambda acts, labels, edges: h52(acts, labels, edges).flip(1))
wrong("5.2", "sum", "along")(lambda acts, labels, edges: h52(acts, labels, edges).sum(0))
wrong("5.2", "step by step", "from the right")(
    lambda acts, labels, edges: h52(acts, labels, edges).cumsum(1).flip(0)
)


# -- 5.3
def c53(boards, square, theirs=1, mine=2):
    row, col = divmod(label_to_square(square), 8)
    out = np.zeros(boards.reshape(-1, 64).shape[0], dtype=int)
    for n, board in enumerate(boards.reshape(-1, 8, 8).tolist()):
        if board[row][col]:
            continue
        for d, r in ((0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1)):
            a, b, k = row + d, col + r, 0
            while 0 <= a < 8 and 0 <= b < 8 and board[a][b] == theirs:
                a, b, k = a + d, b + r, k + 1
            out[n] += bool(k and 0 <= a < 8 and 0 <= b < 8 and board[a][b] == mine)
    return torch.tensor(out).reshape(boards.shape[:-2])


wrong("5.3", "mirrored", "left", "columns")(lambda boards, square: c53(boards.flip(-1), square))
wrong("5.3", "8 minus", "minus", "8 wherever 0")(lambda boards, square: 8 - c53(boards, square))
wrong("5.3", "twice")(lambda boards, square: 2 * c53(boards, square))
wrong("5.3", "mine", "swapped", "ends", "blank")(lambda boards, square: c53(boards, square, mine=0))
wrong("5.3", "C0", "square", "same")(lambda boards, square: c53(boards, "C0"))
