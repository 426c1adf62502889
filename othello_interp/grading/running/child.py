"""The child's end: asked to run a cell or to call a function, it does so in its Session, and answers.

Runs inside the sandbox, in a process forked for one notebook. Knows neither the expected values nor the
points. Whatever a student's code does to this process, all it can change is what this submission answers.
"""

import builtins
import os
import random
import socket
import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from othello_interp.exercises.calling.encode import EncodeError
from othello_interp.exercises.calling.outcome import Outcome
from othello_interp.exercises.status import Status
from othello_interp.grading.running import wire
from othello_interp.grading.running.session import Session
from othello_interp.grading.sandbox import escape

main_modules: dict[str, types.ModuleType] = {}  # what the given cells of each notebook have made


def run_given(name: str, cells: list[tuple[str, str]]) -> list[str]:
    """Run given cells of a notebook, in the zygote, after those that were run before; what went wrong."""
    notebook = Session(main_modules.setdefault(name, new_main()))
    notebook.shell.install()
    failed = []
    for label, source in cells:
        _begin_at_random()
        answer = notebook.run_cell(f"given cell {label}", source, [], 600.0, "", "all")
        if answer["status"] != "ran":
            failed.append(f"given cell {label}: {answer['error']}")
    return failed


def _begin_at_random() -> None:
    """Always with the same numbers, whatever was run before for others."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002  (whoever uses it uses this one)
    torch.random.default_generator.manual_seed(0)


def new_main() -> types.ModuleType:
    """An empty `__main__`."""
    main = types.ModuleType("__main__")
    main.__dict__["__builtins__"] = builtins
    return main


def serve(descriptor: int, name: str) -> None:
    """Answer requests until the parent hangs up.

    Args:
        name: of the notebook, whose given cells may have been run.
    """
    channel = socket.socket(fileno=descriptor)
    sys.path.insert(0, "")  # as in Jupyter; here it is the scratch folder
    notebook = Session(main_modules.get(name) or new_main())
    notebook.shell.install()
    _begin_at_random()
    operations: dict[str, Callable[..., Any]] = {
        "cell": notebook.run_cell,
        "call": notebook.call,
        "probe": escape.probe,
    }
    me = os.getpid()
    while True:
        request = wire.receive(channel)
        answer = operations[request.pop("op")](**request)
        if os.getpid() != me:  # a fork by the student's code came back here
            os._exit(0)
        try:
            wire.send(channel, answer, wire.MAX_ANSWER)
        except EncodeError as error:
            name = request["case"].name
            wire.send(channel, Outcome(name, Status.RAISED, error=f"The answer can't be taken: {error}"))
