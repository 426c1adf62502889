"""Does the project stay as it was, whatever stops the work on its copy, and is the work moved back whole?"""

import os
import shutil
import signal

import pytest

from othello_interp.authoring.adopting import staging
from othello_interp.authoring.adopting.staging import Staging, finish_moving
from othello_interp.errors import FileError, OthelloInterpError

OLD = {
    "README.md": "old readme",
    "data/model": "old model",
    "data/manifest": "old manifest",
    "docs/page.md": "a page",
    "notebooks/01.ipynb": "old notebook",
    "tests/test_x.py": "a test",
    ".ci/run": "what runs the tests",
}
NEW = {
    "README.md": "new readme",
    "data/model": "new model",
    "data/manifest": "new manifest",
    "data/more": "more",
}


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "build" not in path.relative_to(folder).parts
    }


def write(folder, contents):
    for name, text in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture
def project(tmp_path):
    write(tmp_path / "project", OLD | {"data/__pycache__/x.pyc": "cache", ".git/HEAD": "history"})
    return tmp_path / "project"


@pytest.fixture
def worked_on(project):
    """A copy on which all the work is done."""
    work = Staging(project, project / "build" / "adopt", key="a")
    not_moved = {"tests/test_x.py": "tests are not moved back", "data/__pycache__/y.pyc": "nor caches"}
    write(work.copy, NEW | not_moved)
    return work


def test_the_copy_is_whole_and_the_project_untouched(project):
    before = files(project)
    work = Staging(project, project / "build" / "adopt", key="a")
    assert files(work.copy) == OLD
    assert work.changed() == []
    write(work.copy, NEW)
    assert work.changed() == sorted(NEW)
    assert files(project) == before


def test_what_has_changed_is_moved_back_and_the_old_is_kept(project, worked_on):
    before = files(project)
    assert worked_on.move_back() == sorted(NEW)
    assert files(project) == before | NEW
    assert files(worked_on.folder / "replaced") == {name: OLD[name] for name in NEW if name in OLD}
    assert not worked_on.copy.exists()
    assert finish_moving(project, worked_on.folder) == []
    assert not Staging(project, worked_on.folder, key="a").resumed


def test_work_goes_on_with_the_same_key_only(project):
    folder = project / "build" / "adopt"
    work = Staging(project, folder, key="a")
    assert not work.resumed
    write(work.copy, NEW)
    work.finish("first")
    again = Staging(project, folder, key="a")
    assert again.resumed
    assert (again.done("first"), again.done("second")) == (True, False)
    assert again.changed() == sorted(NEW)
    for key, anew in (("b", False), ("b", True)):
        other = Staging(project, folder, key=key, anew=anew)
        assert not other.resumed
        assert not other.done("first")
        assert other.changed() == []
        other.finish("first")


def test_a_copy_that_was_cut_short_is_made_again(project, monkeypatch):
    folder = project / "build" / "adopt"

    def half(source, target, **_):
        write(target, {"data/model": "old mo"})
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copytree", half)
        with pytest.raises(KeyboardInterrupt):
            Staging(project, folder, key="a")
    work = Staging(project, folder, key="a")
    assert not work.resumed
    assert files(work.copy) == OLD


# --- the project is edited meanwhile ---


def test_edits_are_taken_over_and_what_comes_after_them_is_done_again(project, worked_on):
    worked_on.finish("model")
    worked_on.finish("pages")
    write(worked_on.copy, {"notebooks/01.ipynb": "old notebook, with new figures"})
    write(project, {"notebooks/01.ipynb": "better words", "tests/test_y.py": "another test"})
    (project / "docs" / "page.md").unlink()
    work = Staging(project, worked_on.folder, key="a")
    assert work.refresh(["pages"]) == ["docs/page.md", "notebooks/01.ipynb", "tests/test_y.py"]
    assert (work.done("model"), work.done("pages")) == (True, False)
    now = files(work.copy)
    assert now["notebooks/01.ipynb"] == "better words"
    assert now["tests/test_y.py"] == "another test"
    assert "docs/page.md" not in now
    assert work.changed() == sorted(NEW)
    assert work.refresh(["pages"]) == []
    work.move_back()
    assert files(project)["notebooks/01.ipynb"] == "better words"


def test_an_edit_in_data_makes_the_work_begin_again(project, worked_on):
    write(project, {"data/manifest": "edited"})
    with pytest.raises(OthelloInterpError, match=r"manifest was changed since the work began.*--anew"):
        worked_on.refresh([])


def test_what_was_edited_at_the_last_moment_is_not_overwritten(project, worked_on):
    write(project, {"README.md": "edited"})
    before = files(project)
    with pytest.raises(OthelloInterpError, match=r"README\.md was changed during the work. Run the same"):
        worked_on.move_back()
    assert files(project) == before


# --- moving back is cut short ---


@pytest.mark.parametrize("at", range(len(NEW)))
def test_moving_back_that_fails_is_finished_by_the_next_use(project, worked_on, monkeypatch, at):
    """After any number of files: each is whole, old or new, and the next use has them all new."""
    before, moved = files(project), []

    def replace(source, target):
        if len(moved) == at:
            raise PermissionError(13, "Permission denied")
        moved.append(target)
        return real(source, target)

    real = os.replace
    with monkeypatch.context() as patch:
        patch.setattr(staging, "_replace", replace)
        with pytest.raises(FileError, match=r"Permission denied\. .* finishes what it has begun"):
            worked_on.move_back()
    now = files(project)
    assert {name for name in now if now[name] != before.get(name)} == set(sorted(NEW)[:at])
    assert finish_moving(project, worked_on.folder) == sorted(NEW)
    assert files(project) == before | NEW
    assert files(worked_on.folder / "replaced") == {name: OLD[name] for name in NEW if name in OLD}


def killed(work):
    """Do this work in a child that a kill ends in the middle of it."""
    child = os.fork()
    if not child:
        try:
            work()
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a child process")
@pytest.mark.parametrize("at", range(len(NEW)))
def test_a_kill_while_moving_back_loses_nothing(project, worked_on, monkeypatch, at):
    before, moved = files(project), []

    def replace(source, target):
        if len(moved) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        moved.append(target)
        return os.replace(source, target)

    monkeypatch.setattr(staging, "_replace", replace)
    killed(worked_on.move_back)
    monkeypatch.undo()
    now = files(project)
    assert {name for name in now if now[name] != before.get(name)} == set(sorted(NEW)[:at])
    assert finish_moving(project, worked_on.folder) == sorted(NEW)
    assert files(project) == before | NEW
    assert finish_moving(project, worked_on.folder) == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a child process")
@pytest.mark.parametrize("name", ["state.json", "journal.json"])
def test_a_kill_between_the_last_steps_loses_nothing(project, worked_on, monkeypatch, name):
    """As the journal and the state are removed."""
    before, unlink = files(project), staging.Path.unlink

    def kill_at(path, **options):
        if path.name == name:
            os.kill(os.getpid(), signal.SIGKILL)
        unlink(path, **options)

    monkeypatch.setattr(staging.Path, "unlink", kill_at)
    killed(worked_on.move_back)
    monkeypatch.undo()
    finish_moving(project, worked_on.folder)
    assert files(project) == before | NEW
    assert not Staging(project, worked_on.folder, key="a").resumed
