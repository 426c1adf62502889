"""Exercise 6.9: A cap of your own."""

from othello_interp.exercises.records import Exercise

EXERCISE = Exercise(
    id="6.9",
    notebook="06_circuit",
    function="",
    title="A cap of your own",
    points=3,
    difficulty=3,
    importance=5,
    minutes=40,
    tests="Nothing automatic: a person reads your answer.",
    cases=lambda seed: [],
    open=True,
    hints=(
        "Take a square from the table of caps. Which neurons of layer 5 raise its logit where it is legal?",
        "Hold the cap and switch one of them off, then the other way round. Give the figures with their "
        "intervals, and a control: a cap of another square.",
        "Say what you have not shown. Does it hold at every position? For the published model?",
    ),
    explanation="A good answer names the neurons, gives the effect with an interval and a control, and says "
    "what result would have counted against it. A square at which the story fails is as good an answer.",
)
