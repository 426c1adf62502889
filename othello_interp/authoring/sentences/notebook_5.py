"""Measured sentences of notebook 5."""

from functools import cache

import torch
from jaxtyping import Bool, Float, Int8
from torch import Tensor

from othello_interp.ablation import effect_by_path
from othello_interp.authoring.measured import sentence
from othello_interp.authoring.sentences.notebook_4 import DIAGONAL, busiest
from othello_interp.authoring.subject import C0, D1, Subject
from othello_interp.exercises import EXERCISES
from othello_interp.exercises.catalogue.own_hypothesis import GAMES_SEED, N_GAMES
from othello_interp.exercises.judging.answer_key import load_reference
from othello_interp.figures import HYPOTHESIS, LAYER, NEURON
from othello_interp.games import FocusGames, load_games
from othello_interp.hypotheses import firing_threshold, parse, roc_auc, spectrum
from othello_interp.intervals import game_mean
from othello_interp.lines import best_lines, line_aucs
from othello_interp.patterns import as_hypothesis, line_patterns
from othello_interp.rules.random_games import random_games
from othello_interp.squares import ALL_SQUARES, label_to_square
from othello_interp.weights.gpt import N_CTX

TOKEN = ALL_SQUARES.index(C0) + 1
C0_LINES = [as_hypothesis(line) for line in line_patterns() if line.get("C0") == "BLANK"]
ELSEWHERE = " | ".join(line for line in C0_LINES if "D1==" not in line)


@cache
def other_lines(s: Subject) -> Tensor:
    """Along how many lines other than the pattern C0 can be captured, (game, 59)."""
    return torch.stack([parse(line)(s.boards) for line in C0_LINES if line != HYPOTHESIS]).sum(0)


@cache
def paths(s: Subject) -> dict[str, Tensor]:
    """The change of the logit of C0 when the neuron is off, by the way it takes, and in all."""
    split = effect_by_path(s.model, s.games.tokens[:, :N_CTX], LAYER, NEURON, TOKEN)
    return split | {"all": torch.stack(list(split.values())).sum(0)}


def at_work(s: Subject) -> Bool[Tensor, "game 59"]:
    return s.holds & s.fires


@sentence(
    "The pattern stands at **{matching}** of {positions:,} positions, {share:.0%}; a hypothesis "
    "that is rarely true must be tested on many positions.",
    matching=(60, 300),
    positions=(2950, 2950),
    share=(0.02, 0.1),
)
def pattern_is_rare(s: Subject) -> dict:
    share = s.holds.float().mean()
    return {"matching": int(s.holds.sum()), "positions": s.holds.numel(), "share": share}


@sentence(
    "Where the hypothesis is false **{false:.0%}** of the activations are below 0.5; where it is "
    "true **{true:.0%}**.",
    false=(0.75, 1),
    true=(0, 0.5),
)
def two_groups(s: Subject) -> dict:
    low = (s.acts < 0.5).float()
    return {"false": low[~s.holds].mean(), "true": low[s.holds].mean()}


@sentence(
    "No: at activations above 6 the pattern stands at **{loud:.0%}** of the positions, between 2 and 3 at "
    "{middle:.0%}, and below 0 at {low:.1%}. The pattern is rare, so that a small part of the many positions "
    "without it is a large part of the loud ones.",
    loud=(0.4, 0.9),
    middle=(0, 0.5),
    low=(0, 0.05),
)
def base_rate(s: Subject) -> dict:
    loud, middle, low = s.acts > 6, (s.acts > 2) & (s.acts <= 3), s.acts < 0
    shares = {"loud": loud, "middle": middle, "low": low}
    return {name: s.holds[where].float().mean() for name, where in shares.items()}


@sentence(
    "The precision is **{precision:.2f}**: at more than half of the positions where the neuron "
    "fires the pattern doesn't stand. The recall is {recall:.2f}, and the ROC AUC {auc:.2f}, which "
    "says nothing of that.",
    precision=(0.1, 0.5),
    recall=(0.5, 1),
    auc=(0.75, 1),
)
def three_numbers(s: Subject) -> dict:
    on = s.fires
    auc = roc_auc(s.acts.flatten(), s.holds.flatten())
    both = (on & s.holds).sum()
    return {"precision": both / on.sum(), "recall": both / s.holds.sum(), "auc": auc}


@sentence(
    "At {misses} of the {matching} positions where the pattern stands the neuron doesn't fire, and "
    "at {alarms} positions it fires without the pattern.",
    misses=(10, 150),
    matching=None,
    alarms=(20, 500),
)
def misses(s: Subject) -> dict:
    on = s.fires
    figures = {"misses": s.holds & ~on, "matching": s.holds, "alarms": on & ~s.holds}
    return {name: int(where.sum()) for name, where in figures.items()}


@sentence(
    "**Other lines.** Where C0 can be captured along no other line the mean activation is "
    "**{none:.1f}**, with one other line {one:.1f}, with two or more **{more:.1f}**. It isn't the "
    "time of the game: within moves 20 to 39 it is {none_middle:.1f} against {some_middle:.1f}.",
    none=(1, 30),
    one=None,
    more=None,
    ratio=(2, 1000),
    none_middle=(1, 30),
    some_middle=None,
    ratio_middle=(1.4, 1000),
)
def misses_lines(s: Subject) -> dict:
    lines = other_lines(s)
    middle = torch.zeros_like(s.holds)
    middle[:, 20:40] = True
    where = {
        "none": lines == 0,
        "one": lines == 1,
        "more": lines > 1,
        "none_middle": (lines == 0) & middle,
        "some_middle": (lines > 0) & middle,
    }
    means = {name: s.acts[s.holds & mask].mean() for name, mask in where.items()}
    ratio_middle = means["none_middle"] / means["some_middle"].clamp(min=0.01)
    return means | {"ratio": means["none"] / means["more"].clamp(min=0.01), "ratio_middle": ratio_middle}


@sentence(
    "At **{longer:.0%}** of the alarms C0 can be captured along the same diagonal, over more than "
    "one disc, against {quiet:.1%} of the positions below the threshold. The lines at the top of "
    "the last table are those.",
    longer=(0.25, 1),
    quiet=(0, 0.1),
)
def alarms(s: Subject) -> dict:
    on, longer = s.fires, parse(DIAGONAL)(s.boards) & ~s.holds
    quiet = longer[~on & ~s.holds].float().mean()
    return {"longer": longer[on & ~s.holds].float().mean(), "quiet": quiet}


@sentence(
    "Of the rest **{rest:.0%}** have two parts of the pattern out of three, against {quiet:.0%} of the "
    'positions below the threshold: a neuron is a weighted sum and a GELU, and has no sharp "and".',
    rest=(0.3, 1),
    quiet=(0, 0.4),
)
def alarms_in_part(s: Subject) -> dict:
    parts = torch.stack([parse(part)(s.boards) for part in HYPOTHESIS.split(" & ")]).sum(0)
    rest = s.fires & ~s.holds & ~parse(DIAGONAL)(s.boards)
    quiet = ~s.fires & ~s.holds
    return {"rest": (parts[rest] == 2).float().mean(), "quiet": (parts[quiet] == 2).float().mean()}


@sentence(
    '*D1* is legal at {alarms:.1%} of the alarms and at {quiet:.1%} of the quiet positions. So "a '
    'second job to do with D1" is not why the neuron changes D1.',
    alarms=(0, 0.1),
    quiet=None,
    less=(-1, 0.02),
)
def no_second_job(s: Subject) -> dict:
    on, legal = s.fires, s.legal.flatten(2)[..., D1].float()
    figures = {"alarms": legal[on & ~s.holds].mean(), "quiet": legal[~on & ~s.holds].mean()}
    return figures | {"less": figures["alarms"] - figures["quiet"]}


@cache
def new_games(s: Subject) -> tuple[Float[Tensor, "60 59"], Int8[Tensor, "60 59 8 8"]]:
    """The neuron's activations and the boards in the games that the better hypothesis is tried on."""
    games = FocusGames(s.model, load_games()[1000:1060])
    return games.cache["post", LAYER][..., NEURON], games.states_theirs_vs_mine[:, :N_CTX]


@sentence(
    "On 60 games that had no part in finding it, the pattern stands at **{precision:.0%}** of the positions "
    "where the neuron fires, and its ROC AUC is {auc:.2f}.",
    precision=(0.1, 0.5),
    auc=(0.75, 0.94),
)
def pattern_on_new_games(s: Subject) -> dict:
    acts, boards = new_games(s)
    found = spectrum(acts, parse(HYPOTHESIS)(boards), firing_threshold(s.acts))
    return {"precision": found.precision, "auc": found.auc}


@sentence(
    "On the new games the ROC AUC goes from **{pattern:.2f}** (the pattern) to **{diagonal:.2f}** "
    "(any line on its diagonal) and **{only:.2f}** (and none elsewhere).",
    pattern=(0.75, 0.95),
    diagonal=(0.82, 1),
    only=(0.9, 1),
    first_step=(0.01, 0.3),
    second_step=(0.01, 0.3),
)
def refined(s: Subject) -> dict:
    acts, boards = new_games(s)
    texts = {"pattern": HYPOTHESIS, "diagonal": DIAGONAL, "only": f"({DIAGONAL}) & ~({ELSEWHERE})"}
    found = {name: roc_auc(acts.flatten(), parse(text)(boards).flatten()) for name, text in texts.items()}
    steps = {
        "first_step": found["diagonal"] - found["pattern"],
        "second_step": found["only"] - found["diagonal"],
    }
    return found | steps


@sentence(
    "**{count}** of the layer's {neurons:,} neurons have a line among the 960 that fits them with a"
    " ROC AUC above 0.95, on the focus games and among lines that stand at 60 positions or more.",
    count=(5, 1500),
    neurons=None,
)
def many_neurons_fit_lines(s: Subject) -> dict:
    aucs = line_aucs(s.games.cache["post", LAYER], s.boards, min_matches=60)
    best = aucs.nan_to_num(nan=0).max(0).values
    return {"count": int((best > 0.95).sum()), "neurons": len(best)}


@sentence(
    "That {square} is taken fits {neuron} with a ROC AUC of {taken:.2f}, that a move there is not legal with "
    "**{not_legal:.2f}**: it says that the model shouldn't play there, for whatever reason.",
    square=None,
    neuron=None,
    taken=None,
    not_legal=(0.85, 1),
    gain=(0.02, 0.5),
)
def busiest_says(s: Subject) -> dict:
    row = busiest(s)[0]
    square, neuron = label_to_square(row["square"]), int(row["neuron"].removeprefix("L5N"))
    acts = s.games.cache["post", LAYER][..., neuron].flatten()
    taken = roc_auc(acts, (s.boards.flatten(2)[..., square] != 0).flatten())
    not_legal = roc_auc(acts, ~s.legal.flatten(2)[..., square].flatten())
    names = {"square": row["square"], "neuron": row["neuron"]}
    return names | {"taken": taken, "not_legal": not_legal, "gain": not_legal - taken}


@sentence(
    "Where the pattern stands and the neuron fires, the direct path promises that the logit of C0 falls by "
    "**{promised:.2f}** when it is switched off.",
    promised=(0.05, 3),
)
def promise_when_off(s: Subject) -> dict:
    return {"promised": -paths(s)["direct"][at_work(s)].mean()}


@sentence(
    "Where the pattern stands and the neuron fires, switching it off changes the logit of C0 by "
    "**{change:+.3f}** on average, with a 95% interval from {low:+.3f} to {high:+.3f}; the direct "
    "path promises {promised:+.2f}.",
    change=(-0.1, 0.1),
    low=None,
    high=None,
    promised=(-3, -0.1),
    share=(-0.5, 0.5),
)
def switched_off(s: Subject) -> dict:
    where, split = at_work(s), paths(s)
    found = game_mean(split["all"], where)
    promised = split["direct"][where].mean()
    figures = {"change": found.mean, "low": found.low, "high": found.high}
    return figures | {"promised": promised, "share": found.mean / promised}


@sentence(
    "At the false alarms it is another story: there the logit of C0 changes by **{change:+.2f}**, "
    "with the interval from {low:+.2f} to {high:+.2f}; the direct path promises {promised:+.2f}. So"
    " the model does use the neuron. Where the pattern stands something stops it from showing.",
    change=(-3, -0.1),
    low=None,
    high=(-3, -0.02),
    promised=(-3, -0.05),
)
def off_at_alarms(s: Subject) -> dict:
    where, split = s.fires & ~s.holds, paths(s)
    found = game_mean(split["all"], where)
    promised = split["direct"][where].mean()
    return {"change": found.mean, "low": found.low, "high": found.high, "promised": promised}


@sentence(
    "For neuron {neuron} the search finds the line {line}, whose AUC on the new games is {line_auc:.3f}. "
    "Among the positions where the neuron fires and this line doesn't stand, the line often goes on: D6 is "
    "theirs as well, and C6 or B6 is mine. With these let in the AUC is {auc:.3f}.",
    neuron=(1751, 1751),
    line="F6, E6, D6",
    line_auc=(0.95, 0.999),
    auc=(0.96, 1),
    gain=(0.002, 0.05),
)
def another_neuron(s: Subject) -> dict:
    neuron, text = load_reference(EXERCISES["5.4"])()
    acts = s.games.cache["post", LAYER][..., [neuron]].flatten(0, 1)
    line = best_lines(acts, s.boards.flatten(0, 1)).hypothesis[0]
    new = FocusGames(s.model, random_games(N_GAMES, seed=GAMES_SEED))
    acts = new.cache["post", LAYER][..., neuron].flatten()
    boards = new.states_theirs_vs_mine[:, :N_CTX].flatten(0, 1)
    line_auc, auc = (roc_auc(acts, parse(each)(boards)).item() for each in (line, text))
    squares = ", ".join(part.split("==")[0] for part in line.split(" & "))
    return {"neuron": neuron, "line": squares, "line_auc": line_auc, "auc": auc, "gain": auc - line_auc}
