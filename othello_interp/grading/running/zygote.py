"""The process that is forked for every submission: it pays once for imports, the model and the focus games.

It runs only the course's own code, never a student's, and holds no expected value, no solution and no
submission. Requests come through a socket from the parent (client.py): the sandbox's setting as JSON, with
the two sockets of the new child. When the parent goes, it goes.
"""

import array
import ctypes
import functools
import gc
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

MAX_REQUEST = 1 << 20


def prepare(given: dict[str, dict[str, str]], refs: list[dict]) -> list[str]:
    """Import what notebooks import, build the models of the cases, and run the notebooks' given cells once.

    Children then begin with what the given cells made, and have only the student's cells to run.

    Args:
        given: for each notebook its given cells by name.
        refs: fields of the ModelRefs to build.

    Returns:
        What went wrong with a given cell, a line each: for the author, not for students.
    """
    import torch

    torch.set_num_threads(1)  # before any computation: a parent that has used two makes its children hang
    _make_quiet()
    from othello_interp import games, model
    from othello_interp.exercises.calling import call
    from othello_interp.exercises.records import ModelRef
    from othello_interp.grading.running import child

    for ref in refs:
        call.resolve(ModelRef(**ref))
    model.load_model = functools.cache(model.load_model)
    games.FocusGames = _once_for_each_model(games.FocusGames)
    trouble = []
    for notebook, cells in given.items():
        child.main_modules[notebook], failed = child.run_given(cells)
        trouble += [f"{notebook}, {line}" for line in failed]
    return trouble


def _make_quiet() -> None:
    """Checks and hints do nothing, and nothing is drawn: nobody looks."""
    import plotly.basedatatypes
    import plotly.io

    from othello_interp import exercises, utils

    for name in ("check", "hint", "solution", "progress"):
        setattr(exercises, name, _nothing)
    for name in utils.__all__:
        if name.startswith(("plot_", "imshow", "make_")):
            setattr(utils, name, _drawn_on_request(getattr(utils, name)))
    plotly.basedatatypes.BaseFigure.show = _nothing
    plotly.io.show = _nothing


def _nothing(*args: Any, **kwargs: Any) -> None:
    """Stands for check(), hint() and the showing of plots."""


def _drawn_on_request(draw: Callable[..., Any]) -> Callable[..., Any]:
    def quiet(*args: Any, return_fig: bool = False, **kwargs: Any) -> Any:
        return draw(*args, return_fig=True, **kwargs) if return_fig else None

    return functools.wraps(draw)(quiet)


def _once_for_each_model(make: Callable[..., Any]) -> Callable[..., Any]:
    """`FocusGames`, so that all notebooks share the focus games of one model with their activations."""
    made: dict[int, Any] = {}

    def focus_games(model: Any, tokens: Any = None) -> Any:
        if tokens is not None:
            return make(model, tokens)
        if id(model) not in made:
            made[id(model)] = make(model)
        return made[id(model)]

    return focus_games


def serve(control: socket.socket) -> None:
    """Fork a guard, which forks a child, for every request, until the parent hangs up."""
    from othello_interp.grading.running import child
    from othello_interp.grading.sandbox.guard import guard
    from othello_interp.grading.sandbox.limits import Setting

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # guards need no waiting for
    gc.collect()
    gc.freeze()
    ctypes.CDLL(None).malloc_trim(0)  # what is not in memory need not be mapped in every child
    while True:
        data, fds = _receive(control)
        if not data:
            return
        channel, status = (socket.socket(fileno=fd) for fd in fds)
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            control.close()
            guard(Setting.from_json(data), channel, status, child.serve)
        channel.close()
        status.close()


def _receive(control: socket.socket) -> tuple[str, list[int]]:
    fds = array.array("i")
    data, ancillary, _, _ = control.recvmsg(MAX_REQUEST, socket.CMSG_LEN(2 * fds.itemsize))
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            fds.frombytes(content)
    return data.decode(), list(fds)


def main() -> None:
    """Entry point: the control socket is the descriptor named on the command line."""
    control = socket.socket(fileno=int(sys.argv[1]))
    begin = time.perf_counter()
    size = int(control.recv(64))
    data = b""
    while len(data) < size:
        data += control.recv(MAX_REQUEST)
    try:
        trouble = prepare(**json.loads(data))
    except Exception as error:
        control.send(json.dumps({"error": f"{type(error).__name__}: {error}"}).encode())
        raise
    control.send(json.dumps({"seconds": time.perf_counter() - begin, "trouble": trouble}).encode())
    serve(control)


if __name__ == "__main__":
    main()
