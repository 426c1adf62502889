"""Bring a newer version of a notebook into one that a student has worked in. Nothing they wrote is lost.

Three notebooks go in: what the student was given, what the course has now, and what the student has. A cell
is the course's if it has the id of a given cell or, where ids were dropped (Colab), its text. It is untouched
if its text is still the given one; only untouched cells are replaced or removed.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass, field

import nbformat
from nbformat import NotebookNode

OWN = "own-"  # how the ids begin that cells of the student's get here
MAX_NAMED = 60  # letters of a cell's first line in the list of what was done


@dataclass(frozen=True)
class Merged:
    """A notebook brought up to date, and a line for each thing that was done to it."""

    notebook: NotebookNode
    done: list[str] = field(default_factory=list)


@dataclass
class _Cell:
    """A cell of the result, and the id of the course's cell that it is, "" for one of the student's own."""

    node: NotebookNode
    course: str = ""


def merge(given: NotebookNode, new: NotebookNode, mine: NotebookNode) -> Merged:
    """The student's notebook `mine` with what changed in the course from `given` to `new`.

    Cells that the student moved stay where they are, and cells that they deleted stay away; where they moved
    nothing, the course's order holds. Merging the result once more with `given=new` changes nothing.
    """
    done: list[str] = []
    before = {cell.id: cell for cell in given.cells}
    after = {cell.id: cell for cell in new.cells}
    cells = _recognised(before, after, mine)
    moved = not _in_order([cell.course for cell in cells if cell.course in before], list(before))
    cells = _brought_up_to_date(cells, before, after, done)
    if not moved:
        cells = _in_the_order_of(list(after), cells)
    present = {cell.course for cell in cells}
    for place, (name, cell) in enumerate(after.items()):
        if name not in before and name not in present:
            _insert(cells, _Cell(nbformat.from_dict(cell), name), list(after)[:place])
            present.add(name)
            done.append(f"new: {_name(cell)}")
    result = nbformat.from_dict(mine)
    result.cells = [cell.node for cell in cells]
    _give_ids(cells, set(before))
    return Merged(result, done)


def plain(source: str) -> str:
    """A cell's text as it is compared: without spaces at the ends of lines."""
    return "\n".join(line.rstrip() for line in source.strip().splitlines())


def _recognised(
    before: dict[str, NotebookNode], after: dict[str, NotebookNode], mine: NotebookNode
) -> list[_Cell]:
    """The student's cells, each with the id of the course's cell that it is.

    Of copies, one that is untouched, or the first, is the course's. New cells are looked for too, since an
    update that was cut off may have put them there.
    """
    cells = [_Cell(nbformat.from_dict(cell)) for cell in mine.cells]
    taken: set[str] = set()
    for course in (before, after):
        texts = {name: (cell.cell_type, plain(cell.source)) for name, cell in course.items()}
        names: dict[tuple[str, str], list[str]] = {}
        for name, text in texts.items():
            names.setdefault(text, []).append(name)
        ways = (
            lambda name, text: [name] if texts.get(name) == text else [],  # noqa: B023  (used here only)
            lambda name, text: [name] if name in texts else [],  # noqa: B023
            lambda name, text: [] if name.startswith(OWN) else names.get(text, []),  # noqa: B023
        )
        for way in ways:
            for cell in cells:
                text = (cell.node.cell_type, plain(cell.node.source))
                found = [name for name in way(cell.node.get("id", ""), text) if name not in taken]
                if found and not cell.course:
                    cell.course = found[0]
                    taken.add(cell.course)
    return cells


def _brought_up_to_date(
    cells: list[_Cell], before: dict[str, NotebookNode], after: dict[str, NotebookNode], done: list[str]
) -> list[_Cell]:
    """Untouched cells replaced by their new version, or left out where there is none any more."""
    kept = []
    for cell in cells:
        old, now = before.get(cell.course), after.get(cell.course)
        text = plain(cell.node.source)
        untouched = old is not None and text == plain(old.source)
        if now is not None and text == plain(now.source):
            cell.node.source, cell.node.metadata = now.source, nbformat.from_dict(now.metadata)
        elif old is None or now is None:
            if untouched:
                done.append(f"removed: {_name(cell.node)}")
                continue
            if old is not None:
                done.append(f"no longer in the course, kept since you changed it: {_name(cell.node)}")
                cell.course = ""
        elif untouched:
            cell.node = nbformat.from_dict(now)
            done.append(f"replaced: {_name(cell.node)}")
        elif plain(now.source) != plain(old.source):
            done.append(f"changed by you and by the course, yours kept: {_name(cell.node)}")
        kept.append(cell)
    return kept


def _in_order(names: list[str], order: list[str]) -> bool:
    place = {name: number for number, name in enumerate(order)}
    places = [place[name] for name in names]
    return places == sorted(places)


def _in_the_order_of(order: list[str], cells: list[_Cell]) -> list[_Cell]:
    """The cells in the course's order; the student's own stay behind the cell that they followed."""
    place = {name: number for number, name in enumerate(order)}
    groups: list[tuple[int, list[_Cell]]] = [(-1, [])]
    for cell in cells:
        if cell.course:
            groups.append((place[cell.course], []))
        groups[-1][1].append(cell)
    return [cell for _, group in sorted(groups, key=lambda group: group[0]) for cell in group]


def _insert(cells: list[_Cell], cell: _Cell, preceding: list[str]) -> None:
    """Put a new cell of the course behind the nearest that precedes it, and what is the student's there."""
    places = {other.course: index for index, other in enumerate(cells) if other.course}
    at = next((places[name] + 1 for name in reversed(preceding) if name in places), 0)
    while at and at < len(cells) and not cells[at].course:
        at += 1
    cells.insert(at, cell)


def _give_ids(cells: list[_Cell], before: set[str]) -> None:
    """An id of its own for each cell. One of the student's that has none, or one of the course's, gets a new
    one, made from its text and its place among its likes."""
    seen = {cell.course for cell in cells if cell.course} | before
    counts: Counter[str] = Counter()
    for cell in cells:
        name = cell.node.get("id", "")
        if cell.course:
            cell.node["id"] = cell.course
        elif not name or name in seen:
            while not name or name in seen:
                counts[cell.node.source] += 1
                text = f"{counts[cell.node.source]}\n{cell.node.source}"
                name = OWN + hashlib.sha256(text.encode(errors="replace")).hexdigest()[:12]
            cell.node["id"] = name
        seen.add(cell.node["id"])


def _name(cell: NotebookNode) -> str:
    """What to call a cell: its exercise, or its first line."""
    ours = cell.metadata.get("othello_interp", {})
    lines = plain(cell.source).splitlines() or ["an empty cell"]
    about = f"{ours['role']} of exercise {ours['exercise']}" if {"role", "exercise"} <= ours.keys() else ""
    return about or lines[0][:MAX_NAMED]
