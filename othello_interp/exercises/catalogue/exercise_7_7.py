"""Exercise 7.7: Three neurons that nobody has described."""

from othello_interp.exercises.records import Exercise

EXERCISE = Exercise(
    id="7.7",
    notebook="07_every_neuron",
    function="",
    title="Three neurons that nobody has described",
    points=6,
    difficulty=4,
    importance=5,
    minutes=45,
    tests="Nothing automatic: a person reads your answer, by the rubric.",
    cases=lambda seed: [],
    open=True,
    hints=(
        "Take neurons of different kinds: one that the atlas calls a detector or a cap, one of another "
        "layer, and one that it has no name for.",
        "Begin with the loudest examples and those of the other bands. What is on all of the loud boards and "
        "on none of the quiet ones?",
        "`scores(text, layer, neuron)` of section 7 tries a hypothesis on games that the atlas has not "
        "scanned. Then switch the neuron off, and look at the logits of the move that it writes.",
    ),
    explanation="A good page makes a claim that could be wrong, gives its score on unseen games with an "
    "interval, says what the neuron does with what it knows, and what the claim doesn't explain.",
)
