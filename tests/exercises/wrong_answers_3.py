"""Wrong answers as students write them: the third batch (wrong_answers.py), mostly of notebooks 6 and 7."""

import torch
from wrong_answers import Batch

from othello_interp.hypotheses import label_aucs
from othello_interp.patterns import DIRECTIONS
from othello_interp.squares import ALL_SQUARES, label_to_square

wrong = Batch()


# -- 3.2
@wrong("3.2", "transpose", "coordinates", "squared", "U.T", "outside")
def only_the_inside_projected(vectors, basis):
    U = torch.linalg.svd(basis, full_matrices=False).U[:, : torch.linalg.matrix_rank(basis)]
    inside = vectors @ U @ U.T
    return inside, inside - vectors


@wrong("3.2", "twice", "inside", "minus", "outside", "subtracted")
def rest_of_the_rest(vectors, basis):
    U = torch.linalg.svd(basis, full_matrices=False).U[:, : torch.linalg.matrix_rank(basis)]
    inside = vectors @ U @ U.T
    return inside, vectors


@wrong("3.2", "length", "norm")
def lengths_of_the_parts(vectors, basis):
    U = torch.linalg.svd(basis, full_matrices=False).U[:, : torch.linalg.matrix_rank(basis)]
    inside = vectors @ U @ U.T
    return inside.norm(dim=-1), (vectors - inside).norm(dim=-1)


# -- 4.4
def top(model, layer, acts, states, count, quantile, squares=ALL_SQUARES, above=True, sides=1, unit=False):
    flat = acts.reshape(-1, acts.shape[-1])
    neurons = flat.std(0).argsort(descending=True)[:count]
    boards, average = torch.zeros(count, 64), []
    for i, neuron in enumerate(neurons):
        w = model.blocks[layer].mlp.W_out[neuron]
        boards[i, squares] = (w / w.norm() if unit else w) @ model.W_U[:, 1:]
        bar = torch.quantile(flat[:, neuron], quantile)
        loud = flat[:, neuron] > bar if above else flat[:, neuron] < bar
        average.append(sides * states.reshape(-1, 8, 8)[loud].float().mean(0))
    return neurons.tolist(), boards.reshape(count, 8, 8), torch.stack(average)


@wrong("4.4", "below", "other way", "quietest", "comparison", "<")
def the_quiet_moves(model, layer, acts, states, count, quantile):
    return top(model, layer, acts, states, count, quantile, above=False)


@wrong("4.4", "sign", "swapped", "opposite", "+1 for -1")
def mine_for_theirs(model, layer, acts, states, count, quantile):
    return top(model, layer, acts, states, count, quantile, sides=-1)


@wrong("4.4", "length 1", "length of", "divided")
def unit_vectors(model, layer, acts, states, count, quantile):
    return top(model, layer, acts, states, count, quantile, unit=True)


@wrong("4.4", "rows and columns", "axes", "order")
def attributions_on_their_side(model, layer, acts, states, count, quantile):
    neurons, boards, average = top(model, layer, acts, states, count, quantile)
    return neurons, boards.transpose(1, 2), average


@wrong("4.4", "layer")
def the_layer_below(model, layer, acts, states, count, quantile):
    return top(model, layer - 1, acts, states, count, quantile)


# -- 5.3
@wrong("5.3", "without", "direction", "last", "first", "row", "half")
def half_of_the_directions(boards, square):
    return lines_found(boards, square, DIRECTIONS[:4])


@wrong("5.3", "row", "swapped", "column", "label")
def column_letter(boards, square):
    turned = "ABCDEFGH"[int(square[1])] + str("ABCDEFGH".index(square[0]))
    return lines_found(boards, turned, DIRECTIONS)


def lines_found(boards, square, directions):
    row, col = divmod(label_to_square(square), 8)
    found = torch.zeros(boards.shape[:-2], dtype=torch.long)
    for down, right in directions:
        between = torch.ones(boards.shape[:-2], dtype=torch.bool)
        for i in range(1, 8):
            r, c = row + i * down, col + i * right
            if not (0 <= r < 8 and 0 <= c < 8):
                break
            if i > 1:
                found += between & (boards[..., r, c] == 2) & (boards[..., row, col] == 0)
            between &= boards[..., r, c] == 1
    return found


# -- 5.5
def hooked(model, tokens, layer, change):
    def hook(act, hook):
        return change(act)

    return model.run_with_hooks(tokens, fwd_hooks=[(f"blocks.{layer}.mlp.hook_post", hook)])


@wrong("5.5", "mean", "0")
def mean_ablation(model, tokens, layer, neuron):
    def change(act):
        act[..., neuron] = act[..., neuron].mean()
        return act

    return hooked(model, tokens, layer, change)


@wrong("5.5", "sign", "1 in place", "1", "put in")
def set_to_one(model, tokens, layer, neuron):
    def change(act):
        act[..., neuron] = 1
        return act

    return hooked(model, tokens, layer, change)


@wrong("5.5", "last", "first", "move")
def all_but_the_first_move(model, tokens, layer, neuron):
    def change(act):
        act[:, 1:, neuron] = 0
        return act

    return hooked(model, tokens, layer, change)


# -- 6.1
def step(resid, vector, offset):
    return (resid @ vector + offset)[..., None] * vector / (vector @ vector)


@wrong("6.1", "sign", "opposite", "minus", "other way round")
def upside_down(resid, vector, offset):
    return 2 * step(resid, vector, offset) - resid


@wrong("6.1", "step", "change", "added", "term", "left out", "subtracted", "minus")
def only_the_step(resid, vector, offset):
    return -2 * step(resid, vector, offset)


@wrong("6.1", "offset")
def offset_the_other_way(resid, vector, offset):
    return resid - 2 * step(resid, vector, -offset)


@wrong("6.1", "offset")
def offset_once(resid, vector, offset):
    return resid - 2 * step(resid, vector, 0) - offset * vector / (vector @ vector)


@wrong("6.1", "length", "direction", "unit")
def returns_the_unit_vector_step(resid, vector, offset):
    unit = vector / vector.norm()
    reading = resid @ unit + offset
    return resid - 2 * reading[..., None] * unit


@wrong("6.1", "mean", "axis", "average", "one")
def one_step_for_all(resid, vector, offset):
    reading = (resid @ vector + offset).mean()
    return resid - 2 * reading * vector / (vector @ vector)


# -- 6.2
def group_means(acts, labels):
    out = acts.clone()
    for move in range(acts.shape[1]):
        for value in (True, False):
            same = labels[:, move] == value
            out[same, move] = acts[same, move].mean()
    return out


@wrong("6.2", "minus", "difference", "subtract", "opposite")
def what_is_left(acts, labels):
    return acts - group_means(acts, labels)


@wrong("6.2", "sum", "number of", "division")
def sums_not_means(acts, labels):
    out = acts.clone()
    for move in range(acts.shape[1]):
        for value in (True, False):
            same = labels[:, move] == value
            out[same, move] = acts[same, move].sum()
    return out


@wrong("6.2", "median", "mean")
def medians(acts, labels):
    out = acts.clone()
    for move in range(acts.shape[1]):
        for value in (True, False):
            same = labels[:, move] == value
            out[same, move] = acts[same, move].quantile(0.5)
    return out


@wrong("6.2", "False", "True", "0", "label")
def only_where_true(acts, labels):
    true_mean = (acts * labels).sum(0) / labels.sum(0)
    return torch.where(labels, true_mean, acts)


@wrong("6.2", "itself", "own", "too small", "one", "leave")
def without_itself(acts, labels):
    total, number = torch.zeros_like(acts), torch.zeros_like(acts)
    for value in (labels, ~labels):
        total += value * (acts * value).sum(0)
        number += value * value.sum(0)
    return (total - acts) / (number - 1).clamp(min=1)


@wrong("6.2", "row", "axis", "label", "one for each", "rows", "shape")
def two_rows(acts, labels):
    return torch.stack([acts[:, m][labels[:, m]].mean() for m in range(acts.shape[1])])


# -- 6.4
def change_of_logit(before, after, W_out, unembedding, scale):
    return torch.einsum("gmn,nd,d,gm->gmn", after - before, W_out, unembedding, 1 / scale)


@wrong("6.4", "True for False", "other way", "not marked", "mask", "not")
def where_not(before, after, W_out, unembedding, scale, where):
    return change_of_logit(before, after, W_out, unembedding, scale)[~where].mean(0)


@wrong("6.4", "all", "number of", "divided", "marked")
def mean_over_all(before, after, W_out, unembedding, scale, where):
    return (change_of_logit(before, after, W_out, unembedding, scale) * where[..., None]).mean((0, 1))


@wrong("6.4", "multiplied", "scale")
def times_the_scale(before, after, W_out, unembedding, scale, where):
    return change_of_logit(before, after, W_out, unembedding, 1 / scale)[where].mean(0)


@wrong("6.4", "length", "unembedding")
def direction_of_the_unembedding(before, after, W_out, unembedding, scale, where):
    return change_of_logit(before, after, W_out, unembedding / unembedding.norm(), scale)[where].mean(0)


@wrong("6.4", "before", "subtracted", "difference", "zeros")
def after_alone(before, after, W_out, unembedding, scale, where):
    return change_of_logit(torch.zeros_like(before), after, W_out, unembedding, scale)[where].mean(0)


@wrong("6.4", "sum", "all neurons", "one number")
def all_neurons_together(before, after, W_out, unembedding, scale, where):
    return change_of_logit(before, after, W_out, unembedding, scale)[where].mean(0).sum()


@wrong("6.4", "sorted", "order")
def ranked(before, after, W_out, unembedding, scale, where):
    effects = change_of_logit(before, after, W_out, unembedding, scale)[where].mean(0)
    return effects.sort(descending=True).values


@wrong("6.4", "position", "axis", "mean", "games", "marked")
def not_averaged(before, after, W_out, unembedding, scale, where):
    return change_of_logit(before, after, W_out, unembedding, scale)[where]


# -- 6.5
def two_runs(model, tokens, off, held, value=0.0, kept=lambda kept: kept):
    name = "blocks.{}.mlp.hook_post"
    _, cache = model.run_with_cache(tokens)
    values = kept(cache[name.format(held[0])][..., held[1]])

    def zero(act, hook):
        act[:, :, off[1]] = value
        return act

    def hold(act, hook):
        act[:, :, held[1]] = values
        return act

    return model.run_with_hooks(tokens, fwd_hooks=[(name.format(off[0]), zero), (name.format(held[0]), hold)])


@wrong("6.5", "softmax", "probabilit")
def probabilities(model, tokens, off, held):
    return two_runs(model, tokens, off, held).softmax(-1)


@wrong("6.5", "last", "move")
def last_move_only(model, tokens, off, held):
    return two_runs(model, tokens, off, held)[:, -1]


@wrong("6.5", "pass", "without the first")
def pass_dropped(model, tokens, off, held):
    return two_runs(model, tokens, off, held)[..., 1:]


@wrong("6.5", "off", "hold", "switched", "first run", "held", "second run")
def held_at_what_it_is_anyway(model, tokens, off, held):
    name = "blocks.{}.mlp.hook_post"
    kept = {}

    def zero(act, hook):
        act[..., off[1]] = 0
        return act

    def look(act, hook):
        kept["values"] = act[..., held[1]].clone()

    model.run_with_hooks(tokens, fwd_hooks=[(name.format(off[0]), zero), (name.format(held[0]), look)])

    def hold(act, hook):
        act[..., held[1]] = kept["values"]
        return act

    return model.run_with_hooks(tokens, fwd_hooks=[(name.format(off[0]), zero), (name.format(held[0]), hold)])


@wrong("6.5", "mean", "each", "position", "move")
def mean_of_each_move(model, tokens, off, held):
    return two_runs(model, tokens, off, held, kept=lambda kept: kept.mean(0))


@wrong("6.5", "one too", "neuron", "off", "token")
def the_next_neuron_off(model, tokens, off, held):
    return two_runs(model, tokens, (off[0], off[1] + 1), held)


# -- 6.6
@wrong("6.6", "all", "legal", "mean", "marked", "number")
def illegal_as_zero(logits, legal, token):
    product = logits.softmax(-1)[..., token] * legal.sum(-1)
    return (product * legal[..., token - 1]).mean().item()


@wrong("6.6", "illegal", "not legal", "opposite", "other way", "turned round", "True for False")
def where_illegal(logits, legal, token):
    product = logits.softmax(-1)[..., token] * legal.sum(-1)
    return product[~legal[..., token - 1]].mean().item()


@wrong("6.6", "divided", "multiplied")
def divided_by_the_number(logits, legal, token):
    ratio = logits.softmax(-1)[..., token] / legal.sum(-1)
    return ratio[legal[..., token - 1]].mean().item()


@wrong("6.6", "sum", "mean")
def added_up(logits, legal, token):
    product = logits.softmax(-1)[..., token] * legal.sum(-1)
    return product[legal[..., token - 1]].sum().item()


@wrong("6.6", "token", "column", "one", "index", "number that is subtracted")
def column_of_the_next(logits, legal, token):
    probabilities = logits.softmax(-1)
    product = probabilities[..., token - 1] * legal.sum(-1)
    return product[legal[..., token - 1]].mean().item()


@wrong("6.6", "softmax", "axis", "moves")
def softmax_over_moves(logits, legal, token):
    product = logits.softmax(1)[..., token] * legal.sum(-1)
    return product[legal[..., token - 1]].mean().item()


# -- 6.7
def caps(acts, attribution, legal, share=0.8, last=False):
    n_neurons = acts.shape[-1]
    acts, legal = acts.reshape(-1, n_neurons), legal.reshape(-1, legal.shape[-1])
    found = torch.full((legal.shape[1],), -1)
    best = torch.zeros(legal.shape[1])
    for neuron in range(n_neurons):
        square = int(attribution[neuron].abs().argmax())
        where = legal[:, square]
        if attribution[neuron, square] >= 0:
            continue
        positive = acts[:, neuron].clamp(min=0)
        if positive[where].sum() / positive.sum() < share:
            continue
        effect = attribution[neuron, square] * acts[where, neuron].mean()
        if last or effect < best[square]:
            found[square], best[square] = neuron, effect
    return found


@wrong("6.7", "last", "strongest", "several", "condition")
def the_last_one(acts, attribution, legal):
    return caps(acts, attribution, legal, last=True)


@wrong("6.7", "half", "0.5", "share", "0.8", "80", "fire", "number")
def half_is_enough(acts, attribution, legal):
    return caps(acts, attribution, legal, share=0.5)


@wrong("6.7", "square", "column", "index", "one")
def a_list_of_neurons(acts, attribution, legal):
    found = caps(acts, attribution, legal)
    return found[found >= 0]


@wrong("6.7", "lowest", "size", "sign", "strongest", "least", "weakest", "other way round", "comparison")
def the_weakest_cap(acts, attribution, legal):
    flat, where = acts.flatten(0, 1), legal.flatten(0, 1).float()
    share = flat.clamp(min=0).T @ where / flat.clamp(min=0).sum(0)[:, None]
    effect = attribution * (flat.T @ where / where.sum(0))
    own = torch.nn.functional.one_hot(attribution.abs().argmax(1), legal.shape[-1]).bool()
    good = own & (attribution < 0) & (share >= 0.8)
    return torch.where(good.any(0), effect.where(good, -torch.inf).argmax(0), -1)


# -- 6.8
wrong("6.8", "no moves", "empty")(lambda: [])
wrong("6.8", "99")(lambda: ["F4", "F5"])
wrong("6.8", "99")(lambda: ["F4", "D5"])


# -- 7.1
def merged(a, b):
    n = a[0] + b[0]
    mean = (a[0] * a[1] + b[0] * b[1]) / max(n, 1)
    squares = sum(part[2] + part[0] * (part[1] - mean) ** 2 for part in (a, b))
    return n, mean, squares


wrong("7.1", "sum of", "added", "deviations", "standard", "root")(
    lambda a, b: (*merged(a, b)[:2], merged(a, b)[2].sqrt())
)
wrong("7.1", "only added", "common mean", "further")(lambda a, b: (*merged(a, b)[:2], a[2] + b[2]))
wrong("7.1", "mean of the two means", "weigh")(lambda a, b: (a[0] + b[0], (a[1] + b[1]) / 2, merged(a, b)[2]))
wrong("7.1", "number", "count", "largest", "larger", "max")(lambda a, b: (max(a[0], b[0]), *merged(a, b)[1:]))
wrong("7.1", "variance", "divide", "count")(
    lambda a, b: (*merged(a, b)[:2], merged(a, b)[2] / max(a[0] + b[0] - 1, 1))
)
wrong("7.1", "tuple", "number", "None", "part")(lambda a, b: merged(a, b)[1])


# -- 7.2
def auc72(holds, fails, ties=0.5):
    below = fails.cumsum(-1) - fails
    return (holds * (below + ties * fails)).sum(-1) / (holds.sum(-1) * fails.sum(-1))


wrong("7.2", "tie", "half")(lambda holds, fails: auc72(holds, fails, 0))
wrong("7.2", "tie", "half")(lambda holds, fails: auc72(holds, fails, 1))
wrong("7.2", "swapped", "wrong way", "minus", "1 minus")(lambda holds, fails: 1 - auc72(holds, fails))
wrong("7.2", "swapped", "wrong way", "other way")(lambda holds, fails: auc72(holds.flip(-1), fails.flip(-1)))
wrong("7.2", "first", "last", "without", "left out", "bin")(
    lambda holds, fails: auc72(holds[..., 1:], fails[..., 1:])
)
wrong("7.2", "percent", "100")(lambda holds, fails: 100 * auc72(holds, fails))


# -- 7.3
def deff(values, where):
    d = (values - values[where].mean()).where(where, 0)
    return (d.sum(1).square().sum() / d.square().sum()).item()


wrong("7.3", "root", "square", "width")(lambda values, where: deff(values, where) ** 0.5)
wrong("7.3", "upside down", "1 over", "divided", "inverse")(lambda values, where: 1 / deff(values, where))
wrong("7.3", "mean off", "deviations")(
    lambda values, where: ((values * where).sum(1).square().sum() / (values * where).square().sum()).item()
)
wrong("7.3", "marked", "all positions", "mask", "where")(
    lambda values, where: deff(values, torch.ones_like(where))
)
wrong("7.3", "worth", "number", "positions", "divided", "n ")(
    lambda values, where: where.sum().item() / deff(values, where)
)


# -- 7.4
def search74(acts, labels, orders):
    def aucs(acts):
        return label_aucs(acts.reshape(-1, 1), labels.flatten(1))[:, 0]

    return aucs(acts), [aucs(acts[order]) for order in orders]


@wrong("7.4", "line that won", "whole search", "again in each")
def the_winner_alone(acts, labels, orders):
    real, null = search74(acts, labels, orders)
    best = real.argmax()
    values = torch.stack([aucs[best] for aucs in null])
    return real.max().item(), values, (1 + (values >= real.max()).sum().item()) / (1 + len(orders))


@wrong("7.4", "included", "1", "itself")
def no_order_of_its_own(acts, labels, orders):
    real, null = search74(acts, labels, orders)
    values = torch.stack([aucs.max() for aucs in null])
    return real.max().item(), values, (values >= real.max()).sum().item() / len(orders)


@wrong("7.4", "mean", "best")
def the_mean_line(acts, labels, orders):
    real, null = search74(acts, labels, orders)
    values = torch.stack([aucs.mean() for aucs in null])
    return real.mean().item(), values, (1 + (values >= real.mean()).sum().item()) / (1 + len(orders))


@wrong("7.4", "wrong game", "other way", "orders")
def scattered(acts, labels, orders):
    real, null = search74(acts, labels, orders.argsort(1))
    values = torch.stack([aucs.max() for aucs in null])
    return real.max().item(), values, (1 + (values >= real.max()).sum().item()) / (1 + len(orders))


# -- 7.5
def kept75(p, rate):
    ordered = p.sort().values
    below = (ordered <= rate * torch.arange(1, len(p) + 1) / len(p)).nonzero()
    return p <= ordered[below.max()] if len(below) else torch.zeros_like(p, dtype=torch.bool)


wrong("7.5", "every p-value", "how many")(lambda p, rate: p < rate)
wrong("7.5", "Bonferroni", "number of tests")(lambda p, rate: p * len(p) < rate)
wrong("7.5", "not* to be kept", "True for False", "opposite", "not")(lambda p, rate: ~kept75(p, rate))
wrong("7.5", "number", "bool", "type", "True", "dtype", "p-values")(lambda p, rate: kept75(p, rate).float())
wrong("7.5", "places", "positions", "shape", "indices", "index")(
    lambda p, rate: kept75(p, rate).nonzero().flatten()
)
wrong("7.5", "order", "sorted")(lambda p, rate: kept75(p.sort().values, rate))


# -- 7.6
wrong("7.6", "alone", "as text")(lambda: ("C0==LEGAL", 1393))
wrong("7.6", "ahead")(lambda: "C0==LEGAL")
wrong("7.6", "expected")(lambda: "C0=LEGAL")
