"""Do the ladders of all neurons come back as they were found, and is no layer searched twice?"""

import itertools
import re

import numpy as np
import pytest

from othello_interp.atlas import every_ladder
from othello_interp.atlas.every_ladder import pack, unpack
from othello_interp.atlas.ladder import RUNGS, ladders
from othello_interp.atlas.samples import shuffled, split
from othello_interp.errors import InputError
from othello_interp.hypotheses import parse


def figures(rung):
    intervals = (rung.r2_interval, rung.f1_interval, rung.auc_interval)
    return [rung.r2, rung.within_move, rung.null, rung.f1, rung.auc, *itertools.chain(*intervals)]


@pytest.fixture(scope="module")
def games(tokens):
    return tokens[:25].long()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("scan")


@pytest.fixture(scope="module")
def arrays(tiny, games, folder):
    told = []
    found = every_ladder.every_ladder(tiny, games, folder, told.append)
    assert told == sorted(told)
    assert told[-1] == 72
    return found


def test_a_ladder_comes_back_as_it_was_found(tiny, games, arrays):
    parts = split(tiny, 1, games)
    found = ladders(parts, shuffled(parts))
    texts = bytes(arrays["hypotheses"]).decode().split("\n")
    assert len(texts) == 2 * 36 * len(RUNGS) + 1
    for neuron in (0, 7, 35):
        first = (36 + neuron) * len(RUNGS)
        of = {name: array[1, neuron] for name, array in arrays.items() if name != "hypotheses"}
        stored = unpack(of, texts[first : first + len(RUNGS)])
        assert stored.chosen == found[neuron].chosen
        for kept, rung in zip(stored.rungs, found[neuron].rungs, strict=True):
            assert (kept.name, kept.hypothesis, kept.conditions) == (
                rung.name,
                rung.hypothesis,
                rung.conditions,
            )
            assert not kept.hypothesis or parse(kept.hypothesis)
            with pytest.raises(InputError, match=f"of this {rung.name!r} only the text is kept; search for"):
                assert kept.rules
            numbers = [figures(one) for one in (kept, rung)]
            np.testing.assert_allclose(*np.clip(numbers, -1, 1), atol=6e-4)


def test_what_is_done_is_not_searched_again(tiny, games, arrays, folder, monkeypatch):
    (folder / "ladders-1.npz").unlink()
    searched = []
    monkeypatch.setattr(every_ladder, "ladders", lambda *args: searched.append(args) or ladders(*args))
    again = every_ladder.every_ladder(tiny, games, folder)
    assert len(searched) == 1
    assert all((again[name] == arrays[name]).all() for name in arrays)
    with pytest.raises(
        InputError, match=re.escape("ladders-0.npz was made with 25 games, not 24. Remove it")
    ):
        every_ladder.every_ladder(tiny, games[:24], folder)


def test_what_is_no_number_stays_so(tiny, games):
    parts = split(tiny, 0, games, [0])
    arrays = pack(ladders(parts))  # without shuffled games
    kept = unpack({name: array[0] for name, array in arrays.items()}, [""] * 5)
    assert all(np.isnan(rung.null) and not np.isnan(rung.r2) for rung in kept.rungs)
