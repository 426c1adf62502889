"""Do the words LEGAL, PLAYED, TURNED and MOVE say what the slow rules say?"""

import pytest
import torch

from othello_interp.board import replay, theirs_vs_mine
from othello_interp.hypotheses import parse
from othello_interp.rules import slow_rules
from othello_interp.squares import square_to_label


@pytest.fixture(scope="module")
def boards(tokens):
    played = replay(tokens[:3])
    return theirs_vs_mine(played.states, played.to_move)[:, :59]


def by_the_slow_rules(tokens):
    """For each move its square, the discs it turned, and the squares that are legal afterwards."""
    board, player = slow_rules.first_board(), 1
    for token, (after, mover, _, legal) in zip(tokens, slow_rules.replay(tokens), strict=True):
        place = slow_rules.square_of_token(token)
        yield place, slow_rules.turned(board, mover, *place), legal
        board, player = after, -player


@pytest.mark.parametrize("square", [0, 16, 20, 27, 35, 44, 63])
def test_the_last_move_and_legal_squares(tokens, boards, square):
    label, place = square_to_label(square), divmod(square, 8)
    found = [parse(f"{label}=={word}")(boards) for word in ("PLAYED", "TURNED", "LEGAL")]
    for game in range(3):
        moves = list(by_the_slow_rules(tokens[game].tolist()))[:59]
        expected = zip(
            *[(at == place, place in turned, place in legal) for at, turned, legal in moves], strict=True
        )
        assert [row[game].tolist() for row in found] == [list(column) for column in expected]


def test_the_number_of_the_move(boards):
    moves = torch.arange(59).expand(3, 59)
    assert torch.equal(parse("MOVE<7")(boards), moves < 7)
    assert torch.equal(parse("~MOVE>=7 | MOVE>=50")(boards), (moves < 7) | (moves >= 50))
    assert torch.equal(parse("MOVE==EVEN")(boards), moves % 2 == 0)
    assert torch.equal(parse("move == odd")(boards), moves % 2 == 1)


def test_the_last_move_needs_whole_games(boards):
    for some in (boards[:, 1:], boards[0, 4], boards[:, ::2], boards.flatten(0, 1)):
        with pytest.raises(ValueError, match=r"give boards of whole games, of shape \(game, move, 8, 8\)"):
            parse("C0!=TURNED")(some)
    assert parse("C0!=TURNED")(boards[0]).shape == (59,)
    assert parse("C0==LEGAL")(boards[0, 4]).shape == ()
