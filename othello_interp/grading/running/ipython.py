"""What IPython puts into every notebook, as far as cells need it to run: nobody looks, no command is run.

`Shell` stands for what `get_ipython()` returns; a cell's magics turn into calls of its methods. `Absent`
stands for a module that isn't installed, such as `google.colab`.
"""

import ast
import os
import re
import types
from collections.abc import Callable, Iterator
from importlib import invalidate_caches
from importlib.util import find_spec
from pathlib import Path
from typing import Any

CODE_MAGICS = ("time", "timeit", "capture", "prun")  # those that only wrap Python
OWN_NAMES = re.compile(r"_+|_i*\d*|_[iod]h")  # _, __, _3, _ii, _i3, _ih, _oh, _dh


class Absent:
    """Stands for what isn't there: whatever is done with it does nothing, and a decorator changes nothing."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"<{self._name}: not available in the grader>"

    def __getattr__(self, name: str) -> "Absent":
        if name.startswith("_"):
            raise AttributeError(name)
        return Absent(f"{self._name}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        decorates = len(args) == 1 and not kwargs and isinstance(args[0], types.FunctionType | type)
        return args[0] if decorates else self

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return ()

    def __getitem__(self, key: Any) -> "Absent":
        return self

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __contains__(self, item: Any) -> bool:
        return False

    def __bool__(self) -> bool:
        return False

    def __or__(self, other: Any) -> "Absent":  # in annotations
        return self

    __ror__ = __or__

    def __enter__(self) -> "Absent":
        return self

    def __exit__(self, *error: Any) -> None:
        return None


def display(*objects: Any, **options: Any) -> Absent | None:
    """IPython's display(): shows nothing here, and gives back something to update if it is asked to."""
    return Absent("display") if options.get("display_id") else None


class Shell:
    """What `get_ipython()` returns. What it ignores it notes in `remarks`, a sentence each."""

    def __init__(self, space: dict[str, Any], run: Callable[[str, str], None]) -> None:
        """
        Args:
            space: the notebook's name space, which may have had a shell before.
            run: runs the code of a magic that wraps some: (label, source).
        """
        self.user_ns, self._run = space, run
        self.remarks: list[str] = []
        self.config: dict[str, Any] = {}
        self.history: list[str] = space.setdefault("In", [""])
        self.results: dict[int, Any] = space.setdefault("Out", {})
        space.update(_ih=self.history, _oh=self.results, get_ipython=lambda: self, display=display)
        for name in ("_", "__", "___", "_i", "_ii", "_iii"):
            space.setdefault(name, "")
        space.setdefault("_dh", [os.getcwd()])
        self._last = [space[name] for name in ("_", "__", "___")]

    def install(self) -> None:
        """Be what other modules find when they ask IPython for its shell, and have nothing displayed."""
        import IPython.display
        from IPython.core import display_functions, getipython

        for module in (IPython, getipython):
            module.__dict__["get_ipython"] = lambda: self
        IPython.display.display = display_functions.display = display

    @property
    def execution_count(self) -> int:
        return len(self.history) - 1

    def begin(self, source: str) -> None:
        """A cell is about to run."""
        self.remarks = []
        self.history.append(source)
        recent = [*self.history[-2::-1], "", "", ""][:3]
        self.user_ns.update(zip(("_i", "_ii", "_iii"), recent, strict=True))
        self.user_ns[f"_i{self.execution_count}"] = source

    def displayhook(self, value: Any) -> None:
        """Take the value of a cell's last line. A `_` that the notebook has assigned itself is left alone."""
        if value is None:
            return
        self.results[self.execution_count] = self.user_ns[f"_{self.execution_count}"] = value
        names = ("_", "__", "___")
        if all(self.user_ns.get(name) is last for name, last in zip(names, self._last, strict=True)):
            self._last = [value, *self._last[:2]]
            self.user_ns.update(zip(names, self._last, strict=True))

    def run_line_magic(self, name: str, line: str, *args: Any, **kwargs: Any) -> None:
        if name == "time":
            self._run("%time", line)
        else:
            self._ignore(f"%{name} {line}")

    def run_cell_magic(self, name: str, line: str, body: str) -> None:
        if name in CODE_MAGICS:
            self._run(f"%%{name}", body)
        elif name in ("writefile", "file"):
            self._write(line, body)
        else:
            self._ignore(f"%%{name} {line}")

    def system(self, command: str) -> None:
        self._ignore(f"!{command}")

    def getoutput(self, command: str) -> list[str]:
        self._ignore(f"!{command}")
        return []

    def _write(self, line: str, body: str) -> None:
        """A module that the notebook writes and imports lies in the scratch folder until the child ends."""
        append, name = "-a" in line.split(), line.replace("-a ", "").strip().strip("'\"")
        with Path(name).open("a" if append else "w", encoding="utf-8") as file:
            file.write(body)
        invalidate_caches()

    def _ignore(self, what: str) -> None:
        self.remarks.append(f"`{what.strip()[:80]}` was ignored.")

    def __getattr__(self, name: str) -> Absent:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"get_ipython().{name}")


def without_absent(body: list[ast.stmt], shell: Shell) -> list[ast.stmt]:
    """A cell's statements without imports of modules that aren't installed. Their names become `Absent`.

    Imports within `try` or a function are left as they are: the code may know what to do.
    """
    kept: list[ast.stmt] = []
    for node in body:
        if isinstance(node, ast.Import):
            missing = [alias for alias in node.names if not _installed(alias.name)]
            for alias in missing:
                bound = alias.asname or alias.name.split(".")[0]
                _bind(shell, bound, alias.name if alias.asname else bound, alias.name)
            node.names = [alias for alias in node.names if alias not in missing]
            kept += [node] if node.names else []
        elif isinstance(node, ast.ImportFrom) and not node.level and not _installed(node.module or ""):
            for alias in node.names:
                _bind(shell, alias.asname or alias.name, f"{node.module}.{alias.name}", node.module or "")
        else:
            kept.append(node)
    return kept


def _bind(shell: Shell, name: str, what: str, module: str) -> None:
    remark = f"`{module[:60]}` is not installed here: what is done with it does nothing."
    if remark not in shell.remarks:
        shell.remarks.append(remark)
    if name != "*":
        shell.user_ns[name] = Absent(what)


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package that it would be in
        return False
    except Exception:  # it is there, in some odd way: the import itself will say what is wrong
        return True
