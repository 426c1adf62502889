"""Measured sentences of notebook 2."""

from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor

from othello_interp.ablation import ablate
from othello_interp.authoring.measured import sentence
from othello_interp.authoring.subject import C0, D1, Subject
from othello_interp.figures import HYPOTHESIS, LAYER, NEURON
from othello_interp.hypotheses import STATES, parse
from othello_interp.neurons import cosine_similarity, weights_in_probe_basis
from othello_interp.patterns import as_hypothesis, line_patterns
from othello_interp.squares import CENTRE, label_to_id, label_to_square
from othello_interp.weights.gpt import N_CTX

TOKEN = label_to_id("C0")


@cache
def likes(s: Subject) -> dict[str, Float[Tensor, "64"]]:
    """The cosine of w_in with the direction of each state of each square: from the two others towards it."""
    boards = {}
    for name, state in STATES.items():
        others = [other for other in STATES.values() if other != state]
        directions = s.probe.weight[..., state] - s.probe.weight[..., others].mean(-1)
        boards[name] = weights_in_probe_basis(s.w_in, directions).flatten()
    boards["BLANK"][list(CENTRE)] = 0
    return boards


@cache
def ranked_lines(s: Subject) -> list[tuple[float, str]]:
    """The 960 lines by how well the input weights fit them, best first."""
    fit = likes(s)
    scores = [
        (
            sum(fit[state][label_to_square(label)].item() for label, state in line.items())
            / len(line) ** 0.5,
            as_hypothesis(line),
        )
        for line in line_patterns()
    ]
    return sorted(scores, reverse=True)


@cache
def change_when_made_to_fire(s: Subject) -> dict[str, Tensor]:
    """Of the logit of C0, where C0 is blank and not legal and the neuron silent: promised and measured when
    the neuron is set to 5; and the probability of C0 before and after."""
    where = parse("C0==BLANK")(s.boards) & ~s.legal.flatten(2)[..., C0] & (s.acts < 0.5)
    after = ablate(s.model, s.games.tokens[:, :N_CTX], LAYER, NEURON, value=5.0, where=where)
    promised = (5 - s.acts) * s.attribution[C0] / s.games.cache["ln_final.hook_scale"][..., 0]
    return {
        "promised": promised[where].mean(),
        "measured": (after - s.games.logits)[..., TOKEN][where].mean(),
        "before": s.games.logits.softmax(-1)[..., TOKEN][where].mean(),
        "after": after.softmax(-1)[..., TOKEN][where].mean(),
    }


@sentence(
    "L5N1393 is one of {neurons:,} neurons of its layer. It is above 0.5 at {on:.0%} of the positions: "
    "a part that is silent most of the time.",
    neurons=(1000, 5000),
    on=(0, 0.3),
)
def one_of_many(s: Subject) -> dict:
    return {"neurons": s.model.cfg.d_mlp, "on": (s.acts > 0.5).float().mean()}


@sentence(
    "The squares that the neuron reads most have cosines of up to **{largest:.2f}** with its input weights, "
    "{times:.1f} times the size that random directions give.",
    largest=(0.2, 0.8),
    times=(3, 20),
)
def reads_three_squares(s: Subject) -> dict:
    largest = torch.stack(list(likes(s).values())).max()
    return {"largest": largest, "times": largest * s.model.cfg.d_model**0.5}


@sentence(
    "Of 192 states these three come first, with cosines of {c0:.2f}, {d1:.2f} and {e2:.2f}. E2 shows why one "
    "should ask the plain question: along *mine rather than theirs* it has only {mine:.2f}, along *taken* "
    "{taken:.2f}. The neuron wants E2 taken, and rather by me.",
    worst_place=(3, 3),
    c0=(0.15, 0.8),
    d1=(0.15, 0.8),
    e2=(0.15, 0.8),
    mine=(0.05, 0.2),
    taken=(0.12, 0.5),
)
def reads_e2(s: Subject) -> dict:
    fit, e2 = likes(s), label_to_square("E2")
    wanted = torch.stack([fit["BLANK"][C0], fit["THEIRS"][D1], fit["MINE"][e2]])
    place = int((torch.stack(list(fit.values())) >= wanted.min()).sum())
    blank, mine = (weights_in_probe_basis(s.w_in, d).flatten() for d in (s.probe.blank, s.probe.mine))
    figures = dict(zip(("c0", "d1", "e2"), wanted, strict=True))
    return figures | {"worst_place": place, "mine": mine[e2], "taken": -blank[e2]}


@sentence(
    "Where the pattern stands and A2 is blank the neuron's mean activation is **{blank:.1f}**; "
    "where A2 is theirs {theirs:.1f}, where it is mine {mine:.1f}, and where that line captures as "
    "well **{capture:.1f}**. So it speaks up where C0 can be captured along our diagonal, and much "
    "less where the other diagonal has made C0 legal already.",
    blank=(0.5, 20),
    theirs=(0, 15),
    mine=(0, 15),
    capture=(0, 10),
    quieter=(2, 1000),
)
def reads_a2(s: Subject) -> dict:
    def mean(condition: str) -> Tensor:
        return s.acts[s.holds & parse(condition)(s.boards)].mean()

    figures = {name.lower(): mean(f"A2=={name}") for name in STATES}
    capture = mean("C0==BLANK & B1==THEIRS & A2==MINE")
    return figures | {"capture": capture, "quieter": figures["blank"] / capture}


@sentence(
    "One unit of L5N1393's activation adds **{c0:.2f}** to the logit of one square, {times:.1f} "
    "times as much as it adds to or takes from the next.",
    c0=(0.2, 3),
    times=(1.2, 50),
)
def writes_c0(s: Subject) -> dict:
    sizes = s.attribution.abs()
    others = sizes.clone()
    others[C0] = 0
    return {"c0": s.attribution[C0], "times": sizes[C0] / others.max()}


@sentence(
    "The second square that the neuron changes is D1, by **{d1:+.2f}** logits a unit; no other is changed by "
    "more than {other:.2f}. Yet where the pattern stands D1 is taken, and a move there is never legal.",
    d1=None,
    times=(1.1, 100),
    other=(0, 1),
)
def writes_d1(s: Subject) -> dict:
    other = s.other_attributions.max()
    return {"d1": s.attribution[D1], "other": other, "times": s.attribution[D1].abs() / other}


@sentence(
    "The cosine of the unembeddings of C0 and D1 is **{cosine:.3f}** (between C0's and another "
    "square's it is {mean:.3f} in size on average). The two are as good as perpendicular, so a "
    "change of C0 need not change D1.",
    cosine=(-0.1, 0.1),
    mean=(0, 0.1),
)
def unembeddings_apart(s: Subject) -> dict:
    cosines = cosine_similarity(s.W_U[:, TOKEN - 1].expand(60, -1), s.W_U.T)
    d1 = cosines[label_to_id("D1") - 1]
    return {"cosine": d1, "mean": (cosines.abs().sum() - 1) / 59}


@sentence(
    "Of {lines} lines that can make a move legal, the one we have read off fits the input weights best: its "
    "score is **{first:.2f}**, that of the next {second:.2f}.",
    lines=(960, 960),
    place=(1, 1),
    first=(0.2, 1),
    second=(0, 0.9),
)
def first_of_all_lines(s: Subject) -> dict:
    lines = ranked_lines(s)
    place = [line for _, line in lines].index(HYPOTHESIS) + 1
    return {"lines": len(lines), "place": place, "first": lines[0][0], "second": lines[1][0]}


@sentence(
    "The lines in the next places deserve a look. They share squares with the first, which gives "
    "them part of its score for free, but that is true of many others. **{longer}** of the next "
    'four go along the *same diagonal* and are longer. Perhaps "E2 mine" is too narrow, and the '
    "neuron stands for a capture from C0 along this diagonal, however far away my disc is. The "
    "weights can't decide that; the activations will (notebooks 4 and 5).",
    longer=(2, 4),
)
def next_lines(s: Subject) -> dict:
    along = "C0==BLANK & D1==THEIRS & E2==THEIRS"
    return {"longer": sum(line.startswith(along) for _, line in ranked_lines(s)[1:5])}


@sentence(
    "If the neuron is set to 5 where C0 is blank, not legal and the neuron silent, the direct path promises "
    "**{promised:.2f}** logits for C0.",
    promised=(0.05, 1.5),
)
def promise(s: Subject) -> dict:
    return {"promised": change_when_made_to_fire(s)["promised"]}


@sentence(
    "The logit of C0 rises by **{measured:.1f}**, {times:.1f} times what the direct path promises. "
    "The dotted line is the promise, and nearly all of the points lie far above it. So most of what"
    " the neuron does here doesn't go straight to the logits: parts of layers 6 and 7 read it and "
    "raise C0 in their turn, or lower it less. Direct attribution got the square and the sign right"
    " and the size wrong by a factor.",
    measured=(0.3, 5),
    times=(2, 30),
)
def made_to_fire(s: Subject) -> dict:
    change = change_when_made_to_fire(s)
    return {"measured": change["measured"], "times": change["measured"] / change["promised"]}


@sentence(
    "It isn't enough to make the move: the probability of C0 goes from {before:.1%} to {after:.1%}. Where C0 "
    "isn't legal, many other parts of the model say so.",
    before=(0, 0.02),
    after=(0, 0.03),
)
def still_no_move(s: Subject) -> dict:
    change = change_when_made_to_fire(s)
    return {"before": change["before"], "after": change["after"]}


@sentence(
    "Where the pattern stands, the neuron's direct path adds **{direct:.2f}** to a logit of C0 that"
    " is {logit:.1f} above the mean of the board: {share:.0%} of it.",
    direct=(0.02, 2),
    logit=(3, 20),
    share=(0, 0.2),
)
def direct_path_is_small(s: Subject) -> dict:
    scale = s.games.cache["ln_final.hook_scale"][..., 0]
    direct = (s.acts * s.attribution[C0] / scale)[s.holds].mean()
    logits = s.games.logits[..., TOKEN] - s.games.logits[..., 1:].mean(-1)
    logit = logits[s.holds].mean()
    return {"direct": direct, "logit": logit, "share": direct / logit}
