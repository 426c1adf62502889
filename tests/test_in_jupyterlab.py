"""Notebook 2 as a student meets it: a real JupyterLab in a headless Chromium.

Run on request, with `python3 start.py test -m browser`. Needs Chrome or Chromium with its driver and
`pip install -c constraints.txt -e '.[browser]'`. Screenshots are left in build/browser/.
"""

import os
import shutil
import socket
import subprocess
import sys
import time

import pytest
import torch

from othello_interp.board import replay
from othello_interp.notebooks import files, solved
from othello_interp.squares import label_to_id, square_to_label

pytestmark = pytest.mark.browser

NOTEBOOK = "02_direct_logit_attribution"
EXERCISE = "2.3"
WRONG = """def unembedding_similarity(model, label_a, label_b):
    a, b = (model.W_U[:, utils.label_to_id(label)] for label in (label_a, label_b))
    return (a @ b).item()"""
WHY_WRONG = "That is the dot product. Divide by both lengths to get the cosine."
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--window-size=1300,1100",
]
# All cells are drawn, not only those in view, and nothing is asked of the user.
OVERRIDES = """{
  "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
  "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": false}
}"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, seconds: float, what: str):
    """What `condition` returns, as soon as it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.5)
    raise TimeoutError(f"waited {seconds} s in vain for {what}")


@pytest.fixture(scope="module")
def jupyterlab(root, tmp_path_factory):
    """The address of a JupyterLab on a copy of the notebooks, without the user's settings or progress."""
    home = tmp_path_factory.mktemp("jupyter")
    shutil.copytree(root / "notebooks", home / "notebooks")
    (home / "settings").mkdir()
    (home / "settings" / "overrides.json").write_text(OVERRIDES)
    port = free_port()
    variables = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    variables |= {f"JUPYTERLAB_{name}_DIR": str(home / f"lab-{name}") for name in ("SETTINGS", "WORKSPACES")}
    variables |= {"OTHELLO_INTERP_ROOT": str(root), "OTHELLO_INTERP_PROGRESS": str(home / "progress.json")}
    options = {
        "--port": port,
        "--ServerApp.token": "x",
        "--ServerApp.root_dir": home,
        "--LabApp.app_settings_dir": home / "settings",
        "--LabApp.expose_app_in_browser": True,
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"{name}={value}" for name, value in options.items()]
    with open(home / "log", "w") as log:
        server = subprocess.Popen(command, env=os.environ | variables, stdout=log, stderr=log)
    try:
        wait_for(lambda: "is running at" in (home / "log").read_text(), 60, "JupyterLab to start")
        yield f"http://127.0.0.1:{port}/lab/tree/notebooks/{NOTEBOOK}.ipynb?token=x"
    finally:
        server.terminate()
        server.wait(20)


class Page:
    """JupyterLab in the browser."""

    def __init__(self, driver, pictures):
        self.driver, self.pictures = driver, pictures

    def js(self, code: str, *arguments):
        """What a piece of JavaScript returns; in it, `panel` is the open notebook."""
        find = """const opened = [...(window.jupyterapp?.shell.widgets('main') ?? [])];
                  const panel = opened.find(widget => widget.content?.widgets);"""
        return self.driver.execute_script(find + code, *arguments)

    def cells(self, exercise: str, role: str) -> list[int]:
        """Numbers of the cells with this role for an exercise."""
        code = """return panel.content.widgets.flatMap((cell, i) => {
            const ours = cell.model.sharedModel.getMetadata().othello_interp || {};
            return ours.exercise == arguments[0] && ours.role == arguments[1] ? [i] : [] })"""
        return self.js(code, exercise, role)

    def run(self, command: str) -> None:
        """Run cells and wait until the kernel has done with them."""
        self.js(
            "window.finished = false; jupyterapp.commands.execute(arguments[0]).then(() => finished = true)",
            command,
        )
        wait_for(lambda: self.js("return window.finished"), 300, f"{command} to end")
        time.sleep(1)

    def write_and_run(self, number: int, source: str | None) -> str:
        """Replace a cell's text (unless None), run it, and return the text of its output."""
        self.js(
            """const notebook = panel.content;
            notebook.activeCellIndex = arguments[0];
            if (arguments[1] !== null) notebook.activeCell.model.sharedModel.setSource(arguments[1]);""",
            number,
            source,
        )
        self.run("notebook:run-cell")
        return self.output(number)

    def output(self, number: int) -> str:
        code = "return panel.content.widgets[arguments[0]].outputArea.node.innerText"
        return self.js(code, number)

    def picture(self, name: str, number: int) -> None:
        code = "panel.content.widgets[arguments[0]].node.scrollIntoView()"
        self.js(code, number)
        time.sleep(1)
        self.driver.save_screenshot(str(self.pictures / f"{name}.png"))


@pytest.fixture(scope="module")
def page(jupyterlab, root, tmp_path_factory):
    webdriver = pytest.importorskip("selenium.webdriver")
    binary = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)
    driver_path = shutil.which("chromedriver")
    if not binary or not driver_path:
        pytest.skip("needs Chromium and chromedriver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in [*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"]:
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver_path))
    pictures = root / "build" / "browser"
    pictures.mkdir(parents=True, exist_ok=True)
    try:
        driver.get(jupyterlab)
        page = Page(driver, pictures)
        wait_for(lambda: page.js("return panel?.content.widgets.length > 5"), 90, "the notebook to open")
        idle = "return panel.sessionContext.session?.kernel?.status == 'idle'"
        wait_for(lambda: page.js(idle), 90, "the kernel to start")
        page.js("jupyterapp.shell.activateById(panel.id)")
        page.run("notebook:run-all-cells")
        yield page
    finally:
        driver.save_screenshot(str(pictures / "last.png"))
        driver.quit()


def test_every_figure_of_the_notebook_is_drawn(page, root):
    notebook = files.read(root / "solutions" / f"{NOTEBOOK}.ipynb")
    expected = sum(
        "image/png" in output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])
    )
    svgs = "document.querySelectorAll('.js-plotly-plot .main-svg:first-child')"
    drawn = page.js(f"return [...{svgs}].map(svg => svg.clientHeight)")
    assert len(drawn) == expected > 0
    assert min(drawn) > 100
    assert (
        page.js(
            "return document.querySelectorAll('[data-mime-type=\"application/vnd.jupyter.error\"]').length"
        )
        == 0
    )


def test_a_stub_a_wrong_answer_and_the_right_one_are_told_apart(page, root):
    (stub,), (check,) = page.cells(EXERCISE, "stub"), page.cells(EXERCISE, "check")
    assert "Not attempted yet" in page.output(check)
    page.write_and_run(stub, WRONG)
    panel = page.write_and_run(check, None)
    page.picture("wrong", check)
    assert "Partly right" in panel
    assert WHY_WRONG in panel

    page.write_and_run(stub, "def unembedding_similarity(model, label_a, label_b):\n    return missing_name")
    panel = page.write_and_run(check, None)
    page.picture("raised", check)
    assert "NameError: name 'missing_name' is not defined" in panel
    assert "site-packages" not in panel

    answers = solved.solve(
        files.read(root / "notebooks" / f"{NOTEBOOK}.ipynb"), solved.reference_source(NOTEBOOK)
    )
    page.write_and_run(stub, answers.cells[stub].source)
    panel = page.write_and_run(check, None)
    page.picture("right", check)
    assert "Passed" in panel


def legal_after(moves: list[str]) -> list[str]:
    legal = replay(torch.tensor([[label_to_id(move) for move in moves]])).legal[0, -1]
    return [square_to_label(square) for square in legal.flatten().nonzero().flatten().tolist()]


def test_the_board_of_notebook_6_is_played_on_by_clicks(page):
    (cell,) = page.cells(EXERCISE, "check")
    source = "from othello_interp.play_board import PlayBoard\nboard = PlayBoard(model)\nboard"
    page.write_and_run(cell, source)
    squares = "[...panel.content.widgets[arguments[0]].node.querySelectorAll('.othello-square')]"

    def reads(*labels: str) -> list[str]:
        """What a screen reader says of these squares."""
        code = f"const all = {squares}; return arguments[1].map(i => all[i].title)"
        return page.js(code, cell, [8 * "ABCDEFGH".index(label[0]) + int(label[1]) for label in labels])

    def click(label: str) -> None:
        number = 8 * "ABCDEFGH".index(label[0]) + int(label[1])
        page.js(f"{squares}[arguments[1]].click()", cell, number)
        wait_for(lambda: "last move" in reads(label)[0], 20, f"{label} to be played")

    wait_for(lambda: page.js(f"return {squares}.length", cell) == 64, 30, "64 squares")
    assert reads("D3", "D4", "D2", "A0") == ["D3, white", "D4, black", "D2, blank, legal", "A0, blank"]
    moves = ["F4", "D5", "C6", "F2", "C2", "G4", "F3", "D2", "E2", "D1"]
    for move in moves:
        click(move)
    page.picture("board", cell)
    said = page.output(cell)
    assert f"after {len(moves)} moves: {' '.join(moves)}" in said
    assert "L5N1393: " in said
    assert "all legal moves together: " in said
    assert reads("D0", "A0")[0].startswith("D0, blank, legal, probability ")
    drawn = page.js(f"return {squares}.map(s => [s.innerText.trim(), s.scrollWidth > s.clientWidth])", cell)
    assert {number for number, (text, _) in enumerate(drawn) if text.endswith("%")} == {
        8 * "ABCDEFGH".index(label[0]) + int(label[1]) for label in legal_after(moves)
    }
    assert not [number for number, (_, cut) in enumerate(drawn) if cut]
    page.js(f"{squares}[0].click()", cell)  # A0 can't be played
    time.sleep(1)
    assert reads("A0")[0].startswith("A0, blank")
    undo = "[...panel.content.widgets[arguments[0]].node.querySelectorAll('button')]"
    page.js(f"{undo}.find(button => button.innerText == 'Undo').click()", cell)
    wait_for(lambda: f"after {len(moves) - 1} moves" in page.output(cell), 20, "the move to be taken back")
