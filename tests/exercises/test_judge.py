"""Does judge tell right from wrong, name the known mistake, and fail closed?"""

import dataclasses

import pytest
import torch
from sample_course import board, exercise

from othello_interp.exercises.calling.call import run_cases
from othello_interp.exercises.calling.outcome import Outcome
from othello_interp.exercises.judging.answer_key import AnswerKey, NoSolutions, load_reference
from othello_interp.exercises.judging.judge import Verdict, judge
from othello_interp.exercises.records import Mistake, RecordError
from othello_interp.exercises.showing import messages
from othello_interp.exercises.status import Status


@pytest.fixture
def key(sample_solutions) -> AnswerKey:
    return AnswerKey(exercise(), seed=3)


def verdict(key: AnswerKey, fn) -> Verdict:
    return judge(key, run_cases(fn, key.cases, 0.2))


def right(w_out, W_U):
    return board((w_out @ W_U)[1:])


def test_a_right_answer_earns_everything(key):
    result = verdict(key, right)
    assert (result.status, result.share, result.passed, result.cases) == ("passed", 1.0, 2, 2)
    assert result.message == messages.PASSED


@pytest.mark.parametrize("number", range(4))
def test_each_mistake_is_recognised(key, number):
    mistake = key.exercise.mistakes[number]
    result = verdict(key, mistake.fn)
    assert (result.status, result.mistake, result.message) == ("wrong", mistake.key, mistake.message)
    assert result.share == mistake.credit
    assert len(result.notes) > 0


def test_a_mistake_on_one_case_only_is_not_the_known_mistake(key):
    mistake = key.exercise.mistakes[0]

    def sometimes(w_out, W_U):
        return mistake.fn(w_out, W_U) if len(w_out) == 5 else right(w_out, W_U)

    result = verdict(key, sometimes)
    assert (result.status, result.mistake, result.share, result.passed) == ("wrong", "", 0.0, 1)
    assert result.case == "size 5"


def test_a_mistake_may_agree_with_the_reference_on_some_cases(sample_solutions):
    def wrong_for_long_vectors(w_out, W_U):
        return right(w_out[:6], W_U[:6])

    some = exercise(mistakes=(Mistake("cut", wrong_for_long_vectors, "You cut the vector."),))
    assert verdict(AnswerKey(some, 0), wrong_for_long_vectors).mistake == "cut"


def test_an_unknown_wrong_value_is_described(key):
    result = verdict(key, lambda w_out, W_U: right(w_out, W_U).mT)
    assert result.message == "You have the expected values with rows and columns swapped."
    assert result.notes[0].startswith("At ")
    assert "expected" in result.notes[0]
    assert result.boards[0].shape == (8, 8)


def test_an_error_is_shown_with_the_students_lines(key):
    result = verdict(key, lambda w_out, W_U: w_out + "a")
    assert result.status == "raised"
    assert result.message.startswith("TypeError")
    assert 'w_out + "a"' in result.traceback


def _stub(w_out, W_U):
    raise NotImplementedError


def _endless(w_out, W_U):
    while True:
        pass


@pytest.mark.parametrize(
    ("fn", "status"), [(_stub, "not attempted"), (_endless, "timed out"), (None, "absent"), (3, "absent")]
)
def test_what_ends_a_run_earns_nothing(key, fn, status):
    result = verdict(key, fn)
    assert (result.status, result.share) == (status, 0.0)
    assert result.message


def test_in_place_changes_are_said_and_do_not_cost_the_points(key):
    def changes(w_out, W_U):
        out = right(w_out, W_U)
        w_out += 1
        return out

    result = verdict(key, changes)
    assert (result.status, result.share) == ("passed", 1.0)
    assert "changes `w_out` in place" in result.notes[0]


FAR_AWAY = torch.ones(7)


def test_a_global_that_is_read_is_named_on_failure(key):
    result = verdict(key, lambda w_out, W_U: board(60 * FAR_AWAY.repeat(9)[:60]))
    assert any("`FAR_AWAY`" in note for note in result.notes)


@pytest.mark.parametrize(
    "outcomes",
    [
        [],
        [Outcome("size 5", Status.RETURNED, torch.zeros(8, 8))],
        [
            Outcome("size 7", Status.RETURNED, torch.zeros(8, 8)),
            Outcome("size 5", Status.RETURNED, torch.zeros(8, 8)),
        ],
        [Outcome("other", Status.RETURNED), Outcome("size 7", Status.RETURNED)],
        [Outcome("size 5", Status.LOST)],
    ],
)
def test_missing_or_misplaced_outcomes_earn_nothing(key, outcomes):
    result = judge(key, outcomes)
    assert (result.status, result.share) == ("lost", 0.0)


def test_extra_outcomes_earn_nothing(key):
    outcomes = run_cases(right, key.cases)
    assert judge(key, outcomes).share == 1.0
    assert judge(key, [*outcomes, outcomes[0]]).share == 0.0


def test_different_seeds_give_different_inputs(sample_solutions):
    a, b, again = (AnswerKey(exercise(), seed).cases[0].inputs["w_out"] for seed in (0, 1, 0))
    assert torch.equal(a, again)
    assert not torch.equal(a, b)


# -- the model that was not an argument ----------------------------------------


def test_the_global_model_is_noticed(course):
    from othello_interp.exercises.calling.call import resolve
    from othello_interp.exercises.records import ModelRef

    key = AnswerKey(course["9.2"], seed=1)
    everywhere = resolve(ModelRef("embedded"))
    result = verdict(key, lambda model, layer, neuron: everywhere.blocks[layer].mlp.W_out[neuron])
    assert (result.status, result.passed, result.case) == ("wrong", 1, "small model")
    assert (
        result.message == "You have what comes out with the course's model in place of the argument `model`."
    )
    assert verdict(key, lambda model, layer, neuron: model.blocks[layer].mlp.W_out[neuron]).status == "passed"
    # Wrong on both: not that slip.
    assert "course's model" not in verdict(key, lambda model, layer, neuron: everywhere.W_U[0]).message


def test_a_failure_on_the_small_model_alone_may_have_another_reason(course):
    """The course's weights are centred: to take off their mean changes nothing there."""
    key = AnswerKey(course["9.2"], seed=1)

    def centred(model, layer, neuron):
        w_out = model.blocks[layer].mlp.W_out[neuron]
        return w_out - w_out.mean()

    def of_one_size(model, layer, neuron):
        w_out = model.blocks[layer].mlp.W_out[neuron]
        return w_out if len(w_out) > 100 else w_out**2 + w_out.flip(0)

    assert "the expected values minus their mean" in verdict(key, centred).message
    result = verdict(key, of_one_size)
    assert (result.passed, result.message) == (1, messages.TINY_ONLY)
    assert "global" not in result.message


# -- one answer, one explanation -----------------------


def test_the_kind_of_an_error_is_no_mistake_by_itself(sample_solutions):
    def raises(w_out, W_U):
        return W_U @ w_out

    def another_slip(w_out, W_U):
        return (w_out @ W_U) @ w_out

    some = exercise(mistakes=(Mistake("order", raises, "Mind the order of the factors."),))
    result = verdict(AnswerKey(some, 0), another_slip)
    assert (result.status, result.mistake) == ("raised", "")
    assert result.message.startswith("RuntimeError")


def test_a_mistake_may_raise_where_it_returns_something_wrong_elsewhere(key):
    mistake = key.exercise.mistakes[-1]
    assert [outcome.status for outcome in key.mistaken(mistake)] == ["returned", "raised"]
    assert verdict(key, mistake.fn).mistake == mistake.key


def test_beside_a_known_mistake_nothing_is_guessed(sample_solutions):
    def nothing(w_out, W_U):
        _ = w_out @ W_U

    some = exercise(mistakes=(Mistake("printed", nothing, "You print the result."),))
    result = verdict(AnswerKey(some, 0), nothing)
    assert (result.message, result.notes) == (
        "You print the result.",
        ("Your function returned None, expected a tensor.",),
    )
    assert "forget `return`" in verdict(AnswerKey(exercise(), 0), nothing).message


def test_beside_a_slip_nothing_is_guessed():
    from othello_interp.exercises import EXERCISES

    result = verdict(
        AnswerKey(EXERCISES["5.2"], 0), lambda acts, labels, edges: percent(acts, labels, edges).long()
    )
    assert result.message == "You have the expected values cut down to whole numbers."
    assert [note for note in result.notes if "rounded" in note] == []


def percent(acts, labels, edges):
    return torch.stack([100 * torch.histogram(g, edges).hist / len(g) for g in (acts[~labels], acts[labels])])


def test_none_is_no_forgotten_return_where_it_may_be_the_answer():
    from othello_interp.exercises import EXERCISES

    result = verdict(AnswerKey(EXERCISES["2.4"], 0), lambda label, step, n_theirs: {}.get(label))
    assert result.message == "Your function returned None, expected a dict."


# -- exercises with many right answers ----------------------------------------


@pytest.mark.parametrize(
    ("word", "status", "share", "message"),
    [
        ("cab", "passed", 1.0, "3 letters."),
        ("a", "wrong", 1 / 3, "1 letters."),
        ("xyz", "wrong", 0.0, "Only the given letters, please."),
        (None, "wrong", 0.0, "Only the given letters, please."),
    ],
)
def test_scored_answers(course, word, status, share, message):
    result = verdict(AnswerKey(course["9.4"], 0), lambda letters: word)
    assert (result.status, result.share, result.message) == (status, pytest.approx(share), message)


def test_a_score_does_not_wait_for_the_reference(course):
    key = AnswerKey(course["9.4"], 0)
    assert verdict(key, lambda letters: "cab").status == "passed"
    assert key._expected is None


def test_a_score_that_cannot_be_worked_out_earns_nothing(course):
    careless = dataclasses.replace(course["9.4"], score=lambda found, case: (len(found), ""))
    result = verdict(AnswerKey(careless, 0), lambda letters: 3)
    assert (result.status, result.share) == ("wrong", 0.0)
    assert "could not be scored" in result.message


def test_open_exercises_are_left_to_a_person(course):
    assert judge(AnswerKey(course["10.1"], 0), []).status == "open"


# -- faults of ours ----------------------------------------


def test_missing_solutions_are_named(monkeypatch, tmp_path):
    monkeypatch.setenv("OTHELLO_INTERP_SOLUTIONS", str(tmp_path))
    with pytest.raises(NoSolutions, match=r"no 09_sample\.py in .*OTHELLO_INTERP_SOLUTIONS"):
        load_reference(exercise())


def test_a_missing_reference_is_named(sample_solutions):
    with pytest.raises(RecordError, match=r"exercise 9\.1: 09_sample\.py defines no function 'other'"):
        load_reference(exercise(function="other"))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("raise ValueError('oh')", "ValueError: oh"),
        ("w_out += 1\n    return w_out", "changed its arguments w_out"),
    ],
)
def test_a_faulty_reference_is_named(sample_solutions, body, words):
    (sample_solutions / "09_sample.py").write_text(f"def attribution(w_out, W_U):\n    {body}\n")
    with pytest.raises(RecordError, match=f"reference of exercise 9.1, case 'size 5': {words}"):
        _ = AnswerKey(exercise(), 0).expected
