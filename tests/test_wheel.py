"""Does the package work when it is installed like any other: from its wheel, away from any checkout?

The wheel is put into an environment of its own; what it depends on comes from this one.
"""

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import nbformat
import pytest
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from othello_interp.notebooks import opening

pytestmark = pytest.mark.slow
STRANGER = ["unshare", "--user", "--map-user=54321"]  # runs a command as a user without a passwd entry


def run(command, **kwargs) -> str:
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=600, **kwargs)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    return result.stdout


def build(root: Path, out: Path) -> Path:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet"]
    run([*pip, "--no-deps", "--no-build-isolation", "--no-index", "-w", out, root])
    (wheel,) = out.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory) -> Path:
    return build(root, tmp_path_factory.mktemp("wheel"))


def new_environment(folder: Path) -> Path:
    """The Python of a new environment, without pip."""
    run([sys.executable, "-m", "venv", "--without-pip", folder])
    return folder / "bin" / "python"


def site_packages(python: Path) -> Path:
    return Path(run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).strip())


def lend_dependencies(python: Path, folder: Path) -> None:
    """Let an environment use what is installed in this one, except this project, of which pip may know here.

    By links, which the grader's sandbox would not follow.
    """
    folder.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if "othello_interp" not in path.name:
            (folder / path.name).symlink_to(path)
    (site_packages(python) / "dependencies.pth").write_text(str(folder))


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory) -> Path:
    """The Python of an environment that holds the wheel, read-only."""
    folder = tmp_path_factory.mktemp("installed")
    python = new_environment(folder)
    site = site_packages(python)
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    for path in (site / "othello_interp").rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    return python


@pytest.fixture
def elsewhere(python, tmp_path):
    """Runs the installed Python offline in an empty folder, without HOME."""
    environment = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HF_HUB_OFFLINE": "1"}
    environment["JUPYTER_PATH"] = str(Path(sys.prefix) / "share" / "jupyter")  # nbconvert's templates

    def run_there(*arguments, before=()) -> str:
        return run([*before, python, *arguments], cwd=tmp_path, env=environment)

    return run_there


def test_the_wheel_holds_the_course_and_stays_small(wheel):
    assert wheel.stat().st_size < 80 * 2**20
    names = zipfile.ZipFile(wheel).namelist()
    for part in ("data/model.safetensors", "data/games.npz", "data/probe.safetensors", "data/MODEL_CARD.md"):
        assert f"othello_interp/course/{part}" in names
    for number in range(1, 6):
        for folder, ending in (("notebooks", ".ipynb"), ("solutions", ".py")):
            start = f"othello_interp/course/{folder}/0{number}_"
            assert any(name.startswith(start) and name.endswith(ending) for name in names)


def test_the_source_distribution_builds_the_same_wheel(root, wheel, tmp_path):
    run([sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path], cwd=root)
    (sdist,) = tmp_path.glob("*.tar.gz")
    again = build(sdist, tmp_path / "again")

    def contents(path):
        archive = zipfile.ZipFile(path)
        return {name: archive.read(name) for name in archive.namelist()}

    assert contents(again) == contents(wheel)


def test_it_loads_and_checks_as_a_user_that_the_machine_does_not_know(elsewhere, python):
    code = (
        "import othello_interp, pathlib, sys\n"
        "from othello_interp import FocusGames, check, hint, load_games, load_model, load_probe, progress\n"
        "from othello_interp.neurons import logit_attribution\n"
        "assert pathlib.Path(othello_interp.__file__).is_relative_to(sys.prefix)\n"
        "model = load_model(); games = FocusGames(model); load_probe(); assert len(load_games()) == 10_000\n"
        "assert games.cache['post', 5].shape == (50, 59, 2048)\n"
        "check('2.1', logit_attribution); hint('2.1'); progress()\n"
    )
    said = elsewhere("-c", code, before=STRANGER)
    assert "2.1" in said


def test_a_notebook_runs_blank_and_solved(elsewhere, tmp_path):
    said = elsewhere("-m", "othello_interp.cli", "run", "02", "--out", tmp_path / "pages")
    assert "2 passed, 0 failed" in said
    assert (tmp_path / "pages" / "solved" / "02_direct_logit_attribution.html").is_file()


def test_it_grades_a_submission(elsewhere, root, tmp_path):
    notebook = json.loads((root / "notebooks" / "02_direct_logit_attribution.ipynb").read_text())
    answer = (root / "solutions" / "02_direct_logit_attribution.py").read_text()
    notebook["cells"].append(
        {
            "cell_type": "code",
            "id": "own",
            "metadata": {},
            "source": answer,
            "outputs": [],
            "execution_count": None,
        }
    )
    (tmp_path / "class" / "ada").mkdir(parents=True)
    (tmp_path / "class" / "ada" / "02_direct_logit_attribution.ipynb").write_text(json.dumps(notebook))
    run_as = ("-m", "othello_interp.cli", "grade", "class", "--out", "report")
    said = elsewhere(*run_as)
    assert "MISSING" not in said
    assert "ok" in said
    assert "ada" in (tmp_path / "report" / "grades.csv").read_text(encoding="utf-8-sig")


def test_a_folder_to_work_in_is_made_and_brought_up_to_date(elsewhere, root, tmp_path):
    elsewhere("-m", "othello_interp.cli", "start", "my-course")
    made = sorted(path.name for path in (tmp_path / "my-course").glob("*.ipynb"))
    assert made == sorted(path.name for path in (root / "notebooks").glob("*.ipynb"))
    assert "up to date" in elsewhere("-m", "othello_interp.cli", "update", "my-course")


def test_a_kernel_that_lacks_the_course_gets_it_from_the_first_cell(wheel, root, tmp_path, monkeypatch):
    """As on Colab: a kernel that has PyTorch and the rest, no checkout, another folder."""
    python = new_environment(tmp_path / "bare")
    lend_dependencies(python, tmp_path / "dependencies")
    for name in ("PYTHONPATH", "OTHELLO_INTERP_ROOT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # nothing but the wheel comes
    notebook = nbformat.read(root / "notebooks" / "01_setup.ipynb", 4)
    install, setup = (next(c.source for c in notebook.cells if c.id == name) for name in ("install", "setup"))
    assert opening.WHEEL in install
    where = "import othello_interp\nprint(othello_interp.__file__)"
    sources = [install.replace(opening.WHEEL, str(tmp_path / "absent.whl"))]
    sources += [install.replace(opening.WHEEL, str(wheel)), setup, where, install]
    trial = new_notebook(cells=[new_code_cell(source) for source in sources])
    kernel = AsyncKernelManager()
    kernel.kernel_spec.argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (tmp_path / "elsewhere").mkdir()
    folder = {"metadata": {"path": str(tmp_path / "elsewhere")}}
    NotebookClient(trial, km=kernel, timeout=300, resources=folder).execute()
    said = ["".join(output.get("text", "") for output in cell.outputs) for cell in trial.cells]
    assert said[0].startswith("The course could not be installed from")
    assert "absent.whl" in said[0]
    assert said[0].count("\n") == 1
    assert said[1] == said[4] == ""
    assert Path(said[3].strip()).is_relative_to(tmp_path / "bare")
