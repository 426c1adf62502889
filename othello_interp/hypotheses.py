"""Hypotheses about when a neuron fires, and how well they fit its activations.

A hypothesis is a condition on the board as the player to move sees it, written like
"C0==BLANK & D1==THEIRS & E2==MINE". `&`, `|`, `~`, `!=` and brackets may be used. A square may also be asked
for LEGAL, PLAYED and TURNED (by the last move), the number of the last move as in MOVE<10, MOVE>=10 and
MOVE==EVEN; see conditions.py.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int64, Integer
from torch import Tensor

from othello_interp.conditions import is_legal, move_number, was_played, was_turned
from othello_interp.errors import InputError
from othello_interp.figures import FIRING
from othello_interp.patterns import STATES
from othello_interp.squares import label_to_square

_TOKEN = re.compile(r"\s*(?:(?P<word>\w+)|(?P<symbol>==|!=|>=|[<&|~()]))")
_MORE = {"LEGAL": is_legal, "PLAYED": was_played, "TURNED": was_turned}
_Condition = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Hypothesis:
    """A parsed condition; call it on boards to evaluate it."""

    text: str
    condition: _Condition

    def __call__(self, boards: Integer[Tensor, "*batch 8 8"]) -> Bool[Tensor, "*batch"]:
        """Where the condition holds. boards: 0 blank, 1 theirs, 2 mine.

        Raises ValueError for boards in another form, and where a condition asks what the last move did but
        the boards are not those of whole games.
        """
        if ((boards < 0) | (boards > 2)).any():
            raise InputError(
                f"boards: expected 0 blank, 1 theirs, 2 mine; found values {boards.unique().tolist()}. "
                "Use states_theirs_vs_mine, not the plus-minus form."
            )
        return self.condition(boards.flatten(-2))


def parse(text: str) -> Hypothesis:
    """Reads a hypothesis.

    >>> parse("C0==BLANK & D1==THEIRS & E2==MINE").text
    'C0==BLANK & D1==THEIRS & E2==MINE'

    Raises ValueError pointing at the part that can't be read.
    """
    try:
        return Hypothesis(text, _Parser(text).hypothesis())
    except RecursionError:
        raise ValueError("Your hypothesis has too many brackets inside one another.") from None


class _Parser:
    """Recursive descent: or-terms of and-terms of comparisons, brackets and negations."""

    def __init__(self, text: str):
        self.text, self.position = text, 0

    def hypothesis(self) -> _Condition:
        condition = self.either()
        if self.text[self.position :].strip():
            raise self.error("expected & or | or the end")
        return condition

    def either(self) -> _Condition:
        condition = self.both()
        while self.take("|"):
            condition = _joined(torch.logical_or, condition, self.both())
        return condition

    def both(self) -> _Condition:
        condition = self.comparison()
        while self.take("&"):
            condition = _joined(torch.logical_and, condition, self.comparison())
        return condition

    def comparison(self) -> _Condition:
        if self.take("~"):
            negated = self.comparison()
            return lambda boards: ~negated(boards)
        if self.take("("):
            condition = self.either()
            if not self.take(")"):
                raise self.error("expected a closing bracket")
            return condition
        word = self.word("a square such as C0", lambda found: found == "MOVE" or label_to_square(found))
        return self.move() if word is True else self.square(word)

    def square(self, square: int) -> _Condition:
        equal = self.take("==")
        if not equal and not self.take("!="):
            raise self.error("expected == or !=")
        known = {**STATES, **_MORE}
        state = self.word(" or ".join(known), known.__getitem__)
        if callable(state):
            return lambda boards: state(boards, square) == equal
        return lambda boards: (boards[..., square] == state) == equal

    def move(self) -> _Condition:
        if self.take("=="):
            parity = self.word("EVEN or ODD", ["EVEN", "ODD"].index)
            return lambda boards: move_number(boards) % 2 == parity
        below = self.take("<")
        if not below and not self.take(">="):
            raise self.error("expected < or >= or ==")
        limit = self.word("a number", int)
        return lambda boards: (move_number(boards) < limit) == below

    def take(self, symbol: str) -> bool:
        match = _TOKEN.match(self.text, self.position)
        if match and match["symbol"] == symbol:
            self.position = match.end()
            return True
        return False

    def word(self, expected: str, read: Callable[[str], Any]) -> Any:
        match = _TOKEN.match(self.text, self.position)
        if match is None or match["word"] is None:
            raise self.error(f"expected {expected}")
        try:
            value = read(match["word"].upper())
        except (KeyError, ValueError):
            raise self.error(f"expected {expected}") from None
        self.position = match.end()
        return value

    def error(self, problem: str) -> ValueError:
        """One line, which reads the same wherever it is shown: texts of a hundred comparisons come here."""
        rest = self.text[self.position :].lstrip()
        at = len(self.text) - len(rest)
        found = rest if len(rest) <= 12 else f"{rest[:12]}…"
        before = self.text[:at] if at <= 24 else f"…{self.text[at - 24 : at]}"
        return ValueError(
            f"hypothesis: {problem} at character {at}, found {found or 'the end'}"
            + (f", after {before.rstrip()}" if at else "")
        )


def _joined(join: Callable[[Tensor, Tensor], Tensor], left: _Condition, right: _Condition) -> _Condition:
    return lambda boards: join(left(boards), right(boards))


# --- how well a hypothesis fits ----------------------------------------------------------------

_AT_A_TIME = 512  # neurons to rank: the ranks of 30,000 positions then take 60 MB


@dataclass(frozen=True)
class Spectrum:
    """A neuron's activations split by a hypothesis.

    n, n_label: positions in all, and those where the hypothesis holds.
    threshold: activations above it count as firing.
    auc: the chance that a position where the hypothesis holds has a higher activation than one where
    it doesn't (the area under the ROC curve; 0.5 is no better than guessing).
    precision: of the positions where the neuron fires, the share where the hypothesis holds.
    recall: of the positions where the hypothesis holds, the share where the neuron fires.
    """

    n: int
    n_label: int
    threshold: float
    auc: float
    precision: float
    recall: float


def spectrum(
    acts: Float[Tensor, "*position"], labels: Bool[Tensor, "*position"], threshold: float | None = None
) -> Spectrum:
    """Compares activations where a hypothesis holds and where it doesn't.

    threshold: what counts as firing; by default that of firing_threshold. Raises ValueError when the
    hypothesis holds everywhere or nowhere.
    """
    acts, labels = acts.flatten(), labels.flatten()
    threshold = firing_threshold(acts) if threshold is None else threshold
    fires = acts > threshold
    both = (fires & labels).sum()
    return Spectrum(
        n=acts.numel(),
        n_label=int(labels.sum()),
        threshold=threshold,
        auc=roc_auc(acts, labels).item(),
        precision=(both / fires.sum()).item(),  # NaN when it never fires
        recall=(both / labels.sum()).item(),
    )


def firing_threshold(acts: Float[Tensor, "*position"]) -> float:
    """What a neuron must be above to be said to fire: a part (figures.FIRING) of its 99th percentile.

    >>> round(firing_threshold(torch.arange(101.0)), 2)
    35.64
    """
    return FIRING * acts.flatten().quantile(0.99).item()


def roc_auc(acts: Float[Tensor, "n *neuron"], labels: Bool[Tensor, " n"]) -> Float[Tensor, "*neuron"]:
    """The area under the ROC curve of each neuron's activations as a score for the label; ties count half.

    Raises ValueError unless some labels are true and some false.

    >>> roc_auc(torch.tensor([0.1, 0.9, 0.9, 0.3]), torch.tensor([False, True, False, False]))
    tensor(0.8333)
    """
    positives, n = int(labels.sum()), len(labels)
    if not 0 < positives < n:
        raise InputError(f"labels: {positives} of {n} are true; a comparison needs some true and some false")
    return label_aucs(acts.reshape(n, -1), labels[None]).view(acts.shape[1:])


def label_aucs(
    acts: Float[Tensor, "position neuron"], labels: Bool[Tensor, "label position"]
) -> Float[Tensor, "label neuron"]:
    """ROC AUC of every neuron's activations as a score for every label; NaN for a label that is true
    everywhere or nowhere.

    From the sum of the ranks of the labelled activations (the Mann-Whitney U statistic): neurons are ranked
    once, and all labels cost one matrix product.
    """
    n = len(acts)
    positives = labels.sum(1, keepdim=True)
    weights = labels.to(acts.dtype)
    # Ranks about their mean, between -1/2 and 1/2, keep single precision's rounding below 1e-5.
    sums = torch.cat(
        [weights @ (_average_ranks(part) / n - (n + 1) / (2 * n)) for part in acts.split(_AT_A_TIME, dim=1)],
        dim=1,
    )
    pairs = positives * (n - positives)
    return (0.5 + sums * n / pairs).where(pairs > 0, torch.nan)


def _average_ranks(acts: Float[Tensor, "position neuron"]) -> Float[Tensor, "position neuron"]:
    """The rank of each activation among those of its neuron, 1 the lowest; equal ones share their mean."""
    values, order = acts.T.contiguous().sort(dim=1)
    place = torch.arange(len(acts), device=acts.device, dtype=torch.int32).expand_as(values)
    edge = torch.ones_like(values[:, :1], dtype=torch.bool)
    new = values[:, 1:] != values[:, :-1]
    first = place.where(torch.cat([edge, new], dim=1), 0).cummax(1).values
    last = place.where(torch.cat([new, edge], dim=1), len(acts)).flip(1).cummin(1).values.flip(1)
    ranks = (first + last).to(acts.dtype) / 2 + 1
    return torch.empty_like(ranks).scatter_(1, order, ranks).T


def turns_standing(labels: Bool[Tensor, "game move"]) -> Int64[Tensor, "game move"]:
    """For how many turns in a row of the player about to move a hypothesis has held; 0 where it doesn't.

    Theirs and mine change places with every move, so a player's last turn is two moves back.
    """
    turns = labels.long()
    for move in range(2, labels.shape[1]):
        turns[:, move] += turns[:, move - 2] * labels[:, move]
    return turns
