"""One training run of an Othello-GPT, step by step: targets, loss, schedule, checkpoints.

The next move of a random game is uniform over the legal moves, and the rules engine knows them. So the
loss is the cross-entropy against that distribution, not against the one move that was drawn: the same
optimum without the noise. Only legal moves are shown, never a board. Games are made as they are needed
and never repeated: game i depends on the seed and i alone, so a counter is all it takes to resume.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from itertools import repeat
from math import ceil
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Integer
from torch import Tensor

from othello_interp.board import replay
from othello_interp.errors import InputError
from othello_interp.rules.random_games import random_games
from othello_interp.squares import ALL_SQUARES
from othello_interp.storage.whole_file import whole_file
from othello_interp.training.machine import matrix_dtype
from othello_interp.training.muon import Muon
from othello_interp.weights.gpt import GPT, N_CTX, GPTConfig

EVALUATION_SEED = 4_000_000_007  # held-out games; no run may train on them
_WARM_UP_STEPS = 100
_DECAY_PART, _FINAL_RATE = 0.7, 0.02  # linear decay to 2% over the last 70% of the budget


@dataclass(frozen=True)
class TrainConfig:
    """What a run is: one cycle of the learning rate, which ends decayed.

    games: the budget. minutes: if given, a second budget, of training time; the learning rate follows
    whichever is nearer its end. batch: games a step, reached by doubling from `first_batch`, since early
    on the number of steps counts. part: at most so many games in one forward pass on a CPU (gradients are
    summed): with fewer than 24 the matrices are small, with more than 48 they leave the caches.
    """

    model: GPTConfig = field(default_factory=GPTConfig)
    games: int = 1_000_000
    minutes: float | None = None
    batch: int = 128
    first_batch: int = 32
    part: int = 36
    muon_rate: float = 0.02
    adam_rate: float = 2e-3
    seed: int = 1
    evaluation_games: int = 500


PRESETS = {
    "full": TrainConfig(GPTConfig(8, 512, 8, 2048), games=10_000_000, batch=512),
    "small": TrainConfig(GPTConfig(8, 256, 8, 2048), games=300_000, batch=96),
    "tiny": TrainConfig(GPTConfig(2, 32, 2, 64), games=8_000, evaluation_games=50),
}


def legal_targets(tokens: Integer[Tensor, "game 60"]) -> Float[Tensor, "game 59 61"]:
    """The distribution of the next move after each of the first 59: uniform over the legal moves."""
    legal = replay(tokens).legal[:, :N_CTX].flatten(2)[..., ALL_SQUARES]
    legal = F.pad(legal.float(), (1, 0))  # nobody passes in these games
    return legal / legal.sum(-1, keepdim=True)


def excess_cross_entropy(
    logits: Float[Tensor, "game move vocab"], targets: Float[Tensor, "game move vocab"]
) -> Float[Tensor, "game move"]:
    """Cross-entropy above the entropy of the targets, in nats: 0 for a perfect model."""
    return F.kl_div(logits.float().log_softmax(-1), targets, reduction="none").sum(-1)


@torch.no_grad()
def evaluate(model: torch.nn.Module, tokens: Integer[Tensor, "game 60"], part: int = 50) -> dict[str, float]:
    """Figures of a model over whole games.

    excess: mean cross-entropy above the best possible, in nats. illegal: share of the positions whose most
    likely move is illegal. legal_mass: mean probability given to the legal moves.
    """
    sums = torch.zeros(3, dtype=torch.float64)
    for games in tokens.split(part):
        logits, targets = model(games[:, :N_CTX].long()).float(), legal_targets(games)
        sums[0] += excess_cross_entropy(logits, targets).sum().cpu()
        sums[1] += (targets.gather(-1, logits.argmax(-1, keepdim=True)) == 0).sum().cpu()
        sums[2] += (logits.softmax(-1) * (targets > 0)).sum().cpu()
    excess, illegal, legal_mass = (sums / (len(tokens) * N_CTX)).tolist()
    return {"excess": excess, "illegal": illegal, "legal_mass": legal_mass}


class Trainer:
    """A run in progress: model, optimisers and how far it has come."""

    def __init__(
        self,
        config: TrainConfig,
        device: str = "cpu",
        workers: int | None = None,
        dtype: torch.dtype | None = None,
    ):
        """workers: threads that share a batch on a CPU (default: torch's). dtype: what matrices are
        multiplied in (default: bfloat16 where the machine does that fast, else float32). Weights, their
        gradients and the residual stream are float32 in either case.
        """
        if config.seed == EVALUATION_SEED:
            raise InputError(f"seed {config.seed} is that of the held-out games: choose another")
        self.config, self.device = config, torch.device(device)
        self.dtype = dtype or matrix_dtype(self.device)
        self.games, self.steps, self.seconds = 0, 0, 0.0
        self._clock = time.perf_counter()
        self._block_first, self._inputs, self._targets = 0, torch.empty(0), torch.empty(0)
        torch.manual_seed(config.seed)
        self.model = GPT(config.model).to(self.device)
        self.parameters = list(self.model.parameters())
        hidden = [p for name, p in self.model.named_parameters() if "blocks" in name and p.ndim == 2]
        others = [p for p in self.parameters if all(p is not h for h in hidden)]
        self.optimisers = [
            Muon(hidden, lr=config.muon_rate, dtype=self.dtype),
            torch.optim.AdamW(others, lr=config.adam_rate, betas=(0.9, 0.95), weight_decay=0.01, fused=True),
        ]
        self.on_gpu = self.device.type == "cuda"
        self._loss = torch.compile(self._plain_loss) if self.on_gpu else self._plain_loss
        # Parts are shared out between threads of one core each: a core that is busy with something else
        # holds up nothing. The sum runs in the order of the parts, so the result is the same every time.
        self.workers = 1 if self.on_gpu else workers or torch.get_num_threads()
        self.pool = ThreadPoolExecutor(self.workers, initializer=torch.set_num_threads, initargs=(1,))

    @classmethod
    def resume(
        cls,
        path: Path,
        device: str = "cpu",
        workers: int | None = None,
        dtype: torch.dtype | None = None,
        **changes: Any,
    ) -> "Trainer":
        """Go on from a checkpoint, with the run's own configuration but for the `changes`.

        On the same machine, with as many workers and no changes, it comes to the very weights of a run
        without a break.
        """
        state = torch.load(path, map_location=device, weights_only=True)
        config = TrainConfig(**state["config"] | {"model": GPTConfig(**state["config"]["model"])})
        trainer = cls(replace(config, **changes), device, workers, dtype)
        trainer.model.load_state_dict(state["model"])
        for optimiser, saved in zip(trainer.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        trainer.games, trainer.steps, trainer.seconds = state["counters"]
        return trainer

    def _plain_loss(self, tokens: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.dtype == torch.bfloat16):
            logits = self.model(tokens)
        illegal = targets.gather(-1, logits.argmax(-1, keepdim=True)) == 0
        return excess_cross_entropy(logits, targets).mean(), illegal.float().mean()

    @property
    def progress(self) -> float:
        """The part of the budget that is spent, 0 to 1."""
        of_games = self.games / self.config.games
        of_minutes = self.seconds / 60 / self.config.minutes if self.config.minutes else 0.0
        return min(1.0, max(of_games, of_minutes))

    @property
    def rate(self) -> float:
        """The learning rates as a part of their peak."""
        decay = max(0.0, (self.progress - (1 - _DECAY_PART)) / _DECAY_PART)
        return min(1.0, (self.steps + 1) / _WARM_UP_STEPS) * (1 - (1 - _FINAL_RATE) * decay)

    @property
    def batch(self) -> int:
        """Games in the next step: doubled each time the run has seen 300 times as many."""
        batch = self.config.first_batch
        while batch < self.config.batch and self.games >= 300 * batch:
            batch *= 2
        return min(batch, self.config.batch)

    def _fresh_games(self, n: int) -> tuple[Tensor, Tensor]:
        """Inputs and targets of the next n games. They are made many steps' worth at a time: the rules take
        thousands of small operations, whatever the number of games."""
        if not self._block_first <= self.games <= self._block_first + len(self._inputs) - n:
            size = max(n, (64 if self.on_gpu else 8) * self.config.batch)
            tokens = random_games(size, self.config.seed, first=self.games, device=self.device)
            self._block_first = self.games
            self._inputs, self._targets = tokens[:, :N_CTX].long(), legal_targets(tokens)
        start = self.games - self._block_first
        return self._inputs[start : start + n], self._targets[start : start + n]

    def _gradient(
        self, tokens: Tensor, targets: Tensor, batch: int
    ) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
        """What a part adds to the loss, the share of illegal moves and the gradients of its batch."""
        loss, illegal = self._loss(tokens, targets)
        share = len(tokens) / batch
        return share * loss.detach(), share * illegal, torch.autograd.grad(share * loss, self.parameters)

    def step(self) -> dict[str, float]:
        """One step on fresh games; returns their figures from before it."""
        batch = self.batch
        inputs, targets = self._fresh_games(batch)
        # Equal parts, as many for each worker.
        parts = 1 if self.on_gpu else min(batch, self.workers * ceil(batch / self.workers / self.config.part))
        figures = {"excess": 0.0, "illegal": 0.0}
        for parameter in self.parameters:
            parameter.grad = None
        for loss, illegal, of_part in self.pool.map(
            self._gradient, inputs.tensor_split(parts), targets.tensor_split(parts), repeat(batch)
        ):
            figures["excess"] += float(loss)
            figures["illegal"] += float(illegal)
            for parameter, gradient in zip(self.parameters, of_part, strict=True):
                parameter.grad = gradient if parameter.grad is None else parameter.grad.add_(gradient)
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        peaks = (self.config.muon_rate, self.config.adam_rate)
        for optimiser, peak in zip(self.optimisers, peaks, strict=True):
            optimiser.param_groups[0]["lr"] = peak * self.rate
            optimiser.step()
        self.games, self.steps = self.games + batch, self.steps + 1
        now = time.perf_counter()  # the time since the last step counts, evaluation included
        self.seconds, self._clock = self.seconds + now - self._clock, now
        return figures

    def save(self, path: Path) -> None:
        """Write a checkpoint; a kill while writing leaves the one before."""
        state = {
            "config": asdict(self.config),
            "model": self.model.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "counters": [self.games, self.steps, self.seconds],
        }
        with whole_file(path) as temporary:
            torch.save(state, temporary)
