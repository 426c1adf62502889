"""Are notebooks executed, solved, exported and kept clean? Are the committed solved ones current?"""

import ast
import os
import re
import shutil
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from othello_interp import cli
from othello_interp.errors import OthelloInterpError
from othello_interp.notebooks import clean, files, html, reach, solved
from othello_interp.notebooks.execute import NotebookFailure, execute
from othello_interp.storage import paths

STUB = 'def double(x):\n    """Twice x."""\n    raise NotImplementedError'
REFERENCE = '''"""Answers."""

import math


def double(x):
    """Twice x."""
    return x + x


def half(x):
    return x / 2
'''


def stub_cell(source: str, exercise: str = "1.1"):
    return new_code_cell(source, metadata={"othello_interp": {"exercise": exercise, "role": "stub"}})


def sample() -> nbformat.NotebookNode:
    return new_notebook(
        cells=[
            new_markdown_cell(
                "# A sample\nThe norm is $\\sqrt{w \\cdot w}$; `$HOME` is a variable. [Next](02_more.ipynb)"
            ),
            stub_cell(f"# Your turn.\n{STUB}\n\nstart = 4"),
            new_code_cell(
                "try:\n    print('answer', double(start))\nexcept Exception:\n    print('no answer')"
            ),
            new_code_cell(
                "import plotly.graph_objects as go\ngo.Figure(go.Bar(x=[2, 3, 5], y=[7, 11, 13])).show()"
            ),
        ]
    )


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A small project with one notebook and its reference functions."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "solutions").mkdir()
    files.write(sample(), tmp_path / "notebooks" / "01_sample.ipynb")
    (tmp_path / "solutions" / "01_sample.py").write_text(REFERENCE)
    monkeypatch.setenv("OTHELLO_INTERP_ROOT", str(tmp_path))
    return tmp_path


# --- execute ---


def test_a_failing_cell_is_named_with_its_own_traceback(tmp_path):
    notebook = new_notebook(
        cells=[new_code_cell("n = 3"), new_code_cell("def f():\n    return n / 0\n\nf()")]
    )
    with pytest.raises(NotebookFailure) as failure:
        execute(notebook, tmp_path)
    message = str(failure.value)
    assert message.startswith("cell 2 of 2 raised ZeroDivisionError:")
    assert "return n / 0" in message
    assert "site-packages" not in message
    assert "\x1b" not in message


def test_a_cell_that_does_not_end_is_stopped(tmp_path):
    notebook = new_notebook(cells=[new_markdown_cell("A loop."), new_code_cell("while True:\n    pass")])
    with pytest.raises(NotebookFailure, match=r"(?s)cell 2 of 2 did not end within 1 s.*while True"):
        execute(notebook, tmp_path, timeout=1)


def test_a_kernel_that_dies_is_reported(tmp_path):
    notebook = new_notebook(cells=[new_code_cell("import os\nos._exit(1)")])
    with pytest.raises(NotebookFailure, match="cell 1 of 1 killed its kernel"):
        execute(notebook, tmp_path)


def test_the_kernel_is_this_interpreter_in_the_given_folder(tmp_path):
    notebook = new_notebook(cells=[new_code_cell("import os, sys\nprint(sys.executable, os.getcwd())")])
    execute(notebook, tmp_path)
    assert notebook.cells[0].outputs[0].text.split() == [sys.executable, str(tmp_path)]
    assert list(tmp_path.iterdir()) == []


def test_of_a_widget_only_its_text_is_left(tmp_path):
    source = "import ipywidgets\nipywidgets.IntSlider(3, description='here')"
    notebook = new_notebook(cells=[new_code_cell(source)])
    execute(notebook, tmp_path)
    (output,) = notebook.cells[0].outputs
    assert list(output.data) == ["text/plain"]
    assert "here" in output.data["text/plain"]


def test_run_prints_a_line_each_and_writes_pages_that_need_no_network(checkout, capsys):
    broken = new_notebook(cells=[new_code_cell("undefined_name")])
    files.write(broken, checkout / "notebooks" / "02_broken.ipynb")
    (checkout / "solutions" / "02_broken.py").write_text("")
    assert cli.main(["run", "--blank", "02"]) == 1
    assert "NameError: name 'undefined_name' is not defined" in capsys.readouterr().out

    assert cli.main(["run", "01"]) == 0
    printed = capsys.readouterr().out
    assert "passed  blank   01_sample" in printed
    assert "passed  solved  01_sample" in printed
    assert "2 passed, 0 failed" in printed
    pages = {
        kind: (checkout / f"build/notebooks/{kind}/01_sample.html").read_text()
        for kind in ("blank", "solved")
    }
    assert "no answer" in pages["blank"]
    assert "answer 8" in pages["solved"]
    for kind, page in pages.items():
        assert 'src="http' not in page
        assert 'rel="stylesheet" href="http' not in page
        assert "Plotly.newPlot" in page
        assert '<script src="plotly.min.js">' in page
        assert (checkout / f"build/notebooks/{kind}/plotly.min.js").stat().st_size > 1_000_000
        assert '<script src="narrow.js">' in page
        assert (checkout / f"build/notebooks/{kind}/narrow.js").read_text() == html.NARROW.read_text()
    assert str(checkout / "build/notebooks/index.html") in printed


# --- export ---


def test_a_table_has_no_empty_header_and_the_notebook_is_left_alone():
    table = '<table><tr><th></th><th class="blank" >&nbsp;</th><th>C0</th><td></td></tr></table>'
    output = new_output("display_data", {"text/html": table})
    notebook = new_notebook(cells=[new_code_cell("x", outputs=[output])])
    found = html.drawn(notebook).cells[0].outputs[0].data["text/html"]
    assert found == '<table><tr><td></td><td class="blank" ></td><th>C0</th><td></td></tr></table>'
    assert notebook.cells[0].outputs[0].data["text/html"] == table


def test_formulas_become_mathml_and_code_is_left_alone():
    text = "Let $x_1$ be; `$HOME` and `$PATH`; costs 5$; \\$3.\n\n$$\\frac{a}{b}$$\n\n```\n$y$ $z$\n```\n"
    found = html._with_mathml(text)
    assert found.count("<math") == 2
    assert 'display="block"' in found
    assert "`$HOME` and `$PATH`; costs 5$; \\$3." in found
    assert "$y$ $z$" in found


# --- solve ---


def test_stubs_are_replaced_and_the_rest_of_the_cell_stays():
    cell = solved.solve(sample(), REFERENCE).cells[1]
    assert cell.source == '# Your turn.\ndef double(x):\n    """Twice x."""\n    return x + x\n\nstart = 4'


def test_several_stubs_in_a_cell_are_replaced():
    notebook = new_notebook(cells=[stub_cell(f"{STUB}\n\n\ndef half(x):\n    raise NotImplementedError")])
    source = solved.solve(notebook, REFERENCE).cells[0].source
    assert "raise" not in source
    assert source.index("x + x") < source.index("x / 2")


def test_solving_leaves_the_student_notebook_as_it_was():
    notebook = sample()
    solved.solve(notebook, REFERENCE)
    assert "raise NotImplementedError" in notebook.cells[1].source


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("def triple(x):\n    raise NotImplementedError", "Exercise 1.1: no reference function triple"),
        ("answer = None", "Exercise 1.1: no function in its stub cell"),
    ],
)
def test_a_stub_without_reference_is_an_error(source, words):
    with pytest.raises(OthelloInterpError, match=words):
        solved.solve(new_notebook(cells=[stub_cell(source)]), REFERENCE)


def test_a_missing_solutions_module_is_an_error(tmp_path):
    with pytest.raises(OthelloInterpError, match=r"There is no .*09_none\.py"):
        solved.reference_source("09_none", tmp_path)


def test_the_fingerprint_follows_sources_and_not_outputs():
    notebook, executed, edited = sample(), sample(), sample()
    for one in (executed, edited):
        for cell, original in zip(one.cells, notebook.cells, strict=True):
            cell.id = original.id
    executed.cells[2].outputs = [new_output("stream", text="8")]
    executed.cells[2].execution_count = 5
    executed.metadata["kernelspec"] = {"name": "my-env", "display_name": "My env"}
    edited.cells[2].source += "\n"
    print_of = solved.fingerprint(notebook, REFERENCE, "01_sample")
    assert solved.fingerprint(executed, REFERENCE, "01_sample") == print_of
    assert solved.fingerprint(edited, REFERENCE, "01_sample") != print_of
    assert solved.fingerprint(notebook, REFERENCE + "\n", "01_sample") != print_of


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package to change, and the fingerprint of a notebook that plots and checks."""
    folder = tmp_path / "package"
    shutil.copytree(reach.PACKAGE, folder, ignore=shutil.ignore_patterns("__pycache__", "course"))
    monkeypatch.setattr(reach, "PACKAGE", folder)
    source = "%matplotlib inline\nfrom othello_interp import check, load_model, utils\n"
    notebook = new_notebook(cells=[new_code_cell(source), new_code_cell("import torch.nn\n(")])
    for number, cell in enumerate(notebook.cells):
        cell.id = f"c{number}"
    return folder, lambda: solved.fingerprint(notebook, "", "02_sample")


@pytest.mark.parametrize(
    "name",
    ["plotting/spectrum.py", "neurons.py", "exercises/showing/messages.py", "exercises/checker.py",
     "exercises/catalogue/exercise_2_1.py", "model.py", "rules/bitboards.py",
     "exercises/showing/panel.html.j2"],
)  # fmt: skip
def test_the_fingerprint_follows_what_a_notebook_reaches(package, name):
    folder, fingerprint = package
    before = fingerprint()
    assert (folder / name).exists()
    with (folder / name).open("a") as file:
        file.write("\n# a remark\n")
    if name.endswith(".py"):
        assert fingerprint() == before
    with (folder / name).open("a") as file:
        file.write("\nx = 1\n")
    assert fingerprint() != before


@pytest.mark.parametrize(
    "name",
    ["grading/grader.py", "training/trainer.py", "authoring/build_data.py", "cli.py",
     "exercises/catalogue/exercise_3_1.py", "exercises/calling/encode.py", "notebooks/html.py"],
)  # fmt: skip
def test_the_fingerprint_leaves_out_what_no_notebook_reaches(package, name):
    folder, fingerprint = package
    before = fingerprint()
    assert (folder / name).exists()
    with (folder / name).open("a") as file:
        file.write("\nx = 1\n")
    assert fingerprint() == before


def test_building_writes_outputs_and_knows_when_it_is_out_of_date(checkout, monkeypatch, capsys):
    notebook = checkout / "notebooks" / "01_sample.ipynb"
    assert cli.main(["build-solved", "--check"]) == 1
    assert "01_sample.ipynb: out of date" in capsys.readouterr().out
    monkeypatch.setattr(solved, "with_pictures", lambda notebook: notebook)  # pictures need a browser
    assert cli.main(["build-solved", "01"]) == 0
    built = (checkout / "solutions" / "01_sample.ipynb").read_text()
    assert "answer 8" in built
    assert html.PLOTLY in built
    assert cli.main(["build-solved", "--check"]) == 0
    assert cli.main(["build-solved", "--stale"]) == 0  # nothing to do, so quick
    (checkout / "data").mkdir()
    (checkout / "data" / "manifest.json").write_text("{}")
    assert cli.main(["build-solved", "--check"]) == 1  # other data, other figures
    (checkout / "data" / "manifest.json").unlink()
    files.write(new_notebook(cells=[*files.read(notebook).cells, new_markdown_cell("More.")]), notebook)
    assert solved.out_of_date(notebook)


# --- clean ---


def dirty() -> nbformat.NotebookNode:
    notebook = sample()
    notebook.cells[2].outputs = [new_output("stream", text="8")]
    notebook.cells[2].execution_count = 3
    notebook.cells[2].metadata |= {
        "execution": {"iopub.status.busy": "2024-01-01"},
        "tags": ["kept"],
        "collapsed": True,
    }
    notebook.cells[3].id = notebook.cells[2].id
    notebook.metadata |= {"kernelspec": {"name": "my-env", "display_name": "Mine"}, "toc": {"base": 1}}
    return notebook


def test_cleaning_keeps_only_what_means_something():
    notebook = files.cleaned(dirty())
    nbformat.validate(notebook)
    code = notebook.cells[2]
    assert (code.outputs, code.execution_count) == ([], None)
    assert code.metadata == {"tags": ["kept"]}
    assert notebook.cells[1].metadata == {"othello_interp": {"exercise": "1.1", "role": "stub"}}
    assert notebook.metadata == files.METADATA
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


def test_cleaning_twice_changes_nothing_and_ids_are_the_same_each_time():
    once = files.cleaned(dirty())
    assert files.text(files.cleaned(once)) == files.text(once)
    for cell in once.cells:
        del cell["id"]
    assert files.text(files.cleaned(once)) == files.text(files.cleaned(once))


def test_the_clean_command_finds_and_mends(checkout, capsys):
    path = checkout / "notebooks" / "01_sample.ipynb"
    assert cli.main(["clean", "--check"]) == 1
    assert "01_sample.ipynb: not clean" in capsys.readouterr().out
    assert cli.main(["clean"]) == 0
    assert not clean.unclean(path)
    assert cli.main(["clean", "--check"]) == 0


def test_a_file_that_is_no_notebook_is_one_clear_line(checkout, capsys):
    (checkout / "notebooks" / "03_not.ipynb").write_text("{]")
    assert cli.main(["clean", "03"]) == 2
    assert "03_not.ipynb is not a notebook that can be read" in capsys.readouterr().err


def test_a_name_that_fits_no_notebook_is_one_clear_line(checkout, capsys):
    assert cli.main(["clean", "07"]) == 2
    assert "No notebook begins with '07'" in capsys.readouterr().err


# --- the committed ones ---


@pytest.mark.parametrize("path", paths.notebooks(), ids=lambda path: path.stem)
def test_the_solved_notebook_is_current_and_has_its_pictures(path, root):
    assert not solved.out_of_date(path), (
        f"solutions/{path.name} is out of date: run othello-interp build-solved"
    )
    notebook = files.read(root / "solutions" / path.name)
    assert files.text(files.normalised(notebook)) == (root / "solutions" / path.name).read_text(
        encoding="utf-8"
    )
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "error"]
    warned = [output.text for output in outputs if output.get("name") == "stderr"]
    assert not warned, "\n".join(warned)
    figures = [output for output in outputs if html.PLOTLY in output.get("data", {})]
    assert all("image/png" in output.data for output in figures)


# --- what the course's own notebooks keep to ---


def notebook_cells(path) -> list:
    return files.read(path).cells


@pytest.mark.parametrize("path", paths.notebooks(), ids=lambda path: path.stem[:2])
def test_the_setup_cell_imports_nothing_that_is_not_used(path):
    cells = notebook_cells(path)
    (setup,) = (cell for cell in cells if cell.id == "setup")
    names = {
        alias.asname or alias.name.split(".")[0]
        for node in ast.walk(ast.parse(setup.source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assigned = setup.source[setup.source.index("\n\n") :]
    others = "\n".join([assigned, *(cell.source for cell in cells if cell is not setup)])
    assert {name for name in names if not re.search(rf"\b{name}\b(?!\"|')", others)} == set()


@pytest.mark.parametrize("path", paths.notebooks(), ids=lambda path: path.stem[:2])
def test_no_line_of_code_is_wider_than_a_window(path):
    """JupyterLab shows about 115 letters in a window of 1200 pixels; beyond that one must scroll sideways."""
    code = [cell for cell in notebook_cells(path) if cell.cell_type == "code" and cell.id != "install"]
    assert [line for cell in code for line in cell.source.splitlines() if len(line) > 110] == []


LED = [path for path in paths.notebooks() if path.name[:2] != "06"]


@pytest.mark.parametrize("path", LED, ids=lambda path: path.stem[:2])
def test_each_section_opens_with_a_measured_sentence(path):
    text = "\n".join(cell.source for cell in notebook_cells(path) if cell.cell_type == "markdown")
    openings = dict(re.findall(r"^## (\d+\. .*)\n\n(.*)", text, re.MULTILINE))
    assert len(openings) >= 4
    assert [title for title, line in openings.items() if "<!-- measured: " not in line] == []


def test_an_output_names_no_folder_of_its_run(tmp_path):
    """What `progress()` says must not differ from one build to the next."""
    place = "os.environ['OTHELLO_INTERP_PROGRESS']"
    source = f"import os\nfrom IPython.display import HTML\nHTML('Kept in ' + {place})"
    notebook = new_notebook(cells=[new_code_cell(source)])
    execute(notebook, tmp_path)
    (output,) = notebook.cells[0].outputs
    assert output.data["text/html"] == os.path.join("Kept in …", "progress.json")
