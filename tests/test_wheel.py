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

import pytest

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


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory) -> Path:
    """The Python of an environment that holds the wheel, read-only."""
    folder = tmp_path_factory.mktemp("installed")
    run([sys.executable, "-m", "venv", "--without-pip", folder])
    python = folder / "bin" / "python"
    site = Path(run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).strip())
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
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
    elsewhere("-m", "othello_interp.cli", "grade", "class", "--out", "report")
    assert "ada" in (tmp_path / "report" / "grades.csv").read_text(encoding="utf-8-sig")
