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

from othello_interp.atlas.causes import Hurt, hurt, neurons_of_line, raising
from othello_interp.atlas.stored import check_is_of, load_atlas
from othello_interp.board import random_games, replay, theirs_vs_mine
from othello_interp.lines import line_labels, line_texts
from othello_interp.model import load_model


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
    print(
        f"{f'line, layer {args.layer}':<61}"
        f"{'neurons':>8}{'stands':>8}{'own':>8}{'others':>8}{'random':>8}  ratio"
    )
    hurts: list[Hurt] = []
    for number, line in enumerate(line_texts()):
        neurons = raising(model, args.layer, neurons_of_line(ladders, line, args.r2), line)
        where = games[stands[number]][: args.most]
        if len(neurons) < args.neurons or len(where) < 10 or len(hurts) == args.lines:
            continue
        one = hurt(model, where, args.layer, neurons, line)
        hurts.append(one)
        low, high = one.ratio_interval
        print(
            f"{line:<61}{len(neurons):>8}{one.positions:>8}{one.own:>8.3f}{one.others:>8.3f}"
            f"{one.random:>8.3f}  {one.ratio:.1f} [{low:.1f}, {high:.1f}]",
            flush=True,
        )
    report(hurts)


def report(hurts: Sequence[Hurt]) -> None:
    """The middle of the ratios, with an interval over lines, and how many are far from 1."""
    if not hurts:
        print("no line has so many neurons")
        return
    ratios = torch.tensor([one.ratio for one in hurts])
    drawn = torch.randint(len(ratios), (1000, len(ratios)), generator=torch.Generator().manual_seed(0))
    low, high = ratios[drawn].median(1).values.quantile(torch.tensor([0.025, 0.975])).tolist()
    above = sum(one.ratio_interval[0] > 1 for one in hurts)
    own, random = (torch.tensor([getattr(one, name) for one in hurts]).median() for name in ("own", "random"))
    print(
        f"{len(hurts)} lines; own / others: median {ratios.median():.1f} [{low:.1f}, {high:.1f}] over lines"
    )
    print(f"above 5 for {(ratios > 5).sum()} lines, its interval above 1 for {above}; in the paper 5 to 10")
    print(f"the line's move falls by {own:.3f} nats in the middle; with random neurons off by {random:.3f}")


if __name__ == "__main__":
    main()
