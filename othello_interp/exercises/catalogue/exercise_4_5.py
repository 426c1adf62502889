"""Exercise 4.5: What do three of them do?"""

from othello_interp.exercises.records import Exercise

EXERCISE = Exercise(
    id="4.5",
    notebook="04_max_activating",
    function="",
    title="What do three of them do?",
    points=3,
    difficulty=3,
    importance=5,
    minutes=30,
    tests="Nothing automatic: a person reads your answer.",
    cases=lambda seed: [],
    open=True,
    hints=(
        "Begin with the attribution: which square's logit does the neuron change most, up or down?",
        "Then ask when: is that square blank, taken, or legal where the neuron is loud? And where it is "
        "silent?",
        "Say what would prove you wrong, and look for one position that does.",
    ),
    explanation="There is no single right answer. A good one makes a claim that could be wrong, supports it "
    "by weights and by activations, and says what doesn't fit. The notebook shows how to go about it.",
)
