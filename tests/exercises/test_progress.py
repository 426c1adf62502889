"""Is the record of a student's progress kept, whatever happens to the process or the file?"""

import errno
import json
import os
import signal
import subprocess
import sys
import time
import warnings

import platformdirs
import platformdirs.unix
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


def test_the_usual_place(monkeypatch, tmp_path):
    monkeypatch.delenv("OTHELLO_INTERP_PROGRESS")
    monkeypatch.setattr(platformdirs, "PlatformDirs", platformdirs.unix.Unix)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert progress_file.progress_path() == tmp_path / "othello-interp" / "progress.json"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    assert progress_file.progress_path() == tmp_path / "me/.local/share/othello-interp/progress.json"


@pytest.fixture
def homeless(monkeypatch, progress_path):
    """No HOME, and a user id that has no entry in the table of users, as in a container."""

    def nobody(number):
        raise KeyError(f"getpwuid(): uid not found: {number}")

    monkeypatch.setattr("pwd.getpwuid", nobody)
    for name in ("HOME", "XDG_DATA_HOME", "OTHELLO_INTERP_PROGRESS"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_home_progress_lasts_as_long_as_the_kernel(homeless, monkeypatch, progress_path):
    unsaved = "could not be saved (there is no home folder) and is kept until this kernel ends"
    assert update_progress("9.1", lambda entry: checked(entry, Status.WRONG))[0] == Entry(Status.WRONG, 1)
    entry, note = update_progress("9.1", passed)
    assert entry == Entry(Status.PASSED, 2)
    assert unsaved in note
    entries, note = read_progress()
    assert entries == {"9.1": entry}
    assert unsaved in note
    # Once there is a place for it, it is saved with what was there.
    progress_path.write_text('{"exercises": {"9.2": {"status": "passed"}}}')
    monkeypatch.setenv("OTHELLO_INTERP_PROGRESS", str(progress_path))
    update_progress("9.3", passed)
    monkeypatch.setattr(progress_file, "_unsaved", {})
    assert read_progress()[0].keys() == {"9.1", "9.2", "9.3"}


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="a folder in which not even root can write")
def test_a_folder_in_which_nothing_can_be_written(monkeypatch):
    monkeypatch.setenv("OTHELLO_INTERP_PROGRESS", "/proc/self/progress.json")
    begin = time.monotonic()
    for tries in (1, 2):
        entry, note = update_progress("9.1", lambda entry: checked(entry, Status.WRONG))
        assert entry == Entry(Status.WRONG, tries)
        assert "could not be saved" in note
    assert time.monotonic() - begin < progress_file.LOCK_SECONDS  # nobody waits for a lock there
    assert read_progress()[0] == {"9.1": entry}


@pytest.mark.skipif(os.name == "nt", reason="file locks are those of POSIX")
@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_without_locks_progress_is_saved_all_the_same(monkeypatch, progress_path, number):
    def no_locks(fd, operation):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", no_locks)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for tries in (1, 2):
            entry, note = update_progress("9.1", lambda entry: checked(entry, Status.WRONG))
            assert entry == Entry(Status.WRONG, tries)
            assert note == "" or note.startswith("Work in one notebook at a time: your progress could not be")
            assert note or number == errno.ENOSYS  # where filelock has another kind of lock
    assert json.loads(progress_path.read_text())["exercises"]["9.1"]["tries"] == 2
    assert read_progress() == ({"9.1": entry}, "")


def test_a_lock_that_is_never_let_go_holds_nobody_up_for_ever(monkeypatch, progress_path):
    monkeypatch.setattr(progress_file, "LOCK_SECONDS", 0.2)
    progress_path.parent.mkdir(exist_ok=True)
    code = f"import filelock, sys; l = filelock.FileLock({str(progress_path.with_suffix('.lock'))!r}); "
    holder = subprocess.Popen(
        [sys.executable, "-c", code + "l.acquire(); print(1, flush=True); sys.stdin.read()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    holder.stdout.readline()
    entry, note = update_progress("9.1", passed)
    holder.communicate()
    assert entry == read_progress()[0]["9.1"] == Entry(Status.PASSED, 1)
    assert note.startswith("Work in one notebook at a time")


def test_a_file_that_cannot_be_read_is_not_written_over(monkeypatch, progress_path):
    progress_path.mkdir()  # reading it is an OSError
    _, note = update_progress("9.1", passed)
    assert "could not be saved" in note
    assert progress_path.is_dir()


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
