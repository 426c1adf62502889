"""Exercise 2.1: What does the neuron read?"""

from typing import Any

import torch
from torch import Tensor

from othello_interp.exercises.catalogue.shared import neuron_inputs
from othello_interp.exercises.records import Case, Exercise, Mistakes
from othello_interp.neurons import get_w_in
from othello_interp.probe import load_probe
from othello_interp.squares import CENTRE

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    probe = load_probe()
    generator = torch.Generator().manual_seed(seed)
    # Lengths differ from square to square, and the centre is zero, as in the blank directions of a probe.
    small = torch.randn(20, 64, generator=generator) * (0.5 + torch.rand(64, generator=generator))
    small[:, CENTRE] = 0
    directions = [probe.blank, probe.mine, small.view(20, 8, 8)]
    return [
        Case(name, {**inputs, "directions": value})
        for (name, inputs), value in zip(neuron_inputs(seed).items(), directions, strict=True)
    ]


def _projections(vector: Tensor, directions: Tensor) -> Tensor:
    return torch.einsum("d,drc->rc", vector, directions)


@mistake(
    "You take the dot product. A cosine also divides by the length of both vectors, so that long directions "
    "don't look important.",
    credit=0.5,
)
def plain_products(model: Any, layer: int, neuron: int, directions: Tensor) -> Tensor:
    return _projections(get_w_in(model, layer, neuron), directions)


@mistake("The directions have length 1 and the input weights don't: divide by their length too.", credit=0.5)
def weights_not_normalised(model: Any, layer: int, neuron: int, directions: Tensor) -> Tensor:
    return _projections(get_w_in(model, layer, neuron), directions / directions.norm(dim=0).clamp(min=1e-12))


@mistake(
    "The input weights have length 1 and the directions don't: divide each square's direction by its length.",
    credit=0.5,
)
def directions_not_normalised(model: Any, layer: int, neuron: int, directions: Tensor) -> Tensor:
    return _projections(get_w_in(model, layer, neuron, normalize=True), directions)


@mistake("In the centre the blank direction is zero, and 0 / 0 is NaN. Give such squares 0.", credit=0.5)
def zero_by_zero(model: Any, layer: int, neuron: int, directions: Tensor) -> Tensor:
    return _projections(get_w_in(model, layer, neuron, normalize=True), directions / directions.norm(dim=0))


@mistake(
    "You subtract the mean from both vectors first. That is a correlation; a cosine takes them as they are."
)
def correlation(model: Any, layer: int, neuron: int, directions: Tensor) -> Tensor:
    w_in, centred = get_w_in(model, layer, neuron), directions - directions.mean(0)
    lengths = (w_in - w_in.mean()).norm() * centred.norm(dim=0)
    return torch.where(directions.norm(dim=0) > 0, _projections(w_in - w_in.mean(), centred) / lengths, 0.0)


EXERCISE = Exercise(
    id="2.1",
    notebook="02_direct_logit_attribution",
    function="input_weights_on_board",
    title="What does the neuron read?",
    points=2,
    difficulty=2,
    importance=5,
    minutes=10,
    tests="Your function is called for two neurons of the course's model, with the probe's blank and mine "
    "directions, and for one of a small random model.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "get_w_in(model, layer, neuron, normalize=True) has length 1. The directions of the squares are "
        "along axis 0.",
        'directions.norm(dim=0) gives the lengths; with torch.einsum the dot products are "d,drc->rc" of '
        "the weights and the directions.",
        "Divide the dot products by the lengths. Where a length is 0, write 0: torch.where.",
    ),
    explanation="Large positive numbers on the blank board: the neuron likes that square blank. On the mine "
    "board positive is mine, negative is theirs.",
)
