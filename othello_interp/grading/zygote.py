"""The process that is forked for every submission: it pays once for imports, the model and the focus games.

It runs only the course's own code, never a student's, and holds no expected value, no solution and no
submission. Requests come through a socket from the parent (client.py): the sandbox's setting as JSON, with
the two sockets of the new child. When the parent goes, it goes.
"""

import array
import functools
import gc
import json
import os
import signal
import socket
import sys
import time
from typing import Any

MAX_REQUEST = 1 << 20


def _nothing(*args: Any, **kwargs: Any) -> None:
    """Stands for check(), hint() and the showing of plots: harmless, and quick, in a grading child."""


def prepare(given: list[list[str]], refs: list[dict]) -> None:
    """Import what notebooks import and run their given code once, so that children find the results ready.

    Args:
        given: for each notebook the sources of its given cells; a cell that fails is passed over.
        refs: fields of the ModelRefs to build beforehand.
    """
    import torch

    torch.set_num_threads(1)  # before any computation: a parent that has used two makes its children hang
    import IPython.core.inputtransformer2
    import plotly.basedatatypes
    import plotly.io

    from othello_interp import exercises, model
    from othello_interp.exercises import call
    from othello_interp.exercises.records import ModelRef

    for name in ("check", "hint", "solution", "progress"):
        setattr(exercises, name, _nothing)
    plotly.basedatatypes.BaseFigure.show = _nothing
    plotly.io.show = _nothing
    for ref in refs:
        call.resolve(ModelRef(**ref))
    model.load_model = functools.cache(model.load_model)
    for sources in given:
        space: dict[str, Any] = {"__name__": "__main__"}
        for source in sources:
            try:
                code = IPython.core.inputtransformer2.TransformerManager().transform_cell(source)
                exec(compile(code, "<given>", "exec"), space)
            except Exception:
                continue


def serve(control: socket.socket) -> None:
    """Fork a guard, which forks a child, for every request, until the parent hangs up."""
    from othello_interp.grading import child
    from othello_interp.grading.guard import guard
    from othello_interp.grading.sandbox import Setting

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # guards need no waiting for
    gc.collect()
    gc.freeze()
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
        prepare(**json.loads(data))
    except Exception as error:
        control.send(json.dumps({"error": f"{type(error).__name__}: {error}"}).encode())
        raise
    control.send(json.dumps({"seconds": time.perf_counter() - begin}).encode())
    serve(control)


if __name__ == "__main__":
    main()
