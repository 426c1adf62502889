"""Do patches, flips and edges do what a forward pass written out by hand says they should?"""

import pytest
import torch
from by_hand import forward

from othello_interp.circuit import flip, matched_donors, patch, resampled, to_matched_mean, to_mean
from othello_interp.edges import edge_effects
from othello_interp.games import ActivationCache
from othello_interp.model import bridge, tiny_model, tiny_state
from othello_interp.nodes import Direction, mine_direction, place_of
from othello_interp.probe import Probe
from othello_interp.rules.random_games import random_games
from othello_interp.squares import label_to_square

N_LAYERS, TOKEN = 4, 44
LATER = [f"{part} {layer}" for layer in (2, 3) for part in ("attention", "MLP")]


@pytest.fixture(scope="module")
def model():
    return tiny_model(seed=4, n_layers=N_LAYERS)


@pytest.fixture(scope="module")
def games():
    return random_games(6, seed=2)[:, :13].long()


@pytest.fixture(scope="module")
def probe():
    generator = torch.Generator().manual_seed(3)
    return Probe(
        torch.randn(20, 8, 8, 3, generator=generator), torch.randn(8, 8, 3, generator=generator), layer=1
    )


def close(a, b):
    torch.testing.assert_close(a, b, atol=3e-5, rtol=0)


def by_definition(model, tokens, change, freeze=()):
    """All activations with nodes changed and frozen, from the definition: node by node, and of the whole run.

    change: by node, a function of its clean value. Directions must stand alone.
    """
    clean = forward(model, tokens)

    def edit(name, act):
        act = act.clone()
        for node in [*change, *freeze]:
            place = place_of(model, node)
            if place.activation != name:
                continue
            new = change.get(node, lambda before: before)
            if isinstance(node, Direction):
                before = clean[name] @ node.vector + node.offset
                now = act @ node.vector + node.offset
                length = (node.vector**2).sum()
                act += ((new(before) - now) / length)[..., None] * node.vector
            elif "N" in node:
                act[..., place.index] = new(clean[name][..., place.index])
            elif "H" in node:
                act[:, :, place.index] = new(clean[name][:, :, place.index])
            else:
                act = new(clean[name])
        return act

    return forward(model, tokens, edit)


ONE_EACH = ["L1N7", "L1H1", "MLP 1", "attention 1"]


@pytest.mark.parametrize("node", ONE_EACH)
@pytest.mark.parametrize("freeze", [[], ["L2N3", "L2N30"], ["L2H0", "L3H1", "MLP 2"], ["attention 3"]])
def test_zero_with_others_frozen(model, games, node, freeze):
    logits = patch(model, games, {node: 0.0}, freeze)
    expected = by_definition(model, games, {node: torch.zeros_like}, freeze)["logits"]
    close(logits, expected)
    assert (logits - model(games)).abs().max() > 0.05


@pytest.mark.parametrize("node", ONE_EACH)
def test_every_kind_of_value(model, games, node):
    donors = matched_donors(games % 2 == 0, seed=5)
    values = {
        "number": (0.7, lambda clean: torch.full_like(clean, 0.7)),
        "function": (torch.neg, torch.neg),
        "mean": (to_mean, lambda clean: torch.zeros_like(clean) + clean.flatten(0, 1).mean(0)),
        "resampled": (
            resampled(donors),
            lambda clean: torch.stack(
                [
                    torch.stack([clean[donors[game, move], move] for move in range(13)])
                    for game in range(len(games))
                ]
            ),
        ),
    }
    for given, definition in values.values():
        logits = patch(model, games, {node: given})
        close(logits, by_definition(model, games, {node: definition})["logits"])


def test_a_tensor_as_value_and_several_nodes_at_once(model, games):
    wanted = torch.linspace(-1, 1, games.numel()).view(games.shape)
    change = {"L0N5": wanted, "L2N5": 0.25, "L2N9": wanted.T.reshape(games.shape), "L1H0": 0.0}
    definition = {
        "L0N5": lambda _: wanted,
        "L2N5": lambda clean: torch.full_like(clean, 0.25),
        "L2N9": lambda _: wanted.T.reshape(games.shape),
        "L1H0": torch.zeros_like,
    }
    close(patch(model, games, change, ["L3N1"]), by_definition(model, games, definition, ["L3N1"])["logits"])


@pytest.mark.parametrize("read", ["L3N4", "L3H1", "MLP 2", "MLP 1", "attention 2", "L1N7", "L1N8", "L0N3"])
def test_any_node_can_be_read(model, games, read):
    found = by_definition(model, games, {"L1N7": torch.zeros_like}, ["L2N3"])
    place = place_of(model, read)
    close(patch(model, games, {"L1N7": 0.0}, ["L2N3"], read=read), place.value(found[place.activation]))


def test_a_direction_can_be_changed_frozen_and_read(model, games, probe):
    d1, later = mine_direction(probe, "D1"), mine_direction(probe, "E2", layer=2)
    change = {d1: lambda clean: clean + 1.5}
    found = by_definition(model, games, change, [later])
    close(patch(model, games, change, [later]), found["logits"])
    at = "blocks.{}.hook_resid_post"
    close(patch(model, games, change, [later], read=d1), found[at.format(1)] @ d1.vector + d1.offset)
    close(
        patch(model, games, change, [later], read=later),
        forward(model, games)[at.format(2)] @ later.vector + later.offset,
    )


def test_two_directions_are_set_together_by_the_smallest_change(model, games, probe):
    pair = [mine_direction(probe, square) for square in ("D1", "E2")]
    after = patch(model, games, dict.fromkeys(pair, 2.0), read="L1N0")  # stands before: it is left alone
    close(after, forward(model, games)["blocks.1.mlp.hook_post"][..., 0])
    for direction in pair:
        close(patch(model, games, dict.fromkeys(pair, 2.0), read=direction), torch.full(games.shape, 2.0))
    clean = forward(model, games)["blocks.1.hook_resid_post"]
    vectors = torch.stack([direction.vector for direction in pair], 1)
    gap = 2.0 - (clean @ vectors + torch.tensor([direction.offset for direction in pair]))
    change = torch.linalg.lstsq(vectors.T.double(), gap.flatten(0, 1).T.double()).solution.T.float()

    def edit(name, act):
        return act + change.view_as(act) if name == "blocks.1.hook_resid_post" else act

    close(patch(model, games, dict.fromkeys(pair, 2.0)), forward(model, games, edit)["logits"])


def test_a_flip_turns_the_reading_round_and_nothing_else(model, games, probe):
    square, row, col = "D1", *divmod(label_to_square("D1"), 8)
    vector = probe.weight[:, row, col, 2] - probe.weight[:, row, col, 1]
    offset = probe.bias[row, col, 2] - probe.bias[row, col, 1]

    def edit(name, act):
        if name != "blocks.1.hook_resid_post":
            return act
        return act - 2 * (act @ vector + offset)[..., None] * vector / vector.dot(vector)

    flipped = forward(model, games, edit)
    close(flip(model, games, square, 1, probe), flipped["logits"])
    close(flip(model, games, square, 1, probe, read="L2N7"), flipped["blocks.2.mlp.hook_post"][..., 7])
    later = mine_direction(
        probe, square, layer=2
    )  # the probe was trained on layer 1, and may be used elsewhere
    close(flip(model, games, square, 2, probe), patch(model, games, {later: torch.neg}))
    assert not torch.equal(flip(model, games, square, 2, probe), flip(model, games, square, 1, probe))
    d1 = mine_direction(probe, square)
    close(
        flip(model, games, square, 1, probe, read=d1),
        -(forward(model, games)["blocks.1.hook_resid_post"] @ vector + offset),
    )
    # What the probe reads on a square at right angles to it stays.
    other = torch.randn(20, generator=torch.Generator().manual_seed(8))
    other -= (other @ vector) / vector.dot(vector) * vector
    aside = Direction(1, other)
    close(
        flip(model, games, square, 1, probe, read=aside),
        forward(model, games)["blocks.1.hook_resid_post"] @ other,
    )


# --- properties ----------------------------------------------------------------------------------


def test_patching_nothing_changes_nothing(model, games):
    assert torch.equal(patch(model, games, {}), patch(model, games, {}, freeze=["L1N4", "MLP 2"]))
    close(patch(model, games, {}), model(games))
    same = {node: lambda clean: clean for node in ONE_EACH[:2]}
    close(patch(model, games, same), model(games))


def test_with_everything_later_frozen_only_the_direct_path_is_left(model, games):
    change = patch(model, games, {"L1N7": 0.0}, LATER) - model(games)
    clean = forward(model, games)
    write = -clean["blocks.1.mlp.hook_post"][..., 7, None] * model.blocks[1].mlp.W_out[7]
    resid = clean[f"blocks.{N_LAYERS - 1}.hook_resid_post"]
    close(change, model.unembed(model.ln_final(resid + write)) - model.unembed(model.ln_final(resid)))
    table = edge_effects(model, games, ["L1N7"], TOKEN).set_index("node")
    assert table.effect["direct"] != 0


def test_disjoint_paths_add_up_where_what_is_between_is_linear(games):
    """Neurons 0 and 1 of layer 1 read only neuron 7 of layer 0. With every other way frozen, and the
    residual stream read before the last LayerNorm, the two ways from 7 add up."""
    model = tiny_model(seed=4, n_layers=2)
    others = [f"L1N{neuron}" for neuron in range(36)]
    frozen = ["attention 1", *others[2:]]
    reading = Direction(1, torch.linspace(-1, 1, 20))

    def change(*open_ways):
        held = [name for name in others[:2] if name not in open_ways]
        return patch(model, games, {"L0N7": 2.0}, [*frozen, *held], read=reading)

    direct = change()
    assert (change("L1N0") - direct).abs().max() > 1e-3
    close(change("L1N0", "L1N1") - direct, (change("L1N0") - direct) + (change("L1N1") - direct))


def test_freezing_what_never_changes_does_nothing(model, games):
    free = patch(model, games, {"L2N7": 0.0})
    assert torch.equal(patch(model, games, {"L2N7": 0.0}, ["L0N3", "attention 1", "L2H1"]), free)


def test_a_clean_run_that_is_there_is_used(model, games):
    clean = ActivationCache(model, games)
    free = patch(model, games, {"L2N7": 0.0}, ["L3N1"])
    assert torch.equal(patch(model, games, {"L2N7": 0.0}, ["L3N1"], clean=clean), free)
    runs = []
    with model.hooks(fwd_hooks=[("embed.hook_out", lambda act, hook: runs.append(1))]):
        patch(model, games, {"L2N7": 0.0}, ["L3N1"], clean=clean)
    assert not runs


def test_no_hook_is_left_behind_and_the_clean_run_is_left_alone(model, games):
    clean = ActivationCache(model, games)
    before = clean["post", 1].clone()
    patch(model, games, {"L1N7": 0.0, "L1H0": 0.0}, ["L2N1"], clean=clean)
    assert torch.equal(clean["post", 1], before)
    close(model(games), forward(model, games)["logits"])


def test_what_somebody_else_keeps_of_a_run_is_left_alone(model, games):
    kept = []
    with model.hooks(fwd_hooks=[("blocks.1.mlp.hook_post", lambda act, hook: kept.append(act))]):
        patch(model, games, {"L1N7": 0.0})
    assert (kept[-1][..., 7] != 0).all()


# --- edges ---------------------------------------------------------------------------------------


def edges_by_definition(model, games, sources, where):
    """The mean change of the logit by what each head and neuron writes, one at a time."""
    clean = forward(model, games)
    after = by_definition(model, games, dict.fromkeys(sources, torch.zeros_like))
    read = model.W_U[:, TOKEN] - model.W_U[:, TOKEN].mean()

    def mean_effect(write):
        return ((write @ read) / clean["scale"][..., 0])[where].mean().item()

    found = {}
    for layer in range(N_LAYERS):
        z, post = f"blocks.{layer}.attn.hook_z", f"blocks.{layer}.mlp.hook_post"
        o = model.state_dict()[f"blocks.{layer}.attn.o.weight"]  # (d_model, heads together)
        out = model.state_dict()[f"blocks.{layer}.mlp.out.weight"]
        for head in range(2):
            part = slice(10 * head, 10 * head + 10)
            found[f"L{layer}H{head}"] = mean_effect((after[z] - clean[z])[:, :, head] @ o[:, part].T)
        for neuron in range(36):
            change = (after[post] - clean[post])[..., neuron, None]
            found[f"L{layer}N{neuron}"] = mean_effect(change * out[:, neuron])
    total = (after["logits"] - clean["logits"])[..., TOKEN][where].mean().item()
    return found, total


@pytest.mark.parametrize("sources", [["L1N7"], ["L0H1"], ["L1N7", "L1N9", "L2N0"]])
def test_edges_to_every_head_and_neuron(model, games, sources):
    where = games % 3 == 0
    each, total = edges_by_definition(model, games, sources, where)
    direct = sum(each.pop(source) for source in sources)
    table = edge_effects(model, games, sources, TOKEN, where=where, top=10_000).set_index("node").effect
    assert table["direct"] == pytest.approx(direct, abs=1e-5)
    assert table["total"] == pytest.approx(total, abs=1e-5)
    later = table.drop(["direct", "other heads and neurons", "LayerNorm", "total"])
    assert later.to_dict() == pytest.approx({node: each[node] for node in later.index}, abs=1e-5)
    assert all(abs(effect) < 1e-6 for node, effect in each.items() if node not in later.index)
    assert later.abs().is_monotonic_decreasing


def test_a_whole_layer_and_a_direction_as_sources(model, games, probe):
    read = model.W_U[:, TOKEN] - model.W_U[:, TOKEN].mean()
    clean = forward(model, games)
    mlp, resid = "blocks.1.hook_mlp_out", "blocks.1.hook_resid_post"
    direct = edge_effects(model, games, "MLP 1", TOKEN).effect[0]
    assert direct == pytest.approx((-(clean[mlp] @ read) / clean["scale"][..., 0]).mean().item(), abs=1e-5)
    d1, e2 = (mine_direction(probe, square) for square in ("D1", "E2"))
    after = by_definition(model, games, {d1: torch.neg})
    direct = edge_effects(model, games, d1, TOKEN, value=torch.neg).effect[0]
    write = after[resid] - clean[resid]
    assert direct == pytest.approx(((write @ read) / clean["scale"][..., 0]).mean().item(), abs=1e-5)
    assert "L1N7" not in set(edge_effects(model, games, "MLP 1", TOKEN, top=999).node)
    with pytest.raises(ValueError, match="Directions can be changed together at one layer"):
        edge_effects(model, games, [d1, "L1N7"], TOKEN)
    assert len(edge_effects(model, games, [d1, e2], TOKEN))


SOURCES = [
    "L0N7",
    "L1H0",
    "MLP 1",
    "attention 2",
    ["L0N7", "L1N9", "L2H1"],
    ["L0H1", "MLP 1"],
    "two directions",
]


@pytest.mark.parametrize("source", SOURCES, ids=str)
@pytest.mark.parametrize("value", [0.0, torch.neg, to_mean])
def test_the_edges_add_up_to_the_whole_effect(model, games, probe, source, value):
    if source == "two directions":
        source = [mine_direction(probe, square) for square in ("D1", "E2")]
    for top in (0, 3, 9999):
        table = edge_effects(model, games, source, TOKEN, value, games > 20, top).set_index("node").effect
        assert table.drop("total").sum() == pytest.approx(table["total"], abs=2e-5)
    nodes = source if isinstance(source, list) else [source]
    measured = (patch(model, games, dict.fromkeys(nodes, value)) - model(games))[..., TOKEN][games > 20]
    assert table["total"] == pytest.approx(measured.mean().item(), abs=2e-5)


def test_an_edge_holds_also_where_the_weights_do_not_average_to_zero(games):
    """tiny_model isn't centred. Centred, it has the same edges, as it has the same logits."""
    state = tiny_state(seed=4)
    centred = dict(state)
    for name in state:
        if name.endswith(("mlp.out.weight", "attn.o.weight")):
            centred[name] = state[name] - state[name].mean(0, keepdim=True)
    for name in ("embed.weight", "pos_embed.weight"):
        centred[name] = state[name] - state[name].mean(-1, keepdim=True)
    tables = [
        edge_effects(bridge(weights, 2, source="test"), games, "L0N7", TOKEN).set_index("node").effect
        for weights in (state, centred)
    ]
    assert tables[0].to_dict() == pytest.approx(tables[1].to_dict(), abs=1e-5)


# --- donors --------------------------------------------------------------------------------------


def test_donors_are_other_games_with_the_same_label(games):
    labels = torch.rand(30, 13, generator=torch.Generator().manual_seed(1)) < 0.3
    labels[:, 4] = False
    labels[7, 4] = True  # alone: it can only be its own donor
    donors = matched_donors(labels, seed=3)
    for move in range(13):
        assert torch.equal(labels[donors[:, move], move], labels[:, move])
    own = donors == torch.arange(30)[:, None]
    assert own.nonzero().tolist() == [[7, 4]]
    assert not torch.equal(donors, matched_donors(labels, seed=4))
    assert torch.equal(donors, matched_donors(labels, seed=3))


@pytest.mark.parametrize("shape", [(), (4,), (3, 2)])
def test_the_matched_mean_against_a_loop(games, shape):
    generator = torch.Generator().manual_seed(2)
    labels = torch.rand(games.shape, generator=generator) < 0.4
    labels[:, 3] = True
    clean = torch.randn(*games.shape, *shape, generator=generator)
    found = to_matched_mean(labels)(clean)
    for game in range(6):
        for move in range(13):
            alike = [other for other in range(6) if labels[other, move] == labels[game, move]]
            close(found[game, move], torch.stack([clean[other, move] for other in alike]).mean(0))


# --- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "freeze", "message"),
    [
        ({"L9N7": 0.0}, [], "layer 9 doesn't exist: this model has layers 0..3"),
        ({"L1N36": 0.0}, [], "neuron 36 doesn't exist: this model has neurons 0..35"),
        ({"L1H2": 0.0}, [], "head 2 doesn't exist: this model has heads 0..1"),
        ({"MLP6": 0.0}, [], r"a node is called 'MLP6'; expected a name like \"L5N1393\""),
        ({"L1N7": 0.0}, ["L1N7"], "L1N7 is both changed and frozen"),
        ({"L1N7": 0.0}, ["MLP 1"], "L1N7 is a part of MLP 1, which is set too"),
        ({"attention 1": 0.0, "L1H0": 0.0}, [], "L1H0 is a part of attention 1"),
        ({"L1N7": torch.zeros(5, 2)}, [], r"L1N7: its values have shape \(6, 13\); found one of \(5, 2\)"),
        ({Direction(1, torch.ones(3)): 0.0}, [], r"expected a vector of 20 numbers .* shape \(3,\)"),
        ({Direction(1, torch.zeros(20)): 0.0}, [], "that aren't all 0"),
        ({Direction(4, torch.ones(20)): 0.0}, [], "layer 4 doesn't exist"),
    ],
)
def test_what_can_not_be_done_is_an_error(model, games, change, freeze, message):
    with pytest.raises(ValueError, match=message):
        patch(model, games, change, freeze)


def test_activations_on_other_tokens_are_an_error(model, games):
    for other in (games.flip(0), games[:, :12]):
        with pytest.raises(ValueError, match=r"clean: these are activations on other tokens"):
            patch(model, games, {"L1N7": 0.0}, clean=ActivationCache(model, other))


def test_edges_need_a_source_and_a_position(model, games):
    with pytest.raises(ValueError, match="source: no node is named"):
        edge_effects(model, games, [], TOKEN)
    with pytest.raises(ValueError, match="where: no position is marked"):
        edge_effects(model, games, "L1N7", TOKEN, where=games < 0)
