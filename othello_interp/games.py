"""The embedded games, and the 50 focus games with everything the notebooks look up about them."""

from collections.abc import Hashable
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Bool, Float, Int8, Int64, UInt8
from torch import Tensor

from othello_interp.board import relative, replay, theirs_vs_mine
from othello_interp.model import N_CTX, model_name
from othello_interp.squares import ALL_SQUARES
from othello_interp.storage.data import data_path

if TYPE_CHECKING:
    from transformer_lens import TransformerBridge


def load_games() -> UInt8[Tensor, "10000 60"]:
    """10,000 random games of 60 moves without a pass, as tokens 1..60 (data/games.npz)."""
    return torch.from_numpy(np.load(data_path("games.npz"))["tokens"])


def load_focus_games(model: str | None = None) -> UInt8[Tensor, "50 60"]:
    """The 50 focus games as tokens.

    model: whose focus games, a name as in load_model. The embedded ones are a random sample, ordered
    so that game 5 is a clear example for L5N1393; the published ones are those of the original analysis.
    """
    if model_name(model) == "published":
        from othello_interp.weights.published import load_published_focus_games

        return load_published_focus_games()
    return torch.from_numpy(np.load(data_path("focus_games.npz"))["tokens"])


class ActivationCache:
    """Activations of a model on some games, by TransformerLens name: cache["post", 5, "mlp"],
    cache["post", 5], cache["resid_post", 6] or cache["blocks.5.mlp.hook_post"].

    Each is computed when first asked for and kept: a full cache of 50 games would take over a gigabyte.
    """

    def __init__(self, model: "TransformerBridge", tokens: Int64[Tensor, "game move"]):
        self._model, self._tokens = model, tokens
        self._known: dict[str, Tensor] = {}

    def __getitem__(self, key: Hashable) -> Tensor:
        from transformer_lens.utilities import get_act_name

        name = key if isinstance(key, str) else get_act_name(*key)
        if name not in self._known:
            layer = name.split(".")[1] if name.startswith("blocks.") else None
            if name not in self._model.hook_dict:
                raise KeyError(f"{key!r}: this model has no activation {name}")
            stop = None if layer is None or int(layer) + 1 >= self._model.cfg.n_layers else int(layer) + 1
            with torch.no_grad():
                _, cache = self._model.run_with_cache(self._tokens, names_filter=name, stop_at_layer=stop)
            self._known[name] = cache[name]
        return self._known[name]


class FocusGames:
    """Some games, what happens in them and what a model makes of them.

    tokens, squares: (game, 60) the moves; squares are 0..63.
    states: (game, 60, 8, 8) the board after each move, black +1, white -1, blank 0.
    valid_moves: (game, 60, 8, 8) where the next player may move.
    states_plus_minus, states_theirs_vs_mine: (game, 60, 8, 8) the boards as the player about to move
    sees them: theirs -1, blank 0, mine +1; and 0 blank, 1 theirs, 2 mine.
    logits: (game, 59, 61) the model's output after each of the first 59 moves.
    cache: the model's activations, (game, 59, ...); see ActivationCache.
    """

    def __init__(self, model: "TransformerBridge", tokens: UInt8[Tensor, "game 60"] | None = None):
        """tokens: games without a pass; by default the focus games that belong to the model in use."""
        tokens = load_focus_games() if tokens is None else tokens
        self.tokens: Int64[Tensor, "game 60"] = tokens.long()
        self.squares: Int64[Tensor, "game 60"] = torch.tensor([-1, *ALL_SQUARES])[self.tokens]
        played = replay(self.tokens)
        # After the last move nobody is to move; the boards are still seen from the other side.
        player = -played.movers
        self.states: Int8[Tensor, "game 60 8 8"] = played.states
        self.valid_moves: Bool[Tensor, "game 60 8 8"] = played.legal
        self.states_plus_minus: Int8[Tensor, "game 60 8 8"] = relative(played.states, player)
        self.states_theirs_vs_mine: Int8[Tensor, "game 60 8 8"] = theirs_vs_mine(played.states, player)
        self._model, self._inputs = model, self.tokens[:, :N_CTX].to(model.W_E.device)
        self.cache = ActivationCache(model, self._inputs)

    @cached_property
    def logits(self) -> Float[Tensor, "game 59 61"]:
        with torch.no_grad():
            return self._model(self._inputs)
