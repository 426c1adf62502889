"""Exercise 4.3: How often blank, theirs, mine?"""

import torch
from torch import Tensor

from othello_interp.exercises.records import Case, Exercise, Mistakes

mistake = Mistakes()


def cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    made = []
    for n_games, n_moves in ((3, 7), (2, 11)):
        odds = torch.rand(64, 3, generator=generator)
        states = odds.multinomial(n_games * n_moves, replacement=True, generator=generator)
        states = states.T.reshape(n_games, n_moves, 8, 8).to(torch.int8)
        mask = torch.rand(n_games, n_moves, generator=generator) < torch.linspace(0.2, 0.7, n_games)[:, None]
        mask[:, :2] = torch.tensor([True, False])
        mask[0, 2:], mask[-1, 2:4] = False, True  # one marked move in the first game, more in the last
        made.append(Case(f"{n_games} games, {n_moves} moves", {"states": states, "mask": mask}))
    return made


def _one_hot(states: Tensor) -> Tensor:
    """(game, move, 8, 8) to (3, game, move, 8, 8): blank, theirs, mine."""
    return torch.stack([states == value for value in range(3)]).float()


@mistake(
    "You divided by the number of all positions. Divide by the number of marked ones: the three shares of a "
    "square add up to 1.",
    credit=0.5,
)
def out_of_all(states: Tensor, mask: Tensor) -> Tensor:
    return (_one_hot(states) * mask[..., None, None]).mean((1, 2))


@mistake("These are counts. Divide by the number of marked positions.", credit=0.5)
def counts(states: Tensor, mask: Tensor) -> Tensor:
    return _one_hot(states)[:, mask].sum(1)


@mistake("Theirs and mine are swapped: in `states`, 1 is theirs and 2 is mine.", credit=0.5)
def theirs_and_mine_swapped(states: Tensor, mask: Tensor) -> Tensor:
    return _one_hot(states)[[0, 2, 1]][:, mask].mean(1)


@mistake(
    "You averaged within each game and then over the games. A game with many marked positions should count "
    "for more: average over all marked positions at once.",
    credit=0.5,
)
def mean_of_games(states: Tensor, mask: Tensor) -> Tensor:
    games = [_one_hot(states)[:, game, mask[game]].mean(1) for game in range(len(mask))]
    return torch.stack(games).mean(0)


EXERCISE = Exercise(
    id="4.3",
    notebook="04_max_activating",
    function="square_shares",
    title="How often blank, theirs, mine?",
    points=2,
    difficulty=2,
    importance=4,
    minutes=10,
    tests="Random boards and masks; the games differ in how many of their moves are marked.",
    cases=cases,
    mistakes=mistake.all(),
    hints=(
        "`states[mask]` has shape (n, 8, 8): the n marked boards.",
        "`(states[mask] == 0).float().mean(dim=0)` is the first of the three boards; `torch.stack` puts the "
        "three together.",
    ),
    explanation="The mean of a mask of zeros and ones is a share.",
)
