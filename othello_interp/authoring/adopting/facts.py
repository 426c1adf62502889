"""data/figures.json: every figure of the model that its card and the page about data/ state."""

import json
from typing import Any

from othello_interp.authoring.choosing.choice import image_of_line, images_of_line
from othello_interp.authoring.figures_command import FIGURES, probe_accuracy_by_layer
from othello_interp.authoring.subject import Subject
from othello_interp.errors import OthelloInterpError
from othello_interp.figures import HYPOTHESIS, NEURON
from othello_interp.games import FocusGames, load_games
from othello_interp.lines import line_texts
from othello_interp.model import load_model
from othello_interp.probe import PROBE_MOVES, load_probe, probe_hits
from othello_interp.squares import CENTRE, label_to_square
from othello_interp.storage import paths
from othello_interp.storage.data import provenance

FILE = "figures.json"
#: A survey as `othello-interp candidates --out FILE.json` writes it.
Survey = dict[str, Any]
_CORNERS = [label_to_square(label) for label in ("A0", "A7", "H0", "H7")]
_SIZES = ("n_layers", "d_model", "n_heads", "d_mlp")


def the_neuron(survey: Survey) -> dict[str, Any]:
    """The survey's case of L5N1393. Raises OthelloInterpError when there is none."""
    for case in survey["cases"]:
        if (case["neuron"], case["hypothesis"]) == (NEURON, HYPOTHESIS):
            return case
    raise OthelloInterpError(f"The survey has no case of neuron {NEURON}: ask for it with --neuron {NEURON}.")


def in_new_terms(survey: Survey, neuron: int, symmetry: str) -> Survey:
    """A survey of trained weights as it is of the model made from them: the board relabelled by a symmetry,
    and a neuron in each other's place with NEURON."""
    places = {neuron: NEURON, NEURON: neuron}
    symmetries = {line: name for name, line in images_of_line(HYPOTHESIS).items()}

    def renamed(candidate: dict[str, Any]) -> dict[str, Any]:
        line = image_of_line(candidate["hypothesis"], symmetry)
        named = candidate | {
            "neuron": places.get(candidate["neuron"], candidate["neuron"]),
            "hypothesis": line_texts()[line],
        }
        return named | ({"symmetry": symmetries[line]} if "symmetry" in candidate else {})

    return survey | {part: [renamed(one) for one in survey[part]] for part in ("shortlist", "cases")}


def measure(survey: Survey, n_probe_games: int = 1000, n_held_out: int = 500) -> dict[str, Any]:
    """The figures of the model in data/, with the survey of it.

    n_probe_games: to train a probe of each layer on. n_held_out: to judge predictions and probe by.
    """
    model = load_model("embedded")
    n_others = max(1, 3 * n_probe_games // 10)
    by_layer = probe_accuracy_by_layer(model, load_games()[-n_probe_games - n_others :], n_others, True)
    return quickly_measured(n_held_out) | {
        "probes by layer": {"accuracy": by_layer, "games": n_probe_games, "held-out games": n_others},
        "survey": survey,
    }


def quickly_measured(n_held_out: int = 500) -> dict[str, Any]:
    """Those of the figures that take seconds: sizes, predictions, the probe, and what is known of the
    published neuron beside ours."""
    model, probe = load_model("embedded"), load_probe("embedded")
    subject = Subject(model, probe, FocusGames(model), n_held_out)
    hits = probe_hits(probe, model, load_games()[-n_held_out:]).float()
    by_square = hits.mean((0, 1)).flatten()
    return {
        "weights": provenance("model.safetensors")["sha256"],
        "model": {
            **{name: getattr(model.cfg, name) for name in _SIZES},
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
        },
        "predictions": subject.predictions | {"games": n_held_out},
        "probe": {
            "accuracy": float(hits.mean()),
            "held-out games": n_held_out,
            "moves": [PROBE_MOVES.start, PROBE_MOVES.stop - 1],
            "first move": float(hits[:, 0].mean()),
            "last move": float(hits[:, -1].mean()),
            "corners": float(by_square[_CORNERS].mean()),
            "centre": float(by_square[list(CENTRE)].mean()),
        },
        "beside the published": [[figure.name, figure.published, figure.of(subject)] for figure in FIGURES],
    }


def read() -> dict[str, Any]:
    """What was measured of the model in data/. Raises OthelloInterpError when there is no such file, or when
    it is of another model than the one there."""
    path = paths.root() / "data" / FILE
    if not path.is_file():
        raise OthelloInterpError(f"{path} is missing. {paths.how_to_restore(path)}")
    figures = json.loads(path.read_text(encoding="utf-8"))
    if figures["weights"] != provenance("model.safetensors")["sha256"]:
        raise OthelloInterpError(
            f"{path} has the figures of another model than the one in data/. `othello-interp adopt` changes "
            "both together."
        )
    return figures
