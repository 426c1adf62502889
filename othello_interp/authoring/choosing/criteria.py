"""What the course says of its neuron, as criteria: each with a gate and the published neuron's own figure.

A candidate is a neuron seen through one line of the board (patterns.py): a blank square, a disc or more of
theirs, one of mine. The line of the course and its images through the symmetries are lines like any other.
"""

from typing import NamedTuple

from othello_interp.figures import FIRING


class Criterion(NamedTuple):
    """A figure of a candidate and the gate it has to pass.

    at_least, at_most: the gate; None where there is none on that side. chance: what a neuron without any
    relation to the line has, for saying how much of the way to the gate a figure is. by_upper_bound: the
    upper end of the interval counts, not the figure. decides: does it count in the choice?
    """

    name: str
    form: str
    at_least: float | None = None
    at_most: float | None = None
    published: str = ""
    chance: float = 0.0
    by_upper_bound: bool = False
    decides: bool = True

    def passes(self, value: float, upper: float | None = None) -> bool:
        """upper: the upper end of the figure's interval."""
        judged = upper if self.by_upper_bound and upper is not None else value
        return (self.at_least is None or judged >= self.at_least) and (
            self.at_most is None or judged <= self.at_most
        )

    @property
    def gate(self) -> str:
        """The gate in words, such as "≥ 0.83"; "" where there is none."""
        low, high = (self.form.format(x) if x is not None else "" for x in (self.at_least, self.at_most))
        if low and high:
            return f"{low} to {high}"
        return f"≥ {low}" if low else f"≤ {high}" if high else ""


#: By the name of the figure. Published: the executed notebook Othello_GPT_Circuits.ipynb of
#: likenneth/othello_world, over its 50 games (see figures.py), and from its weights.
CRITERIA = {
    "auc": Criterion("ROC AUC of the pattern", "{:.3f}", 0.83, published="0.831", chance=0.5),
    "top": Criterion("share of its top 1% that match", "{:.2f}", 0.95, published="1.00 (30 of 30)"),
    "precision": Criterion(f"precision at {FIRING} × 99th percentile", "{:.2f}", 0.85, published="0.89"),
    "recall": Criterion(f"recall at {FIRING} × 99th percentile", "{:.2f}", 0.60, published="0.69"),
    "ratio": Criterion("attribution at the square ÷ the next in size", "{:.2f}", 3.0, published="3.4"),
    "logits": Criterion("attribution × 99th percentile ÷ LayerNorm scale", "{:.3f}", 0.15),
    "out share": Criterion("share of w_out in the unembedding ÷ chance", "{:.2f}", 1.5, published="2.45"),
    "out z": Criterion("the same, z among the layer's neurons", "{:.1f}", 3.0, published="8.5"),
    "in share": Criterion("share of w_in in the pattern's directions", "{:.3f}", 0.2),
    "in place": Criterion("place of the pattern among 960 lines by w_in", "{:.0f}", at_most=1.0),
    "log prob": Criterion(
        "change of log p, switched off at the pattern",
        "{:.3f}",
        at_most=-0.05,
        by_upper_bound=True,
        decides=False,
    ),
    "logit": Criterion("change of the logit, switched off at the pattern", "{:.3f}", decides=False),
    "slope": Criterion("slope of the logit's change on its direct path", "{:.2f}", 0.5, 1.5, decides=False),
    "correlation": Criterion("correlation of the two", "{:.2f}", 0.5, decides=False),
}
#: Those that the choice is made by. The others say what the rest of the model does with the neuron.
DECIDING = tuple(name for name, criterion in CRITERIA.items() if criterion.decides)
