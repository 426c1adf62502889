"""Reference answers for notebook 5."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from transformer_lens import TransformerBridge

from othello_interp import FocusGames, load_model
from othello_interp.lines import best_lines


def hypothesis_labels(boards: Int[Tensor, "*batch 8 8"]) -> Bool[Tensor, "*batch"]:
    """Where C0 is blank, D1 is theirs and E2 is mine.

    boards: 0 blank, 1 theirs, 2 mine, with any number of axes in front.
    """
    return (boards[..., 2, 0] == 0) & (boards[..., 3, 1] == 1) & (boards[..., 4, 2] == 2)


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


def pattern_age(labels: Bool[Tensor, "game move"]) -> Int[Tensor, "game move"]:
    """For how many turns in a row of the player about to move the pattern has stood; 0 where it doesn't.

    The turn before this one of the same player is two moves back.
    """
    age = labels.long()
    for move in range(2, labels.shape[1]):
        age[:, move] += age[:, move - 2] * labels[:, move]
    return age


def my_hypothesis() -> tuple[int, str]:
    """A neuron of layer 5 other than 1393, and a hypothesis about when it fires.

    The hypothesis is text such as "C0==BLANK & D1==THEIRS & E2==MINE", of at most 8 comparisons.
    """
    games = FocusGames(load_model())
    acts, boards = games.cache["post", 5], games.states_theirs_vs_mine[:, :59]
    found = best_lines(acts[..., :300], boards, min_matches=40)
    best = found.loc[found.auc.idxmax()]
    return int(best.neuron), best.hypothesis


def ablated_logits(
    model: TransformerBridge, tokens: Int[Tensor, "game move"], layer: int, neuron: int
) -> Float[Tensor, "game move vocab"]:
    """The model's logits when the activation of one neuron is set to 0 at every position."""

    def set_to_zero(act: Float[Tensor, "game move d_mlp"], hook) -> Float[Tensor, "game move d_mlp"]:
        act[..., neuron] = 0
        return act

    return model.run_with_hooks(tokens, fwd_hooks=[(f"blocks.{layer}.mlp.hook_post", set_to_zero)])
