"""A file is the old one or the whole new one."""

import errno
import os
import subprocess
import sys

import pytest

from othello_interp import cli
from othello_interp.errors import FileError
from othello_interp.storage import whole_file as whole_file_module
from othello_interp.storage.whole_file import whole_file, write_text


def test_an_error_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "kept.txt"
    path.write_text("old")
    with pytest.raises(UnicodeEncodeError), whole_file(path) as temporary:
        temporary.write_text("ne\ud800", encoding="utf-8")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_kill_while_writing_leaves_the_old_file(tmp_path):
    path = tmp_path / "kept.txt"
    path.write_text("old")
    code = (
        "import os, signal, sys\nfrom pathlib import Path\n"
        "from othello_interp.storage.whole_file import whole_file\n"
        "with whole_file(Path(sys.argv[1])) as temporary:\n"
        "    temporary.write_text('ne')\n    os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", code, path], timeout=60)
    assert killed.returncode == -9
    assert path.read_text() == "old"


def test_folders_are_made_and_text_that_did_not_change_is_not_written(tmp_path):
    path = tmp_path / "new" / "folder" / "text.txt"
    write_text(path, "é\n")
    assert path.read_text(encoding="utf-8") == "é\n"
    os.utime(path, (1, 1))
    write_text(path, "é\n")
    assert path.stat().st_mtime == 1
    write_text(path, "other\n")
    assert path.stat().st_mtime > 1
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_is_no_text_is_replaced(tmp_path):
    path = tmp_path / "text.txt"
    path.write_bytes(b"\xff\xfe\xff")
    write_text(path, "text")
    assert path.read_text() == "text"


def test_what_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    path = tmp_path / "file" / "a.txt"
    with (
        pytest.raises(FileError, match=rf"{path} can't be written: .*File exists: '{path.parent}'"),
        whole_file(path),
    ):
        pass


def test_a_read_only_checkout_is_told_of_the_option(monkeypatch, tmp_path, capsys):
    """As where the checkout is mounted read-only, which root's own rights can't get round."""

    def refuse(dir):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(dir / "x"))

    monkeypatch.setenv("OTHELLO_INTERP_ROOT", str(tmp_path))
    (tmp_path / "notebooks").mkdir()
    monkeypatch.setattr(whole_file_module, "TemporaryFile", refuse)
    assert cli.main(["run"]) == 2
    assert capsys.readouterr().err == (
        f"othello-interp: {tmp_path}/build/notebooks can't be written to: Read-only file system. "
        "Name another folder with --out.\n"
    )
