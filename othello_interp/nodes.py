"""The parts of a model that can be changed, held or read, by name, and where each is found in a forward pass.

    "L5N1393"      a neuron: its activation, one number at a position
    "L6H3"         an attention head: what it writes before W_O, d_head numbers
    "MLP 6"        what all neurons of a layer write together, d_model numbers
    "attention 6"  what all heads of a layer write together, d_model numbers
    a Direction    what a probe reads off the residual stream after a layer, one number

Heads and neurons are the finest parts: what they write adds up to what the layers write, but for the biases.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from othello_interp.errors import InputError
from othello_interp.model import check_exists
from othello_interp.probe import Probe
from othello_interp.squares import label_to_square
from othello_interp.stream import post

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge

_NAMES = {
    "neuron": re.compile(r"L(\d+)N(\d+)"),
    "head": re.compile(r"L(\d+)H(\d+)"),
    "MLP": re.compile(r"MLP (\d+)"),
    "attention": re.compile(r"attention (\d+)"),
}


@dataclass(frozen=True, eq=False)
class Direction:
    """What a probe reads off the residual stream after a layer: resid_post @ vector + offset."""

    layer: int
    vector: Float[Tensor, " d_model"]
    offset: float = 0.0
    name: str = "a direction"

    def __repr__(self) -> str:
        return f"{self.name} at layer {self.layer}"


#: A neuron, head or layer by name, or a direction.
Node = str | Direction


def mine_direction(probe: Probe, square: str, layer: int | None = None) -> Direction:
    """What a probe says of a square such as "D1": its score for "mine" less that for "theirs".

    layer: after which layer to read it; by default the one that the probe was trained on.

    >>> probe = Probe(torch.zeros(20, 8, 8, 3), torch.zeros(8, 8, 3), layer=1)
    >>> mine_direction(probe, "D1")
    D1 mine at layer 1
    """
    row, col = divmod(label_to_square(square), 8)
    offset = (probe.bias[row, col, 2] - probe.bias[row, col, 1]).item()
    vector = probe.mine[:, row, col]
    return Direction(probe.layer if layer is None else layer, vector, offset, f"{square} mine")


@dataclass(frozen=True)
class Place:
    """Where a node is found: the full name of an activation, and which part of it.

    kind: "neuron", "head", "MLP", "attention" or "direction". index: of the neuron or head in its layer.
    """

    node: Node
    kind: str
    layer: int
    index: int = 0

    @property
    def activation(self) -> str:
        """The full TransformerLens name of the activation that the node is a part of."""
        if self.kind == "neuron":
            return post(self.layer)
        part = {"head": "attn.hook_z", "attention": "hook_attn_out", "MLP": "hook_mlp_out"}
        return f"blocks.{self.layer}.{part.get(self.kind, 'hook_resid_post')}"

    @property
    def whole(self) -> str:
        """The layer that a neuron or head is a part of, by name; empty for the others."""
        return {"neuron": f"MLP {self.layer}", "head": f"attention {self.layer}"}.get(self.kind, "")

    @property
    def order(self) -> tuple[int, int]:
        """Rises along the forward pass; nodes of the same order don't read one another."""
        return self.layer, {"head": 0, "attention": 1, "neuron": 2, "MLP": 3, "direction": 4}[self.kind]

    def value(self, act: Float[Tensor, "game move *part"]) -> Float[Tensor, "game move *value"]:
        """The node's value in an activation: (game, move), or with d_head or d_model numbers at each."""
        if isinstance(self.node, Direction):
            return act @ self.node.vector + self.node.offset
        if self.kind in ("neuron", "head"):
            return act[:, :, self.index]
        return act

    def writes(
        self, model: "TransformerBridge", change: Float[Tensor, "game move *value"]
    ) -> Float[Tensor, "game move d_model"]:
        """What a change of the node's value adds to the residual stream; for all but a direction."""
        if self.kind == "neuron":
            return change[..., None] * model.blocks[self.layer].mlp.W_out[self.index]
        if self.kind == "head":
            return change @ model.blocks[self.layer].attn.W_O[self.index]
        return change


def place_of(model: "TransformerBridge", node: Node) -> Place:
    """Finds a node in a model. Raises ValueError for a name that can't be read, and for what the model
    hasn't got.

    >>> from othello_interp.model import tiny_model
    >>> model = tiny_model(seed=0)
    >>> place_of(model, "L1N7").activation, place_of(model, "attention 0").activation
    ('blocks.1.mlp.hook_post', 'blocks.0.hook_attn_out')
    """
    if isinstance(node, Direction):
        check_exists(model, node.layer)
        if node.vector.shape != (model.cfg.d_model,) or not node.vector.any():
            raise InputError(
                f"{node}: expected a vector of {model.cfg.d_model} numbers that aren't all 0; found shape "
                f"{tuple(node.vector.shape)}"
            )
        return Place(node, "direction", node.layer)
    for kind, name in _NAMES.items():
        match = name.fullmatch(node)
        if match:
            layer, *index = map(int, match.groups())
            check_exists(model, layer, index if kind == "neuron" else ())
            if kind == "head" and index[0] >= model.cfg.n_heads:
                raise InputError(
                    f"head {index[0]} doesn't exist: this model has heads 0..{model.cfg.n_heads - 1}"
                )
            return Place(node, kind, layer, *index)
    raise InputError(
        f'a node is called {node!r}; expected a name like "L5N1393", "L6H3", "MLP 6" or "attention 6"'
    )


def with_values(
    act: Float[Tensor, "game move *part"], values: list[tuple[Place, Tensor]]
) -> Float[Tensor, "game move *part"]:
    """A copy of an activation in which some nodes, all of them parts of it, have been given other values.

    Several directions are set together, by the smallest change of the residual stream that sets them all.
    """
    if not values:
        return act
    places, wanted = [place for place, _ in values], [value for _, value in values]
    if places[0].kind in ("neuron", "head"):
        act = act.clone()
        act[:, :, [place.index for place in places]] = torch.stack(wanted, 2)
        return act
    if places[0].kind != "direction":
        return wanted[-1].clone()
    vectors = torch.stack([place.node.vector for place in places if isinstance(place.node, Direction)], 1)
    change = torch.stack(
        [value - place.value(act) for place, value in zip(places, wanted, strict=True)], dim=-1
    )
    return act + change @ torch.linalg.pinv(vectors)
