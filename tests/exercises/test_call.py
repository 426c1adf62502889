"""Does run_case come back from whatever a student's function does, and say what happened?"""

import dataclasses
import enum
import functools
import re
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from othello_interp.exercises.calling import call, time_limit
from othello_interp.exercises.calling.call import resolve, run_case, run_cases
from othello_interp.exercises.calling.encode import EncodeError, decode, encode
from othello_interp.exercises.calling.outcome import Opaque, Outcome
from othello_interp.exercises.calling.plain import PlainError, plain
from othello_interp.exercises.calling.time_limit import TimeLimit, call_limited
from othello_interp.exercises.records import Case, ModelRef
from othello_interp.exercises.status import Status

CASE = Case("three by two", {"x": torch.arange(6.0).reshape(3, 2), "scale": 2})
AWAY = torch.ones(3)  # a global of the kind that students read by mistake


def test_inputs_are_passed_by_name_and_results_come_back_plain():
    outcome = run_case(lambda scale, x: {"sum": (x.requires_grad_() * scale).sum(), "list": (1, None)}, CASE)
    assert outcome.status == "returned"
    assert outcome.value == {"sum": 30.0, "list": (1, None)}
    assert not outcome.value["sum"].requires_grad
    assert outcome.changed == ()


def test_renamed_arguments_are_passed_in_order():
    assert run_case(lambda acts, s: acts.sum() * s, CASE).value == 30.0


def test_a_signature_that_cannot_take_the_inputs_is_explained():
    outcome = run_case(lambda x: x, CASE)
    assert outcome.status == "raised"
    assert outcome.error == "TypeError: the function takes (x); it is called with (x, scale)"


def test_extra_arguments_with_defaults_are_fine():
    assert run_case(lambda x, scale, verbose=False: scale, CASE).value == 2


def _add_in_place(x, scale):
    x += 1
    return x


def _numpy_in_place(x, scale):
    x.numpy()[0, 0] = 7
    return x


def _transpose_in_place(x, scale):
    return x.t_()


@pytest.mark.parametrize("fn", [_add_in_place, _numpy_in_place, _transpose_in_place])
def test_in_place_changes_are_noticed_and_do_not_reach_the_case(fn):
    before = CASE.inputs["x"].clone()
    assert run_case(fn, CASE).changed == ("x",)
    assert torch.equal(CASE.inputs["x"], before)


def test_changes_inside_containers_are_noticed():
    case = Case("nested", {"cache": {"post": torch.zeros(2), "pre": [torch.zeros(3)]}, "moves": [1, 2]})
    assert run_case(lambda cache, moves: cache["pre"][0].fill_(1), case).changed == ("cache",)
    assert run_case(lambda cache, moves: moves.append(3), case).changed == ("moves",)
    assert run_case(lambda cache, moves: cache.pop("post"), case).changed == ("cache",)
    assert run_case(lambda cache, moves: moves.__setitem__(0, "one"), case).changed == ("moves",)
    assert run_case(lambda cache, moves: cache.update(post="gone"), case).changed == ("cache",)
    assert run_case(lambda cache, moves: cache["post"] + 1, case).changed == ()


def test_nan_in_an_input_is_not_a_change():
    case = Case("nan", {"x": torch.tensor([1.0, float("nan")])})
    assert run_case(lambda x: 0, case).changed == ()


def _stub(x, scale):
    """What the exercise asks for."""
    raise NotImplementedError


def test_other_errors_of_that_kind_are_errors():
    def helper(x, scale):
        return _stub(x, scale)

    def torch_has_none(x, scale):
        return torch.zeros(3, device="meta").tolist()

    for fn in (helper, torch_has_none):
        outcome = run_case(fn, CASE)
        assert (outcome.status, outcome.error[:19]) == ("raised", "NotImplementedError")


class _Rude(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def _raiser(error):
    def fn(x, scale):
        raise error

    return fn


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (ValueError("bad"), "raised", "ValueError: bad"),
        (KeyError("post"), "raised", "KeyError: 'post'"),
        (SystemExit(3), "raised", "SystemExit: 3"),
        (KeyboardInterrupt(), "interrupted", "KeyboardInterrupt"),
        (GeneratorExit(), "raised", "GeneratorExit"),
        (BaseException("base"), "raised", "BaseException: base"),
        (_Rude(), "raised", "_Rude"),
        (ValueError("x" * 9999), "raised", "ValueError: " + "x" * call.MAX_TEXT),
    ],
)
def test_everything_is_caught(error, status, line):
    outcome = run_case(_raiser(error), CASE)
    assert (outcome.status, outcome.error) == (status, line)


def _deep(x, scale):
    return _deep(x, scale)


def test_tracebacks_show_the_students_frames_only():
    outcome = run_case(lambda x, scale: torch.nn.functional.linear(x, torch.ones(4, 5)), CASE)
    assert outcome.error.startswith("RuntimeError")
    assert "torch/nn" not in outcome.traceback
    assert "functional.linear(x" in outcome.traceback
    assert outcome.traceback.count("line ") == 1


def test_deep_recursion_is_shown_in_short():
    outcome = run_case(_deep, CASE)
    assert outcome.error.startswith("RecordError") or outcome.error.startswith("RecursionError")
    assert "more ..." in outcome.traceback
    assert len(outcome.traceback.splitlines()) < 15


def _forever(x, scale):
    while True:
        pass


def _bare_except(x, scale):
    while True:
        try:
            time.sleep(10)
        except:  # noqa: E722
            scale += 1


def _nested_excepts(x, scale):
    while True:
        try:
            try:
                try:
                    x.sum()
                except BaseException:
                    continue
                finally:
                    scale += 1
            except:  # noqa: E722
                pass
        except BaseException:
            pass


def _catches_and_recurses(x, scale):
    try:
        while True:
            pass
    except BaseException:
        return _catches_and_recurses(x, scale)


class _SlowText(Exception):
    def __str__(self):
        while True:
            pass


class _SlowList(list):
    def __iter__(self):
        while True:
            pass


@pytest.mark.parametrize("fn", [_forever, _bare_except, _nested_excepts, _catches_and_recurses])
def test_endless_loops_end(fn):
    start = time.perf_counter()
    outcome = run_case(fn, CASE, time_limit=0.1)
    assert time.perf_counter() - start < 3
    assert outcome.status == "timed out"
    assert outcome.error == "still running after 0.1 s"
    assert fn.__name__ in outcome.traceback


def test_no_alarm_is_left_behind():
    for _ in range(30):
        assert isinstance(call_limited(lambda: _bare_except(0, 0), 0.002)[1], TimeLimit)
    time.sleep(0.05)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert sys.exc_info() == (None, None, None)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring is new in Python 3.12")
def test_lines_raise_in_the_limited_call_only(monkeypatch):
    monkeypatch.setattr(time_limit, "PATIENCE", 0)
    monitored, stop, results = set(), threading.Event(), []

    def another():
        while not stop.is_set():
            monitored.add(sys.monitoring.get_tool(time_limit.TOOL))

    thread = threading.Thread(target=lambda: results.append(call_limited(another, 1.0)))
    thread.start()
    for _ in range(30):
        assert isinstance(call_limited(lambda: _recurses_and_sleeps(100), 0.002)[1], TimeLimit)
        assert sys.monitoring.get_tool(time_limit.TOOL) is None
    stop.set()
    thread.join()
    assert results == [(None, None)]  # no line of the other thread has raised
    assert time_limit.__name__ in monitored


def _recurses_and_sleeps(depth):
    while True:
        try:  # noqa: SIM105
            _recurses_and_sleeps(depth - 1) if depth else time.sleep(10)
        except:  # noqa: E722
            pass


def test_a_timer_that_ran_before_runs_on():
    rang = []
    before = signal.signal(signal.SIGALRM, lambda *_: rang.append(1))
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    call_limited(lambda: 1, 5.0)
    time.sleep(0.3)
    signal.signal(signal.SIGALRM, before)
    assert rang == [1]


def test_printing_works_again_after_a_loop_that_swallows_everything(capsys):
    for _ in range(30):
        run_case(_nested_excepts, CASE, time_limit=0.002)
    print("still here")
    assert capsys.readouterr().out == "still here\n"


def test_an_endless_error_text_ends():
    start = time.perf_counter()
    assert run_case(_raiser(_SlowText()), CASE).error == "_SlowText"
    assert time.perf_counter() - start < 3


def test_an_endless_result_ends():
    assert run_case(lambda x, scale: _SlowList(), CASE, time_limit=0.1).status == "timed out"


def test_outside_the_main_thread_there_is_no_limit_but_a_result():
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(run_case, lambda x, scale: 5, CASE).result().value == 5


def test_printing_is_kept_and_cut():
    def talks(x, scale):
        for _ in range(1000):
            print("shape", x.shape)

    printed = run_case(talks, CASE).printed
    assert printed.startswith("shape torch.Size([3, 2])\n")
    assert len(printed) == call.MAX_TEXT


def test_random_numbers_are_the_same_for_every_call_and_the_students_own_state_is_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    a = run_case(lambda x, scale: torch.rand(2), CASE).value
    torch.manual_seed(5)
    b = run_case(lambda x, scale: torch.rand(2), CASE).value
    assert torch.equal(a, b)
    assert torch.equal(torch.rand(1), expected)


def test_global_data_that_is_read_is_named():
    def helper(x):
        return x.sum() * AWAY.sum()

    def uses(x, scale):
        return [AWAY[i] for i in range(3)] if scale else np.pi

    def attribute_only(x, scale):
        return x.AWAY

    assert run_case(uses, CASE).global_data == ("AWAY",)
    assert run_case(attribute_only, CASE).global_data == ()
    assert run_case(_through_a_helper, CASE).global_data == ("AWAY",)


def _helper(x):
    return x.sum() * AWAY.sum()


def _through_a_helper(x, scale):
    return _helper(x)


class _Odd:
    """Callable, and unhelpful in every other way."""

    @property
    def __signature__(self):
        raise RuntimeError("no signature")

    def __call__(self, x, scale):
        return scale


def test_callables_of_any_kind_are_called():
    def wraps_itself(x, scale):
        return scale

    wraps_itself.__wrapped__ = wraps_itself
    for fn in (
        _Odd(),
        wraps_itself,
        functools.partial(lambda y, x, scale: scale, 1),
        torch.no_grad()(_scale),
    ):
        assert run_case(fn, CASE).value == 2


def _scale(x, scale):
    return scale


@pytest.mark.parametrize("thing", [None, 3, torch.ones(2), "attribution"])
def test_not_a_function_is_absent(thing):
    assert run_case(thing, CASE).status == "absent"


def test_the_run_stops_where_more_cases_would_only_cost_time():
    cases = [Case(name, {"x": 1}) for name in "abc"]
    assert [o.status for o in run_cases(lambda x: 1 / 0, cases)] == ["raised"] * 3
    assert [o.status for o in run_cases(_stub_one, cases)] == ["not attempted"]
    assert [o.status for o in run_cases(_forever_one, cases, time_limit=0.05)] == ["timed out"]


def _stub_one(x):
    raise NotImplementedError


def _forever_one(x):
    while True:
        pass


# -- models ----------------------------------------


def test_models_are_made_once_and_handed_over():
    ref = ModelRef("tiny", 3)
    case = Case("tiny", {"model": ref})
    shape = run_case(lambda model: tuple(model.W_U.shape), case).value
    assert shape == tuple(resolve(ref).W_U.shape)
    assert resolve(ref) is resolve(ModelRef("tiny", 3))
    assert resolve(ref) is not resolve(ModelRef("tiny", 4))


def test_a_model_that_was_written_to_is_noticed_and_not_used_again():
    case = Case("tiny", {"model": ModelRef("tiny", 3)})
    before = resolve(ModelRef("tiny", 3)).blocks[0].mlp.W_out.clone()

    def edits(model):
        with torch.no_grad():
            model.blocks[0].mlp.W_out[1] = 0

    assert run_case(edits, case).changed == ("model",)
    assert torch.equal(resolve(ModelRef("tiny", 3)).blocks[0].mlp.W_out, before)


def test_hooks_left_on_a_model_are_taken_off():
    case = Case("tiny", {"model": ModelRef("tiny", 3), "tokens": torch.tensor([[3, 5, 7]])})

    def leaves_a_hook(model, tokens):
        model.add_hook("blocks.0.mlp.hook_post", lambda value, hook: value * 0)
        return model(tokens)

    clean = run_case(lambda model, tokens: model(tokens), case).value
    assert not torch.equal(run_case(leaves_a_hook, case).value, clean)
    assert torch.equal(run_case(lambda model, tokens: model(tokens), case).value, clean)


# -- plain data ----------------------------------------


class _Colour(enum.IntEnum):
    RED = 3


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (_Colour.RED, 3),
        (np.array(["C0", "D1"]), ["C0", "D1"]),
        ({np.int64(3): 1}, {3: 1}),
        ({("a", 1): 2}, {"('a', 1)": 2}),
        (object(), Opaque("object")),
        (len, Opaque("builtin_function_or_method")),
        (np.array([object()]), Opaque("ndarray of object")),
        (1 << 80, Opaque("int of more than 64 bits")),
        (torch.empty(3, device="meta"), Opaque("Tensor without values")),
        (iter([1]), Opaque("list_iterator")),
    ],
)
def test_plain(value, expected):
    assert plain(value) == expected


def test_plain_has_limits(monkeypatch):
    monkeypatch.setattr("othello_interp.exercises.calling.plain.MAX_ITEMS", 500)
    deep: list = []
    for _ in range(50):
        deep = [deep]
    with pytest.raises(PlainError, match="nested more than 20 deep"):
        plain(deep)
    with pytest.raises(PlainError, match="more than 500 items"):
        plain([0] * 600)
    assert run_case(lambda x, scale: deep, CASE).error == "the answer is nested more than 20 deep"


def test_plain_shares_no_memory():
    x = torch.zeros(3)
    a, b = plain(x), plain(x.numpy())
    x += 1
    assert not a.any()
    assert not b.any()


# -- bytes ----------------------------------------


def test_everything_a_call_needs_survives_as_bytes():
    values = [
        None, True, 3, -(2**62), 0.1, float("inf"), "to C0 \u2713", (1, [2, ()]), {"a": {3: "b"}}, {1, 2},
        CASE.name, ModelRef("tiny", 4), Opaque("Figure"),
    ]  # fmt: skip
    assert decode(encode(values)) == values
    back = decode(encode(float("nan")))
    assert back != back


def test_tensors_survive_as_bytes():
    base = torch.randn(5, 7)
    for tensor in (
        base.T,
        base[::2],
        base > 0,
        base.half(),
        base.bfloat16(),
        base.long(),
        torch.tensor(3),
        base[:0],
    ):
        back = decode(encode({"t": tensor, "again": [tensor]}))
        assert torch.equal(back["t"], tensor)
        assert back["again"][0].dtype == tensor.dtype


def test_cases_and_outcomes_survive_as_bytes():
    case = decode(encode(dataclasses.replace(CASE, seed=5)))
    assert case.seed == 0  # the side that calls the function has no business with it
    assert case.name == CASE.name
    assert list(case.inputs) == ["x", "scale"]
    assert torch.equal(case.inputs["x"], CASE.inputs["x"])
    outcome = Outcome("a", Status.RAISED, None, "ValueError: x", "line 1", ("x",), ("y",), "hello", 0.25)
    written = encode(outcome)
    assert b'\\"status\\": [\\"str\\", \\"raised\\"]' in written  # a plain string crosses the border
    assert decode(written) == outcome
    assert type(decode(written).status) is Status


@pytest.mark.parametrize("status", [Status.PASSED, "returned"])
def test_an_outcome_has_a_status_of_a_call(status):
    with pytest.raises((ValueError, TypeError), match="status"):
        Outcome("a", status)


@pytest.mark.parametrize("value", [object(), [lambda: 0], np.float32(1), {"a": torch.nn.Linear(2, 3)}])
def test_only_plain_data_can_be_written(value):
    with pytest.raises(EncodeError, match="is not plain data"):
        encode(value)


def test_sizes_are_limited_both_ways():
    with pytest.raises(EncodeError, match="at most 1,000"):
        encode(torch.zeros(1000), max_bytes=1000)
    with pytest.raises(EncodeError, match="at most 1,000"):
        decode(encode(torch.zeros(1000)), max_bytes=1000)


def _with_tree(tree: str) -> bytes:
    from safetensors.torch import save

    return save({"0": torch.zeros(2)}, metadata={"tree": tree})


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\x04.",
        b"\xff" * 100,
        encode(torch.ones(9))[:-8],
        encode([1, 2])[:20],
        _with_tree("[" * 100_000),
        _with_tree('["list",' + '[["list",' * 500 + "[]" + "]]" * 500 + "]"),
        _with_tree('["tensor","7"]'),
        _with_tree('["int","7"]'),
        _with_tree('["int",true]'),
        _with_tree('["str",7]'),
        _with_tree('["float","seven"]'),
        _with_tree('["module","os"]'),
        _with_tree('["outcome",{"case":["str","a"],"status":["str","perfect"]}]'),
        _with_tree('["outcome",{"case":["str","a"],"status":["str","passed"]}]'),
        _with_tree('["outcome",{"case":["str","a"],"status":["list",[]]}]'),
        _with_tree('["outcome",{"case":["str","a"]}]'),
        _with_tree('["outcome",{"case":["tensor","0"],"status":["str","returned"]}]'),
        _with_tree('["case",{}]'),
        _with_tree('["dict",[[["list",[]],["none"]]]]'),
        _with_tree("{}"),
        _with_tree("7"),
    ],
)
def test_other_bytes_are_refused(data):
    with pytest.raises(EncodeError):
        decode(data)


def test_the_call_side_loads_no_answers():
    """A child that imports only what it needs to call a function must not hold records or references."""
    folder = Path(call.__file__).parents[1]
    reached, todo = set(), ["calling.call", "calling.encode"]
    while todo:
        name = todo.pop()
        reached.add(name)
        source = (folder / f"{name.replace('.', '/')}.py").read_text()
        assert "othello_interp.exercises import" not in source
        todo += [n for n in re.findall(r"othello_interp\.exercises\.([\w.]+)", source) if n not in reached]
    assert reached == {
        "records",
        "status",
        *(f"calling.{n}" for n in ("call", "encode", "outcome", "plain", "settings", "stub", "time_limit")),
    }
