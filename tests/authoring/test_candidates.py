"""Are the figures that a neuron is chosen by what they say they are, and is the choice the one they name?"""

import csv
import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from sklearn.metrics import roc_auc_score

from othello_interp import cli
from othello_interp.ablation import ablate, direct_path
from othello_interp.authoring.choosing import choice, every_neuron, measure, resampled
from othello_interp.authoring.choosing.choice import Candidate
from othello_interp.authoring.choosing.command import case_table, label
from othello_interp.authoring.choosing.criteria import CRITERIA, DECIDING
from othello_interp.authoring.choosing.survey import as_json, survey
from othello_interp.authoring.surgery import SYMMETRIES, relabel, token_images
from othello_interp.figures import HYPOTHESIS
from othello_interp.intervals import draws
from othello_interp.lines import line_texts
from othello_interp.model import bridge, tiny_state
from othello_interp.patterns import line_patterns
from othello_interp.squares import ALL_SQUARES, label_to_square

LAYER = 1
PATTERNS = line_patterns()


@pytest.fixture(scope="module")
def lines():
    return choice.images_of_line(HYPOTHESIS)


@pytest.fixture(scope="module")
def sample(tiny, tokens):
    return every_neuron.take_sample(tiny, tokens, LAYER)


@pytest.fixture(scope="module")
def found(tiny, sample, lines):
    return every_neuron.scan(tiny, sample, LAYER, list(lines.values()))


def standing(boards, line):
    """Where a line stands (0 blank, 1 theirs, 2 mine), by definition."""
    codes = {"BLANK": 0, "THEIRS": 1, "MINE": 2}
    pattern = [(divmod(label_to_square(label), 8), codes[state]) for label, state in PATTERNS[line].items()]
    return np.array([all(board[square] == code for square, code in pattern) for board in boards.numpy()])


def share(vector, columns):
    """Of a vector's squared length, the share that least squares on the columns explains."""
    fit = columns @ np.linalg.lstsq(columns, vector, rcond=None)[0]
    return fit @ fit / (vector @ vector)


# --- all neurons at once ---


def test_the_images_of_the_line(lines):
    assert {symmetry: line_texts()[line] for symmetry, line in lines.items()} == {
        "identity": "C0==BLANK & D1==THEIRS & E2==MINE",
        "transpose": "A2==BLANK & B3==THEIRS & C4==MINE",
        "rotation by 180°": "F7==BLANK & E6==THEIRS & D5==MINE",
        "anti-transpose": "H5==BLANK & G4==THEIRS & F3==MINE",
    }


@pytest.mark.parametrize(("symmetry", "neuron"), [("identity", 7), ("transpose", 35), ("anti-transpose", 0)])
def test_a_scan_agrees_with_the_definitions(tiny, sample, lines, found, symmetry, neuron):
    line, row = lines[symmetry], list(lines).index(symmetry)
    acts = sample.acts[..., neuron].flatten().double().numpy()
    labels = standing(sample.boards.flatten(0, 1), line)
    assert labels.sum() > 30
    p99 = np.quantile(acts, 0.99)
    top, fires = acts > p99, acts > 0.36 * p99
    w_in, w_out = tiny.blocks[LAYER].mlp.W_in[:, neuron].numpy(), tiny.blocks[LAYER].mlp.W_out.numpy()
    W_U = tiny.W_U[:, 1:].numpy()
    direct = w_out[neuron] @ W_U
    first, *others = [label_to_square(label) for label in PATTERNS[line]]
    square = ALL_SQUARES.index(first)
    shares = [share(row, W_U) for row in w_out]
    chance = np.linalg.matrix_rank(W_U) / len(W_U)
    directions = [sample.probe.blank.flatten(1)[:, first]] + [
        sample.probe.mine.flatten(1)[:, one] for one in others
    ]
    scores = [slow_score(w_in, sample.probe, pattern) for pattern in PATTERNS]
    expected = {
        "auc": roc_auc_score(labels, acts),
        "top": labels[top].mean(),
        "precision": labels[fires].mean(),
        "recall": fires[labels].mean(),
        "ratio": direct[square] / np.abs(np.delete(direct, square)).max(),
        "logits": direct[square] * p99 * (1 / sample.scale.flatten().numpy())[labels].mean(),
        "out share": shares[neuron] / chance,
        "out z": (shares[neuron] - np.mean(shares)) / np.std(shares, ddof=1)
        if np.ptp(shares) > 1e-6
        else None,
        "in share": share(w_in, np.stack(directions, 1)),
        "in place": 1 + sum(score > scores[line] for score in scores),
    }
    assert expected.keys() == found.keys() == set(DECIDING)
    for name, value in expected.items():
        if value is not None:  # here the unembedding fills the whole space, and all shares are 1
            assert float(found[name][row, neuron]) == pytest.approx(value, rel=2e-3, abs=1e-4), name


def slow_score(w_in, probe, pattern):
    """The sum of cosines that a line asks for, over the root of their number, as notebook 2 has it."""
    total = 0.0
    for square, state in pattern.items():
        at = divmod(label_to_square(square), 8)
        direction = (probe.blank if state == "BLANK" else probe.mine)[:, *at].numpy()
        cosine = w_in @ direction / np.linalg.norm(w_in) / np.linalg.norm(direction)
        total += -cosine if state == "THEIRS" else cosine
    return total / len(pattern) ** 0.5


def test_the_99th_percentile_is_that_of_torch():
    torch.manual_seed(0)
    for n in (50, 100, 101, 731):
        acts = torch.randn(n, 300)
        torch.testing.assert_close(every_neuron.percentile_99(acts), acts.quantile(0.99, dim=0))


def test_a_planted_neuron_reads_and_writes_what_was_planted(tokens, lines):
    """Its input weights are the probe's directions of the anti-transposed line; its output adds to that
    square and to no other."""
    state = tiny_state(seed=3, d_model=80, d_mlp=36)
    model = bridge(state, n_heads=2, source="test")
    probe = every_neuron.take_sample(model, tokens, LAYER).probe
    line = lines["anti-transpose"]
    directions = every_neuron.line_directions(probe, line)
    state["blocks.1.mlp.in.weight"][9] = (directions / directions.norm(dim=0)).sum(1)
    target = torch.zeros(60)
    target[ALL_SQUARES.index(label_to_square("H5"))] = 0.5
    unembedding = state["unembed.weight"][1:]
    state["blocks.1.mlp.out.weight"][:, 9] = torch.linalg.lstsq(unembedding, target).solution
    planted = bridge(state, n_heads=2, source="test")
    weights = every_neuron.of_weights(planted, LAYER, probe, list(lines.values()))
    row = list(lines).index("anti-transpose")
    assert weights["in place"][row, 9] <= 5  # of 960; the directions of a small model overlap
    assert weights["in share"][row, 9] == pytest.approx(1, abs=1e-3)
    assert weights["ratio"][row, 9] > 1000
    assert weights["out share"][row, 9] == pytest.approx(80 / 60, rel=1e-3)
    assert weights["out z"][row].argmax() == 9
    assert weights["ratio"][list(lines).index("identity"), 9] == pytest.approx(0, abs=1e-3)
    where = every_neuron.stands(every_neuron.take_sample(planted, tokens, LAYER, probe).boards, line)
    assert where.any()


@pytest.mark.parametrize("symmetry", ["transpose", "rotation by 180°"])
def test_a_relabelled_model_has_the_same_candidates_through_another_symmetry(tokens, lines, symmetry):
    """On the mirrored games: what one sees through a symmetry, the other sees through the two in turn."""
    state = tiny_state(seed=0)
    mirrored = token_images(symmetry)[tokens.long()].to(torch.uint8)
    tables = []
    for weights, games in ((state, tokens), (relabel(state, symmetry), mirrored)):
        model = bridge(weights, n_heads=2, source="test")
        sample = every_neuron.take_sample(model, games, LAYER)
        tables.append(every_neuron.scan(model, sample, LAYER, list(lines.values())))
    first, second = tables
    names = list(SYMMETRIES)
    for row, through in enumerate(names):
        both = {divmod(s, 8): SYMMETRIES[symmetry](*SYMMETRIES[through](*divmod(s, 8))) for s in range(64)}
        (combined,) = [n for n in names if all(SYMMETRIES[n](*s) == image for s, image in both.items())]
        for name in first:
            torch.testing.assert_close(
                first[name][row], second[name][names.index(combined)], rtol=1e-2, atol=1e-3, equal_nan=True
            )


# --- the choice ---


def test_who_is_beaten_on_every_criterion_is_not_chosen(found, lines):
    generator = torch.Generator().manual_seed(1)
    for _ in range(50):
        made = {name: torch.rand(4, 200, generator=generator) * 4 for name in found}
        best = choice.closest(made, lines, 1)[0]
        row = list(lines).index(best.symmetry)
        beaten = torch.ones(4, 200, dtype=torch.bool)
        for name, values in made.items():
            mine = values[row, best.neuron]
            beaten &= values < mine if CRITERIA[name].at_most is not None else values > mine
        assert not beaten.any()


def test_one_that_passes_every_gate_is_chosen(found, lines):
    made = {name: torch.zeros(4, 30) + 1e3 * (CRITERIA[name].at_most is not None) for name in found}
    for name in made:
        criterion = CRITERIA[name]
        made[name][2, 11] = criterion.at_most if criterion.at_least is None else criterion.at_least
        made[name][1, 5] = made[name][2, 11]
    made["recall"][1, 5] *= 0.99
    first, second = choice.closest(made, lines, 2)
    assert first == Candidate(11, lines["rotation by 180°"], "rotation by 180°")
    assert second.neuron == 5
    assert choice.closeness(made)[2, 11] == pytest.approx(1)
    assert choice.passed(made)[:, 2, 11].all()
    assert choice.passed(made)[:, 1, 5].sum() == len(DECIDING) - 1
    assert set(choice.ranks(made, 1, 5).values()) == {1, 2}


# --- a few candidates, with intervals ---


@pytest.fixture(scope="module")
def recorded(tiny, tokens, lines):
    candidates = [Candidate(7, lines["transpose"], "transpose"), Candidate(20, lines["identity"], "identity")]
    return measure.record(tiny, tokens, LAYER, candidates)


def test_what_is_recorded_is_what_ablation_changes(tiny, tokens, recorded):
    records, boards = recorded
    inputs = tokens[:, :59].long()
    for one in records:
        neuron, line = one.candidate.neuron, one.candidate.line
        token = 1 + ALL_SQUARES.index(every_neuron.square_of(line))
        where = every_neuron.stands(boards, line)
        before, after = tiny(inputs), ablate(tiny, inputs, LAYER, neuron)
        torch.testing.assert_close(one.logit[where], (after - before)[where][:, token], rtol=1e-3, atol=1e-5)
        change = (after.log_softmax(-1) - before.log_softmax(-1))[where][:, token]
        torch.testing.assert_close(one.log_prob[where], change, rtol=1e-3, atol=1e-5)
        direct = direct_path(tiny, inputs, LAYER, neuron)[..., token]
        shift = direct[where] - one.direct[where]  # by the mean of w_out, which LayerNorm takes off
        assert shift.abs().max() < 0.05 + direct[where].abs().max()
        assert one.logit[~where.any(1)].isnan().all()


@pytest.mark.parametrize("first_move", [0, 10])
def test_figures_agree_with_the_scan_and_with_numpy(tiny, sample, recorded, found, lines, first_move):
    records, boards = recorded
    one = records[0]
    got = measure.figures(tiny, LAYER, sample.probe, one, boards, first_move)
    assert got.keys() == CRITERIA.keys()
    if first_move == 0:
        for name in DECIDING:
            expected = float(found[name][list(lines).index("transpose"), 7])
            assert got[name].value == pytest.approx(expected, rel=1e-3, nan_ok=True), name
    where = every_neuron.stands(boards, one.candidate.line)
    where[:, :first_move] = False
    x, y = one.direct[where].numpy(), one.logit[where].numpy()
    assert got["slope"].value == pytest.approx(np.polyfit(x, y, 1)[0], rel=1e-3)
    assert got["correlation"].value == pytest.approx(np.corrcoef(x, y)[0, 1], rel=1e-3)
    assert got["log prob"].value == pytest.approx(one.log_prob[where].mean().item(), rel=1e-4)
    assert got["logit"].value == pytest.approx(y.mean(), rel=1e-4)
    for name, figure in got.items():
        if figure.interval:
            low, high = figure.interval
            assert low < high, name
            assert low - 1e-3 <= figure.value <= high + 1e-3, name


def test_resampled_figures_are_those_of_the_games_drawn():
    torch.manual_seed(5)
    acts, labels = torch.randn(12, 59).mul(4).round() / 4, torch.rand(12, 59) < 0.1  # with ties
    acts += labels
    weights = draws(12, samples=20, seed=2)
    assert (weights.sum(1) == 12).all()
    aucs = resampled.resampled_auc(acts, labels, weights)
    tops = resampled.weighted_quantile(acts, 0.9, weights)
    for number, counts in enumerate(weights.long()):
        games = torch.repeat_interleave(torch.arange(12), counts)
        expected = roc_auc_score(labels[games].flatten(), acts[games].flatten())
        assert float(aucs[number]) == pytest.approx(expected, abs=1e-5)
        assert float(tops[number]) == acts[games].flatten().quantile(0.9, interpolation="higher")


def test_an_interval_covers_the_truth_about_as_often_as_it_says():
    """Games whose positions resemble one another: drawing positions would give intervals far too short."""
    generator, hits = torch.Generator().manual_seed(3), 0
    for trial in range(100):
        of_game = torch.randn(40, generator=generator)[:, None] + 0.1 * torch.randn(
            40, 30, generator=generator
        )
        weights = draws(40, samples=300, seed=trial)
        low, high = resampled.interval(weights @ of_game.mean(1) / 40)
        hits += low <= 0 <= high
    assert 88 <= hits <= 99


# --- the command ---


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    save_file(tiny_state(seed=2, n_layers=6, d_model=24, d_mlp=50), path, {"n_heads": "2"})
    return path


def test_the_command_writes_what_it_prints(weights, tmp_path, capsys):
    command = ["candidates", "--weights", str(weights), "--games", "60", "--report-games", "50"]
    command += ["--neuron", "17:rotation"]
    assert cli.main([*command, "--out", str(tmp_path / "found.json")]) == 0
    printed = capsys.readouterr().out
    written = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert written["candidates"] == 200
    assert written["games"] == {"choice": 60, "report": 50}
    roles = [case["role"] for case in written["cases"]]
    assert roles[:2] == ["chosen", "named"]
    named = written["cases"][1]
    assert (named["neuron"], named["symmetry"]) == (17, "rotation by 180°")
    assert f"L5N17 through the rotation by 180°, {named['hypothesis']}" in printed
    assert f"{named['all moves']['auc']['value']:.3f} (" in printed
    assert cli.main([*command, "--out", str(tmp_path / "found.csv")]) == 0
    rows = list(csv.DictReader((tmp_path / "found.csv").open(encoding="utf-8")))
    assert len(rows) == len(roles) * 2 * len(CRITERIA)
    (auc,) = [row for row in rows if (row["role"], row["criterion"], row["moves"]) == ("named", "auc", "all")]
    assert float(auc["figure"]) == named["all moves"]["auc"]["value"]
    assert auc["place"] == str(named["places"]["auc"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--neuron", "7:mirror"], "'7:mirror' names no candidate"),
        (["--neuron", "50"], "neuron 50 doesn't exist: this model has neurons 0..49"),
        (["--games", "3"], "--games 3: expected 50 and more"),
        (["--out", "found.txt"], "expected a name that ends in .json or .csv"),
        (["--weights", "nowhere.safetensors"], "No checkpoint at nowhere.safetensors"),
    ],
)
def test_what_can_be_put_right_is_named(weights, options, message, capsys):
    given = [] if "--weights" in options else ["--weights", str(weights)]
    assert cli.main(["candidates", *given, *options]) == 2
    assert message in capsys.readouterr().err


def test_a_model_with_too_few_layers_is_refused(tiny):
    with pytest.raises(ValueError, match=r"layer 5 doesn't exist: this model has layers 0\.\.1"):
        survey(tiny, 5, HYPOTHESIS, choice_games=50, report_games=50)


def test_a_case_says_its_gates_and_which_it_misses(tiny, tokens):
    found = survey(tiny, LAYER, HYPOTHESIS, None, tokens, tokens[:20], [(3, "transpose")])
    chosen, named = found.cases[:2]
    assert label(named.candidate, 1) == "L1N3 through the transpose, A2==BLANK & B3==THEIRS & C4==MINE"
    printed = case_table(chosen, found.n_candidates)
    assert printed.count("| no ") == len(chosen.missed) > 0
    assert "place of 144" in printed
    assert "published" not in case_table(found.cases[2], found.n_candidates)
    assert as_json(found)["passing"]["all"] == 0
