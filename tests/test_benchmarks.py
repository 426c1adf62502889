"""Do the benchmarks run, and would the one of the rules notice engines that disagree?"""

import importlib.util

import pytest
import torch


def benchmark(root, name):
    spec = importlib.util.spec_from_file_location(f"benchmark_of_{name}", root / "benchmarks" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rules(root):
    return benchmark(root, "rules")


@pytest.fixture(scope="module")
def checker(root):
    return benchmark(root, "checker")


def test_the_share_that_is_told_is_printed(checker, capsys):
    checker.main(["3.3", "--answers", "1"])
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("3.3  inputs")
    assert said[4].startswith("known mistakes                       4: 100% told, 100% by that name")
    assert said[6].startswith("  or the place of one change         4: 50% told")
    assert "median seconds to check a right answer" in said[7]


def test_an_unknown_exercise_is_refused(checker, capsys):
    with pytest.raises(SystemExit):
        checker.main(["9.9"])
    assert "there is no exercise 9.9; there are 1.1," in capsys.readouterr().err


def test_it_compares_engines_that_agree(rules, capsys):
    rules.main(["--games", "20", "--repeats", "1"])
    assert capsys.readouterr().out.count("×") == 3


def test_it_refuses_engines_that_disagree(rules):
    def wrong(tokens):
        states, legal = rules.by_bitboards(tokens)
        return -states, legal

    with pytest.raises(AssertionError, match="disagree"):
        rules.timings({"right": (rules.by_rust, 20), "wrong": (wrong, 20)}, repeats=1)


def test_too_few_games_are_refused(rules, capsys):
    with pytest.raises(SystemExit):
        rules.main(["--games", "3"])
    assert "at least 20" in capsys.readouterr().err


def test_training_is_timed_in_both_number_formats(root, capsys, monkeypatch):
    training = benchmark(root, "training")
    monkeypatch.setattr(training, "keep_memory", lambda: None)  # not for the tests that follow
    seen = []

    def step(trainer):
        seen.append((trainer.dtype, trainer.batch))

    monkeypatch.setattr(training.Trainer, "step", step)
    training.main(["--preset", "tiny", "--games", "6", "--repeats", "2"])
    assert seen == 3 * [(torch.float32, 6), (torch.bfloat16, 6)]
    header, _, first, second = capsys.readouterr().out.splitlines()
    assert "Training tiny, 6 games a step" in header
    assert first.startswith("float32")
    assert first.endswith("1.00 ×")
    assert second.startswith("bfloat16")


def test_trees_are_timed_beside_those_of_scikit_learn(root, capsys):
    benchmark(root, "trees").main(["--games", "8", "--neurons", "3", "--theirs", "2"])
    said = capsys.readouterr().out
    assert said.startswith("472 positions, 316 questions, depth 8, one thread:")
    assert "472 positions, 1,395 questions, depth 6, one thread:" in said
    assert said.count("×") == 2


def test_hypotheses_are_scored_beside_plain_trees(root, capsys):
    benchmark(root, "hypotheses").main(["--games", "25", "--every", "600"])
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "layer 5, 4 neurons, 25 games:"
    assert [line[:12].strip() for line in said[2:5]] == ["plain trees", "one conditio", "a line"]
    assert said[-1] == "plain trees of the published model, in the paper: 45%"


def test_the_harm_of_lines_is_summed_up(root, capsys):
    causes = benchmark(root, "causes")
    nan = float("nan")
    hurts = [
        causes.Hurt(own, same, 0.1, 0.01, 40, (own / 0.2, own / 0.05))
        for own, same in ((0.1, 0.1), (0.6, 0.2), (0.8, nan))
    ]
    causes.report(hurts)
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("3 lines; their moves fall by 0.500 nats on average")
    assert said[1].strip() == "other legal moves change by 0.100: a ratio of 5.0 [1.0, 8.0]"
    assert said[2].strip() == "the same moves fall by 0.150: a ratio of 2.3 [1.0, 3.0]"
    assert "random neurons off they fall by 0.010" in said[3]
    assert said[4].startswith("own / others: median 6.0, half of the lines between 3.5 and 7.0; ")
    assert said[4].endswith("above 1 for 2 lines")


def test_a_scan_is_timed_beside_run_with_cache(root, capsys):
    benchmark(root, "scan").main(["--tiny", "--games", "3", "--repeats", "1"])
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in said[2:]] == [
        [words, "layer" if words == "one" else "layers", way]
        for words in ("one", "all")
        for way in ("run_with_cache", "scan")
    ]
    assert said[2].endswith("1.00 ×")
