"""Exercise 5.6: A better hypothesis."""

from typing import Any

from othello_interp.exercises.catalogue import own_hypothesis, refined_hypothesis
from othello_interp.exercises.records import Case, Exercise, Mistakes
from othello_interp.figures import HYPOTHESIS, NEURON

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    return [Case(f"{refined_hypothesis.N_GAMES} games nobody has shown you", {})]


@mistake(refined_hypothesis.FORM)
def with_the_neuron() -> Any:
    return NEURON, HYPOTHESIS


@mistake(refined_hypothesis.THE_PATTERN)
def the_pattern() -> Any:
    return HYPOTHESIS


@mistake(own_hypothesis.NEVER)
def contradiction() -> Any:
    return "C0==BLANK & C0==MINE"


@mistake(own_hypothesis.ALWAYS)
def tautology() -> Any:
    return "C0==BLANK | C0!=BLANK"


EXERCISE = Exercise(
    id="5.6",
    notebook="05_spectrum_plots",
    function="refined_hypothesis",
    title="A better hypothesis",
    points=3,
    difficulty=3,
    importance=5,
    minutes=25,
    tests=f"Your hypothesis about L5N{NEURON} on {refined_hypothesis.N_GAMES} new games. It passes with a "
    "ROC AUC of at least 0.95 and a precision 0.05 above the pattern's. One of them alone earns half.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "At many of the false alarms C0 can be captured along the same diagonal, over more than one disc. "
        "Put a longer line beside the pattern, with `|` and brackets.",
        "At most of the misses C0 can also be captured along another line. `~( … )` takes these away.",
        "You need not write the lines by hand: `line_patterns()` has them all as dicts, `as_hypothesis` "
        'turns one into text, `" | ".join(…)` puts texts together, and `line.get("C0") == "BLANK"` tells '
        "those from C0.",
    ),
    explanation="The false alarms ask for more lines, the misses for fewer positions: C0 can be captured "
    "along this diagonal, over any number of discs, and along no other line.",
    score=refined_hypothesis.score,
    time_limit=30.0,
)
