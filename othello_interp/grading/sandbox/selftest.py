"""Try to break out, from inside, before any hostile code is run: a protection counts only if this fails.

`find_setting` looks for the strongest combination of layers that this machine offers, has a sandboxed child
attempt what hostile code would (escape.py), and says which protections hold.
"""

import os
import socket
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from othello_interp.grading.sandbox.limits import LAYERS, SandboxError, Setting


class Child(Protocol):
    """A sandboxed process that passes a request on to `escape.probe`."""

    def request(self, message: dict[str, Any], seconds: float) -> Any: ...

    def dies_whole(self, seconds: float) -> bool: ...

    def close(self) -> Any: ...


PROTECTIONS = {
    "files": "what is to be kept from it and your home can't be read",
    "writing": "nothing can be written outside a scratch folder in memory",
    "network": "no connection to anywhere, this machine included",
    "processes": "no other process can be seen, signalled or traced",
    "privileges": "no capability, and no way to gain one",
    "memory": "allocations beyond the limit fail",
    "process limit": "a fork bomb runs into a limit",
    "file size": "a file can't outgrow the limit",
    "open files": "descriptors run out",
    "descriptors": "none inherited but the one for answers",
    "environment": "no variable of the grader's",
    "whole tree": "what a process leaves running is killed with it",
}
COMBINATIONS = (
    LAYERS,
    ("namespaces", "landlock"),
    ("namespaces", "seccomp"),
    ("landlock", "seccomp"),
    ("seccomp",),
    (),
)


@dataclass(frozen=True)
class Finding:
    """The layers in use on this machine and the protections that hold, out of PROTECTIONS."""

    setting: Setting
    holds: dict[str, bool]
    why_not: str = ""

    @property
    def missing(self) -> list[str]:
        return [name for name in PROTECTIONS if not self.holds.get(name)]

    def lines(self) -> list[str]:
        """For the screen: one line for each protection."""
        layers = ", ".join([*self.setting.layers, "resource limits"])
        lines = [f"Sandbox: {layers}."]
        if self.why_not:
            lines.append(f"  not available here: {self.why_not}")
        marks = {True: "ok     ", False: "MISSING"}
        return lines + [
            f"  {marks[self.holds.get(name, False)]}  {name}: {text}" for name, text in PROTECTIONS.items()
        ]


def find_setting(
    wanted: Setting, fork: Callable[[Setting], Child], secrets: list[Path], strangers: list[int]
) -> Finding:
    """Try the combinations of layers, strongest first, and attack the first that can be set up.

    Args:
        wanted: the setting but for its layers.
        fork: starts a child in a setting, or raises SandboxError.
        secrets: paths that it must not be able to read.
        strangers: processes that it must not be able to reach.
    """
    reasons: list[str] = []
    for layers in COMBINATIONS:
        setting = replace(wanted, layers=layers)
        try:
            holds = _attack(fork, setting, secrets, strangers)
        except SandboxError as error:
            reasons.append(f"{' + '.join(layers)} ({error})")
            continue
        return Finding(setting, holds, "; ".join(reasons))
    raise SandboxError("no child could be started: " + "; ".join(reasons))


def _attack(
    fork: Callable[[Setting], Child], setting: Setting, secrets: list[Path], strangers: list[int]
) -> dict[str, bool]:
    home = os.path.expanduser("~")
    kept_in = home if os.access(home, os.W_OK) else None
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_UNIX) as abstract,
        tempfile.NamedTemporaryFile(prefix=".grading-secret-", dir=kept_in) as secret,
    ):
        abstract.bind("\0grading-" + os.urandom(8).hex())
        abstract.listen()
        os.chmod(secret.name, 0o644)
        hidden = [secret.name, *map(str, secrets)]
        request = {
            "op": "probe",
            "port": tcp.getsockname()[1],
            "abstract": abstract.getsockname().hex(),
            "secrets": hidden,
            "folders": [
                os.path.dirname(__file__),
                "/usr",
                "/var/tmp",
                "/dev/shm",
                *map(os.path.dirname, hidden),
            ],
            "outside": [os.getpid(), *strangers],
            "limits": vars(setting.limits),
            "passed_on": list(setting.passed_on),
        }
        child = fork(setting)
        try:
            answer = child.request(request, 30.0)
        except Exception:  # it ended, or was too slow: nothing is known to hold
            answer = None
        holds = answer if isinstance(answer, dict) else {}
        holds["whole tree"] = holds.get("left running") is True and child.dies_whole(5.0)
        child.close()
    return {name: holds.get(name) is True for name in PROTECTIONS}
