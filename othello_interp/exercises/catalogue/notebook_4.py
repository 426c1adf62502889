"""Exercises of notebook 4: activations, max activating examples, the top neurons of a layer."""

from typing import Any

import torch
from torch import Tensor

from othello_interp import squares as names
from othello_interp.exercises.records import Case, Exercise, Mistake, ModelRef
from othello_interp.squares import ALL_SQUARES

NOTEBOOK = "04_max_activating"

# --- 4.1 ---------------------------------------------------------------------------------------


def _game_cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    playable = torch.tensor(ALL_SQUARES)
    cases = []
    for n_games, n_moves, game, threshold in ((3, 7, 1, 0.5), (2, 11, 0, 1.0), (5, 59, 4, 1.5)):
        # Multiples of a half, so that some activations equal the threshold exactly.
        acts = torch.randn(n_games, n_moves, generator=generator).mul(3).round() / 2
        acts[game, 1:4] = torch.tensor([threshold, -threshold - 1, threshold + 1])
        played = torch.stack([playable[torch.randperm(60, generator=generator)] for _ in range(n_games)])
        inputs = {"acts": acts, "squares": played, "game": game, "threshold": threshold}
        cases.append(Case(f"game {game} of {n_games}, {n_moves} moves, threshold {threshold}", inputs))
    return cases


Moves = list[tuple[Any, Any]]


def _fires(acts: Tensor, game: int, threshold: float) -> list[int]:
    return (acts[game] > threshold).nonzero().flatten().tolist()


def _labels(squares: Tensor, game: int, moves: list[int]) -> Moves:
    return [(move, names.square_to_label(int(squares[game, move]))) for move in moves]


def _at_least(acts: Tensor, squares: Tensor, game: int, threshold: float) -> Moves:
    return _labels(squares, game, (acts[game] >= threshold).nonzero().flatten().tolist())


def _signs_ignored(acts: Tensor, squares: Tensor, game: int, threshold: float) -> Moves:
    return _labels(squares, game, _fires(acts.abs(), game, threshold))


def _square_as_token(acts: Tensor, squares: Tensor, game: int, threshold: float) -> Moves:
    return [(m, names.id_to_label(int(squares[game, m]))) for m in _fires(acts, game, threshold)]


def _next_square(acts: Tensor, squares: Tensor, game: int, threshold: float) -> Moves:
    return [(m, names.square_to_label(int(squares[game, m + 1]))) for m in _fires(acts, game, threshold)]


def _counted_from_one(acts: Tensor, squares: Tensor, game: int, threshold: float) -> Moves:
    return [(move + 1, label) for move, label in _labels(squares, game, _fires(acts, game, threshold))]


def _squares_not_labels(acts: Tensor, squares: Tensor, game: int, threshold: float) -> Moves:
    return [(move, int(squares[game, move])) for move in _fires(acts, game, threshold)]


def _strongest_first(acts: Tensor, squares: Tensor, game: int, threshold: float) -> Moves:
    moves = sorted(_fires(acts, game, threshold), key=lambda move: -acts[game, move].item())
    return _labels(squares, game, moves)


# --- 4.2 ---------------------------------------------------------------------------------------


def _quantile_cases(seed: int) -> list[Case]:
    """Sizes at which no quantile falls on an activation, but for the last, where many activations are 0."""
    generator = torch.Generator().manual_seed(seed)
    cases = []
    for n_games, n_moves, quantile in ((5, 59, 0.99), (3, 7, 0.83)):
        scale = torch.linspace(1, 3, n_games)[:, None]
        acts = scale * torch.randn(n_games, n_moves, generator=generator) + 0.5
        inputs = {"acts": acts, "quantile": quantile}
        cases.append(Case(f"{n_games} games, {n_moves} moves, quantile {quantile}", inputs))
    silent = torch.rand(2, 11, generator=generator)
    silent.view(-1)[torch.randperm(22, generator=generator)[:13]] = 0
    cases.append(Case("a neuron that is often exactly 0", {"acts": silent, "quantile": 0.4}))
    return cases


def _quantile_per_game(acts: Tensor, quantile: float) -> Tensor:
    return acts > acts.quantile(quantile, dim=1, keepdim=True)


def _quantile_per_move(acts: Tensor, quantile: float) -> Tensor:
    return acts > acts.quantile(quantile, dim=0, keepdim=True)


def _not_below(acts: Tensor, quantile: float) -> Tensor:
    return acts >= acts.flatten().quantile(quantile)


def _share_of_maximum(acts: Tensor, quantile: float) -> Tensor:
    return acts > quantile * acts.max()


def _lowest(acts: Tensor, quantile: float) -> Tensor:
    return acts < acts.flatten().quantile(1 - quantile)


def _everything_else(acts: Tensor, quantile: float) -> Tensor:
    return acts < acts.flatten().quantile(quantile)


def _sizes(acts: Tensor, quantile: float) -> Tensor:
    return acts.abs() > acts.abs().flatten().quantile(quantile)


def _of_positive_ones(acts: Tensor, quantile: float) -> Tensor:
    return acts > acts[acts > 0].quantile(quantile)


# --- 4.3 ---------------------------------------------------------------------------------------


def _board_cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    cases = []
    for n_games, n_moves in ((3, 7), (2, 11)):
        odds = torch.rand(64, 3, generator=generator)
        states = odds.multinomial(n_games * n_moves, replacement=True, generator=generator)
        states = states.T.reshape(n_games, n_moves, 8, 8).to(torch.int8)
        mask = torch.rand(n_games, n_moves, generator=generator) < torch.linspace(0.2, 0.7, n_games)[:, None]
        mask[:, :2] = torch.tensor([True, False])
        cases.append(Case(f"{n_games} games, {n_moves} moves", {"states": states, "mask": mask}))
    return cases


def _one_hot(states: Tensor) -> Tensor:
    """(game, move, 8, 8) to (3, game, move, 8, 8): blank, theirs, mine."""
    return torch.stack([states == value for value in range(3)]).float()


def _out_of_all(states: Tensor, mask: Tensor) -> Tensor:
    return (_one_hot(states) * mask[..., None, None]).mean((1, 2))


def _mask_ignored(states: Tensor, mask: Tensor) -> Tensor:
    return _one_hot(states).mean((1, 2))


def _other_positions(states: Tensor, mask: Tensor) -> Tensor:
    return _one_hot(states)[:, ~mask].mean(1)


def _counts(states: Tensor, mask: Tensor) -> Tensor:
    return _one_hot(states)[:, mask].sum(1)


def _theirs_and_mine_swapped(states: Tensor, mask: Tensor) -> Tensor:
    return _one_hot(states)[[0, 2, 1]][:, mask].mean(1)


def _plus_minus_values(states: Tensor, mask: Tensor) -> Tensor:
    return torch.stack([(states[mask] == value).float().mean(0) for value in (0, -1, 1)])


def _mean_of_games(states: Tensor, mask: Tensor) -> Tensor:
    games = [_one_hot(states)[:, game, mask[game]].mean(1) for game in range(len(mask))]
    return torch.stack(games).mean(0)


# --- 4.4 ---------------------------------------------------------------------------------------

Described = tuple[list[int], Tensor, Tensor]


def _layer_cases(seed: int) -> list[Case]:
    """Random activations that differ in spread and mean, in two layers of two models."""
    generator = torch.Generator().manual_seed(seed)
    cases = []
    for name, model, layer, d_mlp, n_games, n_moves, count, quantile in (
        ("course model, layer 5", ModelRef("embedded"), 5, 2048, 3, 11, 7, 0.9),
        ("small random model, layer 1", ModelRef("tiny", seed), 1, 36, 5, 7, 3, 0.85),
    ):
        spread, mean = torch.rand(2, d_mlp, generator=generator) * torch.tensor([[2.0], [4.0]])
        acts = spread * torch.randn(n_games, n_moves, d_mlp, generator=generator) + mean
        states = torch.randint(-1, 2, (n_games, n_moves, 8, 8), generator=generator).to(torch.int8)
        inputs = {"model": model, "layer": layer, "acts": acts, "states": states}
        cases.append(Case(name, inputs | {"count": count, "quantile": quantile}))
    return cases


def _described(
    model: Any,
    layer: int,
    acts: Tensor,
    states: Tensor,
    count: int,
    quantile: float,
    order: str = "std",
    weights: str = "w_out",
    columns: slice = slice(1, None),
    squares: Any = ALL_SQUARES,
    mask: str = "own",
    divide: str = "marked",
) -> Described:
    """The right answer, with a knob for each thing that can be got wrong."""
    flat = acts.flatten(0, 1)
    by = {"std": flat.std(0), "mean": flat.mean(0), "max": flat.max(0).values, "least": -flat.std(0)}
    neurons = by.get(order, flat.std(0)).topk(count).indices
    neurons = neurons.sort().values if order == "number" else neurons
    mlp = model.blocks[layer].mlp
    vectors = mlp.W_out[neurons] if weights == "w_out" else mlp.W_in.T[neurons]
    attributions = torch.zeros(count, 64)
    attributions[:, squares] = vectors @ model.W_U[:, columns]
    chosen = flat[:, neurons]
    thresholds = {"own": chosen.quantile(quantile, 0), "one": chosen.flatten().quantile(quantile)}
    marked = chosen > thresholds[mask] if mask in thresholds else torch.ones_like(chosen) > 0
    boards = torch.einsum("pn,prc->nrc", marked.float(), states.flatten(0, 1).float())
    total = marked.sum(0)[:, None, None] if divide == "marked" else len(flat)
    return neurons.tolist(), attributions.view(count, 8, 8), boards / total


def _twisted(**knobs: Any) -> Any:
    """A wrong `describe_top_neurons`: the right one with a knob turned."""

    def wrong(model: Any, layer: int, acts: Tensor, states: Tensor, count: int, quantile: float) -> Described:
        return _described(model, layer, acts, states, count, quantile, **knobs)

    return wrong


EXERCISES = [
    Exercise(
        id="4.1",
        notebook=NOTEBOOK,
        function="explain_game",
        title="When does it fire in one game?",
        points=2,
        difficulty=2,
        importance=4,
        minutes=10,
        tests="Three sets of random activations and games; some activations equal the threshold exactly.",
        cases=_game_cases,
        mistakes=(
            Mistake(
                "at_least",
                _at_least,
                "You also took moves whose activation equals the threshold. Asked for is above it: `>`.",
                credit=0.5,
            ),
            Mistake(
                "signs_ignored",
                _signs_ignored,
                "You took the size of the activation. A neuron with a negative activation is not firing.",
            ),
            Mistake(
                "square_as_token",
                _square_as_token,
                "You read the number of a square as a token. `squares` holds 0..63: use "
                "`utils.square_to_label`, not `utils.id_to_label`.",
                credit=0.5,
            ),
            Mistake(
                "next_square",
                _next_square,
                "You gave the square that is played next. The activation at move m belongs to the board "
                "after move m: give the square of that move.",
            ),
            Mistake("counted_from_one", _counted_from_one, "Moves are counted from 0 here.", credit=0.5),
            Mistake(
                "squares_not_labels",
                _squares_not_labels,
                "The second item of each pair should be a label such as 'C0': `utils.square_to_label` turns "
                "the number of a square into one.",
                credit=0.5,
            ),
            Mistake(
                "strongest_first",
                _strongest_first,
                "The pairs are right but sorted by activation. Give them in the order of the moves.",
                credit=0.5,
            ),
        ),
        hints=(
            "`acts[game] > threshold` is true where the neuron fires; `.nonzero()` gives the moves.",
            "`squares[game, move]` is a tensor with one number in it: `.item()` gives the number and "
            "`utils.square_to_label` its label.",
        ),
        explanation="In game 5 the neuron fires after every other move, from the time the pattern stands "
        "until something breaks it.",
    ),
    Exercise(
        id="4.2",
        notebook=NOTEBOOK,
        function="top_moves",
        title="The moves where it fires most",
        points=1,
        difficulty=1,
        importance=4,
        minutes=5,
        tests="Random activations of several sizes and quantiles; one neuron is often exactly 0.",
        cases=_quantile_cases,
        mistakes=(
            Mistake(
                "quantile_per_game",
                _quantile_per_game,
                "You took a quantile for each game, so every game has top moves, even one in which the "
                "neuron is silent. Take one quantile over all moves of all games.",
                credit=0.5,
            ),
            Mistake(
                "quantile_per_move",
                _quantile_per_move,
                "You took a quantile for each move number. Take one over all moves of all games.",
            ),
            Mistake(
                "not_below",
                _not_below,
                "You also took activations that equal the quantile (`>=`). For a neuron that is mostly "
                "silent these are most of the moves.",
                credit=0.5,
            ),
            Mistake(
                "share_of_maximum",
                _share_of_maximum,
                "You multiplied the maximum by the quantile. A quantile counts activations: a quantile of "
                "0.99 has 99% of them below it.",
            ),
            Mistake("lowest", _lowest, "These are the moves with the lowest activations: the other end."),
            Mistake(
                "everything_else",
                _everything_else,
                "You marked the activations below the quantile. The top ones are above it.",
            ),
            Mistake(
                "sizes",
                _sizes,
                "You took the size of the activations, which makes very negative ones count as firing.",
            ),
            Mistake(
                "of_positive_ones",
                _of_positive_ones,
                "You took the quantile of the positive activations only. Take it of all of them.",
            ),
        ),
        hints=(
            "`acts.flatten().quantile(0.99)` is the number that 99% of all activations lie below.",
            "The mask is a comparison of `acts` with that number.",
        ),
        explanation="One number for the whole dataset. That some games have no top move at all is part of "
        "the result.",
    ),
    Exercise(
        id="4.3",
        notebook=NOTEBOOK,
        function="square_shares",
        title="How often blank, theirs, mine?",
        points=2,
        difficulty=2,
        importance=4,
        minutes=10,
        tests="Random boards and masks; the games differ in how many of their moves are marked.",
        cases=_board_cases,
        mistakes=(
            Mistake(
                "out_of_all",
                _out_of_all,
                "You divided by the number of all positions. Divide by the number of marked ones: the three "
                "shares of a square add up to 1.",
                credit=0.5,
            ),
            Mistake("mask_ignored", _mask_ignored, "These are the shares over all positions: use the mask."),
            Mistake(
                "other_positions",
                _other_positions,
                "These are the shares over the positions that are not marked.",
            ),
            Mistake(
                "counts",
                _counts,
                "These are counts. Divide by the number of marked positions.",
                credit=0.5,
            ),
            Mistake(
                "theirs_and_mine_swapped",
                _theirs_and_mine_swapped,
                "Theirs and mine are swapped: in `states`, 1 is theirs and 2 is mine.",
                credit=0.5,
            ),
            Mistake(
                "plus_minus_values",
                _plus_minus_values,
                "You looked for -1, 0 and 1. These boards hold 0 blank, 1 theirs, 2 mine.",
            ),
            Mistake(
                "mean_of_games",
                _mean_of_games,
                "You averaged within each game and then over the games. A game with many marked positions "
                "should count for more: average over all marked positions at once.",
                credit=0.5,
            ),
        ),
        hints=(
            "`states[mask]` has shape (n, 8, 8): the n marked boards.",
            "`(states[mask] == 0).float().mean(dim=0)` is the first of the three boards; `torch.stack` puts "
            "the three together.",
        ),
        explanation="The mean of a mask of zeros and ones is a share.",
    ),
    Exercise(
        id="4.4",
        notebook=NOTEBOOK,
        function="describe_top_neurons",
        title="Ten neurons at once",
        points=4,
        difficulty=4,
        importance=5,
        minutes=25,
        tests="Random activations and boards, with layer 5 of the course's model and a small random model.",
        cases=_layer_cases,
        mistakes=(
            Mistake(
                "by_mean",
                _twisted(order="mean"),
                "You chose the neurons with the largest mean. A neuron that is always on tells nothing: "
                "take the largest standard deviation.",
            ),
            Mistake(
                "by_maximum",
                _twisted(order="max"),
                "You chose the neurons with the largest single activation. Take the standard deviation.",
            ),
            Mistake(
                "least_first",
                _twisted(order="least"),
                "These are the neurons with the smallest standard deviation.",
            ),
            Mistake(
                "in_order_of_number",
                _twisted(order="number"),
                "The right neurons in the order of their numbers. Give the largest standard deviation first.",
                credit=0.7,
            ),
            Mistake(
                "input_weights",
                _twisted(weights="w_in"),
                "You attributed the input weights. What a neuron writes is a row of `W_out`.",
            ),
            Mistake(
                "last_column_dropped",
                _twisted(columns=slice(0, 60)),
                "Every logit stands one square too late: column 0 of `W_U` is the pass. Drop that one: "
                "`W_U[:, 1:]`.",
                credit=0.5,
            ),
            Mistake(
                "centre_not_skipped",
                _twisted(squares=slice(0, 60)),
                "You put the 60 logits on squares 0 to 59. The four centre squares have no token: use "
                "`ALL_SQUARES`.",
                credit=0.5,
            ),
            Mistake(
                "one_quantile",
                _twisted(mask="one"),
                "You took one quantile over all the neurons together, so the loud ones get most of the "
                "moves. Each neuron has its own: `quantile(..., dim=0)`.",
                credit=0.5,
            ),
            Mistake(
                "all_moves",
                _twisted(mask="all"),
                "Your boards are averages over all moves. Take only those at which the neuron fires most.",
                credit=0.4,
            ),
            Mistake(
                "divided_by_all",
                _twisted(divide="all"),
                "You divided the sum of the boards by the number of all moves. Divide by the number of "
                "marked ones, neuron by neuron.",
                credit=0.5,
            ),
        ),
        hints=(
            "Flatten game and move into one axis first: `acts.flatten(0, 1)` has shape (position, neuron).",
            "`flat.std(dim=0).topk(count).indices` are the neurons. `W_out[neurons] @ W_U[:, 1:]` has shape "
            "(count, 60); put it into `torch.zeros(count, 64)` at `[:, ALL_SQUARES]`.",
            "`flat[:, neurons].quantile(quantile, dim=0)` is one threshold for each neuron. With the mask as "
            "floats of shape (position, count), `torch.einsum('pn,prc->nrc', mask, boards)` adds up the "
            "marked boards of every neuron; divide by how many each has.",
        ),
        explanation="Nothing here needs a loop over neurons: the mask is a matrix, and averaging boards "
        "under it is a matrix product.",
    ),
    Exercise(
        id="4.5",
        notebook=NOTEBOOK,
        function="",
        title="What do three of them do?",
        points=3,
        difficulty=3,
        importance=5,
        minutes=20,
        tests="Nothing automatic: a person reads your answer.",
        cases=lambda seed: [],
        open=True,
        hints=(
            "Begin with the attribution: which square's logit does the neuron change most, up or down?",
            "Then ask when: is that square blank, taken, or legal where the neuron is loud? And where it is "
            "silent?",
            "Say what would prove you wrong, and look for one position that does.",
        ),
        explanation="There is no single right answer. A good one makes a claim that could be wrong, supports "
        "it by weights and by activations, and says what doesn't fit. The notebook shows how to go about it.",
    ),
]
