"""Exercise 4.4: Ten neurons at once."""

from typing import Any

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes, ModelRef
from othello_interp.squares import ALL_SQUARES

mistake = Mistakes()
Described = tuple[list[int], Tensor, Tensor]


def cases(seed: int) -> list[Case]:
    """Random activations that differ in spread and mean, in two layers of two models."""
    generator = torch.Generator().manual_seed(seed)
    made = []
    for name, model, layer, d_mlp, n_games, n_moves, count, quantile in (
        ("course model, layer 5", ModelRef("embedded"), 5, 2048, 3, 11, 7, 0.9),
        ("small random model, layer 1", ModelRef("tiny", seed), 1, 36, 5, 7, 3, 0.85),
    ):
        spread, mean = torch.rand(2, d_mlp, generator=generator) * torch.tensor([[2.0], [4.0]])
        acts = spread * torch.randn(n_games, n_moves, d_mlp, generator=generator) + mean
        states = torch.randint(-1, 2, (n_games, n_moves, 8, 8), generator=generator).to(torch.int8)
        inputs = {"model": model, "layer": layer, "acts": acts, "states": states}
        made.append(Case(name, inputs | {"count": count, "quantile": quantile}))
    return made


def _described(
    model: Any,
    layer: int,
    acts: Tensor,
    states: Tensor,
    count: int,
    quantile: float,
    by_number: bool = False,
    within_games: bool = False,
    columns: slice = slice(1, None),
    squares: Any = ALL_SQUARES,
    mask: str = "own",
    divide: str = "marked",
) -> Described:
    """The right answer, with a knob for each thing that can be got wrong."""
    flat = acts.flatten(0, 1)
    neurons = (acts.std(1).mean(0) if within_games else flat.std(0)).topk(count).indices
    neurons = neurons.sort().values if by_number else neurons
    attributions = torch.zeros(count, 64)
    attributions[:, squares] = model.blocks[layer].mlp.W_out[neurons] @ model.W_U[:, columns]
    chosen = flat[:, neurons]
    thresholds = {"own": chosen.quantile(quantile, 0), "one": chosen.flatten().quantile(quantile)}
    marked = chosen > thresholds[mask] if mask in thresholds else torch.ones_like(chosen) > 0
    boards = torch.einsum("pn,prc->nrc", marked.float(), states.flatten(0, 1).float())
    total = marked.sum(0)[:, None, None] if divide == "marked" else len(flat)
    return neurons.tolist(), attributions.view(count, 8, 8), boards / total


@mistake(
    "The right neurons in the order of their numbers. Give the largest standard deviation first.",
    credit=0.7,
)
def in_order_of_number(**inputs: Any) -> Described:
    return _described(**inputs, by_number=True)


@mistake(
    "Every logit stands one square too late: column 0 of `W_U` is the pass. Drop that one: `W_U[:, 1:]`.",
    credit=0.5,
)
def last_column_dropped(**inputs: Any) -> Described:
    return _described(**inputs, columns=slice(0, 60))


@mistake(
    "You put the 60 logits on squares 0 to 59. The four centre squares have no token: use `ALL_SQUARES`.",
    credit=0.5,
)
def centre_not_skipped(**inputs: Any) -> Described:
    return _described(**inputs, squares=slice(0, 60))


@mistake(
    "You took one quantile over all the neurons together, so the loud ones get most of the moves. Each "
    "neuron has its own: `quantile(..., dim=0)`.",
    credit=0.5,
)
def one_quantile(**inputs: Any) -> Described:
    return _described(**inputs, mask="one")


@mistake(
    "Your boards are averages over all moves. Take only those at which the neuron fires most.",
    credit=0.4,
)
def all_moves(**inputs: Any) -> Described:
    return _described(**inputs, mask="all")


@mistake(
    "You divided the sum of the boards by the number of all moves. Divide by the number of marked ones, "
    "neuron by neuron.",
    credit=0.5,
)
def divided_by_all(**inputs: Any) -> Described:
    return _described(**inputs, divide="all")


@mistake(
    "You take each neuron's standard deviation within a game and average over the games. Take it over all "
    "moves of all games at once: how the games differ counts, too.",
    credit=0.5,
)
def deviation_within_games(**inputs: Any) -> Described:
    return _described(**inputs, within_games=True)


EXERCISE = Exercise(
    id="4.4",
    notebook="04_max_activating",
    function="describe_top_neurons",
    title="Ten neurons at once",
    points=4,
    difficulty=4,
    importance=5,
    minutes=25,
    tests="Random activations and boards, with layer 5 of the course's model and a small random model.",
    cases=cases,
    parts=("neurons", "attributions", "average boards"),
    mistakes=mistake.all(),
    hints=(
        "Flatten game and move into one axis first: `acts.flatten(0, 1)` has shape (position, neuron).",
        "`flat.std(dim=0).topk(count).indices` are the neurons. `W_out[neurons] @ W_U[:, 1:]` has shape "
        "(count, 60); put it into `torch.zeros(count, 64)` at `[:, ALL_SQUARES]`.",
        "`flat[:, neurons].quantile(quantile, dim=0)` is one threshold for each neuron. With the mask as "
        "floats of shape (position, count), `torch.einsum('pn,prc->nrc', mask, boards)` adds up the marked "
        "boards of every neuron; divide by how many each has.",
    ),
    explanation="Nothing here needs a loop over neurons: the mask is a matrix, and averaging boards under "
    "it is a matrix product.",
)
