"""Set the project up in .venv and use it. Needs Python 3.11 or later and nothing else.

    python3 start.py lab     open the notebooks in JupyterLab
    python3 start.py run     execute every notebook, blank and solved, and say where the HTML is
    python3 start.py test    run the tests
    python3 start.py site    build the website in build/site
    python3 start.py setup   only install, everything

Further words are handed on: `python3 start.py test -k board`. The first use installs the exact versions of
constraints.txt, for `lab` and `run` only what a student needs; later ones install again only when that file
or pyproject.toml has changed.
"""

import hashlib
import os
import platform
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
STAMP = VENV / "installed"
STUDENTS, DEVELOPERS = "lab", "dev"  # extras of pyproject.toml; the second contains the first
# Everything is read anew, and a warning, such as one of a dead link, is an error.
SPHINX = ["--quiet", "--fresh-env", "--fail-on-warning", "--keep-going", "-c", "docs", "-d", "build/doctrees"]
COMMANDS = {
    "lab": (STUDENTS, ["-m", "jupyterlab", "notebooks"]),
    "run": (STUDENTS, ["-m", "othello_interp.cli", "run"]),
    # Two at a time, each file in one process: its fixtures (models, a grader) are made once.
    "test": (DEVELOPERS, ["-m", "pytest", "-n", "2", "--dist", "loadfile"]),
    "site": (DEVELOPERS, ["-m", "sphinx", *SPHINX, ".", "build/site"]),
    "setup": (DEVELOPERS, None),
}


def wanted(extra: str) -> str:
    """What an up-to-date stamp holds: it changes with the interpreter and with what is to be installed."""
    files = b"".join((ROOT / name).read_bytes() for name in ("constraints.txt", "pyproject.toml"))
    return f"{extra} {hashlib.sha256(files + sys.version.encode() + str(ROOT).encode()).hexdigest()}"


def no_pytorch() -> str:
    """Why there is no PyTorch for this machine, as far as it can be told beforehand; "" if there is."""
    system, machine = platform.system(), platform.machine().lower()
    if system == "Darwin" and machine == "x86_64":
        return "There is no current PyTorch for Macs with an Intel processor"
    libc, version = platform.libc_ver()
    if libc == "glibc" and tuple(map(int, version.split(".")[:2])) < (2, 28):
        return f"PyTorch needs glibc 2.28 or later (Debian 10, Ubuntu 20.04, RHEL 8); this is {version}"
    if system == "Linux" and libc != "glibc" and any(Path("/lib").glob("ld-musl-*")):
        return "PyTorch needs Linux with glibc; Alpine and others with musl have none"
    if sys.maxsize < 2**32:
        return "PyTorch needs a 64-bit Python"
    return ""


def set_up(extra: str) -> None:
    stamps = {wanted(extra), wanted(DEVELOPERS)}
    if STAMP.exists() and STAMP.read_text(encoding="utf-8") in stamps:
        return
    if reason := no_pytorch():
        sys.exit(f"{reason}. Nothing was installed.")
    print(f"Installing into {VENV} (a few minutes, once) …", flush=True)
    try:
        venv.create(VENV, clear=True, with_pip=True)
    except subprocess.CalledProcessError:
        sys.exit("Python could not make a virtual environment. On Debian: apt install python3-venv")
    pip = [BIN / "python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-compile"]
    subprocess.run([*pip, "-c", "constraints.txt", "-e", f".[{extra}]"], cwd=ROOT, check=True)
    STAMP.write_text(wanted(extra), encoding="utf-8")


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036, this file runs before anything checks the version
        sys.exit(f"Python 3.11 or later is needed; this is {sys.version.split()[0]}.")
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(__doc__)
    extra, command = COMMANDS[sys.argv[1]]
    try:
        set_up(extra)
    except subprocess.CalledProcessError as error:
        sys.exit(f"Installing failed (pip's exit status {error.returncode}); its messages are above.")
    if command is None:
        return 0
    return subprocess.run([BIN / "python", *command, *sys.argv[2:]], cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
