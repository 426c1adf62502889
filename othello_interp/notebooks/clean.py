"""`othello-interp clean`: student notebooks without outputs and stray metadata, always written alike.

Each gets its links and its install cell (see opening.py), and README.md its buttons.
"""

import argparse
from pathlib import Path

from othello_interp.notebooks import files
from othello_interp.notebooks.opening import with_buttons, with_opening
from othello_interp.storage import paths
from othello_interp.storage.whole_file import write_text


def as_committed(path: Path) -> str:
    """The text that the file of a student notebook should hold."""
    return files.text(with_opening(files.cleaned(files.read(path)), path.name))


def unclean(path: Path) -> bool:
    """Does cleaning change this file?"""
    return as_committed(path) != path.read_text(encoding="utf-8")


def stale_readme() -> str:
    """README.md as it should be if its buttons are out of date, else ""."""
    readme, notebooks = paths.root() / "README.md", paths.notebooks()
    if not readme.is_file() or not notebooks:
        return ""
    text = readme.read_text(encoding="utf-8")
    wanted = with_buttons(text, notebooks[0].name)
    return wanted if wanted != text else ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names", nargs="*", help="how a notebook's file name begins, such as 02; all by default"
    )
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a notebook isn't clean")


def main(args: argparse.Namespace) -> int:
    wanted = {path: as_committed(path) for path in paths.notebooks(args.names) if unclean(path)}
    if readme := stale_readme():
        wanted[paths.root() / "README.md"] = readme
    for path, text in wanted.items():
        if not args.check:
            write_text(path, text)
        print(f"{path.name}: {'not clean; run othello-interp clean' if args.check else 'cleaned'}")
    return 1 if wanted and args.check else 0
