"""The sample course in place of the real one, and a progress file of each test's own."""

import pytest
import sample_course

from othello_interp.exercises import checker
from othello_interp.exercises.showing import progress_file


@pytest.fixture(autouse=True)
def progress_path(tmp_path, monkeypatch):
    path = tmp_path / "progress.json"
    monkeypatch.setenv("OTHELLO_INTERP_PROGRESS", str(path))
    monkeypatch.setattr(progress_file, "_unsaved", {})
    return path


@pytest.fixture
def sample_solutions(tmp_path, monkeypatch):
    """A solutions folder that holds the sample course's references."""
    folder = tmp_path / "solutions"
    folder.mkdir()
    (folder / f"{sample_course.NOTEBOOK}.py").write_text(sample_course.SOLUTIONS)
    monkeypatch.setenv("OTHELLO_INTERP_SOLUTIONS", str(folder))
    return folder


@pytest.fixture
def course(sample_solutions, monkeypatch):
    """The sample course, as check() and the others see it."""
    checker.answer_key.cache_clear()
    exercises = sample_course.course()
    monkeypatch.setattr(checker, "exercises", lambda: exercises)
    yield exercises
    checker.answer_key.cache_clear()
