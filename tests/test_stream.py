"""Does the stream hand on what a full cache and the slow rules say, in one pass, on the model's device?"""

import gc
import itertools
import weakref

import pytest
import torch

from othello_interp import games, stream
from othello_interp.board import Replay
from othello_interp.games import FocusGames
from othello_interp.model import tiny_model
from othello_interp.rules import slow_rules

KEYS = [0, 1, ("post", 1, "mlp"), ("resid_post", 0), "ln_final.hook_scale"]


@pytest.fixture
def passes(tiny):
    """The layers that have run, one entry each time."""
    run = []
    hooks = [
        (f"blocks.{layer}.mlp.hook_post", lambda act, hook, layer=layer: run.append(layer))
        for layer in range(tiny.cfg.n_layers)
    ]
    with tiny.hooks(fwd_hooks=hooks):
        yield run


def test_activations_agree_with_a_full_cache(tiny, tokens):
    _, full = tiny.run_with_cache(tokens[:7, :59].long())
    batches = list(stream.stream(tiny, tokens[:7], KEYS, batch=3))
    assert [batch.first for batch in batches] == [0, 3, 6]
    for key in KEYS:
        expected = full["post", key] if isinstance(key, int) else full[key]
        torch.testing.assert_close(torch.cat([batch.acts[key] for batch in batches]), expected)
    assert set(batches[0].acts) == set(KEYS)
    assert torch.equal(torch.cat([batch.tokens for batch in batches]), tokens[:7].long())


def test_boards_and_legal_moves_agree_with_the_slow_rules(tiny, tokens):
    for batch in stream.stream(tiny, tokens[:5], [], batch=2):
        for i, game in enumerate(batch.tokens.tolist()):
            for move, (board, mover, player, legal) in enumerate(slow_rules.replay(game)[:59]):
                assert player == -mover
                states = [[{0: 0, player: 2, mover: 1}[value] for value in row] for row in board]
                assert batch.boards[i, move].tolist() == states
                assert batch.legal[i, move].nonzero().tolist() == [list(square) for square in legal]
        assert batch.acts == {}


def test_a_batch_is_one_pass_as_far_as_needed(tiny, tokens, passes):
    for wanted, layers in (([0, ("resid_post", 0)], [0]), (KEYS, [0, 1]), ([], [])):
        passes.clear()
        list(stream.stream(tiny, tokens[:5], wanted, batch=3))
        assert passes == 2 * layers, wanted


def test_the_cache_runs_on_from_where_it_is_and_then_single_layers(tiny, tokens, passes):
    focus = FocusGames(tiny, tokens[:3])
    _, full = tiny.run_with_cache(tokens[:3, :59].long())
    passes.clear()
    for key, layers in (
        ("embed.hook_out", []),
        (("post", 0), [0]),
        (("resid_post", 1), [1]),
        (("attn_out", 0), [0]),
        (("post", 1), [1]),
        (("resid_pre", 1), [1]),
    ):
        passes.clear()
        torch.testing.assert_close(focus.cache[key], full[key])
        assert passes == layers, key
        assert focus.cache[key] is focus.cache[key]
    passes.clear()
    torch.testing.assert_close(focus.logits, full["unembed.hook_out"])
    assert passes == []
    torch.testing.assert_close(focus.cache["ln_final.hook_scale"], full["ln_final.hook_scale"])
    assert FocusGames(tiny, tokens[:3]).logits.equal(focus.logits)
    assert passes == [0, 1]


def test_the_cache_answers_rightly_in_any_order(tokens):
    model, inputs = tiny_model(seed=0, n_layers=4), tokens[:2, :59].long()
    _, full = model.run_with_cache(inputs)
    for layers in itertools.permutations(range(4)):
        cache = FocusGames(model, tokens[:2]).cache
        for layer in layers:
            torch.testing.assert_close(cache["post", layer], full["post", layer])


def test_a_batch_that_nobody_holds_is_freed(tiny, tokens):
    batches = stream.stream(tiny, tokens[:4], [1], batch=2)
    acts = weakref.ref(next(batches).acts[1])
    gc.collect()
    assert acts() is None


def test_what_the_model_has_not_got_is_an_error_at_once(tiny, tokens):
    with pytest.raises(ValueError, match=r"layer 2 doesn't exist: this model has layers 0..1"):
        stream.stream(tiny, tokens, [0, 2])
    with pytest.raises(KeyError, match=r"\('resid_post', 2\): this model has no activation blocks.2"):
        stream.stream(tiny, tokens, [("resid_post", 2)])


def test_everything_is_on_the_models_device(monkeypatch):
    """With "meta" for a device, which keeps shapes and no numbers; the rules engine, which must look at
    numbers, is stood in for."""
    model = tiny_model(seed=0)
    model.to("meta")

    def replay(tokens):
        assert tokens.device.type == "meta"
        n = tokens.shape
        return Replay(
            torch.empty(*n, 8, 8, dtype=torch.int8, device="meta"),
            torch.empty(*n, dtype=torch.int8, device="meta"),
            torch.empty(*n, dtype=torch.int8, device="meta"),
            torch.empty(*n, 8, 8, dtype=torch.bool, device="meta"),
        )

    monkeypatch.setattr(stream, "replay", replay)
    monkeypatch.setattr(games, "replay", replay)
    (batch,) = stream.stream(model, torch.ones(2, 60, dtype=torch.uint8), [1])
    focus = FocusGames(model, torch.ones(2, 60, dtype=torch.uint8))
    acts = {"logits": focus.logits, "post": focus.cache["post", 0], **batch.acts}
    found = {**vars(batch), **vars(focus), **acts}
    tensors = {name: value.device.type for name, value in found.items() if isinstance(value, torch.Tensor)}
    assert len(tensors) == 11
    assert set(tensors.values()) == {"meta"}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_gpu_gives_the_same_boards_and_activations(tiny, tokens):
    expected = FocusGames(tiny, tokens)
    focus = FocusGames(tiny_model(seed=0).to("cuda"), tokens)
    assert torch.equal(focus.states_theirs_vs_mine.cpu(), expected.states_theirs_vs_mine)
    torch.testing.assert_close(focus.cache["post", 1].cpu(), expected.cache["post", 1], rtol=0, atol=1e-4)
