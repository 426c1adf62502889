"""Wrong answers as students write them: the sixth batch (wrong_answers.py), written blind."""

import torch
import torch.nn.functional as F
from wrong_answers import Batch

from othello_interp import utils
from othello_interp.hypotheses import label_aucs
from othello_interp.neurons import get_w_in, get_w_out
from othello_interp.squares import ALL_SQUARES

wrong = Batch()


# -- 1.1
@wrong("1.1", "pass|one too small|one less|off by one|one too low|from 0")
def counts_tokens_from_zero(label):
    """Counts the playable squares from 0, so the pass is forgotten and every token is 1 too small."""
    row, col = ord(label[0]) - ord("A"), int(label[1])
    token = 0
    for r in range(8):
        for c in range(8):
            if r in (3, 4) and c in (3, 4):
                continue
            if (r, c) == (row, col):
                return token
            token += 1


@wrong("1.1", "centre|after the centre|rows f|f, g|below the centre")
def centre_only_within_its_rows(label):
    """Takes the centre squares off within rows D and E only; rows F to H are 4 too high."""
    row = "ABCDEFGH".index(label[0])
    col = int(label[1])
    token = row * 8 + col + 1
    if row == 3 and col > 4:
        token -= 2
    if row == 4:
        token -= 2 if col < 3 else 4
    return token


# -- 1.2
@wrong("1.2", "swap|about to move|exchang|other way round|revers|just moved")
def mine_are_the_mover_s(states):
    """Takes the colour that has just moved for mine, so mine and theirs are the wrong way round."""
    out = torch.zeros_like(states)
    for move in range(states.shape[1]):
        me = 1 if move % 2 == 0 else -1
        board = states[:, move]
        out[:, move][board == me] = 2
        out[:, move][board == -me] = 1
    return out


@wrong("1.2", "from game to game|game number|number of the game|game axis|axis 0")
def parity_of_the_game(states):
    """Takes the player to move from the number of the game in place of the number of the move."""
    boards = []
    for i, board in enumerate(states):
        mine = -1 if i % 2 == 0 else 1
        boards.append((board == -mine).int() + 2 * (board == mine).int())
    return torch.stack(boards)


# -- 1.3
@wrong("1.3", "softmax|axis 1|wrong axis|over moves|over the moves|dim=1")
def softmax_over_moves(logits, legal):
    """Takes the softmax over axis 1, the moves, in place of the tokens."""
    probs = torch.softmax(logits, 1)
    legal_60 = legal.flatten(2)[:, :, ALL_SQUARES]
    return torch.where(legal_60, probs[:, :, 1:], 0.0).sum(2)


@wrong("1.3", "one place|pass|off by one|one token|shift")
def enumerate_from_zero(logits, legal):
    """Numbers the tokens from 0, so each square gets the probability of the token before it, A0 the pass's."""
    probs = logits.softmax(-1)
    total = torch.zeros(logits.shape[:-1])
    for token, square in enumerate(ALL_SQUARES):
        row, col = divmod(square, 8)
        total += probs[..., token] * legal[..., row, col]
    return total


# -- 1.4
@wrong("1.4", "number of moves|divide|divisor|number of games")
def divides_by_the_moves(resid, weight, bias, boards):
    """Adds up the games' shares and divides by the number of moves in place of the number of games."""
    n_games, n_moves = boards.shape[:2]
    total = torch.zeros(8, 8)
    for game in range(n_games):
        scores = torch.tensordot(resid[game], weight, dims=1) + bias
        hits = scores.argmax(-1) == boards[game]
        total += hits.float().mean(0)
    return total / n_moves


@wrong("1.4", "bias|missing|thrown away|not in place|discard|lost")
def bias_thrown_away(resid, weight, bias, boards):
    """Calls scores.add(bias) and throws the result away, so the bias has no effect."""
    d_model = weight.shape[0]
    scores = (resid @ weight.reshape(d_model, -1)).reshape(*boards.shape, 3)
    scores.add(bias)
    read = scores.argmax(-1)
    return (read == boards).double().mean((0, 1)).float()


# -- 2.1
@wrong("2.1", "over all axes|whole|all squares together|all directions|one norm")
def one_norm_for_all_directions(model, layer, neuron, directions):
    """Divides by the norm of all directions taken together in place of each square's own length."""
    w_in = get_w_in(model, layer, neuron, normalize=True)
    unit = directions / directions.norm()
    return (w_in[:, None, None] * unit).sum(0)


@wrong("2.1", "reshape|transpos|permut|mixed|scrambl|wrong order")
def reshape_for_transpose(model, layer, neuron, directions):
    """Reshapes (d_model, 8, 8) to (64, d_model) where it should transpose: the numbers of squares are mixed."""
    d_model = directions.shape[0]
    w_in = get_w_in(model, layer, neuron)
    rows = directions.reshape(64, d_model)
    cosines = F.cosine_similarity(rows, w_in[None], dim=1)
    return cosines.nan_to_num(0).reshape(8, 8)


# -- 2.2
@wrong("2.2", "pass|column 0|shift|off by one|next square|one place")
def pass_column_kept(model, layer, neuron):
    """Keeps the pass column, so every square gets the logit of the token before it."""
    logits = (get_w_out(model, layer, neuron) @ model.W_U).tolist()
    board = torch.zeros(8, 8)
    for i, square in enumerate(ALL_SQUARES):
        board[square // 8, square % 8] = logits[i]
    return board


@wrong("2.2", "length 1|normali|unit length|unit vector|length of")
def unit_vector_for_one_unit(model, layer, neuron):
    """Takes the output weights at unit length, so every value is divided by the length of w_out."""
    w_out = get_w_out(model, layer, neuron, normalize=True)
    effect = w_out @ model.W_U
    board = torch.zeros(64)
    for square in ALL_SQUARES:
        board[square] = effect[utils.square_to_id(square)]
    return board.view(8, 8)


# -- 2.3
@wrong("2.3", "wrong axis|dim=1|dim 1|rows")
def normalize_along_the_tokens(model, label_a, label_b):
    """Normalises W_U along its rows (F.normalize's default axis), so the columns aren't of unit length."""
    W_U = F.normalize(model.W_U)
    a, b = (W_U[:, utils.label_to_id(label)] for label in (label_a, label_b))
    return float(a.dot(b))


@wrong("2.3", "pass|off by one|column before|one column")
def index_in_all_squares(model, label_a, label_b):
    """Takes the place in ALL_SQUARES for the token, so it compares the columns of the tokens before."""
    columns = [ALL_SQUARES.index(utils.label_to_square(label)) for label in (label_a, label_b)]
    a, b = model.W_U[:, columns].T
    return F.cosine_similarity(a, b, dim=0).item()


# -- 2.4
@wrong("2.4", "condition is left out|column|precedence|not binds|bracket")
def not_binds_to_the_row_only(label, step, n_theirs):
    """`not` covers the row's condition only, so lines that leave on the left or right aren't refused."""
    row, col = ord(label[0]) - 65, int(label[1])
    states = ["BLANK"] + ["THEIRS"] * n_theirs + ["MINE"]
    pattern = {}
    for i, state in enumerate(states):
        r, c = row + i * step[0], col + i * step[1]
        if not 0 <= r < 8 and 0 <= c < 8:
            return None
        pattern[chr(65 + r) + str(c)] = state
    return pattern


@wrong("2.4", "swap|exchang|transpos|rows and columns|row and column")
def step_as_x_and_y(label, step, n_theirs):
    """Takes the step as (columns to the right, rows down)."""
    dx, dy = step
    y, x = "ABCDEFGH".index(label[0]), int(label[1])
    pattern = {label: "BLANK"}
    for i in range(1, n_theirs + 2):
        y, x = y + dy, x + dx
        if min(x, y) < 0 or max(x, y) > 7:
            return None
        pattern["ABCDEFGH"[y] + str(x)] = "THEIRS" if i <= n_theirs else "MINE"
    return pattern


# -- 3.1
@wrong("3.1", "mean|sum|averag|d_model / k|factor|k and d")
def mean_of_squares(vectors, basis):
    """Takes means in place of sums of squares: over k above and d_model below, so it is d_model/k too large."""
    Q, _ = torch.linalg.qr(basis)
    coords = vectors @ Q
    return coords.square().mean(1) / vectors.square().mean(1)


@wrong("3.1", "over all axes|all vectors|whole|together|total")
def one_length_for_all_vectors(vectors, basis):
    """Divides by the squared norm of all vectors together in place of each vector's own."""
    U, S, Vh = torch.linalg.svd(basis, full_matrices=False)
    inside = vectors @ U @ U.T
    return inside.norm(dim=1) ** 2 / vectors.norm() ** 2


# -- 3.2
@wrong("3.2", "dependent|rounding|qr|rank|too many|wide")
def qr_of_dependent_columns(vectors, basis):
    """Uses QR, which for dependent columns adds directions that aren't in the span."""
    Q = torch.linalg.qr(basis).Q
    inside = torch.zeros_like(vectors)
    for q in Q.T:
        inside += torch.outer(vectors @ q, q)
    return inside, vectors - inside


@wrong("3.2", "0 everywhere|in place|in-place|clone|copy")
def rest_is_the_same_tensor(vectors, basis):
    """Subtracts in place from the vectors themselves, so inside is 0 in the end (and the input changed)."""
    U, S, _ = torch.linalg.svd(basis, full_matrices=False)
    rest = vectors
    for i, s in enumerate(S):
        if s <= 1e-4 * S[0]:
            break
        rest -= (rest @ U[:, i])[:, None] * U[:, i]
    inside = vectors - rest
    return inside, rest


# -- 3.3
@wrong("3.3", "rank|dependent|min(|smaller of|number of columns|independent")
def smaller_side_for_rank(basis):
    """Takes the smaller side of the matrix for the rank, which is too much if columns depend on each other."""
    d_model, k = basis.shape
    dims = min(d_model, k)
    return dims / d_model


@wrong("3.3", "number of columns|columns|k in place|shape[1]|swap|wrong way")
def shape_read_the_wrong_way(basis):
    """Reads the shape as (k, d_model), so it divides the rank by the number of columns."""
    k, d_model = basis.shape
    S = torch.linalg.svdvals(basis)
    rank = int((S > 1e-4 * S.max()).sum())
    return rank / d_model


# -- 3.4
@wrong("3.4", "rows|dim=0|wrong axis|dim=1|axis|each row")
def norm_of_the_rows(model, layer, neuron, later_layer):
    """Divides the rows of W_in by their norms, in place of the columns (one per neuron)."""
    w_out = get_w_out(model, layer, neuron)
    W_in = model.blocks[later_layer].mlp.W_in
    W_in = W_in / W_in.norm(dim=1, keepdim=True)
    return (W_in * w_out[:, None]).sum(0) / w_out.norm()


@wrong("3.4", "later_layer|own layer|same layer|later layer|wrong layer")
def input_weights_of_its_own_layer(model, layer, neuron, later_layer):
    """Takes the input weights of the neuron's own layer in place of the later one."""
    mlp = model.blocks[layer].mlp
    w_out = mlp.W_out[neuron].detach()
    return F.cosine_similarity(mlp.W_in.T.detach(), w_out[None], dim=-1)


# -- 4.1
@wrong("4.1", "next move|off by one|shift|move after")
def squares_cut_at_the_front(acts, squares, game, threshold):
    """Cuts the extra square off at the front, so each move has the square of the next one."""
    firing = []
    n_extra = squares.shape[1] - acts.shape[1]
    for move, (act, square) in enumerate(zip(acts[game], squares[game, n_extra:])):
        if act > threshold:
            firing.append((move, utils.square_to_label(int(square))))
    return firing


@wrong("4.1", "order|loudest first|sorted|by activation|descending")
def loudest_first(acts, squares, game, threshold):
    """Returns the moves from the loudest down, not in the order in which they were played."""
    found = []
    for move in acts[game].argsort(descending=True).tolist():
        if acts[game, move] <= threshold:
            break
        found.append((move, utils.square_to_label(squares[game, move].item())))
    return found


# -- 4.2
@wrong("4.2", "gap - 1|off by one|end of the slice|exclu|one short")
def end_of_the_slice_counted_in(acts, count, gap):
    """Takes the end of the slice for included, so of the moves after one taken one too few is struck out."""
    left = acts.clone()
    n_moves = acts.shape[1]
    picked = []
    while len(picked) < count:
        best = int(left.argmax())
        game, move = best // n_moves, best % n_moves
        picked.append((game, move))
        first, last = max(move - gap + 1, 0), min(move + gap - 1, n_moves)
        left[game, move] = -torch.inf
        left[game, first:last] = -torch.inf
    return picked


@wrong("4.2", "last one|previous|only with|all of those")
def compared_with_the_last_only(acts, count, gap):
    """Compares a move only with the last one taken, not with all of them."""
    n_moves = acts.shape[1]
    picked = []
    for i in acts.flatten().argsort(descending=True).tolist():
        game, move = divmod(i, n_moves)
        if picked:
            last_game, last_move = picked[-1]
            if game == last_game and abs(move - last_move) < gap:
                continue
        picked.append((game, move))
        if len(picked) == count:
            break
    return picked


# -- 4.3
@wrong("4.3", "all positions|marked|divide|denominator|too small|add up")
def mean_over_all_positions(states, mask):
    """Averages over all positions, those not marked counting as 0."""
    marked = mask[:, :, None, None]
    shares = []
    for value in (0, 1, 2):
        hits = (states == value) & marked
        shares.append(hits.float().mean(dim=(0, 1)))
    return torch.stack(shares)


@wrong("4.3", "reshape|permut|transpos|movedim|mixed|scrambl")
def reshape_for_permute(states, mask):
    """Reshapes (8, 8, 3) to (3, 8, 8) where it should move the axis: squares and states are mixed."""
    chosen = states[mask].long()
    one_hot = F.one_hot(chosen, num_classes=3).float()
    return one_hot.mean(0).reshape(3, 8, 8)


# -- 4.4
@wrong("4.4", "order|argsort|ascending|smallest first|revers|largest last")
def argsort_takes_the_end(model, layer, acts, states, count, quantile):
    """Takes the end of an ascending argsort: the right neurons, but the smallest deviation first."""
    flat = acts.reshape(-1, acts.shape[-1])
    boards = states.reshape(-1, 64).float()
    top = flat.std(0).argsort()[-count:].tolist()
    dla = torch.zeros(count, 64)
    mean_boards = []
    for i, neuron in enumerate(top):
        dla[i, ALL_SQUARES] = get_w_out(model, layer, neuron) @ model.W_U[:, 1:].detach()
        loud = flat[:, neuron] > flat[:, neuron].quantile(quantile)
        mean_boards.append(boards[loud].mean(0).reshape(8, 8))
    return top, dla.reshape(count, 8, 8), torch.stack(mean_boards)


@wrong("4.4", "one quantile|dim=0|own quantile|one threshold|same threshold|all neurons")
def one_quantile_for_all(model, layer, acts, states, count, quantile):
    """Takes one quantile of all chosen neurons together in place of each neuron's own."""
    flat = acts.flatten(0, 1)
    top = flat.std(dim=0).topk(count).indices
    chosen = flat[:, top]
    dla = torch.zeros(count, 64)
    dla[:, ALL_SQUARES] = (model.blocks[layer].mlp.W_out[top] @ model.W_U)[:, 1:].detach()
    loud = (chosen > chosen.quantile(quantile)).float()
    total = loud.T @ states.flatten(2).flatten(0, 1).float()
    mean_boards = total / loud.sum(0)[:, None].clamp(min=1)
    return top.tolist(), dla.view(count, 8, 8), mean_boards.view(count, 8, 8)


# -- 5.1
@wrong("5.1", "last|overwrit|replac|only one|&=|earlier")
def only_the_last_square_counts(boards, pattern):
    """Overwrites the labels at each square, so only the last condition counts."""
    codes = {"BLANK": 0, "THEIRS": 1, "MINE": 2}
    labels = torch.ones(boards.shape[:-2], dtype=torch.bool)
    for label, state in pattern.items():
        r, c = "ABCDEFGH".index(label[0]), int(label[1])
        labels = boards[..., r, c] == codes[state]
    return labels


@wrong("5.1", "swap|exchang|mine is 1|mine and theirs|theirs and mine")
def mine_is_1(boards, pattern):
    """Takes 1 for mine and 2 for theirs."""
    states = ["BLANK", "MINE", "THEIRS"]
    flat = boards.flatten(-2)
    hits = [
        flat[..., utils.label_to_square(label)] == states.index(state) for label, state in pattern.items()
    ]
    return torch.stack(hits).all(dim=0)


# -- 5.2
@wrong("5.2", "all positions|own group|both groups|denominator|divide|group")
def percent_of_all_positions(acts, labels, edges):
    """Divides by the number of positions of both groups together in place of each group's own."""
    lo, hi = edges[:-1], edges[1:].clone()
    hi[-1] += 1e-6
    out = torch.zeros(2, len(lo))
    for i in range(2):
        group = acts[labels == bool(i)]
        inside = (group[:, None] >= lo) & (group[:, None] < hi)
        out[i] = 100 * inside.sum(0) / acts.numel()
    return out


@wrong("5.2", "off by one|shift|one bin|next bin")
def bucketize_counts_from_one(acts, labels, edges):
    """Uses the number that bucketize gives, which is one too high: every bar is one bin too far right."""
    n_bins = len(edges) - 1
    rows = []
    for truth in (False, True):
        group = acts[labels == truth]
        bins = torch.bucketize(group, edges, right=True)
        counts = torch.bincount(bins, minlength=n_bins)[:n_bins]
        rows.append(100 * counts / group.numel())
    return torch.stack(rows)


# -- 5.3
@wrong("5.3", "reset|not set back|each direction|earlier direction")
def count_of_theirs_not_reset(boards, square):
    """Doesn't set the count of theirs back for each direction: later a disc of mine next to it is enough."""
    row, col = divmod(utils.label_to_square(square), 8)
    counts = []
    for board in boards.reshape(-1, 8, 8).tolist():
        n_lines = n_theirs = 0
        if board[row][col] == 0:
            for dr in (-1, 0, 1):
                for dc in (-1, 0, 1):
                    if dr == dc == 0:
                        continue
                    r, c = row + dr, col + dc
                    while 0 <= r < 8 and 0 <= c < 8 and board[r][c] == 1:
                        n_theirs += 1
                        r, c = r + dr, c + dc
                    if n_theirs > 0 and 0 <= r < 8 and 0 <= c < 8 and board[r][c] == 2:
                        n_lines += 1
        counts.append(n_lines)
    return torch.tensor(counts).reshape(boards.shape[:-2])


@wrong("5.3", "col, row|blank|swap|exchang|transpos")
def blank_at_the_mirrored_square(boards, square):
    """Asks whether the square with row and column exchanged is blank, not the square itself."""
    row, col = "ABCDEFGH".index(square[0]), int(square[1])
    blank = boards[..., col, row] == 0
    total = torch.zeros(boards.shape[:-2], dtype=torch.long)
    steps = [(dr, dc) for dr in (-1, 0, 1) for dc in (-1, 0, 1) if dr or dc]
    for dr, dc in steps:
        run = blank.clone()
        for i in range(1, 8):
            r, c = row + i * dr, col + i * dc
            if not (0 <= r <= 7 and 0 <= c <= 7):
                break
            if i > 1:
                total += (run & (boards[..., r, c] == 2)).long()
            run &= boards[..., r, c] == 1
    return total


# -- 5.5
@wrong("5.5", "last move|every position|last position|only the last|all positions|one position")
def off_at_the_last_position(model, tokens, layer, neuron):
    """Sets the neuron to 0 at the last position only."""

    def switch_off(act, hook):
        act[:, -1, neuron] = 0.0
        return act

    with torch.no_grad():
        return model.run_with_hooks(tokens, fwd_hooks=[(f"blocks.{layer}.mlp.hook_post", switch_off)])


@wrong("5.5", "return|copy|clone|no effect|nothing changes|unchanged")
def clone_that_isn_t_returned(model, tokens, layer, neuron):
    """Changes a copy and doesn't return it, so the logits are the unchanged ones."""
    keep = torch.ones(model.cfg.d_mlp)
    keep[neuron] = 0

    def ablate(act, hook):
        act = act.clone()
        act = act * keep

    return model.run_with_hooks(tokens, fwd_hooks=[(f"blocks.{layer}.mlp.hook_post", ablate)])


# -- 6.1
@wrong("6.1", "offset|forgot|left out|ignored|not used|missing")
def offset_left_out(resid, vector, offset):
    """Turns the part along the vector round and leaves the offset out of the reading."""
    unit = vector / vector.norm()
    along = (resid * unit).sum(-1, keepdim=True)
    return resid - 2 * along * unit


@wrong("6.1", "length|squared|unit|too large|too far|once")
def divided_by_the_length_once(resid, vector, offset):
    """Divides by the vector's length once in place of twice, so the step is wrong by a factor of its length."""
    unit = vector / vector.norm()
    reading = resid @ vector + offset
    step = 2 * torch.einsum("...,d->...d", reading, unit)
    return resid - step


# -- 6.2
@wrong("6.2", "over the moves|same game|wrong axis|over moves|each game")
def mean_over_the_moves(acts, labels):
    """Averages over the moves of the same game in place of the games at the same move."""
    result = torch.zeros_like(acts)
    for game in range(len(acts)):
        for value in (True, False):
            same = labels[game] == value
            result[game, same] = acts[game, same].mean()
    return result


@wrong("6.2", "all games|number of games|zeros|number of labels|too small|divide")
def zeros_in_the_mean(acts, labels):
    """Puts 0 where the label differs and averages over all games, so the zeros count as well."""
    yes = torch.where(labels, acts, torch.zeros_like(acts)).mean(0)
    no = torch.where(labels, torch.zeros_like(acts), acts).mean(0)
    return torch.where(labels, yes.expand_as(acts), no.expand_as(acts))


# -- 6.4
@wrong("6.4", "mean scale|each position|mean of the scale|average scale|own scale|ratio of")
def divided_by_the_mean_scale(before, after, W_out, unembedding, scale, where):
    """Divides the mean change by the mean scale, in place of each position's change by its own scale."""
    n = where.sum()
    weights = W_out @ unembedding
    mean_change = ((after - before) * where[..., None]).sum((0, 1)) / n
    mean_scale = (scale * where).sum() / n
    return mean_change / mean_scale * weights


@wrong("6.4", "marked|all positions|number of|divide|zeros")
def averaged_over_all_positions(before, after, W_out, unembedding, scale, where):
    """Puts 0 where it isn't marked and averages over all positions."""
    per_position = (after - before) / scale.unsqueeze(-1)
    per_position = per_position.masked_fill(~where.unsqueeze(-1), 0)
    return per_position.mean(dim=(0, 1)) * (W_out * unembedding).sum(1)


# -- 6.5
@wrong("6.5", "closure|late bind|loop variable|last value")
def closures_see_the_last_pair(model, tokens, off, held):
    """Both hooks see the loop's last pair, so the held value is written twice and `off` isn't switched off."""
    _, cache = model.run_with_cache(tokens)
    values = {off: 0.0, held: cache[f"blocks.{held[0]}.mlp.hook_post"][..., held[1]].clone()}
    hooks = []
    for layer, neuron in (off, held):

        def set_value(act, hook):
            act[..., neuron] = values[layer, neuron]
            return act

        hooks.append((f"blocks.{layer}.mlp.hook_post", set_value))
    return model.run_with_hooks(tokens, fwd_hooks=hooks)


@wrong("6.5", "whole layer|may react|all neurons|every neuron|other neurons|layer is held")
def whole_layer_held(model, tokens, off, held):
    """Holds the whole layer of the held neuron at its old values, so its other neurons can't react."""
    name_off = f"blocks.{off[0]}.mlp.hook_post"
    name_held = f"blocks.{held[0]}.mlp.hook_post"
    _, cache = model.run_with_cache(tokens, names_filter=[name_held])
    clean = cache[name_held].clone()

    def zero(act, hook):
        act[:, :, off[1]] = 0
        return act

    return model.run_with_hooks(tokens, fwd_hooks=[(name_off, zero), (name_held, lambda act, hook: clean)])


# -- 6.6
@wrong("6.6", "means|each position|product of|separately|mean of the product|mean p")
def product_of_the_means(logits, legal, token):
    """Multiplies the mean probability by the mean number of legal moves."""
    where = legal[:, :, token - 1]
    p = logits.softmax(-1)[where][:, token]
    n = legal[where].sum(-1).float()
    return (p.mean() * n.mean()).item()


@wrong("6.6", "one place later|off by one|token before|previous|one column")
def probability_of_the_token_before(logits, legal, token):
    """Uses column token - 1 for the probabilities as well, so they are of the token before."""
    i = token - 1
    probs = logits.softmax(dim=-1)
    values = []
    for game, move in legal[..., i].nonzero().tolist():
        values.append(probs[game, move, i] * legal[game, move].sum())
    return torch.stack(values).mean().item()


# -- 6.7
@wrong("6.7", "how often|share of positions|number of positions|count")
def share_of_positions(acts, attribution, legal):
    """Takes the share of the positions with a positive activation, not the share of the activation itself."""
    flat = acts.reshape(-1, acts.shape[-1])
    is_legal = legal.reshape(-1, legal.shape[-1])
    on = flat > 0
    caps = torch.full((legal.shape[-1],), -1)
    best = torch.zeros(legal.shape[-1])
    for neuron in range(flat.shape[1]):
        square = attribution[neuron].abs().argmax().item()
        weight = attribution[neuron, square]
        here = is_legal[:, square]
        if weight >= 0 or here[on[:, neuron]].float().mean() < 0.8 or not on[:, neuron].any():
            continue
        effect = weight * flat[here, neuron].mean()
        if caps[square] < 0 or effect < best[square]:
            caps[square] = neuron
            best[square] = effect
    return caps


@wrong("6.7", "condition is left out|last|strongest|several|not updated")
def last_cap_wins(acts, attribution, legal):
    """Never updates the best effect so far, so of several caps the last one is taken, not the strongest."""
    positions = acts.flatten(0, 1)
    ok = legal.flatten(0, 1)
    positive = positions.relu()
    n_squares = legal.shape[-1]
    caps, best = [-1] * n_squares, [float("inf")] * n_squares
    for neuron, row in enumerate(attribution):
        square = int(row.abs().argmax())
        if row[square] >= 0:
            continue
        where = ok[:, square]
        if positive[where, neuron].sum() < 0.8 * positive[:, neuron].sum():
            continue
        effect = row[square] * positions[where, neuron].mean()
        if effect < best[square]:
            caps[square] = neuron
    return torch.tensor(caps)


# -- 7.1
@wrong("7.1", "in place|in-place|alias|same tensor")
def mean_changed_in_place(a, b):
    """Changes a's mean in place, so what a's squares should gain from the new mean is 0."""
    n_a, mean_a, squares_a = a
    n_b, mean_b, squares_b = b
    n = n_a + n_b
    if n == 0:
        return a
    mean = mean_a
    mean += (mean_b - mean_a) * (n_b / n)
    squares = squares_a + n_a * (mean_a - mean) ** 2
    squares = squares + squares_b + n_b * (mean_b - mean) ** 2
    return n, mean, squares


@wrong("7.1", "mean of the two|count|weight|middle|half|midpoint")
def middle_of_the_means(a, b):
    """Takes the middle of the two means, whatever the counts are."""
    counts = [part[0] for part in (a, b)]
    if 0 in counts:
        return b if a[0] == 0 else a
    n = sum(counts)
    mean = (a[1] + b[1]) / 2
    between = (b[1] - a[1]) ** 2 * counts[0] * counts[1] / n
    return n, mean, a[2] + b[2] + between


# -- 7.2
@wrong("7.2", "(0, 0)|highest bin|start|origin|first point|top bin")
def roc_without_its_origin(holds, fails):
    """The ROC curve lacks the point (0, 0), so the area under its first step, the top bin, is missing."""
    tp = holds.flip(-1).cumsum(-1).float()
    fp = fails.flip(-1).cumsum(-1).float()
    tpr = tp / tp[..., -1:]
    fpr = fp / fp[..., -1:]
    return torch.trapezoid(tpr, fpr, dim=-1)


@wrong("7.2", "//|integer|round|floor|odd")
def integer_half(holds, fails):
    """Halves the ties with //, which rounds down, so half a win is lost where fails is odd."""
    lower = torch.zeros_like(fails)
    lower[..., 1:] = fails.cumsum(-1)[..., :-1]
    won = holds * lower + holds * (fails // 2)
    return won.sum(-1) / (holds.sum(-1) * fails.sum(-1))


# -- 7.3
@wrong("7.3", "reset|accumul|running|set back")
def sum_of_a_game_not_reset(values, where):
    """Doesn't set the game's sum back to 0, so it squares running sums over all games so far."""
    mean = values[where].mean()
    total = 0.0
    by_games = by_positions = 0.0
    for game in range(len(values)):
        d = values[game][where[game]] - mean
        total += d.sum()
        by_games += total**2
        by_positions += (d**2).sum()
    return float(by_games / by_positions)


@wrong("7.3", "marked|unmarked|not marked|all positions|mask")
def game_sums_over_all_positions(values, where):
    """The sums of the games run over all positions, not only the marked ones."""
    marked = values[where]
    d = values - marked.mean()
    game_sums = d.sum(dim=1)
    by_games = (game_sums**2).sum()
    by_positions = ((marked - marked.mean()) ** 2).sum()
    return (by_games / by_positions).item()


# -- 7.4
@wrong("7.4", "last shuffle|shuffled again|on top|previous shuffle|cumulat")
def shuffles_on_top_of_each_other(acts, labels, orders):
    """Each shuffle is of the activations that the one before has shuffled, not of the real ones."""
    flat_labels = labels.flatten(1)
    found = label_aucs(acts.reshape(-1, 1), flat_labels).max().item()
    null = torch.zeros(len(orders))
    for s, order in enumerate(orders):
        acts = acts[order]
        null[s] = label_aucs(acts.reshape(-1, 1), flat_labels).max()
    p = (1 + int((null >= found).sum())) / (1 + len(null))
    return found, null, p


@wrong("7.4", "a term is left out|denominator|+ 1|real one|number of shuffles")
def real_order_in_the_numerator_only(acts, labels, orders):
    """Counts the real order above but not below, so p is divided by one too few."""
    n_lines = len(labels)
    lines = labels.reshape(n_lines, -1)
    all_orders = [torch.arange(len(acts)), *orders]
    bests = torch.stack([label_aucs(acts[o].reshape(-1, 1), lines).max() for o in all_orders])
    found, null = bests[0], bests[1:]
    p = (bests >= found).sum().item() / len(null)
    return found.item(), null, p


# -- 7.5
@wrong("7.5", "argsort|sort|rank|not the rank|wrong limit|double")
def argsort_taken_for_ranks(p, rate):
    """Takes argsort for the ranks, so p-values are compared with limits of other ranks."""
    m = len(p)
    ranks = p.argsort() + 1
    ok = p <= rate * ranks / m
    if not ok.any():
        return torch.zeros(m, dtype=torch.bool)
    return p <= p[ok].max()


@wrong("7.5", "order|order in which|sorted order|original order|put back|not mapped back")
def kept_in_sorted_order(p, rate):
    """Marks the first k of the sorted p-values, not their places in the original order."""
    m = len(p)
    keep = torch.zeros(m, dtype=torch.bool)
    n_keep = 0
    for k, value in enumerate(sorted(p.tolist()), start=1):
        if value <= k / m * rate:
            n_keep = k
    keep[:n_keep] = True
    return keep
