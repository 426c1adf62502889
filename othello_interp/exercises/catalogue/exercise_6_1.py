"""Exercise 6.1: Turn round what the probe reads."""

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    found = []
    for games, moves, d_model in ((3, 7, 20), (5, 11, 32)):
        resid, vector = (torch.randn(*shape, d_model, generator=generator) for shape in ((games, moves), ()))
        found.append(
            Case(
                f"{games} games, {moves} moves, d_model {d_model}",
                {"resid": resid, "vector": 1.5 * vector, "offset": 2.0 + games},
            )
        )
    return found


def _moved(resid: Tensor, vector: Tensor, offset: float, times: float) -> Tensor:
    return resid - times * ((resid @ vector + offset) / vector.pow(2).sum())[..., None] * vector


@mistake(
    "The reading is 0 now, not its opposite. You have taken the direction out once; take off twice as much.",
    credit=0.5,
)
def taken_out(resid: Tensor, vector: Tensor, offset: float) -> Tensor:
    return _moved(resid, vector, offset, 1.0)


@mistake(
    "You move in the wrong direction: the reading is three times what it was. Subtract, don't add.",
    credit=0.5,
)
def wrong_way(resid: Tensor, vector: Tensor, offset: float) -> Tensor:
    return _moved(resid, vector, offset, -2.0)


@mistake(
    "You forgot the offset. The reading is `resid @ vector + offset`, and all of it changes its sign.",
    credit=0.5,
)
def no_offset(resid: Tensor, vector: Tensor, offset: float) -> Tensor:
    return _moved(resid, vector, 0.0, 2.0)


@mistake(
    "You divide by the length of the vector once. A step of one `vector` changes the reading by the length "
    "*squared*.",
    credit=0.5,
)
def length_once(resid: Tensor, vector: Tensor, offset: float) -> Tensor:
    return resid - 2 * ((resid @ vector + offset) / vector.norm())[..., None] * vector


@mistake(
    "You don't divide by the squared length of the vector, so the step is too long.",
    credit=0.5,
)
def not_divided(resid: Tensor, vector: Tensor, offset: float) -> Tensor:
    return resid - 2 * (resid @ vector + offset)[..., None] * vector


@mistake("You turned the whole residual stream round. Change it along `vector` only.")
def everything(resid: Tensor, vector: Tensor, offset: float) -> Tensor:
    return -resid


@mistake("That is the new reading, one number at a position. Return the changed residual stream.")
def reading(resid: Tensor, vector: Tensor, offset: float) -> Tensor:
    return -(resid @ vector + offset)


EXERCISE = Exercise(
    id="6.1",
    notebook="06_circuit",
    function="flipped",
    title="Turn round what the probe reads",
    points=2,
    difficulty=2,
    importance=5,
    minutes=15,
    tests="Your function on random residual streams and directions that aren't of unit length.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "Adding a · vector to the residual stream adds a · (vector @ vector) to the reading.",
        "The reading r = resid @ vector + offset shall become -r, so it must change by -2r. Solve for a.",
        "a = -2 * r / (vector @ vector), one number at each position: write a[..., None] * vector.",
    ),
    explanation="This is the smallest change of the residual stream that turns the reading round: everything "
    "at right angles to the direction stays as it is.",
)
