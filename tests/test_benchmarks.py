"""Do the benchmarks run, and would the one of the rules notice engines that disagree?"""

import importlib.util

import pytest


@pytest.fixture(scope="module")
def rules(root):
    spec = importlib.util.spec_from_file_location("benchmark_of_rules", root / "benchmarks" / "rules.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


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
