"""`othello-interp start`: make a folder to work in."""

import argparse
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from othello_interp.errors import OthelloInterpError
from othello_interp.student.folder import start


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("folder", type=Path, help="the new folder, such as my-course")
    parser.add_argument("--lab", action="store_true", help="open it in JupyterLab")


def main(args: argparse.Namespace) -> int:
    """Make the folder and say what to type next."""
    if args.lab and find_spec("jupyterlab") is None:
        raise OthelloInterpError("--lab needs JupyterLab: pip install jupyterlab")
    made = start(args.folder)
    print(f"{len(made)} notebooks are in {args.folder}. Begin with {made[0].name}:")
    if args.lab:
        return subprocess.run([sys.executable, "-m", "jupyterlab"], cwd=args.folder).returncode
    print(f"    cd {args.folder}")
    print("    jupyter lab" if find_spec("jupyterlab") else "    pip install jupyterlab && jupyter lab")
    return 0
