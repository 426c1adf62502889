"""`othello-interp adopt`: make a model the one of the course, with all that follows from it."""

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from othello_interp.authoring.adopting.card import TRAINING
from othello_interp.authoring.adopting.stages import AFTER_EDITS, ALWAYS, STAGES, Job, check_weights
from othello_interp.authoring.adopting.staging import Staging, finish_moving
from othello_interp.authoring.choosing.command import candidate_name
from othello_interp.errors import InputError, OthelloInterpError
from othello_interp.storage import paths
from othello_interp.storage.whole_file import writable_folder

#: Stages that may be left out.
OPTIONAL = ("atlas", "picture", "solved notebooks", "tests")


def work_folder(project: Path) -> Path:
    """Where a model is prepared."""
    return project / "build" / "adopt"


def prepare(project: Path, job: Job, left_out: set[str], anew: bool = False) -> Staging:
    """Do every stage on a copy of the project that has not been done there for the same job; returns the
    copy. The project stays as it is."""
    staging = Staging(project, work_folder(project), job.key(), anew)
    if staging.resumed:
        print("Going on where the last attempt ended (--anew begins again).")
        for name in staging.refresh(AFTER_EDITS):
            print(f"  edited since: {name}")
    with _root(staging.copy):
        for number, (name, stage) in enumerate(STAGES.items(), 1):
            if name in left_out or (staging.done(name) and name != ALWAYS):
                continue
            print(f"[{number}/{len(STAGES)}] {name}: {(stage.__doc__ or '').strip()}", flush=True)
            start = time.monotonic()
            stage(job)
            staging.finish(name)
            print(f"[{number}/{len(STAGES)}] {name}: done in {time.monotonic() - start:.0f} s", flush=True)
    return staging


@contextmanager
def _root(folder: Path) -> Iterator[None]:
    """While it lasts, this folder is the project, here and in processes that are started."""
    before = os.environ.get("OTHELLO_INTERP_ROOT")
    os.environ["OTHELLO_INTERP_ROOT"] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ["OTHELLO_INTERP_ROOT"]
        else:
            os.environ["OTHELLO_INTERP_ROOT"] = before


def what_is_left(job: Job, left_out: set[str]) -> str:
    """What has to be seen to by hand: sentences and tests that don't hold, and what was left out."""
    parts = []
    for name, what in (("sentences", "Sentences that no longer hold"), ("tests", "Tests that fail")):
        if name not in left_out:
            found = job.note(name)
            parts.append(f"{what}: {len(found) or 'none'}.")
            parts += [f"- {one}" for one in found]
    if left_out:
        parts.append(f"Left out: {', '.join(sorted(left_out))}.")
    if not job.training and not job.note("same"):
        parts.append(
            f"Write down how the weights were trained, in data/{TRAINING}, then `othello-interp card`."
        )
    return "\n".join(parts)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `othello-interp adopt`."""
    parser.epilog = (
        "Measures all candidates, gives the closest one the number 1393, trains the probe, and makes data/, "
        "the model card, the picture, the sentences with figures and the solved notebooks anew. All of it "
        "happens in a copy under build/adopt; the project changes at the end, in a moment, and not at all if "
        "anything fails. Stopped, the same command goes on. What no longer holds is listed at the end: with "
        "--dry-run you can mend it first, and the same command without it then does again only what depends "
        "on that. Takes an hour or two on two cores. Needs the extras `authors` and `dev`, and Chromium."
    )
    parser.add_argument("weights", type=Path, metavar="WEIGHTS", help="a .safetensors file of `train`")
    parser.add_argument(
        "--neuron", metavar="N[:SYMMETRY]", help="take this one, such as 1354:transpose, not the closest"
    )
    parser.add_argument(
        "--training", type=Path, metavar="FILE", help="Markdown on how it was trained, for the model card"
    )
    parser.add_argument(
        "--survey", type=Path, metavar="FILE", help="what `candidates --out FILE.json` found in these weights"
    )
    for option, default, what in (
        ("games", 1000, "games to choose on"),
        ("report-games", 2000, "other games to report on"),
        ("probe-games", 3000, "games to train the probe on"),
        ("atlas-games", 20_000, "games to scan for the atlas"),
    ):
        parser.add_argument(f"--{option}", type=int, default=default, help=f"{what} ({default})", metavar="N")
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=OPTIONAL,
        help="leave this stage out; may be repeated",
    )
    parser.add_argument("--dry-run", action="store_true", help="change nothing, only say what would not hold")
    parser.add_argument("--anew", action="store_true", help="begin again after an interruption")


def _checked(args: argparse.Namespace, project: Path) -> Job:
    """What the options ask for. Raises OthelloInterpError for what can't be used."""
    if not (project / "pyproject.toml").is_file():
        raise InputError(f"{project} is not a checkout of the project: a model is adopted in one.")
    for option, file in (("--training", args.training), ("--survey", args.survey)):
        if file and not file.is_file():
            raise InputError(f"{option} {file}: there is no such file.")
    for option in ("games", "report_games", "probe_games", "atlas_games"):
        if (games := getattr(args, option)) < 50:
            name = option.replace("_", "-")
            raise InputError(f"--{name} {games}: expected 50 and more; with fewer games nothing can be told.")
    check_weights(args.weights)
    return Job(
        weights=args.weights.resolve(),
        notes=work_folder(project) / "notes",
        neuron=candidate_name(args.neuron) if args.neuron else None,
        survey=args.survey,
        training=args.training,
        games=args.games,
        report_games=args.report_games,
        probe_games=args.probe_games,
        atlas_games=args.atlas_games,
    )


def main(args: argparse.Namespace) -> int:
    """`othello-interp adopt`."""
    project = paths.root()
    job, left_out = _checked(args, project), set(args.without)
    folder = writable_folder(work_folder(project), "OTHELLO_INTERP_ROOT")
    try:
        with FileLock(folder / "lock", timeout=0):
            if names := finish_moving(project, folder):
                print(f"Finished what the last run had begun: {len(names)} files replaced.")
            else:
                staging = prepare(project, job, left_out, args.anew)
                if args.dry_run:
                    names = staging.changed()
                    print(f"{len(names)} files would be replaced; they are in {staging.copy}.")
                else:
                    names = staging.move_back()
                    print(f"{len(names)} files replaced; the old ones are in {folder / 'replaced'}.")
    except Timeout as error:
        raise OthelloInterpError(f"Another `othello-interp adopt` is at work in {folder}.") from error
    print(what_is_left(job, left_out))
    return 0
