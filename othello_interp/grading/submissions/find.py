"""Find each student's files in a folder or zip, under the names that learning platforms give them.

Everything that lies at the top and isn't known to be somebody else's leads to one student, who has a row,
whatever can be read of it. No file of a student's is opened here.
"""

import os
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from othello_interp.errors import OthelloInterpError
from othello_interp.grading.submissions.collect import collect
from othello_interp.grading.submissions.handed_in import Budget, Collected
from othello_interp.grading.submissions.names import (
    JUNK,
    OTHERS,
    brief,
    export,
    key_for,
    printable,
    remainder,
)
from othello_interp.grading.submissions.roster import Group, read_roster
from othello_interp.grading.submissions.tree import Node, NotAZip, folder, kind_of, on_disk, open_zip, zipped

MAX_STUDENTS = 50_000  # entries at the top
MAX_CONTENTS = 32 * 2**20  # bytes of the table of contents of a class's zip


@dataclass
class Submission:
    """What one student handed in.

    Attributes:
        found: the files, not yet opened.
        email: the student's address, where the platform tells it.
        key: a file name for the student's results: nobody else's in the class, the same in every run.
    """

    student: str
    id: str = ""
    found: Collected = field(default_factory=Collected)
    email: str = ""
    key: str = ""

    def __post_init__(self) -> None:
        self.key = self.key or key_for(self.student, self.id)

    @property
    def shown(self) -> str:
        """The name as it can be printed."""
        return printable(self.student) or "?"


class SubmissionsError(OthelloInterpError):
    """The folder or zip of submissions as a whole can't be used."""


def find_submissions(
    path: Path,
    notebooks: tuple[str, ...],
    *,
    one: bool = False,
    out: Path | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> list[Submission]:
    """The submissions in a folder, a zip or a single notebook, ordered by name.

    Args:
        notebooks: stems of the course's notebooks; a file name's remainder is the student's name.
        one: everything in it is one student's.
        out: the report's folder, which is left out if it lies inside.
        say: takes a line about what was left out.
    """
    root = _root(path, out, say)
    if root.children is None or one:
        return [Submission(path.stem, found=collect(root, Budget()))]
    root = _without_wrappers(root, notebooks)
    found: dict[tuple[str, str], Submission] = {}
    left_out, loose = [], []
    top = _top(root)
    people = _people(top, say)
    for node in top:
        known = export(node.name)
        if known is None and node.children is None:
            if OTHERS.fullmatch(node.name):
                left_out.append(node.name)
                continue
            if node.file is None and not node.problem:
                loose.append(node)
                continue
        student, number = known or _student(node, notebooks, path.stem)
        email = ""
        if node.name in people:
            student, email = people[node.name].names, people[node.name].addresses
        submission = found.setdefault((student, number), Submission(student, number, email=email))
        try:
            submission.found.add(collect(node, Budget()))
        except Exception as error:  # whatever it is, it holds up nobody else
            problem = f"{brief(node.name)} can't be looked through ({type(error).__name__}: {error})"[:300]
            submission.found.problems.append(problem)
    only = next(iter(found), ("", ""))[0] if len(found) == 1 else ""
    for node in loose:  # in one student's folder theirs, in a class somebody's
        student = path.stem if only == path.stem else remainder(node.name, notebooks) or node.name
        found.setdefault((student, ""), Submission(student)).found.others.append(brief(node.name))
    if left_out:
        say(f"Nobody's submission, left out: {', '.join(brief(name) for name in left_out[:20])}.")
    if not found:
        raise SubmissionsError(f"{path} holds no notebooks (.ipynb): are the submissions somewhere else?")
    _make_keys_differ(found.values())
    return sorted(found.values(), key=lambda submission: (submission.student.lower(), submission.id))


def _root(path: Path, out: Path | None, say: Callable[[str], None]) -> Node:
    if not path.exists():
        raise SubmissionsError(f"There is nothing at {path}: expected a folder, a zip or a notebook.")
    if path.is_dir():
        return folder(path, _report(path, out, say))
    if kind_of(path.name) == "notebook" and (node := on_disk(path.resolve())):
        return node
    if not zipfile.is_zipfile(path):
        raise SubmissionsError(f"{path} is neither a folder nor a zip nor a notebook.")
    try:
        return zipped(open_zip(path.open("rb"), MAX_CONTENTS), path.stem)
    except NotAZip as error:
        raise SubmissionsError(f"{path}: {error}. Unpack it and give the folder.") from None


def _report(path: Path, out: Path | None, say: Callable[[str], None]) -> os.stat_result | None:
    """Stat of the report's folder if it lies among the submissions."""
    if out is None or not out.exists() or not out.resolve().is_relative_to(path.resolve()):
        return None
    if out.samefile(path):
        raise SubmissionsError(f"{path} is the folder of the submissions: --out must name another.")
    say(f"{out} is this report and lies among the submissions: it was left out.")
    return out.stat()


def _top(root: Node) -> list[Node]:
    """What lies at the top, junk left out."""
    assert root.children is not None
    try:
        nodes = list(islice(root.children(), MAX_STUDENTS + 1))
    except OSError as error:
        raise SubmissionsError(f"{brief(root.name)} can't be read: {error.strerror}.") from None
    if len(nodes) > MAX_STUDENTS:
        raise SubmissionsError(f"{brief(root.name)} holds more than {MAX_STUDENTS:,} files: is it a class?")
    return sorted((node for node in nodes if not JUNK.fullmatch(node.name)), key=lambda node: node.name)


def _people(top: list[Node], say: Callable[[str], None]) -> dict[str, Group]:
    """Names and addresses by folder, from the list that Gradescope puts beside them."""
    for node in top:
        if kind_of(node.name) == "roster" and node.file is not None:
            try:
                return read_roster(node.file(node.name).read())
            except (ValueError, OSError, zipfile.BadZipFile) as error:
                say(f"{node.name} gives no names: {error}.")
    return {}


def _without_wrappers(root: Node, notebooks: tuple[str, ...]) -> Node:
    """The folder whose contents are the students': take off folders around everything."""
    while True:
        top = [node for node in _top(root) if node.children or not OTHERS.fullmatch(node.name)]
        if len(top) != 1 or top[0].children is None or not _is_class(top[0], notebooks):
            return root
        root = top[0]


def _is_class(node: Node, notebooks: tuple[str, ...]) -> bool:
    """Whether a folder seems to hold students, not one student's files."""
    if export(node.name) or node.children is None:
        return False
    try:
        names = {child.name for child in islice(node.children(), MAX_STUDENTS)}
    except OSError:
        return False
    if names & {".git", "pyproject.toml"}:  # a repository that was handed in
        return False
    inside = _top(node)
    own = [
        remainder(child.name, notebooks)
        for child in inside
        if child.file is not None and not OTHERS.fullmatch(child.name)
    ]
    return all(own) and (bool(own) or any(child.children is not None for child in inside))


def _student(node: Node, notebooks: tuple[str, ...], default: str) -> tuple[str, str]:
    """The student's name and number from a name that is of no platform's kind."""
    if node.children is not None:
        return node.name, ""
    return remainder(node.name, notebooks) or default, ""


def _make_keys_differ(submissions: Iterable[Submission]) -> None:
    """Also where capitals don't count: the report may be copied to such a file system."""
    taken: set[str] = set()
    for submission in submissions:
        digits = 5
        while submission.key.casefold() in taken:
            digits += 1
            submission.key = key_for(submission.student, submission.id, digits)
        taken.add(submission.key.casefold())
