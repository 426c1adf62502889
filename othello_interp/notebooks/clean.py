"""`othello-interp clean`: student notebooks without outputs and stray metadata, always written alike."""

import argparse
from pathlib import Path

from othello_interp.notebooks import files
from othello_interp.storage import paths


def unclean(path: Path) -> bool:
    """Does cleaning change this file?"""
    return files.text(files.cleaned(files.read(path))) != path.read_text(encoding="utf-8")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names", nargs="*", help="how a notebook's file name begins, such as 02; all by default"
    )
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a notebook isn't clean")


def main(args: argparse.Namespace) -> int:
    found = [path for path in paths.notebooks(args.names) if unclean(path)]
    for path in found:
        if not args.check:
            files.write(files.cleaned(files.read(path)), path)
        print(f"{path.name}: {'not clean; run othello-interp clean' if args.check else 'cleaned'}")
    return 1 if found and args.check else 0
