"""Is the harm done to a line's move what one counts position by position?"""

import re

import pytest
import torch

from othello_interp.ablation import ablate
from othello_interp.atlas.causes import hurt, neurons_of_line, raising
from othello_interp.atlas.ladder import RUNGS, Ladder, Rung
from othello_interp.atlas.questions import texts
from othello_interp.atlas.rules import Rule, RuleList
from othello_interp.board import replay, theirs_vs_mine
from othello_interp.hypotheses import parse
from othello_interp.intervals import draws
from othello_interp.lines import line_texts
from othello_interp.rules import slow_rules
from othello_interp.squares import square_to_id

LINE = "C2==BLANK & D2==THEIRS & E2==MINE"


def stands(board, player):
    """LINE, for the player who moves next."""
    return (board[2][2], board[3][2], board[4][2]) == (0, -player, player)


def test_the_harm_is_counted_where_the_line_stands(tiny, tokens):
    games = tokens[:6].long()
    found = hurt(tiny, games, 1, [3, 7], LINE)
    before = tiny(games[:, :59]).log_softmax(-1)
    after = ablate(tiny, games[:, :59], 1, [3, 7]).log_softmax(-1)
    own, same, others, token = [], [], [], square_to_id(18)
    for game, row in enumerate(games.tolist()):
        for move, (board, _, player, legal) in enumerate(slow_rules.replay(row)[:59]):
            fall = (before - after)[game, move]
            if stands(board, player):
                own.append(fall[token])
            elif (2, 2) in legal:
                same.append(fall[token])
            others += [fall[square_to_id(8 * r + c)] for r, c in legal if (r, c) != (2, 2)]
    assert found.positions == len(own) > 0
    assert found.own == pytest.approx(torch.stack(own).mean().item(), abs=1e-6)
    assert found.same == pytest.approx(torch.stack(same).mean().item(), abs=1e-6)
    assert found.others == pytest.approx(torch.stack(others).abs().mean().item(), abs=1e-6)
    assert found.random not in (0, found.own)
    assert found.ratio == found.own / found.others


def stands_in(games, line):
    played = replay(games)
    return bool(parse(line)(theirs_vs_mine(played.states, played.to_move)[:, :59]).any())


def test_the_interval_of_the_ratio_draws_games(tiny, tokens):
    games = tokens[:12].long()
    found = hurt(tiny, games, 1, [3, 7], LINE)
    line = next(line for line in line_texts() if stands_in(games[:1], line))
    alone = hurt(tiny, games[:1].repeat(3, 1), 1, [3, 7], line)  # one game thrice: there is nothing to draw
    assert alone.ratio_interval == pytest.approx((alone.ratio,) * 2, rel=1e-4)
    ratios = []
    for times in draws(len(games))[:60]:
        again = games.repeat_interleave(times.long(), dim=0)
        if stands_in(again, LINE):
            ratios.append(hurt(tiny, again, 1, [3, 7], LINE).ratio)
    low, high = torch.tensor(ratios).quantile(torch.tensor([0.1, 0.9])).tolist()
    assert found.ratio_interval[0] <= low < high <= found.ratio_interval[1]


def test_which_neurons_raise_the_move(tiny):
    weights = tiny.blocks[1].mlp.W_out @ tiny.W_U[:, square_to_id(18)]
    neurons = [5, 0, 7, 30, 11, 2]
    assert raising(tiny, 1, neurons, LINE) == [neuron for neuron in neurons if weights[neuron] > 0]


def test_what_can_not_be_asked(tiny, tokens):
    with pytest.raises(ValueError, match=re.escape("line: 'C2==BLANK' is none of the 960 lines, such as")):
        hurt(tiny, tokens[:2], 1, [3], "C2==BLANK")
    with pytest.raises(ValueError, match="neurons: expected at least one to switch off; found none"):
        hurt(tiny, tokens[:2], 1, [], LINE)
    with pytest.raises(
        ValueError, match=r"A0==BLANK .* stands at no position of these 1 games; give more games"
    ):
        hurt(tiny, tokens[:1], 1, [3], next(text for text in texts()[::-1] if text.startswith("A0==BLANK")))


def test_the_neurons_of_a_line():
    def ladder(lines, louder, r2):
        rules = [Rule(((texts().index(line), True),), 2.0 if louder else -2.0) for line in lines]
        text = RuleList.of(rules, 0.0).hypothesis(1.0 if louder else -1.0)
        rung = Rung("", text, len(lines), r2, r2, 0.5, 0.5, 0.0, *[(0.4, 0.6)] * 3)
        return Ladder((rung,) * len(RUNGS), 1.0, 0)

    other = "E5==BLANK & D4==THEIRS & C3==MINE"
    found = [
        ladder([other, LINE], True, 0.6),
        ladder([LINE], False, 0.6),
        ladder([other], True, 0.6),
        ladder([LINE], True, 0.1),
        ladder([], True, 0.0),
    ]
    assert neurons_of_line(found, LINE) == [0, 3]
    assert neurons_of_line(found, LINE, least=0.2) == [0]
