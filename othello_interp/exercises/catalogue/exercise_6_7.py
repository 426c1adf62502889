"""Exercise 6.7: Find the caps."""

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes

mistake = Mistakes()
SHARE = 0.8


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    return [_case(generator, *sizes) for sizes in ((6, 11, 58, 7), (9, 14, 101, 12))]


def _case(generator: torch.Generator, games: int, moves: int, neurons: int, squares: int) -> Case:
    """Eight neurons for each square, three of them caps; the first square has no cap."""

    def random(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator)

    legal = random(games, moves, squares) < 0.3
    legal[0, 0], legal[0, 1] = True, False
    attribution = 0.1 * torch.randn(neurons, squares, generator=generator)
    acts = 0.05 * torch.randn(games, moves, neurons, generator=generator)
    for neuron in range(8 * squares):
        square, kind = neuron % squares, neuron // squares
        beside = (square + 1) % squares
        on, off = legal[..., square], ~legal[..., square]
        loud = 1 + random(games, moves)
        elsewhere = loud * off * ((loud * on).sum() / (loud * off).sum())  # as much as where it is legal
        if kind < 3:  # a cap, but for the first square one that raises; some are far below 0 at most places
            # elsewhere, and of others 0.87 is here
            weight, strength = 1 + random(1).item(), 1 + random(1).item()
            attribution[neuron, square] = weight if square == 0 else -weight
            acts[..., neuron] += strength / weight * (loud * on + 0.15 * elsewhere * (square % 4 == 1))
            acts[..., neuron] -= 2.0 * off * (random(games, moves) > 0.1) * (square % 2 == 0)
        elif kind < 5:  # the strongest in weight, but often loud elsewhere: 0.73 or 0.3 of it is here, for
            # some squares all at every third of the positions
            third = on & (on.flatten().cumsum(0).view_as(on) % 3 == 0)
            acts[..., neuron] += 3 * loud * (3 * third if square % 3 == 2 else on) + 3 * elsewhere * (
                0.36 if kind == 3 else 2.3
            )
            attribution[neuron, square] = -3.0
        elif kind == 5:  # raises its square
            acts[..., neuron] += 5 * loud * on
            attribution[neuron, square] = 3.0
        else:  # lowers its square, but raises or lowers another more
            acts[..., neuron] += (4 if kind == 6 else 9) * loud * on
            attribution[neuron, square] = -2.0
            attribution[neuron, beside] = 2.5 if kind == 6 else -2.5
    return Case(
        f"{games} games of {moves} moves, {neurons} neurons, {squares} squares",
        {"acts": acts, "attribution": attribution, "legal": legal},
    )


def _strongest(is_cap: Tensor, lowering: Tensor) -> Tensor:
    """For each column the marked row that lowers most; -1 without one. Shapes (neuron, square)."""
    best = lowering.where(is_cap, torch.inf).argmin(0)
    return best.where(is_cap.any(0), -1)


def _parts(acts: Tensor, attribution: Tensor, legal: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """(neuron, square): whether it is the neuron's own square; share of the activation; mean activation."""
    flat, on = acts.flatten(0, 1), legal.flatten(0, 1).float()
    own = attribution.abs() == attribution.abs().amax(1, keepdim=True)
    share = flat.clamp(min=0).T @ on / flat.clamp(min=0).sum(0)[:, None]
    return own, share, flat.T @ on / on.sum(0)


@mistake(
    "You take neurons that raise the square's logit too. A cap lowers it: its attribution is negative.",
    credit=0.5,
)
def raising_too(acts: Tensor, attribution: Tensor, legal: Tensor) -> Tensor:
    own, share, mean = _parts(acts, attribution, legal)
    return _strongest(own & (share >= SHARE), -(attribution * mean).abs())


@mistake(
    "A neuron counts only for its own square: the one whose logit it changes most, up or down. You count it "
    "for every square that it lowers.",
    credit=0.5,
)
def any_square(acts: Tensor, attribution: Tensor, legal: Tensor) -> Tensor:
    _, share, mean = _parts(acts, attribution, legal)
    return _strongest((attribution < 0) & (share >= SHARE), attribution * mean)


@mistake(
    "You take the square that each neuron lowers most. Its own square is the one that it changes most, up "
    "or down; only then ask whether it lowers it.",
    credit=0.5,
)
def lowest_square(acts: Tensor, attribution: Tensor, legal: Tensor) -> Tensor:
    _, share, mean = _parts(acts, attribution, legal)
    own = attribution == attribution.amin(1, keepdim=True)
    return _strongest(own & (attribution < 0) & (share >= SHARE), attribution * mean)


@mistake(
    "You don't ask where the neuron fires: at least 80% of its positive activation must fall on positions "
    "where the square is legal.",
    credit=0.5,
)
def wherever_it_fires(acts: Tensor, attribution: Tensor, legal: Tensor) -> Tensor:
    own, _, mean = _parts(acts, attribution, legal)
    return _strongest(own & (attribution < 0), attribution * mean)


@mistake(
    "You divide by all activations. Negative ones, down to -0.17 with GELU, don't count: clamp them to 0 "
    "before you take the share.",
    credit=0.5,
)
def negative_too(acts: Tensor, attribution: Tensor, legal: Tensor) -> Tensor:
    own, _, mean = _parts(acts, attribution, legal)
    flat, on = acts.flatten(0, 1), legal.flatten(0, 1).float()
    share = flat.T @ on / flat.sum(0)[:, None]
    return _strongest(own & (attribution < 0) & (share >= SHARE), attribution * mean)


@mistake(
    "Of several caps for a square you take the first. Take the one that lowers it most: the lowest "
    "attribution times mean activation where the square is legal.",
    credit=0.5,
)
def the_first(acts: Tensor, attribution: Tensor, legal: Tensor) -> Tensor:
    own, share, _ = _parts(acts, attribution, legal)
    return _strongest(own & (attribution < 0) & (share >= SHARE), torch.arange(len(own))[:, None].float())


@mistake(
    "Of several caps for a square you take the one with the lowest attribution. Weigh it with how strongly "
    "the neuron fires: attribution times mean activation where the square is legal.",
    credit=0.5,
)
def by_weight_alone(acts: Tensor, attribution: Tensor, legal: Tensor) -> Tensor:
    own, share, _ = _parts(acts, attribution, legal)
    return _strongest(own & (attribution < 0) & (share >= SHARE), attribution)


@mistake("A square without a cap gets -1, not 0: 0 is a neuron.", credit=0.5)
def zero_for_none(acts: Tensor, attribution: Tensor, legal: Tensor) -> Tensor:
    own, share, mean = _parts(acts, attribution, legal)
    return _strongest(own & (attribution < 0) & (share >= SHARE), attribution * mean).clamp(min=0)


@mistake(
    "You ask at what share of the positions where the square is legal the neuron fires. Ask the other way "
    "round: what share of its activation falls where the square is legal.",
    credit=0.5,
)
def share_of_the_legal_ones(acts: Tensor, attribution: Tensor, legal: Tensor) -> Tensor:
    own, _, mean = _parts(acts, attribution, legal)
    flat, on = acts.flatten(0, 1), legal.flatten(0, 1).float()
    share = (flat > 0).float().T @ on / on.sum(0)
    return _strongest(own & (attribution < 0) & (share >= SHARE), attribution * mean)


@mistake(
    "You count the positions at which the neuron is positive. Add up its activation there: a loud position "
    "counts for more.",
    credit=0.5,
)
def positions_counted(acts: Tensor, attribution: Tensor, legal: Tensor) -> Tensor:
    own, _, mean = _parts(acts, attribution, legal)
    share = _parts((acts > 0).float(), attribution, legal)[1]
    return _strongest(own & (attribution < 0) & (share >= SHARE), attribution * mean)


EXERCISE = Exercise(
    id="6.7",
    notebook="06_circuit",
    function="find_caps",
    title="Find the caps",
    points=3,
    difficulty=4,
    importance=4,
    minutes=25,
    tests="Your function on made-up neurons: caps, neurons that raise their square, that fire elsewhere, "
    "that change another square more.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "A neuron's own square is attribution.abs().argmax(1). Its share: of acts.clamp(min=0), summed over "
        "all positions, the part where legal[..., square] is True.",
        "All shares at once: positive.flatten(0, 1).T @ legal.flatten(0, 1).float(), of shape (neuron, "
        "square), divided by each neuron's sum.",
        "Begin with torch.full((squares,), -1). Loop over the neurons, skip those that are no caps, and keep "
        "for each square the one with the lowest attribution × mean activation.",
    ),
    explanation="A cap is known by three things at once: when it fires, what it writes, and the sign. Each "
    "alone lets other neurons in.",
)
