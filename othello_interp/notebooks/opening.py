"""How each notebook opens: links to Colab, Kaggle and Binder, and a cell that installs the course there.

`othello-interp clean` writes both into every notebook and the buttons into README.md. The repository's
address is REPOSITORY and stands nowhere else: change it here and run `othello-interp clean`.
"""

import re

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from othello_interp import __version__
from othello_interp.notebooks.files import OURS

#: A placeholder, until the project has a public repository: OWNER stands for whoever will own it.
REPOSITORY = "OWNER/othello-interp"
#: Where pages.yml publishes the website: GitHub Pages of that repository.
SITE = "https://{}.github.io/{}/".format(*REPOSITORY.split("/"))
TAG = f"v{__version__}"
WHEEL = (
    f"https://github.com/{REPOSITORY}/releases/download/{TAG}/othello_interp-{__version__}-py3-none-any.whl"
)

LINKS, INSTALL = "open-in", "install"  # ids of the two cells; the second is the role of its cell as well
INSTALL_SOURCE = f'''\
# Where the course is not installed, as on Colab and Kaggle, this installs it. Elsewhere it does nothing.
import importlib.util

if importlib.util.find_spec("othello_interp") is None:
    import subprocess
    import sys

    wheel = "{WHEEL}"
    pip = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", wheel], capture_output=True, text=True
    )
    importlib.invalidate_caches()
    if pip.returncode:
        last = (pip.stderr.strip().splitlines() or ["it said nothing"])[-1]
        print(f"The course could not be installed from {{wheel}}: {{last}}")
'''

IMAGES = {
    "Colab": "https://colab.research.google.com/assets/colab-badge.svg",
    "Kaggle": "https://kaggle.com/static/images/open-in-kaggle.svg",
    "Binder": "https://mybinder.org/badge_logo.svg",
    "Codespaces": "https://github.com/codespaces/badge.svg",
}
BUTTONS = re.compile(r"(<!-- buttons: [^\n]*-->\n).*?(<!-- end of buttons -->)", re.DOTALL)


def links(name: str) -> dict[str, str]:
    """Where a notebook can be opened, by the place's name: the notebook of this version, by its file name."""
    path = f"{REPOSITORY}/blob/{TAG}/notebooks/{name}"
    return {
        "Colab": f"https://colab.research.google.com/github/{path}",
        "Kaggle": f"https://kaggle.com/kernels/welcome?src=https://github.com/{path}",
        "Binder": f"https://mybinder.org/v2/gh/{REPOSITORY}/{TAG}?urlpath=lab/tree/notebooks/{name}",
    }


def with_opening(notebook: NotebookNode, name: str) -> NotebookNode:
    """A copy of a student notebook that opens with its links and its install cell, after the title."""
    notebook = nbformat.from_dict(notebook)
    notebook.cells = [cell for cell in notebook.cells if cell.get("id") not in (LINKS, INSTALL)]
    text = "Open in " + " · ".join(f"[{place}]({address})" for place, address in links(name).items())
    opening = [
        new_markdown_cell(text, id=LINKS),
        new_code_cell(INSTALL_SOURCE.rstrip(), id=INSTALL, metadata={OURS: {"role": INSTALL}}),
    ]
    titled = bool(notebook.cells) and notebook.cells[0].cell_type == "markdown"
    notebook.cells[titled:titled] = opening
    return notebook


def with_buttons(readme: str, name: str) -> str:
    """README.md with its buttons, which lead to the website and to the notebook of that name, up to date."""
    places = links(name) | {"Codespaces": f"https://codespaces.new/{REPOSITORY}"}
    row = "\n".join(f"[![Open in {place}]({IMAGES[place]})]({address})" for place, address in places.items())
    row = f"**[Read the series on its website]({SITE})** or open it here:\n\n{row}"
    return BUTTONS.sub(lambda match: f"{match.group(1)}{row}\n{match.group(2)}", readme)
