"""Do the measured sentences hold, are they the ones in the files, and would it be seen if they weren't?"""

import re

import nbformat
import pytest
import torch
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from othello_interp import cli
from othello_interp.authoring import measured
from othello_interp.authoring.measured import sentence
from othello_interp.authoring.subject import Subject
from othello_interp.errors import OthelloInterpError
from othello_interp.games import FocusGames
from othello_interp.notebooks import files
from othello_interp.probe import load_probe


@pytest.fixture(scope="module")
def subject(embedded):
    return Subject(embedded, load_probe("embedded"), FocusGames(embedded))


# --- those of the course ---


def test_every_sentence_holds(subject):
    """A figure has left the range that the words claim: change the words, or find out what went wrong."""
    assert measured.check_sentences(subject) == []


def test_the_files_say_what_is_measured(subject):
    """After a change of the model or of a sentence run `othello-interp sentences`."""
    assert measured.write_sentences(subject, dry=True) == []


def test_every_sentence_is_used():
    text = "\n".join(path.read_text(encoding="utf-8") for path in measured.marked_files())
    assert set(re.findall(r"<!-- measured: (\w+) -->", text)) == measured.all_sentences().keys()


# --- how they are made ---


class Given(Subject):
    """A subject of which the figures are known."""

    def __init__(self, **change):
        share = torch.tensor(0.634)
        self.figures = {"share": share, "n": 2950, "change": -0.246, "square": "C0"} | change


@sentence(
    "At {share:.0%} of {n:,} positions, by {change:+.2f} at {square}.",
    share=(0.5, 1),
    n=None,
    change=(-1, 0),
    square="C0",
)
def example(s):
    return s.figures


def test_a_sentence_is_its_words_with_its_figures():
    said = example.of(Given())
    assert said.text == "At 63% of 2,950 positions, by −0.25 at C0."
    assert said.broken == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"share": 0.4999}, "share is 0.4999, expected 0.5 to 1"),
        ({"change": 0.001}, "change is 0.001, expected -1 to 0"),
        ({"change": float("nan")}, "change is nan, expected -1 to 0"),
        ({"square": "D1"}, "square is 'D1', expected 'C0'"),
    ],
)
def test_a_figure_that_leaves_its_range_is_named(change, complaint):
    assert example.of(Given(**change)).broken == [complaint]


def test_a_figure_without_a_claim_is_refused():
    with pytest.raises(TypeError, match=r"measured .*'more'.*, but there are claims for"):
        example.of(Given(more=1))


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A checkout with one notebook, a README and one sentence, of a model that isn't there."""
    marked = "## A section\nx <!-- measured: example -->\n\n- an item. <!-- measured: example -->\nthe end"
    notebook = new_notebook(
        cells=[new_markdown_cell(marked), new_code_cell("'x <!-- measured: example -->'")]
    )
    (tmp_path / "notebooks").mkdir()
    files.write(files.cleaned(notebook), tmp_path / "notebooks" / "01_sample.ipynb")
    (tmp_path / "README.md").write_text("It says. <!-- measured: example -->\n", encoding="utf-8")
    monkeypatch.setenv("OTHELLO_INTERP_ROOT", str(tmp_path))
    monkeypatch.setattr(measured, "all_sentences", lambda: {"example": example})
    monkeypatch.setattr(measured, "the_subject", Given)
    return tmp_path


def test_marked_lines_are_written(course, capsys):
    assert cli.main(["sentences", "--check"]) == 1
    assert "01_sample.ipynb: out of date; run othello-interp sentences" in capsys.readouterr().out
    assert cli.main(["sentences"]) == 0
    assert capsys.readouterr().out == "01_sample.ipynb: written\nREADME.md: written\n"
    line = "At 63% of 2,950 positions, by −0.25 at C0. <!-- measured: example -->"
    notebook = nbformat.read(course / "notebooks" / "01_sample.ipynb", as_version=4)
    assert notebook.cells[0].source == f"## A section\n{line}\n\n- {line}\nthe end"
    assert notebook.cells[1].source == "'x <!-- measured: example -->'"
    assert (course / "README.md").read_text(encoding="utf-8") == line + "\n"
    assert cli.main(["sentences", "--check"]) == 0


def test_one_that_does_not_hold_is_written_and_named(course, monkeypatch, capsys):
    monkeypatch.setattr(measured, "the_subject", lambda: Given(share=0.2))
    assert cli.main(["sentences"]) == 1
    said = "does not hold: example: share is 0.2, expected 0.5 to 1. It says: At 20% of 2,950 positions"
    assert said in capsys.readouterr().out
    assert "At 20%" in (course / "README.md").read_text(encoding="utf-8")


def test_a_marker_without_a_sentence_is_named(course):
    (course / "README.md").write_text("It says. <!-- measured: other -->\n", encoding="utf-8")
    with pytest.raises(OthelloInterpError, match=r"README\.md: there is no measured sentence 'other'"):
        measured.write_sentences(Given())


def test_one_that_cannot_be_measured_is_named_and_left_alone(course, monkeypatch, capsys):
    @sentence("There are {n}.", n=(1, 2))
    def gone(s):
        return {"n": next(iter(()))}

    assert cli.main(["sentences"]) == 0
    before = (course / "README.md").read_text(encoding="utf-8")
    monkeypatch.setattr(measured, "all_sentences", lambda: {"example": gone})
    assert cli.main(["sentences"]) == 1
    said = "does not hold: example: can't be measured in this model (StopIteration: )"
    assert said in capsys.readouterr().out
    assert (course / "README.md").read_text(encoding="utf-8") == before
