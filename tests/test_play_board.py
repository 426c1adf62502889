"""Does the board play by the rules, and say what the model says?"""

import pytest
import torch

from othello_interp.board import replay
from othello_interp.model import tiny_model
from othello_interp.play_board import PlayBoard
from othello_interp.rules.random_games import random_games
from othello_interp.squares import id_to_label, label_to_square, square_to_label

MOVES = ["F4", "D5", "C6", "F2", "C2", "G4", "F3", "D2"]


@pytest.fixture(scope="module")
def model():
    return tiny_model(seed=3)


@pytest.fixture
def board(model):
    return PlayBoard(model, "L1N7", MOVES)


def tokens_of(moves):
    from othello_interp.squares import label_to_id

    return torch.tensor([[label_to_id(move) for move in moves]])


def test_it_says_what_the_model_says(board, model):
    _, cache = model.run_with_cache(tokens_of(MOVES))
    acts = cache["blocks.1.mlp.hook_post"][0, :, 7].tolist()
    assert board.activations == pytest.approx(acts, abs=1e-5)
    chances = model(tokens_of(MOVES))[0, -1].softmax(-1)
    assert len(board.probabilities) == 60
    assert board.probabilities == pytest.approx(
        {id_to_label(token): chances[token].item() for token in range(1, 61)}, abs=1e-6
    )
    assert list(board.probabilities.values()) == sorted(board.probabilities.values(), reverse=True)
    legal = replay(tokens_of(MOVES)).legal[0, -1].flatten().nonzero().flatten().tolist()
    assert board.legal == [square_to_label(square) for square in legal]


def test_the_text_has_the_board_the_neuron_and_the_moves(board):
    lines = repr(board).splitlines()
    states = replay(tokens_of(MOVES)).states[0, -1]
    for row, line in enumerate(lines[1:9]):
        assert line[0] == "ABCDEFGH"[row]
        for col, sign in enumerate(line.split()[1:]):
            square = states[row, col].item()
            legal = f"{line[0]}{col}" in board.legal
            assert sign == ("●" if square > 0 else "○" if square < 0 else "+" if legal else "·")
    assert lines[10] == f"after 8 moves: {' '.join(MOVES)}"
    act = board.activations[-1]
    assert lines[11].startswith(f"L1N7: {act:.2f} (highest so far {max(board.activations):.2f}, after move ")
    assert lines[12] == f"legal: {', '.join(board.legal)}"
    first, chance = next(iter(board.probabilities.items()))
    said = "" if first in board.legal else " (not legal)"
    assert lines[13].startswith(f"the model expects: {first} {chance:.0%}{said}")
    mass = sum(board.probabilities[move] for move in board.legal)
    assert lines[14] == f"all legal moves together: {mass:.1%}"


def test_before_the_first_move_the_model_says_nothing(model):
    board = PlayBoard(model, "L1N7")
    assert board.legal == ["C3", "D2", "E5", "F4"]
    assert (board.activations, board.probabilities) == ([], {})
    assert "after 0 moves: none yet" in repr(board)
    assert "the model expects" not in repr(board)


def test_a_whole_game_to_its_end(model):
    moves = [id_to_label(token) for token in random_games(1, seed=5)[0].tolist()]
    board = PlayBoard(model, "L1N7", moves[:59])
    assert board.legal == moves[59:]
    assert len(board.probabilities) == 60
    board.play(moves[59])
    assert (board.legal, board.probabilities) == ([], {})
    assert len(board.activations) == 59
    assert "legal: none, the game is over" in repr(board)
    with pytest.raises(ValueError, match="C0 is not legal after 60 moves: the game is over"):
        board.play("C0")


def test_moves_are_taken_back(board):
    assert board.undo().moves == MOVES[:-1]
    assert board.play(" d2 ").moves == MOVES
    assert board.restart().moves == []
    assert board.undo().moves == []


def test_what_is_not_legal_is_refused_and_leaves_the_game_alone(board, model):
    with pytest.raises(ValueError, match=r"A0 is not legal after 8 moves: legal are C3, C4, "):
        board.play("A0")
    with pytest.raises(ValueError, match="Z9"):
        board.play("Z9")
    assert board.moves == MOVES
    with pytest.raises(ValueError, match="neuron 99 doesn't exist"):
        PlayBoard(model, "L1N99")


# --- as a widget ---


def test_a_click_plays_and_the_widget_follows(board):
    board._view()
    board._draw()
    squares, text = board._widgets["squares"], board._widgets["text"]
    legal = board.legal[0]
    button = squares[label_to_square(legal)]
    assert button.tooltip.startswith(f"{legal}, blank, legal, probability ")
    assert button.description == f"{board.probabilities[legal]:.0%}"
    squares[0].click()  # A0 can't be played: nothing happens
    assert board.moves == MOVES
    button.click()
    assert board.moves == [*MOVES, legal]
    assert button.description == "●"
    assert squares[0].description == "\u00a0"  # an empty one would leave what was there before
    assert button.tooltip in (f"{legal}, black, last move", f"{legal}, white, last move")
    assert f"after 9 moves: {' '.join(board.moves)}" in text.value
    assert text.value.count("<rect ") == 9
    for square, other in enumerate(squares):
        assert ("legal" in other.tooltip) == (square_to_label(square) in board.legal)


def test_the_buttons_take_back_and_begin_again(board):
    view = board._view()
    undo, restart = view.children[1].children[1].children
    undo.click()
    assert board.moves == MOVES[:-1]
    restart.click()
    assert board.moves == []
    assert "after 0 moves" in board._widgets["text"].value
    assert board._widgets["squares"][label_to_square("D3")].tooltip == "D3, white"
    assert board._view() is view


def test_it_is_shown_as_a_widget_with_its_text_and_as_text_alone(board, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))
    board._ipython_display_()
    assert "application/vnd.jupyter.widget-view+json" in shown[0]
    assert shown[0]["text/plain"] == repr(board)
    monkeypatch.setattr(PlayBoard, "_view", lambda self: __import__("no_such_widgets"))
    board._ipython_display_()
    assert shown[1] == {"text/plain": repr(board)}
