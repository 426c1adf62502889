"""`othello-interp figures`: what is known of L5N1393 in the original weights, beside that of a model here.

FIGURES lists them: a name, the published figure and how to find that of a model. Published are those of
figures.PUBLISHED; the top 1%, computed from the activations that the same notebook shows; the illegal rate,
from Li et al. 2023; the probe's accuracy, from Nanda et al. 2023.
"""

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from jaxtyping import Float, UInt8
from torch import Tensor

from othello_interp.authoring.subject import C0, D1, Subject
from othello_interp.authoring.tables import table
from othello_interp.figures import CLEAR_GAME, FIRING, PUBLISHED, PUBLISHED_GAME_5
from othello_interp.games import FocusGames, load_games
from othello_interp.hypotheses import roc_auc
from othello_interp.model import load_model, model_name
from othello_interp.neurons import (
    cosine_similarity,
    orthonormal_basis,
    variance_fraction,
)
from othello_interp.probe import fit_probe, load_probe, residuals_and_boards
from othello_interp.squares import label_to_id, square_to_label

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge

UNKNOWN = "–"


class Figure(NamedTuple):
    """A row of the table."""

    name: str
    published: str
    of: Callable[[Subject], str]


def _number(value: Tensor | float) -> str:
    return f"{float(value):.3f}"


def _share(value: Tensor | float) -> str:
    return f"{float(value):.1%}"


def _count(mask: Tensor) -> str:
    return str(int(mask.sum()))


def _moves(moves: list[int] | tuple[int, ...]) -> str:
    return " ".join(map(str, moves)) or "none"


def _random_share(basis: Float[Tensor, "d_model k"]) -> str:
    """Of a random vector, the share that is expected in the span of a basis."""
    return _share(orthonormal_basis(basis).shape[1] / len(basis))


def _unembedding(model: "TransformerBridge", label: str) -> Float[Tensor, " d_model"]:
    return model.W_U[:, label_to_id(label)]


_P = PUBLISHED
FIGURES = (
    Figure(
        "cosine similarity of the C0 and D1 unembeddings",
        _number(_P["cosine of unembeddings C0 D1"]),
        lambda s: _number(cosine_similarity(_unembedding(s.model, "C0"), _unembedding(s.model, "D1"))),
    ),
    Figure(
        "share of w_out in the unembedding subspace",
        _share(_P["w_out in unembedding"]),
        lambda s: _share(variance_fraction(s.w_out, s.W_U)),
    ),
    Figure("… of a random vector (rank / d_model)", _share(60 / 512), lambda s: _random_share(s.W_U)),
    Figure(
        "share of w_in in the probe basis",
        _share(_P["w_in in probe basis"]),
        lambda s: _share(variance_fraction(s.w_in, s.basis)),
    ),
    Figure(
        "share of w_out in the probe basis",
        _share(_P["w_out in probe basis"]),
        lambda s: _share(variance_fraction(s.w_out, s.basis)),
    ),
    Figure("… of a random vector", _share(124 / 512), lambda s: _random_share(s.basis)),
    # Activations of two models are not on one scale: what the neuron writes when it is loud can be compared.
    Figure(
        "logit attribution at C0 × 99th percentile",
        _number(_P["attribution C0"] * _P["99th percentile"]),
        lambda s: _number(s.attribution[C0] * s.loud),
    ),
    Figure(
        "logit attribution at D1 × 99th percentile",
        _number(_P["attribution D1"] * _P["99th percentile"]),
        lambda s: _number(s.attribution[D1] * s.loud),
    ),
    Figure(
        "largest attribution elsewhere, in size, × 99th percentile",
        f"{_number(_P['largest other attribution'] * _P['99th percentile'])} (G4)",
        lambda s: (
            f"{_number(s.other_attributions.max() * s.loud)} "
            f"({square_to_label(int(s.other_attributions.argmax()))})"
        ),
    ),
    Figure("positions of the focus games", str(_P["positions"]), lambda s: str(s.holds.numel())),
    Figure("positions matching the hypothesis", str(_P["matching"]), lambda s: _count(s.holds)),
    Figure(
        f"matching positions where it fires (above {FIRING} of the 99th percentile)",
        str(_P["matching above 0.5"]),
        lambda s: _count(s.holds & s.fires),
    ),
    Figure(
        "other positions where it fires", str(_P["others above 0.5"]), lambda s: _count(~s.holds & s.fires)
    ),
    Figure(
        "matching positions among the top 1%",
        "30 of 30",
        lambda s: f"{_count(s.holds & s.top)} of {_count(s.top)}",
    ),
    Figure(
        "ROC AUC for the hypothesis",
        _number(_P["ROC AUC"]),
        lambda s: _number(roc_auc(s.acts.flatten(), s.holds.flatten())),
    ),
    Figure(
        f"moves of game {CLEAR_GAME} after which it fires",
        _moves(PUBLISHED_GAME_5),
        lambda s: _moves(s.fires[CLEAR_GAME].nonzero().flatten().tolist()),
    ),
    Figure("illegal top moves", "0.01%", lambda s: f"{s.predictions['illegal']:.2%}"),
    Figure("excess cross-entropy (nats)", UNKNOWN, lambda s: _number(s.predictions["excess"])),
    Figure("probability on legal moves", UNKNOWN, lambda s: _share(s.predictions["legal_mass"])),
)
PUBLISHED_PROBES = {6: "98–99%"}


def probe_accuracy_by_layer(
    model: "TransformerBridge", tokens: UInt8[Tensor, "game 60"], n_held_out: int, progress: bool = False
) -> list[float]:
    """Share of the squares that each layer's probe reads rightly in the last games, trained on the others."""
    resids, boards = residuals_and_boards(model, tokens, range(model.cfg.n_layers))
    accuracies = []
    for layer, resid in resids.items():
        seen, states = (x[:-n_held_out].flatten(0, 1) for x in (resid, boards))
        probe = fit_probe(seen, states, layer, progress=progress)
        accuracies.append((probe(resid[-n_held_out:]) == boards[-n_held_out:]).float().mean().item())
    return accuracies


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `othello-interp figures`."""
    parser.add_argument(
        "--model", help="embedded (default), published, or a .safetensors file with its probe beside it"
    )
    parser.add_argument("--games", type=int, default=500, help="held-out games for the illegal rate (500)")
    parser.add_argument("--no-probes", action="store_true", help="skip the probes of all layers (minutes)")


def main(args: argparse.Namespace) -> int:
    """`othello-interp figures`: prints a markdown table."""
    name = model_name(args.model)
    model = load_model(name)
    subject = Subject(model, load_probe(name), FocusGames(model), args.games)
    rows = [[figure.name, figure.published, figure.of(subject)] for figure in FIGURES]
    if not args.no_probes:
        for layer, accuracy in enumerate(probe_accuracy_by_layer(model, load_games()[-1300:], 300, True)):
            published = PUBLISHED_PROBES.get(layer, UNKNOWN)
            rows.append([f"probe accuracy, layer {layer}", published, _share(accuracy)])
    print(table(["figure", "published", name], rows))
    return 0
