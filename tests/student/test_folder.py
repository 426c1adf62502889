"""Does a student get a folder to work in, and does an update of it keep what they wrote?"""

import json
import shutil

import pytest

from othello_interp import cli
from othello_interp.notebooks import files
from othello_interp.student import folder as student_folder

SECOND = "02_direct_logit_attribution.ipynb"


@pytest.fixture
def course(tmp_path, root, monkeypatch):
    """A copy of the course that may be changed."""
    copy = tmp_path / "course of mine"
    shutil.copytree(root / "notebooks", copy / "notebooks")
    monkeypatch.setenv("OTHELLO_INTERP_ROOT", str(copy))
    return copy


@pytest.fixture
def mine(course, tmp_path):
    folder = tmp_path / "my-course"
    assert cli.main(["start", str(folder)]) == 0
    return folder


def change(path, index, source):
    notebook = files.read(path)
    notebook.cells[index].source = source
    files.write(notebook, path)


def texts(folder):
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_start_makes_a_folder_and_says_what_to_type(course, tmp_path, capsys):
    folder = tmp_path / "a" / "my course"
    assert cli.main(["start", str(folder)]) == 0
    said = capsys.readouterr().out
    assert f"{len(list((course / 'notebooks').glob('*.ipynb')))} notebooks" in said
    assert "Begin with 01_setup.ipynb" in said
    assert f"cd {folder}" in said
    assert "jupyter lab" in said
    for path in (course / "notebooks").glob("*.ipynb"):
        assert (folder / path.name).read_bytes() == path.read_bytes()
    assert "othello-interp update" in (folder / "README.md").read_text(encoding="utf-8")


def test_start_touches_nothing_that_exists(mine, capsys):
    before = texts(mine)
    assert cli.main(["start", str(mine)]) == 2
    said = capsys.readouterr().err
    assert "exists already and is not empty" in said
    assert f"othello-interp update {mine}" in said
    assert texts(mine) == before


def test_an_update_keeps_the_answer_and_brings_the_new_text(course, mine, capsys):
    cells = files.read(mine / SECOND).cells
    stub = next(i for i, cell in enumerate(cells) if files.role(cell) == "stub")
    change(mine / SECOND, stub, "my answer")
    worked_in = (mine / SECOND).read_bytes()
    change(course / "notebooks" / SECOND, 0, "# A better title")
    assert cli.main(["update", str(mine)]) == 0
    said = capsys.readouterr().out
    assert "replaced: # A better title" in said
    assert "01_setup.ipynb: up to date" in said
    now = files.read(mine / SECOND).cells
    assert now[0].source == "# A better title"
    assert now[stub].source == "my answer"
    (backup,) = (mine / "backups").rglob("*.ipynb")
    assert backup.read_bytes() == worked_in
    assert str(backup.parent) in said

    before = texts(mine)
    assert cli.main(["update", str(mine)]) == 0
    assert texts(mine) == before


def test_a_notebook_that_was_deleted_stays_away_and_a_new_one_comes(course, mine, capsys):
    (mine / SECOND).unlink()
    shutil.copy(course / "notebooks" / "01_setup.ipynb", course / "notebooks" / "06_more.ipynb")
    assert cli.main(["update", str(mine)]) == 0
    assert not (mine / SECOND).exists()
    assert (mine / "06_more.ipynb").is_file()
    assert "left out: you have moved or deleted it" in capsys.readouterr().out


def damaged_notebook(mine):
    (mine / SECOND).write_text("{]")


def damaged_record(mine):
    (mine / ".course" / "course.json").write_text('{"version": "new"}')


def newer(mine):
    (mine / ".course" / "course.json").write_text('{"version": "99.0.0"}')


def in_the_way(mine):
    (mine / ".course" / SECOND).unlink()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (damaged_notebook, f"{SECOND} is not a notebook that can be read"),
        (damaged_record, "course.json is damaged"),
        (newer, "version 99.0.0 of the course, newer than this package's"),
        (in_the_way, f"{SECOND}, and"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_changed(course, mine, capsys, spoil, words):
    change(course / "notebooks" / "01_setup.ipynb", 0, "# A better title")
    spoil(mine)
    before = texts(mine)
    assert cli.main(["update", str(mine)]) == 2
    assert words in capsys.readouterr().err
    assert texts(mine) == before


def test_another_folder_is_no_course(course, tmp_path, capsys):
    (tmp_path / "other").mkdir()
    assert cli.main(["update", str(tmp_path / "other")]) == 2
    assert "is not a folder made by `othello-interp start`" in capsys.readouterr().err


def test_the_record_says_which_version_it_is(mine):
    record = json.loads((mine / ".course" / "course.json").read_text())
    assert student_folder._as_numbers(record["version"]) > (0,)
