"""Do a student's settings for the whole process leave references, comparisons and the student's own alone?"""

import random
import warnings

import numpy as np
import pytest
import torch

from othello_interp.exercises import EXERCISES, checker
from othello_interp.exercises.calling import call
from othello_interp.exercises.calling.settings import own_settings
from othello_interp.exercises.judging import answer_key
from othello_interp.exercises.judging.answer_key import AnswerKey, load_reference
from othello_interp.exercises.records import ModelRef
from othello_interp.squares import ALL_SQUARES

INFERENCE = torch.inference_mode()
SETTINGS = {  # what a notebook may set, and what to read to see that it still is
    "float64": (lambda: torch.set_default_dtype(torch.float64), torch.get_default_dtype),
    "float16": (lambda: torch.set_default_dtype(torch.float16), torch.get_default_dtype),
    "device": (lambda: torch.set_default_device("meta"), torch.get_default_device),
    "no gradients": (lambda: torch.set_grad_enabled(False), torch.is_grad_enabled),
    "inference": (INFERENCE.__enter__, torch.is_inference_mode_enabled),
    "deterministic": (
        lambda: torch.use_deterministic_algorithms(True), torch.are_deterministic_algorithms_enabled
    ),
    "warnings": (lambda: warnings.simplefilter("error"), lambda: list(warnings.filters)),
    "numpy errors": (lambda: np.seterr(all="raise"), np.geterr),
    "matmul": (lambda: torch.set_float32_matmul_precision("medium"), torch.get_float32_matmul_precision),
    "autocast": (lambda: torch.set_autocast_enabled("cpu", True), lambda: torch.is_autocast_enabled("cpu")),
}  # fmt: skip


@pytest.fixture(params=SETTINGS)
def setting(request):
    """Each setting in turn; gives the function that reads it."""
    change, read = SETTINGS[request.param]
    before = np.geterr()
    with warnings.catch_warnings():
        usual = read()
        change()
        assert read() != usual
        yield read
    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)
    torch.set_grad_enabled(True)
    torch.use_deterministic_algorithms(False)
    torch.set_float32_matmul_precision("highest")
    torch.set_autocast_enabled("cpu", False)
    np.seterr(**before)
    if torch.is_inference_mode_enabled():
        INFERENCE.__exit__(None, None, None)


def right(w_out, W_U):
    """The sample course's answer, without a new tensor whose dtype and device would be the student's."""
    logits = (w_out @ W_U)[1:]
    squares = logits.new_zeros(64)
    squares[ALL_SQUARES] = logits
    return squares.reshape(8, 8)


def rude_reference(w_out, W_U):
    """What each of the settings breaks or changes."""
    warnings.warn("look out", stacklevel=1)
    assert (np.array([1.0]) / np.array([0.0])).item() == np.inf
    weights = torch.ones(3).requires_grad_()
    (gradient,) = torch.autograd.grad((weights**2).sum(), weights)
    torch.zeros(2).index_put_((torch.tensor([0, 0]),), torch.tensor([1.0, 1.0]), accumulate=True)
    return {
        "product": torch.rand(40, 40) @ torch.rand(40, 40),
        "gradient": gradient,
        "third": torch.tensor(1 / 3),
    }


def test_references_do_not_meet_them(setting, course, monkeypatch):
    monkeypatch.setattr(answer_key, "load_reference", lambda exercise, folder=None: rude_reference)
    read_before = setting()
    found = AnswerKey(course["9.1"], 0).expected[0].value
    mistaken = AnswerKey(course["9.1"], 0).mistaken(course["9.1"].mistakes[0])[0]
    assert setting() == read_before
    with own_settings():
        torch.manual_seed(0)
        expected = rude_reference(None, None)
        assert mistaken.status == "returned"
        for name, value in expected.items():
            assert (found[name].device.type, found[name].dtype) == ("cpu", torch.float32)
            assert torch.equal(found[name], value), name


def test_a_model_is_the_same_under_any(setting, monkeypatch):
    monkeypatch.setattr(call, "_models", {})
    model = call.resolve(ModelRef("tiny", 3))
    monkeypatch.setattr(call, "_models", {})
    with own_settings():
        usual = call.resolve(ModelRef("tiny", 3))
        for name, weights in usual.state_dict().items():
            assert torch.equal(model.state_dict()[name], weights), name


def test_a_right_answer_passes_under_any(setting, course):
    result = checker.verdict(course["9.1"], right)
    if torch.is_autocast_enabled("cpu"):  # which makes the student's own product a coarse one
        assert result.status == "wrong"
    else:
        assert (result.status, result.notes) == ("passed", ()), result.message


def test_random_states_are_left_alone():
    def draw():
        return torch.rand(3).tolist(), np.random.rand(3).tolist(), random.random()  # noqa: NPY002

    def seed(number):
        torch.manual_seed(number)
        np.random.seed(number)  # noqa: NPY002
        random.seed(number)

    seed(1)
    first = draw()
    seed(1)
    with own_settings():
        draw()
        seed(9)
    assert draw() == first


def test_a_right_answer_to_the_real_course_passes_in_float64(monkeypatch):
    monkeypatch.delenv("OTHELLO_INTERP_SOLUTIONS", raising=False)
    exercise = EXERCISES["2.1"]
    answer = load_reference(exercise)
    checker.answer_key.cache_clear()
    monkeypatch.setattr(call, "_models", {})
    torch.set_default_dtype(torch.float64)
    try:
        assert checker.verdict(exercise, answer).status == "passed"
    finally:
        torch.set_default_dtype(torch.float32)
        checker.answer_key.cache_clear()
