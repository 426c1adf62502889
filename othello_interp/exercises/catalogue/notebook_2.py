"""Exercises of notebook 2: what a neuron reads, what it writes to the logits, and why D1."""

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistake, ModelRef
from othello_interp.neurons import get_w_in, get_w_out, on_board
from othello_interp.probe import load_probe
from othello_interp.squares import (
    ALL_SQUARES,
    CENTRE,
    ROWS,
    id_to_label,
    label_to_id,
    label_to_square,
    square_to_label,
)

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge

NOTEBOOK = "02_direct_logit_attribution"


def _neuron_inputs(seed: int) -> dict[str, dict]:
    """Neurons of the course's model and of a small one, by the name of the case."""
    generator = torch.Generator().manual_seed(seed)
    layer, neuron, tiny_neuron = (int(torch.randint(n, (), generator=generator)) for n in (8, 2048, 36))
    return {
        "L5N1393": {"model": ModelRef("embedded"), "layer": 5, "neuron": 1393},
        f"L{layer}N{neuron}": {"model": ModelRef("embedded"), "layer": layer, "neuron": neuron},
        "a neuron of a small random model": {
            "model": ModelRef("tiny", seed),
            "layer": 1,
            "neuron": tiny_neuron,
        },
    }


# --- 2.1 ---------------------------------------------------------------------------------------


def _direction_cases(seed: int) -> list[Case]:
    probe = load_probe()
    generator = torch.Generator().manual_seed(seed)
    # Lengths differ from square to square, and the centre is zero, as in the blank directions of a probe.
    small = torch.randn(20, 64, generator=generator) * (0.5 + torch.rand(64, generator=generator))
    small[:, CENTRE] = 0
    directions = [probe.blank, probe.mine, small.view(20, 8, 8)]
    return [
        Case(name, {**inputs, "directions": value})
        for (name, inputs), value in zip(_neuron_inputs(seed).items(), directions, strict=True)
    ]


def _projections(vector: Tensor, directions: Tensor) -> Tensor:
    return torch.einsum("d,drc->rc", vector, directions)


def _unit(directions: Tensor, dim: int | tuple[int, ...] = 0) -> Tensor:
    return directions / directions.norm(dim=dim, keepdim=True).clamp(min=1e-12)


def _output_weights(model: "TransformerBridge", layer: int, neuron: int, directions: Tensor) -> Tensor:
    return _projections(get_w_out(model, layer, neuron, normalize=True), _unit(directions))


def _plain_products(model: "TransformerBridge", layer: int, neuron: int, directions: Tensor) -> Tensor:
    return _projections(get_w_in(model, layer, neuron), directions)


def _weights_not_normalised(
    model: "TransformerBridge", layer: int, neuron: int, directions: Tensor
) -> Tensor:
    return _projections(get_w_in(model, layer, neuron), _unit(directions))


def _directions_not_normalised(
    model: "TransformerBridge", layer: int, neuron: int, directions: Tensor
) -> Tensor:
    return _projections(get_w_in(model, layer, neuron, normalize=True), directions)


def _zero_by_zero(model: "TransformerBridge", layer: int, neuron: int, directions: Tensor) -> Tensor:
    return _projections(get_w_in(model, layer, neuron, normalize=True), directions / directions.norm(dim=0))


def _one_length_for_all(model: "TransformerBridge", layer: int, neuron: int, directions: Tensor) -> Tensor:
    return _projections(get_w_in(model, layer, neuron, normalize=True), directions / directions.norm())


# --- 2.2 ---------------------------------------------------------------------------------------


def _neuron_cases(seed: int) -> list[Case]:
    return [Case(name, inputs) for name, inputs in _neuron_inputs(seed).items()]


def _kept_pass_column(model: "TransformerBridge", layer: int, neuron: int) -> Tensor:
    return on_board((get_w_out(model, layer, neuron) @ model.W_U)[:60])


def _centre_filled(model: "TransformerBridge", layer: int, neuron: int) -> Tensor:
    board = model.W_U.new_zeros(64)
    board[:60] = get_w_out(model, layer, neuron) @ model.W_U[:, 1:]
    return board.view(8, 8)


def _read_not_written(model: "TransformerBridge", layer: int, neuron: int) -> Tensor:
    return on_board(get_w_in(model, layer, neuron) @ model.W_U[:, 1:])


def _unit_output(model: "TransformerBridge", layer: int, neuron: int) -> Tensor:
    return on_board(get_w_out(model, layer, neuron, normalize=True) @ model.W_U[:, 1:])


def _bias_added(model: "TransformerBridge", layer: int, neuron: int) -> Tensor:
    return on_board((get_w_out(model, layer, neuron) @ model.W_U + model.b_U)[1:])


def _probabilities(model: "TransformerBridge", layer: int, neuron: int) -> Tensor:
    return on_board((get_w_out(model, layer, neuron) @ model.W_U).softmax(-1)[1:])


# --- 2.3 ---------------------------------------------------------------------------------------


def _pair_cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    a, b, c, d = (id_to_label(int(i) + 1) for i in torch.randperm(60, generator=generator)[:4])
    pairs = [("embedded", "C0", "D1"), ("embedded", a, b), ("tiny", c, d), ("tiny", "H7", "F2")]
    return [
        Case(
            f"{first} and {second}{', small random model' * (kind == 'tiny')}",
            {"model": ModelRef(kind, seed * (kind == "tiny")), "label_a": first, "label_b": second},
        )
        for kind, first, second in pairs
    ]


def _cosine(a: Tensor, b: Tensor) -> float:
    return (a @ b / (a.norm() * b.norm())).item()


def _dot_product(model: "TransformerBridge", label_a: str, label_b: str) -> float:
    return (model.W_U[:, label_to_id(label_a)] @ model.W_U[:, label_to_id(label_b)]).item()


def _one_column_late(model: "TransformerBridge", label_a: str, label_b: str) -> float:
    W_U = torch.cat([model.W_U[:, 1:], model.W_U[:, :1]], dim=1)
    return _cosine(W_U[:, label_to_id(label_a)], W_U[:, label_to_id(label_b)])


def _square_as_column(model: "TransformerBridge", label_a: str, label_b: str) -> float:
    W_U = model.W_U
    a, b = (label_to_square(label) % W_U.shape[1] for label in (label_a, label_b))
    return _cosine(W_U[:, a], W_U[:, b])


def _embeddings(model: "TransformerBridge", label_a: str, label_b: str) -> float:
    return _cosine(model.W_E[label_to_id(label_a)], model.W_E[label_to_id(label_b)])


def _rows(model: "TransformerBridge", label_a: str, label_b: str) -> float:
    return _cosine(model.W_U[label_to_id(label_a)], model.W_U[label_to_id(label_b)])


def _angle(model: "TransformerBridge", label_a: str, label_b: str) -> float:
    W_U = model.W_U
    return math.degrees(math.acos(_cosine(W_U[:, label_to_id(label_a)], W_U[:, label_to_id(label_b)])))


def _half_normalised(model: "TransformerBridge", label_a: str, label_b: str) -> float:
    a, b = model.W_U[:, label_to_id(label_a)], model.W_U[:, label_to_id(label_b)]
    return (a @ b / a.norm()).item()


# --- 2.4 ---------------------------------------------------------------------------------------


def _line_cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    lines = [
        ("C0", (1, 1), 1),
        ("H7", (-1, -1), 6),
        ("F2", (-1, 0), 3),
        ("B5", (0, 1), 1),
        ("A1", (1, -1), 2),
    ]
    for _ in range(4):
        square, down, n_theirs = (int(torch.randint(n, (), generator=generator)) for n in (60, 3, 3))
        right = int(torch.randint(3, (), generator=generator)) - 1
        step = (down - 1, right) if (down - 1, right) != (0, 0) else (1, 0)
        lines.append((square_to_label(ALL_SQUARES[square]), step, n_theirs + 1))
    return [
        Case(f"{label}, step {step}, {n} of theirs", {"label": label, "step": step, "n_theirs": n})
        for label, step, n in dict.fromkeys(lines)
    ]


def _states_along(
    label: str, step: tuple[int, int], states: list[str], flat: bool = False
) -> dict[str, str] | None:
    """States along a line; with `flat`, by adding to the number of the square and never seeing the edge."""
    row, col = divmod(label_to_square(label), 8)
    line = [(row + i * step[0], col + i * step[1]) for i in range(len(states))]
    if flat:
        line = [divmod(8 * r + c, 8) for r, c in line]
    if not all(0 <= r < 8 and 0 <= c < 8 for r, c in line):
        return None
    return {ROWS[r] + str(c): state for (r, c), state in zip(line, states, strict=True)}


def _pattern(n_theirs: int) -> list[str]:
    return ["BLANK", *["THEIRS"] * n_theirs, "MINE"]


def _no_end(label: str, step: tuple[int, int], n_theirs: int) -> dict[str, str] | None:
    return _states_along(label, step, _pattern(n_theirs)[:-1])


def _one_short(label: str, step: tuple[int, int], n_theirs: int) -> dict[str, str] | None:
    return _states_along(label, step, _pattern(n_theirs - 1))


def _sides_swapped(label: str, step: tuple[int, int], n_theirs: int) -> dict[str, str] | None:
    return _states_along(label, step, ["BLANK", *["MINE"] * n_theirs, "THEIRS"])


def _step_swapped(label: str, step: tuple[int, int], n_theirs: int) -> dict[str, str] | None:
    return _states_along(label, (step[1], step[0]), _pattern(n_theirs))


def _round_the_edge(label: str, step: tuple[int, int], n_theirs: int) -> dict[str, str] | None:
    return _states_along(label, step, _pattern(n_theirs), flat=True)


EXERCISES = [
    Exercise(
        id="2.1",
        notebook=NOTEBOOK,
        function="input_weights_on_board",
        title="What does the neuron read?",
        points=2,
        difficulty=2,
        importance=5,
        minutes=10,
        tests="Your function is called for two neurons of the course's model, with the probe's blank and "
        "mine directions, and for one of a small random model.",
        cases=_direction_cases,
        mistakes=(
            Mistake(
                "output_weights",
                _output_weights,
                "Those are the output weights. What the neuron reads is in its input weights: get_w_in.",
            ),
            Mistake(
                "plain_products",
                _plain_products,
                "You take the dot product. A cosine also divides by the length of both vectors, so that long "
                "directions don't look important.",
                credit=0.5,
            ),
            Mistake(
                "weights_not_normalised",
                _weights_not_normalised,
                "The directions have length 1 and the input weights don't: divide by their length too.",
                credit=0.5,
            ),
            Mistake(
                "directions_not_normalised",
                _directions_not_normalised,
                "The input weights have length 1 and the directions don't: divide each square's direction by "
                "its length.",
                credit=0.5,
            ),
            Mistake(
                "zero_by_zero",
                _zero_by_zero,
                "In the centre the blank direction is zero, and 0 / 0 is NaN. Give such squares 0.",
                credit=0.5,
            ),
            Mistake(
                "one_length_for_all",
                _one_length_for_all,
                "You divide by the length of all directions taken together. Each square has a direction of "
                "its own: directions.norm(dim=0) gives 8 × 8 lengths.",
            ),
        ),
        hints=(
            "get_w_in(model, layer, neuron, normalize=True) has length 1. The directions of the squares are "
            "along axis 0.",
            "directions.norm(dim=0) gives the lengths; with torch.einsum the dot products are "
            '"d,drc->rc" of the weights and the directions.',
            "Divide the dot products by the lengths. Where a length is 0, write 0: torch.where.",
        ),
        explanation="Large positive numbers on the blank board: the neuron likes that square blank. On the "
        "mine board positive is mine, negative is theirs.",
    ),
    Exercise(
        id="2.2",
        notebook=NOTEBOOK,
        function="neuron_logit_attribution",
        title="What does the neuron write?",
        points=2,
        difficulty=2,
        importance=5,
        minutes=10,
        tests="Your function is called for two neurons of the course's model and one of a small random "
        "model.",
        cases=_neuron_cases,
        mistakes=(
            Mistake(
                "kept_pass_column",
                _kept_pass_column,
                "You kept the pass column, so every square shows the logit of the square before it. Drop "
                "column 0: model.W_U[:, 1:].",
                credit=0.5,
            ),
            Mistake(
                "centre_filled",
                _centre_filled,
                "You put the 60 values on the first 60 squares. The centre has no tokens: put them on "
                "ALL_SQUARES and leave 0 in the centre.",
                credit=0.5,
            ),
            Mistake(
                "read_not_written",
                _read_not_written,
                "Those are the input weights, what the neuron reads. What it writes is in its output "
                "weights: get_w_out.",
            ),
            Mistake(
                "unit_output",
                _unit_output,
                "You gave the output weights length 1. One unit of activation writes them as they are.",
                credit=0.5,
            ),
            Mistake(
                "bias_added",
                _bias_added,
                "You added the bias of the unembedding. It is there whether the neuron fires or not.",
                credit=0.5,
            ),
            Mistake(
                "probabilities",
                _probabilities,
                "You took a softmax. Attribution is about logits: a neuron adds to them, and what that does "
                "to the probabilities depends on everything else.",
            ),
        ),
        hints=(
            "get_w_out(model, layer, neuron) is what one unit of activation adds to the residual stream, and "
            "model.W_U turns the residual stream into logits.",
            "Multiply get_w_out(...) by model.W_U[:, 1:]: 60 numbers, one for each square of ALL_SQUARES.",
            "Make 64 zeros, assign to board[ALL_SQUARES], and give it the shape (8, 8).",
        ),
        explanation="The neuron boosts C0, the blank square of the pattern it reads.",
    ),
    Exercise(
        id="2.3",
        notebook=NOTEBOOK,
        function="unembedding_similarity",
        title="Are the unembeddings of C0 and D1 aligned?",
        points=1,
        difficulty=1,
        importance=4,
        minutes=5,
        tests="Your function compares C0 with D1 and another pair in the course's model, and two pairs in a "
        "small random one.",
        cases=_pair_cases,
        mistakes=(
            Mistake(
                "dot_product",
                _dot_product,
                "That is the dot product. Divide by both lengths to get the cosine.",
                credit=0.5,
            ),
            Mistake(
                "half_normalised",
                _half_normalised,
                "You divide by one of the two lengths only.",
                credit=0.5,
            ),
            Mistake(
                "one_column_late",
                _one_column_late,
                "Your columns are one too late. label_to_id counts the pass as token 0, so use it on all 61 "
                "columns of model.W_U, not on model.W_U[:, 1:].",
                credit=0.5,
            ),
            Mistake(
                "square_as_column",
                _square_as_column,
                "You use the number of the square as the column. Columns of W_U are tokens: label_to_id.",
            ),
            Mistake(
                "rows",
                _rows,
                "You take rows of model.W_U. Its shape is (d_model, 61): the vector of a token is a column, "
                "model.W_U[:, token].",
            ),
            Mistake(
                "embeddings",
                _embeddings,
                "Those are the embeddings, by which the model reads moves. The unembeddings are the columns "
                "of model.W_U.",
            ),
            Mistake("angle", _angle, "That is the angle in degrees. Asked for is its cosine.", credit=0.5),
        ),
        hints=(
            'The unembedding vector of C0 is a column of model.W_U: model.W_U[:, utils.label_to_id("C0")].',
            "The cosine of two vectors is their dot product divided by the product of their lengths.",
        ),
        explanation="The cosine of C0 and D1 is close to 0: a vector that boosts one need not boost "
        "the other.",
    ),
    Exercise(
        id="2.4",
        notebook=NOTEBOOK,
        function="capture_pattern",
        title="The pattern that makes a move legal",
        points=2,
        difficulty=2,
        importance=3,
        minutes=15,
        tests="Your function is called for lines of several directions and lengths, some of which leave the "
        "board.",
        cases=_line_cases,
        mistakes=(
            Mistake(
                "no_end",
                _no_end,
                "The far end is missing: beyond their discs there must be one of mine.",
            ),
            Mistake(
                "one_short",
                _one_short,
                "Your line is one square short: n_theirs counts their discs, without the blank square and "
                "the one of mine.",
            ),
            Mistake(
                "sides_swapped",
                _sides_swapped,
                "Theirs and mine are swapped: the player about to move turns discs of the other side.",
            ),
            Mistake(
                "step_swapped",
                _step_swapped,
                "Your steps go along columns first. step is (rows down, columns to the right).",
            ),
            Mistake(
                "round_the_edge",
                _round_the_edge,
                "Some of your lines run off one edge and come back on the other side. Keep row and column "
                "apart, and return None when either leaves 0..7.",
                credit=0.5,
            ),
        ),
        hints=(
            'Split the label into row and column, both 0 to 7, and walk: "BLANK", then "THEIRS" n_theirs '
            'times, then "MINE".',
            "At every step, look whether row and column are still on the board; if not, return None.",
        ),
        explanation="Scored with the neuron's input weights, C0, D1, E2 should come out ahead of the other "
        "959 lines.",
    ),
]
