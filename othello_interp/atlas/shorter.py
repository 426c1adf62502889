"""The same hypothesis in fewer comparisons: what follows from the rest of it is left out.

A search asks one question after another, and its text says all of them: that C0 is not mine and that it is
blank, or that one line doesn't stand where another one rules it out. People read the text, and look for the
idea in it.
"""

from collections import defaultdict
from collections.abc import Iterable

from othello_interp.weights.gpt import N_CTX

#: Comparisons and whether they all hold: (("C0==BLANK", "D1==THEIRS"), False) is ~(C0==BLANK & D1==THEIRS).
Clause = tuple[tuple[str, ...], bool]
#: Clauses that all hold.
Term = tuple[Clause, ...]

_STATES = frozenset({"BLANK", "THEIRS", "MINE"})
#: The state of a square of which this is true; the last move was the opponent's.
_STATE_OF = {"LEGAL": "BLANK", "PLAYED": "THEIRS", "TURNED": "THEIRS"}


def shortened(terms: Iterable[Term]) -> list[Term]:
    """Of terms of which one must hold: the same, without what the rest makes superfluous.

    >>> line = ("C0==BLANK", "D1==THEIRS")
    >>> found = shortened([((line, True),), ((line, False), (("C0==MINE",), False), (("C0==BLANK",), True))])
    >>> [term_text(term) for term in found]
    ['C0==BLANK']
    """
    found = [_by_itself(term) for term in terms]
    for place in range(len(found)):
        others = found[:place] + found[place + 1 :]
        for clause in found[place]:
            rest = tuple(other for other in found[place] if other != clause)
            # Where the rest holds and the clause doesn't, another term holds: it need not be said.
            if _Known((*rest, *_denied(clause))).says_one_of(others):
                found[place] = rest
    for place in reversed(range(len(found))):
        if _Known(found[place]).says_one_of(found[:place] + found[place + 1 :]):
            del found[place]
    return found


def term_text(term: Term) -> str:
    """A term as a hypothesis.

    >>> term_text(((("C0==BLANK",), False), (("C0==BLANK", "D1==THEIRS"), False), (("MOVE<9",), False)))
    'C0!=BLANK & ~(C0==BLANK & D1==THEIRS) & MOVE>=9'
    """
    return " & ".join(map(_clause_text, term))


def _clause_text(clause: Clause) -> str:
    comparisons, wanted = clause
    text = " & ".join(comparisons)
    if wanted:
        return text
    if len(comparisons) > 1:
        return f"~({text})"
    return "MOVE==ODD" if text == "MOVE==EVEN" else text.replace("==", "!=").replace("<", ">=")


def _by_itself(term: Term) -> Term:
    """A term without the clauses, and the parts of clauses, that follow from its others."""
    found = [part for clause in term for part in (_each(clause) if clause[1] else [clause])]
    for clause in tuple(found):
        place = found.index(clause)
        known = _Known(found[:place] + found[place + 1 :])
        if known.says(clause):
            del found[place]
        elif not clause[1]:
            open_ = tuple(part for part in clause[0] if known.of(part) is not True)
            found[place] = open_ or clause[0], False
    return tuple(found)


def _each(clause: Clause) -> list[Clause]:
    return [((comparison,), True) for comparison in clause[0]]


def _denied(clause: Clause) -> list[Clause]:
    """What holds where a clause doesn't: of one comparison, or of several that don't all hold."""
    comparisons, wanted = clause
    return [(comparisons, False)] if wanted else _each(clause)


class _Known:
    """What follows from clauses that all hold: the states that each square may have, between which moves it
    is, and what else is said outright."""

    def __init__(self, clauses: Iterable[Clause]) -> None:
        self._states: defaultdict[str, frozenset[str]] = defaultdict(lambda: _STATES)
        self._moves = range(N_CTX)
        self._said: dict[str, bool] = {}
        self._not_together: list[set[str]] = []
        for comparisons, wanted in clauses:
            if len(comparisons) == 1:
                self._learn(comparisons[0], wanted)
            else:
                self._not_together.append(set(comparisons))

    def _learn(self, comparison: str, holds: bool) -> None:
        self._said[comparison] = holds
        subject, value = _parts(comparison)
        if value.isdecimal():
            first, after, number = self._moves.start, self._moves.stop, int(value)
            self._moves = range(first, min(after, number)) if holds else range(max(first, number), after)
        elif value in _STATES:
            self._states[subject] &= {value} if holds else _STATES - {value}
        elif value in _STATE_OF and holds:
            self._states[subject] &= {_STATE_OF[value]}

    def of(self, comparison: str) -> bool | None:
        """Whether a comparison holds; None where that doesn't follow."""
        if comparison in self._said:
            return self._said[comparison]
        subject, value = _parts(comparison)
        if value.isdecimal():
            below = self._moves.stop <= int(value)
            return below if below or self._moves.start >= int(value) else None
        states, state = self._states[subject], _STATE_OF.get(value, value)
        if state in _STATES and state not in states:
            return False
        return True if states == {value} else None

    def says(self, clause: Clause) -> bool:
        """Whether it follows that a clause holds."""
        comparisons, wanted = clause
        found = [self.of(comparison) for comparison in comparisons]
        if wanted:
            return all(found)
        return False in found or any(part.issubset(comparisons) for part in self._not_together)

    def says_one_of(self, terms: Iterable[Term]) -> bool:
        """Whether it follows that one of the terms holds, by itself."""
        return any(all(map(self.says, term)) for term in terms)


def _parts(comparison: str) -> tuple[str, str]:
    """What is compared, and with what: of "C0==BLANK" and of "MOVE<9"."""
    subject, _, value = comparison.replace("<", "==").partition("==")
    return subject, value
