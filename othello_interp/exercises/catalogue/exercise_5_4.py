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
    minutes=45,
    tests="Your hypothesis on 100 new games. It passes with a ROC AUC of at least 0.70, 0.05 above the best "
    "condition on one square, and no lower than that of the line that a search finds. "
    "A single line earns half.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "Take a neuron that fires strongly but not often. Which square does its output boost most? Look at "
        "the average board of its top moves around that square.",
        "Try the lines that would make this square a legal move: blank, then theirs, then mine. "
        "`spectrum(acts, parse(text)(boards))` gives the AUC on the focus games.",
        "If none of your neurons has a clear pattern, let best_lines from othello_interp.lines suggest some. "
        "Then look at the boards where the neuron fires and the line doesn't stand: often it is a longer "
        "line in the same direction, which `|` and brackets let in.",
    ),
    explanation="There are many right answers. For this neuron a search finds the line F6, E6, D6. Letting "
    "in the longer lines upwards raises the AUC on the new games: the neuron stands for a capture from F6 in "
    "this direction, however long.",
    score=own_hypothesis.score,
    time_limit=30.0,
)
