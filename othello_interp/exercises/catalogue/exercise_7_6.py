"""Exercise 7.6: Race the search."""

from typing import Any

from othello_interp.exercises.catalogue import ladder_race
from othello_interp.exercises.records import Case, Exercise, Mistakes

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    return [Case(f"{ladder_race.N_GAMES} games nobody has shown you", {})]


@mistake(ladder_race.FORM)
def with_the_neuron() -> Any:
    return 1393, "C0==BLANK & D1==THEIRS & E2==MINE"


@mistake(ladder_race.EMPTY)
def empty() -> Any:
    return " "


@mistake(ladder_race.NEVER)
def contradiction() -> Any:
    return "C0==BLANK & C0==LEGAL & C0==MINE"


@mistake(ladder_race.ALWAYS)
def tautology() -> Any:
    return "MOVE>=0"


@mistake(ladder_race.TOO_LONG.format(61))
def too_long() -> Any:
    return " | ".join(61 * ["C0==LEGAL"])


EXERCISE = Exercise(
    id="7.6",
    notebook="07_every_neuron",
    function="race_hypothesis",
    title="Race the search",
    points=4,
    difficulty=4,
    importance=4,
    minutes=30,
    tests=f"Your hypothesis about L5N1393 and the ladder's best text on {ladder_race.N_GAMES} new games. "
    "Percent of the variance explained, less half a point for each comparison; yours must be a point ahead.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "The search joins whole lines by |. Lines from C0 along one diagonal have their first conditions in "
        "common: with brackets you say them once.",
        "What did notebook 5 find among the misses? Which squares tell that C0 is legal along another line? "
        "One comparison that keeps half of these positions out is cheap.",
        "A move can be asked for in one comparison, `C0==LEGAL`, in place of a whole line. Then ask which "
        "line it is.",
    ),
    explanation="C0 is legal; D1 is theirs and E2 taken, so most likely along our diagonal; C1 isn't "
    "theirs, so not along row C. Four comparisons say what takes the search three lines and twelve. It "
    "writes every line out in full, and adds one question at a time, each of which has to pay at once.",
    score=ladder_race.score,
    time_limit=30.0,
)
