"""The website: does it name what there is, build without a warning, and lead nowhere that isn't?"""

import importlib
import inspect
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from test_public_names import PUBLIC

TOCTREE = re.compile(r"```\{toctree\}\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\(([^()\s]+)\)")
LOADED = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src"), ("source", "src")}


def entries(page: Path) -> list[Path]:
    """The files that a page's tables of contents name."""
    found = []
    for tree in TOCTREE.findall(page.read_text(encoding="utf-8")):
        for name in filter(None, (line.strip() for line in tree.splitlines())):
            if not name.startswith(":"):
                stem = (page.parent / name).resolve()
                files = [stem.with_name(stem.name + ending) for ending in (".md", ".ipynb")]
                found += [path for path in files if path.exists()] or [stem]
    return found


def test_the_navigation_names_what_there_is_and_leaves_nothing_out(root):
    pages = sorted((root / "docs").rglob("*.md"))
    named = {path for page in pages for path in entries(page)}
    assert not [path for path in named if not path.is_file()]
    ours = {*pages, *(root / "solutions").glob("*.ipynb"), *(root / "data").glob("*.md")}
    assert ours - named == {root / "docs" / "index.md", root / "data" / "training.md"}  # for the card


def test_every_public_module_has_its_place_in_the_api(root):
    text = "\n".join(page.read_text(encoding="utf-8") for page in (root / "docs" / "api").glob("*.md"))
    documented = re.findall(r"automodule:: (\S+)", text)
    assert len(documented) == len(set(documented))
    assert set(PUBLIC) - set(documented) == set()


def markdown_files(root) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "*.md", "*.ipynb"], cwd=root, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [root / name for name in listed.stdout.splitlines()]


def prose(path: Path) -> str:
    """The Markdown of a page or notebook, without its code."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = nbformat.reads(text, as_version=4).cells
        text = "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    return re.sub(r"```.*?```|`[^`\n]*`", lambda code: code[0].strip("`"), text, flags=re.DOTALL)


def slugs(path: Path) -> set[str]:
    """What GitHub calls the headings of a page."""
    heads = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_no_link_between_readme_docs_and_notebooks_is_dead(root):
    dead = []
    for page in markdown_files(root):
        for link in LINK.findall(prose(page)):
            if urlsplit(link).scheme:
                continue
            name, _, anchor = unquote(link).partition("#")
            target = (page.parent / name) if name else page
            if not target.exists() or (anchor and anchor not in slugs(target)):
                dead.append(f"{page.relative_to(root)}: {link}")
    assert not dead, "\n".join(dead)


@pytest.mark.slow
def test_dead_links_stop_the_building_and_formulas_become_mathml(root, tmp_path):
    page = tmp_path / "source" / "docs" / "index.md"
    page.parent.mkdir(parents=True)
    page.write_text("# A page\n[a](nowhere.md) [b](#nothing) [c](../solutions/09_more.ipynb)\n")
    html = 'moved by <span class="neuron">L4N123</span>'  # as the page of a neuron in a notebook has it
    output = new_output("execute_result", {"text/html": html}, execution_count=1)
    words = new_markdown_cell("# Sums\nThe norm is $\\sqrt{w}$; [more](06_more.ipynb)")
    notebook = new_notebook(cells=[words, new_code_cell("page", execution_count=1, outputs=[output])])
    (tmp_path / "source" / "solutions").mkdir()
    nbformat.write(notebook, tmp_path / "source" / "solutions" / "01_sums.ipynb")
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-q",
        "-W",
        "--keep-going",
        "-D",
        "with_atlas=0",
        "-c",
        root / "docs",
        page.parents[1],
    ]
    result = subprocess.run(
        [*command, tmp_path / "out"], capture_output=True, text=True, cwd=root, timeout=200
    )
    assert result.returncode == 1
    missing = re.findall(r"cross-reference target not found: '(.*?)'", result.stderr)
    assert sorted(missing) == ["../solutions/09_more.ipynb", "06_more.ipynb", "nothing", "nowhere.md"]
    made = (tmp_path / "out" / "solutions" / "01_sums.html").read_text(encoding="utf-8")
    assert "<msqrt><mrow><mi>w</mi></mrow></msqrt>" in made
    assert 'moved by <a href="../atlas/index.html#L4N123">L4N123</a>' in made


class _Page(HTMLParser):
    """What a page of the site leads to, what it loads, and what can be led to in it."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.ids: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name == "id" or (tag == "a" and name == "name"):
                self.ids.add(value)
            elif (tag, name) in LOADED and not (value or "").startswith("data:"):
                self.loaded.add(value)
            elif tag == "a" and name == "href":
                self.links.add(value)


@pytest.fixture(scope="module")
def pages(site) -> dict[Path, _Page]:
    return {path: _Page(path) for path in sorted(site.rglob("*.html"))}


@pytest.mark.slow
def test_every_link_of_the_site_leads_somewhere(site, pages):
    dead = []
    for path, page in pages.items():
        for link in page.links | page.loaded:
            address = urlsplit(link)
            if address.scheme or address.netloc:
                continue
            target = (path.parent / unquote(address.path)).resolve() if address.path else path
            target = target / "index.html" if target.is_dir() else target
            anchor = unquote(address.fragment)
            known = pages[target].ids if target in pages else {anchor}
            if target == site / "atlas" / "index.html":
                known = known | {f"L{layer}N{neuron}" for layer in range(8) for neuron in range(2048)}
            if not target.is_file() or (anchor and anchor not in known):
                dead.append(f"{path.relative_to(site)}: {link}")
    assert len(pages) > 20
    assert not dead, "\n".join(dead)


@pytest.mark.slow
def test_the_site_loads_nothing_over_a_network(site, pages):
    away = [
        f"{path.relative_to(site)}: {address}"
        for path, page in pages.items()
        for address in page.loaded
        if urlsplit(address).scheme or urlsplit(address).netloc
    ]
    styles = [
        path
        for path in site.rglob("*.css")
        if re.search(r"@import|url\(['\"]?(https?:)?//", path.read_text())
    ]
    assert not away + styles


@pytest.mark.slow
def test_notebooks_show_their_figures(site):
    page = (site / "solutions" / "02_direct_logit_attribution.html").read_text(encoding="utf-8")
    assert (site / "_static" / "plotly.min.js").stat().st_size > 10**6
    assert page.index('src="../_static/plotly.min.js"') < page.index("Plotly.newPlot")


@pytest.mark.slow
@pytest.mark.parametrize("module", sorted(set(PUBLIC) - {"othello_interp"}))
def test_every_public_function_is_described_with_its_shapes(site, pages, module):
    found = importlib.import_module(module)
    ids = set().union(*(page.ids for path, page in pages.items() if "api" in path.parts))
    names = [name for name in PUBLIC[module].split() if inspect.isroutine(getattr(found, name))]
    assert not [name for name in names if f"{module}.{name}" not in ids]
