"""Plain data, cases and outcomes as bytes and back, without pickle: reading can't run code.

The bytes are a safetensors file. Its metadata holds the nesting as JSON, in which each value is a tag and a
content; tensors are named by number. Used where an untrusted process hands its answers over. Torch is
imported where there are tensors, and only there: the grader's own process does without.
"""

import json
from typing import Any

from safetensors import deserialize, serialize

from othello_interp.exercises.calling.outcome import MAX_DEPTH, Opaque, Outcome
from othello_interp.exercises.records import Case, ModelRef
from othello_interp.exercises.status import Status

MAX_BYTES = 256 * 2**20
RECORDS = {"case": Case, "model": ModelRef, "outcome": Outcome, "opaque": Opaque}
NAMES = {kind: tag for tag, kind in RECORDS.items()}
SECRETS = {(Case, "seed")}  # not for those who are called
CONTAINERS = {"list": list, "tuple": tuple, "set": set}
SCALARS = {"bool": bool, "int": int, "str": str}


class EncodeError(ValueError):
    """Bytes that were not written by `encode`, or a value that isn't plain data, or too much of it."""


def encode(value: Any, max_bytes: int = MAX_BYTES) -> bytes:
    """Bytes of plain data, a Case, an Outcome, or lists, tuples and dicts of these; else EncodeError."""
    tensors: dict[str, Any] = {}
    try:
        tree = json.dumps(_to_tree(value, tensors), allow_nan=False)
        total = len(tree) + sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
        if total > max_bytes:
            raise EncodeError(f"{total:,} bytes to write, at most {max_bytes:,} are allowed")
        if not tensors:
            return bytes(serialize({}, {"tree": tree}))
        from safetensors.torch import save

        return save(tensors, metadata={"tree": tree})
    except (KeyError, RecursionError, UnicodeError) as error:
        raise EncodeError(f"can't be written: {type(error).__name__}: {error}") from None


def _to_tree(value: Any, tensors: dict[str, Any]) -> Any:
    kind = type(value)
    if value is None:
        return ["none"]
    if kind is Status:
        return ["str", value.value]
    if kind is float:
        return ["float", value.hex()]  # exact, and holds nan and inf
    if kind.__name__ in SCALARS and kind is SCALARS[kind.__name__]:
        return [kind.__name__, value]
    if kind.__module__ == "torch":
        import torch

        if kind is torch.Tensor:
            name = str(len(tensors))
            tensors[name] = value.detach().cpu().clone(memory_format=torch.contiguous_format)
            return ["tensor", name]
    if kind in (list, tuple, set):
        return [kind.__name__, [_to_tree(item, tensors) for item in value]]
    if kind is dict:
        return ["dict", [[_to_tree(key, tensors), _to_tree(item, tensors)] for key, item in value.items()]]
    if kind in NAMES:
        fields = {name: item for name, item in vars(value).items() if (kind, name) not in SECRETS}
        return [NAMES[kind], {name: _to_tree(item, tensors) for name, item in fields.items()}]
    raise EncodeError(f"a {kind.__name__} is not plain data")


def decode(data: bytes, max_bytes: int = MAX_BYTES, tensors: bool = True) -> Any:
    """The value that `encode` was given. Raises only EncodeError, whatever the bytes hold.

    Args:
        tensors: whether there may be any.
    """
    if len(data) > max_bytes:
        raise EncodeError(f"{len(data):,} bytes to read, at most {max_bytes:,} are allowed")
    try:
        header_size = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + header_size])
        found: dict[str, Any] = {}
        if header.keys() == {"__metadata__"}:
            deserialize(data)  # finds what is damaged
        elif not tensors:
            raise EncodeError("it holds tensors, where there may be none")
        else:
            from safetensors.torch import load

            found = load(data)
        return _from_tree(json.loads(header["__metadata__"]["tree"]), found, 3 * MAX_DEPTH)
    except EncodeError:
        raise
    except Exception as error:  # safetensors, JSON and the records each have their own kinds
        raise EncodeError(f"not a value written by encode: {type(error).__name__}: {error!s:.200}") from None


def outcome_status(data: bytes, max_header: int = 2**20) -> str:
    """The status of an outcome that `encode` has written, its value unread; "" if it can't be told."""
    size = int.from_bytes(data[:8], "little")
    if size > max_header:
        return ""
    try:
        tag, fields = json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["tree"])
        status = fields["status"][1]
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return ""
    return status if tag == NAMES[Outcome] and isinstance(status, str) else ""


def _from_tree(node: Any, tensors: dict[str, Any], depth: int) -> Any:
    if depth == 0:
        raise EncodeError("nested too deep")
    if node == ["none"]:
        return None
    tag, content = node
    if tag == "float":
        return float.fromhex(content)
    if tag in SCALARS:
        if type(content) is not SCALARS[tag]:
            raise EncodeError(f"{tag} expected, found {type(content).__name__}")
        return content
    if tag == "tensor":
        return tensors[content]
    if tag in CONTAINERS:
        return CONTAINERS[tag](_from_tree(item, tensors, depth - 1) for item in content)
    if tag == "dict":
        return {_from_tree(key, tensors, 2): _from_tree(item, tensors, depth - 1) for key, item in content}
    if tag in RECORDS:
        fields = {name: _from_tree(item, tensors, depth - 1) for name, item in content.items()}
        if tag == NAMES[Outcome]:
            fields["status"] = Status(fields["status"])  # ValueError unless it is one of its words
        return RECORDS[tag](**fields)
    raise EncodeError(f"unknown tag {tag!r:.40}")
