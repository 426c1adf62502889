"""The page of one neuron as plain data: what both the notebook and the website show."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from othello_interp.atlas.condense import LEGAL, ROOT_STEPS, SHARE_STEPS
from othello_interp.atlas.grid import BANDS, QUANTILES
from othello_interp.atlas.ladder import Explanation, Ladder
from othello_interp.atlas.stored import Atlas
from othello_interp.atlas.wiring import Link
from othello_interp.lines import line_texts
from othello_interp.squares import ALL_SQUARES, label_to_square, square_to_label

ROLES = ("detector", "cap", "is not legal", "early game", "late game", "explained")
STATES = ("THEIRS", "MINE", "BLANK")
#: The AUC, and the share of the loudest moves, from which a name is given to what a neuron does.
GOOD, MOST = 0.85, 0.9
#: The R² on games not seen from which on a hypothesis is said to explain a neuron; as in arXiv 2511.00059.
EXPLAINED = 0.7


@dataclass(frozen=True)
class Board:
    """64 values; position: they are a board, theirs -1 and mine +1, not numbers on a scale of their own."""

    name: str
    values: list[float]
    position: bool = False
    outlined: tuple[int, ...] = ()


@dataclass(frozen=True)
class Off:
    """What switching a neuron off at its loudest examples changes on average: the logit of `square`, more
    than that of any other move, and the probability of all legal moves together."""

    square: str
    logit: float
    legal: float


@dataclass(frozen=True)
class NeuronPage:
    """Everything shown of a neuron. Fields are named for the page's sections, see neuron.html.j2.

    explanation: somebody's own hypothesis. ladder: the hypotheses of the search. off: what switching it off
    changes most; None where an atlas was made without.
    """

    layer: int
    neuron: int
    about: dict[str, Any]
    roles: list[str]
    explanation: Explanation | None
    ladder: Ladder | None
    off: Off | None
    figures: dict[str, float]
    lines: list[dict[str, Any]]
    squares: list[tuple[str, float]]
    legal: list[tuple[str, float]]
    not_legal: list[tuple[str, float]]
    histogram: list[float]
    bin_low: float
    bin_high: float
    edges: list[float]
    levels: list[list[float]]
    profile: list[float]
    bands: list[Board]
    examples: list[tuple[str, list[Board]]]
    reads: list[Board]
    writes: Board
    before: list[Link]
    after: list[Link]

    @property
    def name(self) -> str:
        return f"L{self.layer}N{self.neuron}"


def square_text(number: int) -> str:
    """A square's state by its number among 192: theirs, mine, blank."""
    return f"{square_to_label(number % 64)}=={STATES[number // 64]}"


def legal_text(number: int) -> str:
    """The square of a move by its number among 60."""
    return square_to_label(ALL_SQUARES[number])


def roles(found: Mapping[str, np.ndarray], writes: np.ndarray, ladder: Ladder | None = None) -> list[str]:
    """Names for what a neuron does, from its scores and what it writes (64 logits per unit of activation).

    detector: some line separates its activations with an AUC of 0.85 or more. cap: it fires where a move is
    legal (AUC 0.85) and lowers the logit of that very move. "is not legal": it fires where a move isn't.
    early, late: nine in ten of its loudest moves are among the first 20, or come after the first 40.
    explained: the best hypothesis of its ladder has an R² above 0.7 on games not seen.
    """
    names = []
    if found["line_auc"][0] >= GOOD:
        names.append("detector")
    square = ALL_SQUARES[found["legal"][0]]
    if found["legal_auc"][0] >= GOOD and writes[square] < 0:
        names.append("cap")
    if found["legal_auc"][LEGAL] <= 1 - GOOD:
        names.append("is not legal")
    if found["loud_early"] >= MOST:
        names.append("early game")
    if found["loud_late"] >= MOST:
        names.append("late game")
    if ladder and ladder.best.r2 > EXPLAINED:
        names.append("explained")
    return names


def describe(
    atlas: Atlas,
    layer: int,
    neuron: int,
    boards: Mapping[tuple[int, int], np.ndarray],
    weights: tuple[np.ndarray, np.ndarray, np.ndarray],
    links: tuple[list[Link], list[Link]],
    explanation: Explanation | None = None,
) -> NeuronPage:
    """Puts together what is known of a neuron.

    boards: of the examples, by (game, move), as 64 values 0 blank, 1 theirs, 2 mine. weights: boards of 64
    values: what it reads of blank, of mine, and what it writes. links: neurons before and after it.
    """
    found, ladder = atlas.of(layer, neuron), atlas.ladder(layer, neuron)
    numbers = {name: found[name].tolist() for name in found}
    best = line_texts()[numbers["line"][0]]
    outlined = tuple(sorted(_squares_of(best))) if numbers["line_auc"][0] >= 0.7 else ()
    names = list(BANDS)

    def shown(kind: str, part: slice) -> list[Board]:
        triples = zip(*(numbers[f"{kind}_{what}"][part] for what in ("game", "move", "act")), strict=True)
        return [
            Board(
                f"{act:.2f} · game {game}, move {move}",
                np.array([0.0, -1.0, 1.0])[boards[game, move]].tolist(),
                position=True,
                outlined=outlined,
            )
            for game, move, act in triples
            if game >= 0
        ]

    each = len(numbers["sample_game"]) // len(names)
    by_band = {name: shown("sample", slice(i * each, (i + 1) * each)) for i, name in enumerate(names)}
    shares = found["bands"] / SHARE_STEPS
    return NeuronPage(
        layer=layer,
        neuron=neuron,
        about=atlas.about,
        roles=roles(found, weights[2], ladder),
        explanation=explanation,
        ladder=ladder,
        off=_off(numbers),
        figures={name: numbers[name] for name in ("mean", "std", "lowest", "highest")},
        lines=[
            {
                "text": line_texts()[line],
                **{key: numbers[f"line_{key}"][i] for key in ("auc", "precision", "recall", "mean", "share")},
                "threshold": numbers["edges"][numbers["line_edge"][i]],
            }
            for i, line in enumerate(numbers["line"])
            if numbers["line_auc"][i] >= 0
        ],
        squares=[(square_text(n), a) for n, a in zip(numbers["square"], numbers["square_auc"], strict=True)],
        legal=_legal(numbers, slice(LEGAL)),
        not_legal=_legal(numbers, slice(LEGAL, None)),
        histogram=((found["histogram"] / ROOT_STEPS) ** 2).tolist(),
        bin_low=numbers["bin_low"],
        bin_high=numbers["bin_high"],
        edges=numbers["edges"],
        levels=numbers["levels"],
        profile=numbers["profile"],
        bands=[
            Board(name, (band[1] - band[0]).tolist())
            for name, band in reversed(list(zip(names, shares, strict=True)))
        ],
        examples=[
            ("loudest of all", shown("top", slice(None))),
            *((f"{name}, by chance", by_band[name]) for name in reversed(names)),
        ],
        reads=[Board("blank", weights[0].tolist()), Board("mine, not theirs", weights[1].tolist())],
        writes=Board("logits", weights[2].tolist()),
        before=links[0],
        after=links[1],
    )


def _legal(numbers: Mapping[str, Any], part: slice) -> list[tuple[str, float]]:
    return [
        (legal_text(n), a) for n, a in zip(numbers["legal"][part], numbers["legal_auc"][part], strict=True)
    ]


def _off(numbers: Mapping[str, Any]) -> Off | None:
    if "off_square" not in numbers:
        return None
    return Off(legal_text(numbers["off_square"]), numbers["off_logit"], numbers["off_legal"])


def _squares_of(line: str) -> list[int]:
    return [label_to_square(part[:2]) for part in line.split(" & ")]


def level_names() -> list[str]:
    """What share of all positions each level is, loosely: "lowest 1%", and so on up."""
    marks = [f"{100 * share:g}%" for share in QUANTILES]
    return [
        f"below {marks[0]}",
        *(f"{a}–{b}" for a, b in itertools.pairwise(marks)),
        f"above {marks[-1]}",
    ]
