"""One student's files below a folder, within limits; and the notebooks in the zips among them.

`collect` opens no file and runs in the grader's own process. `unpack` reads what students packed: it belongs
into a limited process.
"""

from io import BufferedIOBase, BytesIO

from othello_interp.grading.submissions.handed_in import (
    MAX_DEPTH,
    MAX_ZIP,
    MAX_ZIP_DEPTH,
    Budget,
    Collected,
    File,
)
from othello_interp.grading.submissions.names import JUNK, brief
from othello_interp.grading.submissions.tree import Node, NotAZip, kind_of, open_zip, zipped

OTHERS_NAMED = 5


def collect(node: Node, budget: Budget, prefix: str = "") -> Collected:
    """The notebooks and zips at and below a node, those nearest to the top first. Raises nothing.

    Args:
        prefix: what the files' names begin with; a folder's own name is not part of them.
    """
    found = Collected()
    if node.children is None:
        _take(node, prefix + node.name, budget, found)
        return found
    level = [(prefix, node)]
    for _ in range(MAX_DEPTH):
        level = _next_level(level, budget, found)
        if not level:
            return found
    found.problems.append(f"folders more than {MAX_DEPTH} deep were not looked into")
    return found


def _next_level(level: list[tuple[str, Node]], budget: Budget, found: Collected) -> list[tuple[str, Node]]:
    """Take the files in these folders; the folders in them."""
    deeper = []
    for prefix, node in level:
        inside = []
        try:
            for child in node.children() if node.children else ():
                budget.entries -= 1
                if budget.entries < 0:
                    break
                inside.append(child)
        except OSError as error:
            found.problems.append(f"the folder {brief(node.name)} can't be read: {error.strerror or error}")
        for child in sorted(inside, key=lambda child: child.name):
            if JUNK.fullmatch(child.name):
                continue
            if child.children is not None:
                deeper.append((f"{prefix}{child.name}/", child))
            else:
                _take(child, prefix + child.name, budget, found)
        if budget.entries < 0:
            found.problems.append("it holds so many files that not all of them were looked at")
            return []
    return deeper


def _take(node: Node, name: str, budget: Budget, found: Collected) -> None:
    if node.problem:
        found.problems.append(node.problem)
    elif node.file is None or kind_of(node.name) == "roster":
        if len(found.others) < OTHERS_NAMED:
            found.others.append(brief(node.name))
    else:
        file = node.file(name)
        if budget.files < 1:
            return
        budget.files -= 1
        budget.size -= file.size
        if budget.files < 1 or budget.size < 0:
            budget.files = 0
            found.problems.append(
                f"{brief(node.name)} and what comes after it were not read: too many or too large files"
            )
        else:
            found.files.append(file)


def unpack(stream: BufferedIOBase, name: str, budget: Budget, depth: int = 1) -> Collected:
    """The notebooks in a zip that a student handed in, and in zips inside it. Raises nothing.

    Args:
        stream: of the zip, can be sought in. It must stay open until the files have been read.
        name: of the zip, for messages; the files' names begin with it.
        budget: what is left of it goes to the student's next zip.
    """
    found = Collected()
    try:
        archive = open_zip(stream)
    except NotAZip as error:
        found.problems.append(f"{brief(name)}: {error}")
        return found
    inside = collect(zipped(archive, name, clock=name), budget, prefix=f"{name}/")
    found.problems += [f"{brief(name)}: {problem}" for problem in inside.problems]
    found.others += inside.others
    found.add(unpack_all(inside.files, budget, depth))
    return found


def _unpack_file(file: File, budget: Budget, depth: int) -> Collected:
    try:
        data = file.read()
    except Exception as error:  # a damaged zip has many ways to say so
        return Collected(
            problems=[f"{brief(file.name)} can't be read: {type(error).__name__}: {error}"[:300]]
        )
    if len(data) > MAX_ZIP:
        return Collected(problems=[f"{brief(file.name)} is larger than {MAX_ZIP // 2**20} MB"])
    return unpack(BytesIO(data), file.name, budget, depth)


def unpack_all(files: list[File], budget: Budget, depth: int = 0) -> Collected:
    """The notebooks among a student's files and in the zips among them, `depth` zips deep."""
    found = Collected()
    for file in files:
        if file.kind == "notebook":
            found.files.append(file)
        elif depth >= MAX_ZIP_DEPTH:
            found.problems.append(f"{brief(file.name)} is a zip {depth} zips deep and was not opened")
        else:
            found.add(_unpack_file(file, budget, depth + 1))
    return found
