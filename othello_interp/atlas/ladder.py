"""A hypothesis for every neuron, from simple to rich: one condition, a line, an OR of lines, rules, a tree.

What each step up is worth shows on games that the search has not seen. The games are split in three: one part
to learn from, one to choose what a bit of description is worth and which rung is best, one to score on.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING

from jaxtyping import Float, Integer
from torch import Tensor

from othello_interp.atlas.questions import family
from othello_interp.atlas.rules import RuleList
from othello_interp.atlas.samples import Parts, Sample, shuffled, split
from othello_interp.atlas.scores import Table, best_cut, scores
from othello_interp.atlas.search import LEAST, best_rules, best_union, pruned
from othello_interp.atlas.trees import Trees, grow
from othello_interp.errors import InputError
from othello_interp.games import load_games
from othello_interp.hypotheses import firing_threshold
from othello_interp.model import check_exists
from othello_interp.weights.gpt import N_CTX

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge

RUNGS = ("one condition", "a line", "an OR of lines", "a rule list", "a tree")
DEPTH = 6
#: What a bit may cost, as a share of the sum of squares.
PRICES = (1e-5, 3e-5, 1e-4, 2e-4, 3e-4, 1e-3, 3e-3)
#: The R² that is given away for a shorter description.
GIVEN_AWAY = 0.01
_AT_A_TIME = 64


@dataclass(frozen=True)
class Explanation:
    """A hypothesis about a neuron, in the language of hypotheses.py, and how it did on games that the search
    for it had not seen, as a sentence."""

    hypothesis: str
    score: str


@dataclass(frozen=True)
class Rung:
    """A hypothesis and how it does on the test games.

    hypothesis: where the neuron is expected to fire, in the language of hypotheses.py; "" for nowhere.
    conditions: questions in it; a line or a legal move is one.
    r2: share of the variance explained by what the rules expect. within_move: the same within each move's
    number. null: the R² of what the same search finds when the activations belong to other games; NaN if not
    asked for.
    f1: of "expected to fire" for "fires". auc: the chance that more is expected where it fires than where it
    doesn't.
    r2_interval, f1_interval, auc_interval: each holds 95% of the resamples of the test games.
    cut: where more is expected, the neuron is expected to fire. found: the rules, if they are kept.
    """

    name: str
    hypothesis: str
    conditions: int
    r2: float
    within_move: float
    f1: float
    auc: float
    null: float
    r2_interval: tuple[float, float]
    f1_interval: tuple[float, float]
    auc_interval: tuple[float, float]
    cut: float = float("nan")
    found: RuleList | None = None

    @property
    def rules(self) -> RuleList:
        """What is expected where. Raises InputError for a rung of the atlas, which keeps the text alone."""
        if self.found is None:
            raise InputError(
                f"of this {self.name!r} only the text is kept; search for it anew with `ladders`, or parse "
                "its hypothesis"
            )
        return self.found

    @property
    def score(self) -> str:
        """How it does on games that the search has not seen, with 95% intervals over games."""
        r2, f1, auc = (
            f"{value:.2f} [{low:.2f}, {high:.2f}]"
            for value, (low, high) in (
                (self.r2, self.r2_interval),
                (self.f1, self.f1_interval),
                (self.auc, self.auc_interval),
            )
        )
        return (
            f"R² {r2} ({self.within_move:.2f} within the move's number; by chance {self.null:.2f}), "
            f"F1 {f1}, AUC {auc}, {self.conditions} condition{'s' if self.conditions != 1 else ''}"
        )


@dataclass(frozen=True)
class Ladder:
    """The rungs of one neuron.

    fires: activations above this count as firing: `firing_threshold` of those that are learned from.
    chosen: the place of the rung that does best on the games to choose by, its length paid for.
    """

    rungs: tuple[Rung, ...]
    fires: float
    chosen: int

    @property
    def best(self) -> Rung:
        """The rung that does best on the games to choose by, its length paid for."""
        return self.rungs[self.chosen]

    @property
    def explanation(self) -> Explanation:
        """The best rung, to stand at the top of the neuron's page: see `neuron_page`."""
        return Explanation(self.best.hypothesis or "never", f"{self.best.name}: {self.best.score}")

    def __str__(self) -> str:
        lines = [f"fires: above {self.fires:.2f}"]
        for rung in self.rungs:
            mark = "  <- best for its length" if rung is self.best else ""
            lines += [f"{rung.name}: {rung.score}{mark}", f"    {rung.hypothesis or 'never'}"]
        return "\n".join(lines)


def ladders(
    parts: Parts, null: Parts | None = None, progress: Callable[[int], None] = lambda neurons: None
) -> list[Ladder]:
    """The ladder of each neuron. The price of a bit is one for all of them: see `best_price`.

    null: the same with shuffled activations, to be told what the search finds by chance. progress: gets the
    number of neurons done.
    """
    found: list[Ladder] = []
    searches = zip(_search(parts), repeat(None) if null is None else _search(null), strict=False)
    for searched, by_chance in searches:
        nulls = _r2s(by_chance, null) if by_chance and null else [float("nan")] * len(RUNGS)
        found.append(_scored(searched, parts, nulls))
        progress(len(found))
    return found


def best_price(trees: Trees, choose: Sample) -> float:
    """The highest price at which the mean R² of the pruned trees is within 0.01 of the best."""
    means = {
        price: r2(pruned(trees, price).predict(choose.answers), choose.acts).clamp(min=0).mean().item()
        for price in PRICES
    }
    return max(price for price, mean in means.items() if mean >= max(means.values()) - GIVEN_AWAY)


def r2(expected: Float[Tensor, "position *neuron"], acts: Float[Tensor, "position *neuron"]) -> Tensor:
    """The share of the variance that is explained; 0 for a neuron that never changes."""
    error, squares = ((acts - expected) ** 2).sum(0), ((acts - acts.mean(0)) ** 2).sum(0)
    return (1 - error / squares).where(squares > 0, 0)


def within_move(expected: Float[Tensor, " position"], acts: Float[Tensor, " position"]) -> Tensor:
    """R² of what is left of both when the mean of each move's number is taken off."""
    by_game = [values.unflatten(0, (-1, N_CTX)) for values in (expected, acts)]
    return r2(*((values - values.mean(0)).flatten() for values in by_game))


def explain(
    model: "TransformerBridge", layer: int, neuron: int, games: Integer[Tensor, "game 60"] | None = None
) -> str:
    """The ladder of a neuron as text: on each rung the best hypothesis found, in the language of
    hypotheses.py, and how it does on games that the search has not seen.

    games: by default 500 of the embedded ones; see `split`. Raises ValueError for a neuron that the model
    hasn't got.

    >>> from othello_interp.board import random_games
    >>> from othello_interp.model import tiny_model
    >>> text = explain(tiny_model(seed=0), 1, 7, random_games(25, seed=1))
    >>> [line.split(":")[0] for line in text.splitlines() if line[0] != " "]
    ['fires', 'one condition', 'a line', 'an OR of lines', 'a rule list', 'a tree']
    """
    check_exists(model, layer, [neuron])
    parts = split(model, layer, load_games()[:500] if games is None else games, [neuron])
    return str(ladders(parts, shuffled(parts))[0])


@dataclass(frozen=True)
class _Searched:
    """What a search finds for a neuron: the rules of each rung, and what a bit costs."""

    neuron: int
    rungs: tuple[RuleList, ...]
    price: float


def _search(parts: Parts) -> Iterator[_Searched]:
    """Searches for all neurons, some at a time."""
    trees = grow(parts.learn.answers, parts.learn.acts, DEPTH, LEAST)
    price = best_price(trees, parts.choose)
    trees = pruned(trees, price)
    lines = family("line")
    simple = range(lines.start)  # the lines come last
    for first, acts in enumerate(parts.learn.acts.split(_AT_A_TIME, dim=1)):
        learn = Sample(parts.learn.answers, acts.contiguous())
        neurons = range(first * _AT_A_TIME, first * _AT_A_TIME + acts.shape[1])
        rungs = (
            best_union(*learn, simple, price, most=1),
            best_union(*learn, lines, price, most=1),
            best_union(*learn, lines, price),
            best_rules(*learn, price),
            [RuleList.of_tree(trees, neuron) for neuron in neurons],
        )
        for neuron, rules in zip(neurons, zip(*rungs, strict=True), strict=True):
            yield _Searched(neuron, rules, price)


def _r2s(found: _Searched, parts: Parts) -> list[float]:
    acts = parts.test.acts[:, found.neuron]
    return [r2(rules.predict(parts.test.answers), acts).item() for rules in found.rungs]


def _scored(found: _Searched, parts: Parts, nulls: list[float]) -> Ladder:
    learned, chosen, tested = (part.acts[:, found.neuron].contiguous() for part in parts)
    fires = firing_threshold(learned)
    rungs, worth = [], []
    for name, rules, null in zip(RUNGS, found.rungs, nulls, strict=True):
        cut, place = best_cut(Table.of(rules.values, rules.which(parts.learn.answers), learned, fires))
        which = rules.which(parts.test.answers)
        explained, f1, auc = scores(Table.of(rules.values, which, tested, fires), place)
        rungs.append(
            Rung(
                name,
                rules.hypothesis(cut),
                rules.conditions,
                explained.value,
                within_move(rules.values[which], tested).item(),
                f1.value,
                auc.value,
                null,
                explained.interval,
                f1.interval,
                auc.interval,
                cut,
                rules,
            )
        )
        worth.append(r2(rules.predict(parts.choose.answers), chosen).item() - found.price * rules.bits)
    return Ladder(tuple(rungs), fires, worth.index(max(worth)))
