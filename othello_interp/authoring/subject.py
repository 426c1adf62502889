"""L5N1393 in a model: what is measured of it, each part once, when it is first asked for."""

from functools import cached_property
from typing import TYPE_CHECKING

from jaxtyping import Bool, Float, Int8, Integer
from torch import Tensor

from othello_interp.figures import HYPOTHESIS, LAYER, NEURON
from othello_interp.games import FocusGames
from othello_interp.hypotheses import firing_threshold, parse
from othello_interp.neurons import get_w_in, get_w_out, logit_attribution, top_activations
from othello_interp.probe import PROBE_MOVES, Probe
from othello_interp.rules.random_games import random_games
from othello_interp.squares import label_to_square
from othello_interp.training.trainer import EVALUATION_SEED, evaluate
from othello_interp.weights.gpt import N_CTX

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge

C0, D1 = label_to_square("C0"), label_to_square("D1")


class Subject:
    """L5N1393 in a model on some games: what the figures are found from, each part when first asked for."""

    def __init__(self, model: "TransformerBridge", probe: Probe, games: FocusGames, n_held_out: int = 500):
        """n_held_out: random games to judge the model's predictions by."""
        self.model, self.probe, self.games, self.n_held_out = model, probe, games, n_held_out
        self.w_in, self.w_out = get_w_in(model, LAYER, NEURON), get_w_out(model, LAYER, NEURON)
        self.W_U, self.basis = model.W_U[:, 1:], probe.basis

    @cached_property
    def attribution(self) -> Float[Tensor, "64"]:
        return logit_attribution(self.w_out, self.model.W_U).flatten()

    @cached_property
    def other_attributions(self) -> Float[Tensor, "64"]:
        sizes = self.attribution.abs()
        sizes[[C0, D1]] = 0
        return sizes

    @cached_property
    def acts(self) -> Float[Tensor, "game 59"]:
        return self.games.cache["post", LAYER][..., NEURON]

    @cached_property
    def boards(self) -> Int8[Tensor, "game 59 8 8"]:
        """0 blank, 1 theirs, 2 mine, after each move that the model sees."""
        return self.games.states_theirs_vs_mine[:, :N_CTX]

    @cached_property
    def legal(self) -> Bool[Tensor, "game 59 8 8"]:
        return self.games.valid_moves[:, :N_CTX]

    @cached_property
    def probe_readings(self) -> Integer[Tensor, "game 59 8 8"]:
        return self.probe(self.games.cache["resid_post", self.probe.layer])

    @cached_property
    def probe_hits(self) -> Bool[Tensor, "game move 8 8"]:
        """Where the probe reads the board rightly, at PROBE_MOVES."""
        return (self.probe_readings == self.boards)[:, PROBE_MOVES]

    @cached_property
    def holds(self) -> Bool[Tensor, "game 59"]:
        return parse(HYPOTHESIS)(self.boards)

    @cached_property
    def loud(self) -> Float[Tensor, ""]:
        """The 99th percentile of its activations."""
        return self.acts.flatten().quantile(0.99)

    @cached_property
    def fires(self) -> Bool[Tensor, "game 59"]:
        return self.acts > firing_threshold(self.acts)

    @cached_property
    def top(self) -> Bool[Tensor, "game 59"]:
        return top_activations(self.acts, quantile=0.99)

    @cached_property
    def predictions(self) -> dict[str, float]:
        return evaluate(self.model, random_games(self.n_held_out, EVALUATION_SEED))
