"""Is the cell that installs the course inert where it is there, and plain where pip fails? Do links agree?"""

import importlib.util
import json
import re
import subprocess

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from othello_interp.exercises import EXERCISES
from othello_interp.grading.submissions.notebook_file import given_cells, read_notebook
from othello_interp.grading.submissions.plan import make_plan
from othello_interp.notebooks import files, opening
from othello_interp.storage import paths


def test_where_the_course_is_installed_the_cell_does_nothing(monkeypatch, capfd):
    monkeypatch.setattr(subprocess, "run", lambda *args, **kwargs: pytest.fail("pip was run"))
    names: dict = {}
    exec(opening.INSTALL_SOURCE, names)
    assert names.keys() - {"__builtins__"} == {"importlib"}
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("errors", "why"), [("a\nERROR: No matching\n", "ERROR: No matching"), ("", "nothing")]
)
def test_where_pip_fails_one_line_says_so(monkeypatch, capsys, errors, why):
    asked = []

    def failing(command, **kwargs):
        asked.append(command)
        return subprocess.CompletedProcess(command, 1, "", errors)

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(subprocess, "run", failing)
    exec(opening.INSTALL_SOURCE, {})
    said = capsys.readouterr().out
    assert asked[0][1:] == ["-m", "pip", "install", "--quiet", opening.WHEEL]
    assert said.startswith(f"The course could not be installed from {opening.WHEEL}: ")
    assert why in said
    assert said.count("\n") == 1


def test_a_notebook_opens_with_its_title_its_links_and_the_install_cell():
    before = new_notebook(cells=[new_markdown_cell("# Title", id="title"), new_code_cell("x = 1", id="x")])
    once = opening.with_opening(before, "07_more.ipynb")
    nbformat.validate(once)
    assert [cell.id for cell in once.cells] == ["title", opening.LINKS, opening.INSTALL, "x"]
    assert files.role(once.cells[2]) == opening.INSTALL
    assert "notebooks/07_more.ipynb" in once.cells[1].source
    assert [cell.id for cell in before.cells] == ["title", "x"]
    once.cells[2].source = "print('an older version')"
    assert opening.with_opening(once, "07_more.ipynb") == opening.with_opening(before, "07_more.ipynb")
    untitled = opening.with_opening(new_notebook(cells=[new_code_cell("x = 1", id="x")]), "a.ipynb")
    assert [cell.id for cell in untitled.cells] == [opening.LINKS, opening.INSTALL, "x"]


def test_every_address_is_of_one_repository_and_one_version(root):
    """The release that a tag makes is the one that the notebooks install from."""
    texts = [path.read_text(encoding="utf-8") for path in [root / "README.md", *paths.notebooks()]]
    for text in texts:
        found = set(re.findall(r"(?:github\.com|/github|/gh)/([\w-]+/othello-interp)\b", text))
        assert found == {opening.REPOSITORY}
        assert set(re.findall(r"\bv\d+\.\d+\.\d+\b", text)) == {opening.TAG}
    assert texts[0].count("[![Open in ") == 4
    owner, _, name = opening.REPOSITORY.partition("/")
    assert re.findall(r"\bhttps://([\w-]+)\.github\.io/([\w-]+)/", texts[0]) == [(owner, name)]


def test_the_buttons_are_brought_up_to_date_and_the_rest_stays():
    readme = "# A\n<!-- buttons: ours -->\nold\n<!-- end of buttons -->\nmore\n"
    once = opening.with_buttons(readme, "01_a.ipynb")
    assert once.startswith(
        f"# A\n<!-- buttons: ours -->\n**[Read the series on its website]({opening.SITE})**"
    )
    assert once.endswith(")\n<!-- end of buttons -->\nmore\n")
    assert "old" not in once
    assert opening.with_buttons(once, "01_a.ipynb") == once
    assert opening.with_buttons("no buttons", "01_a.ipynb") == "no buttons"


def test_the_grader_runs_it_neither_for_the_course_nor_for_a_student(root):
    source = (root / "notebooks" / "02_direct_logit_attribution.ipynb").read_text(encoding="utf-8")
    master = read_notebook(source.encode())
    assert given_cells(master)[0].id == "setup"
    bare = json.loads(source)
    for number, cell in enumerate(bare["cells"]):
        cell |= {"id": f"q{number}", "metadata": {}}
    exercises = [exercise for exercise in EXERCISES.values() if exercise.notebook_number == 2]
    for text in (source, json.dumps(bare)):
        plan = make_plan(read_notebook(text.encode()), master, exercises)
        assert plan.steps
        assert not [step for step in plan.steps if "find_spec" in step.source]
