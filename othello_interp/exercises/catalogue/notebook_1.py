"""Exercises of notebook 1: squares and tokens, boards, what the model predicts, the probe."""

import torch
from torch import Tensor

from othello_interp.board import replay
from othello_interp.exercises.records import Case, Exercise, Mistake
from othello_interp.rules.random_games import random_games
from othello_interp.squares import ALL_SQUARES, square_to_label

NOTEBOOK = "01_setup"

# --- 1.1 ---------------------------------------------------------------------------------------


def _label_cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    others = [square_to_label(ALL_SQUARES[i]) for i in torch.randperm(60, generator=generator)[:6].tolist()]
    labels = dict.fromkeys(["C0", "D1", "A7", "D5", "E2", "E5", "H7", *others])
    return [Case(label, {"label": label}) for label in labels]


def _square(label: str) -> int:
    return 8 * "ABCDEFGH".index(label[0]) + int(label[1])


def _no_centre(label: str) -> int:
    return _square(label) + 1


def _no_pass(label: str) -> int:
    return ALL_SQUARES.index(_square(label))


def _square_number(label: str) -> int:
    return _square(label)


def _four_at_once(label: str) -> int:
    square = _square(label)
    return square + 1 if square < 27 else square - 3


def _row_and_column_swapped(label: str) -> int:
    square = 8 * int(label[1]) + "ABCDEFGH".index(label[0])
    return square + 1 - sum(centre < square for centre in (27, 28, 35, 36))


# --- 1.2 ---------------------------------------------------------------------------------------


def _state_cases(seed: int) -> list[Case]:
    states = replay(random_games(7, seed=1000 + seed)).states
    return [
        Case("2 games, 11 moves", {"states": states[:2, :11]}),
        Case("5 games, 60 moves", {"states": states[2:]}),
        Case("3 games, 1 move", {"states": states[4:, :1]}),
    ]


def _coded(plus_minus: Tensor) -> Tensor:
    return torch.where(plus_minus == -1, 1, torch.where(plus_minus == 1, 2, 0))


def _next_player(n: int) -> Tensor:
    return torch.where(torch.arange(n) % 2 == 0, -1, 1)


def _just_moved(states: Tensor) -> Tensor:
    return _coded(states * -_next_player(states.shape[1])[:, None, None])


def _black_is_mine(states: Tensor) -> Tensor:
    return _coded(states)


def _white_is_mine(states: Tensor) -> Tensor:
    return _coded(-states)


def _plus_minus_form(states: Tensor) -> Tensor:
    return states * _next_player(states.shape[1])[:, None, None]


def _turned_by_game(states: Tensor) -> Tensor:
    return _coded(states * _next_player(states.shape[0])[:, None, None, None])


# --- 1.3 ---------------------------------------------------------------------------------------


def _prediction_cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    legal = replay(random_games(5, seed=2000 + seed)).legal
    legal = {"2 games, 7 moves": legal[:2, 20:27], "3 games, 59 moves": legal[2:, :59]}
    return [
        Case(name, {"logits": 2 * torch.randn(*where.shape[:2], 61, generator=generator), "legal": where})
        for name, where in legal.items()
    ]


def _playable(legal: Tensor) -> Tensor:
    return legal.flatten(-2)[..., ALL_SQUARES]


def _no_softmax(logits: Tensor, legal: Tensor) -> Tensor:
    return (logits[..., 1:] * _playable(legal)).sum(-1)


def _pass_dropped_first(logits: Tensor, legal: Tensor) -> Tensor:
    return (logits[..., 1:].softmax(-1) * _playable(legal)).sum(-1)


def _wrong_axis(logits: Tensor, legal: Tensor) -> Tensor:
    return (logits.softmax(1)[..., 1:] * _playable(legal)).sum(-1)


def _tokens_one_off(logits: Tensor, legal: Tensor) -> Tensor:
    return (logits.softmax(-1)[..., :60] * _playable(legal)).sum(-1)


def _centre_not_skipped(logits: Tensor, legal: Tensor) -> Tensor:
    return (logits.softmax(-1)[..., 1:] * legal.flatten(-2)[..., :60]).sum(-1)


def _best_move(logits: Tensor, legal: Tensor) -> Tensor:
    best = logits[..., 1:].argmax(-1, keepdim=True)
    return _playable(legal).gather(-1, best).squeeze(-1).float()


def _mean_not_sum(logits: Tensor, legal: Tensor) -> Tensor:
    return (logits.softmax(-1)[..., 1:] * _playable(legal)).mean(-1)


# --- 1.4 ---------------------------------------------------------------------------------------


def _probe_cases(seed: int) -> list[Case]:
    """Random probes that read most squares rightly: the boards are their own readings, some spoiled."""
    generator = torch.Generator().manual_seed(seed)
    cases = []
    for n_games, n_moves, d_model in ((3, 11, 5), (2, 13, 7)):
        resid = torch.randn(n_games, n_moves, d_model, generator=generator)
        weight = torch.randn(d_model, 8, 8, 3, generator=generator)
        bias = torch.randn(8, 8, 3, generator=generator)
        read = (torch.einsum("gmd,drcs->gmrcs", resid, weight) + bias).argmax(-1)
        spoiled = torch.rand(read.shape, generator=generator) < torch.linspace(0, 0.8, 64).view(8, 8)
        boards = torch.where(spoiled, torch.randint(3, read.shape, generator=generator), read)
        inputs = {"resid": resid, "weight": weight, "bias": bias, "boards": boards.to(torch.int8)}
        cases.append(Case(f"{n_games} games, {n_moves} moves, d_model {d_model}", inputs))
    return cases


def _scores(resid: Tensor, weight: Tensor) -> Tensor:
    return torch.einsum("gmd,drcs->gmrcs", resid, weight)


def _no_bias(resid: Tensor, weight: Tensor, bias: Tensor, boards: Tensor) -> Tensor:
    return (_scores(resid, weight).argmax(-1) == boards).float().mean((0, 1))


def _theirs_and_mine_swapped(resid: Tensor, weight: Tensor, bias: Tensor, boards: Tensor) -> Tensor:
    swapped = (_scores(resid, weight) + bias)[..., [0, 2, 1]]
    return (swapped.argmax(-1) == boards).float().mean((0, 1))


def _lowest_score(resid: Tensor, weight: Tensor, bias: Tensor, boards: Tensor) -> Tensor:
    return ((_scores(resid, weight) + bias).argmin(-1) == boards).float().mean((0, 1))


def _counted(resid: Tensor, weight: Tensor, bias: Tensor, boards: Tensor) -> Tensor:
    return ((_scores(resid, weight) + bias).argmax(-1) == boards).float().sum((0, 1))


def _all_squares_together(resid: Tensor, weight: Tensor, bias: Tensor, boards: Tensor) -> Tensor:
    return ((_scores(resid, weight) + bias).argmax(-1) == boards).float().mean()


def _probability(resid: Tensor, weight: Tensor, bias: Tensor, boards: Tensor) -> Tensor:
    probabilities = (_scores(resid, weight) + bias).softmax(-1)
    return probabilities.gather(-1, boards.long()[..., None]).squeeze(-1).mean((0, 1))


EXERCISES = [
    Exercise(
        id="1.1",
        notebook=NOTEBOOK,
        function="token_of_label",
        title="From a label to a token",
        points=1,
        difficulty=1,
        importance=3,
        minutes=5,
        tests="Your function is called with the labels of about a dozen squares, before, beside and after "
        "the centre.",
        cases=_label_cases,
        mistakes=(
            Mistake(
                "no_centre",
                _no_centre,
                "You count the four centre squares. They are never played and have no token, so the squares "
                "after them have smaller tokens.",
            ),
            Mistake(
                "no_pass",
                _no_pass,
                "Every token is one too small: token 0 is the pass, so A0 has token 1.",
                credit=0.5,
            ),
            Mistake(
                "square_number",
                _square_number,
                "That is the number of the square, 0 to 63. Tokens start with the pass and leave out the "
                "centre.",
            ),
            Mistake(
                "four_at_once",
                _four_at_once,
                "You leave out all four centre squares at once. D5 comes after D3 and D4 but before E3 and "
                "E4: only two are to be left out there.",
                credit=0.5,
            ),
            Mistake(
                "row_and_column_swapped",
                _row_and_column_swapped,
                "Row and column changed places: the letter is the row, the digit the column.",
            ),
        ),
        hints=(
            'First find the number of the square, 0 to 63: row times 8 plus column. "C0" is square 16.',
            "How many of the centre squares 27, 28, 35, 36 come before it? They are not counted.",
            "Then add 1, because token 0 is the pass: square - centre_before + 1.",
        ),
        explanation="C0 is token 17 and D1 is token 26: before the centre the token is the number of the "
        "square plus one. After the centre it is the number of the square minus three.",
    ),
    Exercise(
        id="1.2",
        notebook=NOTEBOOK,
        function="boards_theirs_vs_mine",
        title="Theirs and mine",
        points=2,
        difficulty=2,
        importance=5,
        minutes=10,
        tests="Your function turns the boards of random games, of several lengths, into blank, theirs and "
        "mine.",
        cases=_state_cases,
        mistakes=(
            Mistake(
                "just_moved",
                _just_moved,
                "Theirs and mine are swapped. Mine is the player about to move: after move 0, which black "
                "plays, white is about to move.",
                credit=0.5,
            ),
            Mistake(
                "black_is_mine",
                _black_is_mine,
                "Black is mine on all your boards. Who is about to move changes from one move to the next.",
            ),
            Mistake(
                "white_is_mine",
                _white_is_mine,
                "White is mine on all your boards. Who is about to move changes from one move to the next.",
            ),
            Mistake(
                "plus_minus_form",
                _plus_minus_form,
                "You return the plus-minus form: theirs -1, blank 0, mine +1. Asked for is 0 blank, 1 "
                "theirs, 2 mine.",
                credit=0.5,
            ),
            Mistake(
                "turned_by_game",
                _turned_by_game,
                "You change sides from game to game, not from move to move: the sign must run along axis 1.",
            ),
        ),
        hints=(
            "Who is about to move after move 0? After move 1? White is -1 and black +1 in `states`.",
            "Multiply each board by the colour of the player about to move: mine become +1, theirs -1.",
            "The signs are -1, +1, -1, ... along the move axis; give them shape (move, 1, 1). Then put 1 "
            "where the product is -1 and 2 where it is +1, with torch.where.",
        ),
        explanation="The model never hears of black and white: it sees only moves, and whoever moves next "
        "has the same task. This is the form in which it keeps the board.",
    ),
    Exercise(
        id="1.3",
        notebook=NOTEBOOK,
        function="legal_probability",
        title="How much probability is legal?",
        points=2,
        difficulty=2,
        importance=4,
        minutes=10,
        tests="Your function is given random logits and the legal moves of random games.",
        cases=_prediction_cases,
        mistakes=(
            Mistake(
                "no_softmax",
                _no_softmax,
                "You add up logits. Turn them into probabilities first, with a softmax over the tokens.",
            ),
            Mistake(
                "pass_dropped_first",
                _pass_dropped_first,
                "You drop the pass before the softmax, so the other 60 add up to 1. The pass has a "
                "probability too: take the softmax over all 61 tokens, then drop it.",
                credit=0.5,
            ),
            Mistake(
                "wrong_axis",
                _wrong_axis,
                "The softmax runs over the moves. It should run over the last axis, the tokens.",
            ),
            Mistake(
                "tokens_one_off",
                _tokens_one_off,
                "Your tokens are one off: column 0 is the pass, the square ALL_SQUARES[0] has column 1.",
            ),
            Mistake(
                "centre_not_skipped",
                _centre_not_skipped,
                "You pair the 60 tokens with the first 60 squares. The four centre squares have no token: "
                "use ALL_SQUARES to pick the squares.",
            ),
            Mistake(
                "best_move",
                _best_move,
                "That says whether the most likely move is legal. Asked for is the total probability of all "
                "legal moves.",
            ),
            Mistake(
                "mean_not_sum",
                _mean_not_sum,
                "You average over the squares. Probabilities of different moves add up.",
                credit=0.5,
            ),
        ),
        hints=(
            "logits.softmax(dim=-1) gives 61 probabilities that add up to 1. Column 0 is the pass.",
            "Bring `legal` into the same order: flatten the board and pick ALL_SQUARES of its 64 squares.",
            "Multiply the 60 probabilities by the 60 marks and add them up over the last axis.",
        ),
        explanation="Close to 1 means that the model knows the rules at this position. What is left went to "
        "illegal moves.",
    ),
    Exercise(
        id="1.4",
        notebook=NOTEBOOK,
        function="accuracy_by_square",
        title="How well does the probe read each square?",
        points=3,
        difficulty=3,
        importance=4,
        minutes=15,
        tests="Your function is given random residual streams and probes of several sizes.",
        cases=_probe_cases,
        mistakes=(
            Mistake(
                "no_bias",
                _no_bias,
                "The bias is missing: it is part of the probe's scores and can change which one is highest.",
                credit=0.5,
            ),
            Mistake(
                "theirs_and_mine_swapped",
                _theirs_and_mine_swapped,
                "Theirs and mine are swapped: the scores are in the order blank, theirs, mine, and the "
                "boards hold 0, 1, 2 for the same.",
            ),
            Mistake(
                "lowest_score",
                _lowest_score,
                "You take the lowest score of the three. The probe's reading is the highest one: argmax.",
            ),
            Mistake(
                "counted",
                _counted,
                "You count the positions that are right. Asked for is their share, between 0 and 1.",
                credit=0.5,
            ),
            Mistake(
                "all_squares_together",
                _all_squares_together,
                "That is one number for all squares together. Average over games and moves only, and keep "
                "the 8 × 8 squares.",
                credit=0.5,
            ),
            Mistake(
                "probability",
                _probability,
                "You average the probability of the right state. Accuracy asks only whether the highest "
                "score is that of the right state.",
            ),
        ),
        hints=(
            "The scores have shape (game, move, 8, 8, 3): add up over d_model, then add the bias.",
            'torch.einsum("gmd,drcs->gmrcs", resid, weight) adds up over d_model. Which score is highest?',
            "Compare .argmax(dim=-1) with the boards, turn True and False into 1.0 and 0.0 with .float(), "
            "and average over axes 0 and 1.",
        ),
        explanation="Squares far from where the fighting is are read best; squares whose discs are turned "
        "often, around the centre, are read worst.",
    ),
]
