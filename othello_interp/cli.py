"""The `othello-interp` command.

A subcommand is a line of `COMMANDS`: its name, the module that does the work and one line of help. The module
has `add_arguments(parser)` and `main(args) -> int`, and is imported only when its command is used, so that
`--help` is quick and works when some other command's dependencies are missing.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from othello_interp import __version__
from othello_interp.errors import OthelloInterpError

COMMANDS: dict[str, tuple[str, str]] = {
    "start": ("othello_interp.student.start_command", "make a folder with the notebooks, to work in"),
    "update": ("othello_interp.student.update_command", "bring a newer version into such a folder"),
    "run": (
        "othello_interp.notebooks.run",
        "execute the notebooks, blank and solved, into HTML",
    ),
    "clean": (
        "othello_interp.notebooks.clean",
        "strip outputs and metadata from the student notebooks",
    ),
    "build-solved": ("othello_interp.notebooks.solved", "make the solved notebooks again, with their plots"),
    "sentences": (
        "othello_interp.authoring.measured",
        "measure what the notebooks say of the model, and write it into them",
    ),
    "grade": ("othello_interp.grading.command", "grade a folder of submitted notebooks"),
    "new-exercise": (
        "othello_interp.authoring.new_exercise",
        "write record, reference, cells and right answers of a new exercise, to be filled in",
    ),
    "check-course": ("othello_interp.authoring.check_course", "say what is missing in the exercises"),
    "train": ("othello_interp.training.command", "train an Othello-GPT"),
    "train-probe": ("othello_interp.training.probe_command", "train a linear probe of the board"),
    "scan": ("othello_interp.atlas.scan_command", "count every neuron's activations over many games"),
    "atlas": (
        "othello_interp.atlas.atlas_command",
        "write pages of every neuron, to be read without a server",
    ),
    "build-atlas": ("othello_interp.atlas.build_command", "condense a scan into data/, for the atlas"),
    "candidates": (
        "othello_interp.authoring.choosing.command",
        "say which neuron of a model is the one of the course, and how far it is from the published one",
    ),
    "adopt": (
        "othello_interp.authoring.adopting.command",
        "make newly trained weights the model of the course, with all that follows from them",
    ),
    "card": (
        "othello_interp.authoring.adopting.card",
        "fill in the model card and the page about data/ from what was measured",
    ),
    "figures": (
        "othello_interp.authoring.figures_command",
        "print the published figures beside those of a model",
    ),
}


def _parser(chosen: str | None) -> argparse.ArgumentParser:
    """The parser, with the options of the chosen command only: the others' would cost imports."""
    parser = argparse.ArgumentParser(
        prog="othello-interp",
        description="Interpreting one neuron of Othello-GPT: notebooks, grading, training.",
        epilog="othello-interp COMMAND --help tells the options of a command.",
    )
    parser.add_argument("--version", action="version", version=f"othello-interp {__version__}")
    parser.add_argument("--traceback", action="store_true", help="show where an error came from")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, help_line) in COMMANDS.items():
        description = help_line[0].upper() + help_line[1:] + "."
        subparser = subparsers.add_parser(name, help=help_line, description=description)
        if name == chosen:
            import_module(module).add_arguments(subparser)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; 2 for what the user can put right, an OthelloInterpError.

    Anything else is a bug and keeps its traceback.
    """
    argv = sys.argv[1:] if argv is None else list(argv)
    chosen = next((word for word in argv if not word.startswith("-")), None)
    show_traceback = "--traceback" in argv
    try:
        args = _parser(chosen).parse_args(argv)
        return import_module(COMMANDS[args.command][0]).main(args)
    except OthelloInterpError as error:
        if show_traceback:
            raise
        print(f"othello-interp: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("othello-interp: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
