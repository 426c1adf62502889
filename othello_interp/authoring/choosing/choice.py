"""The choice of a neuron among all of a layer, through every symmetry of the board, and its companions."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float, Integer
from torch import Tensor

from othello_interp.authoring.choosing.criteria import CRITERIA, DECIDING, Criterion
from othello_interp.authoring.choosing.every_neuron import Sample, attributions, square_of, stands
from othello_interp.authoring.surgery import SYMMETRIES, square_image
from othello_interp.lines import line_aucs, line_texts
from othello_interp.squares import label_to_square, square_to_label

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge


@dataclass(frozen=True)
class Candidate:
    """A neuron seen through a line, by the line's place in line_texts(); symmetry: the one that takes the
    line of the course to this line, "" for a line that is no image of it."""

    neuron: int
    line: int
    symmetry: str = ""

    @property
    def hypothesis(self) -> str:
        return line_texts()[self.line]


def image_of_line(hypothesis: str, symmetry: str) -> int:
    """Where a symmetry takes a line, such as "C0==BLANK & D1==THEIRS & E2==MINE", as a place in line_texts().

    Raises ValueError for what is not one of the 960 lines.
    """
    conditions = [condition.split("==") for condition in hypothesis.split(" & ")]
    images = [
        f"{square_to_label(square_image(label_to_square(label), symmetry))}=={state}"
        for label, state in conditions
    ]
    return line_texts().index(" & ".join(images))


def images_of_line(hypothesis: str) -> dict[str, int]:
    """The images of a line through the four symmetries, by symmetry."""
    return {symmetry: image_of_line(hypothesis, symmetry) for symmetry in SYMMETRIES}


def reach(values: Float[Tensor, "..."], criterion: Criterion) -> Float[Tensor, "..."]:
    """How much of the way from chance to the gate a figure is, 0 to 1; 1 where it passes."""
    if criterion.at_least is None:
        assert criterion.at_most is not None
        part = criterion.at_most / values
    else:
        part = (values - criterion.chance) / (criterion.at_least - criterion.chance)
    return part.nan_to_num(nan=0.0).clamp(0, 1)


def closeness(found: dict[str, Tensor]) -> Float[Tensor, "line neuron"]:
    """How near every candidate comes to passing every deciding gate: the mean of its reaches, 1 for one that
    passes them all. The closest is beaten on every criterion by nobody."""
    return torch.stack([reach(found[name], CRITERIA[name]) for name in DECIDING]).mean(0)


def passed(found: dict[str, Tensor]) -> Float[Tensor, "criterion line neuron"]:
    """1 where a candidate passes a deciding gate, else 0, by criterion in the order of DECIDING."""
    return torch.stack([(reach(found[name], CRITERIA[name]) >= 1 - 1e-6).float() for name in DECIDING])


def closest(found: dict[str, Tensor], lines: dict[str, int], count: int) -> list[Candidate]:
    """The candidates that come closest to the gates, closest first, ties by ROC AUC.

    found: as scan() gives it for the lines, by symmetry.
    """
    order = closeness(found) + 1e-6 * found["auc"].nan_to_num()
    n_neurons = order.shape[1]
    candidates = []
    for place in order.flatten().topk(min(count, order.numel())).indices.tolist():
        symmetry = list(lines)[place // n_neurons]
        candidates.append(Candidate(place % n_neurons, lines[symmetry], symmetry))
    return candidates


def ranks(found: dict[str, Tensor], line: int, neuron: int) -> dict[str, int]:
    """The place of one candidate among all by each criterion, 1 the best. line: the row in `found`."""
    places = {}
    for name, values in found.items():
        better = values < values[line, neuron]
        if CRITERIA[name].at_most is None:
            better = values > values[line, neuron]
        places[name] = 1 + int(better.sum())
    return places


def best_line_of_each(
    sample: Sample, first_move: int = 10, min_share: float = 0.01
) -> tuple[Integer[Tensor, " neuron"], Float[Tensor, " neuron"]]:
    """The line that fits each neuron best, as a place in line_texts(), and its ROC AUC:
    (neuron,) each.

    Earlier moves than `first_move` are left out: there few boards occur, and a neuron that knows the move
    number seems to detect a line. min_share: of the positions, at which a line must stand to count.
    """
    acts, boards = sample.acts[:, first_move:], sample.boards[:, first_move:]
    positions = acts.shape[0] * acts.shape[1]
    aucs = line_aucs(acts, boards, min_matches=max(1, int(min_share * positions))).nan_to_num(nan=0.0)
    best = aucs.max(0)
    return best.indices, best.values


def causal_candidates(
    model: "TransformerBridge",
    layer: int,
    sample: Sample,
    best: Integer[Tensor, " neuron"],
    aucs: Float[Tensor, " neuron"],
    count: int,
    min_auc: float = 0.9,
) -> list[Candidate]:
    """The neurons that raise the logit of their line's square most by the direct path where the line stands,
    of those that detect it (ROC AUC of min_auc and more). best, aucs: as best_line_of_each() gives them."""
    direct = attributions(model, layer)
    inverse = 1 / sample.scale
    pushes = torch.full((len(best),), -torch.inf)
    for line in best[aucs >= min_auc].unique().tolist():
        square, where = square_of(line), stands(sample.boards, line)
        neurons = ((best == line) & (aucs >= min_auc)).nonzero().flatten()
        mean = (sample.acts[where][:, neurons] * inverse[where][:, None]).mean(0)
        pushes[neurons] = mean * direct[neurons, square]
    chosen = pushes.topk(min(count, len(best))).indices.tolist()
    return [Candidate(neuron, int(best[neuron])) for neuron in chosen]
