"""Measured sentences of notebook 3."""

from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor

from othello_interp.authoring.measured import sentence
from othello_interp.authoring.subject import C0, Subject
from othello_interp.figures import LAYER, NEURON
from othello_interp.neurons import cosine_similarity, logit_attribution, orthonormal_basis, variance_fraction

LATER = (6, 7)


def fractions(s: Subject) -> Float[Tensor, " d_mlp"]:
    """For every neuron of the layer, the share of its output weights in the unembedding subspace."""
    return variance_fraction(s.model.blocks[LAYER].mlp.W_out, s.W_U)


def chance(s: Subject, basis: Float[Tensor, "d_model k"]) -> float:
    return orthonormal_basis(basis).shape[1] / s.model.cfg.d_model


@cache
def random_spread(s: Subject) -> float:
    """The standard deviation of the share of random vectors in the unembedding subspace."""
    vectors = torch.randn(2048, s.model.cfg.d_model, generator=torch.Generator().manual_seed(0))
    return variance_fraction(vectors, s.W_U).std().item()


@cache
def readers(s: Subject) -> Float[Tensor, "reader 2"]:
    """Of the six strongest readers in each later layer: the cosine with w_out, and their own effect on C0."""
    rows = []
    for later in LATER:
        mlp = s.model.blocks[later].mlp
        cosines = cosine_similarity(s.w_out.expand_as(mlp.W_in.T), mlp.W_in.T)
        effects = logit_attribution(mlp.W_out, s.model.W_U).flatten(1)[:, C0]
        strongest = cosines.abs().topk(6).indices
        rows.append(torch.stack([cosines[strongest], effects[strongest]], dim=1))
    return torch.cat(rows)


@sentence(
    "The residual stream has {d_model} dimensions, and the unembeddings of the 60 squares span **{rank}** of "
    "them. In the other {blind} a neuron may write what it likes, and no logit changes.",
    d_model=(128, 2048),
    rank=(60, 60),
    blind=(64, 2000),
)
def blind_directions(s: Subject) -> dict:
    rank = orthonormal_basis(s.W_U).shape[1]
    return {"d_model": s.model.cfg.d_model, "rank": rank, "blind": s.model.cfg.d_model - rank}


@sentence(
    "**{own:.1%}** of the squared length of L5N1393's output weights lies where the unembedding can see it; "
    "the rest, most of it, direct logit attribution has not looked at.",
    own=(0.01, 0.5),
)
def fraction_in_unembedding(s: Subject) -> dict:
    return {"own": fractions(s)[NEURON]}


@sentence(
    "With the columns that stand for rounding error left in, the span would have directions that no"
    " column of `basis` has. For `W_U` with its pass column the last singular value is {last:.4f}, "
    "and the largest {first:.1f}.",
    last=(0, 0.01),
    first=(1, 100),
)
def rounding_error(s: Subject) -> dict:
    values = torch.linalg.svdvals(s.model.W_U)
    return {"last": values[-1], "first": values[0]}


@sentence(
    "Of a random vector one expects **{chance:.1%}** in the unembedding subspace. L5N1393 has {own:.1%}, the "
    "median neuron of its layer {median:.1%}.",
    chance=(0.05, 0.4),
    own=None,
    median=(0, 0.5),
)
def fraction_and_chance(s: Subject) -> dict:
    shares = fractions(s)
    return {"chance": chance(s, s.W_U), "own": shares[NEURON], "median": shares.median()}


@sentence(
    "The heap of random vectors is broad: its standard deviation is {spread:.3f}, so that one "
    "random vector in twenty is further from the mean than {twice:.3f}. In these units L5N1393 "
    "stands at **{z:+.1f}**. Where it differs from a random vector by that much, it is no accident.",
    spread=(0.005, 0.1),
    twice=(0.01, 0.2),
    z=None,
    size=(3, 100),
)
def heap_of_random_vectors(s: Subject) -> dict:
    spread = random_spread(s)
    z = (fractions(s)[NEURON].item() - chance(s, s.W_U)) / spread
    return {"spread": spread, "twice": 1.96 * spread, "z": z, "size": abs(z)}


@sentence(
    "{below:.0%} of the neurons of the layer lie below chance, so this is the habit of the layer "
    "rather than a trait of one neuron.",
    below=(0.6, 1),
)
def layer_below_chance(s: Subject) -> dict:
    return {"below": (fractions(s) < chance(s, s.W_U)).float().mean()}


@sentence(
    "The three directions of the pattern hold **{own:.0%}** of w_in, {times:.0f} times what they "
    "would hold of a random vector. Of the {neurons:,} neurons of the layer {larger} have a larger "
    "share.",
    own=(0.05, 1),
    times=(5, 200),
    neurons=None,
    larger=(0, 40),
)
def three_directions(s: Subject) -> dict:
    blank, mine = s.probe.blank, s.probe.mine
    pattern = torch.stack([blank[:, 2, 0], mine[:, 3, 1], mine[:, 4, 2]], dim=1)
    shares = variance_fraction(s.model.blocks[LAYER].mlp.W_in.T, pattern)
    own = shares[NEURON]
    times = own / chance(s, pattern)
    return {"own": own, "times": times, "neurons": len(shares), "larger": int((shares > own).sum())}


@sentence(
    "The probe's 124 directions take up {chance:.0%} of the space. They hold {w_in:.0%} of w_in, "
    "**{times_in:.2f}** times chance, and {w_out:.0%} of w_out, **{times_out:.2f}** times chance.",
    chance=(0.1, 0.6),
    w_in=None,
    w_out=None,
    times_in=None,
    times_out=None,
)
def probe_basis(s: Subject) -> dict:
    by_chance = chance(s, s.basis)
    shares = {"w_in": variance_fraction(s.w_in, s.basis), "w_out": variance_fraction(s.w_out, s.basis)}
    return {
        "chance": by_chance,
        **shares,
        "times_in": shares["w_in"] / by_chance,
        "times_out": shares["w_out"] / by_chance,
    }


@sentence(
    "L5N1393's strongest reader in layer 6 has a cosine of {six:.2f} in size with its w_out, in layer 7 "
    "**{seven:.2f}**: more than {share:.0%} of the neurons of layer 5 have with any neuron of layer 7.",
    six=(0.2, 1),
    seven=(0.2, 1),
    share=(0.7, 1),
)
def strongest_readers(s: Subject) -> dict:
    writes = s.model.blocks[LAYER].mlp.W_out
    writes = writes / writes.norm(dim=1, keepdim=True)
    largest = []
    for later in LATER:
        reads = s.model.blocks[later].mlp.W_in
        largest.append((writes @ (reads / reads.norm(dim=0))).abs().amax(1))
    six, seven = largest
    share = (seven < seven[NEURON]).float().mean()
    return {"six": six[NEURON], "seven": seven[NEURON], "share": share}


@sentence(
    "Of the twelve strongest readers **{lower}** lower C0, and at {up} of the twelve the product is"
    " positive: L5N1393 raises C0 by turning brakes off.",
    lower=(8, 12),
    up=(8, 12),
)
def brakes(s: Subject) -> dict:
    cosines, effects = readers(s).unbind(1)
    return {"lower": int((effects < 0).sum()), "up": int((cosines * effects > 0).sum())}
