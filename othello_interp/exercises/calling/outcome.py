"""What happened when a student's function was called, as plain data.

Imports no torch: the grader's own process makes outcomes, and holds no tensors.
"""

from dataclasses import dataclass, field
from typing import Any

from othello_interp.exercises.status import OF_A_CALL, Status

MAX_DEPTH = 20  # of lists in lists, in what is taken from a student's function


@dataclass(frozen=True)
class Opaque:
    """Something that isn't plain data, by the name of its type."""

    type_name: str


@dataclass(frozen=True)
class Outcome:
    """What happened when a function was called on one case.

    Attributes:
        case: the case's name.
        status: one of OF_A_CALL.
        value: what it returned, as plain data.
        error: last line of the traceback, such as "KeyError: 'post'".
        traceback: the frames of the student's own code.
        changed: names of the arguments that were changed in place.
        global_data: names of global tensors, arrays and models that the function reads.
        printed: what it printed, cut short.
        seconds: wall time.
    """

    case: str
    status: Status
    value: Any = None
    error: str = ""
    traceback: str = ""
    changed: tuple[str, ...] = field(default=())
    global_data: tuple[str, ...] = field(default=())
    printed: str = ""
    seconds: float = 0.0

    def __post_init__(self) -> None:
        if type(self.status) is not Status or self.status not in OF_A_CALL:
            expected = ", ".join(sorted(OF_A_CALL))
            raise ValueError(f"outcome status is {self.status!r}, expected a Status: one of {expected}")
        texts = (self.case, self.error, self.traceback, self.printed, *self.changed, *self.global_data)
        if not all(type(text) is str for text in texts) or type(self.seconds) is not float:
            raise ValueError("an outcome's texts must be strings and its seconds a float")
