"""How much of a layer do hypotheses explain, and in how many conditions? The ladder beside plain trees.

    python benchmarks/hypotheses.py
    python benchmarks/hypotheses.py --every 1    # all 2,048 neurons: some five minutes

Plain trees are those of "Automatically Finding Rule-Based Neurons in OthelloGPT" (arXiv 2511.00059): depth 8,
on the board, the last move and what it turned. Both learn from the same games and are scored on others.
Of the published model's layer 5 the paper's trees reach an R² above 0.7 for 913 of 2,048 neurons.
"""

import argparse
from collections.abc import Sequence

import torch

from othello_interp.atlas.ladder import RUNGS, ladders, r2
from othello_interp.atlas.questions import Answers, family
from othello_interp.atlas.samples import Parts, Sample, shuffled, split
from othello_interp.atlas.trees import grow
from othello_interp.games import load_games
from othello_interp.model import load_model

GOOD = 0.7
PUBLISHED = 913 / 2048


def main(argv: Sequence[str] | None = None) -> None:
    """Fit both and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--games", type=int, default=500, help="a fifth of them to score on (500)")
    parser.add_argument("--layer", type=int, default=5, help="whose neurons (5)")
    parser.add_argument("--every", type=int, default=16, help="one in so many neurons (16)")
    parser.add_argument("--model", help="embedded, published or a .safetensors file; see load_model")
    args = parser.parse_args(argv)
    if args.every < 1 or args.games < 25:
        parser.error("--every must be at least 1 and --games at least 25")
    torch.set_num_threads(1)
    model = load_model(args.model)
    neurons = list(range(0, model.cfg.d_mlp, args.every))
    parts = split(model, args.layer, load_games()[: args.games], neurons)
    print(f"layer {args.layer}, {len(neurons):,} neurons, {args.games} games:")
    print(f"{'':<28}{f'R² > {GOOD}':>12}{'median':>8}{'conditions':>12}{'of those':>10}")
    row("plain trees", *plain_trees(parts))
    found, by_chance = ladders(parts), ladders(shuffled(parts))
    for place, name in enumerate(RUNGS):
        rungs = [ladder.rungs[place] for ladder in found]
        row(name, [rung.r2 for rung in rungs], [rung.conditions for rung in rungs])
    best = [ladder.best for ladder in found]
    row("best for its length", [rung.r2 for rung in best], [rung.conditions for rung in best])
    row("  within the move's number", [rung.within_move for rung in best])
    row("a tree, by chance", [ladder.rungs[-1].r2 for ladder in by_chance])
    print(f"plain trees of the published model, in the paper: {PUBLISHED:.0%}")


def plain_trees(parts: Parts) -> tuple[list[float], list[int]]:
    """R² on the test games, and the number of splits."""
    asked = [*family("state"), *family("turned"), *family("played")]

    def usual(*samples: Sample) -> Answers:
        return Answers.of_matrix(torch.cat([part.answers.holds[asked] for part in samples], dim=1))

    trees = grow(usual(parts.learn, parts.choose), torch.cat([parts.learn.acts, parts.choose.acts]), 8)
    shares = r2(trees.predict(usual(parts.test)), parts.test.acts)
    return shares.tolist(), (trees.question >= 0).sum(1).tolist()


def row(name: str, shares: list[float], conditions: list[int] | None = None) -> None:
    """Share of neurons with a good R², median R², median number of conditions; and of those that are good."""
    r2s = torch.tensor(shares)
    good = r2s > GOOD
    line = f"{name:<28}{good.float().mean():>12.1%}{r2s.median():>8.2f}"
    if conditions is not None:
        numbers = torch.tensor(conditions)
        of_good = f"{numbers[good].median():>10}" if good.any() else f"{'':>10}"
        line += f"{numbers.median():>12}{of_good}"
    print(line, flush=True)


if __name__ == "__main__":
    main()
