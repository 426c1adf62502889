"""Wrong answers as students write them: the fourth batch (wrong_answers.py), written blind."""

import torch
from wrong_answers import Batch

from othello_interp import FocusGames, load_model, utils
from othello_interp.hypotheses import label_aucs, parse
from othello_interp.neurons import get_w_in, get_w_out
from othello_interp.patterns import as_hypothesis, line_patterns
from othello_interp.squares import ALL_SQUARES

wrong = Batch()


# -- 1.1
@wrong("1.1", "D5", "between", "two of", "only two", "only 2", "at once", "too many", "all four")
def all_four_centre_squares_taken_off_from_d5_on(label):
    square = 8 * (ord(label[0]) - ord("A")) + int(label[1])
    token = square + 1
    if square > 28:
        token -= 4
    return token


# -- 1.2
@wrong("1.2", "axis 0", "first axis", "games", "number of the game", "dim 0", "dim=0", "game to game")
def the_player_alternates_from_game_to_game(states):
    turn = torch.arange(states.shape[0])
    next_player = torch.where(turn % 2 == 0, -1, 1)
    plus_minus = states * next_player[:, None, None, None]
    return torch.where(plus_minus == -1, 1, torch.where(plus_minus == 1, 2, 0))


@wrong("1.2", "swap", "exchang", "other way round", "mixed up", "theirs 2", "mine 1", "each other")
def minus_one_modulo_three(states):  # −1 % 3 is 2
    move = torch.arange(states.shape[1])
    next_player = torch.where(move % 2 == 0, -1, 1)
    return (states * next_player[:, None, None]) % 3


# -- 1.3
@wrong("1.3", "pass", "token 0", "other way round")
def one_less_what_illegal_squares_get(logits, legal):
    probabilities = logits.softmax(dim=-1)[..., 1:]
    illegal = ~legal.flatten(-2)[..., ALL_SQUARES]
    return 1 - (probabilities * illegal).sum(dim=-1)


# -- 1.4
@wrong("1.4", "reshap", "order", "last axis", "mixed", "axes", "view", "flatten")
def scores_unflattened_with_the_states_in_front(resid, weight, bias, boards):
    scores = resid @ weight.flatten(1) + bias.flatten()
    reading = scores.unflatten(-1, (3, 64)).argmax(dim=-2)
    return (reading == boards.flatten(2)).float().mean(dim=(0, 1)).reshape(8, 8)


# -- 2.1
@wrong(
    "2.1",
    "its own length",
    "own length",
    "each direction",
    "each square",
    "one length",
    "all squares",
    "dim=0",
    "over all axes",
)
def directions_divided_by_the_norm_of_the_whole_tensor(model, layer, neuron, directions):
    w_in = get_w_in(model, layer, neuron, normalize=True)
    return torch.einsum("d,dij->ij", w_in, directions / directions.norm())


# -- 2.2
@wrong("2.2", "cosine", "length", "norm", "divid")
def cosine_with_the_unembeddings(model, layer, neuron):
    w_out = get_w_out(model, layer, neuron)
    unembedding = model.W_U[:, 1:]
    board = torch.zeros(64)
    board[ALL_SQUARES] = w_out @ unembedding / (w_out.norm() * unembedding.norm(dim=0))
    return board.reshape(8, 8)


# -- 2.3
@wrong("2.3", "W_E", "the embedding", "input embedding", "instead of W_U", "not W_U")
def similarity_of_the_embeddings(model, label_a, label_b):
    a = model.W_E[utils.label_to_id(label_a)]
    b = model.W_E[utils.label_to_id(label_b)]
    return torch.cosine_similarity(a, b, dim=0).item()


# -- 2.4
@wrong("2.4", "negative", "below 0", "above the board", "upper", "wrap", "other side", "left", "at the top")
def only_the_far_edges_looked_at(label, step, n_theirs):
    row, col = "ABCDEFGH".index(label[0]), int(label[1])
    pattern = {}
    for state in ["BLANK"] + ["THEIRS"] * n_theirs + ["MINE"]:
        if row > 7 or col > 7:
            return None
        pattern[f"{'ABCDEFGH'[row]}{col}"] = state
        row += step[0]
        col += step[1]
    return pattern


@wrong("2.4", "None", "part of", "cut off", "as far as", "incomplete", "unfinished", "up to the edge")
def stops_at_the_edge_and_returns_what_it_has(label, step, n_theirs):
    row, col = "ABCDEFGH".index(label[0]), int(label[1])
    pattern = {}
    for state in ["BLANK", *["THEIRS"] * n_theirs, "MINE"]:
        if row not in range(8) or col not in range(8):
            break
        pattern["ABCDEFGH"[row] + str(col)] = state
        row, col = row + step[0], col + step[1]
    return pattern


# -- 3.1
@wrong("3.1", "mean", "average", "number of columns", "k / d", "d / k")
def mean_of_the_squares_inside_over_mean_of_all_squares(vectors, basis):  # "variance"
    U = torch.linalg.svd(basis, full_matrices=False).U
    return (vectors @ U).pow(2).mean(dim=-1) / vectors.pow(2).mean(dim=-1)


# -- 3.2
@wrong("3.2", "order", "swap", "first", "exchang", "other way round")
def outside_before_inside(vectors, basis):
    U, S, _ = torch.linalg.svd(basis, full_matrices=False)
    U = U[:, S / S.max() > 1e-4]
    outside = vectors - vectors @ U @ U.T
    return outside, vectors - outside


@wrong("3.2", "relative", "largest", "absolute", "S[0]", "rounding", "beside the")
def singular_values_compared_with_a_fixed_number(vectors, basis):
    U, S, _ = torch.linalg.svd(basis, full_matrices=False)
    U = U[:, S > 1e-4]
    inside = vectors @ U @ U.T
    return inside, vectors - inside


# -- 3.3
@wrong(
    "3.3", "number of columns", "by the columns", "columns of", "d_model", "size of the space", "dimensions"
)
def rank_over_the_number_of_columns(basis):
    return (torch.linalg.matrix_rank(basis) / basis.shape[1]).item()


# -- 3.4
@wrong("3.4", "W_out", "w_out of", "output weights of the later", "writes", "write", "output weights")
def cosines_with_what_the_later_neurons_write(model, layer, neuron, later_layer):
    w_out = get_w_out(model, layer, neuron, normalize=True)
    W_out = model.blocks[later_layer].mlp.W_out
    return W_out @ w_out / W_out.norm(dim=1)


@wrong("3.4", "later_layer", "own layer", "same layer", "its own", "later layer")
def readers_of_its_own_layer(model, layer, neuron, later_layer):
    w_out = get_w_out(model, layer, neuron, normalize=True)
    W_in = model.blocks[layer].mlp.W_in
    return w_out @ (W_in / W_in.norm(dim=0, keepdim=True))


# -- 4.1
@wrong("4.1", "next", "just played", "one move later", "following", "move + 1", "one too far", "one late")
def label_of_the_square_played_next(acts, squares, game, threshold):
    moves = (acts[game] > threshold).nonzero().flatten().tolist()
    return [(move, utils.square_to_label(squares[game, move + 1].item())) for move in moves]


@wrong("4.1", "order", "sort", "loudest first")
def the_loudest_moves_first(acts, squares, game, threshold):
    result = []
    for move in acts[game].argsort(descending=True).tolist():
        if acts[game, move] > threshold:
            result.append((move, utils.square_to_label(int(squares[game, move]))))
    return result


# -- 4.2
@wrong(
    "4.2",
    "other game",
    "different games",
    "two games",
    "same game",
    "across",
    "next game",
    "neighbouring game",
)
def gap_measured_on_the_flattened_activations(acts, count, gap):
    taken = []
    for place in acts.flatten().argsort(descending=True).tolist():
        if all(abs(place - other) >= gap for other in taken):
            taken.append(place)
        if len(taken) == count:
            break
    return [divmod(place, acts.shape[1]) for place in taken]


@wrong("4.2", "exactly", "gap + 1", "one too many", "one too wide", "fewer than", "wider", "gap apart")
def a_move_exactly_gap_apart_left_out(acts, count, gap):
    left, found = acts.clone(), []
    while len(found) < count:
        game, move = divmod(left.argmax().item(), acts.shape[1])
        found.append((game, move))
        left[game, max(0, move - gap) : move + gap + 1] = float("-inf")
    return found


# -- 4.3
@wrong("4.3", "each game", "per game", "every game", "game by game", "by game", "over games", "games equally")
def shares_within_each_game_then_averaged(states, mask):
    one_hot = torch.stack([states == value for value in range(3)], dim=2).float()
    of_games = [one_hot[game][mask[game]].mean(dim=0) for game in range(len(states)) if mask[game].any()]
    return torch.stack(of_games).mean(dim=0)


# -- 4.4
@wrong(
    "4.4",
    "own quantile",
    "one quantile",
    "its own",
    "one threshold",
    "same threshold",
    "all neurons",
    "together",
)
def one_quantile_for_all_neurons(model, layer, acts, states, count, quantile):
    flat = acts.flatten(0, 1)
    neurons = flat.std(dim=0).topk(count).indices
    attributions = torch.zeros(count, 64)
    attributions[:, ALL_SQUARES] = model.blocks[layer].mlp.W_out[neurons] @ model.W_U[:, 1:]
    chosen = flat[:, neurons]
    mask = chosen > chosen.quantile(quantile)
    positions = states.flatten(0, 1).float()
    boards = torch.stack([positions[marked].mean(dim=0) for marked in mask.T])
    return neurons.tolist(), attributions.reshape(count, 8, 8), boards


@wrong("4.4", "within", "each game", "per game", "of every game", "over games", "all moves of all games")
def neurons_chosen_by_their_deviation_within_games(model, layer, acts, states, count, quantile):
    neurons = acts.std(dim=1).mean(dim=0).topk(count).indices
    flat = acts.flatten(0, 1)[:, neurons]
    attributions = torch.zeros(count, 64)
    attributions[:, ALL_SQUARES] = model.blocks[layer].mlp.W_out[neurons] @ model.W_U[:, 1:]
    mask = (flat > flat.quantile(quantile, dim=0)).float()
    boards = torch.einsum("pn,pij->nij", mask, states.flatten(0, 1).float()) / mask.sum(0)[:, None, None]
    return neurons.tolist(), attributions.reshape(count, 8, 8), boards


# -- 5.1
@wrong("5.1", "last", "overwr", "replac", "only one", "forget", "earlier")
def each_condition_overwrites_the_one_before(boards, pattern):
    labels = torch.ones(boards.shape[:-2], dtype=torch.bool)
    for label, state in pattern.items():
        row, col = "ABCDEFGH".index(label[0]), int(label[1])
        labels = boards[..., row, col] == ["BLANK", "THEIRS", "MINE"].index(state)
    return labels


# -- 5.2
@wrong("5.2", "uneven", "equal", "one width", "same width", "spac")
def bins_of_one_width(acts, labels, edges):
    low, high = edges[0].item(), edges[-1].item()
    rows = []
    for group in (acts[~labels], acts[labels]):
        counts = torch.histc(group, bins=len(edges) - 1, min=low, max=high)
        rows.append(100 * counts / len(group))
    return torch.stack(rows)


@wrong("5.2", "densit", "width")
def a_density_in_percent(acts, labels, edges):
    false, true = (
        torch.histogram(group, edges, density=True).hist for group in (acts[~labels], acts[labels])
    )
    return 100 * torch.stack([false, true])


# -- 5.3
@wrong("5.3", "through", "begin", "first square", "start", "other square", "elsewhere", "ends")
def lines_that_have_the_square_anywhere(boards, square):
    lines = [as_hypothesis(line) for line in line_patterns() if square in line]
    return sum(parse(line)(boards).long() for line in lines)


@wrong("5.3", "blank", "taken", "empty", "occupied")
def the_square_itself_may_be_taken(boards, square):
    row, col = "ABCDEFGH".index(square[0]), int(square[1])
    count = torch.zeros(boards.shape[:-2], dtype=torch.long)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            if down == right == 0:
                continue
            all_theirs = torch.ones(boards.shape[:-2], dtype=torch.bool)
            i, j = row + down, col + right
            steps = 0
            while 0 <= i < 8 and 0 <= j < 8:
                if steps > 0:
                    count += all_theirs & (boards[..., i, j] == 2)
                all_theirs &= boards[..., i, j] == 1
                i, j, steps = i + down, j + right, steps + 1
    return count


# -- 5.4
@wrong("5.4", "baseline", "one square", "one condition", "single", "simple")
def one_square_only():
    return 1751, "F6==BLANK"


# -- 5.5
@wrong("5.5", "positive", "negative", "below 0", "below zero", "where it fires")
def switched_off_only_where_it_fires(model, tokens, layer, neuron):
    def off(act, hook):
        fires = act[..., neuron] > 0
        act[..., neuron][fires] = 0
        return act

    return model.run_with_hooks(tokens, fwd_hooks=[(f"blocks.{layer}.mlp.hook_post", off)])


# -- 5.6
@wrong("5.6", "mine", "MINE", "swap", "ROC AUC")
def theirs_and_mine_exchanged():
    return "C0==BLANK & D1==MINE & (E2==THEIRS | E2==MINE & F3==THEIRS)"


# -- 6.1
@wrong(
    "6.1", "positive", "only where", "negative", "theirs", "one sign", "already", "both signs", "both ways"
)
def only_readings_of_mine_are_turned(resid, vector, offset):
    reading = resid @ vector + offset
    step = torch.where(reading > 0, -2 * reading / vector.pow(2).sum(), 0.0)
    return resid + step[..., None] * vector


@wrong("6.1", "offset")
def offset_not_doubled(resid, vector, offset):
    step = -(2 * resid @ vector + offset) / vector.pow(2).sum()
    return resid + step[..., None] * vector


@wrong("6.1", "length", "norm", "squared", "unit", "|vector|")
def unit_vector_but_reading_with_the_long_one(resid, vector, offset):
    unit = vector / vector.norm()
    reading = resid @ vector + offset
    return resid - 2 * reading[..., None] * unit


# -- 6.2
@wrong("6.2", "itself", "leave", "left out", "own activation", "without the position", "other games")
def the_position_itself_left_out(acts, labels):
    result = torch.zeros_like(acts)
    for label in (True, False):
        same = labels == label
        n = same.sum(0)
        others = ((acts * same).sum(0) - acts) / (n - 1).clamp(min=1)
        result = torch.where(same, others, result)
    return result


@wrong("6.2", "same move", "all moves", "each move", "own move", "whatever the move", "per move", "one mean")
def one_mean_for_each_label_over_all_moves(acts, labels):
    return torch.where(labels, acts[labels].mean(), acts[~labels].mean())


@wrong("6.2", "number of games", "all games", "divid", "number of labels", "zeros")
def mean_of_activation_times_label(acts, labels):
    if_true = (acts * labels).mean(dim=0)
    if_false = (acts * ~labels).mean(dim=0)
    return torch.where(labels, if_true, if_false)


# -- 6.4
@wrong(
    "6.4",
    "mean scale",
    "average scale",
    "its own scale",
    "own scale",
    "each position",
    "every position",
    "mean of the scale",
)
def divided_by_the_mean_scale(before, after, W_out, unembedding, scale, where):
    change = (after - before)[where].mean(0)
    return change * (W_out @ unembedding) / scale[where].mean()


@wrong(
    "6.4",
    "all positions",
    "number of positions",
    "number of marked",
    "divid",
    "unmarked",
    "every position",
    "counts as 0",
)
def the_unmarked_positions_count_as_zero(before, after, W_out, unembedding, scale, where):
    change = (after - before) / scale.unsqueeze(-1) * where.unsqueeze(-1)
    return change.mean(dim=(0, 1)) * (W_out @ unembedding)


@wrong("6.4", "sign", "abs", "size", "negative")
def effects_in_size(before, after, W_out, unembedding, scale, where):
    change = ((after - before) / scale[..., None])[where].mean(0)
    return (change * (W_out @ unembedding)).abs()


# -- 6.5
@wrong(
    "6.5", "whole layer", "all neurons", "every neuron", "other neurons", "rest of the layer", "entire layer"
)
def the_whole_layer_held(model, tokens, off, held):
    off_name = f"blocks.{off[0]}.mlp.hook_post"
    held_name = f"blocks.{held[0]}.mlp.hook_post"
    _, cache = model.run_with_cache(tokens, names_filter=held_name)

    def switch_off(act, hook):
        act[..., off[1]] = 0
        return act

    def hold(act, hook):
        return cache[held_name]

    return model.run_with_hooks(tokens, fwd_hooks=[(off_name, switch_off), (held_name, hold)])


@wrong(
    "6.5", "swap", "exchang", "other way round", "mixed up", "wrong one", "instead of `off`", "the held one"
)
def off_and_held_exchanged(model, tokens, off, held):
    (held_layer, held_neuron), (off_layer, off_neuron) = off, held
    held_name, off_name = (f"blocks.{layer}.mlp.hook_post" for layer in (held_layer, off_layer))
    _, cache = model.run_with_cache(tokens, names_filter=held_name)
    clean = cache[held_name][..., held_neuron].clone()

    def switch_off(act, hook):
        act[..., off_neuron] = 0.0
        return act

    def hold(act, hook):
        act[..., held_neuron] = clean
        return act

    return model.run_with_hooks(tokens, fwd_hooks=[(held_name, hold), (off_name, switch_off)])


@wrong(
    "6.5",
    "return",
    "never",
    "not switched off",
    "unchanged",
    "nothing",
    "without any change",
    "still on",
    "the model as it is",
)
def hook_changes_a_copy_and_returns_nothing(model, tokens, off, held):
    off_name, held_name = (f"blocks.{layer}.mlp.hook_post" for layer, _ in (off, held))
    _, cache = model.run_with_cache(tokens)
    kept = cache[held_name][..., held[1]]

    def switch_off(act, hook):
        act = act.clone()
        act[..., off[1]] = 0

    def hold(act, hook):
        act = act.clone()
        act[..., held[1]] = kept
        return act

    return model.run_with_hooks(tokens, fwd_hooks=[(off_name, switch_off), (held_name, hold)])


# -- 6.6
@wrong("6.6", "product", "each position", "at every position", "mean of p", "means", "separately")
def mean_p_times_mean_n(logits, legal, token):
    where = legal[..., token - 1]
    p = logits.softmax(-1)[..., token]
    return (p[where].mean() * legal.sum(-1)[where].float().mean()).item()


@wrong(
    "6.6",
    "among the legal",
    "legal moves only",
    "only the legal",
    "over the legal",
    "renormal",
    "all 61",
    "61 tokens",
)
def softmax_over_the_legal_moves(logits, legal, token):
    squares = logits[..., 1:].masked_fill(~legal, -torch.inf)
    p = squares.softmax(-1)[..., token - 1]
    where = legal[..., token - 1]
    return (p * legal.sum(-1))[where].mean().item()


@wrong(
    "6.6",
    "all positions",
    "where the move is legal",
    "every position",
    "number of positions",
    "divid",
    "illegal",
    "counts as 0",
)
def averaged_over_all_positions(logits, legal, token):
    p = logits.softmax(-1)[..., token]
    return (p * legal.sum(-1) * legal[..., token - 1]).mean().item()


# -- 6.7
@wrong("6.7", "in size", "abs", "lowest attribution", "raises", "most negative", "argmin", "lowers most")
def own_square_is_the_one_it_lowers_most(acts, attribution, legal):  # though it may raise another more
    flat, is_legal = acts.flatten(0, 1), legal.flatten(0, 1).float()
    positive = flat.relu()
    share = (positive.T @ is_legal) / positive.sum(0)[:, None]
    mean = (flat.T @ is_legal) / is_legal.sum(0)
    own = attribution.argmin(1)
    caps = torch.full((legal.shape[-1],), -1)
    best = torch.zeros(legal.shape[-1])
    for neuron, square in enumerate(own.tolist()):
        weight = attribution[neuron, square]
        if weight < 0 and share[neuron, square] >= 0.8 and weight * mean[neuron, square] < best[square]:
            caps[square] = neuron
            best[square] = weight * mean[neuron, square]
    return caps


@wrong(
    "6.7",
    "number of positions",
    "positions where",
    "share of positions",
    "count",
    "how much",
    "how loud",
    "summed",
)
def share_of_the_positions_at_which_it_is_positive(acts, attribution, legal):
    flat, is_legal = acts.flatten(0, 1), legal.flatten(0, 1).float()
    on = (flat > 0).float()
    share = (on.T @ is_legal) / on.sum(0)[:, None]
    mean = (flat.T @ is_legal) / is_legal.sum(0)
    caps = torch.full((legal.shape[-1],), -1)
    best = torch.zeros(legal.shape[-1])
    for neuron, square in enumerate(attribution.abs().argmax(1).tolist()):
        weight = attribution[neuron, square]
        if weight < 0 and share[neuron, square] >= 0.8 and weight * mean[neuron, square] < best[square]:
            caps[square] = neuron
            best[square] = weight * mean[neuron, square]
    return caps


@wrong("6.7", "other way round", "legal positions", "of the positions where", "recall", "conditional")
def on_at_four_fifths_of_the_legal_positions(acts, attribution, legal):  # the other conditional
    flat, is_legal = acts.flatten(0, 1), legal.flatten(0, 1).float()
    on_where_legal = ((flat > 0).float().T @ is_legal) / is_legal.sum(0)
    mean = (flat.T @ is_legal) / is_legal.sum(0)
    caps = torch.full((legal.shape[-1],), -1)
    best = torch.zeros(legal.shape[-1])
    for neuron, square in enumerate(attribution.abs().argmax(1).tolist()):
        weight = attribution[neuron, square]
        if weight < 0 and on_where_legal[neuron, square] >= 0.8:
            lowering = weight * mean[neuron, square]
            if lowering < best[square]:
                caps[square], best[square] = neuron, lowering
    return caps


# -- 6.8
@wrong("6.8", "last move", "earlier", "ends", "stop", "percentile")
def the_whole_game_and_not_up_to_its_loudest_move():
    games = FocusGames(load_model())
    acts = games.cache["post", 5][..., 1393]
    game = int(acts.max(dim=1).values.argmax())
    return [utils.id_to_label(token) for token in games.tokens[game, :59].tolist()]


# -- 7.1
@wrong("7.1", "variance", "weight", "divid", "average")
def sums_of_squares_merged_like_variances(a, b):
    (n_a, mean_a, var_a), (n_b, mean_b, var_b) = a, b
    n = n_a + n_b
    if n == 0:
        return a
    mean = (n_a * mean_a + n_b * mean_b) / n
    var = (n_a * var_a + n_b * var_b) / n + n_a * n_b / n**2 * (mean_a - mean_b) ** 2
    return n, mean, var


@wrong("7.1", "empty", "no positions", "count 0", "of none")
def first_part_returned_if_either_is_empty(a, b):
    n_a, mean_a, squares_a = a
    n_b, mean_b, squares_b = b
    if n_a == 0 or n_b == 0:
        return a
    n = n_a + n_b
    delta = mean_b - mean_a
    return n, mean_a + delta * n_b / n, squares_a + squares_b + delta**2 * n_a * n_b / n


@wrong(
    "7.1", "integer", "whole number", "//", "rounded", "mean of a", "mean of `a`", "first part", "a's mean"
)
def integer_division_of_the_counts(a, b):
    (n_a, mean_a, squares_a), (n_b, mean_b, squares_b) = a, b
    n = n_a + n_b
    if n == 0:
        return a
    delta = mean_b - mean_a
    return n, mean_a + delta * (n_b // n), squares_a + squares_b + delta**2 * n_a * n_b / n


# -- 7.2
@wrong(
    "7.2", "highest bin", "top bin", "last bin", "loudest bin", "(0, 0)", "corner", "first point", "begins"
)
def trapezoids_under_a_curve_that_does_not_begin_at_the_corner(holds, fails):
    true_rate = holds.flip(-1).cumsum(-1) / holds.sum(-1, keepdim=True)
    false_rate = fails.flip(-1).cumsum(-1) / fails.sum(-1, keepdim=True)
    return torch.trapezoid(true_rate, false_rate, dim=-1)


@wrong(
    "7.2", "all positions", "among all", "both groups", "everything", "any position", "itself", "each other"
)
def against_all_positions_not_only_those_that_fail(holds, fails):
    every = holds + fails
    below = every.cumsum(-1) - every
    wins = (holds * (below + every / 2)).sum(-1)
    return wins / (holds.sum(-1) * every.sum(-1))


# -- 7.3
@wrong(
    "7.3",
    "own mean",
    "game's mean",
    "mean of its game",
    "mean of each game",
    "mean of the game",
    "each game's",
)
def deviations_from_the_mean_of_each_game(values, where):
    n = where.sum(1, keepdim=True).clamp(min=1)
    mean = (values * where).sum(1, keepdim=True) / n
    deviations = (values - mean) * where
    return (deviations.sum(1).pow(2).sum() / deviations.pow(2).sum()).item()


@wrong(
    "7.3",
    "all positions",
    "unmarked",
    "zeros",
    "count as 0",
    "number of positions",
    "marked or not",
    "counts as 0",
)
def mean_of_values_times_where(values, where):
    mean = (values * where).mean()
    deviations = (values - mean) * where
    return (deviations.sum(1).square().sum() / deviations.square().sum()).item()


@wrong("7.3", "root", "sqrt", "standard", "widths", "intervals", "width")
def how_many_times_wider_the_interval_is(values, where):
    n = where.sum()
    deviations = (values - values[where].mean()) * where
    by_games = deviations.sum(1).square().sum().sqrt() / n
    by_positions = deviations.square().sum().sqrt() / n
    return (by_games / by_positions).item()


# -- 7.4
@wrong(
    "7.4",
    "inverse",
    "labels",
    "lines",
    "boards",
    "argsort",
    "wrong direction",
    "other direction",
    "wrong game",
)
def the_labels_shuffled_by_the_orders(acts, labels, orders):  # that is the inverse shuffle of the activations
    flat = acts.reshape(-1, 1)
    found = label_aucs(flat, labels.flatten(1)).max()
    by_chance = torch.stack([label_aucs(flat, labels[:, order].flatten(1)).max() for order in orders])
    p = (1 + int((by_chance >= found).sum())) / (1 + len(orders))
    return found.item(), by_chance, p


@wrong("7.4", "one half", "1 −", "1 -", "below", "either", "both sides", "two-sided")
def an_auc_far_below_one_half_counts_as_well(acts, labels, orders):
    def best(acts):
        aucs = label_aucs(acts.reshape(-1, 1), labels.flatten(1))
        return torch.maximum(aucs, 1 - aucs).max()

    found = best(acts)
    by_chance = torch.stack([best(acts[order]) for order in orders])
    p = (1 + (by_chance >= found).sum().item()) / (1 + len(orders))
    return found.item(), by_chance, p


@wrong(
    "7.4", "every line", "each line", "all lines", "single line", "any line", "best of each", "whole search"
)
def p_from_all_lines_of_all_shuffles(acts, labels, orders):  # not from the best of each
    lines = labels.flatten(1)
    found = label_aucs(acts.reshape(-1, 1), lines).max()
    aucs = torch.stack([label_aucs(acts[order].reshape(-1, 1), lines)[:, 0] for order in orders])
    p = (1 + (aucs >= found).sum().item()) / (1 + aucs.numel())
    return found.item(), aucs.max(dim=1).values, p


# -- 7.5
@wrong(
    "7.5",
    "from 0",
    "begin at 0",
    "rank",
    "k - 1",
    "k − 1",
    "one too",
    "first limit",
    "number 1",
    "begin with 0",
)
def ranks_counted_from_zero(p, rate):
    ordered, places = p.sort()
    limits = torch.arange(len(p)) / len(p) * rate
    keep = torch.zeros(len(p), dtype=torch.bool)
    below = (ordered <= limits).nonzero().flatten()
    if len(below):
        keep[places[: below[-1] + 1]] = True
    return keep


@wrong("7.5", "rank", "argsort", "place in the order")
def argsort_taken_for_the_ranks(p, rate):
    rank = p.argsort() + 1
    below = p <= rank * rate / len(p)
    if not below.any():
        return below
    return p <= p[below].max()


# -- 7.6
@wrong("7.6", "comparison", "length", "long", "short", "half a point", "words")
def every_line_spelt_out():
    lines = [as_hypothesis(line) for line in line_patterns() if line.get("C0") == "BLANK"]
    diagonal = " | ".join(f"({line})" for line in lines if "D1==" in line)
    others = " | ".join(f"({line})" for line in lines if "D1==" not in line)
    return f"({diagonal}) & ~({others})"
