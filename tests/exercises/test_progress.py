"""Is the record of a student's progress kept, whatever happens to the process or the file?"""

import json
import signal
import subprocess
import sys
import time

import pytest

from othello_interp.exercises.showing import progress_file
from othello_interp.exercises.showing.progress_file import Entry, checked, read_progress, update_progress
from othello_interp.exercises.status import Status


def passed(entry: Entry) -> Entry:
    return checked(entry, Status.PASSED)


def test_entries_are_kept(progress_path):
    assert read_progress() == ({}, "")
    assert update_progress("9.1", lambda entry: checked(entry, Status.WRONG)) == (Entry(Status.WRONG, 1), "")
    update_progress("9.2", passed)
    assert update_progress("9.1", passed) == (Entry(Status.PASSED, 2), "")
    assert read_progress() == ({"9.1": Entry(Status.PASSED, 2), "9.2": Entry(Status.PASSED, 1)}, "")
    assert json.loads(progress_path.read_text())["exercises"]["9.1"]["status"] == "passed"


@pytest.mark.parametrize(
    "status",
    [Status.NOT_ATTEMPTED, Status.ABSENT, Status.INTERRUPTED, Status.BROKEN, Status.OPEN],
)
def test_what_is_no_try_is_not_counted(status):
    assert checked(Entry(Status.WRONG, 3), status) == Entry(Status.WRONG, 3)


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"\xff\xfe", b"[]", b"null", b'{"exercises": 3}', b'{"exercises": {"9.1": {"points": 3}}}',
        b'{"exercises": {"9.1": {"status": 3}}}',
        b'{"exercises": {"9.1": {"status": "perfect"}}}', b"[" * 100_000,
    ],
)  # fmt: skip
def test_a_damaged_file_is_set_aside_not_lost(progress_path, content):
    for number in (1, 2):
        progress_path.write_bytes(content)
        entry, note = update_progress("9.1", passed)
        aside = progress_path.with_suffix(f".damaged-{number}.json")
        assert entry == Entry(Status.PASSED, 1)
        assert str(aside) in note
        assert aside.read_bytes() == content
        assert read_progress() == ({"9.1": entry}, "")


def test_a_folder_that_cannot_be_written_is_said(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("OTHELLO_INTERP_PROGRESS", str(tmp_path / "file" / "progress.json"))
    entry, note = update_progress("9.1", passed)
    assert entry == Entry(Status.PASSED, 1)
    assert "could not be saved" in note


@pytest.mark.parametrize(
    ("platform", "variable", "tail"),
    [
        ("linux", "XDG_DATA_HOME", ("othello-interp", "progress.json")),
        ("win32", "APPDATA", ("othello-interp", "progress.json")),
    ],
)
def test_the_usual_place(monkeypatch, tmp_path, platform, variable, tail):
    monkeypatch.delenv("OTHELLO_INTERP_PROGRESS")
    monkeypatch.setattr(progress_file.sys, "platform", platform)
    monkeypatch.setenv(variable, str(tmp_path))
    assert progress_file.progress_path() == tmp_path.joinpath(*tail)


WRITER = """
import sys
from othello_interp.exercises.showing.progress_file import Entry, update_progress
from dataclasses import replace
for _ in range(int(sys.argv[2])):
    update_progress(sys.argv[1], lambda entry: replace(entry, tries=entry.tries + 1))
"""


def writer(name: str, times: int) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", WRITER, name, str(times)])


class Killed(BaseException):
    """Stands for the end of the process."""


def test_a_file_half_written_is_not_the_file(monkeypatch, progress_path):
    update_progress("9.9", passed)

    def half(content, file, **kwargs):
        text = json.dumps(content, **kwargs)
        file.write(text[: len(text) // 2])
        raise Killed

    monkeypatch.setattr(progress_file.json, "dump", half)
    with pytest.raises(Killed):
        update_progress("9.1", passed)
    assert read_progress() == ({"9.9": Entry(Status.PASSED, 1)}, "")
    monkeypatch.undo()
    monkeypatch.setenv("OTHELLO_INTERP_PROGRESS", str(progress_path))
    update_progress("9.1", passed)
    assert set(read_progress()[0]) == {"9.1", "9.9"}


def test_a_kill_at_any_moment_leaves_a_whole_file(progress_path):
    update_progress("9.9", passed)
    for _ in range(8):
        process = writer("9.1", 10**6)
        before, end = progress_path.stat().st_mtime_ns, time.monotonic() + 60
        while progress_path.stat().st_mtime_ns == before:  # until it has begun to write
            assert time.monotonic() < end, "the writer does not write"
            time.sleep(0.001)
        time.sleep(0.013)
        process.send_signal(signal.SIGKILL)
        process.wait()
        entries, note = read_progress()
        assert note == ""
        assert entries["9.9"] == Entry(Status.PASSED, 1)
        assert entries["9.1"].tries > 0
    assert update_progress("9.1", passed)[1] == ""
    assert sorted(path.name for path in progress_path.parent.glob("progress.damaged*")) == []


@pytest.mark.skipif(sys.platform == "win32", reason="file locks are those of POSIX")
def test_two_notebooks_at_once_lose_nothing(progress_path):
    processes = [writer(name, 100) for name in ("9.1", "9.2", "9.1")]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    entries, _ = read_progress()
    assert (entries["9.1"].tries, entries["9.2"].tries) == (200, 100)
