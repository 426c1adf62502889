"""How fast are the trees of many neurons at once? Beside scikit-learn's, neuron by neuron, on the same data.

    python benchmarks/trees.py

Both learn activations of the shipped model: from the states of the squares, the last move and what it turned
over, to depth 8, as is usual; and from all questions to depth 6, as the ladder does. Processor time of one
thread is measured, and the two must explain the same share.
"""

import argparse
import time
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from sklearn.tree import DecisionTreeRegressor
from torch import Tensor

from othello_interp.atlas.questions import Answers, family
from othello_interp.atlas.trees import grow, rounded
from othello_interp.board import random_games
from othello_interp.model import load_model
from othello_interp.stream import stream


def main(argv: Sequence[str] | None = None) -> None:
    """Time both and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--games", type=int, default=400, help="to learn from (400)")
    parser.add_argument("--layer", type=int, default=5, help="whose neurons (5)")
    parser.add_argument("--neurons", type=int, default=64, help="grown at once (64)")
    parser.add_argument("--theirs", type=int, default=4, help="neurons that scikit-learn is given (4)")
    args = parser.parse_args(argv)
    if min(args.games, args.theirs) < 1 or args.theirs > args.neurons:
        parser.error("--games and --theirs must be at least 1, and --theirs at most --neurons")
    torch.set_num_threads(1)
    batches = list(stream(load_model("embedded"), random_games(args.games, seed=5), [args.layer]))
    boards, legal = (torch.cat([getattr(batch, name) for batch in batches]) for name in ("boards", "legal"))
    acts = torch.cat([batch.acts[args.layer].flatten(0, 1)[:, : args.neurons] for batch in batches])
    every = Answers.of(boards, legal)
    usual = Answers.of_matrix(every.holds[[*family("state"), *family("turned"), *family("played")]])
    for answers, depth in ((usual, 8), (every, 6)):
        compare(answers, acts, depth, args.theirs)


def compare(answers: Answers, acts: Float[Tensor, "position neuron"], depth: int, theirs: int) -> None:
    """Time both on the same data."""
    n_questions, n_positions = answers.holds.shape
    start = time.process_time()
    trees = grow(answers, acts, depth)
    ours = (time.process_time() - start) / acts.shape[1]

    X, values = answers.holds.T.float().numpy(), rounded(acts[:, :theirs])[0].double().numpy()
    start = time.process_time()
    fitted = [DecisionTreeRegressor(max_depth=depth, random_state=0).fit(X, column) for column in values.T]
    one_by_one = (time.process_time() - start) / theirs

    shares = np.array([tree.score(X, column) for tree, column in zip(fitted, values.T, strict=True)])
    if np.abs(shares - trees.gain.sum(1)[:theirs].numpy()).max() > 0.01:
        raise AssertionError("the trees explain another share than scikit-learn's: the times mean nothing")
    print(f"{n_positions:,} positions, {n_questions:,} questions, depth {depth}, one thread:")
    print(f"  scikit-learn, one by one {1000 * one_by_one:>8,.0f} ms a neuron")
    print(
        f"  trees.py, {acts.shape[1]:>5} at once {1000 * ours:>8,.0f} ms a neuron {one_by_one / ours:>8.1f} ×"
    )


if __name__ == "__main__":
    main()
