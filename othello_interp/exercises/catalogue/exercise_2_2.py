"""Exercise 2.2: What does the neuron write?"""

from typing import Any

from torch import Tensor

from othello_interp.exercises.catalogue.shared import neuron_inputs
from othello_interp.exercises.records import Case, Exercise, Mistakes
from othello_interp.neurons import get_w_out, on_board

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    return [Case(name, inputs) for name, inputs in neuron_inputs(seed).items()]


@mistake(
    "You kept the pass column, so every square shows the logit of the square before it. Drop column 0: "
    "model.W_U[:, 1:].",
    credit=0.5,
)
def kept_pass_column(model: Any, layer: int, neuron: int) -> Tensor:
    return on_board((get_w_out(model, layer, neuron) @ model.W_U)[:60])


@mistake(
    "You put the 60 values on the first 60 squares. The centre has no tokens: put them on ALL_SQUARES and "
    "leave 0 in the centre.",
    credit=0.5,
)
def centre_filled(model: Any, layer: int, neuron: int) -> Tensor:
    board = model.W_U.new_zeros(64)
    board[:60] = get_w_out(model, layer, neuron) @ model.W_U[:, 1:]
    return board.view(8, 8)


@mistake("You gave the output weights length 1. One unit of activation writes them as they are.", credit=0.5)
def unit_output(model: Any, layer: int, neuron: int) -> Tensor:
    return on_board(get_w_out(model, layer, neuron, normalize=True) @ model.W_U[:, 1:])


@mistake("You added the bias of the unembedding. It is there whether the neuron fires or not.", credit=0.5)
def bias_added(model: Any, layer: int, neuron: int) -> Tensor:
    return on_board((get_w_out(model, layer, neuron) @ model.W_U + model.b_U)[1:])


@mistake(
    "You took a softmax. Attribution is about logits: a neuron adds to them, and what that does to the "
    "probabilities depends on everything else."
)
def probabilities(model: Any, layer: int, neuron: int) -> Tensor:
    return on_board((get_w_out(model, layer, neuron) @ model.W_U).softmax(-1)[1:])


EXERCISE = Exercise(
    id="2.2",
    notebook="02_direct_logit_attribution",
    function="neuron_logit_attribution",
    title="What does the neuron write?",
    points=2,
    difficulty=2,
    importance=5,
    minutes=10,
    tests="Your function is called for two neurons of the course's model and one of a small random model.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "get_w_out(model, layer, neuron) is what one unit of activation adds to the residual stream, and "
        "model.W_U turns the residual stream into logits.",
        "Multiply get_w_out(...) by model.W_U[:, 1:]: 60 numbers, one for each square of ALL_SQUARES.",
        "Make 64 zeros, assign to board[ALL_SQUARES], and give it the shape (8, 8).",
    ),
    explanation="The neuron boosts C0, the blank square of the pattern it reads.",
)
