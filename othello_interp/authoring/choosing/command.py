"""`othello-interp candidates`: which neuron of a model is the one of the course, by its own criteria."""

import argparse
import csv
import io
import json
from pathlib import Path

from othello_interp.authoring.choosing.choice import Candidate
from othello_interp.authoring.choosing.criteria import CRITERIA, DECIDING
from othello_interp.authoring.choosing.measure import Estimate
from othello_interp.authoring.choosing.survey import FIRST_MOVE, Case, Survey, as_json, passes, survey
from othello_interp.authoring.surgery import SYMMETRIES
from othello_interp.authoring.tables import table
from othello_interp.errors import InputError
from othello_interp.figures import HYPOTHESIS, LAYER, NEURON
from othello_interp.model import load_model, model_name
from othello_interp.probe import Probe, load_probe, probe_path
from othello_interp.storage.data import data_path, sha256
from othello_interp.storage.whole_file import write_text

_SYMMETRIES = {name.split()[0]: name for name in SYMMETRIES}  # "rotation" for "rotation by 180°"
_COLUMNS = ["role", "neuron", "symmetry", "hypothesis", "criterion", "gate", "moves"]
_COLUMNS += ["figure", "low", "high", "passes", "place"]
_TITLES = {
    "chosen": "The closest to the gates",
    "named": "Asked for",
    "clean": "A clean case, the best line detector of the layer",
    "causal": "A causal case, which lowers its square's logit most when it is switched off",
}


def written(name: str, figure: Estimate) -> str:
    """A figure with its interval, such as "0.808 (0.801 to 0.815)"."""
    form = CRITERIA[name].form
    if figure.interval is None:
        return form.format(figure.value)
    return "{} ({} to {})".format(*map(form.format, (figure.value, *figure.interval)))


def label(candidate: Candidate, layer: int) -> str:
    """Such as "L5N1354 through the transpose, A2==BLANK & B3==THEIRS & C4==MINE"."""
    through = f" through the {candidate.symmetry}" if candidate.symmetry else ""
    return f"L{layer}N{candidate.neuron}{through}, {candidate.hypothesis}"


def case_table(case: Case, n_candidates: int) -> str:
    """A candidate's figures beside the gates; for one of the line of the course also beside the published
    ones, and with its place among all candidates."""
    rows = []
    for name, criterion in CRITERIA.items():
        figure, later = case.all_moves[name], case.later_moves[name]
        row = {"criterion": criterion.name, "gate": criterion.gate}
        if case.places:
            row["published"] = criterion.published or "–"
        row["figure (95% over games)"] = written(name, figure)
        row[f"from move {FIRST_MOVE} on"] = written(name, later)
        row["passes"] = ("yes" if passes(name, figure) else "no") if criterion.gate else ""
        if case.places:
            row[f"place of {n_candidates}"] = str(case.places.get(name, ""))
        rows.append(row)
    return table(list(rows[0]), [list(row.values()) for row in rows])


def shortlist_table(of: Survey) -> str:
    """The candidates that come closest, on the games of the choice."""
    names = [*DECIDING, "log prob"]
    head = ["neuron", "through", *names]
    rows = [
        [str(near.neuron), near.symmetry, *(CRITERIA[name].form.format(values[name]) for name in names)]
        for near, values in of.shortlist
    ]
    passing = [str(of.passing.get(name, "")) for name in names]
    gates = ["gate", "", *(CRITERIA[name].gate for name in names)]
    return table(head, [gates, [f"passing, of {of.n_candidates}", "", *passing], *rows])


def report(of: Survey, model: str) -> str:
    """All of a survey, to be read."""
    choice, games = of.games
    parts = [
        f"# Candidates of layer {of.layer} of {model}",
        f"{of.n_candidates} candidates: every neuron through every symmetry of the board. {of.passing_all} "
        f"of them pass every deciding gate on the {choice} games of the choice. The closest there:",
        shortlist_table(of),
        f"The figures below are from {games} other games.",
    ]
    for case in of.cases:
        missed = [CRITERIA[name].name for name in case.missed]
        parts += [
            f"## {_TITLES[case.role]}: {label(case.candidate, of.layer)}",
            case_table(case, of.n_candidates),
            f"Gates missed: {'; '.join(missed) or 'none'}.",
        ]
    return "\n\n".join(parts)


def as_csv(of: Survey) -> str:
    """One line a candidate and criterion."""
    text = io.StringIO()
    write = csv.writer(text, lineterminator="\n").writerow
    write(_COLUMNS)
    for case in of.cases:
        one = case.candidate
        who = [case.role, one.neuron, one.symmetry, one.hypothesis]
        for moves, figures in (("all", case.all_moves), (f"from {FIRST_MOVE}", case.later_moves)):
            for name, figure in figures.items():
                place = case.places.get(name, "") if moves == "all" else ""
                interval = figure.interval or ("", "")
                passed = passes(name, figure)
                write([*who, name, CRITERIA[name].gate, moves, figure.value, *interval, passed, place])
    return text.getvalue()


def candidate_name(text: str) -> tuple[int, str]:
    """A neuron and a symmetry from "1354:transpose"; the symmetry is the identity if there is none."""
    neuron, _, symmetry = text.partition(":")
    if not neuron.isdigit() or (symmetry or "identity") not in _SYMMETRIES:
        known = ", ".join(_SYMMETRIES)
        raise InputError(f"{text!r} names no candidate: give a neuron's number, or 1354:SYMMETRY of {known}")
    return int(neuron), _SYMMETRIES[symmetry or "identity"]


def probe_of(name: str) -> Probe | None:
    """The probe that belongs to a model, None for weights without one beside them."""
    if name in ("embedded", "published") or probe_path(name).exists():
        return load_probe(name)
    return None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `othello-interp candidates`."""
    parser.epilog = (
        f"A candidate is a neuron of layer {LAYER} seen through one of the four symmetries of the board that "
        "keep the starting position. The choice is made on some games and reported on others, with bootstrap "
        "intervals over games. If none passes every gate, the closest is the one whose mean part of the way "
        "from chance to the gate, over the criteria that decide, is largest: no other beats it on all of "
        "them. Without a probe beside the weights (FILE.probe.safetensors) one is trained in passing. On two "
        "cores it takes about five minutes for the full size."
    )
    parser.add_argument(
        "--weights", metavar="FILE", help="embedded (default), published, or a .safetensors file"
    )
    parser.add_argument("--games", type=int, default=1000, help="games to choose on (1000)")
    parser.add_argument("--report-games", type=int, default=2000, help="other games to report on (2000)")
    parser.add_argument(
        "--neuron",
        action="append",
        default=[],
        metavar="N[:SYMMETRY]",
        help=f"report on this neuron too, such as 1354:transpose; may be repeated (symmetries: "
        f"{', '.join(_SYMMETRIES)})",
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help="write all figures, as .json or .csv")


def main(args: argparse.Namespace) -> int:
    """`othello-interp candidates`."""
    if args.out and args.out.suffix not in (".json", ".csv"):
        raise InputError(f"--out {args.out}: expected a name that ends in .json or .csv")
    for option, games in (("--games", args.games), ("--report-games", args.report_games)):
        if games < 50:
            raise InputError(f"{option} {games}: expected 50 and more; with fewer games nothing can be told")
    name = model_name(args.weights)
    named = [candidate_name(text) for text in args.neuron]
    if name in ("embedded", "published"):
        named.insert(0, (NEURON, "identity"))
    found = survey(
        load_model(name),
        LAYER,
        HYPOTHESIS,
        probe_of(name),
        args.games,
        args.report_games,
        named,
        progress=True,
    )
    if args.out:
        path = data_path("model.safetensors") if name == "embedded" else Path(name)
        known = as_json(found) | ({"weights": sha256(path)} if path.is_file() else {})
        as_text = json.dumps(known, indent=1) + "\n" if args.out.suffix == ".json" else as_csv(found)
        write_text(args.out, as_text)
    print(report(found, name))
    return 0
