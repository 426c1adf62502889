"""Wrong answers as students write them: the fifth batch (wrong_answers.py), written blind."""

import torch
import torch.nn.functional as F
from wrong_answers import Batch

from othello_interp import utils
from othello_interp.hypotheses import label_aucs
from othello_interp.neurons import get_w_in, get_w_out
from othello_interp.squares import ALL_SQUARES

wrong = Batch()

# -- 1.1


@wrong("1.1", "twice|double|too many|too much")
def centre_counted_twice(label):
    """Behind the second pair of centre squares it takes off 4 more on top of the 2, so 6 in all."""
    row = ord(label[0]) - ord("A")
    col = int(label[1])
    square = row * 8 + col
    token = square + 1  # 0 is the pass
    if square > 28:  # D3 and D4 are gone
        token -= 2
    if square > 36:  # all four are gone
        token -= 4
    return token


@wrong("1.1", "E0|E1|E2|row E")
def all_four_from_row_e(label):
    """From row E on it takes off all four centre squares, though E0, E1 and E2 come before E3 and E4."""
    row, col = "ABCDEFGH".find(label[0]), int(label[1])
    if row < 3:
        missing = 0
    elif row == 3:
        missing = 2 if col > 4 else 0
    else:
        missing = 4
    return 8 * row + col + 1 - missing


# -- 1.2


@wrong("1.2", "White is mine|every move|all moves|same player|always white")
def white_is_always_mine(states):
    """It takes white for mine at every move, also where black is about to move."""
    result = torch.zeros_like(states)
    result[states == -1] = 2  # white discs
    result[states == 1] = 1  # black discs
    return result


@wrong("1.2", "axis|number of the game|game index|by game|odd games")
def turns_by_game(states):
    """It changes the player from game to game instead of from move to move."""
    boards = states.clone()
    # odd ones: black's turn, so black discs are mine
    sign = torch.ones(len(states), dtype=states.dtype)
    sign[0::2] = -1
    boards = boards * sign.view(-1, 1, 1, 1)
    boards[boards == 1] = 2
    boards[boards == -1] = 1
    return boards


# -- 1.3


@wrong("1.3", "pass|61|without the pass|60 tokens|token 0|drop")
def softmax_without_pass(logits, legal):
    """It drops the pass before the softmax, so the pass gets no probability and the rest too much."""
    playable = logits[:, :, 1:]
    probs = torch.softmax(playable, dim=2)
    is_legal = legal.reshape(legal.shape[0], legal.shape[1], 64)[:, :, ALL_SQUARES]
    return torch.where(is_legal, probs, torch.zeros_like(probs)).sum(2)


@wrong("1.3", "centre|first 60|center|all_squares|shift|mismatch")
def first_sixty_squares(logits, legal):
    """It takes token t for square t - 1 throughout, so that from the centre on squares and tokens don't match."""
    p = logits.softmax(-1)
    n_game, n_move = p.shape[:2]
    mask = torch.zeros(n_game, n_move, 61)
    mask[..., 1:] = legal.reshape(n_game, n_move, 64)[..., :60].float()
    return (p * mask).sum(-1)


# -- 1.4


@wrong("1.4", "each state|rare|balanced|per state|per class|each class")
def balanced_accuracy(resid, weight, bias, boards):
    """It averages the accuracies of the three states, each with the same weight however rare the state is."""
    d = resid.shape[-1]
    x = resid.reshape(-1, d)
    scores = (x @ weight.reshape(d, -1)).reshape(-1, 8, 8, 3) + bias
    guess = scores.max(dim=-1).indices
    truth = boards.reshape(-1, 8, 8).long()
    accs = []
    for state in range(3):
        here = truth == state
        hit = (guess == state) & here
        accs.append(hit.sum(0) / here.sum(0))  # nan if never
    return torch.stack(accs).nanmean(0)


@wrong("1.4", "probabilit|highest score|softmax|confiden|soft|argmax")
def mean_confidence(resid, weight, bias, boards):
    """It averages the softmax probability of the true state instead of counting how often it wins."""
    scores = torch.einsum("g m d, d r c s -> g m r c s", resid, weight) + bias
    probs = scores.softmax(dim=-1)
    true_probs = probs.gather(-1, boards.long().unsqueeze(-1)).squeeze(-1)
    return true_probs.mean(dim=0).mean(dim=0)


# -- 2.1


@wrong("2.1", "input weights|divide|length of w_in|norm of w_in|projection|not normal")
def projection_onto_direction(model, layer, neuron, directions):
    """It divides by the length of the directions only, so it is a projection: w_in keeps its own length."""
    w = get_w_in(model, layer, neuron)
    norms = directions.norm(dim=0, keepdim=True)
    norms = torch.where(norms == 0, torch.ones_like(norms), norms)
    unit_directions = directions / norms
    return (w[:, None, None] * unit_directions).sum(0)


@wrong("2.1", "correlation|mean|centred|centered|pearson|subtract")
def correlation_of_weights(model, layer, neuron, directions):
    """It takes the mean off both vectors first, which gives the correlation and not the cosine."""
    w_in = get_w_in(model, layer, neuron)
    a = w_in - w_in.mean()
    b = directions - directions.mean(dim=0)
    cov = torch.tensordot(a, b, dims=1)
    length = a.norm() * b.norm(dim=0)
    result = cov / length
    result[directions.norm(dim=0) == 0] = 0
    return result


# -- 2.2


@wrong("2.2", "length|unit length|normal|length of w_out|norm")
def unit_output_weights(model, layer, neuron):
    """It takes 'one unit' to mean that w_out has unit length, and divides by its length."""
    one_unit = get_w_out(model, layer, neuron, normalize=True)
    board = torch.zeros(64)
    for token in range(1, 61):
        board[ALL_SQUARES[token - 1]] = one_unit @ model.W_U[:, token]
    return board.view(8, 8)


@wrong("2.2", "centre|center|gap|one row")
def centre_in_one_block(model, layer, neuron):
    """It puts the four centre zeros next to each other at 27 to 30, so squares from D5 to E4 are shifted."""
    w_out = model.blocks[layer].mlp.W_out[neuron].detach()
    logits = w_out @ model.W_U.detach()[:, 1:]
    # the centre comes after D2, which is the 27th square
    before, after = logits[:27], logits[27:]
    return torch.cat([before, torch.zeros(4), after]).reshape(8, 8)


# -- 2.3


@wrong("2.3", "index|pass|off by one|one too|column before")
def pass_column_forgotten(model, label_a, label_b):
    """It takes the place in ALL_SQUARES for the column, so each column is one too low because of the pass."""
    cols = []
    for label in (label_a, label_b):
        square = utils.label_to_square(label)
        cols.append(model.W_U[:, ALL_SQUARES.index(square)])
    return F.cosine_similarity(cols[0], cols[1], dim=0).item()


@wrong("2.3", "axis|dim=1|dimension|over the tokens|over tokens|across tokens")
def lengths_over_tokens(model, label_a, label_b):
    """It divides by lengths over the tokens, one for each dimension, and not by those of the two vectors."""
    W = F.normalize(model.W_U, dim=1)
    a = W[:, utils.label_to_id(label_a)]
    b = W[:, utils.label_to_id(label_b)]
    return float((a * b).sum())


# -- 2.4


@wrong("2.4", "centre|center|no token|d3")
def no_lines_through_centre(label, step, n_theirs):
    """It gives None for a line through the centre, as if no disc could stand where nobody plays."""
    square = utils.label_to_square(label)
    row, col = square // 8, square % 8
    result = {}
    states = ["BLANK"] + n_theirs * ["THEIRS"] + ["MINE"]
    for i, state in enumerate(states):
        r, c = row + i * step[0], col + i * step[1]
        if r not in range(8) or c not in range(8) or 8 * r + c not in ALL_SQUARES:
            return None
        result[utils.square_to_label(8 * r + c)] = state
    return result


@wrong("2.4", "condition is left out|wrap|negative|top|above row a")
def wraps_at_the_top(label, step, n_theirs):
    """A line that leaves the board at the top goes on from the bottom, since negative indices are allowed."""
    letters = "ABCDEFGH"
    row, col = letters.index(label[0]), int(label[1])
    pattern = {label: "BLANK"}
    try:
        for i in range(1, n_theirs + 2):
            c = col + i * step[1]
            if c < 0 or c > 7:
                return None
            name = letters[row + i * step[0]] + str(c)
            pattern[name] = "MINE" if i == n_theirs + 1 else "THEIRS"
    except IndexError:
        return None
    return pattern


# -- 3.1


@wrong("3.1", "right angles|twice|orthogonal|orthonormal|overlap|each column")
def columns_one_by_one(vectors, basis):
    """It makes the columns unit vectors but not orthogonal, so what they share counts several times."""
    unit = basis / basis.norm(dim=0, keepdim=True)
    dots = vectors @ unit
    total = (vectors**2).sum(1)
    return (dots**2).sum(1) / total


@wrong("3.1", "squared|square|length|root|sqrt|norm")
def ratio_of_lengths(vectors, basis):
    """It divides lengths and not squared lengths: the square root of the share."""
    Q, _ = torch.linalg.qr(basis)
    projected = (vectors @ Q) @ Q.T
    return projected.norm(dim=1) / vectors.norm(dim=1)


# -- 3.2


@wrong("3.2", "dependent|rounding|qr|rank|noise|arbitrary")
def qr_of_dependent_columns(vectors, basis):
    """It takes all columns of Q, also those that dependent columns leave as arbitrary directions."""
    Q = torch.linalg.qr(basis).Q
    inside = torch.zeros_like(vectors)
    for q in Q.T:
        inside = inside + (vectors @ q)[:, None] * q
    return inside, vectors - inside


@wrong("3.2", "one after|in turn|one by one|once")
def one_column_after_another(vectors, basis):
    """It takes off the projection on one column after another, though the columns are not orthogonal."""
    outside = vectors.clone()
    for k in range(basis.shape[1]):
        column = basis[:, k]
        length2 = (column * column).sum()
        if length2 < 1e-8:
            continue
        outside = outside - torch.outer(outside @ column / length2, column)
    return vectors - outside, outside


# -- 3.3


@wrong("3.3", "parallel|multiple|same direction|duplicate")
def different_directions(basis):
    """It leaves out only columns parallel to another one, not those that several others make up together."""
    d_model, k = basis.shape
    kept = []
    for i in range(k):
        col = basis[:, i]
        if col.norm() < 1e-6:
            continue
        col = col / col.norm()
        if all(abs((col @ other).item()) < 0.9999 for other in kept):
            kept.append(col)
    return min(len(kept), d_model) / d_model


@wrong("3.3", "effective|participation|singular values|unequal")
def effective_dimension(basis):
    """It uses the participation ratio of the singular values, an effective dimension, and not the rank."""
    S = torch.linalg.svdvals(basis)
    var = S**2
    n_dims = var.sum() ** 2 / (var**2).sum()
    return (n_dims / basis.shape[0]).item()


# -- 3.4


@wrong("3.4", "row|column|axis|dimension|norm|wrong length")
def rows_normalised(model, layer, neuron, later_layer):
    """It divides W_in by the lengths of its rows, not by those of its columns, the neurons."""
    w_out = get_w_out(model, layer, neuron)
    w_out = w_out / w_out.norm()
    W_in = F.normalize(model.blocks[later_layer].mlp.W_in, dim=-1)
    return torch.einsum("d,dn->n", w_out, W_in)


@wrong("3.4", "output weights|w_out|writes|write|outputs")
def who_writes_the_same(model, layer, neuron, later_layer):
    """It compares with the output weights of the later neurons: who writes the same, not who reads it."""
    mine = get_w_out(model, layer, neuron, normalize=True)
    others = model.blocks[later_layer].mlp.W_out
    return F.cosine_similarity(mine.unsqueeze(0), others, dim=1)


# -- 4.1


@wrong("4.1", "next|following|move + 1|one later|one move later")
def label_of_next_move(acts, squares, game, threshold):
    """It gives the square that is played next, not the one just played."""
    result = []
    for move in range(acts.shape[1]):
        # after this move the model predicts the next one, so that's what the neuron is about
        if acts[game, move] > threshold:
            result.append((move, utils.square_to_label(int(squares[game, move + 1]))))
    return result


@wrong("4.1", "order|sorted|loudest|descending|by activation")
def loudest_first(acts, squares, game, threshold):
    """It lists the moves from the loudest down and not in the order in which they were played."""
    values, moves = acts[game].sort(descending=True)
    fired = [int(m) for v, m in zip(values, moves, strict=True) if v > threshold]
    return [(m, utils.square_to_label(int(squares[game, m]))) for m in fired]


# -- 4.2


@wrong("4.2", "last|latest|previous|most recent|only one")
def compares_with_the_last_taken(acts, count, gap):
    """It compares a move only with the last one taken in its game, not with all of them."""
    n_moves = acts.shape[1]
    order = acts.flatten().argsort(descending=True).tolist()
    last = {}
    found = []
    for index in order:
        game, move = index // n_moves, index % n_moves
        if game in last and abs(move - last[game]) < gap:
            continue
        found.append((game, move))
        last[game] = move
        if len(found) == count:
            break
    return found


@wrong("4.2", "itself left out|peak|local max|any louder|neighbour")
def local_peaks(acts, count, gap):
    """It leaves out a move near any louder one, even where that one has been left out itself."""
    peaks = []
    n_games, n_moves = acts.shape
    for g in range(n_games):
        for m in range(n_moves):
            window = acts[g, max(0, m - gap + 1) : m + gap]
            if acts[g, m] == window.max():
                peaks.append((acts[g, m].item(), g, m))
    peaks.sort(key=lambda peak: -peak[0])
    return [(g, m) for _, g, m in peaks[:count]]


# -- 4.3


@wrong("4.3", "game|each game|per game|weigh|first within|equally")
def average_over_games(states, mask):
    """It takes the shares within each game and averages over games, so positions don't count the same."""
    per_game = []
    for g in range(len(states)):
        if not mask[g].any():
            continue
        boards = states[g][mask[g]]
        one_hot = F.one_hot(boards.long(), 3).float()
        per_game.append(one_hot.mean(0))
    return torch.stack(per_game).mean(0).permute(2, 0, 1)


@wrong("4.3", "given|condition|the other way|revers")
def share_that_is_marked(states, mask):
    """It gives the share of blank (theirs, mine) positions that are marked, the condition turned round."""
    boards = torch.zeros(3, 8, 8)
    m = mask[:, :, None, None]
    for value in (0, 1, 2):
        is_value = states == value
        both = (is_value & m).sum(dim=(0, 1))
        boards[value] = both / is_value.sum(dim=(0, 1)).clamp(min=1)
    return boards


# -- 4.4


@wrong("4.4", "together|pooled|one threshold|all neurons|common")
def one_quantile_for_all(model, layer, acts, states, count, quantile):
    """It takes one quantile of the activations of all chosen neurons together, not each neuron's own."""
    flat = acts.reshape(-1, acts.shape[-1])
    neurons = torch.argsort(flat.std(0), descending=True)[:count]
    chosen = flat[:, neurons]

    attribution = torch.zeros(count, 8, 8)
    effect = model.blocks[layer].mlp.W_out[neurons].detach() @ model.W_U.detach()
    for token, square in enumerate(ALL_SQUARES, start=1):
        attribution[:, square // 8, square % 8] = effect[:, token]

    threshold = torch.quantile(chosen.flatten(), quantile)
    loud = (chosen > threshold).float()
    flat_states = states.reshape(-1, 64).float()
    average = (loud.T @ flat_states) / loud.sum(0).clamp(min=1)[:, None]
    return neurons.tolist(), attribution, average.reshape(count, 8, 8)


@wrong("4.4", "within|standard deviation|each game|per game|game by game|average of the standard")
def std_within_games(model, layer, acts, states, count, quantile):
    """It ranks the neurons by their standard deviation within a game, averaged over games."""
    std = acts.std(dim=1).mean(dim=0)
    top = std.topk(count).indices
    top_acts = acts[:, :, top]

    board = torch.zeros(count, 64)
    board[:, ALL_SQUARES] = (model.blocks[layer].mlp.W_out[top] @ model.W_U[:, 1:]).detach()

    limits = top_acts.reshape(-1, count).quantile(quantile, dim=0)
    means = []
    for i in range(count):
        means.append(states[top_acts[:, :, i] > limits[i]].float().mean(0))
    return top.tolist(), board.view(count, 8, 8), torch.stack(means)


# -- 5.1


@wrong("5.1", "swap|mine for theirs|theirs for mine|exchang|1 for mine")
def mine_is_one(boards, pattern):
    """It takes 1 for mine and 2 for theirs: the two are swapped."""
    codes = {"BLANK": 0, "MINE": 1, "THEIRS": 2}
    ok = torch.full(boards.shape[:-2], True)
    for label, state in pattern.items():
        r = "ABCDEFGH".index(label[0])
        c = int(label[1])
        ok = ok & (boards[..., r, c] == codes[state])
    return ok


@wrong("5.1", "transpos|swap|row and column|rows and columns")
def letter_is_the_column(boards, pattern):
    """It takes the letter for the column and the digit for the row, so the board is transposed."""
    wanted = {"BLANK": 0, "THEIRS": 1, "MINE": 2}
    conditions = []
    for label, state in pattern.items():
        x = ord(label[0]) - 65
        y = int(label[1])
        conditions.append(boards[..., y, x] == wanted[state])
    return torch.stack(conditions).all(dim=0)


# -- 5.2


@wrong("5.2", "all positions|outside|inside|within the edges|in the bins")
def percent_of_those_in_bins(acts, labels, edges):
    """It divides by the positions that fall into the bins, and not by all of the group."""
    result = []
    for value in (False, True):
        group = acts[labels == value]
        counts = torch.histogram(group, bins=edges)[0]
        result.append(counts / counts.sum() * 100)
    return torch.stack(result)


@wrong("5.2", "width|one width|even|equal|same width|spac")
def bins_of_one_width(acts, labels, edges):
    """It uses bins of equal width between the first and the last edge and ignores the edges in between."""
    bins = len(edges) - 1
    low, high = edges[0].item(), edges[-1].item()
    no, yes = acts[~labels], acts[labels]
    hist_no = torch.histc(no, bins=bins, min=low, max=high)
    hist_yes = torch.histc(yes, bins=bins, min=low, max=high)
    return torch.stack([100 * hist_no / no.numel(), 100 * hist_yes / yes.numel()])


# -- 5.3


@wrong("5.3", "discs|turns over|turned|flipped|number of theirs|how many theirs")
def number_of_discs_turned(boards, square):
    """It counts the discs that the move turns over, not the lines."""
    row, col = "ABCDEFGH".index(square[0]), int(square[1])
    total = torch.zeros(boards.shape[:-2], dtype=torch.long)
    for dr in (-1, 0, 1):
        for dc in (-1, 0, 1):
            if dr == 0 and dc == 0:
                continue
            running = torch.zeros_like(total)
            alive = boards[..., row, col] == 0
            r, c = row + dr, col + dc
            while 0 <= r < 8 and 0 <= c < 8:
                disc = boards[..., r, c]
                total = total + torch.where(alive & (disc == 2), running, 0)
                alive = alive & (disc == 1)
                running = running + 1
                r, c = r + dr, c + dc
    return total


@wrong("5.3", "blank|square itself|occupied|taken|empty|own square")
def square_need_not_be_blank(boards, square):
    """It doesn't ask whether the square itself is blank, so it counts lines from taken squares too."""
    start = utils.label_to_square(square)
    r0, c0 = divmod(start, 8)
    steps = [(-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)]
    n_lines = torch.zeros(boards.shape[:-2], dtype=torch.int64)
    for dr, dc in steps:
        line = []
        r, c = r0 + dr, c0 + dc
        while 0 <= r <= 7 and 0 <= c <= 7:
            line.append(boards[..., r, c])
            r += dr
            c += dc
        for n in range(1, len(line)):
            theirs = torch.stack([x == 1 for x in line[:n]]).all(0)
            n_lines += (theirs & (line[n] == 2)).long()
    return n_lines


# -- 5.5


@wrong("5.5", "direct|later layers|react|indirect|subtract|only the")
def direct_path_only(model, tokens, layer, neuron):
    """It takes the direct contribution off the logits; later layers don't react to the change."""
    logits, cache = model.run_with_cache(tokens)
    act = cache[f"blocks.{layer}.mlp.hook_post"][..., neuron]
    scale = cache["ln_final.hook_scale"]
    w_out = get_w_out(model, layer, neuron)
    contribution = act[..., None] / scale * (w_out @ model.W_U)
    return logits - contribution


@wrong("5.5", "b_in|bias|before the gelu|input weights|pre-activation")
def input_cut_but_bias_left(model, tokens, layer, neuron):
    """It cuts the input weights only: the bias stays, so the activation is the GELU of the bias and not 0."""
    b_in = model.blocks[layer].mlp.b_in.detach()

    def cut_input(pre, hook):
        # without its input weights the neuron reads nothing
        pre[:, :, neuron] = b_in[neuron]
        return pre

    return model.run_with_hooks(tokens, fwd_hooks=[(f"blocks.{layer}.mlp.hook_pre", cut_input)])


# -- 6.1


@wrong("6.1", "offset|bias|forgets|ignores|without")
def reflected_without_offset(resid, vector, offset):
    """It turns round the dot product only and ignores the offset, so the reading doesn't become -r."""
    unit = vector / vector.norm()
    along = resid @ unit
    # reflect at the plane at right angles to the vector
    return resid - 2 * along.unsqueeze(-1) * unit


@wrong("6.1", "length|squared|norm|unit|divid|too far")
def length_divided_out_once(resid, vector, offset):
    """It moves by 2r along the unit vector: the length is divided out once and not twice, so the step is wrong."""
    reading = resid @ vector + offset
    direction = vector / vector.norm()
    return resid - 2 * reading[..., None] * direction


# -- 6.2


@wrong("6.2", "same move|all moves|over moves|pooled|other moves")
def matched_on_label_only(acts, labels):
    """It takes the mean over all positions with the same label, at whatever move."""
    result = acts.clone()
    result[labels] = acts[labels].mean()
    result[~labels] = acts[~labels].mean()
    return result


@wrong("6.2", "every move|all moves|whole row|whole game|entire")
def same_labels_all_game(acts, labels):
    """It averages only over games whose labels agree at every move, not just at this one."""
    n_games = len(acts)
    out = torch.zeros_like(acts)
    for g in range(n_games):
        same = (labels == labels[g]).all(dim=1)
        out[g] = acts[same].mean(dim=0)
    return out


# -- 6.4


@wrong("6.4", "mean scale|scale|average scale|ratio of|mean of the scale|each position")
def mean_scale(before, after, W_out, unembedding, scale, where):
    """It divides the mean change by the mean scale, and not each change by its own scale."""
    mean_change = (after[where] - before[where]).mean(dim=0)
    mean_scale = scale[where].mean()
    direct = W_out @ (unembedding / mean_scale)
    return mean_change * direct


@wrong("6.4", "marked|count|all positions|denominator|divides by|unmarked")
def mean_over_all_positions(before, after, W_out, unembedding, scale, where):
    """It sums over the marked positions but divides by the number of all positions."""
    change = after - before
    change = change * where.unsqueeze(-1)
    to_logit = torch.einsum("nd,d->n", W_out, unembedding)
    effect = change * to_logit / scale.unsqueeze(-1)
    return effect.mean(dim=(0, 1))


# -- 6.5


@wrong("6.5", "switched off|same run|ablated run|changed run|already")
def held_at_ablated_values(model, tokens, off, held):
    """It holds the neuron at the values of the run in which the other is off already, so nothing is held."""
    (off_layer, off_neuron), (held_layer, held_neuron) = off, held
    store = {}

    def kill(act, hook):
        act[:, :, off_neuron] = 0.0
        return act

    def remember(act, hook):
        store["value"] = act[:, :, held_neuron].clone()

    def put_back(act, hook):
        act[:, :, held_neuron] = store["value"]
        return act

    off_hook = f"blocks.{off_layer}.mlp.hook_post"
    held_hook = f"blocks.{held_layer}.mlp.hook_post"
    model.run_with_hooks(tokens, fwd_hooks=[(off_hook, kill), (held_hook, remember)])
    return model.run_with_hooks(tokens, fwd_hooks=[(off_hook, kill), (held_hook, put_back)])


@wrong("6.5", "whole layer|layer|all neurons|whole mlp|entire|other neurons")
def whole_layer_held(model, tokens, off, held):
    """It holds all neurons of the later layer, and not only the one."""
    _, clean = model.run_with_cache(tokens)
    later = f"blocks.{held[0]}.mlp.hook_post"

    def zero(act, hook):
        act[..., off[1]] = 0
        return act

    def freeze(act, hook):
        return clean[later]

    hooks = [(f"blocks.{off[0]}.mlp.hook_post", zero), (later, freeze)]
    return model.run_with_hooks(tokens, fwd_hooks=hooks)


# -- 6.6


@wrong("6.6", "means|each position|product of|separately|mean of p|mean probability")
def product_of_means(logits, legal, token):
    """It multiplies the mean probability by the mean number of moves, instead of averaging the products."""
    probs = torch.softmax(logits, dim=-1)
    here = legal[:, :, token - 1]
    p = probs[:, :, token][here].mean()
    n = legal.sum(dim=-1)[here].float().mean()
    return (p * n).item()


@wrong("6.6", "over the legal|61|renormal|among the legal|only legal|legal moves only")
def probability_among_legal(logits, legal, token):
    """It normalises over the legal moves only, not over all 61 tokens."""
    moves = logits[..., 1:]
    moves = moves.masked_fill(~legal, -torch.inf)
    p = torch.softmax(moves, dim=-1)[..., token - 1]
    where = legal[..., token - 1]
    calibrated = p[where] * legal[where].sum(-1)
    return calibrated.mean().item()


# -- 6.7


@wrong("6.7", "lowers most|own square|in size|most negative|lowest|argmin")
def lowest_square_is_its_own(acts, attribution, legal):
    """A neuron's square is the one it lowers most, even if it raises another one by more."""
    n_neurons, n_squares = attribution.shape
    A = acts.reshape(-1, n_neurons)
    L = legal.reshape(-1, n_squares)
    result = torch.full((n_squares,), -1, dtype=torch.long)
    best = [0.0] * n_squares
    lowest, own_square = attribution.min(dim=1)
    for n in range(n_neurons):
        s = own_square[n].item()
        if lowest[n] >= 0:
            continue
        a, is_legal = A[:, n], L[:, s]
        total = a.clamp(min=0).sum()
        if total == 0 or not is_legal.any():
            continue
        if a.clamp(min=0)[is_legal].sum() / total < 0.8:
            continue
        effect = (lowest[n] * a[is_legal].mean()).item()
        if result[s] == -1 or effect < best[s]:
            result[s], best[s] = n, effect
    return result


@wrong("6.7", "count|number of positions|how many positions|share of positions")
def share_of_firing_positions(acts, attribution, legal):
    """It takes 80% of the positions where it fires and not 80% of the activation itself."""
    flat_acts = acts.flatten(0, 1)
    flat_legal = legal.flatten(0, 1)
    caps = []
    squares = attribution.abs().max(dim=1).indices
    fires = flat_acts > 0
    for square in range(attribution.shape[1]):
        here = flat_legal[:, square]
        candidates = {}
        for neuron in (squares == square).nonzero().flatten().tolist():
            weight = attribution[neuron, square]
            if weight < 0 and here.any() and fires[:, neuron].any():
                share = fires[here, neuron].sum() / fires[:, neuron].sum()
                if share >= 0.8:
                    candidates[neuron] = (weight * flat_acts[here, neuron].mean()).item()
        caps.append(min(candidates, key=candidates.get) if candidates else -1)
    return torch.tensor(caps)


# -- 7.1


@wrong("7.1", "two means|common mean|between|difference of the means|adds|only adds")
def only_adds_the_squares(a, b):
    """It just adds the sums of squares and leaves out the difference between the two means."""
    n_a, mean_a, ss_a = a
    n_b, mean_b, ss_b = b
    n = n_a + n_b
    if n_a == 0:
        return b
    if n_b == 0:
        return a
    mean = (n_a * mean_a + n_b * mean_b) / n
    return n, mean, ss_a + ss_b


@wrong("7.1", "weigh|count|unweighted|halfway|half|middle")
def mean_of_the_means(a, b):
    """It takes the plain average of the two means, whatever the counts are."""
    if a[0] == 0:
        return b
    if b[0] == 0:
        return a
    total = a[0] + b[0]
    mean = torch.stack([torch.as_tensor(a[1]), torch.as_tensor(b[1])]).mean(0)
    squares = a[2] + a[0] * (a[1] - mean) ** 2 + b[2] + b[0] * (b[1] - mean) ** 2
    return total, mean, squares


# -- 7.2


@wrong("7.2", "ties|tie|drop|leaves out|left out|same bin")
def without_the_ties(holds, fails):
    """It leaves the tied pairs out altogether, from the wins and from the number of pairs."""
    wins = torch.zeros(holds.shape[:-1])
    losses = torch.zeros(holds.shape[:-1])
    for i in range(holds.shape[-1]):
        for j in range(holds.shape[-1]):
            pairs = holds[..., i] * fails[..., j]
            if i > j:
                wins = wins + pairs
            elif i < j:
                losses = losses + pairs
    return wins / (wins + losses)


@wrong("7.2", "all positions|everything|holds too|themselves")
def mean_percentile(holds, fails):
    """It compares with all positions, also those where the hypothesis holds, and not with the failing ones only."""
    everything = holds + fails
    n = everything.sum(-1, keepdim=True)
    lower = everything.cumsum(-1) - everything
    percentile = (lower + 0.5 * everything) / n
    return (percentile * holds).sum(-1) / holds.sum(-1)


# -- 7.3


@wrong("7.3", "mask|all positions|overall mean|mean of all|unmarked")
def deviation_from_overall_mean(values, where):
    """It takes the deviations from the mean over all positions and not over the marked ones."""
    d = values - values.mean()
    d = d * where
    by_games = (d.sum(dim=1) ** 2).sum()
    by_positions = (d**2).sum()
    return (by_games / by_positions).item()


@wrong("7.3", "intraclass|icc|average size|average number")
def kish_formula(values, where):
    """It uses 1 + (m - 1) · ICC with the average number of positions in a game, as if all games had as many."""
    games = [v[w] for v, w in zip(values, where, strict=True) if w.any()]
    n = sum(len(g) for g in games)
    m = n / len(games)
    grand = torch.cat(games).mean()
    between = sum(len(g) * (g.mean() - grand) ** 2 for g in games) / max(1, len(games) - 1)
    within = sum(((g - g.mean()) ** 2).sum() for g in games) / max(1, n - len(games))
    icc = (between - within) / (between + (m - 1) * within)
    return (1 + (m - 1) * icc).item()


# -- 7.4


@wrong("7.4", "winner|all lines|same line|one line|real best line|best line")
def same_line_in_every_shuffle(acts, labels, orders):
    """In the shuffles it looks only at the line that is best for real, and not at the best line of each."""
    flat_labels = labels.flatten(1)
    aucs = label_aucs(acts.flatten()[:, None], flat_labels)[:, 0]
    line = aucs.argmax()
    found = aucs[line]
    chance = []
    for order in orders:
        shuffled = acts[order].flatten()[:, None]
        chance.append(label_aucs(shuffled, flat_labels[line][None])[0, 0])
    chance = torch.stack(chance)
    p = ((chance >= found).sum() + 1) / (len(chance) + 1)
    return found.item(), chance, p.item()


@wrong("7.4", "order|inverse|other way|wrong way|revers")
def activations_sent_the_other_way(acts, labels, orders):
    """It gives the activations of game g to game orders[s, g], which is the inverse of each shuffle."""
    n_lines = labels.shape[0]
    lines = labels.reshape(n_lines, -1)

    def highest(a):
        return label_aucs(a.reshape(-1, 1), lines).max()

    best = highest(acts)
    by_chance = torch.zeros(len(orders))
    for s in range(len(orders)):
        shuffled = torch.empty_like(acts)
        shuffled[orders[s]] = acts
        by_chance[s] = highest(shuffled)
    n_as_good = 1 + int((by_chance >= best).sum())
    return best.item(), by_chance, n_as_good / (1 + len(orders))


# -- 7.5


@wrong("7.5", "first|last|stops|too early|step-down|breaks")
def stops_at_the_first_failure(p, rate):
    """It stops at the first p-value above its limit, although a later one may lie below its own."""
    keep = torch.zeros(len(p), dtype=torch.bool)
    order = p.argsort()
    for k, index in enumerate(order, start=1):
        if p[index] > k / len(p) * rate:
            break
        keep[index] = True
    return keep


@wrong("7.5", "argsort|rank|order|limit of another|wrong limit")
def argsort_taken_for_ranks(p, rate):
    """It takes argsort for the ranks, so each p-value is compared with the limit of another one."""
    m = len(p)
    ranks = torch.argsort(p) + 1
    limits = ranks / m * rate
    good = p <= limits
    if not good.any():
        return good
    return p <= p[good].max()
