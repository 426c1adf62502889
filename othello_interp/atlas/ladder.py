"""A hypothesis for every neuron, from simple to rich: one condition, a line, an OR of lines, rules, a tree.

What each step up is worth shows on games that the search has not seen. The games are split in three: one part
to learn from, one to choose what a bit of description is worth and which rung is best, one to score on.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from jaxtyping import Float, Integer
from torch import Tensor

from othello_interp.atlas.describe import Explanation
from othello_interp.atlas.questions import family, texts
from othello_interp.atlas.rules import RuleList
from othello_interp.atlas.samples import Parts, Sample, shuffled, split
from othello_interp.atlas.search import LEAST, best_rules, best_union, pruned
from othello_interp.atlas.trees import Trees, grow
from othello_interp.games import load_games
from othello_interp.hypotheses import roc_auc
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
class Rung:
    """A hypothesis and how it does on the test games.

    cut: where more is expected, the neuron is expected to fire.
    r2: share of the variance explained. within_move: the same within each move's number.
    null: the R² of what the same search finds when the activations belong to other games; NaN if not asked
    for.
    f1: of "expected to fire" for "fires". auc: the chance that more is expected where it fires than where it
    doesn't.
    chosen_by: R² on the games to choose by, less the price of its bits.
    """

    name: str
    rules: RuleList
    cut: float
    r2: float
    within_move: float
    f1: float
    auc: float
    chosen_by: float
    null: float = float("nan")

    @property
    def hypothesis(self) -> str:
        """Where the neuron is expected to fire, in the language of hypotheses.py; "" for nowhere."""
        return self.rules.hypothesis(self.cut)

    @property
    def score(self) -> str:
        """How it does on games that the search has not seen."""
        return (
            f"R² {self.r2:.2f} ({self.within_move:.2f} within the move's number; by chance {self.null:.2f}), "
            f"F1 {self.f1:.2f}, AUC {self.auc:.2f}, {self.rules.conditions} conditions"
        )


@dataclass(frozen=True)
class Ladder:
    """The rungs of one neuron.

    fires: activations above this count as firing; half of the largest that is learned from.
    price: of a bit, as a share of the sum of squares.
    """

    rungs: tuple[Rung, ...]
    fires: float
    price: float

    @property
    def best(self) -> Rung:
        """The rung that does best on the games to choose by, its length paid for."""
        return max(self.rungs, key=lambda rung: rung.chosen_by)

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


def ladders(parts: Parts, null: Parts | None = None) -> list[Ladder]:
    """The ladder of each neuron. The price of a bit is one for all of them: see `best_price`.

    null: the same with shuffled activations, to be told what the search finds by chance.
    """
    trees = grow(parts.learn.answers, parts.learn.acts, DEPTH, LEAST)
    price = best_price(trees, parts.choose)
    trees = pruned(trees, price)
    found: list[Ladder] = []
    for first in range(0, parts.learn.acts.shape[1], _AT_A_TIME):
        some = Parts(*(Sample(part.answers, part.acts[:, first : first + _AT_A_TIME]) for part in parts))
        kinds = _search(some.learn, price)
        kinds.append([RuleList.of_tree(trees, first + neuron) for neuron in range(len(kinds[0]))])
        for neuron, rules in enumerate(zip(*kinds, strict=True)):
            acts = [part.acts[:, neuron] for part in some]
            fires = acts[0].max().item() / 2
            rungs = tuple(
                _scored(name, each, some, acts, fires, price) for name, each in zip(RUNGS, rules, strict=True)
            )
            found.append(Ladder(rungs, fires, price))
    if null is None:
        return found
    return [
        replace(
            ladder,
            rungs=tuple(
                replace(rung, null=other.r2) for rung, other in zip(ladder.rungs, chance.rungs, strict=True)
            ),
        )
        for ladder, chance in zip(found, ladders(null), strict=True)
    ]


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


def _search(learn: Sample, price: float) -> list[list[RuleList]]:
    """The rungs below the tree, each for all neurons."""
    simple = range(len(texts()) - len(family("line")))  # the lines come last
    lines = family("line")
    return [
        best_union(*learn, simple, price, most=1),
        best_union(*learn, lines, price, most=1),
        best_union(*learn, lines, price),
        best_rules(*learn, price),
    ]


def _scored(name: str, rules: RuleList, parts: Parts, acts: list[Tensor], fires: float, price: float) -> Rung:
    learned, chosen, expected = (rules.predict(part.answers) for part in parts)
    cut = _best_cut(learned, acts[0] > fires)
    firing = acts[2] > fires
    some = 0 < int(firing.sum()) < len(firing)
    return Rung(
        name,
        rules,
        cut,
        r2(expected, acts[2]).item(),
        within_move(expected, acts[2]).item(),
        _f1(expected > cut, firing),
        roc_auc(expected, firing).item() if some else float("nan"),
        r2(chosen, acts[1]).item() - price * rules.bits,
    )


def _best_cut(expected: Tensor, firing: Tensor) -> float:
    """The cut with the best F1; just below one of the values that are expected."""
    values = expected.unique().tolist()
    cuts = [(low + high) / 2 for low, high in pairwise(values)] or [values[0]]
    return max(cuts, key=lambda cut: _f1(expected > cut, firing))


def _f1(expected: Tensor, firing: Tensor) -> float:
    both, some = int((expected & firing).sum()), int(expected.sum()) + int(firing.sum())
    return 2 * both / some if some else float("nan")
