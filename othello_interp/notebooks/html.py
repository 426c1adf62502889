"""An executed notebook as a page that shows its figures and formulas without a network.

The usual export fetches MathJax and require.js, and shows nothing for a figure kept as data. Here a formula
becomes MathML, which browsers draw themselves, a figure becomes a call of plotly.js, and one copy of that
lies beside the pages.
"""

import re
from pathlib import Path

import nbformat
import plotly.io
from jinja2 import DictLoader
from latex2mathml.converter import convert as mathml
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from plotly.offline import get_plotlyjs

from othello_interp.pages.render import render
from othello_interp.storage.whole_file import write_text

PLOTLY = "application/vnd.plotly.v1+json"
_SCRIPT = "plotly.min.js"
NARROW = Path(__file__).with_name("narrow.js")  # draws figures anew where there is little room
_TEMPLATE = Path(__file__).with_name("notebook.html.j2")
# Code comes first so that a dollar inside it is left alone; then $$…$$, then $…$ on one line.
_FORMULA = re.compile(
    r"(```.*?```|`[^`]*`)|\$\$(.+?)\$\$|(?<![\\$])\$(?!\s)([^$`\n]+?)(?<!\s)\$(?!\d)", re.DOTALL
)
# pandas leaves the corner of a table an empty header.
_EMPTY_HEADER = re.compile(r"<th\b([^>]*)>(?:\s|&nbsp;)*</th>")
_LINK = re.compile(r"(\]\([\w./-]+)\.ipynb([)#])")


def _with_mathml(markdown: str) -> str:
    def draw(found: re.Match[str]) -> str:
        code, block, inline = found.groups()
        if code:
            return code
        return mathml(block.strip(), display="block") if block else mathml(inline)

    return _FORMULA.sub(draw, markdown)


def drawn(notebook: NotebookNode) -> NotebookNode:
    """A copy whose figures are HTML that calls plotly.js, and whose formulas are MathML."""
    notebook = nbformat.from_dict(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = _with_mathml(cell.source)
        for number, output in enumerate(cell.get("outputs", [])):
            figure = output.get("data", {}).get(PLOTLY)
            if figure is not None:
                drawing = plotly.io.to_html(
                    {key: figure[key] for key in ("data", "layout", "frames") if key in figure},
                    config=figure.get("config"),
                    include_plotlyjs=False,
                    full_html=False,
                    validate=False,
                    div_id=f"figure-{cell.id}-{number}",
                )
                output["data"] = {"text/html": drawing}
            elif "text/html" in output.get("data", {}):
                output["data"]["text/html"] = _EMPTY_HEADER.sub(r"<td\1></td>", output["data"]["text/html"])
    return notebook


def read_drawn(text: str) -> NotebookNode:
    """An executed notebook from the text of its file, with its drawings. The website reads notebooks so."""
    return drawn(nbformat.reads(text, as_version=4))


def write_page(notebook: NotebookNode, path: Path, title: str) -> None:
    """Write an executed notebook as `path`, with plotly.js and narrow.js beside it."""
    notebook = drawn(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = _LINK.sub(r"\1.html\2", cell.source)
    exporter = HTMLExporter(
        extra_loaders=[DictLoader({})], raw_template=_TEMPLATE.read_text(encoding="utf-8")
    )
    page, _ = exporter.from_notebook_node(
        notebook, resources={"metadata": {"name": title, "path": str(path.parent)}}
    )
    write_text(path, page)
    write_text(path.with_name(_SCRIPT), get_plotlyjs())
    write_text(path.with_name(NARROW.name), NARROW.read_text(encoding="utf-8"))


def write_index(rows: list[tuple[str, str]], path: Path) -> None:
    """A page of links: (text, address) each."""
    write_text(path, render("notebooks/index.html.j2", rows=rows))
