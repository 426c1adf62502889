"""Exercise 6.3: Who undoes it?"""

from othello_interp.exercises.records import Exercise

EXERCISE = Exercise(
    id="6.3",
    notebook="06_circuit",
    function="",
    title="Who undoes it? Say before you look",
    points=2,
    difficulty=2,
    importance=4,
    minutes=10,
    tests="Nothing automatic: a person reads your answer.",
    cases=lambda seed: [],
    open=True,
    hints=(
        "Which parts of the model come after layer 5? Which of them can know whether C0 is legal without "
        "this neuron?",
        "Say what you would measure for each of your guesses, and what you would see if you were wrong.",
    ),
    explanation="Any guess is good that says what it predicts: a part of the model, a sign, and a size. The "
    "next section measures it. A guess that turns out wrong earns as much as one that turns out right.",
)
