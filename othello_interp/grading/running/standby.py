"""Children that run no code of students and so may serve several of them, one after the other."""

import threading
from collections.abc import Callable
from typing import TypeVar

from othello_interp.grading.running.handle import Child, Lost

T = TypeVar("T")


class Standby:
    """Children waiting for work. What is lost on one that has served before is tried again on a fresh one.

    Args:
        fork: makes a child.
        uses: how often one is asked before another takes its place; a fork costs as much as a few requests.
    """

    def __init__(self, fork: Callable[[], Child], uses: int) -> None:
        self._fork, self._uses = fork, uses
        self._lock = threading.Lock()
        self._idle: list[tuple[Child, int]] = []

    def ask(self, talk: Callable[[Child], T]) -> T:
        """What `talk` makes of a child; Lost if a fresh one is lost on it."""
        with self._lock:
            child, used = self._idle.pop() if self._idle else (None, 0)
        while True:
            child = child or self._fork()
            try:
                answer = talk(child)
            except Lost:
                child.close()
                if not used:
                    raise
                child, used = None, 0
                continue
            except BaseException:
                child.close()
                raise
            break
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
