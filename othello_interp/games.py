"""The embedded games, and the 50 focus games with everything the notebooks look up about them."""

from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Bool, Float, Int8, Int64, Integer, UInt8
from torch import Tensor

from othello_interp.board import relative, replay, theirs_vs_mine
from othello_interp.model import model_name
from othello_interp.squares import ALL_SQUARES
from othello_interp.storage.data import data_path
from othello_interp.stream import Key, activation_name, run_stage, stage_of
from othello_interp.weights.gpt import N_CTX

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge

LOGITS = "unembed.hook_out"


def load_games() -> UInt8[Tensor, "10000 60"]:
    """10,000 random games of 60 moves without a pass, as tokens 1..60 (data/games.npz)."""
    return torch.from_numpy(np.load(data_path("games.npz"))["tokens"])


def load_focus_games(model: str | None = None) -> UInt8[Tensor, "50 60"]:
    """The 50 focus games as tokens.

    model: whose focus games, a name as in load_model. Those of "published" are the ones of the original
    analysis; any other model has the embedded ones, a random sample in which game 5 is a clear example
    for L5N1393.
    """
    if model_name(model) == "published":
        from othello_interp.weights.published import load_published_focus_games

        return load_published_focus_games()
    return torch.from_numpy(np.load(data_path("focus_games.npz"))["tokens"])


class ActivationCache:
    """Activations of a model on some games, by TransformerLens name: cache["post", 5, "mlp"],
    cache["post", 5], cache["resid_post", 6] or cache["blocks.5.mlp.hook_post"].

    Each is computed when first asked for and kept: a full cache of 50 games would take over a gigabyte. The
    model is run as far as that takes, and later on from there, since what each layer reads is kept as well;
    an activation of a layer that has been passed costs that layer alone.
    """

    def __init__(self, model: "TransformerBridge", tokens: Int64[Tensor, "game move"]):
        self._model = model
        self._inputs: list[Tensor] = [tokens]  # of each stage as far as the model has been run
        self._known: dict[str, Tensor] = {}

    def __getitem__(self, key: Key) -> Tensor:
        name = activation_name(self._model, key)
        if name not in self._known:
            with torch.no_grad():
                self._known[name] = self._run(name)
        return self._known[name]

    @property
    def tokens(self) -> Int64[Tensor, "game move"]:
        """The tokens that the model is run on."""
        return self._inputs[0]

    def input_of(self, stage: int) -> Tensor:
        """What a stage of the model reads (see stream.stage_of): tokens for 0, else the residual stream."""
        with torch.no_grad():
            while len(self._inputs) <= stage:
                step = len(self._inputs) - 1
                self._inputs.append(run_stage(self._model, step, self._inputs[step]))
        return self._inputs[stage]

    def _run(self, name: str) -> Tensor:
        found: list[Tensor] = []
        stage = stage_of(self._model, name)
        with self._model.hooks(fwd_hooks=[(name, lambda act, hook: found.append(act))]):
            for step in range(min(stage, len(self._inputs) - 1), stage + 1):
                out = run_stage(self._model, step, self._inputs[step])
                if len(self._inputs) == step + 1:
                    self._inputs.append(out)
        return found[0]


class FocusGames:
    """Some games, what happens in them and what a model makes of them.

    tokens, squares: (game, 60) the moves; squares are 0..63.
    states: (game, 60, 8, 8) the board after each move, black +1, white -1, blank 0.
    valid_moves: (game, 60, 8, 8) where the next player may move.
    states_plus_minus, states_theirs_vs_mine: (game, 60, 8, 8) the boards as the player about to move
    sees them: theirs -1, blank 0, mine +1; and 0 blank, 1 theirs, 2 mine.
    logits: (game, 59, 61) the model's output after each of the first 59 moves.
    cache: the model's activations, (game, 59, ...); see ActivationCache.
    All on the model's device.
    """

    def __init__(self, model: "TransformerBridge", tokens: Integer[Tensor, "game 60"] | None = None):
        """tokens: games without a pass; by default the focus games that belong to this model."""
        tokens = load_focus_games(model.cfg.model_name) if tokens is None else tokens
        device = model.W_E.device
        self.tokens: Int64[Tensor, "game 60"] = tokens.long().to(device)
        self.squares: Int64[Tensor, "game 60"] = torch.tensor([-1, *ALL_SQUARES], device=device)[self.tokens]
        played = replay(self.tokens)
        # After the last move nobody is to move; the boards are still seen from the other side.
        player = -played.movers
        self.states: Int8[Tensor, "game 60 8 8"] = played.states
        self.valid_moves: Bool[Tensor, "game 60 8 8"] = played.legal
        self.states_plus_minus: Int8[Tensor, "game 60 8 8"] = relative(played.states, player)
        self.states_theirs_vs_mine: Int8[Tensor, "game 60 8 8"] = theirs_vs_mine(played.states, player)
        self.cache = ActivationCache(model, self.tokens[:, :N_CTX])

    @property
    def logits(self) -> Float[Tensor, "game 59 61"]:
        return self.cache[LOGITS]
