"""The files of data/: each is recorded in data/manifest.json with its SHA-256 and where it came from."""

import hashlib
import json
from pathlib import Path
from typing import Any

from othello_interp.errors import OthelloInterpError
from othello_interp.storage.paths import how_to_restore, root
from othello_interp.storage.whole_file import whole_file


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def data_path(name: str) -> Path:
    """A file of data/, after comparing it with its recorded SHA-256.

    Raises OthelloInterpError when the file is missing, unknown to the manifest or different.
    """
    path, record = root() / "data" / name, provenance(name)
    if not path.is_file():
        raise OthelloInterpError(f"{path} is missing. {how_to_restore(path)}")
    found = sha256(path)
    if found != record["sha256"]:
        raise OthelloInterpError(
            f"{path} is damaged or was changed: expected SHA-256 {record['sha256']}, found {found} "
            f"({path.stat().st_size} bytes, expected {record['bytes']}). "
            f"{how_to_restore(path)}"
        )
    return path


def provenance(name: str) -> dict[str, Any]:
    """What data/manifest.json records of a file: its hash and size, and how it was made."""
    manifest = _manifest_path()
    records = json.loads(manifest.read_text(encoding="utf-8")) if manifest.is_file() else {}
    if name not in records:
        known = ", ".join(sorted(records)) or "no file"
        raise OthelloInterpError(f"{manifest} has no record of {name!r}; it knows {known}.")
    return records[name]


def write_data(name: str, content: bytes, **how: Any) -> Path:
    """Writes a file of data/ and records its hash and how it was made. Neither is ever half-written."""
    path, manifest = root() / "data" / name, _manifest_path()
    records = json.loads(manifest.read_text(encoding="utf-8")) if manifest.is_file() else {}
    records[name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content), **how}
    with whole_file(path) as temporary:
        temporary.write_bytes(content)
    with whole_file(manifest) as temporary:
        temporary.write_text(json.dumps(records, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return path


def _manifest_path() -> Path:
    return root() / "data" / "manifest.json"
