"""Panels: what check(), hint() and progress() show, as HTML in Jupyter and as plain text elsewhere.

The look is in panel.html.j2 and table.html.j2. All text is escaped there: much of it (errors, printed output,
keys of a dict) was written by a student.
"""

import sys
from dataclasses import dataclass
from textwrap import indent
from typing import Any


@dataclass(frozen=True)
class Panel:
    """One panel.

    Attributes:
        kind: good, part, bad, info or quiet; sets the colour and the mark.
        title: first line; `aside` stands small at its right.
        message: the main thing to say; `notes` follow, smaller.
        rows: label and text, such as ("Expected", "0.74").
        blocks: label and text that keeps its line breaks (tracebacks, printed output).
        picture: Markup that stands under the message; has no part in the plain text.
        footer: last line.
    """

    kind: str
    title: str
    aside: str = ""
    message: str = ""
    notes: tuple[str, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    blocks: tuple[tuple[str, str], ...] = ()
    picture: str = ""
    footer: str = ""


def as_html(panel: Panel) -> str:
    """The panel as one HTML element with inline styles."""
    from othello_interp.pages.render import render  # which imports jinja2: not before it is needed

    return render("exercises/showing/panel.html.j2", panel=panel)


def as_text(panel: Panel) -> str:
    """The panel as plain text."""
    lines = [f"{panel.title} ({panel.aside})" if panel.aside else panel.title]
    lines += [f"  {text}" for text in (panel.message, *panel.notes) if text]
    lines += [f"  {label}: {text}" for label, text in panel.rows]
    for label, text in panel.blocks:
        lines += [f"  {label}:", indent(text.rstrip(), "    ")]
    lines += [f"  {panel.footer}"] if panel.footer else []
    return "\n".join(lines)


def show_panel(panel: Panel, metadata: dict[str, Any] | None = None) -> None:
    """Show a panel in Jupyter or anywhere else."""
    show(as_text(panel), as_html(panel), metadata=metadata)


@dataclass(frozen=True)
class Table:
    """Rows of text under a title, the first of them the heading; a row of one item is a heading too."""

    title: str
    rows: tuple[tuple[str, ...], ...]
    footer: str = ""


def table_as_html(table: Table) -> str:
    """The table as one HTML element."""
    from othello_interp.pages.render import render

    return render("exercises/showing/table.html.j2", table=table)


def table_as_text(table: Table) -> str:
    """The table as plain text with aligned columns."""
    full = [row for row in table.rows if len(row) > 1]
    widths = [max(len(row[column]) for row in full) for column in range(len(full[0]))]
    lines = [table.title]
    for row in table.rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=False)) if len(row) > 1 else row
        lines.append(("    " if len(row) > 1 else "  ") + "  ".join(cells).rstrip())
    return "\n".join([*lines, *([f"  {table.footer}"] if table.footer else [])])


def show(text: str, html: str = "", markdown: str = "", metadata: dict[str, Any] | None = None) -> None:
    """Show HTML or Markdown in Jupyter, plain text anywhere else."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        print(text)
        return
    from IPython.display import display

    bundle = {"text/plain": text, "text/html": html, "text/markdown": markdown}
    display({kind: content for kind, content in bundle.items() if content}, raw=True, metadata=metadata or {})
