"""The rules of the house: import direction, import cost, no machine's paths, no stray notebook outputs."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib import metadata

import pytest
from packaging.specifiers import SpecifierSet

from othello_interp.notebooks import clean
from othello_interp.storage import paths

# A module may import those on the lines above its own, never on those below. Modules on one line may import
# one another. A folder stands for all its modules.
LAYERS = """
errors
storage scheduler
squares patterns
pages
rules
board
weights
model conditions
stream hypotheses figures neurons intervals race
games probe caps
lines many ablation nodes
circuit
edges play_board
plotting
utils
training
atlas
exercises
notebooks
student
grading
authoring
"""
FREE = {"__init__", "cli"}  # these import lazily, whatever they need


def package_files(root):
    return sorted((root / "othello_interp").rglob("*.py"))


def layer_name(path, package) -> str:
    """The module, or the folder it is in."""
    return path.relative_to(package).parts[0].removesuffix(".py")


def imported_names(tree: ast.AST) -> set[str]:
    """First-level modules of this package that are imported anywhere in a file, inside functions too."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "othello_interp":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("othello_interp."):
            names.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            names |= {
                alias.name.split(".")[1] for alias in node.names if alias.name.startswith("othello_interp.")
            }
    return names


def test_imports_go_one_way(root):
    package = root / "othello_interp"
    rank = {name: number for number, line in enumerate(LAYERS.split("\n")) for name in line.split()}
    wrong = []
    for path in package_files(root):
        name = layer_name(path, package)
        if name in FREE:
            continue
        if name not in rank:
            wrong.append(f"{name} is in no layer: add it to LAYERS in this test")
            continue
        for other in imported_names(ast.parse(path.read_text())) & rank.keys():
            if rank[other] > rank[name]:
                wrong.append(f"{path.relative_to(root)} imports {other}, which is above it")
    assert not wrong, "\n".join(wrong)


def test_the_sandbox_stands_alone(root):
    """It could be lifted out: it imports nothing of ours but the error, and speaks of no lesson."""
    for path in sorted((root / "othello_interp" / "grading" / "sandbox").glob("*.py")):
        source = path.read_text()
        imported = set(re.findall(r"othello_interp[.\w]*", source))
        allowed = ("othello_interp.grading.sandbox", "othello_interp.errors")
        assert all(name.startswith(allowed) for name in imported), (path.name, imported)
        text = re.sub(r"othello_interp[.\w]*|OthelloInterpError", "", source)
        assert not re.findall(r"(?i)othello|notebook|student|submission", text), path.name


def test_the_import_is_light(root):
    code = (
        "import sys, time; start = time.perf_counter(); import othello_interp\n"
        "print(time.perf_counter() - start)\n"
        "heavy = {'torch', 'transformer_lens', 'numpy', 'pandas', 'plotly'} & sys.modules.keys()\n"
        "assert not heavy, heavy\n"
        "assert 'load_model' in dir(othello_interp)"
    )
    seconds = []
    for _ in range(3):
        result = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=root, timeout=60
        )
        assert result.returncode == 0, result.stderr
        seconds.append(float(result.stdout))
    assert min(seconds) < 0.2


def test_a_wrong_name_in_the_package_is_an_attribute_error():
    import othello_interp

    with pytest.raises(AttributeError, match="no attribute 'lode_model'"):
        _ = othello_interp.lode_model


def test_importing_reaches_no_network(root):
    """Importing every module of the package opens no connection and looks up no host."""
    modules = [
        ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        for path in package_files(root)
    ]
    code = (
        "import socket, importlib\n"
        "def refuse(*args, **kwargs): raise AssertionError(f'network: {args}')\n"
        "socket.getaddrinfo = refuse; socket.socket.connect = refuse\n"
        f"for name in {modules!r}: importlib.import_module(name)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=root, timeout=120
    )
    assert result.returncode == 0, result.stderr[-2000:]


def tracked_texts(root):
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in filter(None, listed.stdout.split("\0")):
        path = root / name
        if path.is_file():
            try:
                yield name, path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def test_no_file_names_a_machine(root):
    """Neither somebody's folders nor a package registry's address is written down anywhere."""
    # {1} and {2} keep this very line from matching.
    machine = re.compile(
        r"/ro{2}t/|/wo{1}rk/|/ho{1}me/\w|/Us{1}ers/\w|files\.pythonhos{1}ted|--(?:extra-)?index-ur{1}l|file:/{3}"
    )
    found = [
        f"{name}: {match.group()}" for name, text in tracked_texts(root) for match in machine.finditer(text)
    ]
    assert not found, "\n".join(found)


def test_the_lock_covers_what_the_project_asks_for(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    asked = project["dependencies"] + [
        name for extra in project["optional-dependencies"].values() for name in extra
    ]
    names = {re.match(r"[\w.-]+", line).group().lower().replace("_", "-") for line in asked} - {
        "othello-interp"
    }
    lines = [line for line in (root / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines), "one exact public version a line"
    locked = {line.split("==")[0].lower().replace("_", "-") for line in lines}
    assert names <= locked, f"not in constraints.txt: {sorted(names - locked)}"


def imported_packages(folder) -> set[str]:
    """What the files of a folder import from elsewhere, by the names under which it is installed."""
    own = {path.stem for path in folder.rglob("*.py")} | {"othello_interp"}
    installed = metadata.packages_distributions()
    names = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    names -= sys.stdlib_module_names | own
    return {installed.get(name, [name])[0].lower().replace("_", "-") for name in names}


@pytest.mark.parametrize(
    ("folder", "extras"),
    [
        ("othello_interp", {"dask", "authors"}),
        ("solutions", set()),
        ("tests", {"browser", "dev"}),
        ("benchmarks", {"benchmarks", "dev"}),
        ("docs", {"authors", "site"}),
    ],
)
def test_what_is_imported_is_asked_for(root, folder, extras):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    asked = list(project["dependencies"])
    for extra in extras:
        asked += project["optional-dependencies"][extra]
    names = {re.match(r"[\w.-]+", line).group().lower().replace("_", "-") for line in asked}
    assert imported_packages(root / folder) - names == set()


def test_the_lock_can_be_installed_on_the_oldest_python_promised(root):
    """The README promises any Python 3.11, and Debian's is 3.11.2."""
    too_new = {}
    for line in (root / "constraints.txt").read_text().splitlines():
        name, _, version = line.partition("==")
        found = list(metadata.distributions(name=name)) if version else []  # extras may not be here
        needs = found[0].metadata.get("Requires-Python") if found else None
        if needs and not SpecifierSet(needs).contains("3.11.0"):
            too_new[line] = needs
    assert not too_new


@pytest.mark.parametrize("path", paths.notebooks(), ids=lambda path: path.stem)
def test_student_notebooks_are_clean(path):
    assert not clean.unclean(path), "run othello-interp clean"


def test_the_buttons_of_the_readme_are_current():
    assert not clean.stale_readme(), "run othello-interp clean"


def test_the_version_is_the_same_wherever_it_is_written(root):
    """`__version__` is the one that counts; two files for people and machines repeat it."""
    import othello_interp

    version = othello_interp.__version__
    assert f"\nversion: {version}\n" in (root / "CITATION.cff").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+?),", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert newest.group(1) == version, "the newest entry of CHANGELOG.md is for another version"
