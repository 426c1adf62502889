"""Does each question mean what its text says, and are sums over its positions exact?"""

import pytest
import torch

from othello_interp.atlas import questions
from othello_interp.atlas.questions import Answers, texts
from othello_interp.board import replay, theirs_vs_mine
from othello_interp.hypotheses import parse


@pytest.fixture(scope="module")
def boards(tokens):
    played = replay(tokens[:6])
    return theirs_vs_mine(played.states, played.to_move)[:, :59], played.legal[:, :59]


@pytest.fixture(scope="module")
def answers(boards):
    return Answers.of(*boards)


def test_each_question_is_its_text(boards, answers):
    assert len(texts()) == len(set(texts())) == len(answers.holds)
    for number in [*range(0, 435, 7), *range(435, 1395, 40)]:
        assert torch.equal(answers.holds[number], parse(texts()[number])(boards[0]).flatten()), texts()[
            number
        ]


def test_sums_are_those_of_the_matrix(monkeypatch, boards):
    monkeypatch.setattr(questions, "_PART", 100)
    answers = Answers.of(*boards)
    values = torch.randint(-4095, 4096, (6 * 59, 130)).float()
    assert torch.equal(answers.sums(values), answers.holds.double() @ values.double())


def test_families_and_bits():
    assert texts()[questions.family("line").start] == "A0==BLANK & A1==THEIRS & A2==MINE"
    assert [len(questions.family(name)) for name in questions.families()] == [192, 60, 64, 60, 58, 1, 960]
    assert questions.bits()[0].item() == pytest.approx(10.39, abs=0.01)  # log2(7 * 192)
    with pytest.raises(KeyError):
        questions.family("weather")
