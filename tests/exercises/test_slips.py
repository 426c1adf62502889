"""Is a wrong answer told what gives it, on every case, and never anything untrue?"""

import functools
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_course import board, exercise
from torch import Tensor

from othello_interp.exercises import EXERCISES
from othello_interp.exercises.calling.call import run_cases
from othello_interp.exercises.calling.outcome import Outcome
from othello_interp.exercises.calling.plain import plain
from othello_interp.exercises.judging.answer_key import AnswerKey
from othello_interp.exercises.judging.judge import judge
from othello_interp.exercises.judging.slips import variants
from othello_interp.exercises.judging.slips.alike import ENOUGH, alike, as_tensor, telling
from othello_interp.exercises.judging.slips.explain import explain
from othello_interp.exercises.judging.slips.mutants import mutants
from othello_interp.exercises.judging.slips.relabelled import relabelled
from othello_interp.exercises.judging.slips.results import changed_results
from othello_interp.exercises.judging.slips.variants import NOTHING
from othello_interp.exercises.status import Status
from othello_interp.neurons import on_board
from othello_interp.squares import ALL_SQUARES, label_to_square

CHEAP = ("1.1", "1.2", "1.3", "2.4", "3.1", "3.3", "4.1", "4.2", "4.3", "5.1", "5.2", "5.3")


@pytest.fixture(autouse=True, scope="module")
def time_for_all_variants():
    """What is tried may not depend on how busy the machine is."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(variants, "MOST_SECONDS", float("inf"))
        yield


@functools.cache
def key(name: str, seed: int = 0) -> AnswerKey:
    return AnswerKey(EXERCISES[name], seed)


def told(name: str, fn, seed: int = 0) -> str:
    """What the slips alone make of a function, known mistakes left aside."""
    answers = key(name, seed)
    outcomes = run_cases(fn, answers.cases)
    assert {outcome.status for outcome in outcomes} == {Status.RETURNED}, outcomes
    right = [outcome.value for outcome in answers.expected]
    record = answers.exercise
    return explain([outcome.value for outcome in outcomes], right, answers.variants, record.rtol, record.atol)


# -- answers as students write them ---------------------


def legal_twice(logits, legal):
    return 2 * (logits.softmax(-1)[..., 1:] * legal.flatten(-2)[..., ALL_SQUARES]).sum(-1)


def legal_of_moves(logits, legal):
    return (logits.softmax(1)[..., 1:] * legal.flatten(-2)[..., ALL_SQUARES]).sum(-1)


def attribution_by_length(model, layer, neuron):
    w_out = model.W_out[layer, neuron]
    return on_board(w_out / w_out.norm() @ model.W_U[:, 1:])


def similarity_of_embeddings(model, label_a, label_b):
    tokens = [ALL_SQUARES.index(label_to_square(label)) + 1 for label in (label_a, label_b)]
    return torch.cosine_similarity(*model.W_E[tokens], dim=0).item()


def illegal(logits, legal):
    return 1 - legal_twice(logits, legal) / 2


def legal_backwards(logits, legal):
    return legal_twice(logits, legal).flip(1) / 2


def shares_of_states_backwards(states, mask):
    return shares_mirrored(states, mask).flip(-1).flip(0)


def without_weights(before, after, W_out, unembedding, scale, where):
    return ((after - before) / scale[..., None])[where].mean(0)


def all_of_it_outside(vectors, basis):
    return key("3.2").variants.reference(vectors, basis)[0], vectors


def what_is_left(acts, labels):
    return acts - key("6.2").variants.reference(acts, labels)


def from_eight(**inputs):
    return 8 - key("6.4").variants.reference(**inputs)


def shares_mirrored(states, mask):
    return torch.stack([(states[mask] == value).float().mean(0).flip(-1) for value in range(3)])


def top_of_all_but(model, layer, acts, states, count, quantile):
    return key("4.4").variants.reference(model, layer, acts, states, count, 1 - quantile)


def legal_swapped(states, mask):
    """Everything but what is marked, and theirs for mine."""
    return torch.stack([(states[~mask] == value).float().mean(0) for value in (0, 2, 1)])


@pytest.mark.parametrize(
    ("name", "fn", "sentence"),
    [
        ("1.3", legal_twice, "You have twice the expected values."),
        ("1.3", legal_of_moves, "what comes out when the softmax of `logits` runs along axis 1"),
        ("2.2", attribution_by_length, "the expected values divided by the length of the output weights."),
        ("2.3", similarity_of_embeddings, "with the embedding W_E in place of the unembedding W_U."),
        ("2.3", lambda model, label_a, label_b: 0, "You have 0 everywhere."),
        (
            "4.4",
            top_of_all_but,
            "In item 2 you have what comes out with 1 - quantile in place of `quantile`.",
        ),
        ("1.3", illegal, "You have 1 minus the expected values."),
        ("1.3", legal_backwards, "You have the expected values the wrong way round along the move axis."),
        (
            "4.3",
            shares_of_states_backwards,
            "You have either the expected values the wrong way round along axis 0",
        ),
        ("6.4", without_weights, "when a factor with `W_out` and `unembedding` in it is left out."),
        ("3.2", all_of_it_outside, "In item 1 you have `vectors` as given."),
        ("6.2", what_is_left, "You have `acts` minus the expected values."),
        ("6.4", from_eight, "You have 8 minus the expected values."),
        ("4.3", shares_mirrored, "either the expected values the wrong way round along the columns"),
        ("4.3", lambda states, mask: 0 * states[0, :3].float(), "You have 0 everywhere."),
    ],
)
def test_the_slip_is_named(name, fn, sentence):
    assert sentence in told(name, fn)


def test_two_things_that_give_the_same_are_both_said():
    sentence = told("4.3", shares_mirrored)
    assert sentence.endswith(", or what comes out given `states` the wrong way round along the columns.")


def rank_of_sizes(basis):
    return torch.linalg.matrix_rank(basis.abs()).item() / basis.shape[0]


@pytest.mark.parametrize(
    ("name", "fn"),
    [
        ("3.3", rank_of_sizes),  # differs on one case: many things do the same there
        ("3.3", lambda basis: min(basis.shape) / basis.shape[0]),
        ("5.1", lambda boards, pattern: torch.rand(boards.shape[:-2]) > 0.5),
        ("1.3", lambda logits, legal: torch.rand(logits.shape[:2])),
        (
            "2.3",
            lambda model, label_a, label_b: (
                0.1 * len(model.W_U) + ALL_SQUARES.index(label_to_square(label_a))
            ),
        ),
    ],
)
def test_nothing_is_said_without_evidence(name, fn):
    assert told(name, fn) == ""


def test_an_answer_of_the_wrong_type_alone_is_told_that_its_values_are_right():
    answers = key("1.2")
    found = [Outcome(right.case, Status.RETURNED, right.value.double()) for right in answers.expected]
    verdict = judge(answers, found)
    assert (verdict.slip, verdict.status) == (verdict.message, Status.WRONG)
    assert verdict.message.startswith(
        "Your values are right, but not of the type that is wanted. Your result"
    )
    assert verdict.notes == ()


def test_the_sentence_comes_first_and_the_difference_after_it(sample_solutions):
    some = AnswerKey(exercise(), 3)
    verdict = judge(some, run_cases(lambda w_out, W_U: board((w_out @ W_U)[1:]).mT, some.cases))
    assert verdict.message == "You have the expected values with rows and columns swapped."
    assert verdict.slip == verdict.message
    assert len(verdict.notes) == 1
    assert "you have" in verdict.notes[0]


def test_the_part_that_is_wrong_is_named():
    answers = key("4.4")
    found = [(outcome.value[0], 2 * outcome.value[1], outcome.value[2]) for outcome in answers.expected]
    outcomes = [
        Outcome(case.name, Status.RETURNED, value) for case, value in zip(answers.cases, found, strict=True)
    ]
    verdict = judge(answers, outcomes)
    assert verdict.message == "In the attributions you have twice the expected values."
    assert verdict.notes[0].startswith("For the attributions at [")


# -- what counts as the same ----------------------------


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (torch.tensor([True, False]), torch.tensor([1.0, 0.0]), True),
        ((1, 2), [1, 2], True),
        ({"a": 1.0}, {"a": 1}, True),
        ({"a": 1.0}, {"b": 1}, False),
        (None, None, True),
        ("C0", "C0", True),
        ("C0", 1, False),
        (torch.tensor(1e-5), torch.tensor(2e-5), False),
        (torch.tensor([0.0, 0.5]), torch.tensor([1e-7, 0.5]), True),
        (torch.ones(3), torch.ones(1, 3), False),
        (float("nan"), torch.tensor(float("nan")), True),
    ],
)
def test_alike(a, b, same):
    assert alike(a, b, 1e-4, 1e-5) is same


def test_a_few_values_are_not_enough():
    right = [torch.tensor([1.0, 2.0, 3.0, 4.0])]
    assert not telling([torch.tensor([1.0, 2.0, 9.0, 9.0])], right, 3)
    assert telling([torch.tensor([1.0, 9.0, 9.0, 9.0])], right, 3)
    assert not telling([2 * torch.ones(9)], [torch.ones(9)], 3, distinct=2)


# -- mutants --------------------------------------------


def above(acts: Tensor, threshold: float) -> Tensor:
    """Where the mean over games is above a threshold."""
    return acts.mean(dim=0) > threshold


def test_mutants_differ_from_the_function_and_say_how():
    acts = torch.tensor([[1.0, 2.0, 3.0], [1.0, 0.0, 1.0]])
    changed = dict(mutants(above))
    wanted = [clause for clause in changed if "comparison" in clause or "sum" in clause or "axis 1" in clause]
    results = {clause: changed[clause](acts, 1.0) for clause in wanted}
    assert results["when a comparison lets equal values in"].tolist() == [True, True, True]
    assert results["when a comparison is the other way round"].tolist() == [False, False, False]
    assert results["with the sum in place of the mean of `acts`"].tolist() == [True, True, True]
    assert results["when the mean of `acts` runs along axis 1"].tolist() == [True, False]
    assert above(acts, 1.0).tolist() == [False, False, True]


def test_no_clause_quotes_the_reference():
    for name in CHEAP:
        for clause, _ in mutants(key(name).variants.reference):
            assert "acts[" not in clause
            assert "(" not in clause.replace("(the pass)", "").replace("(or)", "").replace("(and)", "")


# -- of generated answers -------------------------------

DTYPES = {
    "float64": lambda x: x.double(),
    "float32": lambda x: x.float(),
    "with a tape": lambda x: x.clone().requires_grad_() * 1,
    "numpy": lambda x: x.numpy().copy(),
    "numpy float64": lambda x: x.numpy().astype(float),
    "sparse": lambda x: x.to_sparse(),
}
LAYOUTS = {
    "as it is": lambda x: x,
    "columns first": lambda x: x.movedim(-1, 0).contiguous().movedim(0, -1),
    "every other": lambda x: x.repeat_interleave(2, -1)[..., ::2],
    "turned twice": lambda x: x.flip(0).flip(0),
    "expanded": lambda x: x.expand(2, *x.shape)[1],
}


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["1.3", "3.1", "4.3", "5.2"]),
    st.sampled_from(sorted(DTYPES)),
    st.sampled_from(sorted(LAYOUTS)),
)
def test_right_values_pass_in_any_type_and_layout(name, dtype, layout):
    answers = key(name)
    outcomes = [
        Outcome(outcome.case, Status.RETURNED, plain(DTYPES[dtype](LAYOUTS[layout](outcome.value))))
        for outcome in answers.expected
    ]
    assert judge(answers, outcomes).status == Status.PASSED


def changes_of(name: str) -> list:
    right = [outcome.value for outcome in key(name).expected]
    example = next(value for value in right if value is not None)
    return list(changed_results(example, key(name).variants.axes.get("return", [])))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_changed_result_is_told_as_that_change_or_compared_plainly(data):
    name = data.draw(st.sampled_from(CHEAP))
    phrase, change = data.draw(st.sampled_from(changes_of(name)))
    answers = key(name)
    right = [outcome.value for outcome in answers.expected]
    try:
        found = [plain(change(value)) for value in right]
    except Exception:
        return
    record = answers.exercise
    sentence = explain(found, right, answers.variants, record.rtol, record.atol)
    own = phrase.replace("{x}", "the expected values")
    given_too = re.fullmatch(r"You have `(\w+)` as given\.", sentence)  # as many as 4.2 was asked for, say
    if given_too:
        assert found == [case.inputs[given_too[1]] for case in answers.cases]
    else:
        assert sentence == "" or own in sentence or " everywhere" in sentence


CONTAINERS = {
    "as it is": lambda x: x,
    "a tuple": lambda x: tuple(x) if isinstance(x, list) else x,
    "lists in a list": lambda x: [list(pair) for pair in x] if isinstance(x, list) else x,
    "numbers of numpy": lambda x: (
        [tuple(np.int64(i) if isinstance(i, int) else i for i in pair) for pair in x]
        if isinstance(x, list)
        else x
    ),
    "tensors in pairs": lambda x: (
        [tuple(torch.tensor(i) if isinstance(i, int) else i for i in pair) for pair in x]
        if isinstance(x, list)
        else x
    ),
    "another order of keys": lambda x: dict(reversed(x.items())) if isinstance(x, dict) else x,
    "a tensor without axes": lambda x: torch.tensor(x) if isinstance(x, float | int) else x,
}


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("name", ["1.1", "2.3", "2.4", "3.3", "4.1", "4.2"])
def test_right_values_pass_in_any_container(name, container):
    answers = key(name)
    outcomes = [
        Outcome(outcome.case, Status.RETURNED, plain(CONTAINERS[container](outcome.value)))
        for outcome in answers.expected
    ]
    verdict = judge(answers, outcomes)
    assert verdict.status == Status.PASSED, verdict.message


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_the_reference_on_changed_inputs_or_changed_itself_is_told(data):
    """By its own clause or by a simpler one; where several give it, nothing may be said."""
    answers = key(data.draw(st.sampled_from(CHEAP)))
    kind = data.draw(st.sampled_from(["inputs", "mutants"]))
    variant = data.draw(st.sampled_from(list(answers.variants.of(kind))))
    found = [variant.value(i) for i in range(len(answers.cases))]
    right = [outcome.value for outcome in answers.expected]
    record = answers.exercise
    if any(value is NOTHING for value in found) or not telling(found, right, ENOUGH):
        return
    number = as_tensor(right[0])
    if variant.fine and number is not None and number.equal(number.round()):
        return  # of whole numbers such a change leaves too many the same to be claimed
    sentence = explain(found, right, answers.variants, record.rtol, record.atol)
    assert sentence or len([v for v in answers.variants.of(kind) if gives(v, found)]) > 1


def gives(variant, found) -> bool:
    values = [variant.value(i) for i in range(len(found))]
    return all(b is not NOTHING and alike(a, b, 1e-4, 1e-5) for a, b in zip(found, values, strict=True))


@pytest.mark.parametrize(
    ("found", "right", "words"),
    [
        (
            [torch.tensor([1, 1, 2, 0])],
            [torch.tensor([2, 2, 1, 0])],
            "2 wherever 1 belongs, and 1 wherever 2 belongs",
        ),
        ([{"C0": "blank"}] * 3, [{"C0": "BLANK"}, {"C0": "BLANK"}, {"C0": "BLANK"}], ""),  # nothing beside it
        ([torch.tensor([1, 1, 2, 2])], [torch.tensor([2, 1, 1, 2])], ""),  # not always in the same way
        (
            [torch.tensor([1.0, 1.0, 2.0, 0.0])],
            [torch.tensor([2.0, 2.0, 1.0, 0.0])],
            "",
        ),  # fractions are no codes
        ([[("a", 1)] * 3], [[("b", 1)] * 3], "'a' wherever 'b' belongs"),
    ],
)
def test_one_code_in_place_of_another(found, right, words):
    assert relabelled(found, right) == words
