"""Exercise 4.2: The loudest moves, well apart."""

from typing import Any

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    """Some moves are planted so that every mistake shows: neighbours on both sides of a loud one, a move
    exactly `gap` away and one a move nearer, the last move of a game beside the first of the next, and the
    largest in size, which is negative.
    """
    generator = torch.Generator().manual_seed(seed)
    made = []
    for n_games, n_moves, count, gap, lower, about in (
        (5, 59, 7, 6, 0.0, ""),
        (3, 17, 5, 4, 0.0, ""),
        (2, 23, 4, 5, 8.0, ", a neuron that is never positive"),
    ):
        acts = 0.3 * torch.randn(n_games, n_moves, generator=generator)
        game = int(torch.randint(n_games - 1, (), generator=generator))
        acts[game, [1, 0, 2, 1 + gap, -1]] = torch.tensor([6.0, 5.9, 5.8, 5.6, 5.4])
        acts[game + 1, [0, gap - 1, -1]] = torch.tensor([6.5, 5.2, -9.0])
        inputs = {"acts": acts - lower, "count": count, "gap": gap}
        made.append(Case(f"{count} of {n_games} games, {n_moves} moves, {gap} apart{about}", inputs))
    # Nothing planted: what is left out has neighbours that are taken, and they have others.
    acts = torch.randn(3, 59, generator=generator)
    return [*made, Case("17 of 3 games, 59 moves, 6 apart", {"acts": acts, "count": 17, "gap": 6})]


Moves = list[tuple[Any, Any]]


def _apart(acts: Tensor, count: int, before: int, after: int, struck: float = -torch.inf) -> Moves:
    """The loudest moves; once one is taken, so many before it and after it can't be."""
    acts, found = acts.clone(), []
    for _ in range(count):
        game, move = divmod(int(acts.argmax()), acts.shape[1])
        found.append((game, move))
        acts[game, max(move - before, 0) : move + after + 1] = struck
    return found


@mistake(
    "You took the loudest moves, whatever their distance. Some lie only a move or two from another one of "
    "the same game and show nearly the same board.",
)
def no_gap(acts: Tensor, count: int, gap: int) -> Moves:
    return _apart(acts, count, 0, 0)


@mistake("You took the loudest moves first and then left out those that are too close, so too few remain.")
def filtered_after(acts: Tensor, count: int, gap: int) -> Moves:
    found: Moves = []
    for game, move in _apart(acts, count, 0, 0):
        if all(other != game or abs(move - at) >= gap for other, at in found):
            found.append((game, move))
    return found


@mistake(
    "You took one move of each game. A game may give several, if they are `gap` moves apart.", credit=0.5
)
def one_for_each_game(acts: Tensor, count: int, gap: int) -> Moves:
    loudest = acts.max(dim=1)
    games = loudest.values.argsort(descending=True)[:count]
    return list(zip(games.tolist(), loudest.indices[games].tolist(), strict=True))


@mistake(
    "Two moves that are exactly `gap` apart may both be taken: they are not fewer than `gap` apart.",
    credit=0.5,
)
def one_too_far(acts: Tensor, count: int, gap: int) -> Moves:
    return _apart(acts, count, gap, gap)


@mistake("You let moves in that are only `gap - 1` apart.", credit=0.5)
def one_too_close(acts: Tensor, count: int, gap: int) -> Moves:
    return _apart(acts, count, gap - 2, gap - 2)


@mistake("You leave out what follows a move, but not what comes before it.", credit=0.5)
def only_after(acts: Tensor, count: int, gap: int) -> Moves:
    return _apart(acts, count, 0, gap - 1)


@mistake(
    "Near the start of a game `move - gap + 1` is negative, and Python counts a negative index from the end: "
    "the slice is empty and nothing is left out. Use `max(0, move - gap + 1)`.",
    credit=0.5,
)
def negative_start(acts: Tensor, count: int, gap: int) -> Moves:
    acts, found = acts.clone(), []
    for _ in range(count):
        game, move = divmod(int(acts.argmax()), acts.shape[1])
        found.append((game, move))
        acts[game, move - gap + 1 : move + gap] = -torch.inf
    return found


@mistake(
    "You put 0 in place of what is left out. Where the neuron is below 0, a 0 is the largest of all: use "
    "`-torch.inf`.",
    credit=0.5,
)
def struck_with_zero(acts: Tensor, count: int, gap: int) -> Moves:
    return _apart(acts, count, gap - 1, gap - 1, struck=0.0)


@mistake(
    "You measured the distance across games: the first moves of a game are not close to the last ones of the "
    "game before.",
    credit=0.5,
)
def across_games(acts: Tensor, count: int, gap: int) -> Moves:
    flat = _apart(acts.reshape(1, -1), count, gap - 1, gap - 1)
    return [divmod(place, acts.shape[1]) for _, place in flat]


@mistake("A pair is (game, move), in this order.", credit=0.5)
def move_first(acts: Tensor, count: int, gap: int) -> Moves:
    return [(move, game) for game, move in _apart(acts, count, gap - 1, gap - 1)]


@mistake("The moves are right, but they are in the order of the games. Give the loudest first.", credit=0.5)
def sorted_by_game(acts: Tensor, count: int, gap: int) -> Moves:
    return sorted(_apart(acts, count, gap - 1, gap - 1))


@mistake(
    "You compare a move only with the last one taken. It must be far enough from all those that you have "
    "taken in its game.",
    credit=0.5,
)
def from_the_last_one(acts: Tensor, count: int, gap: int) -> Moves:
    last: dict[int, int] = {}
    found: Moves = []
    for place in acts.flatten().argsort(descending=True).tolist():
        game, move = divmod(place, acts.shape[1])
        if len(found) < count and abs(move - last.get(game, -gap)) >= gap:
            last[game] = move
            found.append((game, move))
    return found


@mistake(
    "You leave out every move that is close to a louder one, even to one that is itself left out. Only those "
    "that you have taken count.",
    credit=0.5,
)
def near_any_louder_one(acts: Tensor, count: int, gap: int) -> Moves:
    around = torch.nn.functional.max_pool1d(acts[:, None], 2 * gap - 1, 1, gap - 1)[:, 0]
    peaks = acts.where(acts == around, -torch.inf).flatten().topk(count).indices
    return [divmod(place, acts.shape[1]) for place in peaks.tolist()]


EXERCISE = Exercise(
    id="4.2",
    notebook="04_max_activating",
    function="distinct_moves",
    title="The loudest moves, well apart",
    points=2,
    difficulty=3,
    importance=4,
    minutes=15,
    tests="Four sets of random activations, three with loud moves side by side; one is never positive.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "Take the loudest move, strike out its neighbours in the same game, take the loudest of what is "
        "left, and so on. Work on `acts.clone()`, so that the caller's activations stay as they are.",
        "`acts.argmax()` counts through all games: `divmod(acts.argmax().item(), acts.shape[1])` gives game "
        "and move.",
        "Strike out with `-torch.inf`, from `max(0, move - gap + 1)` up to and including `move + gap - 1`.",
    ),
    explanation="Image recognition calls this non-maximum suppression. What is left are examples that are "
    "more nearly independent: a regularity in them counts for more.",
)
