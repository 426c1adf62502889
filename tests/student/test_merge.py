"""Is every line that a student wrote still there after an update, whatever they did to the notebook?"""

from collections import Counter

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from othello_interp.student.merge import merge, plain


def code(name: str, source: str):
    return new_code_cell(source, id=name)


def notebook(*cells):
    return new_notebook(cells=list(cells))


GIVEN = notebook(
    new_markdown_cell("# Title", id="title"),
    code("setup", "import torch"),
    code("stub", "def f(x):\n    raise NotImplementedError"),
    code("check", 'check("1.1", f)'),
    new_markdown_cell("The end.", id="end"),
)
NEW = notebook(
    new_markdown_cell("# A better title", id="title"),
    code("setup", "import torch\nimport numpy"),
    new_markdown_cell("Think first.", id="think"),
    code("stub", "def f(x):\n    # clearer\n    raise NotImplementedError"),
    code("check", 'check("1.1", f)'),
)
ANSWER = "def f(x):\n    return x + 1"


def worked_in(change):
    """A copy of the given notebook after `change(cells)`."""
    mine = nbformat.from_dict(GIVEN)
    change(mine.cells)
    return mine


def sources(merged) -> list[str]:
    return [cell.source for cell in merged.notebook.cells]


def test_untouched_cells_are_replaced_and_the_answer_stays():
    merged = merge(GIVEN, NEW, worked_in(lambda cells: cells[2].update(source=ANSWER)))
    assert sources(merged) == [
        "# A better title", "import torch\nimport numpy", "Think first.", ANSWER, 'check("1.1", f)',
    ]  # fmt: skip
    assert merged.done == [
        "replaced: # A better title",
        "replaced: import torch",
        "changed by you and by the course, yours kept: def f(x):",
        "removed: The end.",
        "new: Think first.",
    ]


def test_own_cells_stay_behind_the_cell_they_followed():
    merged = merge(GIVEN, NEW, worked_in(lambda cells: cells.insert(2, code("mine", "x = 3"))))
    assert sources(merged)[1:4] == ["import torch\nimport numpy", "x = 3", "Think first."]


def test_a_changed_cell_that_the_course_dropped_is_kept():
    merged = merge(GIVEN, NEW, worked_in(lambda cells: cells[4].update(source="The end. I liked it.")))
    assert sources(merged)[-1] == "The end. I liked it."
    assert "no longer in the course, kept since you changed it: The end. I liked it." in merged.done


def test_deleted_cells_stay_away_and_moved_cells_where_they_are():
    def change(cells):
        del cells[0]
        cells.append(cells.pop(0))

    merged = merge(GIVEN, NEW, worked_in(change))
    assert "# A better title" not in sources(merged)
    assert sources(merged)[-2:] == ["import torch\nimport numpy", "Think first."]


def test_ids_that_were_dropped_are_found_by_their_text():
    mine = worked_in(lambda cells: cells[2].update(source=ANSWER))
    for cell in mine.cells:
        del cell["id"]
    merged = merge(GIVEN, NEW, mine)
    assert sources(merged)[0] == "# A better title"
    assert ANSWER in sources(merged)
    nbformat.validate(merged.notebook)


def test_outputs_of_cells_that_did_not_change_stay():
    def change(cells):
        cells[3].outputs = [nbformat.v4.new_output("stream", text="passed")]

    merged = merge(GIVEN, NEW, worked_in(change))
    assert merged.notebook.cells[4].outputs[0].text == "passed"


LINE = st.text("abc #=", max_size=6)
SOURCE = st.lists(LINE, min_size=1, max_size=3).map("\n".join)
EDIT = st.one_of(
    st.tuples(st.just("write"), st.integers(0, 9), SOURCE),
    st.tuples(st.just("add"), st.integers(0, 9), SOURCE),
    st.tuples(st.just("delete"), st.integers(0, 9), st.just("")),
    st.tuples(st.just("move"), st.integers(0, 9), SOURCE),
    st.tuples(st.just("double"), st.integers(0, 9), st.just("")),
    st.tuples(st.just("split"), st.integers(0, 9), st.just("")),
    st.tuples(st.just("drop ids"), st.just(0), st.just("")),
    st.tuples(st.just("turn into text"), st.integers(0, 9), st.just("")),
)


def edited(original, edits):
    """What a student, or their editor, may make of a notebook."""
    mine = nbformat.from_dict(original)
    cells = mine.cells
    for kind, place, source in edits:
        if kind == "add" or not cells:
            cells.insert(place % (len(cells) + 1), new_code_cell(source))
            continue
        place %= len(cells)
        cell = cells[place]
        if kind == "write":
            cell.source = source
        elif kind == "delete":
            del cells[place]
        elif kind == "move":
            cells.insert(len(source) % len(cells), cells.pop(place))
        elif kind == "double":
            cells.insert(place, nbformat.from_dict(cell))
        elif kind == "split":
            first, _, second = cell.source.partition("\n")
            cell.source = first
            cells.insert(place + 1, new_code_cell(second))
        elif kind == "drop ids":
            for other in cells:
                other.pop("id", None)
        elif cell.cell_type == "code":
            cells[place] = new_markdown_cell(cell.source, **({"id": cell.id} if "id" in cell else {}))
    return mine


@st.composite
def courses(draw):
    """A notebook as it was given and as it is now: cells changed, added, removed, moved."""
    names = [f"c{i}" for i in range(draw(st.integers(1, 6)))]
    old = notebook(*(code(name, draw(SOURCE)) for name in names))
    later = draw(st.permutations([*names, "n1", "n2"]))
    chosen = later[: draw(st.integers(0, len(later)))]
    texts = {cell.id: cell.source for cell in old.cells}
    new = notebook(
        *(
            code(name, draw(SOURCE) if draw(st.booleans()) or name not in texts else texts[name])
            for name in chosen
        )
    )
    return old, new


@settings(max_examples=400, deadline=None)
@given(courses(), st.lists(EDIT, max_size=6))
def test_no_line_of_the_students_is_lost_and_updating_twice_changes_nothing(course, edits):
    old, new = course
    mine = edited(old, edits)
    merged = merge(old, new, mine)
    once = merged.notebook
    # What is not, as a cell, word for word the course's own must be there as often as it was.
    theirs = Counter(plain(cell.source) for cell in old.cells)
    own = Counter(plain(cell.source) for cell in mine.cells) - theirs
    kept = Counter(plain(cell.source) for cell in once.cells)
    assert not own - kept
    assert len({cell.id for cell in once.cells}) == len(once.cells)
    nbformat.validate(once)
    again = merge(new, new, once)
    assert again.notebook == once
    assert again.done == []


@settings(max_examples=200, deadline=None)
@given(courses())
def test_a_notebook_nobody_touched_becomes_the_new_one(course):
    old, new = course
    merged = merge(old, new, old)
    assert [(c.id, c.source) for c in merged.notebook.cells] == [(c.id, c.source) for c in new.cells]


@settings(max_examples=200, deadline=None)
@given(courses(), st.lists(EDIT, max_size=6))
def test_an_update_that_was_cut_off_can_be_done_again(course, edits):
    """The notebook was written, the record of what was given was not."""
    old, new = course
    mine = edited(old, edits)
    once = merge(old, new, mine).notebook
    again = merge(old, new, once).notebook
    theirs = {plain(cell.source) for cell in [*old.cells, *new.cells]}
    before, now = (
        Counter(plain(c.source) for c in n.cells if plain(c.source) not in theirs) for n in (mine, again)
    )
    assert before == now
    assert len({cell.id for cell in again.cells}) == len(again.cells)


@pytest.mark.parametrize("mine", [notebook(), GIVEN, NEW])
def test_the_inputs_stay_as_they_are(mine):
    before = [nbformat.from_dict(n) for n in (GIVEN, NEW, mine)]
    merge(GIVEN, NEW, mine)
    assert before == [GIVEN, NEW, mine]
