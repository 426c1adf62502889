"""Measured sentences of notebook 6."""

from functools import cache

import torch

from othello_interp.ablation import direct_path
from othello_interp.authoring.measured import sentence
from othello_interp.authoring.sentences.notebook_5 import paths
from othello_interp.authoring.subject import Subject
from othello_interp.caps import caps
from othello_interp.circuit import flip, matched_donors, patch, resampled
from othello_interp.edges import edge_effects
from othello_interp.figures import LAYER, NEURON
from othello_interp.lines import line_labels, line_texts
from othello_interp.neurons import cosine_similarity
from othello_interp.squares import ALL_SQUARES, label_to_id

C0 = label_to_id("C0")
NAME = f"L{LAYER}N{NEURON}"


class _Circuit:
    """What the sentences share, measured once for a subject."""

    def __init__(self, s: Subject):
        self.games, self.model = s.games, s.model
        self.tokens, self.cache = s.games.tokens[:, :59], s.games.cache
        self.before = s.games.logits[..., C0]
        self.legal = s.games.valid_moves[:, :59]
        self.c0_legal = self.legal[..., 2, 0]
        self.holds, self.fires = s.holds, s.holds & s.fires
        self.promised = direct_path(self.model, self.tokens, LAYER, NEURON)[..., C0]
        table = edge_effects(self.model, self.tokens, NAME, C0, where=self.fires, clean=self.cache)
        self.edges = table.set_index("node").effect
        self.cap = str(self.edges[self.edges.index.str.contains(r"N\d")].idxmax())
        self.layer, self.neuron = map(int, self.cap[1:].split("N"))

    def off(self, *freeze: str):
        """The change of the C0 logit with the neuron off and some nodes held."""
        return patch(self.model, self.tokens, {NAME: 0.0}, freeze, clean=self.cache)[..., C0] - self.before

    def slope(self, *freeze: str) -> float:
        x, y = self.promised[self.holds], self.off(*freeze)[self.holds]
        return ((x @ y) / (x @ x)).item()

    def ratio(self, logits) -> float:
        """Mean of p(C0) × the number of legal moves, where C0 is legal."""
        product = logits.softmax(-1)[..., C0] * self.legal.flatten(-2).sum(-1)
        return product[self.c0_legal].mean().item()


_circuit = cache(_Circuit)


@sentence(
    "Where our line stands {name} is at {clean:.2f} on average; with D1 flipped at {d1:.2f}, with E2 flipped "
    "at {e2:.2f}, with A5 flipped, which has nothing to do with it, at {control:.2f}.",
    name=NAME,
    clean=(1, 12),
    d1=(-0.2, 3),
    e2=(-0.2, 3.6),
    control=(1, 12),
)
def circuit_flips(s: Subject) -> dict:
    c = _circuit(s)

    def flipped(square: str) -> float:
        acts = flip(s.model, c.tokens, square, s.probe.layer, s.probe, read=NAME, clean=c.cache)
        return acts[c.holds].mean().item()

    clean = s.acts[c.holds].mean().item()
    return {"name": NAME, "clean": clean} | {
        "d1": flipped("D1"),
        "e2": flipped("E2"),
        "control": flipped("A5"),
    }


@sentence(
    "Where the neuron fires on our line, the direct path promises {direct:+.3f}; all together it is "
    "{total:+.3f}. Over all positions where the line stands, what happens is {slope:.2f} times what was "
    "promised.",
    direct=(-2, -0.05),
    total=(-0.2, 0.2),
    slope=(-0.3, 0.6),
)
def circuit_puzzle(s: Subject) -> dict:
    c = _circuit(s)
    return {"direct": c.edges["direct"], "total": c.edges["total"], "slope": c.slope()}


@cache
def _ways(s: Subject) -> tuple[dict[str, float], dict[str, float]]:
    """The mean change of the C0 logit by each way, the neuron off: on the pattern, and at false alarms."""
    at = s.holds & s.fires, s.fires & ~s.holds
    split = [{way: change[where].mean().item() for way, change in paths(s).items()} for where in at]
    return split[0], split[1]


def _undoer(s: Subject) -> str:
    """The way by which most comes back where the pattern stands."""
    here = _ways(s)[0]
    return max(here.keys() - {"direct", "all"}, key=here.__getitem__)


@sentence(
    "Of the {direct:+.2f} on the direct path, **{way}** gives {back:+.2f} back; all other ways "
    "together come to {rest:+.2f}.",
    direct=(-3, -0.05),
    way=None,
    back=(0.05, 3),
    part=(0.4, 1.5),
    rest=(-0.2, 0.2),
)
def undone(s: Subject) -> dict:
    here, way = _ways(s)[0], _undoer(s)
    name = f"the {way.replace(' ', ' of layer ')}" if way[-1].isdigit() else way
    rest = here["all"] - here["direct"] - here[way]
    figures = {"direct": here["direct"], "way": name, "back": here[way], "rest": rest}
    return figures | {"part": -here[way] / here["direct"]}


@sentence(
    "Where the neuron fires without our line, the same part gives {back:+.2f} back of {direct:+.2f}.",
    back=None,
    direct=(-3, -0.05),
    part=(-1, 0.4),
)
def not_undone_at_alarms(s: Subject) -> dict:
    alarms, way = _ways(s)[1], _undoer(s)
    return {"back": alarms[way], "direct": alarms["direct"], "part": -alarms[way] / alarms["direct"]}


@sentence(
    "In the model that ships it is **{cap}**, which gives back {effect:+.3f} of the {direct:.3f} logits that "
    "the direct path takes away; the next largest effect of a head or neuron is {next:.3f} in size. By "
    "cosine "
    "it is number {rank} of the readers in its layer.",
    cap=None,
    effect=(0.03, 2),
    direct=(0.05, 2),
    next=(0, 0.08),
    rank=(2, 2048),
)
def circuit_cap(s: Subject) -> dict:
    c = _circuit(s)
    readers = s.model.blocks[c.layer].mlp.W_in.T
    cosines = cosine_similarity(readers, s.w_out.expand_as(readers))
    others = c.edges.drop([c.cap, "direct", "other heads and neurons", "LayerNorm", "total"])
    return {
        "cap": c.cap,
        "effect": c.edges[c.cap],
        "direct": -c.edges["direct"],
        "next": others.abs().max(),
        "rank": int((cosines.abs() >= cosines[c.neuron].abs()).sum()),
    }


@sentence(
    "{share:.0%} of its positive activation falls where C0 is legal, and one unit of it takes "
    "{weight:.1f} off the "
    "logit of C0, before the last LayerNorm's scale.",
    share=(0.8, 1),
    weight=(0.5, 20),
)
def circuit_cap_look(s: Subject) -> dict:
    c = _circuit(s)
    acts = c.cache["post", c.layer][..., c.neuron].clamp(min=0)
    weight = -(s.model.blocks[c.layer].mlp.W_out[c.neuron] @ s.model.W_U[:, C0])
    return {"share": acts[c.c0_legal].sum() / acts.sum(), "weight": weight}


@sentence(
    "With a value from another game, where C0 is as legal as here, in the cap's place *p* × *n* is "
    "{ratio:.2f}, and "
    "the logit of C0 changes by {logit:+.2f} on average.",
    ratio=(0.85, 1.4),
    logit=(-0.3, 0.3),
)
def circuit_resampled(s: Subject) -> dict:
    c = _circuit(s)
    donors = matched_donors(c.c0_legal)
    logits = patch(s.model, c.tokens, {c.cap: resampled(donors)}, clean=c.cache)
    return {"ratio": c.ratio(logits), "logit": (logits[..., C0] - c.before)[c.c0_legal].mean()}


@sentence(
    "With the cap free the slope is {free:.2f}, with the cap held it is {held:.2f}: nearly all of the "
    "promised effect is there, and one neuron hid it.",
    free=(-0.3, 0.6),
    held=(0.7, 1.3),
)
def circuit_freeze(s: Subject) -> dict:
    c = _circuit(s)
    return {"free": c.slope(), "held": c.slope(c.cap)}


@sentence(
    "Where C0 is legal, *p*(C0) × the number of legal moves is {clean:.2f} on average, and {off:.2f} with "
    "the cap off.",
    clean=(0.7, 1.3),
    off=(1.4, 5),
)
def circuit_calibration(s: Subject) -> dict:
    c = _circuit(s)
    off = patch(s.model, c.tokens, {c.cap: 0.0}, clean=c.cache)
    return {"clean": c.ratio(s.games.logits), "off": c.ratio(off)}


@sentence(
    "In the focus games {six} of the 60 squares have a cap in layer 6 and {seven} in layer 7; in layer 5 it "
    "is {five}. Ours is not a typical one: by what it takes off, weight × mean activation, it is number "
    "{rank} in its layer.",
    five=(0, 35),
    six=(45, 60),
    seven=(45, 60),
    rank=(1, 10),
)
def circuit_caps(s: Subject) -> dict:
    c = _circuit(s)
    found = {
        name: caps(c.cache["post", layer], s.model.blocks[layer].mlp.W_out, s.model.W_U, c.legal)
        for name, layer in (("five", 5), ("six", 6), ("seven", 7))
    }
    ours = found["six"]  # where the cap of C0 is
    takes_off = -ours["weight"] * ours["mean"]
    rank = int((takes_off > takes_off["C0"]).sum()) + 1
    return {name: len(table) for name, table in found.items()} | {"rank": rank}


@sentence(
    "With all of them off, *p* × *n* of the moves that one line makes legal is {one:.2f}, of those with "
    "three lines or more {three:.2f}; in the model it is {one_before:.2f} and {three_before:.2f}, and in the "
    "control {one_control:.2f} and {three_control:.2f}.",
    one=(0.5, 0.95),
    three=(1.03, 2),
    one_before=(0.85, 1),
    three_before=(0.85, 1.1),
    one_control=(0.85, 1),
    three_control=(0.85, 1.1),
)
def circuit_all_caps(s: Subject) -> dict:
    c = _circuit(s)
    acts, block = c.cache["post", c.layer], s.model.blocks[c.layer]
    ours = caps(acts, block.mlp.W_out, s.model.W_U, c.legal).neuron.tolist()
    busy = acts.flatten(0, 1).mean(0)
    busy[ours] = -1
    legal = c.legal.flatten(-2)[..., ALL_SQUARES]
    n_lines = torch.zeros_like(legal, dtype=torch.long)
    for text, stands in zip(line_texts(), line_labels(s.games.states_theirs_vs_mine[:, :59]), strict=True):
        n_lines[..., label_to_id(text[:2]) - 1] += stands
    found = {}
    for name, off in (("", ours), ("_before", []), ("_control", busy.topk(len(ours)).indices.tolist())):
        logits = patch(s.model, c.tokens, {f"L{c.layer}N{neuron}": 0.0 for neuron in off}, clean=c.cache)
        product = logits.softmax(-1)[..., 1:] * legal.sum(-1, keepdim=True)
        found[f"one{name}"] = product[legal & (n_lines == 1)].mean()
        found[f"three{name}"] = product[legal & (n_lines >= 3)].mean()
    return found


@sentence(
    "Each alone, added up, takes {alone:.2f} off the logit of C0 with the cap free, and all at once "
    "{together:.2f}; with the cap held {alone_held:.2f} and {together_held:.2f}.",
    alone=(0.02, 2),
    together=(0.02, 2),
    alone_held=(0.2, 4),
    together_held=(0.2, 4),
)
def circuit_detectors(s: Subject) -> dict:
    c = _circuit(s)
    scale = c.cache["ln_final.hook_scale"]
    blank = (s.games.states_theirs_vs_mine[:, :59, 2, 0] == 0) & ~c.c0_legal
    adds: dict[str, float] = {}
    for layer in (3, 4, 5):
        acts = c.cache["post", layer] / scale
        weights = (s.model.blocks[layer].mlp.W_out @ s.model.W_U[:, C0]).clamp(min=0)
        each = (acts[c.c0_legal].mean(0) - acts[blank].mean(0)) * weights
        adds |= {f"L{layer}N{neuron}": each[neuron].item() for neuron in each.topk(6).indices.tolist()}
    detectors = sorted(adds, key=adds.__getitem__, reverse=True)[:6]

    def loss(*nodes: str, held: bool) -> float:
        freeze = [c.cap] if held else []
        logits = patch(s.model, c.tokens, dict.fromkeys(nodes, 0.0), freeze, clean=c.cache)
        return (c.before - logits[..., C0])[c.c0_legal].mean().item()

    return {
        name + end: value
        for end, held in (("", False), ("_held", True))
        for name, value in (
            ("alone", sum(loss(node, held=held) for node in detectors)),
            ("together", loss(*detectors, held=held)),
        )
    }
