"""Wrong answers as students write them: the first batch (wrong_answers.py)."""

import math

import torch
from wrong_answers import Batch

from othello_interp.neurons import get_w_in, get_w_out, on_board
from othello_interp.patterns import line_patterns
from othello_interp.squares import ALL_SQUARES, label_to_id, label_to_square, square_to_label

wrong = Batch()


# -- 1.1
def square(label):
    return 8 * "ABCDEFGH".index(label[0]) + int(label[1])


wrong("1.1", "square", "centre")(lambda label: square(label))
wrong("1.1", "one", "pass", "minus 1", "from 0")(lambda label: ALL_SQUARES.index(square(label)))
wrong("1.1", "row", "swapped", "column")(
    lambda label: label_to_id("ABCDEFGH"[int(label[1])] + str("ABCDEFGH".index(label[0])))
)
wrong("1.1", "centre", "four")(lambda label: square(label) + 1)
wrong("1.1", "centre", "four")(lambda label: square(label) + 1 - 4 * (square(label) > 28))
wrong("1.1", "centre", "two", "four")(lambda label: square(label) + 1 - 2 * (square(label) > 28))
wrong("1.1", "2", "one", "plus 1")(lambda label: label_to_id(label) + 1)
wrong("1.1", "from 1", "column", "one", "minus 1")(lambda label: label_to_id(label) - 1)
wrong("1.1", "below", "upside", "row", "last")(
    lambda label: label_to_id("HGFEDCBA"["ABCDEFGH".index(label[0])] + label[1])
)
wrong("1.1", "string", "type", "str")(lambda label: str(label_to_id(label)))


# -- 1.2
def coded(plus_minus):
    return torch.where(plus_minus == -1, 1, torch.where(plus_minus == 1, 2, 0))


def sign(states, first=-1):
    return torch.where(torch.arange(states.shape[1]) % 2 == 0, first, -first)[:, None, None]


wrong("1.2", "theirs and mine", "just moved", "swapped")(lambda states: coded(states * sign(states, 1)))
wrong("1.2", "black", "white", "player", "Black")(lambda states: coded(states))
wrong("1.2", "black", "white", "player", "White")(lambda states: coded(-states))
wrong("1.2", "-1", "plus", "0 blank", "minus")(lambda states: states * sign(states))
wrong("1.2", "plus 1", "1", "0 theirs")(lambda states: states * sign(states) + 1)
wrong("1.2", "blank", "theirs", "1 wherever 0")(lambda states: torch.where(states * sign(states) > 0, 2, 1))
wrong("1.2", "game", "axis")(
    lambda states: coded(states * torch.where(torch.arange(len(states)) % 2 == 0, -1, 1)[:, None, None, None])
)
wrong("1.2", "mine", "theirs", "0 wherever 1")(lambda states: torch.where(states * sign(states) == 1, 2, 0))
wrong("1.2", "mine", "theirs")(lambda states: (states * sign(states)) % 3)
wrong("1.2", "rows", "columns")(lambda states: coded(states * sign(states)).mT)
wrong("1.2", "move", "earlier", "later", "swapped", "just")(
    lambda states: torch.cat([coded(states * sign(states))[:, 1:], coded(states * sign(states))[:, :1]], 1)
)


# -- 1.3
def playable(legal):
    return legal.flatten(-2)[..., ALL_SQUARES]


wrong("1.3", "log")(lambda logits, legal: (logits.softmax(-1)[..., 1:] * playable(legal)).sum(-1).log())
wrong("1.3", "1 minus", "illegal", "not legal", "True for False")(
    lambda logits, legal: (logits.softmax(-1)[..., 1:] * ~playable(legal)).sum(-1)
)
wrong("1.3", "mean", "number of legal", "divided by their sum")(
    lambda logits, legal: (logits.softmax(-1)[..., 1:] * playable(legal)).sum(-1) / playable(legal).sum(-1)
)
wrong("1.3", "log")(lambda logits, legal: (logits.log_softmax(-1)[..., 1:] * playable(legal)).sum(-1))
wrong("1.3", "largest", "max")(lambda logits, legal: (logits.softmax(-1)[..., 1:] * playable(legal)).amax(-1))
wrong("1.3", "100", "percent")(
    lambda logits, legal: 100 * (logits.softmax(-1)[..., 1:] * playable(legal)).sum(-1)
)
wrong("1.3", "softmax", "axis", "game")(
    lambda logits, legal: (logits.softmax(0)[..., 1:] * playable(legal)).sum(-1)
)
wrong("1.3", "move", "sum", "axis")(
    lambda logits, legal: (logits.softmax(-1)[..., 1:] * playable(legal)).sum(-1).mean(-1)
)
wrong("1.3", "exp", "softmax", "divide")(
    lambda logits, legal: (logits.exp()[..., 1:] * playable(legal)).sum(-1)
)
wrong("1.3", "sigmoid", "softmax")(
    lambda logits, legal: (logits.sigmoid()[..., 1:] * playable(legal)).sum(-1)
)
wrong("1.3", "all of them", "pass", "everything", "legal")(
    lambda logits, legal: logits.softmax(-1)[..., 1:].sum(-1)
)
wrong("1.3", "row", "transposed", "swapped")(
    lambda logits, legal: (logits.softmax(-1)[..., 1:] * playable(legal.mT)).sum(-1)
)
wrong("1.3", "moves", "later", "earlier", "shift")(
    lambda logits, legal: (logits.softmax(-1)[..., 1:] * playable(legal).roll(1, 1)).sum(-1)
)


# -- 1.4
def scores(resid, weight):
    return torch.einsum("gmd,drcs->gmrcs", resid, weight)


wrong("1.4", "bias")(
    lambda resid, weight, bias, boards: (scores(resid, weight).argmax(-1) == boards).float().mean((0, 1))
)
wrong("1.4", "1 minus", "wrong", "error")(
    lambda resid, weight, bias, boards: (
        ((scores(resid, weight) + bias).argmax(-1) != boards).float().mean((0, 1))
    )
)
wrong("1.4", "count", "number", "sum", "times")(
    lambda resid, weight, bias, boards: (
        ((scores(resid, weight) + bias).argmax(-1) == boards).float().sum((0, 1))
    )
)
wrong("1.4", "smallest", "argmin", "lowest")(
    lambda resid, weight, bias, boards: (
        ((scores(resid, weight) + bias).argmin(-1) == boards).float().mean((0, 1))
    )
)
wrong("1.4", "mean of", "all squares", "axis", "overall")(
    lambda resid, weight, bias, boards: ((scores(resid, weight) + bias).argmax(-1) == boards).float().mean()
)
wrong("1.4", "rows", "columns", "swapped")(
    lambda resid, weight, bias, boards: (
        ((scores(resid, weight) + bias).argmax(-1) == boards).float().mean((0, 1)).T
    )
)
wrong("1.4", "percent", "100")(
    lambda resid, weight, bias, boards: (
        100 * ((scores(resid, weight) + bias).argmax(-1) == boards).float().mean((0, 1))
    )
)
wrong("1.4", "minus", "bias", "sign", "+", "subtracted")(
    lambda resid, weight, bias, boards: (
        ((scores(resid, weight) - bias).argmax(-1) == boards).float().mean((0, 1))
    )
)
wrong("1.4", "blank", "not")(
    lambda resid, weight, bias, boards: (
        (((scores(resid, weight) + bias).argmax(-1) == 0) == (boards == 0)).float().mean((0, 1))
    )
)
wrong("1.4", "first", "game", "last")(
    lambda resid, weight, bias, boards: (
        ((scores(resid, weight) + bias).argmax(-1) == boards)[0].float().mean(0)
    )
)
wrong("1.4", "theirs", "swapped")(
    lambda resid, weight, bias, boards: (
        ((scores(resid, weight) + bias).argmax(-1) == torch.tensor([0, 2, 1])[boards.long()])
        .float()
        .mean((0, 1))
    )
)
wrong("1.4", "move", "axis")(
    lambda resid, weight, bias, boards: ((scores(resid, weight) + bias).argmax(-1) == boards).float().mean(1)
)


# -- 2.1
def cosines(vector, directions):
    dots = torch.einsum("d,drc->rc", vector, directions)
    return torch.where(directions.norm(dim=0) > 0, dots / directions.norm(dim=0), 0.0)


wrong("2.1", "not normalised", "length", "normalis")(
    lambda model, layer, neuron, directions: cosines(get_w_in(model, layer, neuron), directions)
)
wrong("2.1", "neuron")(
    lambda model, layer, neuron, directions: cosines(
        get_w_in(model, layer, neuron + 1, normalize=True), directions
    )
)
wrong("2.1", "layer")(
    lambda model, layer, neuron, directions: cosines(
        get_w_in(model, layer - 1, neuron, normalize=True), directions
    )
)
wrong("2.1", "size", "absolute", "sign")(
    lambda model, layer, neuron, directions: cosines(
        get_w_in(model, layer, neuron, normalize=True), directions
    ).abs()
)
wrong("2.1", "square")(
    lambda model, layer, neuron, directions: (
        cosines(get_w_in(model, layer, neuron, normalize=True), directions) ** 2
    )
)
wrong("2.1", "direction", "length", "unit")(
    lambda model, layer, neuron, directions: torch.einsum(
        "d,drc->rc", get_w_in(model, layer, neuron, normalize=True), directions
    )
)
wrong("2.1", "rows", "swapped", "columns")(
    lambda model, layer, neuron, directions: (
        cosines(get_w_in(model, layer, neuron, normalize=True), directions).T
    )
)
wrong("2.1", "opposite", "sign", "minus", "negat")(
    lambda model, layer, neuron, directions: (
        -cosines(get_w_in(model, layer, neuron, normalize=True), directions)
    )
)
wrong("2.1", "output")(
    lambda model, layer, neuron, directions: cosines(
        get_w_out(model, layer, neuron, normalize=True), directions
    )
)
wrong("2.1", "squared", "squares", "length", "twice")(
    lambda model, layer, neuron, directions: (
        cosines(get_w_in(model, layer, neuron, normalize=True), directions)
        / directions.norm(dim=0).clamp(min=1e-9)
    )
)


# -- 2.2
def board_of(values):
    return on_board(values)


wrong("2.2", "length", "unit", "normal")(
    lambda model, layer, neuron: board_of(get_w_out(model, layer, neuron, normalize=True) @ model.W_U[:, 1:])
)
wrong("2.2", "input")(
    lambda model, layer, neuron: board_of(get_w_in(model, layer, neuron) @ model.W_U[:, 1:])
)
wrong("2.2", "softmax")(
    lambda model, layer, neuron: board_of((get_w_out(model, layer, neuron) @ model.W_U[:, 1:]).softmax(-1))
)
wrong("2.2", "pass", "column", "last", "one")(
    lambda model, layer, neuron: board_of(get_w_out(model, layer, neuron) @ model.W_U[:, :60])
)
wrong("2.2", "mean", "minus")(
    lambda model, layer, neuron: board_of(
        (x := get_w_out(model, layer, neuron) @ model.W_U[:, 1:]) - x.mean()
    )
)
wrong("2.2", "rows", "columns", "swapped", "transposed")(
    lambda model, layer, neuron: board_of(get_w_out(model, layer, neuron) @ model.W_U[:, 1:]).T
)
wrong("2.2", "cos", "length", "unembedding")(
    lambda model, layer, neuron: board_of(
        get_w_out(model, layer, neuron) @ (model.W_U[:, 1:] / model.W_U[:, 1:].norm(dim=0))
    )
)
wrong("2.2", "neuron")(
    lambda model, layer, neuron: board_of(get_w_out(model, layer, neuron - 1) @ model.W_U[:, 1:])
)
wrong("2.2", "embedding", "W_E")(
    lambda model, layer, neuron: board_of(model.W_E[1:] @ get_w_out(model, layer, neuron))
)
wrong("2.2", "centre", "first 60", "last")(
    lambda model, layer, neuron: torch.cat(
        [get_w_out(model, layer, neuron) @ model.W_U[:, 1:], torch.zeros(4)]
    ).reshape(8, 8)
)
wrong("2.2", "upside", "mirror", "wrong way", "flip")(
    lambda model, layer, neuron: board_of(get_w_out(model, layer, neuron) @ model.W_U[:, 1:]).flip(0)
)
wrong("2.2", "sign", "minus", "opposite", "negat")(
    lambda model, layer, neuron: board_of(-get_w_out(model, layer, neuron) @ model.W_U[:, 1:])
)


# -- 2.3
def pair(model, label_a, label_b):
    return model.W_U[:, label_to_id(label_a)], model.W_U[:, label_to_id(label_b)]


def cos(a, b):
    return (a @ b / (a.norm() * b.norm())).item()


wrong("2.3", "1 minus", "distance")(lambda model, label_a, label_b: 1 - cos(*pair(model, label_a, label_b)))
wrong("2.3", "square")(lambda model, label_a, label_b: cos(*pair(model, label_a, label_b)) ** 2)
wrong("2.3", "size", "absolute", "sign")(
    lambda model, label_a, label_b: abs(cos(*pair(model, label_a, label_b)))
)
wrong("2.3", "angle", "radian", "arc")(
    lambda model, label_a, label_b: math.acos(cos(*pair(model, label_a, label_b)))
)
wrong("2.3", "mean", "centred", "correlation")(
    lambda model, label_a, label_b: torch.corrcoef(torch.stack(pair(model, label_a, label_b)))[0, 1].item()
)
wrong("2.3", "distance", "difference")(
    lambda model, label_a, label_b: (
        (pair(model, label_a, label_b)[0] - pair(model, label_a, label_b)[1]).norm().item()
    )
)
wrong("2.3", "squared", "squares", "root")(
    lambda model, label_a, label_b: (
        (ab := pair(model, label_a, label_b))[0] @ ab[1] / (ab[0] @ ab[0] * (ab[1] @ ab[1]))
    ).item()
)
wrong("2.3", "both", "twice", "same", "label_a", "label_b", "1 everywhere")(
    lambda model, label_a, label_b: cos(pair(model, label_a, label_b)[0], pair(model, label_a, label_b)[0])
)
wrong("2.3", "token", "one", "pass")(
    lambda model, label_a, label_b: cos(
        model.W_U[:, label_to_id(label_a) - 1], model.W_U[:, label_to_id(label_b) - 1]
    )
)
wrong("2.3", "sum", "length", "divid")(
    lambda model, label_a, label_b: (
        (ab := pair(model, label_a, label_b))[0] @ ab[1] / (ab[0].norm() + ab[1].norm())
    ).item()
)
wrong("2.3", "round")(lambda model, label_a, label_b: round(cos(*pair(model, label_a, label_b)), 1))


# -- 2.4
def line(label, step, states):
    row, col = "ABCDEFGH".index(label[0]), int(label[1])
    found = {}
    for i, state in enumerate(states):
        r, c = row + i * step[0], col + i * step[1]
        if not (0 <= r < 8 and 0 <= c < 8):
            return None
        found["ABCDEFGH"[r] + str(c)] = state
    return found


wrong("2.4", "None", "empty")(
    lambda label, step, n_theirs: line(label, step, ["BLANK", *["THEIRS"] * n_theirs, "MINE"]) or {}
)
wrong("2.4", "first", "BLANK", "blank")(
    lambda label, step, n_theirs: (
        dict(list(p.items())[1:])
        if (p := line(label, step, ["BLANK", *["THEIRS"] * n_theirs, "MINE"]))
        else None
    )
)
wrong("2.4", "swapped", "step")(
    lambda label, step, n_theirs: line(label, step[::-1], ["BLANK", *["THEIRS"] * n_theirs, "MINE"])
)
wrong("2.4", "one", "long", "too many")(
    lambda label, step, n_theirs: line(label, step, ["BLANK", *["THEIRS"] * (n_theirs + 1), "MINE"])
)
wrong("2.4", "opposite", "back", "step", "sign", "minus", "negat")(
    lambda label, step, n_theirs: line(label, (-step[0], -step[1]), ["BLANK", *["THEIRS"] * n_theirs, "MINE"])
)
wrong("2.4", "lower", "case", "letters", "'blank' wherever")(
    lambda label, step, n_theirs: (
        {k: v.lower() for k, v in p.items()}
        if (p := line(label, step, ["BLANK", *["THEIRS"] * n_theirs, "MINE"]))
        else None
    )
)
wrong("2.4", "one", "single", "n_theirs", "factor")(
    lambda label, step, n_theirs: line(label, step, ["BLANK", "THEIRS", "MINE"])
)
wrong("2.4", "blank", "MINE", "first")(
    lambda label, step, n_theirs: line(label, step, ["MINE", *["THEIRS"] * n_theirs, "MINE"])
)
wrong("2.4", "blank", "swapped", "turned", "wrong way", "MINE")(
    lambda label, step, n_theirs: line(label, step, ["MINE", *["THEIRS"] * n_theirs, "BLANK"])
)
wrong("2.4", "number", "code", "0", "values", "state")(
    lambda label, step, n_theirs: (
        {k: ["BLANK", "THEIRS", "MINE"].index(v) for k, v in p.items()}
        if (p := line(label, step, ["BLANK", *["THEIRS"] * n_theirs, "MINE"]))
        else None
    )
)
wrong("2.4", "square", "number", "keys", "label")(
    lambda label, step, n_theirs: (
        {label_to_square(k): v for k, v in p.items()}
        if (p := line(label, step, ["BLANK", *["THEIRS"] * n_theirs, "MINE"]))
        else None
    )
)
wrong("2.4", "list", "keys")(
    lambda label, step, n_theirs: (
        list(p) if (p := line(label, step, ["BLANK", *["THEIRS"] * n_theirs, "MINE"])) else None
    )
)


# -- 3.1
def inside(vectors, basis):
    return (vectors @ torch.linalg.svd(basis, full_matrices=False).U).pow(2).sum(-1)


wrong("3.1", "100", "percent")(lambda vectors, basis: 100 * inside(vectors, basis) / vectors.pow(2).sum(-1))
wrong("3.1", "mean", "centr")(
    lambda vectors, basis: inside(vectors - vectors.mean(-1, keepdim=True), basis) / vectors.pow(2).sum(-1)
)
wrong("3.1", "mean", "k", "columns", "sum")(
    lambda vectors, basis: (
        (vectors @ torch.linalg.svd(basis, full_matrices=False).U).pow(2).mean(-1) / vectors.pow(2).sum(-1)
    )
)
wrong("3.1", "absolute", "square", "sizes")(
    lambda vectors, basis: (
        (vectors @ torch.linalg.svd(basis, full_matrices=False).U).abs().sum(-1) / vectors.abs().sum(-1)
    )
)
wrong("3.1", "singular")(
    lambda vectors, basis: (
        (vectors @ (u := torch.linalg.svd(basis, full_matrices=False)).U * u.S).pow(2).sum(-1)
        / vectors.pow(2).sum(-1)
    )
)
wrong("3.1", "first column", "first")(
    lambda vectors, basis: (
        (vectors @ torch.linalg.svd(basis, full_matrices=False).U[:, 0]).pow(2) / vectors.pow(2).sum(-1)
    )
)
wrong("3.1", "mean of", "average", "one number")(
    lambda vectors, basis: (inside(vectors, basis) / vectors.pow(2).sum(-1)).mean()
)
wrong("3.1", "inverse", "1 divided", "upside", "other way")(
    lambda vectors, basis: vectors.pow(2).sum(-1) / inside(vectors, basis)
)
wrong("3.1", "length", "root")(lambda vectors, basis: inside(vectors, basis).sqrt())
wrong("3.1", "sum", "all vectors", "total")(
    lambda vectors, basis: inside(vectors, basis) / inside(vectors, basis).sum()
)


# -- 3.2
def span(basis):
    u, s, _ = torch.linalg.svd(basis, full_matrices=False)
    return u[:, s > 1e-4 * s[0]]


def split(vectors, q):
    return vectors @ q @ q.T, vectors - vectors @ q @ q.T


wrong("3.2", "twice", "inside")(
    lambda vectors, basis: (split(vectors, span(basis))[0], vectors - 2 * split(vectors, span(basis))[0])
)
wrong("3.2", "whole", "vectors", "part outside")(
    lambda vectors, basis: (split(vectors, span(basis))[0], vectors)
)
wrong("3.2", "minus", "plus", "sign", "added")(
    lambda vectors, basis: (split(vectors, span(basis))[0], vectors + split(vectors, span(basis))[0])
)
wrong("3.2", "sign", "opposite", "minus")(
    lambda vectors, basis: (split(vectors, span(basis))[0], -split(vectors, span(basis))[1])
)
wrong("3.2", "length")(
    lambda vectors, basis: tuple(part.norm(dim=-1) for part in split(vectors, span(basis)))
)
wrong("3.2", "first", "one part", "only", "inside")(lambda vectors, basis: split(vectors, span(basis))[0])
wrong("3.2", "unit", "length")(
    lambda vectors, basis: tuple(
        part / part.norm(dim=-1, keepdim=True) for part in split(vectors, span(basis))
    )
)
wrong("3.2", "axes", "swapped", "order", "transpos")(
    lambda vectors, basis: tuple(part.T for part in split(vectors, span(basis)))
)

# -- 3.3
rank = lambda basis: int(torch.linalg.matrix_rank(basis))  # noqa: E731
wrong("3.3", "100", "percent")(lambda basis: 100 * rank(basis) / basis.shape[0])
wrong("3.3", "square")(lambda basis: (rank(basis) / basis.shape[0]) ** 2)
wrong("3.3", "one", "1")(lambda basis: (rank(basis) - 1) / basis.shape[0])
wrong("3.3", "d_model", "1")(lambda basis: 1 / basis.shape[0])
wrong("3.3", "rank", "1")(lambda basis: 1 / rank(basis))
wrong("3.3", "pass", "column", "first")(lambda basis: rank(basis[:, 1:]) / basis.shape[0])
wrong("3.3", "columns", "rank", "divisor")(lambda basis: basis.shape[0] / basis.shape[1])
wrong("3.3", "whole", "//", "rounded", "0")(lambda basis: rank(basis) // basis.shape[0])
wrong("3.3", "minus 1", "d_model", "one")(lambda basis: rank(basis) / (basis.shape[0] - 1))
wrong("3.3", "transpos", "axis", "columns", "smaller", "both")(lambda basis: rank(basis) / max(basis.shape))


# -- 3.4
def composed(model, layer, neuron, later_layer):
    w, W = model.blocks[layer].mlp.W_out[neuron], model.blocks[later_layer].mlp.W_in
    return w @ W / (w.norm() * W.norm(dim=0))


wrong("3.4", "square")(
    lambda model, layer, neuron, later_layer: composed(model, layer, neuron, later_layer) ** 2
)
wrong("3.4", "layer")(
    lambda model, layer, neuron, later_layer: composed(model, layer, neuron, later_layer - 1)
)
wrong("3.4", "later", "layer")(
    lambda model, layer, neuron, later_layer: composed(model, later_layer, neuron, later_layer)
)
wrong("3.4", "length", "whole", "all")(
    lambda model, layer, neuron, later_layer: (
        model.blocks[layer].mlp.W_out[neuron]
        @ (W := model.blocks[later_layer].mlp.W_in)
        / (model.blocks[layer].mlp.W_out[neuron].norm() * W.norm())
    )
)
wrong("3.4", "softmax")(
    lambda model, layer, neuron, later_layer: composed(model, layer, neuron, later_layer).softmax(-1)
)
wrong("3.4", "largest", "max")(
    lambda model, layer, neuron, later_layer: composed(model, layer, neuron, later_layer).max()
)
wrong("3.4", "sort", "order")(
    lambda model, layer, neuron, later_layer: (
        composed(model, layer, neuron, later_layer).sort(descending=True).values
    )
)
wrong("3.4", "1 minus")(
    lambda model, layer, neuron, later_layer: 1 - composed(model, layer, neuron, later_layer)
)
wrong("3.4", "squared", "length", "squares")(
    lambda model, layer, neuron, later_layer: (
        (w := model.blocks[layer].mlp.W_out[neuron])
        @ (W := model.blocks[later_layer].mlp.W_in)
        / (w @ w * W.pow(2).sum(0))
    )
)


# -- 4.1
def fires(acts, game, threshold):
    return (acts[game] > threshold).nonzero().flatten().tolist()


wrong("4.1", "square", "first part", "label", "only")(
    lambda acts, squares, game, threshold: [
        square_to_label(int(squares[game, m])) for m in fires(acts, game, threshold)
    ]
)
wrong("4.1", "moves", "only", "first part")(
    lambda acts, squares, game, threshold: fires(acts, game, threshold)
)
wrong("4.1", "swapped", "pair")(
    lambda acts, squares, game, threshold: [
        (square_to_label(int(squares[game, m])), m) for m in fires(acts, game, threshold)
    ]
)
wrong("4.1", "below", "<", "other way", "under")(
    lambda acts, squares, game, threshold: [
        (m, square_to_label(int(squares[game, m])))
        for m in (acts[game] < threshold).nonzero().flatten().tolist()
    ]
)
wrong("4.1", "game", "first")(
    lambda acts, squares, game, threshold: [
        (m, square_to_label(int(squares[0, m]))) for m in fires(acts, 0, threshold)
    ]
)
wrong("4.1", "before", "one", "earlier", "previous")(
    lambda acts, squares, game, threshold: [
        (m, square_to_label(int(squares[game, m - 1]))) for m in fires(acts, game, threshold)
    ]
)
wrong("4.1", "activation", "value")(
    lambda acts, squares, game, threshold: [(m, acts[game, m].item()) for m in fires(acts, game, threshold)]
)
wrong("4.1", "wrong way", "last", "reverse")(
    lambda acts, squares, game, threshold: [
        (m, square_to_label(int(squares[game, m]))) for m in fires(acts, game, threshold)
    ][::-1]
)
wrong("4.1", "dict")(
    lambda acts, squares, game, threshold: {
        m: square_to_label(int(squares[game, m])) for m in fires(acts, game, threshold)
    }
)
wrong("4.1", "strongest", "loudest", "largest", "first", "only")(
    lambda acts, squares, game, threshold: [
        (m := int(acts[game].argmax()), square_to_label(int(squares[game, m])))
    ]
)
wrong("4.1", "row", "column", "swapped")(
    lambda acts, squares, game, threshold: [
        (m, "ABCDEFGH"[int(squares[game, m]) % 8] + str(int(squares[game, m]) // 8))
        for m in fires(acts, game, threshold)
    ]
)
wrong("4.1", "1", "one")(
    lambda acts, squares, game, threshold: [
        (m, "ABCDEFGH"[int(squares[game, m]) // 8] + str(int(squares[game, m]) % 8 + 1))
        for m in fires(acts, game, threshold)
    ]
)


# -- 4.2
def apart(acts, count, gap):
    left, found = acts.clone(), []
    for _ in range(count):
        g, m = divmod(int(left.argmax()), left.shape[1])
        found.append((g, m))
        left[g, max(0, m - gap + 1) : m + gap] = -torch.inf
    return found


wrong("4.2", "activation", "value")(
    lambda acts, count, gap: [(g, acts[g, m].item()) for g, m in apart(acts, count, gap)]
)
wrong("4.2", "flat", "number")(
    lambda acts, count, gap: [g * acts.shape[1] + m for g, m in apart(acts, count, gap)]
)
wrong("4.2", "quiet", "lowest", "smallest", "sign", "negat", "minus")(
    lambda acts, count, gap: apart(-acts, count, gap)
)
wrong("4.2", "one", "count")(lambda acts, count, gap: apart(acts, count + 1, gap))
wrong("4.2", "one", "from 1", "larger")(
    lambda acts, count, gap: [(g, m + 1) for g, m in apart(acts, count, gap)]
)
wrong("4.2", "wrong way", "quietest", "reverse", "order")(
    lambda acts, count, gap: apart(acts, count, gap)[::-1]
)
wrong("4.2", "game", "whole", "each")(
    lambda acts, count, gap: [(g, int(acts[g].argmax())) for g in range(len(acts))]
)


# -- 4.3
def shares(states, mask):
    return torch.stack([(states[mask] == v).float().mean(0) for v in range(3)])


wrong("4.3", "count", "number", "sum", "times")(
    lambda states, mask: torch.stack([(states[mask] == v).float().sum(0) for v in range(3)])
)
wrong("4.3", "all positions", "divided", "total", "size", "times")(
    lambda states, mask: torch.stack([(states[mask] == v).float().sum(0) / mask.numel() for v in range(3)])
)
wrong("4.3", "mask", "all", "everywhere", "ignor", "True")(
    lambda states, mask: torch.stack([(states == v).float().mean((0, 1)) for v in range(3)])
)
wrong("4.3", "minus", "less", "baseline", "difference")(
    lambda states, mask: shares(states, mask) - shares(states, torch.ones_like(mask))
)
wrong("4.3", "last", "axis", "order")(lambda states, mask: shares(states, mask).movedim(0, -1))
wrong("4.3", "mine", "order", "theirs", "swapped", "rolled", "earlier along axis 0")(
    lambda states, mask: shares(states, mask)[[1, 2, 0]]
)
wrong("4.3", "average", "mean")(lambda states, mask: states[mask].float().mean(0))
wrong("4.3", "not marked", "other", "opposite", "negat", "False")(lambda states, mask: shares(states, ~mask))
wrong("4.3", "taken", "1 minus")(lambda states, mask: 1 - shares(states, mask))
wrong("4.3", "most", "largest", "argmax")(lambda states, mask: shares(states, mask).argmax(0))
wrong("4.3", "theirs", "two", "first", "blank")(lambda states, mask: shares(states, mask)[1:])

# -- 5.1
STATES = {"BLANK": 0, "THEIRS": 1, "MINE": 2}


def conditions(boards, pattern):
    return torch.stack([boards.flatten(-2)[..., label_to_square(k)] == STATES[v] for k, v in pattern.items()])


wrong("5.1", "opposite", "not", "false")(lambda boards, pattern: ~conditions(boards, pattern).all(0))
wrong("5.1", "number", "how many", "sum", "count")(lambda boards, pattern: conditions(boards, pattern).sum(0))
wrong("5.1", "share", "mean")(lambda boards, pattern: conditions(boards, pattern).float().mean(0))
wrong("5.1", "number", "count", "sum")(lambda boards, pattern: conditions(boards, pattern).all(0).sum())
wrong("5.1", "mirror", "left", "wrong way")(
    lambda boards, pattern: conditions(boards.flip(-1), pattern).all(0)
)
wrong("5.1", "upside", "rows", "wrong way")(
    lambda boards, pattern: conditions(boards.flip(-2), pattern).all(0)
)
wrong("5.1", "where", "places", "nonzero", "not 0")(
    lambda boards, pattern: conditions(boards, pattern).all(0).nonzero()
)
wrong("5.1", "first", "left out", "ignor", "blank", "BLANK")(
    lambda boards, pattern: torch.stack(
        [boards.flatten(-2)[..., label_to_square(k)] == STATES[v] for k, v in pattern.items() if v != "BLANK"]
        or [torch.ones(boards.shape[:-2]).bool()]
    ).all(0)
)
wrong("5.1", "taken", "disc", "theirs", "mine")(
    lambda boards, pattern: torch.stack(
        [(boards.flatten(-2)[..., label_to_square(k)] > 0) == (v != "BLANK") for k, v in pattern.items()]
    ).all(0)
)


# -- 5.2
def histogram(acts, labels, edges):
    return torch.stack([100 * torch.histogram(g, edges).hist / len(g) for g in (acts[~labels], acts[labels])])


wrong("5.2", "100", "percent")(lambda acts, labels, edges: histogram(acts, labels, edges) / 100)
wrong("5.2", "cumul", "added up", "step by step")(
    lambda acts, labels, edges: histogram(acts, labels, edges).cumsum(1)
)
wrong("5.2", "axes", "transpos", "order")(lambda acts, labels, edges: histogram(acts, labels, edges).T)
wrong("5.2", "first", "only", "True", "last", "row")(
    lambda acts, labels, edges: histogram(acts, labels, edges)[1]
)
wrong("5.2", "difference")(lambda acts, labels, edges: histogram(acts, labels, edges).diff(dim=0))
wrong("5.2", "all", "labels", "every")(
    lambda acts, labels, edges: torch.stack(
        [100 * torch.histogram(acts.flatten(), edges).hist / acts.numel()] * 2
    )
)
wrong("5.2", "round", "whole")(lambda acts, labels, edges: histogram(acts, labels, edges).round())
wrong("5.2", "even", "width", "equal", "edges")(
    lambda acts, labels, edges: torch.stack(
        [
            100 * torch.histc(g, len(edges) - 1, edges[0].item(), edges[-1].item()) / len(g)
            for g in (acts[~labels], acts[labels])
        ]
    )
)
wrong("5.2", "largest", "max", "highest")(
    lambda acts, labels, edges: (h := histogram(acts, labels, edges)) / h.amax(1, keepdim=True)
)
wrong("5.2", "other group", "size", "swapped", "divid")(
    lambda acts, labels, edges: torch.stack(
        [
            100 * torch.histogram(g, edges).hist / n
            for g, n in ((acts[~labels], labels.sum()), (acts[labels], (~labels).sum()))
        ]
    )
)


# -- 5.3
def stands(boards, lines):
    return torch.stack([conditions(boards, line).all(0) for line in lines]).sum(0)


def own_lines(square):
    return [line for line in line_patterns() if line.get(square) == "BLANK"]


wrong("5.3", "one", "minus 1", "fewer", "other")(lambda boards, square: stands(boards, own_lines(square)) - 1)
wrong("5.3", "all", "squares")(
    lambda boards, square: stands(boards, [line for line in line_patterns() if square in line])
)
wrong("5.3", "legal", "> 0", "0 or 1", "True")(lambda boards, square: stands(boards, own_lines(square)) > 0)
wrong("5.3", "rows", "transposed", "swapped", "columns")(
    lambda boards, square: stands(boards.mT, own_lines(square))
)
wrong("5.3", "mine", "MINE", "end", "start")(
    lambda boards, square: stands(boards, [line for line in line_patterns() if line.get(square) == "MINE"])
)
wrong("5.3", "one", "single", "long", "three")(
    lambda boards, square: stands(boards, [line for line in own_lines(square) if len(line) > 3])
)
wrong("5.3", "sum", "total")(lambda boards, square: stands(boards, own_lines(square)).sum())


# -- 5.5
def ablated(model, tokens, layer, neuron, act=0.0, where=slice(None), hook="mlp.hook_post"):
    def change(value, hook):
        value[:, where, neuron] = act
        return value

    return model.run_with_hooks(tokens, fwd_hooks=[(f"blocks.{layer}.{hook}", change)])


wrong("5.5", "last", "position", "move")(
    lambda model, tokens, layer, neuron: ablated(model, tokens, layer, neuron, where=slice(-1, None))
)
wrong("5.5", "1", "one")(lambda model, tokens, layer, neuron: ablated(model, tokens, layer, neuron, act=1.0))
wrong("5.5", "neuron")(lambda model, tokens, layer, neuron: ablated(model, tokens, layer, neuron + 1))
wrong("5.5", "before", "pre", "input")(
    lambda model, tokens, layer, neuron: ablated(model, tokens, layer, neuron, act=-5.0, hook="mlp.hook_post")
)
wrong("5.5", "difference", "minus")(
    lambda model, tokens, layer, neuron: model(tokens) - ablated(model, tokens, layer, neuron)
)
wrong("5.5", "log", "softmax", "prob")(
    lambda model, tokens, layer, neuron: ablated(model, tokens, layer, neuron).log_softmax(-1)
)
wrong("5.5", "hook", "not switched", "ablat", "still", "unchanged")(
    lambda model, tokens, layer, neuron: model(tokens)
)
wrong("5.5", "last", "move")(
    lambda model, tokens, layer, neuron: ablated(model, tokens, layer, neuron)[:, -1]
)
wrong("5.5", "softmax", "prob")(
    lambda model, tokens, layer, neuron: ablated(model, tokens, layer, neuron).softmax(-1)
)
