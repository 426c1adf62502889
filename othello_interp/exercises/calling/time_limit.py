"""Call a function under a time limit, in the main thread; Windows has no timers for it."""

import random
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any


class TimeLimit(BaseException):
    """The time is up. Not an Exception, so that an ordinary `except Exception` lets it through."""


def call_limited(call: Callable[[], Any], seconds: float) -> tuple[Any, BaseException | None]:
    """The result of `call()` and None, or None and what it raised, which after `seconds` is TimeLimit.

    Catches everything, SystemExit and KeyboardInterrupt included. Without interval timers, or in another
    thread, there is no limit. A long call into C (one large matrix product) ends before the limit acts.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return _guard(call)
    handler_before = signal.signal(signal.SIGALRM, _on_alarm)
    unraisable_before, sys.unraisablehook = sys.unraisablehook, _say_nothing
    timer_before = signal.setitimer(signal.ITIMER_REAL, seconds, 0.01)
    try:
        return _guard(call)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = unraisable_before
        signal.signal(signal.SIGALRM, handler_before)
        if timer_before[0]:
            signal.setitimer(signal.ITIMER_REAL, *timer_before)


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


def _on_alarm(signum: int, frame: FrameType | None) -> None:
    if frame is None or _is_guard(frame):
        return  # the call has just ended, or hasn't begun
    above = frame.f_back
    while above is not None and not _is_guard(above):
        above = above.f_back
    if above is None:
        return
    # A bare `except:` may swallow this. Come back soon, at a moment nobody can foresee: sooner or later one
    # falls outside the innermost `try`, and so on up to us.
    signal.setitimer(signal.ITIMER_REAL, 10 ** random.uniform(-5.5, -2.5), 0.01)
    raise TimeLimit
