"""Does all but the grader work where there is no Linux? Windows is imitated: what it lacks is taken away.

The continuous integration runs the tests on a real Windows and a real Mac: .github/workflows/ci.yml.
"""

import argparse
import ast
import subprocess
import sys
from pathlib import Path

import pytest

from othello_interp import cli
from othello_interp.grading import command
from othello_interp.grading.sandbox.limits import SandboxError

# Where only Linux is meant: the sandbox, and the processes that run in it.
LINUX_ONLY = tuple(
    f"othello_interp.grading.{name}" for name in ("sandbox.", "running.zygote", "running.keeper")
)
AS_ON_WINDOWS = """
import asyncio, concurrent.futures.process, ctypes, importlib, multiprocessing.resource_tracker
import os, signal, socket, subprocess, sys, tempfile
# What others wrote knows Windows, but not a Linux that calls itself so: it is imported before.
import IPython, filelock, ipykernel, ipywidgets, jupyter_client, nbclient, nbconvert, pandas, platformdirs
import plotly.graph_objects, torch, transformer_lens, zmq

absent = {"fcntl", "grp", "pty", "pwd", "resource", "termios"}
for name in absent:
    sys.modules.pop(name, None)

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
for owner, names in (
    (os, "fork forkpty getuid geteuid getpgid killpg setsid O_NOFOLLOW "
         "sched_getaffinity memfd_create mkfifo uname waitid WNOHANG"),
    (signal, "setitimer getitimer ITIMER_REAL SIGALRM SIGKILL SIGCHLD SIGBUS SIGHUP pthread_sigmask"),
    (socket, "AF_UNIX SOCK_SEQPACKET SCM_RIGHTS CMSG_LEN send_fds recv_fds"),
):
    for name in names.split():
        if hasattr(owner, name):
            delattr(owner, name)
sys.platform = "win32"
"""


def as_on_windows(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", AS_ON_WINDOWS + code]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_every_module_but_the_sandbox_can_be_imported_without_linux(root):
    modules = [
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        for path in sorted((root / "othello_interp").rglob("*.py"))
    ]
    wanted = [name for name in modules if not name.startswith(LINUX_ONLY)]
    assert len(wanted) > 50
    result = as_on_windows(
        "failed = []\n"
        f"for name in {wanted!r}:\n"
        "    try: importlib.import_module(name)\n"
        "    except Exception as error: failed.append(f'{name}: {error!r}')\n"
        "print('\\n'.join(failed))"
    )
    assert result.returncode == 0, result.stderr[-2000:]
    assert result.stdout.strip() == ""


def test_an_answer_is_checked_without_alarms_and_forks():
    result = as_on_windows(
        "from othello_interp import check\n"
        "from othello_interp.neurons import cosine_similarity\n"
        "os.environ['OTHELLO_INTERP_PROGRESS'] = os.path.join(tempfile.mkdtemp(), 'progress.json')\n"
        "check('2.3', cosine_similarity)\n"
        "check('1.1', lambda label: 17)"
    )
    assert result.returncode == 0, result.stderr[-2000:]
    assert "2.3" in result.stdout
    assert "C0" in result.stdout or "1.1" in result.stdout


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="a folder in which not even root can write")
def test_without_widgets_and_without_a_home_that_can_be_written_one_line_says_so(monkeypatch):
    for name in ("XDG_DATA_HOME", "OTHELLO_INTERP_PROGRESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/proc/self")
    code = (
        "import sys; sys.modules['ipywidgets'] = None\n"
        "from othello_interp import check, hint, progress, solution, utils\n"
        "from othello_interp.board import initial_board\n"
        "assert utils.plot_board(initial_board(), return_fig=True).data\n"
        "for _ in range(2): check('1.1', lambda label: 3)\n"
        "hint('1.1'); solution('1.1'); progress()"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr[-2000:]
    assert result.stdout.count("could not be saved") == 1
    assert "Kept in" not in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize(("system", "platform"), [("Windows", "win32"), ("Darwin", "darwin")])
def test_grading_elsewhere_is_one_clear_line(monkeypatch, capsys, system, platform, tmp_path):
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr("platform.system", lambda: system)
    assert cli.main(["grade", str(tmp_path), "--out", str(tmp_path / "report")]) == 2
    said = capsys.readouterr().err
    assert said.startswith(
        f"othello-interp: Grading needs Linux, which locks in what it runs; this is {system}."
    )
    assert said.count("\n") == 1
    assert not (tmp_path / "report").exists()
    with pytest.raises(SandboxError, match="Grading needs Linux"):
        command.main(argparse.Namespace())


def test_text_files_are_read_and_written_as_utf8(root):
    """Elsewhere Python's default may be another encoding. The sandbox, on Linux only, is not looked at."""
    wrong = []
    for path in [root / "start.py", *(root / "othello_interp").rglob("*.py")]:
        if "sandbox" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            named = {keyword.arg for keyword in node.keywords}
            if node.func.attr in ("read_text", "write_text") and "encoding" not in named:
                wrong.append(f"{path.relative_to(root)}:{node.lineno}")
    assert not wrong, "\n".join(wrong)
