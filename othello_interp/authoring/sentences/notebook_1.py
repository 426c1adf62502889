"""Measured sentences of notebook 1."""

import torch

from othello_interp.authoring.measured import sentence
from othello_interp.authoring.subject import Subject
from othello_interp.board import legal_moves, play, replay
from othello_interp.games import load_games
from othello_interp.probe import PROBE_MOVES
from othello_interp.squares import ALL_SQUARES
from othello_interp.weights.gpt import N_CTX


@sentence(
    "In the 50 games of this course the player to move can choose among **{mean:.1f}** squares on average, "
    "and among {most} at most.",
    mean=(5, 12),
    most=(15, 30),
)
def legal_moves_of_a_position(s: Subject) -> dict:
    counts = s.legal.flatten(2).sum(-1).float()
    return {"mean": counts.mean(), "most": int(counts.max())}


@sentence(
    "From one move to the next **{change:.0%}** of the discs change from mine to theirs or back: all but "
    "those that are turned over.",
    change=(0.85, 1),
)
def discs_change_sides(s: Subject) -> dict:
    before, after = s.boards[:, :-1], s.boards[:, 1:]
    return {"change": (before != after)[before > 0].float().mean()}


@sentence(
    "That choice has a price at the very end. In 1,000 such games there are {positions} positions with "
    "two squares and two legal moves left; at **{impossible}** of them one of the two can't occur, since "
    "the other player would have to pass after it. So near the end of these games not every legal move is "
    "equally likely.",
    positions=(300, 1000),
    impossible=(50, 500),
)
def impossible_moves(s: Subject) -> dict:
    tokens = load_games()[:1000].long()
    games, move = replay(tokens), N_CTX - 2
    two = (games.legal[:, move].flatten(1).sum(1) == 2).nonzero().flatten().tolist()
    impossible = 0
    for game in two:
        player = int(games.to_move[game, move])
        first, last = (ALL_SQUARES[token - 1] for token in tokens[game, -2:].tolist())
        after = play(games.states[game, move], player, last)
        impossible += not legal_moves(after, -player).flatten()[first]
    return {"positions": len(two), "impossible": impossible}


@sentence(
    "The model gives **{mass:.0%}** of its probability to legal moves, and its likeliest move is legal at "
    "{legal:.2%} of the positions.",
    mass=(0.85, 1),
    legal=(0.98, 1),
)
def knows_the_rules(s: Subject) -> dict:
    legal = s.legal.flatten(2)[..., ALL_SQUARES]
    probabilities = s.games.logits.softmax(-1)[..., 1:]
    likeliest = probabilities.argmax(-1, keepdim=True)
    return {
        "mass": (probabilities * legal).sum(-1).mean(),
        "legal": legal.gather(-1, likeliest).float().mean(),
    }


@sentence(
    "From one vector for each position, a linear probe reads **{accuracy:.0%}** of the squares rightly; "
    "always saying the commonest state of the square would be right at {commonest:.0%}.",
    accuracy=(0.9, 1),
    commonest=(0.35, 0.7),
)
def probe_reads(s: Subject) -> dict:
    counts = torch.stack([(s.boards[:, PROBE_MOVES] == state).sum((0, 1)) for state in range(3)])
    return {"accuracy": s.probe_hits.float().mean(), "commonest": counts.max(0).values.sum() / counts.sum()}


@sentence(
    "Of its mistakes {sides:.0%} take theirs for mine or mine for theirs: it knows which squares are taken, "
    "and loses track of which discs were turned.",
    sides=(0.85, 1),
)
def probe_mistakes(s: Subject) -> dict:
    truth, read = (boards[:, PROBE_MOVES][~s.probe_hits] for boards in (s.boards, s.probe_readings))
    return {"sides": ((truth > 0) & (read > 0)).float().mean()}


@sentence(
    "Turn one disc over in the model's mind, and a move that this makes illegal falls from a probability of "
    "**{illegal_before:.3f}** to **{illegal_after:.3f}**, while one that it makes legal rises from "
    "{legal_before:.3f} to {legal_after:.3f} (one disc, drawn at random, in {positions} positions).",
    illegal_before=(0.06, 0.2),
    illegal_after=(0, 0.05),
    legal_before=(0, 0.03),
    legal_after=(0.03, 0.2),
    positions=None,
)
def flip_one_disc(s: Subject) -> dict:
    generator = torch.Generator().manual_seed(0)
    boards = s.games.states_plus_minus[:, :N_CTX]
    directions = (s.probe.mine / s.probe.mine.norm(dim=0)).flatten(1)
    where = f"blocks.{s.probe.layer}.hook_resid_post"
    lost, won, moves = [], [], range(14, 46, 8)
    for move in moves:
        turned = boards[:, move].flatten(1).clone()
        squares = torch.multinomial((turned != 0).float(), 1, generator=generator)
        turned = turned.scatter(1, squares, -turned.gather(1, squares)).unflatten(1, (8, 8))
        along = directions.T[squares[:, 0]]

        def flip(resid, hook, move=move, along=along):
            change = 3 * (resid[:, move] * along).sum(-1, keepdim=True) * along
            resid[:, move] = resid[:, move] - change
            return resid

        with torch.no_grad():
            logits = s.model.run_with_hooks(s.games.tokens[:, :N_CTX], fwd_hooks=[(where, flip)])
        both = torch.stack([x[:, move].softmax(-1)[:, 1:] for x in (s.games.logits, logits)], dim=-1)
        was, now = (x.flatten(1)[:, ALL_SQUARES] for x in (s.legal[:, move], legal_moves(turned, 1)))
        lost.append(both[was & ~now])
        won.append(both[now & ~was])
    (lost_before, lost_after), (won_before, won_after) = (torch.cat(x).mean(0) for x in (lost, won))
    return {
        "illegal_before": lost_before,
        "illegal_after": lost_after,
        "legal_before": won_before,
        "legal_after": won_after,
        "positions": len(moves) * len(boards),
    }


@sentence(
    "After the first moves nearly all probability is on legal moves ({first:.1%} after move 5). It falls to "
    "{low:.0%} after move {move}: there are many discs, long lines and many moves that are nearly legal. At "
    "the end few squares are left to choose from, and it comes back ({last:.1%} after move 58).",
    first=(0.97, 1),
    low=(0.7, 0.99),
    move=(25, 55),
    last=(0.97, 1),
)
def hardest_moves(s: Subject) -> dict:
    legal = s.legal.flatten(2)[..., ALL_SQUARES]
    mass = (s.games.logits.softmax(-1)[..., 1:] * legal).sum(-1).mean(0)
    return {"first": mass[5], "low": mass.min(), "move": int(mass.argmin()), "last": mass[58]}


@sentence(
    "Of the sixteen squares in the middle {middle:.0%} are read rightly, of the others {rim:.0%}, of the "
    "corners {corners:.0%}; after move 5 {early:.1%} of all squares, after move 54 {late:.0%}.",
    middle=(0.8, 0.97),
    rim=(0.9, 1),
    corners=(0.93, 1),
    early=(0.98, 1),
    late=(0.75, 0.97),
)
def probe_by_square(s: Subject) -> dict:
    hits = s.probe_hits.float()
    by_square, by_move = hits.mean((0, 1)), hits.mean((0, 2, 3))
    middle, corners = by_square[2:6, 2:6], by_square[::7, ::7]
    rim = (by_square.sum() - middle.sum()) / (64 - 16)
    return {
        "middle": middle.mean(),
        "rim": rim,
        "corners": corners.mean(),
        "early": by_move[0],
        "late": by_move[-1],
    }
