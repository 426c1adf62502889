"""Dataclasses as plain data and back, for what comes from a process or a file that isn't to be trusted."""

import dataclasses
import math
import types
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
SCALARS = (str, int, bool, type(None))


class Mismatch(ValueError):
    """Data that isn't what it should be; the message says where."""


def to_plain(value: Any) -> Any:
    """Dataclasses as dicts, members of an enum as their values, within lists, tuples and dicts."""
    if dataclasses.is_dataclass(value):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    return [to_plain(item) for item in value] if isinstance(value, list | tuple) else value


def from_plain(kind: type[T], value: Any) -> T:
    """The dataclass that `value` claims to be, its fields checked by their annotations; Mismatch if not.

    Annotations may be dataclasses, enums, str, int, float, bool, None, and list, tuple[X, ...], dict and
    unions of these. Fields that have a default may be missing.
    """
    return _take(kind, value, kind.__name__)


def _take(kind: Any, value: Any, where: str) -> Any:
    if kind in SCALARS:
        if type(value) is not kind:
            raise Mismatch(f"{where}: a {type(value).__name__}, expected {kind.__name__}")
        return value
    if kind is float:
        if type(value) not in (int, float) or not math.isfinite(value):
            raise Mismatch(f"{where}: {value!r:.40}, expected a number")
        return float(value)
    if dataclasses.is_dataclass(kind):
        return _record(kind, value, where)
    if isinstance(kind, type) and issubclass(kind, Enum):
        if type(value) is not str or value not in {member.value for member in kind}:
            raise Mismatch(f"{where}: {value!r:.40} is no {kind.__name__}")
        return kind(value)
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in inner:
            return None
        [only] = [choice for choice in inner if choice is not type(None)]
        return _take(only, value, where)
    if origin in (list, tuple) and isinstance(value, list | tuple):
        return origin(_take(inner[0], item, f"{where}[{n}]") for n, item in enumerate(value))
    if origin is dict and type(value) is dict:
        return {
            _take(inner[0], k, where): _take(inner[1], v, f"{where}[{k!r:.40}]") for k, v in value.items()
        }
    raise Mismatch(f"{where}: a {type(value).__name__}, expected {kind}")


def _record(kind: Any, value: Any, where: str) -> Any:
    if type(value) is not dict:
        raise Mismatch(f"{where}: a {type(value).__name__}, expected the fields of {kind.__name__}")
    hints = _hints(kind)
    if unknown := value.keys() - hints.keys():
        raise Mismatch(f"{where}: unknown fields {sorted(map(str, unknown))[:5]}")
    fields = {name: _take(hints[name], item, f"{where}.{name}") for name, item in value.items()}
    try:
        return kind(**fields)
    except TypeError as error:
        raise Mismatch(f"{where}: {error}") from None


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
