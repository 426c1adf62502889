"""What follows from a model's weights, stage by stage: each writes into the project of paths.root()."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from othello_interp.atlas.build_command import build_atlas
from othello_interp.atlas.scan import scan
from othello_interp.authoring import build_data, measured
from othello_interp.authoring.adopting import facts
from othello_interp.authoring.adopting.card import TRAINING, write_figures, write_pages
from othello_interp.authoring.choosing.command import probe_of
from othello_interp.authoring.choosing.survey import as_json, survey
from othello_interp.errors import InputError, OthelloInterpError
from othello_interp.figures import HYPOTHESIS, LAYER, NEURON
from othello_interp.model import bridge, load_model, read_checkpoint
from othello_interp.notebooks import clean, solved
from othello_interp.storage import paths
from othello_interp.storage.data import provenance, sha256
from othello_interp.storage.whole_file import write_text

#: What the exercises draw layers and neurons from.
N_LAYERS, D_MLP = 8, 2048


@dataclass(frozen=True)
class Job:
    """What is asked for.

    notes: a folder for what stages tell later ones, and for the scan. neuron: one with its symmetry, not the
    closest. survey: one made before. training: the card's section on it. games, report_games: to choose and
    to report on; probe_games, atlas_games: for the probe and the atlas.
    """

    weights: Path
    notes: Path
    neuron: tuple[int, str] | None = None
    survey: Path | None = None
    training: Path | None = None
    games: int = 1000
    report_games: int = 2000
    probe_games: int = 3000
    atlas_games: int = 20_000
    probe_layer: int = LAYER - 1

    def key(self) -> str:
        """What the long stages depend on, as a hash."""
        parts = [sha256(path) if path else "" for path in (self.weights, self.survey)]
        numbers = (self.games, self.report_games, self.probe_games, self.atlas_games, self.probe_layer)
        return hashlib.sha256(repr((parts, self.neuron, numbers)).encode()).hexdigest()

    def note(self, name: str) -> Any:
        """What an earlier stage noted."""
        return json.loads((self.notes / f"{name}.json").read_text(encoding="utf-8"))

    def take_note(self, name: str, content: Any) -> None:
        """Keep something for later stages."""
        write_text(self.notes / f"{name}.json", json.dumps(content, indent=1) + "\n")


def check_weights(path: Path) -> None:
    """Raises OthelloInterpError for weights that the course can't stand on."""
    state, n_heads = read_checkpoint(path)
    model = bridge(state, n_heads, source=str(path)).cfg
    if broken := sorted(name for name, tensor in state.items() if not tensor.isfinite().all()):
        raise InputError(f"{path}: {broken[0]} holds NaN or infinity: the training went wrong.")
    if (model.n_layers, model.d_mlp) != (N_LAYERS, D_MLP):
        raise InputError(
            f"{path}: {model.n_layers} layers of {model.d_mlp} neurons; the exercises expect {N_LAYERS} "
            f"layers of {D_MLP}, as `othello-interp train --preset full` makes them."
        )


def read_survey(path: Path, weights: Path) -> facts.Survey:
    """What `othello-interp candidates --out` wrote of these weights; of others it is refused."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        of = found["weights"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not what `candidates --out FILE.json` writes ({error!r}).") from error
    if of != sha256(weights):
        raise InputError(f"{path} is a survey of other weights than {weights}. Measure these.")
    return found


def look(job: Job) -> None:
    """Measure every candidate."""
    if job.survey:
        found = read_survey(job.survey, job.weights)
    else:
        name = "embedded" if _is_embedded(job.weights) else str(job.weights)
        model, named = load_model(name), [job.neuron] if job.neuron else []
        games = (job.games, job.report_games)
        found = as_json(survey(model, LAYER, HYPOTHESIS, probe_of(name), *games, named, progress=True))
    job.take_note("survey", found)
    job.take_note("chosen", _chosen(found, job.neuron))


def _is_embedded(weights: Path) -> bool:
    """Is it the very file that is in data/?"""
    return sha256(weights) == provenance("model.safetensors")["sha256"]


def _chosen(found: facts.Survey, asked: tuple[int, str] | None) -> tuple[int, str]:
    """The neuron that becomes the course's, with its symmetry: the closest, or the one that was asked for."""
    for case in found["cases"]:
        if "symmetry" in case and asked in (None, (case["neuron"], case["symmetry"])):
            return case["neuron"], case["symmetry"]
    who = "neuron {} through the {}".format(*asked) if asked else "the pattern"
    raise InputError(f"The survey has no case of {who}: ask for it when it is made, with --neuron.")


def make_model(job: Job) -> None:
    """Relabel the board, give the neuron its number, write the model."""
    chosen = tuple(job.note("chosen"))
    job.take_note("same", _is_embedded(job.weights) and chosen == (NEURON, "identity"))
    if not job.note("same"):
        build_data.build_model(job.weights, *chosen)


def _stands(job: Job, name: str, **how: int) -> bool:
    """Is a file of data/ of this very model already, and was it made in this way?"""
    return job.note("same") and {key: provenance(name).get(key) for key in how} == how


def make_games(job: Job) -> None:
    """Put the clearest game in its place."""
    build_data.build_focus_games()


def make_probe(job: Job) -> None:
    """Train the probe."""
    if _stands(job, "probe.safetensors", layer=job.probe_layer, training_games=job.probe_games):
        return
    build_data.build_probe(job.probe_layer, job.probe_games)


def make_atlas(job: Job) -> None:
    """Scan every neuron and condense that for the atlas."""
    if _stands(job, "atlas.npz", games=job.atlas_games):
        return
    model = load_model("embedded")
    folder = job.notes / f"scan-{provenance('model.safetensors')['sha256'][:16]}"
    with tqdm(total=job.atlas_games, desc="scan", unit=" games", mininterval=5) as bar:

        def progress(done: int) -> None:
            bar.update(done - bar.n)

        scan(model, folder, job.atlas_games, progress=progress)
    build_atlas(model, folder)


def make_figures(job: Job) -> None:
    """Measure what the card says."""
    write_figures(
        facts.in_new_terms(job.note("survey"), *job.note("chosen")), n_probe_games=min(1000, job.probe_games)
    )


def make_pages(job: Job) -> None:
    """Fill in the model card and the page about data/."""
    section = paths.root() / "data" / TRAINING
    if job.training:
        write_text(section, job.training.read_text(encoding="utf-8"))
    elif not job.note("same"):
        write_text(section, "How these weights were trained has not been written down yet.\n")
    write_pages()


def make_sentences(job: Job) -> None:
    """Write the measured sentences, true or not."""
    subject = measured.the_subject()
    measured.write_sentences(subject)
    for path in paths.notebooks():
        write_text(path, clean.as_committed(path))
    job.take_note("sentences", measured.check_sentences(subject))


def make_picture(job: Job) -> None:
    """Draw the picture of the README."""
    run = _python(paths.root() / "docs" / "picture.py")
    if run.returncode:
        raise OthelloInterpError(f"docs/picture.py failed: {run.stderr.strip().splitlines()[-1]}")


def make_solved(job: Job) -> None:
    """Execute the solved notebooks that are out of date."""
    for path in paths.notebooks():
        if solved.out_of_date(path):
            solved.build(path)
            print(f"  {path.name}", flush=True)


def run_tests(job: Job) -> None:
    """Run the project's tests on the copy."""
    run = _python("-m", "pytest", "-q", "-p", "no:cacheprovider", "-rfE")
    failed = re.findall(r"^(?:FAILED|ERROR) (.+)$", run.stdout, re.MULTILINE)
    if run.returncode and not failed:
        last = (run.stdout + run.stderr).strip().splitlines()[-1:]
        failed = [f"the tests did not run: {' '.join(last)}"]
    job.take_note("tests", failed)


def _python(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run Python in the copy, with the copy's own package."""
    environment = os.environ | {"PYTHONPATH": str(paths.root())}
    command = [sys.executable, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=paths.root(), env=environment)


STAGES: dict[str, Callable[[Job], None]] = {
    "survey": look,
    "model": make_model,
    "focus games": make_games,
    "probe": make_probe,
    "atlas": make_atlas,
    "figures": make_figures,
    "pages": make_pages,
    "sentences": make_sentences,
    "picture": make_picture,
    "solved notebooks": make_solved,
    "tests": run_tests,
}
#: Done each time: it is quick, and the text on the training may have come meanwhile.
ALWAYS = "pages"
#: What is done again when texts or code of the project are edited before the work ends.
AFTER_EDITS = ["pages", "sentences", "picture", "solved notebooks", "tests"]
