"""Does the engine agree with known move counts, a slow loop, another package, and symmetry?"""

import pytest
import torch

from othello_interp.board import (
    IllegalMoveError,
    initial_board,
    legal_moves,
    perft,
    play,
    relative,
    replay,
    theirs_vs_mine,
)
from othello_interp.rules import slow_rules
from othello_interp.rules.random_games import random_games
from othello_interp.squares import ALL_SQUARES, label_to_id, label_to_square

# The counts that Othello programs publish to check one another (first pass at depth 9).
PERFT = {1: 4, 2: 12, 3: 56, 4: 244, 5: 1396, 6: 8200, 7: 55092, 8: 390216}


@pytest.mark.parametrize("depth", PERFT)
def test_number_of_move_sequences(depth):
    assert perft(depth) == PERFT[depth]


def test_agrees_with_a_slow_loop_on_games_with_passes():
    tokens = random_games(30, seed=3, passes=True)
    result = replay(tokens)
    for game in range(len(tokens)):
        length = int((tokens[game] != 0).sum())
        for move, (board, mover, player, legal) in enumerate(
            slow_rules.replay(tokens[game, :length].tolist())
        ):
            assert result.states[game, move].tolist() == board
            assert result.movers[game, move] == mover
            assert result.to_move[game, move] == player
            assert result.legal[game, move].nonzero().tolist() == [list(square) for square in legal]


def test_agrees_with_rust_reversi_on_2000_games_with_passes():
    rust_reversi = pytest.importorskip("rust_reversi", reason="it has no wheel for this Python")
    tokens = random_games(2000, seed=1, passes=True)
    result = replay(tokens)
    squares = torch.tensor([-1, *ALL_SQUARES])[tokens.long()]
    # rust-reversi starts with black on D4 and E3 as we do, and counts squares in the same order.
    boards, legal, black_to_move = [], [], []
    for game in squares.tolist():
        board = rust_reversi.Board()
        for square in game:
            if square >= 0:
                if board.is_pass():
                    board.do_pass()
                board.do_move(square)
            view = board.clone()
            if not view.is_game_over() and view.is_pass():
                view.do_pass()
            boards.append(view.get_board_line())
            legal.append(view.get_legal_moves_tf() if not view.is_game_over() else [False] * 64)
            black_to_move.append(view.get_turn() == rust_reversi.Turn.BLACK)
    signs = {"X": 1, "O": -1, "-": 0}
    theirs = torch.tensor([[signs[disc] for disc in line] for line in boards], dtype=torch.int8)
    assert torch.equal(result.states.view(-1, 64), theirs)
    assert torch.equal(result.legal.view(-1, 64), torch.tensor(legal))
    playing = result.to_move.flatten() != 0
    assert torch.equal((result.to_move.flatten() == 1)[playing], torch.tensor(black_to_move)[playing])
    passed = result.to_move[:, :-1] == result.movers[:, :-1]
    assert passed.sum() > 500, "these games were meant to contain passes"
    assert (tokens[:, -1] == 0).any(), "and some that end early"


@pytest.mark.parametrize(
    "turn",
    [lambda b: b.mT, lambda b: b.flip(-1, -2), lambda b: b.mT.flip(-1, -2)],
    ids=["transpose", "rotate", "anti"],
)
def test_symmetries_of_the_starting_position(turn):
    tokens = random_games(50, seed=5)
    squares = turn(torch.arange(64).view(8, 8)).flatten()  # square -> the square it is moved to
    token_of = torch.zeros(64, dtype=torch.long)
    token_of[ALL_SQUARES] = torch.arange(1, 61)
    moved = token_of[squares[torch.tensor(ALL_SQUARES)[tokens.long() - 1]]]
    original, turned = replay(tokens), replay(moved)
    assert torch.equal(turned.states, turn(original.states))
    assert torch.equal(turned.legal, turn(original.legal))


def test_single_positions():
    board = initial_board()
    assert [i for i in range(64) if legal_moves(board, 1).flatten()[i]] == [19, 26, 37, 44]
    after = play(board, 1, label_to_square("C3"))
    expected = board.clone()
    expected[2, 3] = expected[3, 3] = 1
    assert torch.equal(after, expected)
    assert torch.equal(initial_board(), board), "play must leave its input alone"


def test_single_positions_agree_with_replay():
    tokens = random_games(3, seed=8, passes=True)
    result = replay(tokens)
    player = torch.where(result.to_move == 0, 1, result.to_move)
    where = result.to_move != 0
    assert torch.equal(legal_moves(result.states, player)[where], result.legal[where])
    board = initial_board()
    for token, mover, state in zip(
        tokens[0].tolist(), result.movers[0].tolist(), result.states[0], strict=True
    ):
        if token:
            board = play(board, mover, ALL_SQUARES[token - 1])
        assert torch.equal(board, state)


def test_boards_as_a_player_sees_them():
    states = torch.tensor([[[1, -1, 0, 0, 0, 0, 0, 0]] + [[0] * 8] * 7] * 2, dtype=torch.int8)
    player = torch.tensor([1, -1], dtype=torch.int8)
    assert relative(states, player)[:, 0, :3].tolist() == [[1, -1, 0], [-1, 1, 0]]
    assert theirs_vs_mine(states, player)[:, 0, :3].tolist() == [[2, 1, 0], [1, 2, 0]]


def _game(*labels: str) -> list[int]:
    return [label_to_id(label) for label in labels]


@pytest.mark.parametrize(
    ("games", "message"),
    [
        (
            [_game("C3", "C2"), _game("C3", "C0")],
            r"game 1, move 1: C0 is not legal for white: it turns none of black's discs",
        ),
        ([_game("C3", "C3")], "game 0, move 1: C3 is not legal for white: the square is taken"),
        ([_game("A0")], "game 0, move 0: A0 is not legal for black: it turns none of white's discs"),
        (
            [[label_to_id("C3"), 0]],
            r"game 0, move 1: 0 \(pass\) is not legal for white: white has a legal move",
        ),
    ],
)
def test_illegal_moves_are_named(games, message):
    with pytest.raises(IllegalMoveError, match=message):
        replay(torch.tensor(games))


def test_a_move_after_the_end_is_named():
    tokens = random_games(400, seed=1, passes=True)
    ended = tokens[(tokens == 0).any(1)][:1].long()
    ended[0, -1] = 1
    with pytest.raises(
        IllegalMoveError, match="game 0, move 59: A0 is not legal for anyone: the game is over"
    ):
        replay(ended)


@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (torch.tensor([[19, 61]]), "game 0, move 1: token 61 is not a move; expected 1..60"),
        (torch.tensor([[-1]]), "game 0, move 0: token -1 is not a move"),
        (torch.ones(1, 61, dtype=torch.long), r"at most 60 moves; found torch.int64 of shape \(1, 61\)"),
    ],
)
def test_tokens_that_are_not_moves_are_named(tokens, message):
    with pytest.raises(ValueError, match=message):
        replay(tokens)


# jaxtyping would refuse these first; users don't have it switched on.
@pytest.mark.parametrize(
    ("tokens", "message"),
    [
        (
            torch.ones(60, dtype=torch.long),
            r"expected integers of shape \(games, moves\).*found torch.int64 of shape \(60,\)",
        ),
        (torch.ones(2, 60), r"found torch.float32 of shape \(2, 60\)"),
    ],
)
def test_wrong_shapes_are_named(tokens, message):
    with pytest.raises(ValueError, match=message):
        replay.__wrapped__(tokens)


@pytest.mark.parametrize(
    ("board", "player", "message"),
    [
        (torch.full((8, 8), 2), 1, r"board: expected shape \(..., 8, 8\) with black \+1.*with values \[2\]"),
        (
            torch.zeros(8, 8, dtype=torch.int8),
            0,
            r"player: expected \+1 \(black\) or -1 \(white\); found \[0\]",
        ),
    ],
)
def test_bad_positions_are_named(board, player, message):
    with pytest.raises(ValueError, match=message):
        legal_moves(board, player)


def test_an_illegal_single_move_is_named():
    with pytest.raises(IllegalMoveError, match="A0 is not legal for black"):
        play(initial_board(), 1, 0)
