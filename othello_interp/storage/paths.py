"""Where the files beside the package are. The project is used from a checkout, not from an installed copy."""

import os
from pathlib import Path

from othello_interp.errors import OthelloInterpError


def root() -> Path:
    """The checkout: the folder that holds data/, notebooks/ and solutions/.

    The environment variable OTHELLO_INTERP_ROOT names another one.
    """
    named = os.environ.get("OTHELLO_INTERP_ROOT")
    folder = Path(named) if named else Path(__file__).resolve().parents[2]
    if not (folder / "notebooks").is_dir():
        raise OthelloInterpError(
            f"No notebooks/ in {folder}: it isn't a checkout of this project. Install with "
            "`pip install -e .` from a checkout, or set OTHELLO_INTERP_ROOT to one."
        )
    return folder


def solutions() -> Path:
    """solutions/ of the checkout, or the folder that the variable OTHELLO_INTERP_SOLUTIONS names."""
    named = os.environ.get("OTHELLO_INTERP_SOLUTIONS")
    return Path(named) if named else root() / "solutions"


def notebooks(names: list[str] | None = None, folder: Path | None = None) -> list[Path]:
    """The student notebooks in order, or those whose file name begins with one of `names`, such as "02"."""
    folder = folder or root() / "notebooks"
    paths = sorted(folder.glob("*.ipynb"))
    if not names:
        return paths
    for name in names:
        if not any(path.name.startswith(name) for path in paths):
            known = ", ".join(path.stem for path in paths) or "none"
            raise OthelloInterpError(f"No notebook begins with {name!r} in {folder}. There are: {known}.")
    return [path for path in paths if path.name.startswith(tuple(names))]
