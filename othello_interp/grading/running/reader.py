"""In a limited child: open and read what one student handed in, and hand back a plan of bounded size.

Runs in the same sandbox as students' code and runs none. The files come as open descriptors, so that it needs
to see no folder.
"""

import os
import socket
from dataclasses import dataclass
from functools import partial
from io import BufferedIOBase
from typing import Any

from othello_interp.grading.running import wire
from othello_interp.grading.sandbox.limits import CHANNEL
from othello_interp.grading.submissions.handed_in import Collected, File, Label
from othello_interp.grading.submissions.paper import read_paper
from othello_interp.grading.submissions.reading import Lessons
from othello_interp.grading.typed import from_plain, to_plain

MAX_PAPER = 4 * 2**20
MAX_FILES = 200  # of one student; the kernel passes on 253 at a time


@dataclass(frozen=True)
class Labels:
    """What one student handed in, but for the contents of the files, which follow as descriptors."""

    files: list[Label]
    problems: list[str]
    others: list[str]


def serve(descriptor: int) -> None:
    """Read submissions: what the course is, then for each a request with its files, and an answer."""
    channel = socket.socket(fileno=descriptor)
    lessons = from_plain(Lessons, wire.receive(channel))
    while True:
        request = wire.receive(channel)
        descriptors = wire.receive_files(channel, MAX_FILES)
        try:
            said = answer(lessons, request, descriptors)
        except Exception as error:
            said = {"error": f"{type(error).__name__}: {error}"[:500]}
        os.closerange(CHANNEL + 1, 1 << 16)
        wire.send(channel, said, MAX_PAPER)


def _opened(descriptor: int) -> BufferedIOBase:
    return os.fdopen(descriptor, "rb", closefd=False)


def answer(lessons: Lessons, request: Any, descriptors: list[int]) -> dict[str, Any]:
    """The plan for a request with these files."""
    labels = from_plain(Labels, request)
    files = [
        File(**vars(label), open=partial(_opened, number))
        for number, label in zip(descriptors, labels.files, strict=True)
    ]
    return to_plain(read_paper(Collected(files, labels.problems, labels.others), lessons))
