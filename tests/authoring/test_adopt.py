"""From a file of weights to a project that stands on them: whole, or as if nothing had happened."""

import dataclasses
import json
import os
import shutil
import signal
from types import SimpleNamespace

import nbformat
import pytest
import torch
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from safetensors.torch import save_file

from othello_interp import cli
from othello_interp.authoring import measured
from othello_interp.authoring.adopting import command, facts, stages
from othello_interp.authoring.measured import sentence
from othello_interp.authoring.surgery import token_images
from othello_interp.model import bridge, load_model, tiny_state
from othello_interp.neurons import get_w_in
from othello_interp.notebooks import files, solved
from othello_interp.probe import load_probe
from othello_interp.rules.random_games import random_games
from othello_interp.storage.data import provenance

LEFT_OUT = {"atlas", "picture", "tests"}
STOPPED = ["model", "focus games", "pages", "sentences"]  # those that don't take long
SIZES = {"n_layers": 6, "d_model": 16, "d_mlp": 1400}  # a neuron 1393 in a layer 5, and little else


@sentence("C0 is raised by {c0:.3f} logits a unit.", c0=(50, 60))
def example(subject):
    return {"c0": subject.attribution[16]}


def contents(folder):
    """Every file of a project but those under build/."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] != "build"
    }


def save(path, change=None, **sizes):
    save_file(tiny_state(seed=4, **(SIZES | sizes)) | (change or {}), path, {"n_heads": "2"})


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "new.safetensors"
    save(path)
    return path


@pytest.fixture(scope="module")
def make_project(root, tmp_path_factory):
    """Makes a checkout with one small notebook, standing on the model that ships."""

    def make():
        folder = tmp_path_factory.mktemp("project")
        shutil.copytree(root / "data", folder / "data")
        for name in ("notebooks", "solutions", "docs"):
            (folder / name).mkdir()
        shutil.copy(root / "pyproject.toml", folder)
        (folder / "README.md").write_text("It says. <!-- measured: example -->\n", encoding="utf-8")
        code = "from othello_interp.model import load_model\nload_model().cfg.d_model"
        cells = [new_markdown_cell("It says. <!-- measured: example -->"), new_code_cell(code)]
        files.write(files.cleaned(new_notebook(cells=cells)), folder / "notebooks" / "01_sample.ipynb")
        (folder / "solutions" / "01_sample.py").write_text("")
        return folder

    return make


@pytest.fixture(scope="module")
def adopted(make_project, weights):
    """A project after an adoption that was stopped at some stages, when their work was done but not noted.

    Gives the project, the job, and what was run in order.
    """
    project = make_project()
    notes = project / "build" / "adopt" / "notes"
    job = stages.Job(weights, notes, games=60, report_games=50, probe_games=60)
    before, ran = contents(project), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTHELLO_INTERP_ROOT", str(project))
        # Sentences of the course are of the course's model, and pictures need a browser.
        patch.setattr(measured, "all_sentences", lambda: {"example": example})
        patch.setattr(solved, "with_pictures", lambda notebook: notebook)
        for name, stage in stages.STAGES.items():

            def stopped(job, name=name, stage=stage):
                ran.append(name)
                stage(job)
                if name in STOPPED and ran.count(name) == 1:
                    raise KeyboardInterrupt

            patch.setitem(stages.STAGES, name, stopped)
        patch.setattr(measured, "PAGES", ("README.md",))
        for name in STOPPED:
            with pytest.raises(KeyboardInterrupt):
                command.prepare(project, job, LEFT_OUT)
            assert ran[-1] == name
            assert contents(project) == before, f"stopped at {name}"
        staging = command.prepare(project, job, LEFT_OUT)
        assert contents(project) == before
        staging.move_back()
        yield SimpleNamespace(project=project, job=job, ran=ran)


def test_what_was_done_is_not_done_again(adopted):
    attempts = ["survey, model", "model, focus games", "focus games, probe, figures, pages"]
    attempts += ["pages, sentences", "pages, sentences, solved notebooks"]
    assert adopted.ran == ", ".join(attempts).split(", ")


def test_the_new_model_predicts_what_the_weights_do(adopted):
    record = provenance("model.safetensors")
    images = token_images(record["chosen"]["symmetry"])
    tokens = random_games(6, seed=2)[:, :59].long()
    trained = bridge(tiny_state(seed=4, **SIZES), 2, "test")
    expected = trained(images[tokens]).log_softmax(-1)[..., images]
    torch.testing.assert_close(load_model("embedded")(tokens).log_softmax(-1), expected, rtol=0, atol=0.02)
    w_in = get_w_in(trained, 5, record["chosen"]["neuron"])
    torch.testing.assert_close(get_w_in(load_model("embedded"), 5, 1393), w_in, rtol=0, atol=2e-3)


def test_everything_that_follows_is_of_the_new_model(adopted):
    assert load_probe("embedded").weight.shape[0] == 16
    figures = facts.read()
    assert figures["model"]["d_model"] == 16
    assert figures["survey"]["candidates"] == 4 * 1400
    text = (adopted.project / "data" / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert "6 layers, d_model 16, 2 heads of 8, d_mlp 1400" in text
    assert f"is illegal at **{figures['predictions']['illegal']:.2%}** of the" in text
    assert "How these weights were trained has not been written down yet." in text
    c0 = float(load_model("embedded").blocks[5].mlp.W_out[1393] @ load_model("embedded").W_U[:, 17])
    line = f"C0 is raised by {c0:.3f} logits a unit. <!-- measured: example -->".replace("by -", "by −")
    assert (adopted.project / "README.md").read_text(encoding="utf-8") == line + "\n"
    notebook = nbformat.read(adopted.project / "solutions" / "01_sample.ipynb", as_version=4)
    assert line in notebook.cells[0].source
    assert notebook.cells[-1].outputs[0].data["text/plain"] == "16"
    assert not solved.out_of_date(adopted.project / "notebooks" / "01_sample.ipynb")


def test_the_neuron_of_the_card_is_the_one_that_was_chosen(adopted):
    chosen, ours = adopted.job.note("survey")["cases"][0], facts.the_neuron(facts.read()["survey"])
    assert provenance("model.safetensors")["chosen"]["neuron"] == chosen["neuron"]
    assert ours["all moves"] == chosen["all moves"]


def test_what_is_left_to_do_is_said(adopted):
    said = command.what_is_left(adopted.job, LEFT_OUT)
    assert "Sentences that no longer hold: 1.\n- example: c0 is " in said
    assert ", expected 50 to 60. It says: C0 is raised by" in said
    assert "Left out: atlas, picture, tests.\nWrite down how the weights were trained" in said
    adopted.job.take_note("tests", ["tests/test_x.py::test_y - assert 1 == 2"])
    assert "Tests that fail: 1.\n- tests/test_x.py::test_y - assert" in command.what_is_left(
        adopted.job, set()
    )


def test_the_shipped_weights_with_their_own_neuron_change_nothing(root, make_project, monkeypatch):
    """Neither model nor probe nor atlas; a probe of fewer games would."""
    project = make_project()
    monkeypatch.setenv("OTHELLO_INTERP_ROOT", str(project))
    job = stages.Job(root / "data" / "model.safetensors", project / "build", neuron=(1393, "identity"))
    before = contents(project)
    job.take_note("chosen", (1393, "identity"))
    stages.make_model(job)
    assert job.note("same")
    stages.make_games(job)
    assert contents(project) == before
    made = []
    monkeypatch.setattr(stages.build_data, "build_probe", lambda *how: made.append(how))
    monkeypatch.setattr(stages, "scan", lambda model, folder, games, progress: made.append(games))
    monkeypatch.setattr(stages, "build_atlas", lambda model, folder: None)
    for each in (job, dataclasses.replace(job, probe_games=50, atlas_games=70)):
        stages.make_probe(each)
        stages.make_atlas(each)
    assert made == [(4, 50), 70]


def test_the_atlas_is_scanned_and_built_of_the_model_in_data(make_project, weights, monkeypatch):
    project, called = make_project(), []
    monkeypatch.setenv("OTHELLO_INTERP_ROOT", str(project))
    monkeypatch.setattr(stages, "scan", lambda model, folder, games, progress: called.append((folder, games)))
    monkeypatch.setattr(
        stages, "build_atlas", lambda model, folder: called.append((model.cfg.d_model, folder))
    )
    job = stages.Job(weights, project / "build", atlas_games=70)
    job.take_note("same", False)
    stages.make_atlas(job)
    (folder, games), (d_model, built_of) = called
    assert (games, d_model, built_of) == (70, load_model("embedded").cfg.d_model, folder)


@pytest.mark.parametrize(
    ("tests", "noted"),
    [
        ("def test_right(): pass\n", []),
        (
            "def test_right(): pass\ndef test_wrong(): assert 1 == 2\n",
            ["test_it.py::test_wrong - assert 1 == 2"],
        ),
        ("import nothing_of_this_name\n", ["test_it.py"]),
        ("", ["the tests did not run: no tests ran"]),
    ],
)
def test_failing_tests_are_noted(tests, noted, tmp_path, monkeypatch):
    project = tmp_path / "project"
    (project / "data").mkdir(parents=True)
    (project / "test_it.py").write_text(tests)
    monkeypatch.setenv("OTHELLO_INTERP_ROOT", str(project))
    job = stages.Job(tmp_path / "any", tmp_path / "notes")
    stages.run_tests(job)
    found = job.note("tests")
    assert [one[: len(expected)] for one, expected in zip(found, noted, strict=True)] == noted


# --- what stops it ---


@pytest.fixture
def light(make_project, monkeypatch):
    """A project in which every stage writes one file of data/ and takes note of nothing."""
    project = make_project()
    monkeypatch.setenv("OTHELLO_INTERP_ROOT", str(project))

    def write(name):
        def stage(job):
            (command.paths.root() / "data" / f"{name}.txt").write_text(name)

        return stage

    monkeypatch.setattr(command, "STAGES", {name: write(name) for name in stages.STAGES})
    return project


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills a child process")
@pytest.mark.parametrize("at", stages.STAGES)
def test_a_kill_at_any_stage_leaves_the_project_as_it_was(light, weights, monkeypatch, at):
    job, before, whole = stages.Job(weights, light / "build" / "notes"), contents(light), command.STAGES[at]

    def killed(job):
        (command.paths.root() / "data" / f"{at}.txt").write_text("half")
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setitem(command.STAGES, at, killed)
    child = os.fork()
    if not child:
        command.prepare(light, job, set())
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert contents(light) == before
    monkeypatch.setitem(command.STAGES, at, whole)
    staging = command.prepare(light, job, set())
    assert contents(light) == before
    staging.move_back()
    new = {f"data/{name}.txt": name.encode() for name in stages.STAGES}
    assert contents(light) == dict(sorted((before | new).items()))


def run(weights, *words):
    return cli.main(["adopt", str(weights), *words, "--without", "tests"])


@pytest.fixture
def any_weights(monkeypatch, light):
    """Takes weights of any size; no sentence is broken."""
    monkeypatch.setattr(command, "check_weights", lambda path: None)
    monkeypatch.setattr(command, "what_is_left", lambda job, left_out: "That is all.")
    return light


def test_a_dry_run_changes_nothing_and_the_next_run_goes_on_from_it(any_weights, weights, capsys):
    before = contents(any_weights)
    assert run(weights, "--dry-run") == 0
    assert contents(any_weights) == before
    said = capsys.readouterr().out
    assert "[1/11] survey: done in 0 s" in said
    assert "10 files would be replaced; they are in " in said
    assert said.endswith("That is all.\n")
    assert run(weights) == 0
    said = capsys.readouterr().out
    assert "Going on where the last attempt ended" in said
    assert "survey" not in said
    assert "10 files replaced; the old ones are in " in said
    assert contents(any_weights).keys() - before.keys() == {
        f"data/{name}.txt" for name in stages.STAGES if name != "tests"
    }


def test_the_text_on_the_training_may_come_after_a_dry_run(any_weights, weights, tmp_path, capsys):
    assert run(weights, "--dry-run") == 0
    (tmp_path / "training.md").write_text("In an hour.")
    capsys.readouterr()
    assert run(weights, "--training", str(tmp_path / "training.md")) == 0
    said = capsys.readouterr().out
    assert "pages: done" in said
    assert "survey: done" not in said


def test_an_edit_after_a_dry_run_is_seen_to(any_weights, weights, capsys):
    assert run(weights, "--dry-run") == 0
    (any_weights / "README.md").write_text("better words")
    capsys.readouterr()
    assert run(weights) == 0
    said = capsys.readouterr().out
    assert "edited since: README.md" in said
    assert "pages: done" in said
    assert "probe: done" not in said
    assert (any_weights / "README.md").read_text() == "better words"


def test_other_weights_begin_anew(any_weights, weights, tmp_path, capsys):
    assert run(weights, "--dry-run") == 0
    save(tmp_path / "other.safetensors", n_layers=7)
    capsys.readouterr()
    assert run(tmp_path / "other.safetensors") == 0
    assert "survey: done" in capsys.readouterr().out


def test_what_an_earlier_run_had_begun_to_move_is_finished_first(any_weights, weights, capsys):
    folder = command.work_folder(any_weights)
    (folder / "project" / "data").mkdir(parents=True)
    (folder / "project" / "data" / "new").write_text("new")
    (folder / "journal.json").write_text('["data/old", "data/new"]')
    assert run(weights) == 0
    assert "Finished what the last run had begun: 2 files replaced." in capsys.readouterr().out
    assert (any_weights / "data" / "new").read_text() == "new"
    assert not (any_weights / "data" / "survey.txt").exists()


def test_two_at_once_are_refused(any_weights, weights, capsys):
    folder = command.work_folder(any_weights)
    folder.mkdir(parents=True)
    with command.FileLock(folder / "lock"):
        assert run(weights) == 2
    assert "Another `othello-interp adopt` is at work in" in capsys.readouterr().err


# --- input that can't be used ---


def cut_short(path):
    save(path)
    path.write_bytes(path.read_bytes()[:-1000])


BAD = {
    "no file": (lambda path: None, "No checkpoint at"),
    "not safetensors": (lambda path: path.write_text("hello"), "is not a complete safetensors file"),
    "cut short": (cut_short, "is not a complete safetensors file"),
    "too few layers": (
        lambda path: save(path, n_layers=6, d_mlp=2048),
        "6 layers of 2048 neurons; the exercises expect 8 layers of 2048",
    ),
    "too few neurons": (lambda path: save(path, n_layers=8), "8 layers of 1400 neurons; the exercises"),
    "another game": (
        lambda path: save(path, {"embed.weight": torch.zeros(65, 16)}),
        "embed.weight has shape (65, 16), expected (61, 16)",
    ),
    "not a number": (
        lambda path: save(path, {"unembed.bias": torch.full((61,), torch.nan)}),
        "unembed.bias holds NaN or infinity",
    ),
    "a tensor missing": (
        lambda path: save_file({"a": torch.ones(1)}, path, {"n_heads": "2"}),
        "embed.weight is missing",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_unusable_weights_change_nothing(kind, light, tmp_path, capsys):
    make, message = BAD[kind]
    make(tmp_path / "bad.safetensors")
    before = contents(light)
    assert run(tmp_path / "bad.safetensors") == 2
    assert message in capsys.readouterr().err
    assert contents(light) == before
    assert not (light / "build").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--games", "20"], "--games 20: expected 50 and more"),
        (["--report-games", "-3"], "--report-games -3: expected 50 and more"),
        (["--neuron", "12:sideways"], "'12:sideways' names no candidate"),
        (["--survey", "nowhere.json"], "--survey nowhere.json: there is no such file"),
        (["--training", "nowhere.md"], "--training nowhere.md: there is no such file"),
    ],
)
def test_unusable_options_are_named(words, message, any_weights, weights, capsys):
    assert run(weights, *words) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (json.dumps({"weights": "0" * 64}), "is a survey of other weights than"),
        ("[]", "is not what `candidates --out FILE.json` writes"),
        ("{", "is not what `candidates --out FILE.json` writes"),
    ],
)
def test_a_survey_that_is_not_of_these_weights_is_refused(text, message, weights, tmp_path):
    path = tmp_path / "survey.json"
    path.write_text(text)
    with pytest.raises(stages.InputError, match=message):
        stages.look(stages.Job(weights, tmp_path, survey=path))


def test_a_survey_without_the_neuron_that_is_asked_for_is_refused():
    case = {"neuron": 3, "symmetry": "identity"}
    assert stages._chosen({"cases": [case]}, (3, "identity")) == (3, "identity")
    with pytest.raises(stages.InputError, match=r"no case of neuron 3 through the transpose.*--neuron"):
        stages._chosen({"cases": [case]}, (3, "transpose"))


def test_an_installed_copy_is_not_changed(tmp_path, monkeypatch, capsys):
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("OTHELLO_INTERP_ROOT", str(tmp_path))
    assert cli.main(["adopt", "any.safetensors"]) == 2
    assert "is not a checkout of the project" in capsys.readouterr().err
