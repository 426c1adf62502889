"""The trusted process that knows the answers: it works out what is expected, and is forked to judge.

It is a fork of the zygote, so that models are loaded once, and runs nothing of a student's. What students'
functions returned is read and compared in forks of it, which are limited and locked in like any other child.
"""

import json
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from othello_interp.exercises.calling.encode import EncodeError, decode
from othello_interp.exercises.calling.plain import Outcome
from othello_interp.exercises.status import Status
from othello_interp.grading.running import wire
from othello_interp.grading.typed import to_plain

if TYPE_CHECKING:
    from othello_interp.grading.course import Course
    from othello_interp.grading.exam import Exam


def config(course: "Course", seed: int, stems: Sequence[str]) -> bytes:
    """What `main` has to be told. Functions travel by name, those of a course file as they are.

    Args:
        stems: notebooks whose exercises are worked out before the first is judged; the others as they come.
    """
    import cloudpickle

    return cloudpickle.dumps((sys.path, cloudpickle.dumps((course, seed, tuple(stems)))))


def main(control: socket.socket) -> None:
    """Work out what is expected, then be forked until the parent hangs up."""
    import cloudpickle

    from othello_interp.exercises.calling import call
    from othello_interp.grading.running.zygote import GivenCells, receive_config, serve

    received = receive_config(control)
    try:
        call.makers.clear()  # here refs have their seeds
        for key in [key for key in call._models if key[0] == "tiny"]:
            del call._models[key]
        sys.path[:], rest = cloudpickle.loads(received)  # from the parent, which is trusted
        course, seed, stems = cloudpickle.loads(rest)
        from othello_interp.grading.exam import Exam

        exam = Exam(course, seed)
        exam.compute(stems)
    except Exception as error:
        control.send(json.dumps({"error": f"{type(error).__name__}: {error}"[:4000]}).encode())
        return
    control.send(b"{}")
    serve(control, {"judge": partial(judge, exam)}, GivenCells({}))


def judge(exam: "Exam", descriptor: int) -> None:
    """In a limited child: the results of exercises, one request each, until the parent hangs up."""
    from othello_interp.grading.score import score_exercise

    channel = socket.socket(fileno=descriptor)
    while True:
        request, _ = wire.receive(channel)
        key = exam.keys[request["exercise"]]
        names = [case.name for case in key.cases]
        outcomes = [
            read_outcome(wire.receive_coded(channel, limit=wire.MAX_ANSWER), name)
            for name in names[: request["outcomes"]]
        ]
        wire.send(channel, to_plain(score_exercise(key, outcomes, request["words"])), wire.MAX_REPORT)


def read_outcome(data: bytes, name: str) -> Outcome:
    """A child's outcome with every field but the value forced into its type; one that isn't earns nothing."""
    try:
        answer = decode(data, wire.MAX_ANSWER)
    except EncodeError as error:
        return Outcome(name, Status.LOST, error=f"It sent something that is not an answer ({error}).")
    if type(answer) is not Outcome or answer.case != name:
        return Outcome(name, Status.LOST, error="It answered with something else than an outcome.")
    return replace(
        answer,
        error=_text(answer.error, 2000),
        traceback=_text(answer.traceback, 4000),
        printed=_text(answer.printed, 2000),
        changed=_names(answer.changed),
        global_data=_names(answer.global_data),
        seconds=float(answer.seconds) if type(answer.seconds) is float and 0 <= answer.seconds < 1e6 else 0.0,
    )


def _names(value: Any) -> tuple[str, ...]:
    return tuple(_text(item, 60) for item in value[:20]) if isinstance(value, list | tuple) else ()


def _text(value: Any, length: int) -> str:
    return value[:length] if isinstance(value, str) else ""
