"""A linear probe of the board: which discs can be read off the residual stream, and along which directions.

The probe follows Nanda et al. 2023: for every square, three linear scores (blank, theirs, mine, as
the player about to move sees the board), trained with cross-entropy.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int8, Integer
from torch import Tensor

from othello_interp.errors import OthelloInterpError
from othello_interp.model import check_exists, model_name
from othello_interp.squares import ALL_SQUARES, CENTRE
from othello_interp.storage.data import data_path
from othello_interp.stream import stream

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge

#: The moves a probe is trained and scored on, as in Nanda et al. 2023: not the first and last five.
PROBE_MOVES = slice(5, 55)


@dataclass(frozen=True)
class Probe:
    """Scores of (blank, theirs, mine) for every square from the residual stream after `layer`."""

    weight: Float[Tensor, "d_model 8 8 3"]
    bias: Float[Tensor, "8 8 3"]
    layer: int

    def __call__(self, resid: Float[Tensor, "*batch d_model"]) -> Int8[Tensor, "*batch 8 8"]:
        """The board read off the residual stream: 0 blank, 1 theirs, 2 mine."""
        scores = (resid @ self.weight.flatten(1)).unflatten(-1, (8, 8, 3)) + self.bias
        return scores.argmax(-1).to(torch.int8)

    def to(self, device: torch.device | str) -> "Probe":
        """The probe on another device; a probe that is read from a file is on the CPU."""
        return Probe(self.weight.to(device), self.bias.to(device), self.layer)

    @property
    def blank(self) -> Float[Tensor, "d_model 8 8"]:
        """Per square the direction "blank rather than taken"; zero in the centre, which is never blank."""
        direction = self.weight[..., 0] - (self.weight[..., 1] + self.weight[..., 2]) / 2
        direction = direction.flatten(1)
        direction[:, CENTRE] = 0
        return direction.unflatten(1, (8, 8))

    @property
    def mine(self) -> Float[Tensor, "d_model 8 8"]:
        """Per square the direction "mine rather than theirs"."""
        return self.weight[..., 2] - self.weight[..., 1]

    @property
    def basis(self) -> Float[Tensor, "d_model 124"]:
        """The 60 blank directions of the playable squares, then the 64 mine directions."""
        return torch.cat([self.blank.flatten(1)[:, ALL_SQUARES], self.mine.flatten(1)], dim=1)


def load_probe(name: str | Path | None = None) -> Probe:
    """The probe that belongs to a model, given as in load_model; by default that of load_model()'s model.

    The probe of a checkpoint my.safetensors is my.probe.safetensors beside it, which
    `othello-interp train-probe` makes. Raises OthelloInterpError for a missing or bad file.
    """
    name = model_name(name)
    if name == "published":
        from othello_interp.weights.published import PROBE_LAYER, load_published_probe

        return Probe(load_published_probe(), torch.zeros(8, 8, 3), PROBE_LAYER)
    return read_probe(data_path("probe.safetensors") if name == "embedded" else probe_path(name))


def probe_path(checkpoint: str | Path) -> Path:
    """Where the probe of a checkpoint file is kept."""
    return Path(checkpoint).with_suffix(".probe.safetensors")


def read_probe(path: Path) -> Probe:
    """Reads a probe file: tensors `weight` and `bias`, and `layer` in the metadata."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise OthelloInterpError(
            f"No probe at {path}. Train one with `othello-interp train-probe --model …`."
        )
    try:
        with safe_open(path, framework="pt") as file:
            weight, bias = file.get_tensor("weight").float(), file.get_tensor("bias").float()
            return Probe(weight, bias, int(file.metadata()["layer"]))
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise OthelloInterpError(
            f"{path} is not a probe ({error}). Expected tensors weight (d_model, 8, 8, 3) and bias "
            "(8, 8, 3), and layer in the metadata."
        ) from error


def residuals_and_boards(
    model: "TransformerBridge", tokens: Integer[Tensor, "game 60"], layers: Iterable[int]
) -> tuple[dict[int, Float[Tensor, "game move d_model"]], Int8[Tensor, "game move 8 8"]]:
    """The residual stream after some layers, by layer, and the boards (0 blank, 1 theirs, 2 mine), at
    PROBE_MOVES. On the model's device. Raises ValueError for a layer that the model hasn't got."""
    layers = list(layers)
    for layer in layers:
        check_exists(model, layer)
    resids: dict[int, list[Tensor]] = {layer: [] for layer in layers}
    boards = []
    for batch in stream(model, tokens, [("resid_post", layer) for layer in layers]):
        boards.append(batch.boards[:, PROBE_MOVES])
        for layer, parts in resids.items():
            parts.append(batch.acts["resid_post", layer][:, PROBE_MOVES])
    return {layer: torch.cat(parts) for layer, parts in resids.items()}, torch.cat(boards)


def train_probe(
    model: "TransformerBridge",
    tokens: Integer[Tensor, "game 60"],
    layer: int = 6,
    seed: int = 0,
    epochs: int = 12,
    progress: bool = False,
) -> Probe:
    """Trains a probe with cross-entropy on some games, at PROBE_MOVES.

    The same seed gives the same probe. Raises ValueError for a layer the model hasn't got.
    """
    resids, boards = residuals_and_boards(model, tokens, [layer])
    return fit_probe(resids[layer].flatten(0, 1), boards.flatten(0, 1), layer, seed, epochs, progress)


def fit_probe(
    resid: Float[Tensor, "position d_model"],
    boards: Int8[Tensor, "position 8 8"],
    layer: int,
    seed: int = 0,
    epochs: int = 12,
    progress: bool = False,
) -> Probe:
    """Softmax regression of every square's state on the residual stream, by Adam with a decaying rate."""
    from tqdm import tqdm

    batch = 1024
    generator = torch.Generator().manual_seed(seed)
    weight = torch.zeros(resid.shape[1], 64 * 3, device=resid.device, requires_grad=True)
    bias = torch.zeros(64 * 3, device=resid.device, requires_grad=True)
    steps = epochs * (len(resid) // batch + 1)
    # Probing needs no weight decay: there are hundreds of times more positions than weights per square.
    optimizer = torch.optim.Adam([weight, bias], lr=0.01)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.01, total_iters=steps)
    targets = boards.flatten(1).long().to(resid.device)
    with tqdm(total=steps, desc=f"probe of layer {layer}", disable=not progress, leave=False) as bar:
        for _ in range(epochs):
            for rows in torch.randperm(len(resid), generator=generator).split(batch):
                scores = (resid[rows] @ weight + bias).view(-1, 3)
                loss = F.cross_entropy(scores, targets[rows].flatten())
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                bar.update()
    return Probe(weight.detach().view(-1, 8, 8, 3), bias.detach().view(8, 8, 3), layer)


def probe_hits(
    probe: Probe, model: "TransformerBridge", tokens: Integer[Tensor, "game 60"]
) -> Bool[Tensor, "game move 8 8"]:
    """Where the probe reads the board rightly, at PROBE_MOVES. Average it over games and moves for the
    accuracy by square, over games and squares for the accuracy by move."""
    resids, boards = residuals_and_boards(model, tokens, [probe.layer])
    return probe.to(boards.device)(resids[probe.layer]) == boards


def probe_accuracy(probe: Probe, model: "TransformerBridge", tokens: Integer[Tensor, "game 60"]) -> float:
    """The share of squares read rightly over all games and PROBE_MOVES."""
    return probe_hits(probe, model, tokens).float().mean().item()
