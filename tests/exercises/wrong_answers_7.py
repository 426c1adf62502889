"""Wrong answers as students write them: the seventh batch (wrong_answers.py), written blind."""

import torch
from wrong_answers import Batch

from othello_interp import utils
from othello_interp.hypotheses import label_aucs
from othello_interp.neurons import get_w_in, get_w_out
from othello_interp.squares import ALL_SQUARES

wrong = Batch()


# -- 1.1
@wrong("1.1", "pass|one too small|one too low|off by one|one less|plus 1")
def forgets_the_pass(label):
    """Tokens are counted from 0, as if there were no pass, so every token is one too small."""
    square = "ABCDEFGH".index(label[0]) * 8 + int(label[1])
    if square > 28:
        square -= 2
    if square > 34:
        square -= 2
    return square


@wrong("1.1", "row D|row E|D3|D4")
def centre_only_at_its_end(label):
    """The whole centre is taken off after E4 only: the squares D5 to E2 aren't moved by D3 and D4."""
    square = "ABCDEFGH".index(label[0]) * 8 + int(label[1])
    token = square + 1
    if square > 36:
        token = token - 4
    return token


# -- 1.2
@wrong("1.2", "swap|about to move|revers|other way round|wrong player|just moved")
def mover_is_me(states):
    """Takes the player who has just moved for the one to move, so mine and theirs are swapped."""
    boards = torch.zeros_like(states)
    for move in range(states.shape[1]):
        me = 1 if move % 2 == 0 else -1
        boards[:, move][states[:, move] == me] = 2
        boards[:, move][states[:, move] == -me] = 1
    return boards


@wrong("1.2", "plus-minus|-1|plus minus|plus_minus|−1|minus 1")
def stays_plus_minus(states):
    """Leaves the boards in the plus-minus form, theirs -1 and mine +1, in place of 1 and 2."""
    sign = torch.ones(states.shape[1], dtype=states.dtype)
    sign[::2] = -1
    return states * sign.view(1, -1, 1, 1)


# -- 1.3
@wrong("1.3", "one place|pass|shift|token 0|off by one")
def pass_column_kept(logits, legal):
    """Takes the first 60 columns, pass included, so every square gets the probability of the token before."""
    probs = logits.softmax(dim=-1)
    moves = legal.flatten(-2)[..., ALL_SQUARES]
    return (probs[..., :60] * moves).sum(-1)


@wrong("1.3", "softmax|logit|not probabilit|no probabilit|not normal|unnormal")
def sums_the_logits(logits, legal):
    """Adds up the logits of the legal moves: there is no softmax."""
    moves = legal.flatten(-2)[..., ALL_SQUARES]
    return torch.where(moves, logits[..., 1:], 0.0).sum(-1)


# -- 1.4
@wrong("1.4", "bias|offset|constant|not added|intercept")
def no_bias(resid, weight, bias, boards):
    """The bias isn't added to the scores."""
    scores = torch.einsum("gmd,drcs->gmrcs", resid, weight)
    reading = scores.argmax(-1)
    return (reading == boards).float().mean((0, 1))


@wrong("1.4", "axis|shape|only over games|over games only|over the games")
def averages_over_games_only(resid, weight, bias, boards):
    """Averages over the games only, so there is a board for each move in place of one."""
    scores = torch.einsum("gmd,drcs->gmrcs", resid, weight) + bias
    right = (scores.argmax(dim=-1) == boards).float()
    return right.mean(dim=0)


# -- 2.1
@wrong("2.1", "length|direction|norm|divid|unit|cosine")
def directions_as_they_are(model, layer, neuron, directions):
    """Doesn't divide by the lengths of the squares' directions; only w_in is of unit length."""
    w_in = get_w_in(model, layer, neuron, normalize=True)
    return torch.einsum("d,drc->rc", w_in, directions)


@wrong("2.1", "0 / 0|zero|nan|0/0|divi|not a number")
def nan_in_the_centre(model, layer, neuron, directions):
    """Divides by the length 0 of a zero direction, which gives NaN in place of 0."""
    w_in = get_w_in(model, layer, neuron)
    dots = (w_in[:, None, None] * directions).sum(0)
    return dots / (w_in.norm() * directions.norm(dim=0))


# -- 2.2
@wrong("2.2", "length|normal|unit length|scaled|divided")
def normalised_output(model, layer, neuron):
    """Scales w_out to length 1, so all values are off by the same factor."""
    w_out = get_w_out(model, layer, neuron, normalize=True)
    board = torch.zeros(64)
    board[ALL_SQUARES] = w_out @ model.W_U[:, 1:]
    return board.reshape(8, 8)


@wrong("2.2", "first 60|centre|in a row|center|all_squares|shift")
def fills_the_first_sixty(model, layer, neuron):
    """Writes the 60 values to squares 0 to 59 in a row, without a gap for the centre."""
    values = get_w_out(model, layer, neuron) @ model.W_U[:, 1:]
    return torch.cat([values, torch.zeros(4)]).reshape(8, 8)


# -- 2.3
@wrong("2.3", "length|dot product|norm|divid|scale|unit")
def dot_product_only(model, label_a, label_b):
    """The dot product of the two vectors, not divided by their lengths."""
    a = model.W_U[:, utils.label_to_id(label_a)]
    b = model.W_U[:, utils.label_to_id(label_b)]
    return torch.dot(a, b).item()


@wrong("2.3", "token before|square before|wrong column|other column")
def column_before(model, label_a, label_b):
    """Takes 1 off the token for the pass, so it compares the columns of the squares before."""
    a = model.W_U[:, utils.label_to_id(label_a) - 1]
    b = model.W_U[:, utils.label_to_id(label_b) - 1]
    return torch.cosine_similarity(a, b, dim=0).item()


# -- 2.4
@wrong("2.4", "edge|other side|wrap|next row|row above|row below")
def wraps_round_the_edge(label, step, n_theirs):
    """Counts in square numbers, so a line that leaves on the right comes back on the left."""
    square = 8 * "ABCDEFGH".index(label[0]) + int(label[1])
    jump = 8 * step[0] + step[1]
    states = ["BLANK"] + ["THEIRS"] * n_theirs + ["MINE"]
    pattern = {}
    for i, state in enumerate(states):
        here = square + i * jump
        if here < 0 or here > 63:
            return None
        pattern["ABCDEFGH"[here // 8] + str(here % 8)] = state
    return pattern


@wrong("2.4", "swap|exchang|mixed up|transpos|step[0]")
def step_is_x_y(label, step, n_theirs):
    """Reads the step as (columns to the right, rows down): rows and columns are swapped."""
    row, col = "ABCDEFGH".index(label[0]), int(label[1])
    dx, dy = step
    states = ["BLANK"] + ["THEIRS"] * n_theirs + ["MINE"]
    pattern = {}
    for i, state in enumerate(states):
        r, c = row + i * dy, col + i * dx
        if r < 0 or r > 7 or c < 0 or c > 7:
            return None
        pattern["ABCDEFGH"[r] + str(c)] = state
    return pattern


# -- 3.1
@wrong("3.1", "right angles|twice|orthogonal|overlap|orthonormal|perpendicular")
def unit_columns_only(vectors, basis):
    """Makes the columns unit length but not orthogonal, so what they share is counted twice."""
    unit = basis / basis.norm(dim=0)
    return (vectors @ unit).pow(2).sum(-1) / vectors.pow(2).sum(-1)


@wrong("3.1", "square|length|root|not squared|cosine|0.6")
def share_of_length(vectors, basis):
    """Gives the share of the length, not of the squared length: the root of what was asked for."""
    Q, _ = torch.linalg.qr(basis)
    inside = vectors @ Q
    return inside.norm(dim=-1) / vectors.norm(dim=-1)


# -- 3.2
@wrong("3.2", "rounding|singular|depend|rank|threshold|whole space")
def keeps_every_direction(vectors, basis):
    """Keeps the directions whose singular value is only rounding error, so the span is too large."""
    U, _, _ = torch.linalg.svd(basis, full_matrices=False)
    inside = vectors @ U @ U.T
    return inside, vectors - inside


@wrong("3.2", "swap|order|revers|exchang|other way round")
def outside_first(vectors, basis):
    """Returns the two parts in the wrong order: first the one outside, then the one inside."""
    U, S, _ = torch.linalg.svd(basis, full_matrices=False)
    U = U[:, S > 1e-4 * S[0]]
    inside = vectors @ U @ U.T
    outside = vectors - inside
    return outside, inside


# -- 3.3
@wrong("3.3", "rank|depend|number of columns|columns|above 1|k/d")
def columns_over_dimensions(basis):
    """Takes the number of columns for the dimension of the span, also where columns depend on each other."""
    d_model, k = basis.shape
    return k / d_model


@wrong("3.3", "random|draw|sampl|estimat")
def by_random_draws(basis):
    """Averages over random vectors, which only comes near the expected share."""
    U = torch.linalg.svd(basis, full_matrices=False).U[:, : torch.linalg.matrix_rank(basis)]
    vectors = torch.randn(1000, basis.shape[0], generator=torch.Generator().manual_seed(0)).to(basis.dtype)
    return ((vectors @ U).pow(2).sum(1) / vectors.pow(2).sum(1)).mean().item()


# -- 3.4
@wrong("3.4", "length|divid|norm|dot product|w_in|unit")
def readers_not_normalised(model, layer, neuron, later_layer):
    """Doesn't divide by the lengths of the readers' input weights: only w_out is normalized."""
    w_out = get_w_out(model, layer, neuron, normalize=True)
    return w_out @ model.blocks[later_layer].mlp.W_in


@wrong("3.4", "sign|negative|abs|absolute|positive|size")
def sizes_of_cosines(model, layer, neuron, later_layer):
    """Takes absolute values, so the sign is lost."""
    w_out = get_w_out(model, layer, neuron, normalize=True)
    W_in = model.blocks[later_layer].mlp.W_in
    cosines = w_out @ (W_in / W_in.norm(dim=0, keepdim=True))
    return cosines.abs()


# -- 4.1
@wrong("4.1", "played next|next move|one move|shift|off by one")
def label_of_the_next_move(acts, squares, game, threshold):
    """Gives the label of the square played one move later, not of the one just played."""
    result = []
    for move in range(acts.shape[1]):
        if acts[game, move] > threshold:
            result.append((move, utils.square_to_label(squares[game, move + 1].item())))
    return result


@wrong("4.1", "order|sort|loudest first|descending|by activation")
def loudest_first(acts, squares, game, threshold):
    """Sorts the moves by activation, the loudest first, not in the order of play."""
    values, moves = acts[game].sort(descending=True)
    return [
        (move, utils.square_to_label(squares[game, move].item()))
        for value, move in zip(values.tolist(), moves.tolist())
        if value > threshold
    ]


# -- 4.2
@wrong("4.2", "too few|fewer|top count|first count|topk")
def filters_the_top(acts, count, gap):
    """Takes the top `count` and then drops those too close: what is dropped isn't replaced, so too few remain."""
    n_moves = acts.shape[1]
    top = acts.flatten().topk(count).indices.tolist()
    found = []
    for index in top:
        game, move = index // n_moves, index % n_moves
        if all(g != game or abs(m - move) >= gap for g, m in found):
            found.append((game, move))
    return found


@wrong("4.2", "exactly|off by one|one too|gap + 1|too wide")
def gap_one_too_wide(acts, count, gap):
    """Leaves out moves exactly `gap` apart, too: the window is one too wide."""
    n_moves = acts.shape[1]
    found = []
    for index in acts.flatten().argsort(descending=True).tolist():
        game, move = divmod(index, n_moves)
        if any(g == game and abs(m - move) <= gap for g, m in found):
            continue
        found.append((game, move))
        if len(found) == count:
            break
    return found


# -- 4.3
@wrong("4.3", "all positions|divid|number of positions|marked|add up|too small")
def divides_by_all_positions(states, mask):
    """Counts at the marked positions but divides by the number of all positions."""
    boards = [((states == value) & mask[:, :, None, None]).float().mean((0, 1)) for value in (0, 1, 2)]
    return torch.stack(boards)


@wrong("4.3", "swap|order|exchang|mixed up|mine and theirs")
def mine_before_theirs(states, mask):
    """Stacks blank, mine, theirs: mine and theirs are swapped."""
    chosen = states[mask]
    blank = (chosen == 0).float().mean(0)
    mine = (chosen == 2).float().mean(0)
    theirs = (chosen == 1).float().mean(0)
    return torch.stack([blank, mine, theirs])


# -- 4.4
@wrong("4.4", "quantile|own|threshold|common|shared|one for all")
def one_quantile_for_all(model, layer, acts, states, count, quantile):
    """One quantile over all the chosen neurons together, not its own for each."""
    flat = acts.flatten(0, 1)
    neurons = flat.std(0).topk(count).indices
    chosen = flat[:, neurons]
    attributions = torch.zeros(count, 64)
    attributions[:, ALL_SQUARES] = model.blocks[layer].mlp.W_out[neurons] @ model.W_U[:, 1:]
    mask = (chosen > chosen.flatten().quantile(quantile)).float()
    boards = torch.einsum("pn,prc->nrc", mask, states.flatten(0, 1).float())
    boards = boards / mask.sum(0).clamp(min=1)[:, None, None]
    return neurons.tolist(), attributions.reshape(count, 8, 8), boards


@wrong("4.4", "mean|standard deviation|average activation|std|wrong neurons|other neurons")
def ranks_by_mean(model, layer, acts, states, count, quantile):
    """Chooses the neurons with the highest mean activation, not those with the largest standard deviation."""
    flat = acts.flatten(0, 1)
    neurons = flat.mean(0).topk(count).indices
    chosen = flat[:, neurons]
    attributions = torch.zeros(count, 64)
    attributions[:, ALL_SQUARES] = model.blocks[layer].mlp.W_out[neurons] @ model.W_U[:, 1:]
    mask = (chosen > chosen.quantile(quantile, dim=0)).float()
    boards = torch.einsum("pn,prc->nrc", mask, states.flatten(0, 1).float())
    boards = boards / mask.sum(0)[:, None, None]
    return neurons.tolist(), attributions.reshape(count, 8, 8), boards


# -- 5.1
@wrong("5.1", "last|overwrit|only one|replac|other conditions|not combined")
def only_the_last_square(boards, pattern):
    """Overwrites the labels at each square, so only the last condition counts."""
    for label, state in pattern.items():
        square = utils.label_to_square(label)
        value = {"BLANK": 0, "THEIRS": 1, "MINE": 2}[state]
        labels = boards[..., square // 8, square % 8] == value
    return labels


@wrong("5.1", "swap|mixed up|exchang|mine and theirs|theirs and mine")
def mine_is_one(boards, pattern):
    """Takes 1 for mine and 2 for theirs: the two are swapped."""
    codes = {"BLANK": 0, "MINE": 1, "THEIRS": 2}
    labels = torch.ones(boards.shape[:-2], dtype=torch.bool)
    for label, state in pattern.items():
        square = utils.label_to_square(label)
        labels = labels & (boards.flatten(-2)[..., square] == codes[state])
    return labels


# -- 5.2
@wrong("5.2", "all positions|own group|both groups|total|divid|of the group")
def percent_of_everything(acts, labels, edges):
    """In percent of all positions of both groups, not of the own group."""
    rows = []
    for group in (acts[~labels], acts[labels]):
        counts = torch.histogram(group, bins=edges).hist
        rows.append(counts / acts.numel() * 100)
    return torch.stack(rows)


@wrong("5.2", "edges|width|even|equal width|same width|equally")
def evenly_spaced_bins(acts, labels, edges):
    """Uses bins of equal width from the first edge to the last, whatever the edges in between."""
    n_bins = len(edges) - 1
    low, high = edges[0].item(), edges[-1].item()
    rows = []
    for group in (acts[~labels], acts[labels]):
        counts = torch.histc(group, bins=n_bins, min=low, max=high)
        rows.append(100 * counts / group.numel())
    return torch.stack(rows)


# -- 5.3
@wrong("5.3", "blank|square itself|taken|occupied|empty|already")
def square_need_not_be_blank(boards, square):
    """Doesn't ask whether the square is blank, so it counts lines from taken squares, too."""
    row, col = divmod(utils.label_to_square(square), 8)
    total = torch.zeros(boards.shape[:-2], dtype=torch.long)
    for dr in (-1, 0, 1):
        for dc in (-1, 0, 1):
            if dr == 0 and dc == 0:
                continue
            running = torch.ones_like(total, dtype=torch.bool)
            r, c, steps = row + dr, col + dc, 0
            while 0 <= r < 8 and 0 <= c < 8:
                if steps > 0:
                    total += running & (boards[..., r, c] == 2)
                running = running & (boards[..., r, c] == 1)
                r, c, steps = r + dr, c + dc, steps + 1
    return total


@wrong("5.3", "single|longer|one disc|only one|short")
def one_disc_lines(boards, square):
    """Counts only lines with a single disc of theirs, none of the longer ones."""
    row, col = divmod(utils.label_to_square(square), 8)
    total = torch.zeros(boards.shape[:-2], dtype=torch.long)
    blank = boards[..., row, col] == 0
    for dr in (-1, 0, 1):
        for dc in (-1, 0, 1):
            r, c = row + 2 * dr, col + 2 * dc
            if (dr, dc) == (0, 0) or not (0 <= r < 8 and 0 <= c < 8):
                continue
            total += blank & (boards[..., row + dr, col + dc] == 1) & (boards[..., r, c] == 2)
    return total


# -- 5.5
@wrong("5.5", "return|copy|unchanged|no effect|nothing|not change")
def hook_without_return(model, tokens, layer, neuron):
    """The hook changes a copy and doesn't return it, so the logits are those of the normal run."""

    def switch_off(act, hook):
        changed = act.clone()
        changed[:, :, neuron] = 0

    return model.run_with_hooks(tokens, fwd_hooks=[(f"blocks.{layer}.mlp.hook_post", switch_off)])


@wrong("5.5", "last move|every position|last position|all positions|only at|one position")
def only_at_the_last_move(model, tokens, layer, neuron):
    """Sets the activation to 0 at the last position only."""

    def switch_off(act, hook):
        act[:, -1, neuron] = 0
        return act

    return model.run_with_hooks(tokens, fwd_hooks=[(f"blocks.{layer}.mlp.hook_post", switch_off)])


# -- 6.1
@wrong("6.1", "twice|is 0|half|factor|two|zero")
def takes_the_reading_away(resid, vector, offset):
    """Takes the reading away once, not twice, so it becomes 0 in place of -r."""
    reading = resid @ vector + offset
    return resid - reading.unsqueeze(-1) * vector / (vector @ vector)


@wrong("6.1", "offset|bias|constant|left out|omit")
def forgets_the_offset(resid, vector, offset):
    """Leaves the offset out of the reading."""
    reading = resid @ vector
    return resid - 2 * reading.unsqueeze(-1) * vector / vector.norm() ** 2


# -- 6.2
@wrong("6.2", "same move|over all positions|all moves|each move|every move|move number")
def whatever_the_move(acts, labels):
    """Averages over all positions with the same label, at whatever move, not at the same move."""
    result = torch.empty_like(acts)
    result[labels] = acts[labels].mean()
    result[~labels] = acts[~labels].mean()
    return result


@wrong("6.2", "all games|number of games|divid|too small|zeros|group")
def divides_by_all_games(acts, labels):
    """Divides the sum of a group by the number of all games, not of those with this label."""
    with_label = torch.where(labels, acts, 0.0).mean(0, keepdim=True).expand_as(acts)
    without = torch.where(labels, 0.0, acts).mean(0, keepdim=True).expand_as(acts)
    return torch.where(labels, with_label, without)


# -- 6.4
@wrong("6.4", "sign|before minus after|minus|revers|wrong way")
def before_minus_after(before, after, W_out, unembedding, scale, where):
    """Takes before minus after, so all signs are wrong."""
    change = (before - after) / scale.unsqueeze(-1)
    return change[where].mean(dim=0) * (W_out @ unembedding)


@wrong("6.4", "marked|all positions|number of positions|divid|too small")
def averaged_over_everything(before, after, W_out, unembedding, scale, where):
    """Sets unmarked positions to 0 but averages over all positions, so the result is too small."""
    change = (after - before) / scale[:, :, None]
    change = change * where[:, :, None]
    return change.mean(dim=(0, 1)) * (W_out @ unembedding)


# -- 6.5
@wrong("6.5", "switched off|without any change|ablated|already|first run")
def held_from_the_ablated_run(model, tokens, off, held):
    """Holds the neuron at its values in the run in which the other is switched off already."""
    off_name = f"blocks.{off[0]}.mlp.hook_post"
    held_name = f"blocks.{held[0]}.mlp.hook_post"
    kept = {}

    def switch_off(act, hook):
        act[:, :, off[1]] = 0
        return act

    def remember(act, hook):
        kept["values"] = act[:, :, held[1]].clone()
        return act

    def hold(act, hook):
        act[:, :, held[1]] = kept["values"]
        return act

    model.run_with_hooks(tokens, fwd_hooks=[(off_name, switch_off), (held_name, remember)])
    return model.run_with_hooks(tokens, fwd_hooks=[(off_name, switch_off), (held_name, hold)])


@wrong("6.5", "whole layer|react|all neurons|every neuron|entire|other neurons")
def holds_the_whole_layer(model, tokens, off, held):
    """Holds all neurons of the held neuron's layer, not that one alone."""
    off_name = f"blocks.{off[0]}.mlp.hook_post"
    held_name = f"blocks.{held[0]}.mlp.hook_post"
    _, cache = model.run_with_cache(tokens, names_filter=held_name)
    old = cache[held_name].clone()

    def switch_off(act, hook):
        act[:, :, off[1]] = 0
        return act

    def hold(act, hook):
        return old

    return model.run_with_hooks(tokens, fwd_hooks=[(off_name, switch_off), (held_name, hold)])


# -- 6.6
@wrong("6.6", "multipl|each position|product of the means|mean of the product|separate|product of")
def product_of_means(logits, legal, token):
    """Multiplies the mean probability by the mean number of moves; the product must be taken at each position."""
    where = legal[..., token - 1]
    p = logits.softmax(-1)[..., token][where].mean()
    n = legal.sum(-1)[where].float().mean()
    return (p * n).item()


@wrong("6.6", "one place later|token before|token - 1|off by one|shift")
def probability_of_the_token_before(logits, legal, token):
    """Reads the probability at token - 1, which is that of another move."""
    where = legal[..., token - 1]
    p = logits.softmax(-1)[..., token - 1]
    return (p * legal.sum(-1))[where].mean().item()


# -- 6.7
@wrong("6.7", "80%|80 %|share|where it is legal")
def fires_where_legal(acts, attribution, legal):
    """Asks that it is on at 80% of the legal positions, not that 80% of its activation falls on them."""
    flat, is_legal = acts.flatten(0, 1), legal.flatten(0, 1).float()
    on = (flat > 0).float()
    share = (on.T @ is_legal) / is_legal.sum(0)
    means = (flat.T @ is_legal) / is_legal.sum(0)
    own = attribution.abs().argmax(1)
    caps = torch.full((legal.shape[-1],), -1)
    best = [0.0] * legal.shape[-1]
    for neuron in range(flat.shape[1]):
        square = own[neuron].item()
        if attribution[neuron, square] >= 0 or share[neuron, square] < 0.8:
            continue
        lowering = (attribution[neuron, square] * means[neuron, square]).item()
        if lowering < best[square]:
            best[square] = lowering
            caps[square] = neuron
    return caps


@wrong(
    "6.7", "mean activation|lowest attribution|weight alone|only the attribution|attribution alone|only by"
)
def strongest_by_weight(acts, attribution, legal):
    """Of several caps takes the one with the lowest attribution, without its mean activation."""
    flat, is_legal = acts.flatten(0, 1), legal.flatten(0, 1).float()
    positive = flat.relu()
    share = (positive.T @ is_legal) / positive.sum(0)[:, None]
    own = attribution.abs().argmax(1)
    caps = torch.full((legal.shape[-1],), -1)
    best = [0.0] * legal.shape[-1]
    for neuron in range(flat.shape[1]):
        square = own[neuron].item()
        weight = attribution[neuron, square].item()
        if weight < best[square] and share[neuron, square] >= 0.8:
            best[square] = weight
            caps[square] = neuron
    return caps


# -- 7.1
@wrong("7.1", "two means|common mean|distance of the means|difference of the means|between|delta")
def squares_just_added(a, b):
    """Only adds the two sums of squares, without the term for the distance between the means."""
    n_a, mean_a, sq_a = a
    n_b, mean_b, sq_b = b
    n = n_a + n_b
    if n == 0:
        return a
    mean = (n_a * mean_a + n_b * mean_b) / n
    return n, mean, sq_a + sq_b


@wrong("7.1", "count|weight|plain mean|half|average of the means")
def mean_of_the_means(a, b):
    """Takes the mean of the two means without weights, as if the parts had the same size."""
    n_a, mean_a, sq_a = a
    n_b, mean_b, sq_b = b
    n = n_a + n_b
    if n == 0:
        return a
    mean = (mean_a + mean_b) / 2
    return n, mean, sq_a + sq_b + (mean_a - mean_b) ** 2 * n_a * n_b / n


# -- 7.2
@wrong("7.2", "tie|half|same bin|as a win|won|full")
def ties_are_wins(holds, fails):
    """Counts ties, pairs in the same bin, as full wins and not as half."""
    at_most = fails.cumsum(dim=-1)
    wins = (holds * at_most).sum(-1)
    return wins / (holds.sum(-1) * fails.sum(-1))


@wrong("7.2", "swap|wrong way|revers|1 minus|1 -|1 −")
def fails_beat_holds(holds, fails):
    """Counts the pairs where the position that fails is the higher one: 1 minus the AUC."""
    below = holds.cumsum(dim=-1) - holds
    wins = (fails * (below + 0.5 * holds)).sum(-1)
    return wins / (holds.sum(-1) * fails.sum(-1))


# -- 7.3
@wrong("7.3", "where|unmarked|all positions|marked|mask")
def unmarked_ones_count(values, where):
    """Adds up the deviations of unmarked positions as well; only the mean is of the marked ones."""
    d = values - values[where].mean()
    by_games = d.sum(dim=1).pow(2).sum()
    by_positions = d.pow(2).sum()
    return (by_games / by_positions).item()


@wrong("7.3", "upside down|invers|revers|reciprocal|1 over")
def upside_down(values, where):
    """Divides the variance by positions by that by games: the ratio is upside down."""
    d = torch.where(where, values - values[where].mean(), 0.0)
    by_games = d.sum(dim=1).pow(2).sum()
    by_positions = d.pow(2).sum()
    return (by_positions / by_games).item()


# -- 7.4
@wrong("7.4", "search|all lines|only the winner|winning line|one line|same line")
def shuffles_the_winner_only(acts, labels, orders):
    """Scores in each shuffle only the line that had won, not all lines again."""
    aucs = label_aucs(acts.reshape(-1, 1), labels.flatten(1))[:, 0]
    winner = aucs.argmax()
    found = aucs[winner]
    line = labels[winner].flatten()[None]
    by_chance = torch.stack([label_aucs(acts[order].reshape(-1, 1), line)[0, 0] for order in orders])
    p = (1 + int((by_chance >= found).sum())) / (1 + len(orders))
    return found.item(), by_chance, p


@wrong("7.4", "included|be 0|real order|real one|itself|+ 1")
def real_order_not_counted(acts, labels, orders):
    """The p-value leaves out the real order: it is the share of the shuffles alone, and may be 0."""
    lines = labels.flatten(1)
    found = label_aucs(acts.reshape(-1, 1), lines).max()
    by_chance = torch.stack([label_aucs(acts[order].reshape(-1, 1), lines).max() for order in orders])
    return found.item(), by_chance, (by_chance >= found).float().mean().item()


# -- 7.5
@wrong("7.5", "sorted|order|in which they came|original|back|position")
def in_sorted_order(p, rate):
    """Returns the marks in sorted order, not in the order in which the p-values came."""
    m = len(p)
    ordered = torch.sort(p).values
    limits = torch.arange(1, m + 1) / m * rate
    keep = torch.zeros(m, dtype=torch.bool)
    under = torch.nonzero(ordered <= limits)
    if len(under) > 0:
        keep[: under.max() + 1] = True
    return keep


@wrong("7.5", "number of tests|k-th|bonferroni|too strict|strict|same limit")
def divided_by_the_number_of_tests(p, rate):
    """Gives all of them the limit of the smallest, the rate divided by the number of tests: too strict."""
    return p <= rate / len(p)
