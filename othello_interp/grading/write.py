"""Write a file so that it is either the old one or the whole new one, whenever the process is killed."""

import os
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Write to a temporary file beside `path` and rename it, unless it holds this text already."""
    try:
        if path.read_text(encoding="utf-8") == text:
            return
    except (OSError, UnicodeDecodeError):
        path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)
