"""Measured sentences of notebook 7."""

from functools import cache, cached_property

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from othello_interp.atlas.causes import hurt, raising
from othello_interp.atlas.describe import GOOD, roles
from othello_interp.atlas.ladder import Ladder, ladders
from othello_interp.atlas.questions import Answers
from othello_interp.atlas.samples import Parts, Sample
from othello_interp.atlas.stored import load_atlas
from othello_interp.authoring.measured import sentence
from othello_interp.authoring.subject import Subject
from othello_interp.figures import HYPOTHESIS, LAYER, NEURON
from othello_interp.games import load_games
from othello_interp.hypotheses import parse, roc_auc
from othello_interp.lines import line_labels, line_texts
from othello_interp.many import Searched, auc_from_counts, design_effect, discoveries, search
from othello_interp.neurons import logit_attribution
from othello_interp.race import explained
from othello_interp.stream import stream
from othello_interp.weights.gpt import N_CTX

FIRST = 50  # games to look at; the others are new
BINS = 32
RARE = 60  # a line that stands at fewer of their positions is not offered


class _Many:
    """The notebook's 300 games, and what its sections find in them, each when first asked for."""

    def __init__(self, s: Subject):
        self.model = s.model
        batches = list(stream(s.model, load_games()[2000:2300], [LAYER]))
        self.boards = torch.cat([batch.boards for batch in batches])
        self.legal = torch.cat([batch.legal for batch in batches])
        self.layer_acts = torch.cat([batch.acts[LAYER] for batch in batches])
        self.acts = self.layer_acts[..., NEURON].contiguous()
        self.holds = parse(HYPOTHESIS)(self.boards)

    @cached_property
    def lines(self) -> Bool[Tensor, "line game move"]:
        labels = line_labels(self.boards[:FIRST])
        return labels[labels.flatten(1).sum(1) >= RARE]

    @cached_property
    def searched(self) -> Searched:
        return search(self.layer_acts[:FIRST, :, ::4], self.lines)

    @cached_property
    def ladders(self) -> list[Ladder]:
        acts = self.layer_acts[..., ::32]
        return ladders(
            Parts(
                *(
                    Sample(Answers.of(self.boards[games], self.legal[games]), acts[games].flatten(0, 1))
                    for games in (slice(160), slice(160, 200), slice(200, 300))
                )
            )
        )

    @cached_property
    def equally_many(self) -> Float[Tensor, " edge"]:
        """Edges of bins that hold equally many positions of the first games."""
        return self.acts[:20].flatten().quantile(torch.linspace(0, 1, BINS + 1)[1:-1])

    def binned(self, edges: Float[Tensor, " edge"]) -> float:
        bins = torch.bucketize(self.acts, edges)
        counts = (
            torch.bincount(bins[where], minlength=len(edges) + 1) for where in (self.holds, ~self.holds)
        )
        return auc_from_counts(*counts).item()


_many = cache(_Many)


@sentence(
    "The atlas that ships was made from **{games:,} games**. The activations of its {neurons:,} neurons "
    "would fill {gigabytes:.0f} GB in single precision; what it keeps of them is a file of "
    "{megabytes:.0f} MB.",
    games=(5_000, 1_000_000),
    neurons=None,
    gigabytes=(10, 5000),
    megabytes=(1, 16),
)
def scan_size(s: Subject) -> dict:
    atlas = load_atlas()
    neurons = atlas.n_layers * atlas.n_neurons
    return {
        "games": atlas.about["games"],
        "neurons": neurons,
        "gigabytes": 4e-9 * atlas.about["games"] * N_CTX * neurons,
        "megabytes": 1e-6 * atlas.about["bytes"],
    }


@sentence(
    "From {positions:,} activations the pattern's ROC AUC is **{exact:.3f}**, and from {counts} counts it is "
    "{many:.3f}.",
    positions=(17_700, 17_700),
    exact=(0.6, 0.99),
    counts=(64, 64),
    many=(0.6, 0.99),
)
def auc_of_counts(s: Subject) -> dict:
    m = _many(s)
    return {
        "positions": m.holds.numel(),
        "exact": roc_auc(m.acts.flatten(), m.holds.flatten()),
        "counts": 2 * BINS,
        "many": m.binned(m.equally_many),
    }


@sentence(
    "From 32 bins of one width the pattern's ROC AUC comes out at **{width:.3f}**, from 32 bins with equally "
    "many positions in each at {many:.3f}; from the activations themselves it is **{exact:.3f}**.",
    width=(0.6, 0.99),
    many=(0.6, 0.99),
    exact=(0.6, 0.99),
)
def binned_auc(s: Subject) -> dict:
    m = _many(s)
    ends = m.acts.min().item(), m.acts.max().item()
    return {
        "width": m.binned(torch.linspace(*ends, BINS + 1)[1:-1]),
        "many": m.binned(m.equally_many),
        "exact": roc_auc(m.acts.flatten(), m.holds.flatten()),
    }


@sentence(
    "The {positions:,} positions of 300 games say as much about how often C0 is blank as **{worth:,.0f}** "
    "independent ones would.",
    positions=(17_700, 17_700),
    worth=(300, 4_000),
)
def worth(s: Subject) -> dict:
    m = _many(s)
    n = m.holds.numel()
    blank = (m.boards[..., 2, 0] == 0).float()
    return {"positions": n, "worth": n / design_effect(blank)}


@sentence(
    "In 50 games the best of {lines} lines for L5N1393 has a ROC AUC of **{auc:.2f}**; by luck alone the "
    "best has {median:.2f} as a rule, and {most:.2f} at most in {tries} tries.",
    auc=(0.75, 1),
    lines=(50, 960),
    median=(0.55, 0.7),
    most=(0.6, 0.8),
    tries=None,
)
def best_by_chance(s: Subject) -> dict:
    m = _many(s)
    found = search(m.acts[:FIRST, :, None], m.lines, samples=199)
    return {
        "auc": found.auc,
        "lines": len(m.lines),
        "median": found.by_chance.median(),
        "most": found.by_chance.max(),
        "tries": len(found.by_chance),
    }


@sentence(
    "Of {tested} neurons of layer 5 **{small}** have a p-value up to 0.05; {kept} are left when no more than "
    "one in twenty may be false.",
    tested=(512, 512),
    small=(100, 500),
    kept=(80, 500),
)
def kept(s: Subject) -> dict:
    p = _many(s).searched.p
    return {"tested": len(p), "small": int((p <= 0.05).sum()), "kept": int(discoveries(p, 0.05).sum())}


@sentence(
    "The best hypothesis of a search for its length explains **{median:.0%}** of the variance of a neuron of "
    "layer 5, on games that the search has not seen (the median of 64 neurons).",
    median=(0.1, 0.6),
)
def ladder_share(s: Subject) -> dict:
    return {"median": torch.tensor([ladder.best.r2 for ladder in _many(s).ladders]).median()}


@sentence(
    "The hypothesis that is best for its length explains more than 70% of the variance for **{good}** of the "
    "{neurons} neurons.",
    good=(0, 30),
    neurons=(64, 64),
)
def ladder_good(s: Subject) -> dict:
    shares = [ladder.best.r2 for ladder in _many(s).ladders]
    return {"good": sum(share > 0.7 for share in shares), "neurons": len(shares)}


@sentence(
    "The atlas has a name for **{named:,}** of {neurons:,} neurons; of these {detectors:,} are called "
    "detectors of a line, {caps:,} caps, and {quiet:,} say of some move that it is not legal.",
    named=(500, 12_000),
    neurons=None,
    detectors=(300, 8_000),
    caps=(10, 1_000),
    quiet=(30, 2_000),
)
def atlas_names(s: Subject) -> dict:
    atlas = load_atlas()
    found = []
    for layer in range(atlas.n_layers):
        writes = logit_attribution(s.model.blocks[layer].mlp.W_out, s.model.W_U).flatten(1).numpy(force=True)
        found += [
            roles(atlas.of(layer, neuron), writes[neuron], atlas.ladder(layer, neuron))
            for neuron in range(atlas.n_neurons)
        ]
    return {
        "named": sum(map(bool, found)),
        "neurons": len(found),
        "detectors": sum("detector" in names for names in found),
        "caps": sum("cap" in names for names in found),
        "quiet": sum("is not legal" in names for names in found),
    }


@sentence(
    "In layer 0 the best line of a detector stands at {stands:.2%} of the positions in the median, and at "
    "{precision:.0%} of the positions where the neuron is loud; in layer {layer} at {stands_here:.1%} and "
    "{precision_here:.0%}.",
    stands=(0, 0.006),
    precision=(0, 0.12),
    layer=None,
    stands_here=(0.006, 0.1),
    precision_here=(0.15, 1),
)
def layer_0_detectors(s: Subject) -> dict:
    arrays = load_atlas().arrays

    def median(name: str, layer: int) -> float:
        is_detector = arrays["line_auc"][layer, :, 0] >= GOOD
        return float(np.median(arrays[name][layer, is_detector, 0].astype(np.float32)))

    return {
        "stands": median("line_share", 0),
        "precision": median("line_precision", 0),
        "layer": LAYER,
        "stands_here": median("line_share", LAYER),
        "precision_here": median("line_precision", LAYER),
    }


@sentence(
    "On the 300 games of this notebook that hypothesis explains {claim:.0f}% of the variance, the pattern "
    "{pattern:.0f}%, `C0==LEGAL` {legal:.0f}%.",
    claim=(38, 70),
    pattern=(15, 35),
    legal=(12, 35),
)
def page_of_our_neuron(s: Subject) -> dict:
    m = _many(s)
    texts = {
        "claim": "C0==LEGAL & D1==THEIRS & E2!=BLANK & C1!=THEIRS",
        "pattern": HYPOTHESIS,
        "legal": "C0==LEGAL",
    }
    return {name: explained(m.acts, parse(text)(m.boards)) for name, text in texts.items()}


@sentence(
    "`{line}` has {number} detectors in layer 5 that raise its move. Without them the log-probability of the "
    "move falls by **{own:.2f}** where the line stands, and by {same:.3f} where only other lines make it "
    "legal; that of other legal moves anywhere changes by {others:.4f}, up or down.",
    line=None,
    number=(2, 30),
    own=(0.02, 0.3),
    same=(-0.01, 0.02),
    others=(0, 0.004),
)
def line_off(s: Subject) -> dict:
    arrays = load_atlas().arrays
    best = arrays["line"][LAYER].astype(np.int64)
    good = (arrays["line_auc"][LAYER] >= GOOD) & (arrays["line_share"][LAYER] >= 0.01)
    number = int(np.bincount(best[good]).argmax())
    line = line_texts()[number]
    detectors = (good & (best == number)).any(1).nonzero()[0].tolist()
    neurons = raising(s.model, LAYER, detectors, line)
    found = hurt(s.model, load_games()[3000:3040], LAYER, neurons, line)
    return {
        "line": line,
        "number": len(neurons),
        "own": found.own,
        "same": found.same,
        "others": found.others,
    }
