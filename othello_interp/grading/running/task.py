"""What children are asked, coded where the inputs are made: the grader's own process only passes it on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """One exercise as a child is asked it: no expected value, no points, nothing that helps to forge.

    Attributes:
        requests: for each case the message to the child, coded once for everybody.
        names: the cases' names.
    """

    exercise: str
    function: str
    seconds: float
    requests: tuple[bytes, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Draft:
    """All of an exam that is needed before the first submission runs.

    Attributes:
        tasks: by notebook.
        zygote: what `zygote.prepare` takes, as `encode` writes it.
    """

    tasks: tuple[tuple[str, tuple[Task, ...]], ...]
    zygote: bytes
