"""A survey of a model: its candidates, the one chosen, two companions, and all their figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jaxtyping import Integer
from torch import Tensor

from othello_interp.authoring.choosing import choice
from othello_interp.authoring.choosing.choice import Candidate
from othello_interp.authoring.choosing.criteria import CRITERIA, DECIDING
from othello_interp.authoring.choosing.every_neuron import scan, take_sample
from othello_interp.authoring.choosing.measure import Estimate, figures, mean_change, record
from othello_interp.model import check_exists
from othello_interp.probe import Probe
from othello_interp.rules.random_games import random_games

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge

#: The games that a choice is made on, and those that its figures are reported on. No run may train on them.
CHOICE_SEED, REPORT_SEED = 300, 301
#: Left out in the second set of figures: few boards occur so early.
FIRST_MOVE = 10
_SHORTLIST, _CAUSAL, _TRIAL_GAMES = 8, 12, 100


@dataclass(frozen=True)
class Case:
    """A candidate with its figures on the games of the report.

    role: "chosen", "named" (asked for by its number), "clean" or "causal". all_moves, later_moves: by
    criterion, on every move and from FIRST_MOVE on. places: among all candidates on the games of the choice,
    by deciding criterion, 1 the best; empty for a companion, whose line is its own.
    """

    role: str
    candidate: Candidate
    all_moves: dict[str, Estimate]
    later_moves: dict[str, Estimate]
    places: dict[str, int]

    @property
    def missed(self) -> list[str]:
        """The criteria whose gate it does not pass on all moves."""
        return [name for name, figure in self.all_moves.items() if not passes(name, figure)]


@dataclass(frozen=True)
class Survey:
    """What is known of a model's candidates.

    games: those of the choice and of the report. passing: by deciding criterion, how many candidates pass it
    on the games of the choice; passing_all: how many pass every one. shortlist: those that come closest, with
    their figures there; "log prob" is that of fewer games. cases: the chosen one first.
    """

    layer: int
    games: tuple[int, int]
    n_candidates: int
    passing: dict[str, int]
    passing_all: int
    shortlist: list[tuple[Candidate, dict[str, float]]]
    cases: list[Case]


def passes(name: str, figure: Estimate) -> bool:
    """Does a figure pass its criterion's gate?"""
    return CRITERIA[name].passes(figure.value, figure.interval[1] if figure.interval else None)


def survey(
    model: "TransformerBridge",
    layer: int,
    hypothesis: str,
    probe: Probe | None = None,
    choice_games: Integer[Tensor, "game 60"] | int = 1000,
    report_games: Integer[Tensor, "other 60"] | int = 2000,
    named: Sequence[tuple[int, str]] = (),
    progress: bool = False,
) -> Survey:
    """Chooses among all neurons of a layer through all symmetries of the board, and measures the choice, the
    neurons that are `named` with a symmetry, and two companions on other games.

    hypothesis: one of the 960 lines. probe: one that belongs to the model; without one it is trained here.
    choice_games, report_games: tokens, or how many games of CHOICE_SEED and of REPORT_SEED.
    Raises ValueError for a layer or neuron that the model hasn't got.
    """
    check_exists(model, layer, [neuron for neuron, _ in named])
    chosen_on, reported_on = (
        random_games(games, seed) if isinstance(games, int) else games
        for games, seed in ((choice_games, CHOICE_SEED), (report_games, REPORT_SEED))
    )
    lines = choice.images_of_line(hypothesis)
    sample = take_sample(model, chosen_on, layer, probe, progress)
    found = scan(model, sample, layer, list(lines.values()))
    closest = choice.closest(found, lines, _SHORTLIST)
    best, aucs = choice.best_line_of_each(sample, FIRST_MOVE)
    causal = choice.causal_candidates(model, layer, sample, best, aucs, _CAUSAL)
    roles = {closest[0]: "chosen"}
    for neuron, symmetry in named:
        roles.setdefault(Candidate(neuron, lines[symmetry], symmetry), "named")
    roles[Candidate(int(aucs.argmax()), int(best[aucs.argmax()]))] = "clean"
    tried, boards = record(model, chosen_on[:_TRIAL_GAMES], layer, closest + causal, progress)
    log_probs = [mean_change(trial.log_prob, trial, boards) for trial in tried[: len(closest)]]
    logits = [mean_change(trial.logit, trial, boards) for trial in tried[len(closest) :]]
    if causal:
        roles[causal[logits.index(min(logits))]] = "causal"
    records, boards = record(model, reported_on, layer, list(roles), progress)
    rows, passed = list(lines), choice.passed(found)
    return Survey(
        layer,
        (len(chosen_on), len(reported_on)),
        passed[0].numel(),
        dict(zip(DECIDING, passed.sum((1, 2)).int().tolist(), strict=True)),
        int(passed.all(0).sum()),
        [
            (
                near,
                {
                    name: float(values[rows.index(near.symmetry), near.neuron])
                    for name, values in found.items()
                }
                | {"log prob": change},
            )
            for near, change in zip(closest, log_probs, strict=True)
        ],
        [
            Case(
                roles[one.candidate],
                one.candidate,
                figures(model, layer, sample.probe, one, boards),
                figures(model, layer, sample.probe, one, boards, FIRST_MOVE),
                choice.ranks(found, rows.index(one.candidate.symmetry), one.candidate.neuron)
                if one.candidate.symmetry
                else {},
            )
            for one in records
        ],
    )


def as_json(survey: Survey) -> dict[str, Any]:
    """Everything in a survey as numbers, lists and dictionaries by name."""

    def figure(name: str, measured: Estimate) -> dict[str, Any]:
        low, high = measured.interval or (None, None)
        return {"value": measured.value, "low": low, "high": high, "passes": passes(name, measured)}

    def naming(candidate: Candidate) -> dict[str, Any]:
        names = {"neuron": candidate.neuron, "hypothesis": candidate.hypothesis}
        return names | ({"symmetry": candidate.symmetry} if candidate.symmetry else {})

    return {
        "layer": survey.layer,
        "games": {"choice": survey.games[0], "report": survey.games[1]},
        "seeds": {"choice": CHOICE_SEED, "report": REPORT_SEED},
        "criteria": {
            name: {"what": c.name, "gate": c.gate, "published": c.published} for name, c in CRITERIA.items()
        },
        "candidates": survey.n_candidates,
        "passing": survey.passing | {"all": survey.passing_all},
        "shortlist": [naming(candidate) | values for candidate, values in survey.shortlist],
        "cases": [
            {"role": case.role}
            | naming(case.candidate)
            | {
                "all moves": {name: figure(name, x) for name, x in case.all_moves.items()},
                f"from move {FIRST_MOVE}": {name: figure(name, x) for name, x in case.later_moves.items()},
                "missed": case.missed,
                "places": case.places,
            }
            for case in survey.cases
        ],
    }
