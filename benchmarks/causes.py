"""Does the model use the lines that a search found? Switch their neurons off and see which moves it hurts.

    python benchmarks/causes.py

For every line that stands in the best OR of lines of several neurons of a layer, by the atlas, those that
raise the logit of the line's move are switched off together. It should hurt that move, where the line stands,
far more than other legal moves: 5 to 10 times as much in "Automatically Finding Rule-Based Neurons in
OthelloGPT" (arXiv 2511.00059). As many random neurons are a second control. The search has seen none of the
games.
"""

import argparse
from collections.abc import Sequence

import torch
from torch import Tensor

from othello_interp.atlas.causes import Hurt, hurt, neurons_of_line, raising
from othello_interp.atlas.stored import check_is_of, load_atlas
from othello_interp.board import random_games, replay, theirs_vs_mine
from othello_interp.intervals import draws
from othello_interp.lines import line_labels, line_texts
from othello_interp.model import load_model

COLUMNS = ("own", "same", "others", "random", "ratio")


def main(argv: Sequence[str] | None = None) -> None:
    """Measure and print a row for each line, then what they come to."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--layer", type=int, default=5, help="whose neurons (5)")
    parser.add_argument(
        "--neurons", type=int, default=3, help="the least number that raise a line's move (3)"
    )
    parser.add_argument("--r2", type=float, default=0.2, help="the least R² of an OR of lines (0.2)")
    parser.add_argument("--games", type=int, default=600, help="to look for a line in (600)")
    parser.add_argument("--most", type=int, default=40, help="games of each line (40)")
    parser.add_argument("--lines", type=int, default=960, help="at most so many lines (960)")
    args = parser.parse_args(argv)
    if min(args.neurons, args.games, args.most, args.lines) < 1:
        parser.error("--neurons, --games, --most and --lines must be at least 1")
    torch.set_num_threads(1)
    model, atlas = load_model("embedded"), load_atlas()
    check_is_of(atlas, model)
    found = [atlas.ladder(args.layer, neuron) for neuron in range(atlas.n_neurons)]
    ladders = [ladder for ladder in found if ladder is not None]
    if not ladders:
        parser.error("the atlas has no hypotheses: othello-interp build-atlas makes one that has")
    games = random_games(args.games, seed=51).long()
    played = replay(games)
    stands = line_labels(theirs_vs_mine(played.states, played.to_move)[:, :59]).any(2)  # (line, game)
    print(f"{f'line, layer {args.layer}':<86}{'neurons':>8}" + "".join(f"{name:>8}" for name in COLUMNS))
    hurts: list[Hurt] = []
    for number, line in enumerate(line_texts()):
        neurons = raising(model, args.layer, neurons_of_line(ladders, line, args.r2), line)
        where = games[stands[number]][: args.most]
        if len(neurons) < args.neurons or len(where) < 10 or len(hurts) == args.lines:
            continue
        one = hurt(model, where, args.layer, neurons, line)
        hurts.append(one)
        low, high = one.ratio_interval
        numbers = "".join(f"{value:>8.3f}" for value in (one.own, one.same, one.others, one.random))
        print(f"{line:<86}{len(neurons):>8}{numbers}{one.ratio:>8.1f} [{low:.1f}, {high:.1f}]", flush=True)
    report(hurts)


def report(hurts: Sequence[Hurt]) -> None:
    """What the lines come to, with intervals over lines."""
    if not hurts:
        print("no line has so many neurons")
        return
    own, same, others, random = (torch.tensor([getattr(one, name) for one in hurts]) for name in COLUMNS[:4])
    above = sum(one.ratio_interval[0] > 1 for one in hurts)
    print(f"{len(hurts)} lines; their moves fall by {own.mean():.3f} nats on average where the line stands,")
    for what, control in (("other legal moves change by", others), ("the same moves fall by", same)):
        kept = ~control.isnan()
        ratio, low, high = of_means(own[kept], control[kept])
        print(f"  {what} {control[kept].mean():.3f}: a ratio of {ratio:.1f} [{low:.1f}, {high:.1f}]")
    print(f"  with random neurons off they fall by {random.mean():.3f}. In the paper the ratio is 5 to 10.")
    print(f"own / others: {ratios(own / others)}; its interval over games is above 1 for {above} lines")


def of_means(own: Tensor, control: Tensor) -> tuple[float, float, float]:
    """The ratio of the means over lines, and the interval that holds 95% of the resamples of the lines."""
    weights = draws(len(own))
    drawn = (weights @ own) / (weights @ control)
    low, high = drawn.quantile(torch.tensor([0.025, 0.975])).tolist()
    return (own.mean() / control.mean()).item(), low, high


def ratios(found: Tensor) -> str:
    """The middle, and the quarters."""
    low, middle, high = found.quantile(torch.tensor([0.25, 0.5, 0.75])).tolist()
    return f"median {middle:.1f}, half of the lines between {low:.1f} and {high:.1f}"


if __name__ == "__main__":
    main()
