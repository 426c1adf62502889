"""The trusted process that knows the answers: it works out what is expected, and is forked to judge.

It is a fork of the zygote, so that models are loaded once, and runs nothing of a student's. What students'
functions returned is read and compared in forks of it, which are limited and locked in like any other child.
"""

import socket
import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

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
    from othello_interp.grading.running.zygote import GivenCells, serve

    received = wire.receive_coded(control)
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
        wire.send(control, f"{type(error).__name__}: {error}"[:4000])
        return
    wire.send(control, "")
    serve(control, {"judge": partial(judge, exam)}, GivenCells({}))


def judge(exam: "Exam", descriptor: int) -> None:
    """In a limited child: the results of exercises, one request each, until the parent hangs up."""
    from othello_interp.grading.judging import read_outcome, score_exercise

    channel = socket.socket(fileno=descriptor)
    while True:
        request = wire.receive(channel)
        key = exam.keys[request["exercise"]]
        names = [case.name for case in key.cases]
        outcomes = [
            read_outcome(wire.receive_coded(channel, limit=wire.MAX_ANSWER), name)
            for name in names[: request["outcomes"]]
        ]
        wire.send(channel, to_plain(score_exercise(key, outcomes, request["words"])), wire.MAX_REPORT)
