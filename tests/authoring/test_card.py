"""Do the model card and the page about data/ say what is measured of the model that ships?"""

import json
import re
import shutil

import pytest

from othello_interp import cli
from othello_interp.authoring.adopting import card, facts
from othello_interp.authoring.choosing import measure
from othello_interp.authoring.choosing.choice import Candidate
from othello_interp.authoring.choosing.survey import REPORT_SEED
from othello_interp.authoring.measured import MARKED
from othello_interp.errors import OthelloInterpError
from othello_interp.figures import HYPOTHESIS, LAYER, NEURON
from othello_interp.lines import line_texts
from othello_interp.probe import load_probe
from othello_interp.rules.random_games import random_games

HERE = line_texts().index(HYPOTHESIS)


@pytest.fixture(scope="module")
def figures():
    return facts.read()


def near(found, expected, tolerance):
    """Numbers to within a part of themselves, texts to the letter."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        return all(near(found[name], expected[name], tolerance) for name in expected)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(
            near(*pair, tolerance) for pair in zip(found, expected, strict=True)
        )
    return found == (expected if isinstance(expected, str) else pytest.approx(expected, rel=tolerance))


# --- the pages that ship ---


def test_the_pages_are_filled_in_from_the_figures():
    """After a change of a template or of data/training.md run `othello-interp card`."""
    assert card.write_pages(dry=True) == []


def test_the_figures_are_of_this_model(figures):
    """After a change of what is measured run `othello-interp card --measure`. Predictions and the probe are
    judged by fewer games here, and so less exactly; see below."""
    found = facts.quickly_measured(n_held_out=60)
    assert figures["weights"] == found["weights"]
    assert figures["model"] == found["model"]
    rows, expected = figures["beside the published"], found["beside the published"]
    assert rows[:-3] == expected[:-3]
    assert [row[:2] for row in rows] == [row[:2] for row in expected]
    predictions = figures["predictions"]
    assert [row[2] for row in rows[-3:]] == [
        f"{predictions['illegal']:.2%}",
        f"{predictions['excess']:.3f}",
        f"{predictions['legal_mass']:.1%}",
    ]
    for part, tolerance in (("predictions", 0.4), ("probe", 0.03)):
        judged = {name: value for name, value in found[part].items() if not name.endswith("games")}
        assert near({name: figures[part][name] for name in judged}, judged, tolerance)


def test_the_survey_is_of_this_model(figures, embedded):
    """What the weights alone give, for the neuron and its companions; the rest takes minutes: see below."""
    for case in figures["survey"]["cases"]:
        line = line_texts().index(case["hypothesis"])
        for name, values in measure.of_weights(embedded, LAYER, load_probe("embedded"), [line]).items():
            found = case["all moves"][name]["value"]
            # The survey of trained weights has a probe of its own, so what is read with one differs.
            tolerance = {"in share": 0.1, "in place": 1}.get(name, 2e-2)
            assert found == pytest.approx(float(values[0, case["neuron"]]), rel=tolerance), name


@pytest.mark.slow
def test_the_neuron_is_as_good_as_the_card_says_at_length(figures, embedded):
    games = figures["survey"]["games"]["report"]
    candidate = Candidate(NEURON, HERE)
    (record,), boards = measure.record(embedded, random_games(games, REPORT_SEED), LAYER, [candidate])
    found = measure.figures(embedded, LAYER, load_probe("embedded"), record, boards)
    said = facts.the_neuron(figures["survey"])["all moves"]
    for name in ("auc", "top", "precision", "recall", "log prob", "slope"):
        assert said[name]["value"] == pytest.approx(found[name].value, rel=0.02, abs=2e-3), name


@pytest.mark.slow
def test_everything_but_the_survey_is_as_it_was_measured_at_length(figures):
    assert near(figures, facts.measure(figures["survey"]), 1e-3)


def test_other_pages_leave_the_figures_to_these(root, figures):
    """A figure of the model that was typed into another page would be forgotten when the model changes."""
    ours = {row[2] for row in figures["beside the published"]} - {
        row[1] for row in figures["beside the published"]
    }
    ours = {text for text in ours if re.fullmatch(r"-?\d+\.\d+%?", text)}
    assert len(ours) > 5
    for page in (root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "docs").rglob("*.md"))):
        text = MARKED.sub("", page.read_text(encoding="utf-8"))
        assert not ours & set(re.findall(r"-?\d+\.\d+%?", text)), page


# --- how they are filled in ---


@pytest.fixture
def checkout(root, tmp_path, monkeypatch):
    """A copy of data/ alone."""
    shutil.copytree(root / "data", tmp_path / "data")
    monkeypatch.setenv("OTHELLO_INTERP_ROOT", str(tmp_path))
    return tmp_path / "data"


def test_every_figure_of_the_file_reaches_a_page(figures):
    """Change any of them, and a page is another."""
    before = [card.filled(page, figures, "") for page in card.PAGES.values()]

    def changes(change):
        other = json.loads(json.dumps(figures))
        change(other)
        return [card.filled(page, other, "") for page in card.PAGES.values()] != before

    for part in ("model", "predictions", "probe"):
        for name, value in figures[part].items():
            new = [6, 50] if isinstance(value, list) else 2 * value + 1
            assert changes(lambda other, part=part, name=name, new=new: other[part].update({name: new})), name
    for row in range(len(figures["beside the published"])):
        assert changes(lambda other, row=row: other["beside the published"][row].__setitem__(2, "other"))
    for layer in range(figures["model"]["n_layers"]):
        assert changes(lambda o, layer=layer: o["probes by layer"]["accuracy"].__setitem__(layer, 0.1))
    for moves in ("all moves", "from move 10"):
        for name in facts.the_neuron(figures["survey"])[moves]:
            assert changes(
                lambda o, moves=moves, name=name: facts.the_neuron(o["survey"])[moves][name].update(value=77)
            )


def test_a_page_that_was_typed_into_is_noticed(checkout, capsys):
    assert cli.main(["card", "--check"]) == 0
    path = checkout / "MODEL_CARD.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"d_model \d+", "d_model 1", text), encoding="utf-8")
    assert cli.main(["card", "--check"]) == 1
    assert capsys.readouterr().out == "MODEL_CARD.md: out of date; run othello-interp card\n"
    assert cli.main(["card"]) == 0
    assert path.read_text(encoding="utf-8") == text


def test_measured_sentences_are_left_as_they_are(checkout):
    path = checkout / "MODEL_CARD.md"
    text = re.sub(r"- .*(<!-- measured: writes_d1 -->)", r"- It says. \1", path.read_text(encoding="utf-8"))
    assert "It says." in text
    path.write_text(text, encoding="utf-8")
    assert card.write_pages() == []


def test_figures_of_another_model_are_refused(checkout):
    figures = facts.read() | {"weights": "0" * 64}
    (checkout / facts.FILE).write_text(json.dumps(figures))
    with pytest.raises(OthelloInterpError, match=r"figures\.json has the figures of another model"):
        card.pages()


@pytest.mark.parametrize("name", ["figures.json", "training.md"])
def test_what_is_missing_is_named(checkout, name):
    (checkout / name).unlink()
    with pytest.raises(OthelloInterpError, match=rf"{name} is missing"):
        card.pages()


def test_a_survey_without_the_neuron_is_refused(figures):
    survey = figures["survey"] | {"cases": []}
    with pytest.raises(OthelloInterpError, match="no case of neuron 1393: ask for it with --neuron 1393"):
        card.filled("model_card.md.j2", figures | {"survey": survey}, "")


def test_cases_get_the_names_they_have_in_the_new_model(figures):
    """The board is relabelled and two neurons change places, for the course's own and the others."""
    survey = facts.in_new_terms(figures["survey"], 1354, "transpose")
    names = [(case["neuron"], case["hypothesis"], case.get("symmetry")) for case in survey["cases"]]
    assert (1393, "C0==BLANK & D1==THEIRS & E2==MINE", "identity") in names
    assert (1354, "A2==BLANK & B3==THEIRS & C4==MINE", "transpose") in names
    old = {case["role"]: case for case in figures["survey"]["cases"]}
    new = {case["role"]: case for case in survey["cases"]}
    assert old["clean"]["hypothesis"] == "H6==BLANK & H5==THEIRS & H4==MINE"
    assert new["clean"]["hypothesis"] == "G7==BLANK & F7==THEIRS & E7==MINE"
    assert new["clean"]["neuron"] == old["clean"]["neuron"]
    assert new["clean"]["all moves"] == old["clean"]["all moves"]
