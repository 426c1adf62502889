"""Panels: what check(), hint() and progress() show, as HTML in Jupyter and as plain text elsewhere.

Colours come from JupyterLab's theme, light or dark, with fall-backs for other places. All text is escaped:
much of it (errors, printed output, keys of a dict) was written by a student.
"""

import re
import sys
from dataclasses import dataclass
from html import escape
from textwrap import indent
from typing import Any

COLOURS = {
    "good": "var(--jp-success-color1, #388e3c)",
    "bad": "var(--jp-error-color1, #d32f2f)",
    "info": "var(--jp-info-color1, #0288d1)",
    "quiet": "var(--jp-border-color1, #9e9e9e)",
}
MARKS = {"good": "\u2713", "bad": "\u2717", "info": "\u203a", "quiet": "\u203a"}
SOFT = "color:var(--jp-ui-font-color2,#666)"
CODE = "font-family:var(--jp-code-font-family,monospace);font-size:0.92em"
BOX = (
    "border-left:4px solid {colour};padding:6px 12px;margin:4px 0;max-width:760px;line-height:1.45;"
    "background:var(--jp-layout-color2,#f5f5f5);color:var(--jp-ui-font-color1,#222);"
    "font-family:var(--jp-ui-font-family,sans-serif);font-size:13px"
)
PRE = (
    f"{CODE};margin:4px 0;padding:4px 8px;max-height:220px;overflow:auto;white-space:pre-wrap;"
    "background:var(--jp-layout-color1,#fff);color:inherit;border:1px solid var(--jp-border-color2,#ddd)"
)


@dataclass(frozen=True)
class Panel:
    """One panel.

    Attributes:
        kind: good, bad, info or quiet; sets the colour and the mark.
        title: first line; `aside` stands small at its right.
        message: the main thing to say; `notes` follow, smaller.
        rows: label and text, such as ("Expected", "0.74").
        blocks: label and text that keeps its line breaks (tracebacks, printed output).
        picture: HTML that stands under the message; has no part in the plain text.
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
    colour = COLOURS[panel.kind]
    parts = [
        f'<div><span style="float:right;{SOFT};margin-left:12px">{_inline(panel.aside)}</span>'
        f'<b style="color:{colour}">{MARKS[panel.kind]}</b> <b>{_inline(panel.title)}</b></div>'
    ]
    if panel.message:
        parts.append(f'<div style="margin:3px 0">{_inline(panel.message)}</div>')
    parts += [f'<div style="margin:3px 0;{SOFT}">{_inline(note)}</div>' for note in panel.notes]
    if panel.picture:
        parts.append(panel.picture)
    parts += [
        f'<div style="margin:1px 0"><span style="{SOFT}">{escape(label)}:</span> {_inline(text)}</div>'
        for label, text in panel.rows
    ]
    for label, text in panel.blocks:
        parts.append(f'<div style="{SOFT}">{escape(label)}:</div><pre style="{PRE}">{escape(text)}</pre>')
    if panel.footer:
        parts.append(f'<div style="margin-top:4px;{SOFT}">{_inline(panel.footer)}</div>')
    style = BOX.format(colour=colour)
    return f'<div class="tex2jax_ignore mathjax_ignore" style="{style}">{"".join(parts)}</div>'


def as_text(panel: Panel) -> str:
    """The panel as plain text."""
    lines = [f"{panel.title} ({panel.aside})" if panel.aside else panel.title]
    lines += [f"  {text}" for text in (panel.message, *panel.notes) if text]
    lines += [f"  {label}: {text}" for label, text in panel.rows]
    for label, text in panel.blocks:
        lines += [f"  {label}:", indent(text.rstrip(), "    ")]
    lines += [f"  {panel.footer}"] if panel.footer else []
    return "\n".join(lines)


@dataclass(frozen=True)
class Table:
    """Rows of text under a title, the first of them the heading; a row of one item is a heading too."""

    title: str
    rows: tuple[tuple[str, ...], ...]
    footer: str = ""


def table_as_html(table: Table) -> str:
    """The table as one HTML element."""
    width = len(table.rows[0])
    lines = []
    for number, row in enumerate(table.rows):
        tag, style = ("th", SOFT) if number == 0 or len(row) == 1 else ("td", "")
        span = f' colspan="{width}"' if len(row) == 1 else ""
        style = f"text-align:left;padding:1px 14px 1px 0;{style}"
        cells = "".join(f'<{tag}{span} style="{style}">{_inline(cell)}</{tag}>' for cell in row)
        lines.append(f'<tr style="background:none">{cells}</tr>')
    footer = f'<div style="{SOFT}">{_inline(table.footer)}</div>' if table.footer else ""
    body = f'<table style="border:none;margin:4px 0;font-size:13px">{"".join(lines)}</table>'
    style = BOX.format(colour=COLOURS["quiet"])
    return f'<div style="{style}"><b>{_inline(table.title)}</b>{body}{footer}</div>'


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


def _inline(text: str) -> str:
    """Escaped text, with `this` set as code."""
    return re.sub(r"`([^`\n]+)`", rf'<code style="{CODE}">\1</code>', escape(text))
