"""A small course of four exercises, with references, mistakes and right answers, to try the checker on.

Independent of the lessons. One exercise on boards, one on a model, one on masks, one with many right answers.
"""

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes, ModelRef, by_id
from othello_interp.squares import ALL_SQUARES

NOTEBOOK = "09_sample"

SOLUTIONS = '''
import torch
from torch import Tensor

from othello_interp.squares import ALL_SQUARES


def attribution(w_out: Tensor, W_U: Tensor) -> Tensor:
    """Attribution on the board."""
    board = torch.zeros(64)
    board[ALL_SQUARES] = (w_out @ W_U)[1:]
    return board.reshape(8, 8)


def out_weights(model, layer: int, neuron: int) -> Tensor:
    """Output weights of a neuron."""
    return model.blocks[layer].mlp.W_out[neuron]


def top_moves(acts: Tensor, quantile: float) -> Tensor:
    """Moves at or above a quantile of all activations."""
    return acts >= acts.quantile(quantile)


def long_word(letters: str) -> str:
    """A word of at least three letters, made of the given ones."""
    return letters[:3]
'''


def board(values: Tensor) -> Tensor:
    out = torch.zeros(64)
    out[ALL_SQUARES] = values
    return out.reshape(8, 8)


def _attribution_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)
    return [
        Case(f"size {d}", {"w_out": torch.randn(d, generator=g), "W_U": torch.randn(d, 61, generator=g)})
        for d in (5, 7)
    ]


def _weight_cases(seed: int) -> list[Case]:
    return [
        Case("course model", {"model": ModelRef("embedded"), "layer": 5, "neuron": 1393}),
        Case("small model", {"model": ModelRef("tiny", seed), "layer": 1, "neuron": 3}),
    ]


def _move_cases(seed: int) -> list[Case]:
    g = torch.Generator().manual_seed(seed)
    return [Case(f"q = {q}", {"acts": torch.randn(5, 11, generator=g), "quantile": q}) for q in (0.25, 0.9)]


def _word_cases(seed: int) -> list[Case]:
    return [Case("letters", {"letters": "abcde"})]


def _score(found: object, case: Case) -> tuple[float, str]:
    if not isinstance(found, str) or not set(found) <= set(case.inputs["letters"]):
        return 0.0, "Only the given letters, please."
    return min(len(found) / 3, 1.0), f"{len(found)} letters."


of_attribution, of_weights, of_moves = Mistakes(), Mistakes(), Mistakes()


@of_attribution("You kept the pass.", credit=0.5)
def kept_pass(w_out, W_U):
    return board((w_out @ W_U)[:-1])


@of_attribution("Put the 60 numbers on a board.")
def shape(w_out, W_U):
    return (w_out @ W_U)[1:]


@of_attribution("Do not normalise.")
def unit(w_out, W_U):
    return board((w_out / w_out.norm() @ W_U)[1:])


@of_attribution("Mind the sizes: half of it is missing.")
def crashes(w_out, W_U):
    return board((w_out @ W_U[:5] / 2)[1:])


@of_weights("The last entry is missing.")
def short(model, layer, neuron):
    return model.blocks[layer].mlp.W_out[neuron].half()[:-1]


@of_moves("One quantile over all games, not one per game.")
def per_game(acts, quantile):
    return acts >= acts.quantile(quantile, dim=1, keepdim=True)


def exercise(**changes: object) -> Exercise:
    """The first exercise, with other values in some fields."""
    fields = {
        "id": "9.1", "notebook": NOTEBOOK, "function": "attribution", "title": "Attribution", "points": 4,
        "difficulty": 2, "importance": 3, "minutes": 5, "tests": "Random vectors of two sizes.",
        "cases": _attribution_cases,
        "mistakes": of_attribution.all(),
        "hints": ("The first of 61 columns is the pass.", "Use `ALL_SQUARES`.", "Fill 64 zeros."),
        "explanation": "C0 is *boosted*.",
    }  # fmt: skip
    return Exercise(**{**fields, **changes})


def course() -> dict[str, Exercise]:
    """The exercises by id."""
    return by_id(
        [
            exercise(),
            exercise(
                id="9.2", function="out_weights", title="Weights", cases=_weight_cases,
                mistakes=of_weights.all(),
            ),
            exercise(
                id="9.3", function="top_moves", title="Top moves", cases=_move_cases, hints=(),
                mistakes=of_moves.all(),
            ),
            exercise(
                id="9.4", function="long_word", title="A word", cases=_word_cases, score=_score, mistakes=(),
            ),
            exercise(
                id="10.1", notebook="10_more", function="", title="In words", open=True, mistakes=(),
                cases=lambda seed: [],
            ),
        ]
    )  # fmt: skip
