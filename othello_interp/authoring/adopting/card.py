"""`othello-interp card`: the model card and the page about data/, filled in from what was measured.

Their words are in the templates beside this module, figures come from data/figures.json and
data/manifest.json, how the weights were trained from data/training.md, which somebody writes. Lines that end
in the marker of a measured sentence are left to `othello-interp sentences`.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from othello_interp.authoring.adopting import facts
from othello_interp.authoring.choosing.command import written
from othello_interp.authoring.choosing.criteria import CRITERIA
from othello_interp.authoring.choosing.measure import Estimate
from othello_interp.authoring.choosing.survey import FIRST_MOVE
from othello_interp.authoring.measured import MARKED
from othello_interp.authoring.tables import table
from othello_interp.errors import OthelloInterpError
from othello_interp.figures import CLEAR_GAME, LAYER, NEURON
from othello_interp.storage import paths
from othello_interp.storage.data import provenance
from othello_interp.storage.whole_file import write_text

#: The pages of data/ by their template.
PAGES = {"MODEL_CARD.md": "model_card.md.j2", "README.md": "data_readme.md.j2"}
TRAINING = "training.md"
_FILES = ("model.safetensors", "probe.safetensors", "games.npz", "focus_games.npz", "atlas.npz")


def _percent(share: float, digits: int = 1) -> str:
    return f"{share:.{digits}%}"


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    made.filters |= {
        "percent": _percent,
        "thousands": "{:,}".format,
        "megabytes": lambda size: round(size / 1e6),
    }
    return made


def _estimate(figure: dict[str, Any]) -> Estimate:
    interval = None if figure["low"] is None else (figure["low"], figure["high"])
    return Estimate(figure["value"], interval)


def cases_table(ours: dict[str, Any], others: list[dict[str, Any]], n_candidates: int) -> str:
    """The criteria of the course's neuron, with its places among all candidates, beside its companions."""
    later = f"from move {FIRST_MOVE}"
    head = ["criterion", "gate", "published", f"L{LAYER}N{NEURON}", f"{later} on", "passes"]
    head += [f"of {n_candidates:,}", *(f"L{LAYER}N{case['neuron']}" for case in others)]
    rows = []
    for name, criterion in CRITERIA.items():
        figure = ours["all moves"][name]
        row = [criterion.name, criterion.gate, criterion.published or "–"]
        row += [written(name, _estimate(figure)), written(name, _estimate(ours[later][name]))]
        row += [("yes" if figure["passes"] else "no") if criterion.gate else ""]
        row += [str(ours["places"].get(name, ""))]
        rows.append(row + [criterion.form.format(case["all moves"][name]["value"]) for case in others])
    return table(head, rows)


def filled(template: str, figures: dict[str, Any], training: str) -> str:
    """A page with its figures. training: the card's section on it."""
    survey, ours = figures["survey"], facts.the_neuron(figures["survey"])
    roles = {case["role"]: case for case in survey["cases"]}
    companions = [roles[role] for role in ("clean", "causal") if role in roles]
    closest, by_layer = roles["chosen"], figures["probes by layer"]["accuracy"]
    records = {name: provenance(name) for name in _FILES}
    return (
        _environment()
        .get_template(template)
        .render(
            f=figures,
            survey=survey,
            ours=ours,
            made=records["model.safetensors"]["chosen"],
            companions=companions,
            closest=f"L{LAYER}N{closest['neuron']} through the {closest['symmetry']}",
            cases=cases_table(ours, companions, survey["candidates"]),
            missed=[CRITERIA[name].name for name in ours["missed"]],
            gates=sum(bool(criterion.gate) for criterion in CRITERIA.values()),
            beside=table(["figure", "published", "here"], figures["beside the published"]),
            probes=table(
                ["after layer", *map(str, range(len(by_layer)))],
                [["squares right", *map(_percent, by_layer)]],
            ),
            records=records,
            training=training.strip(),
            layer=LAYER,
            neuron=NEURON,
            clear_game=CLEAR_GAME,
        )
    )


def pages() -> dict[Path, str]:
    """What each generated page should hold.

    Raises OthelloInterpError when figures.json or training.md is missing, or is of another model.
    """
    data = paths.root() / "data"
    if not (data / TRAINING).is_file():
        raise OthelloInterpError(f"{data / TRAINING} is missing: write down there how the model was trained.")
    figures, training = facts.read(), (data / TRAINING).read_text(encoding="utf-8")
    return {
        data / name: _with_sentences(filled(page, figures, training), data / name)
        for name, page in PAGES.items()
    }


def _with_sentences(page: str, path: Path) -> str:
    """The page with the measured sentences that its file holds now."""
    now = path.read_text(encoding="utf-8") if path.is_file() else ""
    lines = {found[3]: found[0].removeprefix(found[1]) for found in MARKED.finditer(now)}
    return MARKED.sub(lambda found: found[1] + lines.get(found[3], found[2]), page)


def write_pages(dry: bool = False) -> list[Path]:
    """Fill the pages in; returns those that change. With `dry` nothing is written."""
    changed = {
        path: text
        for path, text in pages().items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    }
    for path, text in changed.items():
        if not dry:
            write_text(path, text)
    return list(changed)


def write_figures(survey: facts.Survey, n_probe_games: int = 1000) -> None:
    """Measure the model in data/, and write figures.json. survey: of this model."""
    found = facts.measure(survey, n_probe_games)
    write_text(paths.root() / "data" / facts.FILE, json.dumps(found, indent=1) + "\n")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `othello-interp card`."""
    parser.epilog = (
        "After a change of a template, of data/training.md, or with --measure of what is measured."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page would change")
    parser.add_argument(
        "--measure", action="store_true", help="measure data/figures.json anew first, but for its survey"
    )


def main(args: argparse.Namespace) -> int:
    """`othello-interp card`."""
    if args.measure and not args.check:
        write_figures(facts.read()["survey"])
    changed = write_pages(dry=args.check)
    for path in changed:
        print(f"{path.name}: {'out of date; run othello-interp card' if args.check else 'written'}")
    return 1 if changed and args.check else 0
