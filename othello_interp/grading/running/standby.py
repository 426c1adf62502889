"""Children that run no code of students and so may serve several of them, one after the other."""

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from othello_interp.grading.running.handle import Handle, Lost

T = TypeVar("T")


class Standby:
    """Children waiting for work. What is lost on one that has served before is tried again on a fresh one.

    Args:
        fork: makes a child.
        uses: how often one is asked before another takes its place; a fork costs as much as a few requests.
    """

    def __init__(self, fork: Callable[[], Handle], uses: int) -> None:
        self._fork, self._uses = fork, uses
        self._lock = threading.Lock()
        self._idle: list[tuple[Handle, int]] = []

    def ask(self, talk: Callable[[Handle], T]) -> T:
        """What `talk` makes of a child; Lost if a fresh one is lost on it."""
        with self._lock:
            child, used = self._idle.pop() if self._idle else (None, 0)
        if child is not None:
            with suppress(Lost):
                return self._ask(child, used, talk)
        return self._ask(self._fork(), 0, talk)

    def _ask(self, child: Handle, used: int, talk: Callable[[Handle], T]) -> T:
        try:
            answer = talk(child)
        except BaseException:
            child.close()
            raise
        if used + 1 < self._uses:
            with self._lock:
                self._idle.append((child, used + 1))
        else:
            child.close()
        return answer

    def close(self) -> None:
        """End the children that are waiting."""
        with self._lock:
            idle, self._idle = self._idle, []
        for child, _ in idle:
            child.close()
