"""Exercise 5.4: A neuron of your own."""

from typing import Any

from othello_interp.exercises.catalogue import own_hypothesis
from othello_interp.exercises.records import Case, Exercise, Mistakes
from othello_interp.figures import HYPOTHESIS, NEURON

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    return [Case(f"{own_hypothesis.N_GAMES} games nobody has shown you", {})]


@mistake(own_hypothesis.NOT_THE_COURSES)
def course_neuron() -> Any:
    return NEURON, HYPOTHESIS


@mistake(own_hypothesis.FORM)
def wrong_order() -> Any:
    return "A0==MINE & B0==BLANK", 7


@mistake(own_hypothesis.ONLY_NUMBER)
def name_for_number() -> Any:
    return "L5N7", "A0==MINE & B0==BLANK"


@mistake(own_hypothesis.NEVER)
def contradiction() -> Any:
    return 7, "A0==MINE & A0==BLANK"


@mistake(own_hypothesis.ALWAYS)
def tautology() -> Any:
    return 7, "A0==MINE | A0!=MINE"


EXERCISE = Exercise(
    id="5.4",
    notebook="05_spectrum_plots",
    function="my_hypothesis",
    title="A neuron of your own",
    points=4,
    difficulty=4,
    importance=5,
    minutes=30,
    tests="Your hypothesis on 100 new games. It passes with a ROC AUC of at least 0.70, and 0.05 above the "
    "best condition on one square.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "Take a neuron that fires strongly but not often. Which square does its output boost most? Look at "
        "the average board of its top moves around that square.",
        "Try the lines that would make this square a legal move: blank, then theirs, then mine. "
        "`spectrum(acts, parse(text)(boards))` gives the AUC on the focus games.",
        "If none of your neurons has a clear pattern, let best_lines from othello_interp.lines suggest "
        "some, and look at their boards before you choose.",
    ),
    explanation="There are many right answers. This one searches: it takes the neuron and the line with the "
    "highest AUC on the focus games. That figure is too good, since it was the best of very many; on new "
    "games it drops.",
    score=own_hypothesis.score,
    time_limit=30.0,
)
