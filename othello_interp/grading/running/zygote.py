"""The process that is forked for every student: it pays once for imports, the model and the focus games.

It runs only the course's own code, never a student's, and holds no expected value, no solution, no seed and
no submission. Requests come through a socket from the parent (client.py): what to do and the sandbox's
setting, with the sockets of the new child. When the parent goes, it goes.
"""

import builtins
import contextlib
import ctypes
import functools
import gc
import json
import os
import socket
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from torch import Tensor

from othello_interp.exercises.calling.encode import decode
from othello_interp.grading.running import wire
from othello_interp.grading.typed import from_plain

Work = Callable[[int], None]


class GivenCells:
    """The notebooks' given cells, run in order as far as they are asked for.

    Children then begin with what the given cells made, and have only the student's cells to run.
    """

    def __init__(self, given: dict[str, dict[str, str]]) -> None:
        self.given = {notebook: list(cells.items()) for notebook, cells in given.items()}
        self.done = dict.fromkeys(given, 0)

    def run(self, notebook: str, count: int) -> list[str]:
        """Run a notebook's first cells; what went wrong with one, a line each, for the author."""
        from othello_interp.grading.running import child

        waiting = self.given.get(notebook, [])[self.done.get(notebook, 0) : max(count, 0)]
        if not waiting:
            return []
        self.done[notebook] = count
        failed = child.run_given(notebook, waiting)
        settle()
        return [f"{notebook}, {line}" for line in failed]


def prepare(
    given: dict[str, dict[str, str]], models: dict[int, dict[str, Tensor]], heads: int, embedded: bool
) -> GivenCells:
    """Import what notebooks import, and build the models of the cases.

    Args:
        given: for each notebook its given cells by name.
        models: the weights of the small models by number; nothing tells of the seed they were drawn from.
        heads: how many attention heads they have.
        embedded: whether the cases need the course's model.
    """
    import torch

    torch.set_num_threads(1)  # before any computation: a parent that has used two makes its children hang
    if not given:
        return GivenCells({})
    _make_quiet()
    from othello_interp import games, model
    from othello_interp.exercises.calling import call
    from othello_interp.exercises.records import ModelRef

    for number, state in models.items():
        ref = ModelRef("tiny", number)
        call.makers[ref] = functools.partial(model.bridge, state, heads, "a model of the grader")
        call.resolve(ref)
    model.load_model = functools.cache(model.load_model)
    if embedded:
        call.resolve(ModelRef("embedded"))
    setattr(games, "FocusGames", _once_for_each_model(games.FocusGames))  # noqa: B010  (mypy: a type)
    return GivenCells(given)


def _make_quiet() -> None:
    """Checks and hints do nothing, nothing is drawn and nothing asked: nobody looks."""
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
    builtins.input = _no_answer


def _nothing(*args: Any, **kwargs: Any) -> None:
    """Stands for check(), hint() and the showing of plots."""


def _no_answer(prompt: object = "") -> str:
    """Stands for input()."""
    raise EOFError("nobody is there to answer input(): write the value into the code")


def _drawn_on_request(draw: Callable[..., Any]) -> Callable[..., Any]:
    def quiet(*args: Any, return_fig: bool = False, **kwargs: Any) -> Any:
        return draw(*args, return_fig=True, **kwargs) if return_fig else None

    return functools.wraps(draw)(quiet)


def _once_for_each_model(make: Callable[..., Any]) -> Callable[..., Any]:
    """`FocusGames`, so that all notebooks share the focus games of one model with their activations."""
    once = functools.cache(make)
    return lambda model, tokens=None: once(model) if tokens is None else make(model, tokens)


def settle() -> None:
    """What is in memory stays there: leave it alone, and give back the rest, which every fork would map."""
    gc.collect()
    gc.freeze()
    ctypes.CDLL(None).malloc_trim(0)


def serve(control: socket.socket, works: dict[str, Work], given: GivenCells) -> None:
    """Fork a guard, which forks a child, for every request, until the parent hangs up."""
    from othello_interp.grading.sandbox.guard import guard
    from othello_interp.grading.sandbox.limits import Setting

    settle()
    while True:
        try:
            request = wire.receive(control)
        except wire.WireError:
            return
        fds = wire.receive_files(control, 2)
        _reap(os.WNOHANG)
        if request["work"] == "examine":
            if os.fork() == 0:
                control.close()
                _examine(socket.socket(fileno=fds[0]))
            os.close(fds[0])
            continue
        channel, status = (socket.socket(fileno=fd) for fd in fds)
        trouble = [line for item in request["given"].items() for line in given.run(*item)]
        if trouble:
            status.sendall(json.dumps({"trouble": trouble}).encode() + b"\n")
        if os.fork() == 0:
            control.close()
            guard(from_plain(Setting, request["setting"]), channel, status, works[request["work"]])
        channel.close()
        status.close()


def _examine(control: socket.socket) -> NoReturn:
    """In a fork of the zygote: be the examiner, until the parent hangs up."""
    try:
        from othello_interp.grading.running import examiner

        examiner.main(control)
        _reap()
    finally:
        os._exit(0)


def _reap(options: int = 0) -> None:
    """Take note of children that have ended, so that their processor time counts as this process's."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, options) != (0, 0):
            pass


def main() -> None:
    """Entry point: the control socket is the descriptor named on the command line."""
    control = socket.socket(fileno=int(sys.argv[1]))
    config = wire.receive_coded(control)
    try:
        given = prepare(**decode(config)) if config else prepare({}, {}, 0, False)
        from othello_interp.grading.running import keeper, reader
    except Exception as error:
        wire.send(control, f"{type(error).__name__}: {error}")
        raise
    wire.send(control, "")
    serve(control, {"room": keeper.serve, "read": reader.serve}, given)
    _reap()


if __name__ == "__main__":
    main()
