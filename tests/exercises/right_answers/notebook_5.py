"""Right answers to the exercises of notebook 5, written in other ways than the reference."""

from functools import cache

import einops
import numpy as np
import torch
import torch.nn.functional as F

from othello_interp.games import FocusGames
from othello_interp.hypotheses import parse
from othello_interp.lines import best_lines
from othello_interp.model import load_model


def hypothesis_labels__parse(boards):
    return parse("E2==MINE & C0==BLANK & D1==THEIRS")(boards)


def hypothesis_labels__loop(boards):
    flat = boards.reshape(-1, 8, 8)
    found = [b[2, 0].item() == 0 and b[3, 1].item() == 1 and b[4, 2].item() == 2 for b in flat]
    return torch.tensor(found).view(boards.shape[:-2])


def hypothesis_labels__numpy(boards):
    squares = boards.numpy().reshape(*boards.shape[:-2], 64)[..., [16, 25, 34]]
    return (squares == np.array([0, 1, 2])).all(-1)


def hypothesis_labels__product(boards):
    blank, theirs, mine = (F.one_hot(boards.long(), 3).movedim(-1, 0)).double()
    return (blank[..., 2, 0] * theirs[..., 3, 1] * mine[..., 4, 2]).int()


def spectrum_percent__numpy(acts, labels, edges):
    rows = [np.histogram(acts.numpy()[group.numpy()], edges.numpy())[0] for group in (~labels, labels)]
    return 100 * np.array(rows) / np.array([[(~labels).sum()], [labels.sum()]])


def spectrum_percent__loop(acts, labels, edges):
    result = torch.zeros(2, len(edges) - 1, dtype=torch.float64)
    n = [(~labels).sum().item(), labels.sum().item()]
    for act, label in zip(acts.flatten().tolist(), labels.flatten().tolist(), strict=True):
        for i in range(len(edges) - 1):
            last = i == len(edges) - 2
            if edges[i] <= act < edges[i + 1] or (last and act == edges[i + 1]):
                result[int(label), i] += 100 / n[int(label)]
    return result


def spectrum_percent__comparisons(acts, labels, edges):
    acts, labels = acts.reshape(-1, 1), labels.reshape(-1)
    upper = edges[1:].clone()
    upper[-1] = torch.nextafter(upper[-1], torch.tensor(torch.inf))
    inside = ((acts >= edges[:-1]) & (acts < upper)).double()
    return torch.stack([inside[labels == group].mean(0) for group in (False, True)]) * 100


def spectrum_percent__einsum(acts, labels, edges):
    bins = torch.bucketize(acts.flatten(), edges, right=True) - 1
    bins[acts.flatten() == edges[-1]] = len(edges) - 2
    bins[bins == len(edges) - 1] = -1
    which = F.one_hot(bins + 1, len(edges))[:, 1:].float()
    groups = F.one_hot(labels.flatten().long(), 2).float()
    return torch.einsum("pg,pb->gb", groups, which) / groups.sum(0)[:, None] * 100


def pattern_age__loops(labels):
    age = torch.zeros(labels.shape, dtype=torch.int32)
    for game in range(labels.shape[0]):
        for move in range(labels.shape[1]):
            while move - 2 * age[game, move] >= 0 and labels[game, move - 2 * age[game, move]]:
                age[game, move] += 1
    return age


def pattern_age__numpy(labels):
    labels = labels.numpy()
    age = np.zeros(labels.shape, dtype=int)
    for move in range(labels.shape[1]):
        before = age[:, move - 2] if move >= 2 else 0
        age[:, move] = np.where(labels[:, move], before + 1, 0)
    return age


def pattern_age__cummax(labels):
    age = torch.empty(labels.shape, dtype=torch.long)
    for player in (0, 1):
        own = labels[:, player::2]
        turn = torch.arange(1, own.shape[1] + 1).expand_as(own)
        last_gap = (turn * ~own).cummax(1).values
        age[:, player::2] = turn - last_gap
    return age


def pattern_age__two_columns(labels):
    previous = [torch.zeros(len(labels)), torch.zeros(len(labels))]
    columns = []
    for column in labels.unbind(1):
        columns.append((previous[-2] + 1) * column)
        previous.append(columns[-1])
    return einops.rearrange(columns, "move game -> game move").long()


@cache
def _lines():
    games = FocusGames(load_model())
    acts, boards = games.cache["post", 5][..., 300:600], games.states_theirs_vs_mine[:, :59]
    lines = best_lines(acts, boards, min_matches=40)
    lines["neuron"] += 300
    return lines.sort_values("auc", ascending=False)


def my_hypothesis__list():
    best = _lines().iloc[0]
    return [int(best.neuron), best.hypothesis]


def my_hypothesis__numpy_and_brackets():
    best = _lines().iloc[1]
    return np.int64(best.neuron), f"({best.hypothesis.lower()})".replace("==", " == ")


def my_hypothesis__with_another_condition():
    best = _lines().iloc[0]
    return torch.tensor(int(best.neuron)), f"{best.hypothesis} | ({best.hypothesis} & D3!=BLANK)"[:500]


def _name(layer):
    return f"blocks.{layer}.mlp.hook_post"


def ablated_logits__before_gelu(model, tokens, layer, neuron):
    def to_zero(pre, hook):
        pre[:, :, neuron] = 0  # gelu(0) is 0
        return pre

    return model.run_with_hooks(tokens, fwd_hooks=[(f"blocks.{layer}.mlp.hook_pre", to_zero)])


def ablated_logits__a_new_tensor(model, tokens, layer, neuron):
    def masked(act, hook):
        mask = torch.ones(act.shape[-1])
        mask[neuron] = 0
        return act * mask

    with torch.no_grad(), model.hooks(fwd_hooks=[(_name(layer), masked)]):
        return model(tokens.int())


def ablated_logits__off_the_residual_stream(model, tokens, layer, neuron):
    _, cache = model.run_with_cache(tokens, names_filter=_name(layer))
    written = cache[_name(layer)][..., neuron, None] * model.blocks[layer].mlp.W_out[neuron]
    without = [(f"blocks.{layer}.hook_mlp_out", lambda out, hook: out - written)]
    return model.run_with_hooks(tokens, fwd_hooks=without).double()


def ablated_logits__numpy(model, tokens, layer, neuron):
    def to_zero(act, hook):
        act.index_fill_(-1, torch.tensor([neuron]), 0.0)

    return model.run_with_hooks(tokens, fwd_hooks=[(_name(layer), to_zero)]).numpy()
