"""Do the lines of patterns.py say when a move is legal?"""

import torch

from othello_interp.board import replay, theirs_vs_mine
from othello_interp.hypotheses import parse
from othello_interp.patterns import as_hypothesis, line_pattern, line_patterns
from othello_interp.squares import label_to_square


def test_a_line_off_the_board_is_no_pattern() -> None:
    assert line_pattern("A6", (0, 1), 1) is None
    assert line_pattern("B0", (-1, 0), 1) is None
    assert line_pattern("H7", (-1, -1), 6) is not None


def test_every_line_is_a_different_one() -> None:
    lines = [as_hypothesis(line) for line in line_patterns()]
    # A ray of n squares beside a square holds n - 1 lines: 1,036 over the whole board, 76 of them (19 each)
    # from the four centre squares, which are never blank.
    assert len(lines) == len(set(lines)) == 960


def test_a_move_is_legal_where_one_of_its_lines_stands(tokens) -> None:
    """The lines against the rules engine: a square is legal exactly if one of its patterns holds."""
    games = replay(tokens[:3])
    boards = theirs_vs_mine(games.states, -games.movers)
    found = torch.zeros(boards.shape, dtype=torch.bool)
    for line in line_patterns():
        row, col = divmod(label_to_square(next(iter(line))), 8)
        found[..., row, col] |= parse(as_hypothesis(line))(boards)
    assert torch.equal(found, games.legal)
