"""What reading a submission has to know of an exercise: names, no answers."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@runtime_checkable
class Question(Protocol):
    """An exercise as far as reading a submission is concerned: an Exercise record is one too."""

    @property
    def id(self) -> str: ...

    @property
    def title(self) -> str: ...

    @property
    def notebook(self) -> str: ...

    @property
    def function(self) -> str: ...

    @property
    def open(self) -> bool: ...


@dataclass(frozen=True)
class NamedQuestion:
    """A Question that is nothing more than one, for a process that is not to see the record."""

    id: str
    title: str
    notebook: str
    function: str
    open: bool
