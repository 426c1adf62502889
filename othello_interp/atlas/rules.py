"""A hypothesis with numbers: rules, each with the activation to expect where it holds.

Every rung of the ladder is such a list; a tree is one whose rules exclude one another.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from othello_interp.atlas.questions import Answers, bits, texts
from othello_interp.atlas.shorter import Term, shortened, term_text
from othello_interp.atlas.trees import Trees

#: A question by its number, and the answer that is asked for.
Literal = tuple[int, bool]
#: Bits for the activation that a rule tells, and for where it ends.
VALUE_BITS = 10.0


@dataclass(frozen=True)
class Rule:
    """All literals hold: expect this activation."""

    literals: tuple[Literal, ...]
    value: float

    @property
    def term(self) -> Term:
        """Its literals, for texts."""
        return tuple((tuple(texts()[question].split(" & ")), wanted) for question, wanted in self.literals)


@dataclass(frozen=True)
class RuleList:
    """The first rule that holds counts; where none does, `default` is expected.

    conditions: questions in it; a line or a legal move is one. bits: the length of its description.

    >>> rules = RuleList.of([Rule(((16, True), (90, False)), 2.0), Rule(((203, True),), 1.0)], -0.1)
    >>> rules.hypothesis(0.5)
    '(C0==BLANK & D2!=THEIRS) | B3==LEGAL'
    """

    rules: tuple[Rule, ...]
    default: float
    conditions: int
    bits: float

    @classmethod
    def of(cls, rules: Iterable[Rule], default: float) -> "RuleList":
        """With its length: which question and which answer each condition asks for, and the activations."""
        rules = tuple(rules)
        asked = [question for rule in rules for question, _ in rule.literals]
        length = sum(bits()[question].item() + 1 for question in asked) + VALUE_BITS * (len(rules) + 1)
        return cls(rules, default, len(asked), length)

    @classmethod
    def of_tree(cls, trees: Trees, neuron: int) -> "RuleList":
        """One rule for each leaf but the quietest, from the highest activation down."""
        leaves: list[Rule] = []
        asked: list[int] = []
        todo: list[tuple[int, tuple[Literal, ...]]] = [(0, ())]
        while todo:
            node, path = todo.pop()
            inner = node < trees.question.shape[1]
            question = int(trees.question[neuron, node]) if inner else -1
            if question < 0:
                leaves.append(Rule(path, trees.mean[neuron, node].item()))
                continue
            asked.append(question)
            todo += [(2 * node + 1 + yes, (*path, (question, bool(yes)))) for yes in (0, 1)]
        leaves.sort(key=lambda rule: -rule.value)
        length = sum(bits()[question].item() + 1 for question in asked) + VALUE_BITS * len(leaves)
        return cls(tuple(leaves[:-1]), leaves[-1].value, len(asked), length)

    @property
    def values(self) -> Float[Tensor, " rule"]:
        """The activation that each rule expects, and the default."""
        return torch.tensor([*(rule.value for rule in self.rules), self.default])

    def which(self, answers: Answers) -> Tensor:
        """The place of the rule that counts at each position; for the default, the number of rules."""
        found = torch.full((answers.holds.shape[1],), len(self.rules))
        for place in reversed(range(len(self.rules))):
            found[_all_hold(answers, self.rules[place])] = place
        return found

    def predict(self, answers: Answers) -> Float[Tensor, " position"]:
        """The activation to expect at each position."""
        return self.values[self.which(answers)]

    def hypothesis(self, cut: float) -> str:
        """Where more than `cut` is expected, in our language; "" for nowhere or everywhere."""
        above = [rule.value > cut for rule in self.rules]
        if self.default <= cut and sorted(above, reverse=True) == above:
            terms = shortened(rule.term for rule in self.rules[: sum(above)])
            return "" if () in terms else " | ".join(_in_brackets(term) for term in terms)
        found: str | bool = self.default > cut
        for rule, is_above in reversed(list(zip(self.rules, above, strict=True))):
            text = _in_brackets(*shortened([rule.term]))
            if is_above:
                found = text if found is False else True if found is True else f"{text} | {found}"
            else:
                found = False if found is False else f"~{text}" if found is True else f"~{text} & ({found})"
        return "" if isinstance(found, bool) else found


def _in_brackets(term: Term) -> str:
    text = term_text(term)
    return f"({text})" if "&" in text else text


def _all_hold(answers: Answers, rule: Rule) -> Bool[Tensor, " position"]:
    holds = torch.ones(answers.holds.shape[1], dtype=torch.bool)
    for question, wanted in rule.literals:
        holds &= answers.holds[question] == wanted
    return holds
