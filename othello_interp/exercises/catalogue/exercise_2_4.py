"""Exercise 2.4: The pattern that makes a move legal."""

import torch

from othello_interp.exercises.records import Case, Exercise, Mistakes
from othello_interp.squares import ALL_SQUARES, label_to_square, square_to_label

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    lines = [
        ("C0", (1, 1), 1),
        ("H7", (-1, -1), 6),
        ("F2", (-1, 0), 3),
        ("B5", (0, 1), 1),
        ("A1", (1, -1), 2),
        ("B3", (-1, 0), 1),
    ]
    for _ in range(4):
        square, down, n_theirs = (int(torch.randint(n, (), generator=generator)) for n in (60, 3, 3))
        right = int(torch.randint(3, (), generator=generator)) - 1
        step = (down - 1, right) if (down - 1, right) != (0, 0) else (1, 0)
        lines.append((square_to_label(ALL_SQUARES[square]), step, n_theirs + 1))
    return [
        Case(f"{label}, step {step}, {n} of theirs", {"label": label, "step": step, "n_theirs": n})
        for label, step, n in dict.fromkeys(lines)
    ]


@mistake(
    "Some of your lines run off one edge and come back on the other side. Keep row and column apart, and "
    "return None when either leaves 0..7.",
    credit=0.5,
)
def round_the_edge(label: str, step: tuple[int, int], n_theirs: int) -> dict[str, str] | None:
    states = ["BLANK", *["THEIRS"] * n_theirs, "MINE"]
    line = [label_to_square(label) + i * (8 * step[0] + step[1]) for i in range(len(states))]
    if not all(0 <= square < 64 for square in line):
        return None
    return {square_to_label(square): state for square, state in zip(line, states, strict=True)}


EXERCISE = Exercise(
    id="2.4",
    notebook="02_direct_logit_attribution",
    function="capture_pattern",
    title="The pattern that makes a move legal",
    points=2,
    difficulty=2,
    importance=3,
    minutes=15,
    tests="Your function is called for lines of several directions and lengths, some of which leave the "
    "board.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        'Split the label into row and column, both 0 to 7, and walk: "BLANK", then "THEIRS" n_theirs times, '
        'then "MINE".',
        "At every step, look whether row and column are still on the board; if not, return None.",
    ),
    explanation="Scored with the neuron's input weights, C0, D1, E2 should come out ahead of the other 959 "
    "lines.",
)
