"""Run one student's notebooks, each in a process of its own, and collect what its functions return, unread.

Where a child is lost (a loop that can't be interrupted, a crash, too much memory), what it was doing is
left out and another child goes on with the rest. Runs in the grader, or in a worker of a cluster: it needs
no solutions.
"""

import time
from dataclasses import dataclass, field
from typing import Any

from othello_interp.exercises.calling.encode import encode, outcome_status
from othello_interp.exercises.calling.outcome import Outcome
from othello_interp.exercises.status import GOES_ON, Status
from othello_interp.grading.running.handle import Lost
from othello_interp.grading.running.room import Guest, Room
from othello_interp.grading.sandbox.limits import Limits
from othello_interp.grading.submissions.plan import Plan, Step

GRACE = 2.0  # seconds between a child's own time limit and the parent's


@dataclass(frozen=True)
class Task:
    """One exercise as a child is asked it: no expected value, no points, nothing that helps to forge.

    Attributes:
        requests: for each case the message to the child, coded once for everybody: the grader's own process
            only passes it on.
        names: the cases' names.
    """

    exercise: str
    function: str
    seconds: float
    requests: tuple[bytes, ...]
    names: tuple[str, ...]


@dataclass
class NotebookRun:
    """What came of one notebook: coded outcomes by exercise, remarks for the student, children lost."""

    outcomes: dict[str, list[bytes]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    losses: list[str] = field(default_factory=list)
    seconds: float = 0.0
    cpu: float = 0.0
    memory: int = 0


def run_plan(room: Room, limits: Limits, stem: str, plan: Plan, tasks: tuple[Task, ...]) -> NotebookRun:
    """Run one notebook of a student: the steps of its plan, then its exercises' tasks."""
    return _Runner(room, limits, stem, plan.steps, tasks).run()


class _Runner:
    def __init__(
        self, room: Room, limits: Limits, stem: str, steps: list[Step], tasks: tuple[Task, ...]
    ) -> None:
        self.room, self.limits, self.stem, self.steps, self.tasks = room, limits, stem, steps, tasks
        self.result = NotebookRun()
        self.cut_down: set[int] = set()  # steps of which only the definitions are run
        self.left_out: set[int] = set()
        self.had_enough: set[int] = set()  # steps that get no second chance
        self.begin = time.monotonic()

    def run(self) -> NotebookRun:
        """Start children until one gets to the end."""
        while True:
            if self._left() <= 0:
                self._give_up(
                    f"the time for the whole notebook, {self.limits.total_seconds:g} s, was used up"
                )
            if all(task.exercise in self.result.outcomes for task in self.tasks):
                break
            child = self.room.admit(self.stem)
            try:
                if self._cells(child) and self._calls(child):
                    break
            finally:
                usage = child.close()
                self.result.cpu += usage.get("cpu", 0.0)
                self.result.memory = max(self.result.memory, usage.get("memory", 0))
        self.result.seconds = self._spent()
        return self.result

    def _spent(self) -> float:
        return time.monotonic() - self.begin

    def _left(self) -> float:
        return self.limits.total_seconds - self._spent()

    def _cells(self, child: Guest) -> bool:
        """Run the steps; whether the child survived them. Cells that failed get a second chance at the end,
        when everything they may need has been defined; then a statement that fails no longer holds up those
        that follow it."""
        failed: dict[int, str] = {}
        remarks: list[str] = []
        for index, step in enumerate(self.steps):
            hurry = self._spent() > self.limits.total_seconds / 2  # leave time for the answers
            answer = self._cell(child, index, "definitions" if hurry or index in self.cut_down else "all")
            if answer is None:
                return False
            status, error, said = answer
            remarks += [f"{step.label}: {remark}" for remark in said]
            if status != "ran":
                failed[index] = error if status == "failed" else f"does not parse: {error}"
        for index, error in failed.items():
            if index in self.had_enough:
                remarks.append(f"{self.steps[index].label}: {error}")
                continue
            hurry = self._spent() > self.limits.total_seconds / 2
            answer = self._cell(child, index, "definitions" if hurry else "each")
            if answer is None:
                return False
            if answer[0] != "ran" or hurry:
                remarks.append(f"{self.steps[index].label}: {error}")
        self.result.remarks = remarks
        return True

    def _cell(self, child: Guest, index: int, parts: str) -> tuple[str, str, list[str]] | None:
        """Status, error and remarks of one step; None if the child was lost on it."""
        if index in self.left_out:
            return "ran", "", []
        if self._left() <= 0:
            return None
        step, seconds = self.steps[index], min(self.limits.seconds, self._left())
        request = {
            "op": "cell",
            "label": step.label,
            "source": step.source,
            "functions": list(step.functions),
            "seconds": seconds,
            "before": step.before,
            "parts": parts,
        }
        try:
            answer = child.request(request, seconds + GRACE)
        except Lost as lost:
            self.result.losses.append(f"{step.label} {lost}; it was left out.")
            next_time = {"all": self.cut_down, "each": self.had_enough, "definitions": self.left_out}
            next_time[parts].add(index)
            return None
        return _cell_answer(answer)

    def _calls(self, child: Guest) -> bool:
        """Call the functions that haven't been called yet; whether the child survived."""
        for task in self.tasks:
            if task.exercise in self.result.outcomes:
                continue
            if self._left() <= 0:
                return False
            outcomes = self.result.outcomes.setdefault(task.exercise, [])
            for name, request in zip(task.names, task.requests, strict=True):
                seconds = min(task.seconds, max(0.0, self._left()))
                try:
                    outcomes.append(child.request_coded([request], seconds + GRACE))
                except Lost as lost:
                    outcomes.append(encode(Outcome(name, Status.LOST, error=f"It {lost}.")))
                    self.result.losses.append(f"Exercise {task.exercise}: `{task.function}` {lost}.")
                    return False
                if outcome_status(outcomes[-1]) not in (*GOES_ON, ""):
                    break
        return True

    def _give_up(self, reason: str) -> None:
        self.result.losses.append(reason[0].upper() + reason[1:] + ".")
        for task in self.tasks:
            if task.exercise not in self.result.outcomes:
                self.result.outcomes[task.exercise] = [
                    encode(Outcome(task.names[0], Status.LOST, error=f"It was not run: {reason}."))
                ]


def _cell_answer(answer: Any) -> tuple[str, str, list[str]]:
    """A child's answer on a cell, taken with care: nothing in it counts for points."""
    answer = answer if isinstance(answer, dict) else {}
    remarks = answer.get("remarks")
    remarks = [_text(item, 200) for item in remarks[:20]] if isinstance(remarks, list) else []
    return _text(answer.get("status"), 20), _text(answer.get("error"), 500), remarks


def _text(value: Any, length: int) -> str:
    return value[:length] if isinstance(value, str) else ""
