"""`othello-interp update`: bring a newer version of the course into a folder somebody has worked in."""

import argparse
from datetime import datetime
from pathlib import Path

from othello_interp.student.folder import update


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("folder", type=Path, help="a folder made by `othello-interp start`")


def main(args: argparse.Namespace) -> int:
    """Update and list what was done."""
    changes, backup = update(args.folder, datetime.now())
    for change in changes:
        print(f"{change.path.name}: {'up to date' if not change.done else ''}".rstrip())
        for line in change.done:
            print(f"  {line}")
    if backup:
        print(f"The notebooks as they were are in {backup}.")
    return 0
