"""Call a function under a time limit, in the main thread; Windows has no timers for it."""

import dis
import itertools
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any

PATIENCE = 10  # alarms until every line raises; code that cleans up after the first ones gets to do so
TOOL = 4  # the identifier for sys.monitoring; debuggers, coverage tools and profilers have others
# Raising before these instructions would leave sys.exc_info() set for good.
KEEPS_EXC_INFO = (dis.opmap["PUSH_EXC_INFO"], dis.opmap["COPY"])


class TimeLimit(BaseException):
    """The time is up. Not an Exception, so that an ordinary `except Exception` lets it through."""


def call_limited(call: Callable[[], Any], seconds: float) -> tuple[Any, BaseException | None]:
    """The result of `call()` and None, or None and what it raised, which after `seconds` is TimeLimit.

    Catches everything, SystemExit and KeyboardInterrupt included. Without interval timers, or in another
    thread, there is no limit. A long call into C (one large matrix product) ends before the limit acts.
    On Python 3.12 and later, while a call swallows one TimeLimit after another, `sys.monitoring` is used.
    """
    if not can_limit():
        return _guard(call)
    alarms = itertools.count(1)
    handler_before = signal.signal(signal.SIGALRM, lambda signum, frame: _on_alarm(alarms, frame))
    unraisable_before, sys.unraisablehook = sys.unraisablehook, _say_nothing
    timer_before = signal.setitimer(signal.ITIMER_REAL, seconds, 0.01)
    try:
        return _guard(call)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        _raise_no_more()
        sys.unraisablehook = unraisable_before
        signal.signal(signal.SIGALRM, handler_before)
        if timer_before[0]:
            signal.setitimer(signal.ITIMER_REAL, *timer_before)


def can_limit() -> bool:
    """Whether a call can be cut off here: with interval timers, in the main thread."""
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


def _guard(call: Callable[[], Any]) -> tuple[Any, BaseException | None]:
    try:
        return call(), None
    except BaseException as error:
        return None, error


def _say_nothing(unraisable: object) -> None:
    """An alarm in a finalizer is lost, and Python would print so; the next one follows."""


def _is_guard(frame: FrameType) -> bool:
    """Whether this frame runs `_guard`; by name, since tests wrap every function of the package."""
    return frame.f_code.co_name == "_guard" and frame.f_code.co_filename == __file__


def _may_raise(frame: FrameType | None, strict: bool = True) -> bool:
    """Whether `_guard` has called what runs here; if `strict`, with nothing else of this file between."""
    if frame is None or _is_guard(frame):
        return False
    above: FrameType | None = frame
    while above is not None and not _is_guard(above):
        if strict and above.f_code.co_filename == __file__:
            return False
        above = above.f_back
    return above is not None


def _on_alarm(alarms: Iterator[int], frame: FrameType | None) -> None:
    # Before 3.12 an alarm may cut another short: that, too, is a moment nobody can foresee.
    if not _may_raise(frame, strict=sys.version_info >= (3, 12)):
        return  # the call has just ended, or hasn't begun
    # A bare `except:` may swallow this. Come back soon, at a moment nobody can foresee: sooner or later one
    # falls outside the innermost `try`, and so on up to us.
    signal.setitimer(signal.ITIMER_REAL, 10 ** random.uniform(-5.5, -2.5), 0.01)
    if next(alarms) > PATIENCE:
        _raise_at_every_line()
    raise TimeLimit


def _raise_at_every_line() -> None:
    """From now on each line that the main thread begins in the call raises TimeLimit.

    Python 3.12 looks at signals only at backward jumps and calls. Where a loop holds nothing but a `try`,
    these lie inside the `try`, and hardly an alarm gets out. The lines of its `except`, however, lie outside:
    raised there, TimeLimit goes on to the next `try` around it, and so on up to us.
    """
    if sys.version_info >= (3, 12) and sys.monitoring.get_tool(TOOL) is None:
        lines = sys.monitoring.events.LINE
        sys.monitoring.use_tool_id(TOOL, __name__)
        sys.monitoring.register_callback(TOOL, lines, lambda code, line: _on_line(code))
        sys.monitoring.set_events(TOOL, lines)


def _raise_no_more() -> None:
    if sys.version_info >= (3, 12) and sys.monitoring.get_tool(TOOL) == __name__:
        sys.monitoring.set_events(TOOL, 0)
        sys.monitoring.register_callback(TOOL, sys.monitoring.events.LINE, None)
        sys.monitoring.free_tool_id(TOOL)


def _on_line(code: CodeType) -> None:
    frame: FrameType | None = sys._getframe()  # the line's own lies one or two above
    while frame is not None and frame.f_code is not code:
        frame = frame.f_back
    if frame is None or code.co_code[frame.f_lasti] in KEEPS_EXC_INFO:
        return
    in_main_thread = threading.current_thread() is threading.main_thread()
    if in_main_thread and _may_raise(frame):
        raise TimeLimit
