"""How Sphinx makes the website: `python3 start.py site`. Its source folder is the whole repository.

So the pages are the files that people also read on GitHub, with the same links between them. Nothing that the
pages need lies elsewhere on the network, and they work from the disk, search included.

The atlas of neurons is added at the end, in atlas/; `-D with_atlas=0` saves the minute that it takes.
"""

import re
from pathlib import Path
from typing import Any

import plotly
from sphinx.application import Sphinx

from othello_interp import __version__
from othello_interp.notebooks.html import NARROW

project = "One neuron of Othello-GPT"
author = "the authors of othello-interp"
version = release = __version__
language = "en"

root_doc = "docs/index"
include_patterns = ["docs/**.md", "solutions/*.ipynb", "data/*.md", "CHANGELOG.md", "CONTRIBUTING.md"]
exclude_patterns = [".*", "build", "dist", "notebooks", "othello_interp", "tests", "data/training.md"]
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]

# Markdown and notebooks. The notebooks are executed already; their formulas and figures are drawn on reading.
source_suffix = {".md": "myst-nb", ".ipynb": "myst-nb"}
nb_custom_formats = {".ipynb": "othello_interp.notebooks.html.read_drawn"}
nb_execution_mode = "off"
nb_merge_streams = True
myst_heading_anchors = 3
myst_links_external_new_tab = False

# The API. Docstrings set code between single backticks, and shapes stand in the annotations.
default_role = "code"
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True}
add_module_names = False
maximum_signature_line_length = 80

html_theme = "furo"
html_title = project
html_static_path = [
    "_static",
    str(Path(plotly.__file__).with_name("package_data") / "plotly.min.js"),
    str(NARROW),
]
html_css_files = ["site.css"]
html_js_files = ["site.js", NARROW.name]
html_extra_path = ["front"]  # index.html, which leads to root_doc
html_copy_source = False
html_show_sphinx = html_show_copyright = False
html_theme_options: dict[str, Any] = {"top_of_page_buttons": []}


# Sphinx sets the parameters of a long signature as a list within a term, which screen readers can't make out.
_PARAMETERS = re.compile(r'<dl>\n((?:<dd><em class="sig-param">.*</dd>\n)+)</dl>')


# Where a notebook shows the page of a neuron, the names of others lead to the atlas.
_NEURON = re.compile(r'<span class="neuron">(L\d+N\d+)</span>')


def _mend(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Load plotly.js where there are figures, before they call it; mark lists and headings rightly."""
    if page.startswith("solutions/"):
        address = context["pathto"]("_static/plotly.min.js", resource=True)
        context["metatags"] = context.get("metatags", "") + f'<script src="{address}"></script>'
    context["body"] = _PARAMETERS.sub(
        lambda found: (
            f'<span class="sig-lines">{found[1].replace("<dd>", "<span>").replace("</dd>", "</span>")}</span>'
        ),
        context.get("body", ""),
    )
    atlas = context["pathto"]("atlas/index.html", resource=True)
    context["body"] = _NEURON.sub(rf'<a href="{atlas}#\1">\1</a>', context["body"])
    tree = context.get("furo_navigation_tree", "")
    context["furo_navigation_tree"] = tree.replace('role="heading"', 'role="heading" aria-level="2"')


def _atlas(app: Sphinx, error: Exception | None) -> None:
    """Add the atlas of every neuron, whose pages are made elsewhere."""
    if error is None and app.config.with_atlas:
        from othello_interp.atlas.site import build_embedded

        build_embedded(Path(app.outdir) / "atlas", home="../docs/atlas.html")


def setup(app: Sphinx) -> None:
    app.add_config_value("with_atlas", True, "")
    app.connect("html-page-context", _mend, priority=900)  # after the theme's own
    app.connect("build-finished", _atlas)
