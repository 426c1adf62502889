"""`othello-interp figures`: what is known of L5N1393 in the original weights, beside that of a model here."""

import argparse
from typing import TYPE_CHECKING

import torch
from jaxtyping import UInt8
from torch import Tensor

from othello_interp.figures import PUBLISHED, PUBLISHED_GAME_5
from othello_interp.games import FocusGames, load_focus_games, load_games
from othello_interp.hypotheses import parse, roc_auc
from othello_interp.model import load_model, model_name
from othello_interp.neurons import (
    cosine_similarity,
    get_w_in,
    get_w_out,
    logit_attribution,
    orthonormal_basis,
    variance_fraction,
)
from othello_interp.probe import Probe, fit_probe, load_probe, residuals_and_boards
from othello_interp.rules.random_games import random_games
from othello_interp.squares import label_to_id, label_to_square, square_to_label
from othello_interp.training.trainer import EVALUATION_SEED, evaluate

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge

LAYER, NEURON, CLEAR_GAME = 5, 1393, 5
HYPOTHESIS = "C0==BLANK & D1==THEIRS & E2==MINE"

Figures = dict[str, str]


def published_figures() -> Figures:
    """The figures of the original weights, under the names that the functions below use.

    Most from figures.PUBLISHED. Those at half of the maximum and the top 1% are computed from the activations
    that the same notebook shows; the illegal rate is from Li et al. 2023, the probe's from Nanda et al. 2023.
    """
    p = PUBLISHED
    return {
        "cosine similarity of the C0 and D1 unembeddings": f"{p['cosine of unembeddings C0 D1']:.3f}",
        "share of w_out in the unembedding subspace": f"{p['w_out in unembedding']:.1%}",
        "… of a random vector (rank / d_model)": f"{60 / 512:.1%}",
        "share of w_in in the probe basis": f"{p['w_in in probe basis']:.1%}",
        "share of w_out in the probe basis": f"{p['w_out in probe basis']:.1%}",
        "… of a random vector": f"{124 / 512:.1%}",
        "logit attribution at C0": f"{p['attribution C0']:.3f}",
        "logit attribution at D1": f"{p['attribution D1']:.3f}",
        "largest attribution elsewhere, in size": f"{p['largest other attribution']:.3f} (G4)",
        "positions of the focus games": str(p["positions"]),
        "positions matching the hypothesis": str(p["matching"]),
        "matching positions above half of the maximum": "27",
        "other positions above half of the maximum": "0",
        "matching positions above 0.5": str(p["matching above 0.5"]),
        "other positions above 0.5": str(p["others above 0.5"]),
        "matching positions among the top 1%": "30 of 30",
        "ROC AUC for the hypothesis": f"{p['ROC AUC']:.3f}",
        "moves of game 5 above half of the maximum": " ".join(map(str, PUBLISHED_GAME_5)),
        "illegal top moves": "0.01%",
        "probe accuracy, layer 6": "98–99%",
    }


def neuron_figures(model: "TransformerBridge", probe: Probe, games: FocusGames) -> Figures:
    """The figures of L5N1393 in a model."""
    w_in, w_out = get_w_in(model, LAYER, NEURON), get_w_out(model, LAYER, NEURON)
    W_U, basis = model.W_U[:, 1:], probe.basis
    c0, d1 = label_to_square("C0"), label_to_square("D1")
    unembeddings = [model.W_U[:, label_to_id(label)] for label in ("C0", "D1")]
    attribution = logit_attribution(w_out, model.W_U).flatten()
    others = attribution.abs().index_fill(0, torch.tensor([c0, d1]), 0)
    acts = games.cache["post", LAYER][..., NEURON]
    holds = parse(HYPOTHESIS)(games.states_theirs_vs_mine[:, : acts.shape[1]])
    half = acts.max().item() / 2
    top = acts > acts.flatten().quantile(0.99)
    game = (acts[CLEAR_GAME] > half).nonzero().flatten().tolist()
    return {
        "cosine similarity of the C0 and D1 unembeddings": f"{cosine_similarity(*unembeddings).item():.3f}",
        "share of w_out in the unembedding subspace": f"{variance_fraction(w_out, W_U).item():.1%}",
        "… of a random vector (rank / d_model)": f"{orthonormal_basis(W_U).shape[1] / len(W_U):.1%}",
        "share of w_in in the probe basis": f"{variance_fraction(w_in, basis).item():.1%}",
        "share of w_out in the probe basis": f"{variance_fraction(w_out, basis).item():.1%}",
        "… of a random vector": f"{orthonormal_basis(basis).shape[1] / len(basis):.1%}",
        "logit attribution at C0": f"{attribution[c0].item():.3f}",
        "logit attribution at D1": f"{attribution[d1].item():.3f}",
        "largest attribution elsewhere, in size": f"{others.max().item():.3f} ({_label_of_largest(others)})",
        "positions of the focus games": str(holds.numel()),
        "positions matching the hypothesis": str(int(holds.sum())),
        "matching positions above half of the maximum": str(int((acts[holds] > half).sum())),
        "other positions above half of the maximum": str(int((acts[~holds] > half).sum())),
        "matching positions above 0.5": str(int((acts[holds] > 0.5).sum())),
        "other positions above 0.5": str(int((acts[~holds] > 0.5).sum())),
        "matching positions among the top 1%": f"{int(holds[top].sum())} of {int(top.sum())}",
        "ROC AUC for the hypothesis": f"{roc_auc(acts.flatten(), holds.flatten()).item():.3f}",
        "moves of game 5 above half of the maximum": " ".join(map(str, game)) or "none",
    }


def _label_of_largest(values: Tensor) -> str:
    return square_to_label(int(values.argmax()))


def model_figures(model: "TransformerBridge", n_games: int) -> Figures:
    """How well a model predicts legal moves, over held-out random games."""
    figures = evaluate(model, random_games(n_games, EVALUATION_SEED))
    return {
        "illegal top moves": f"{figures['illegal']:.2%}",
        "excess cross-entropy (nats)": f"{figures['excess']:.3f}",
        "probability on legal moves": f"{figures['legal_mass']:.1%}",
    }


def probe_accuracy_by_layer(
    model: "TransformerBridge", tokens: UInt8[Tensor, "game 60"], n_held_out: int, progress: bool = False
) -> list[float]:
    """Share of the squares that each layer's probe reads rightly in the last games, trained on the others."""
    resids, boards = residuals_and_boards(model, tokens, range(model.cfg.n_layers))
    accuracies = []
    for layer, resid in resids.items():
        train = (x[:-n_held_out].flatten(0, 1) for x in (resid, boards))
        probe = fit_probe(*train, layer, progress=progress)
        accuracies.append((probe(resid[-n_held_out:]) == boards[-n_held_out:]).float().mean().item())
    return accuracies


def table(columns: dict[str, Figures]) -> str:
    """A markdown table: a row for each figure, a column for each model."""
    names = list(dict.fromkeys(name for figures in columns.values() for name in figures))
    lines = [["figure", *columns], ["---"] * (1 + len(columns))]
    lines += [[name, *(figures.get(name, "–") for figures in columns.values())] for name in names]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


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
    model, probe = load_model(name), load_probe(name)
    focus_games = load_focus_games(name if name == "published" else "embedded")
    found = neuron_figures(model, probe, FocusGames(model, focus_games)) | model_figures(model, args.games)
    if not args.no_probes:
        accuracies = probe_accuracy_by_layer(model, load_games()[-1300:], 300, progress=True)
        found |= {f"probe accuracy, layer {layer}": f"{share:.1%}" for layer, share in enumerate(accuracies)}
    print(table({"published": published_figures(), name: found}))
    return 0
