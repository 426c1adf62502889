"""Measured sentences of notebook 4."""

from functools import cache
from itertools import pairwise
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from othello_interp.authoring.measured import sentence
from othello_interp.authoring.subject import C0, Subject
from othello_interp.figures import CLEAR_GAME, HYPOTHESIS, LAYER, NEURON
from othello_interp.games import FocusGames, load_games
from othello_interp.hypotheses import parse
from othello_interp.intervals import game_means
from othello_interp.neurons import logit_attribution, mean_board, top_activations, top_neurons
from othello_interp.squares import square_to_label
from othello_interp.weights.gpt import N_CTX

DIAGONAL = " | ".join(
    [
        HYPOTHESIS,
        "C0==BLANK & D1==THEIRS & E2==THEIRS & F3==MINE",
        "C0==BLANK & D1==THEIRS & E2==THEIRS & F3==THEIRS & G4==MINE",
        "C0==BLANK & D1==THEIRS & E2==THEIRS & F3==THEIRS & G4==THEIRS & H5==MINE",
    ]
)


@cache
def many_games(s: Subject) -> FocusGames:
    return FocusGames(s.model, load_games()[:400])


def correlation(one: Tensor, other: Tensor) -> float:
    return torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1].item()


@sentence(
    "At **{silent:.0%}** of the positions L5N1393's activation is below 0.5; above {percentile:.1f}"
    " it is at one in a hundred.",
    silent=(0.7, 1),
    percentile=(1, 30),
)
def silent_mostly(s: Subject) -> dict:
    return {"silent": (s.acts < 0.5).float().mean(), "percentile": s.loud}


@sentence(
    "It is most active in the middle of the game: {middle:.2f} on average over moves 20 to 39, "
    "against {early:.2f} before and {late:.2f} after. The pattern goes with it "
    "({pattern_middle:.0%} of the positions, {pattern_early:.0%} before and {pattern_late:.0%} "
    "after).",
    middle=None,
    early=None,
    late=None,
    over_early=(1.1, 100),
    over_late=(1.1, 100),
    pattern_middle=(0.03, 0.3),
    pattern_early=(0, 0.2),
    pattern_late=(0, 0.2),
)
def over_the_game(s: Subject) -> dict:
    parts = {"early": slice(0, 20), "middle": slice(20, 40), "late": slice(40, 59)}
    means = {name: s.acts[:, part].mean() for name, part in parts.items()}
    pattern = {f"pattern_{name}": s.holds[:, part].float().mean() for name, part in parts.items()}
    over = {f"over_{name}": means["middle"] / means[name] for name in ("early", "late")}
    return means | pattern | over


@sentence(
    "One move later the correlation is {one:.2f}, two moves later **{two:.2f}**; with another game "
    "it is {other:.2f} two moves later. So it isn't the move number that makes the stripes: in some"
    " games they fall on even moves, in others on odd ones.",
    one=(-0.2, 0.35),
    two=(0.5, 1),
    other=(-0.15, 0.2),
)
def stripes(s: Subject) -> dict:
    one, two = (correlation(s.acts[:, :-k], s.acts[:, k:]) for k in (1, 2))
    other = correlation(s.acts[:, :-2], s.acts.roll(1, dims=0)[:, 2:])
    return {"one": one, "two": two, "other": other}


@sentence(
    "In game 5 the neuron fires after **{fires}** of the 59 moves, and at {matching} of these the "
    "pattern stands.",
    fires=(4, 25),
    matching=(3, 25),
    share=(0.5, 1),
)
def clear_game(s: Subject) -> dict:
    on, holds = s.fires[CLEAR_GAME], s.holds[CLEAR_GAME]
    both = int((on & holds).sum())
    return {"fires": int(on.sum()), "matching": both, "share": both / int(on.sum())}


@sentence(
    "This account leaves {left} of the {fires} out, with an activation of {mean:.1f} on average "
    "against {others:.1f} at the rest. Don't wave such exceptions away: note them down for notebook"
    " 5.",
    left=(1, 20),
    fires=None,
    mean=None,
    others=None,
)
def unexplained_in_clear_game(s: Subject) -> dict:
    acts, on, holds = s.acts[CLEAR_GAME], s.fires[CLEAR_GAME], s.holds[CLEAR_GAME]
    left, others = on & ~holds, on & holds
    means = {"mean": acts[left].mean(), "others": acts[others].mean()}
    return {"left": int(left.sum()), "fires": int(on.sum())} | means


@sentence(
    "The loudest 1% are **{moves}** positions, and they come from only {games} of the 50 games.",
    moves=(29, 30),
    games=(3, 25),
)
def few_games(s: Subject) -> dict:
    return {"moves": int(s.top.sum()), "games": int(s.top.any(1).sum())}


@sentence(
    "For L5N1393 and a gap of 6, {left} of the {moves} loudest moves remain. To come to {moves} "
    "again one must go down from an activation of {lowest:.1f} to {lower:.1f}, and they are from "
    "{now} games in place of {before}.",
    left=(5, 28),
    moves=None,
    lowest=None,
    lower=None,
    now=(10, 50),
    before=(3, 25),
)
def well_apart(s: Subject) -> dict:
    moves, rest, found = int(s.top.sum()), s.acts.clone(), []
    for _ in range(moves):
        game, move = divmod(int(rest.argmax()), N_CTX)
        found.append((game, move))
        rest[game, max(0, move - 5) : move + 6] = -torch.inf
    lowest = s.acts[s.top].min()
    return {
        "left": sum(bool(s.top[at]) for at in found),
        "moves": moves,
        "lowest": lowest,
        "lower": min(s.acts[at].item() for at in found),
        "now": len({game for game, _ in found}),
        "before": int(s.top.any(1).sum()),
    }


@sentence(
    "At **{top:.0%}** of the loudest 1% of positions C0 is blank, D1 theirs and E2 mine, against "
    "{all:.0%} of all positions.",
    top=(0.5, 1),
    all=(0.02, 0.12),
)
def top_pattern(s: Subject) -> dict:
    return {"top": s.holds[s.top].float().mean(), "all": s.holds.float().mean()}


@sentence(
    "Of the {squares} intervals {sure} leave out 0, where about ten would by luck. Half an interval is "
    "{half:.2f} wide on average: an excess of less is no news.",
    squares=None,
    sure=(20, 180),
    half=(0.05, 0.4),
)
def excess_intervals(s: Subject) -> dict:
    is_state = torch.stack([s.boards == value for value in range(3)], dim=2).float()
    excess = game_means(is_state - is_state.mean(dim=0), s.top)
    sure = (excess.low > 0) | (excess.high < 0)
    half = (excess.high - excess.low).mean() / 2
    return {"squares": sure.numel(), "sure": int(sure.sum()), "half": half}


@sentence(
    "At **{share:.0%}** of the loudest 1% of positions C0 can be captured along this diagonal; over"
    " 400 other games it is {many:.0%}, where our pattern alone stands at {pattern:.0%}.",
    share=(0.85, 1),
    many=(0.9, 1),
    pattern=(0.4, 0.85),
)
def top_captures(s: Subject) -> dict:
    games = many_games(s)
    top = top_activations(games.cache["post", LAYER][..., NEURON], quantile=0.99)
    boards = games.states_theirs_vs_mine[:, :N_CTX][top]
    share = parse(DIAGONAL)(s.boards)[s.top].float().mean()
    many, pattern = (parse(text)(boards).float().mean() for text in (DIAGONAL, HYPOTHESIS))
    return {"share": share, "many": many, "pattern": pattern}


def shares_by_band(s: Subject) -> dict[str, list[float]]:
    """What holds in the bands of rank of the notebook: shares for each claim."""
    order = s.acts.flatten().argsort(descending=True)
    claims = {"pattern": s.holds, "legal": s.legal.flatten(2)[..., C0]}
    return {
        name: [
            holds.flatten()[order[low:high]].float().mean().item()
            for low, high in pairwise([0, 30, 60, 120, 240, 480, len(order)])
        ]
        for name, holds in claims.items()
    }


@sentence(
    "The loudest 1% of positions are a small part of what the neuron does: **{rest:.0%}** of all its "
    "activation (above zero) is at other positions.",
    rest=(0.5, 1),
)
def bands_fall(s: Subject) -> dict:
    acts = s.acts.clamp(min=0)
    return {"rest": acts[~s.top].sum() / acts.sum()}


@sentence(
    "Little. The pattern stands in {first:.0%} of the first band, {third:.0%} of the third, "
    "{fifth:.0%} of the fifth: it describes the top. C0 is legal in {legal:.0%} even of the fifth.",
    first=(0.5, 1),
    third=(0.2, 0.95),
    fifth=(0, 0.5),
    legal=(0.3, 1),
)
def bands(s: Subject) -> dict:
    shares = shares_by_band(s)
    first, _, third, _, fifth, _ = shares["pattern"]
    return {"first": first, "third": third, "fifth": fifth, "legal": shares["legal"][4]}


@sentence(
    "Two sets of 50 games agree with a correlation of **{fifty:.2f}** on average (of eight such "
    "sets), two sets of 200 games with **{two_hundred:.2f}**. So a correlation far from 1 between "
    "two sets of 50 is **sampling noise**: thirty positions from a dozen games are few. What is on "
    "both boards is likely to be about the neuron, what is on one of them only was luck.",
    fifty=(0.3, 0.85),
    two_hundred=(0.7, 1),
    gain=(0.08, 0.6),
)
def sampling_noise(s: Subject) -> dict:
    games = many_games(s)
    acts, states = games.cache["post", LAYER][..., NEURON], games.states_plus_minus[:, :N_CTX]

    def average(part: slice) -> Float[Tensor, "8 8"]:
        return mean_board(states[part], top_activations(acts[part], quantile=0.99))

    sets = [average(slice(i, i + 50)) for i in range(0, 400, 50)]
    pairs = [correlation(one, other) for i, one in enumerate(sets) for other in sets[:i]]
    fifty = sum(pairs) / len(pairs)
    two_hundred = correlation(average(slice(0, 200)), average(slice(200, 400)))
    return {"fifty": fifty, "two_hundred": two_hundred, "gain": two_hundred - fifty}


@cache
def busiest(s: Subject) -> list[dict]:
    """The ten neurons with the largest standard deviation: the square each changes most, mean activations."""
    acts, legal = s.games.cache["post", LAYER], s.legal.flatten(2)
    blank = (s.boards == 0).flatten(2)
    rows = []
    for neuron in top_neurons(acts, 10):
        written = logit_attribution(s.model.blocks[LAYER].mlp.W_out[neuron], s.model.W_U).flatten()
        square = int(written.abs().argmax())
        own = acts[..., neuron]
        where = {
            "taken": ~blank[..., square],
            "blank": blank[..., square] & ~legal[..., square],
            "legal": legal[..., square],
        }
        row: dict[str, Any] = {name: own[mask].mean().item() for name, mask in where.items()}
        row |= {"early": own[:, :20].mean().item(), "late": own[:, 40:].mean().item()}
        row |= {"neuron": f"L5N{neuron}", "square": square_to_label(square), "writes": written[square].item()}
        row["kind"] = "other"
        low = max(0.1, row["taken"] / 10)
        if written[square] < 0 and row["legal"] < low < min(row["taken"], row["blank"]):
            row["kind"] = "not legal"
        elif row["early"] > 2 * row["late"]:
            row["kind"] = "early"
        rows.append(row)
    return rows


def first_of(s: Subject, kind: str) -> dict:
    return next(row for row in busiest(s) if row["kind"] == kind)


@sentence(
    "Ten of the layer's {neurons:,} neurons have **{share:.0%}** of the variance of its activations.",
    neurons=None,
    share=(0.03, 0.5),
)
def busiest_ten(s: Subject) -> dict:
    variance = s.games.cache["post", LAYER].flatten(0, 1).var(dim=0)
    return {"neurons": len(variance), "share": variance.topk(10).values.sum() / variance.sum()}


@sentence(
    "**{neuron} says that {square} is not a legal move.** It changes the logit of {square} by "
    "{writes:.2f} a unit. Its mean activation is {taken:.1f} where {square} is taken, {blank:.1f} "
    "where {square} is blank but not legal, and {legal:.2f} where it is legal.",
    neuron=None,
    square=None,
    writes=(-20, -0.5),
    taken=(0.5, 50),
    blank=(0.5, 50),
    legal=(-0.2, 0.5),
)
def worked_not_legal(s: Subject) -> dict:
    row = first_of(s, "not legal")
    return {name: row[name] for name in ("neuron", "square", "writes", "taken", "blank", "legal")}


@sentence(
    "**{neuron} belongs to the first part of the game.** Its mean activation is {early:.1f} up to "
    "move 19 and {late:.1f} from move 40 on; the square that it changes most is {square}, by "
    "{writes:+.2f} a unit.",
    neuron=None,
    square=None,
    writes=(-2.5, 2.5),
    early=(0.5, 50),
    late=(-0.2, 20),
)
def worked_early(s: Subject) -> dict:
    row = first_of(s, "early")
    return {name: row[name] for name in ("neuron", "square", "writes", "early", "late")}


@sentence(
    "Of the ten, **{not_legal}** say that one square is not a legal move: {names}. {early} are at "
    "least twice as active before move 20 as after move 40: {early_names}.",
    not_legal=(2, 10),
    names=None,
    early=(1, 8),
    early_names=None,
)
def ten_neurons(s: Subject) -> dict:
    def of_kind(kind: str) -> list[dict]:
        return [row for row in busiest(s) if row["kind"] == kind]

    not_legal, early = of_kind("not legal"), of_kind("early")
    return {
        "not_legal": len(not_legal),
        "names": ", ".join(f"{row['neuron']} ({row['square']})" for row in not_legal),
        "early": len(early),
        "early_names": ", ".join(row["neuron"] for row in early),
    }
