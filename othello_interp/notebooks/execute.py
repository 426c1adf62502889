"""Execute a notebook in a fresh kernel of this same interpreter, without needing a registered kernel."""

import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from othello_interp.errors import OthelloInterpError

_WIDGET = "application/vnd.jupyter.widget-view+json"
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


class NotebookFailure(OthelloInterpError):
    """A cell failed. The message has the cell's number, counted from 1, and what went wrong."""


class _ThisPython(AsyncKernelManager):
    @property
    def kernel_spec(self) -> KernelSpec:
        argv = [
            sys.executable,
            "-m",
            "ipykernel_launcher",
            "-f",
            "{connection_file}",
            "--HistoryManager.enabled=False",
        ]
        return KernelSpec(argv=argv, display_name="Python 3", language="python")


def execute(notebook: NotebookNode, folder: Path, timeout: int = 300) -> None:
    """Run every cell, in `folder`, and leave the outputs in `notebook`.

    The kernel has one thread, shows plotly figures as data (not as a page's worth of JavaScript) and keeps
    nothing of the user's IPython or progress. A widget is dead without its kernel: only its text is left.
    `timeout` is in seconds, for each cell. Raises NotebookFailure at the first cell that fails, does not end
    or kills its kernel.
    """
    reached = 0

    def note(cell: NotebookNode, cell_index: int, **_: Any) -> None:
        nonlocal reached
        reached = cell_index

    with tempfile.TemporaryDirectory(prefix="othello-interp-") as scratch:
        # Sockets in a private folder: ports could be taken by the kernel beside this one, or by a stranger.
        manager = _ThisPython(
            transport="tcp" if os.name == "nt" else "ipc",
            connection_file=os.path.join(scratch, "kernel.json"),
        )
        client = NotebookClient(
            notebook,
            km=manager,
            resources={"metadata": {"path": str(folder)}},
            timeout=timeout,
            record_timing=False,
            store_widget_state=False,
            on_cell_start=note,
        )
        settings = {
            "IPYTHONDIR": scratch,
            "OMP_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
            "PLOTLY_RENDERER": "plotly_mimetype",
            "OTHELLO_INTERP_PROGRESS": os.path.join(scratch, "progress.json"),
        }
        try:
            client.execute(cleanup_kc=True, env=os.environ | settings)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise NotebookFailure(_explain(notebook, reached, error, timeout)) from error
        except RuntimeError as error:
            raise NotebookFailure(f"the kernel did not start: {error}") from error
    for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
        data = output.get("data", {})
        data.pop(_WIDGET, None)
        for kind in ("text/plain", "text/html"):  # where progress was kept: another folder each time
            if kind in data:
                data[kind] = data[kind].replace(scratch, "…")


def _explain(notebook: NotebookNode, index: int, error: Exception, timeout: int) -> str:
    where = f"cell {index + 1} of {len(notebook.cells)}"
    if isinstance(error, CellTimeoutError):
        return f"{where} did not end within {timeout} s:\n{_head(notebook.cells[index].source)}"
    if isinstance(error, DeadKernelError):
        return f"{where} killed its kernel:\n{_head(notebook.cells[index].source)}"
    for output in notebook.cells[index].get("outputs", []):
        if output.output_type == "error":
            lines = _ANSI.sub("", "\n".join(output.traceback)).splitlines()
            return f"{where} raised {output.ename}:\n" + "\n".join(lines[-25:])
    return f"{where}: {error}"


def _head(source: str) -> str:
    lines = source.splitlines()
    return "\n".join(lines[:8] + ["…"] * (len(lines) > 8))
