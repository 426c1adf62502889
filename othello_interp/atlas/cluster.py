"""Counts the games of a scan on a Dask cluster: parts on the workers, added there by twos."""

import operator
from collections.abc import Iterator

import torch

from othello_interp.atlas.scan import Counting, count_part
from othello_interp.atlas.summary import Summary
from othello_interp.scheduler import dask_client
from othello_interp.weights.gpt import GPT


def on_cluster(address: str) -> Counting:
    """A way of counting for `scan`: every round gives each worker a part, and the sum of them comes back.

    A part depends on nothing but the model, the grid and the numbers of its games, so what a lost worker held
    is counted again by another one. Raises OthelloInterpError where Dask is not installed.
    """
    client_of = dask_client()

    def count(
        model: GPT, summary: Summary, parts: list[range], seed: int, dtype: torch.dtype
    ) -> Iterator[Summary]:
        with client_of(address) as client:
            shared = client.scatter([model, summary.grid], broadcast=True)
            parts = list(parts)
            while parts:
                workers = max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
                now, parts = parts[:workers], parts[workers:]
                about = (seed, dtype, summary.hypotheses)
                futures = [client.submit(count_part, *shared, part, *about, pure=False) for part in now]
                while len(futures) > 1:  # neighbours are added, so that their ranges join
                    pairs = [futures[i : i + 2] for i in range(0, len(futures), 2)]
                    futures = [
                        client.submit(operator.add, *pair, pure=False) if len(pair) == 2 else pair[0]
                        for pair in pairs
                    ]
                summary = summary + futures[0].result()
                del futures
                yield summary

    return count
