"""Who is who in an export of Gradescope: submission_metadata.yml gives each folder's names and addresses."""

import unicodedata
from dataclasses import dataclass
from typing import Any

import yaml

from othello_interp.grading.submissions.names import printable

NAME = "submission_metadata.yml"
MAX_SIZE = 20 * 2**20
MAX_PEOPLE = 20  # in one group
MAX_LENGTH = 200


class _Loader(yaml.SafeLoader):
    """Reads plain data; what Ruby calls by names of its own is left out."""


_Loader.add_multi_constructor("", lambda loader, suffix, node: None)


@dataclass(frozen=True)
class Group:
    """Who handed in one submission together; mostly one person."""

    names: str
    addresses: str


def read_roster(data: bytes) -> dict[str, Group]:
    """The people of each folder. Folders without a name in the file are not in it.

    Raises:
        ValueError: it is no such file.
    """
    if len(data) > MAX_SIZE:
        raise ValueError(f"it is larger than {MAX_SIZE // 2**20} MB")
    try:
        content = yaml.load(data, Loader=_Loader)
    except (yaml.YAMLError, ValueError, RecursionError, TypeError, AttributeError) as error:
        raise ValueError(f"it is no YAML ({type(error).__name__})") from None
    if not isinstance(content, dict):
        raise ValueError("it doesn't list submissions")
    groups = {}
    for folder, record in content.items():
        people = record.get(":submitters") if isinstance(record, dict) else None
        if not isinstance(folder, str) or not isinstance(people, list):
            continue
        people = [person for person in people[:MAX_PEOPLE] if isinstance(person, dict)]
        names = ", ".join(filter(None, (_text(person.get(":name")) for person in people)))
        addresses = ", ".join(filter(None, (_text(person.get(":email")) for person in people)))
        if names:
            groups[folder] = Group(names, addresses)
    return groups


def _text(value: Any) -> str:
    text = str(value) if isinstance(value, str | int) else ""
    return unicodedata.normalize("NFC", printable(text)).strip()[:MAX_LENGTH]
