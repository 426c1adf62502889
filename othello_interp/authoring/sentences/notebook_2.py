"""Measured sentences of notebook 2."""

from othello_interp.authoring.measured import sentence
from othello_interp.authoring.subject import C0, Subject


@sentence(
    "One unit of L5N1393's activation adds **{c0:.2f}** to the logit of C0, {times:.1f} times as much as it "
    "adds to or takes from the next square.",
    c0=(0.2, 3),
    times=(1.2, 50),
)
def writes_c0(s: Subject) -> dict:
    sizes = s.attribution.abs()
    others = sizes.clone()
    others[C0] = 0
    return {"c0": s.attribution[C0], "times": sizes[C0] / others.max()}
