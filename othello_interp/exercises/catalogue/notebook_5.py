"""Exercises of notebook 5: labels, spectrum plots, the age of a pattern, an own hypothesis, ablation."""

from typing import Any

import torch
from torch import Tensor

from othello_interp.exercises.catalogue import own_hypothesis
from othello_interp.exercises.records import Case, Exercise, Mistake, ModelRef
from othello_interp.rules.random_games import random_games

NOTEBOOK = "05_spectrum_plots"

# --- 5.1 ---------------------------------------------------------------------------------------


def _board_cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    cases = []
    for name, shape in (("a list of boards", (240,)), ("games and moves", (3, 70)), ("one board", ())):
        boards = torch.randint(0, 3, (*shape, 8, 8), generator=generator, dtype=torch.int8)
        if not shape:  # one that matches
            boards[[2, 3, 4], [0, 1, 2]] = torch.tensor([0, 1, 2], dtype=torch.int8)
        cases.append(Case(name, {"boards": boards}))
    return cases


def _labels(boards: Tensor, squares: list[tuple[int, int]], states: tuple[int, int, int]) -> Tensor:
    found = [boards[..., row, col] == state for (row, col), state in zip(squares, states, strict=True)]
    return found[0] & found[1] & found[2]


_DIAGONAL = [(2, 0), (3, 1), (4, 2)]


def _swapped_states(boards: Tensor) -> Tensor:
    return _labels(boards, _DIAGONAL, (0, 2, 1))


def _plus_minus(boards: Tensor) -> Tensor:
    return _labels(boards, _DIAGONAL, (0, -1, 1))


def _transposed(boards: Tensor) -> Tensor:
    return _labels(boards, [(0, 2), (1, 3), (2, 4)], (0, 1, 2))


def _columns_from_one(boards: Tensor) -> Tensor:
    return _labels(boards, [(2, 0), (3, 0), (4, 1)], (0, 1, 2))


def _tokens_as_squares(boards: Tensor) -> Tensor:
    flat = boards.flatten(-2)
    return (flat[..., 17] == 0) & (flat[..., 26] == 1) & (flat[..., 33] == 2)


def _any_condition(boards: Tensor) -> Tensor:
    return (boards[..., 2, 0] == 0) | (boards[..., 3, 1] == 1) | (boards[..., 4, 2] == 2)


def _without_blank(boards: Tensor) -> Tensor:
    return (boards[..., 3, 1] == 1) & (boards[..., 4, 2] == 2)


# --- 5.2 ---------------------------------------------------------------------------------------


def _spectrum_cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    cases = []
    for shape, edges in (
        ((3, 70), [-1.0, -0.5, 0.0, 1.0, 2.5]),
        ((230,), [-0.5, 0.0, 0.25, 1.5]),
        ((5, 59), [-2.0, -0.5, 0.0, 0.5, 1.0, 3.0, 4.5]),
    ):
        # Multiples of a quarter, so that some lie on an edge; some lie outside the edges.
        acts = torch.randn(shape, generator=generator).mul(6).round() / 4
        labels = torch.rand(shape, generator=generator) < 0.2
        inputs = {"acts": acts, "labels": labels, "edges": torch.tensor(edges)}
        cases.append(Case(f"{acts.numel()} positions, {len(edges) - 1} bins", inputs))
    return cases


def _counts(acts: Tensor, labels: Tensor, edges: Tensor) -> Tensor:
    return torch.stack([torch.histogram(acts[group], edges).hist for group in (~labels, labels)])


def _sizes(labels: Tensor) -> Tensor:
    return torch.stack([(~labels).sum(), labels.sum()])[:, None]


def _bare_counts(acts: Tensor, labels: Tensor, edges: Tensor) -> Tensor:
    return _counts(acts, labels, edges)


def _percent_of_all(acts: Tensor, labels: Tensor, edges: Tensor) -> Tensor:
    return 100 * _counts(acts, labels, edges) / labels.numel()


def _percent_of_bin(acts: Tensor, labels: Tensor, edges: Tensor) -> Tensor:
    counts = _counts(acts, labels, edges)
    return 100 * counts / counts.sum(0)


def _percent_in_range(acts: Tensor, labels: Tensor, edges: Tensor) -> Tensor:
    counts = _counts(acts, labels, edges)
    return 100 * counts / counts.sum(1, keepdim=True)


def _label_first(acts: Tensor, labels: Tensor, edges: Tensor) -> Tensor:
    return (100 * _counts(acts, labels, edges) / _sizes(labels)).flip(0)


def _upper_edge(acts: Tensor, labels: Tensor, edges: Tensor) -> Tensor:
    counts = torch.histogram
    flipped = torch.stack([counts(-acts[group], -edges.flip(0)).hist.flip(0) for group in (~labels, labels)])
    return 100 * flipped / _sizes(labels)


def _density(acts: Tensor, labels: Tensor, edges: Tensor) -> Tensor:
    return 100 * _counts(acts, labels, edges) / _sizes(labels) / edges.diff()


# --- 5.3 ---------------------------------------------------------------------------------------


def _age_cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    return [
        Case(
            f"{games} games of {moves} moves",
            {"labels": torch.rand(games, moves, generator=generator) < share},
        )
        for games, moves, share in ((2, 7, 0.8), (3, 11, 0.6), (5, 59, 0.7))
    ]


def _age(labels: Tensor, back: int = 2) -> Tensor:
    age = labels.long()
    for move in range(back, labels.shape[1]):
        age[:, move] += age[:, move - back] * labels[:, move]
    return age


def _one_move_back(labels: Tensor) -> Tensor:
    return _age(labels, back=1)


def _from_zero(labels: Tensor) -> Tensor:
    return (_age(labels) - 1).clamp(min=0)


def _in_moves(labels: Tensor) -> Tensor:
    return (2 * _age(labels) - 1).clamp(min=0)


def _all_so_far(labels: Tensor) -> Tensor:
    age = labels.long()
    age[:, ::2], age[:, 1::2] = age[:, ::2].cumsum(1), age[:, 1::2].cumsum(1)
    return age * labels


def _both_players_so_far(labels: Tensor) -> Tensor:
    return labels.long().cumsum(1) * labels


def _across_games(labels: Tensor) -> Tensor:
    return _age(labels.reshape(1, -1)).view(labels.shape)


# --- 5.4 ---------------------------------------------------------------------------------------


def _hidden_cases(seed: int) -> list[Case]:
    return [Case(f"{own_hypothesis.N_GAMES} games nobody has shown you", {}, seed=seed)]


def _course_neuron() -> Any:
    return 1393, "C0==BLANK & D1==THEIRS & E2==MINE"


def _wrong_order() -> Any:
    return "A0==MINE & B0==BLANK", 7


def _name_for_number() -> Any:
    return "L5N7", "A0==MINE & B0==BLANK"


def _contradiction() -> Any:
    return 7, "A0==MINE & A0==BLANK"


def _tautology() -> Any:
    return 7, "A0==MINE | A0!=MINE"


# --- 5.5 ---------------------------------------------------------------------------------------


def _ablation_cases(seed: int) -> list[Case]:
    generator = torch.Generator().manual_seed(seed)
    tokens = random_games(7, seed=seed).long()
    layer, neuron, tiny_neuron = (
        int(torch.randint(low, high, (), generator=generator)) for low, high in ((0, 5), (0, 2048), (8, 13))
    )
    course, tiny = ModelRef("embedded"), ModelRef("tiny", seed)
    return [
        Case(name, {"model": model, "tokens": games, "layer": at, "neuron": which})
        for name, model, games, at, which in (
            ("course model, L5N1393", course, tokens[:3, :21], 5, 1393),
            (f"course model, L{layer}N{neuron}", course, tokens[3:5, :33], layer, neuron),
            (f"small random model, L0N{tiny_neuron}", tiny, tokens[2:7, :17], 0, tiny_neuron),
        )
    ]


def _run(model: Any, tokens: Tensor, name: str, index: Any) -> Tensor:
    def set_to_zero(act: Tensor, hook: Any) -> Tensor:
        act[index] = 0
        return act

    return model.run_with_hooks(tokens, fwd_hooks=[(name, set_to_zero)])


def _no_effect(model: Any, tokens: Tensor, layer: int, neuron: int) -> Tensor:
    return model(tokens)


def _whole_layer(model: Any, tokens: Tensor, layer: int, neuron: int) -> Tensor:
    return _run(model, tokens, f"blocks.{layer}.mlp.hook_post", ...)


def _move_axis(model: Any, tokens: Tensor, layer: int, neuron: int) -> Tensor:
    return _run(model, tokens, f"blocks.{layer}.mlp.hook_post", (slice(None), neuron))


def _residual_axis(model: Any, tokens: Tensor, layer: int, neuron: int) -> Tensor:
    return _run(model, tokens, f"blocks.{layer}.hook_mlp_out", (..., neuron))


def _last_move(model: Any, tokens: Tensor, layer: int, neuron: int) -> Tensor:
    return _run(model, tokens, f"blocks.{layer}.mlp.hook_post", (slice(None), -1, neuron))


def _next_layer(model: Any, tokens: Tensor, layer: int, neuron: int) -> Tensor:
    return _run(model, tokens, f"blocks.{layer + 1}.mlp.hook_post", (..., neuron))


def _zeroed(model: Any, tokens: Tensor, layer: int, neuron: int) -> Tensor:
    return _run(model, tokens, f"blocks.{layer}.mlp.hook_post", (..., neuron))


def _change(model: Any, tokens: Tensor, layer: int, neuron: int) -> Tensor:
    return _zeroed(model, tokens, layer, neuron) - model(tokens)


def _probabilities(model: Any, tokens: Tensor, layer: int, neuron: int) -> Tensor:
    return _zeroed(model, tokens, layer, neuron).softmax(-1)


EXERCISES = [
    Exercise(
        id="5.1",
        notebook=NOTEBOOK,
        function="hypothesis_labels",
        title="Labels from the hypothesis",
        points=1,
        difficulty=1,
        importance=4,
        minutes=5,
        tests="Your function on random boards: one board, a list of them, and games of moves.",
        cases=_board_cases,
        mistakes=(
            Mistake(
                "swapped_states",
                _swapped_states,
                "Theirs and mine are swapped: in these boards 1 is theirs and 2 is mine.",
                0.5,
            ),
            Mistake(
                "plus_minus",
                _plus_minus,
                "You use -1 for theirs and 1 for mine. These boards hold 0 blank, 1 theirs, 2 mine.",
            ),
            Mistake(
                "transposed",
                _transposed,
                "Rows and columns are swapped: C0 is row 2, column 0, so boards[..., 2, 0].",
            ),
            Mistake(
                "columns_from_one",
                _columns_from_one,
                "Columns are counted from 0: D1 is boards[..., 3, 1] and E2 is boards[..., 4, 2].",
            ),
            Mistake(
                "tokens_as_squares",
                _tokens_as_squares,
                "17, 26 and 33 are tokens. As squares, counted from 0, C0, D1 and E2 are 16, 25 and 34.",
            ),
            Mistake(
                "any_condition",
                _any_condition,
                "All three conditions must hold at once: join them with & (and), not with | (or).",
            ),
            Mistake("without_blank", _without_blank, "C0 must be blank, too: that condition is missing."),
        ),
        hints=(
            "Which row and which column is C0? And D1, E2?",
            "boards[..., 2, 0] is the state of C0 on every board, whatever axes stand in front.",
            "Compare each of the three squares with its state, and join the results with &, in brackets.",
        ),
        explanation=(
            'In the library this is `parse("C0==BLANK & D1==THEIRS & E2==MINE")(boards)`. The pattern is '
            "rare: expect it at a few positions in a hundred."
        ),
    ),
    Exercise(
        id="5.2",
        notebook=NOTEBOOK,
        function="spectrum_percent",
        title="A histogram in percent of each group",
        points=2,
        difficulty=2,
        importance=4,
        minutes=10,
        tests="Your function on random activations with bins of unequal width; some lie on an edge, some "
        "outside.",
        cases=_spectrum_cases,
        mistakes=(
            Mistake(
                "counts",
                _bare_counts,
                "These are counts. Divide each row by the size of its group, times 100.",
            ),
            Mistake(
                "percent_of_all",
                _percent_of_all,
                "These are percent of all positions. Divide each row by the size of its own group: that is "
                "what "
                "lets a rare group be compared with a common one.",
                0.5,
            ),
            Mistake(
                "percent_of_bin",
                _percent_of_bin,
                "In your result each bin adds up to 100. Each group should: divide along the other axis.",
            ),
            Mistake(
                "percent_in_range",
                _percent_in_range,
                "You divide by the number of activations between the edges. Divide by all positions of the "
                "group.",
                0.5,
            ),
            Mistake(
                "label_first",
                _label_first,
                "The rows are swapped: row 0 is the group where the label is False.",
            ),
            Mistake(
                "upper_edge",
                _upper_edge,
                "An activation that lies on an edge falls in the wrong bin: bin i holds its lower edge, "
                "not its "
                "upper one. torch.histogram and numpy.histogram do so; torch.bucketize needs right=True.",
                0.5,
            ),
            Mistake(
                "density",
                _density,
                "You divide by the width of the bins: that is a density. Wanted is the share of the group "
                "in each bin.",
            ),
        ),
        hints=(
            "acts[labels] holds the activations of the positions where the label is True, in one row.",
            "torch.histogram(values, edges).hist counts the values in each bin.",
            "Count for acts[~labels] and acts[labels], divide each by the length of its group, times 100, "
            "and stack.",
        ),
        explanation=(
            "Only percentages of the group can be compared. In counts, the few positions that match would be "
            "lost beside thousands that don't."
        ),
    ),
    Exercise(
        id="5.3",
        notebook=NOTEBOOK,
        function="pattern_age",
        title="How long the pattern has stood",
        points=2,
        difficulty=3,
        importance=3,
        minutes=15,
        tests="Your function on random labels of games of several lengths.",
        cases=_age_cases,
        mistakes=(
            Mistake(
                "one_move_back",
                _one_move_back,
                "You look one move back, where the other player is about to move. The same player's last "
                "turn is "
                "two moves back.",
                0.5,
            ),
            Mistake("from_zero", _from_zero, "Where the pattern has just appeared the age is 1, not 0.", 0.5),
            Mistake(
                "in_moves",
                _in_moves,
                "You count moves of both players. Count the turns of the player about to move: 1, 2, 3, ...",
            ),
            Mistake(
                "all_so_far",
                _all_so_far,
                "You count all turns so far at which the pattern stood. The count starts again after a gap.",
                0.5,
            ),
            Mistake(
                "both_players_so_far",
                _both_players_so_far,
                "You count every move so far at which the pattern stood. Count only turns of the same "
                "player (every "
                "other move), and start again after a gap.",
            ),
            Mistake(
                "across_games",
                _across_games,
                "Something of one game reaches the next: the first two moves of a game have no turn before "
                "them.",
                0.5,
            ),
        ),
        hints=(
            "The age at a move is 0 where the label is False, else 1 more than the age two moves back.",
            "Start with labels.long(): that is right for the first two moves. Then go through the moves in "
            "order.",
            "age[:, move] += age[:, move - 2] * labels[:, move], for move from 2 on.",
        ),
        explanation=(
            "Theirs and mine change places with every move, so a pattern seen by black comes back at "
            "black's next "
            "turn, two moves later."
        ),
    ),
    Exercise(
        id="5.4",
        notebook=NOTEBOOK,
        function="my_hypothesis",
        title="A neuron of your own",
        points=4,
        difficulty=4,
        importance=5,
        minutes=30,
        tests=(
            "Your hypothesis on 100 new games. It passes with a ROC AUC of at least 0.70, and 0.05 above "
            "the best "
            "condition on one square."
        ),
        cases=_hidden_cases,
        mistakes=(
            Mistake("course_neuron", _course_neuron, own_hypothesis.NOT_THE_COURSES),
            Mistake("wrong_order", _wrong_order, own_hypothesis.FORM),
            Mistake("name_for_number", _name_for_number, own_hypothesis.ONLY_NUMBER),
            Mistake("contradiction", _contradiction, own_hypothesis.NEVER),
            Mistake("tautology", _tautology, own_hypothesis.ALWAYS),
        ),
        hints=(
            "Take a neuron that fires strongly but not often. Which square does its output boost most? "
            "Look at the "
            "average board of its top moves around that square.",
            "Try the lines that would make this square a legal move: blank, then theirs, then mine. "
            "`spectrum(acts, parse(text)(boards))` gives the AUC on the focus games.",
            "If none of your neurons has a clear pattern, let best_lines from othello_interp.lines suggest "
            "some, and "
            "look at their boards before you choose.",
        ),
        explanation=(
            "There are many right answers. This one searches: it takes the neuron and the line with the "
            "highest AUC "
            "on the focus games. That figure is too good, since it was the best of very many; on new games "
            "it drops."
        ),
        score=own_hypothesis.score,
        time_limit=30.0,
    ),
    Exercise(
        id="5.5",
        notebook=NOTEBOOK,
        function="ablated_logits",
        title="Switch the neuron off",
        points=2,
        difficulty=3,
        importance=5,
        minutes=15,
        tests="Your function on the course's model and on a small random one.",
        cases=_ablation_cases,
        mistakes=(
            Mistake(
                "no_effect",
                _no_effect,
                "These are the logits of the model as it is. The hook must change `act` (or return a "
                "changed copy), "
                "and it must be passed to `run_with_hooks`.",
            ),
            Mistake(
                "whole_layer",
                _whole_layer,
                "You switch off the whole layer. Set only `act[..., neuron]` to 0.",
            ),
            Mistake(
                "move_axis",
                _move_axis,
                "`act[:, neuron]` is a move, not a neuron: the axes are game, move, neuron. Use `act[..., "
                "neuron]`.",
            ),
            Mistake(
                "residual_axis",
                _residual_axis,
                "`hook_mlp_out` holds what the MLP adds to the residual stream; its last axis is d_model, "
                "not "
                "neurons. The activations are at `mlp.hook_post`.",
            ),
            Mistake(
                "last_move",
                _last_move,
                "You switch the neuron off after the last move only. It should be off at every position.",
                0.5,
            ),
            Mistake(
                "next_layer", _next_layer, "You switch off a neuron of the next layer: check the hook's name."
            ),
            Mistake(
                "change",
                _change,
                "You return how much the logits change. Wanted are the logits themselves, with the neuron "
                "off.",
                0.5,
            ),
            Mistake("probabilities", _probabilities, "These are probabilities. Return the logits.", 0.5),
        ),
        hints=(
            "A hook is a function of an activation and the hook point. It may change the activation in "
            "place and "
            "return it; the model goes on with what it returns.",
            'The neuron\'s activation is at f"blocks.{layer}.mlp.hook_post", of shape (game, move, d_mlp).',
            "def f(act, hook): act[..., neuron] = 0; return act. Then "
            "model.run_with_hooks(tokens, fwd_hooks=[(name, f)]).",
        ),
        explanation="`ablate` of othello_interp.ablation does the same, for several neurons or another "
        "value than 0.",
    ),
]
