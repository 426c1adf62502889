"""Reference answers for notebook 5."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformer_lens import TransformerBridge

from othello_interp import utils
from othello_interp.hypotheses import parse
from othello_interp.patterns import as_hypothesis, line_patterns


def pattern_labels(boards: Int[Tensor, "*batch 8 8"], pattern: dict[str, str]) -> Bool[Tensor, "*batch"]:
    """Where the pattern stands: where each of its squares is as it says.

    boards: 0 blank, 1 theirs, 2 mine, with any number of axes in front.
    pattern: "BLANK", "THEIRS" or "MINE" by square, such as {"C0": "BLANK", "D1": "THEIRS", "E2": "MINE"}.
    """
    labels = torch.ones(boards.shape[:-2], dtype=torch.bool)
    for label, state in pattern.items():
        row, col = divmod(utils.label_to_square(label), 8)
        labels &= boards[..., row, col] == ("BLANK", "THEIRS", "MINE").index(state)
    return labels


def spectrum_percent(
    acts: Float[Tensor, "*position"], labels: Bool[Tensor, "*position"], edges: Float[Tensor, " edge"]
) -> Float[Tensor, "2 bin"]:
    """The histogram of each group of positions, in percent of all positions of that group.

    Row 0 is the group where the label is False, row 1 the group where it is True.
    edges: rising; bin i holds edges[i] <= activation < edges[i + 1], the last bin its upper edge too.
    """
    rows = []
    for group in (acts[~labels], acts[labels]):
        counts = torch.histogram(group, edges).hist
        rows.append(100 * counts / len(group))
    return torch.stack(rows)


def count_lines(boards: Int[Tensor, "*batch 8 8"], square: str) -> Int[Tensor, "*batch"]:
    """Along how many lines a move at a square is legal; 0 where it isn't.

    A line is the square, blank, then one or more of theirs, then one of mine, in one of eight directions.
    boards: 0 blank, 1 theirs, 2 mine, with any number of axes in front.
    square: its label, such as "C0".
    """
    lines = [line for line in line_patterns() if line.get(square) == "BLANK"]
    return torch.stack([parse(as_hypothesis(line))(boards) for line in lines]).sum(dim=0)


def my_hypothesis() -> tuple[int, str]:
    """A neuron of layer 5 other than 1393, and a hypothesis about when it fires.

    The hypothesis is text such as "C0==BLANK & D1==THEIRS & E2==MINE", of at most 8 comparisons.
    """
    upwards = "D6==MINE | D6==THEIRS & (C6==MINE | C6==THEIRS & B6==MINE)"
    return 1751, f"F6==BLANK & E6==THEIRS & ({upwards})"


def ablated_logits(
    model: TransformerBridge, tokens: Int[Tensor, "game move"], layer: int, neuron: int
) -> Float[Tensor, "game move vocab"]:
    """The model's logits when the activation of one neuron is set to 0 at every position."""

    def set_to_zero(act: Float[Tensor, "game move d_mlp"], hook) -> Float[Tensor, "game move d_mlp"]:
        act[..., neuron] = 0
        return act

    return model.run_with_hooks(tokens, fwd_hooks=[(f"blocks.{layer}.mlp.hook_post", set_to_zero)])


def refined_hypothesis() -> str:
    """When L5N1393 fires, better than the pattern says it: text of at most 120 comparisons."""
    lines = [as_hypothesis(line) for line in line_patterns() if line.get("C0") == "BLANK"]
    diagonal = " | ".join(f"({line})" for line in lines if "D1==" in line)
    elsewhere = " | ".join(f"({line})" for line in lines if "D1==" not in line)
    return f"({diagonal}) & ~({elsewhere})"
