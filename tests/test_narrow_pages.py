"""Do figures fit a page on which there is little room, and come back where there is enough?

Run on request, with `python3 start.py test -m browser`. Needs Chrome or Chromium with its driver and
`pip install -c constraints.txt -e '.[browser]'`.
"""

import shutil
import time

import plotly.express as px
import pytest
import torch
from nbformat.v4 import new_code_cell, new_notebook, new_output
from test_in_jupyterlab import FLAGS

from othello_interp import plotting
from othello_interp.intervals import Mean
from othello_interp.notebooks import html

pytestmark = pytest.mark.browser

BOARDS = torch.arange(30 * 64.0).reshape(30, 8, 8) - 700
LONG = "A title that is too long for a line of three hundred pixels, and for two of them"
SHAPES = """return [...document.querySelectorAll('.js-plotly-plot')].map(plot => {
    const box = plot.closest('.jp-OutputArea-output'), all = plot._fullLayout;
    const names = Object.keys(all).filter(name => /^xaxis\\d*$/.test(name));
    const panels = names.map(name => [all[name], all[name.replace('x', 'y')]]);
    const outer = plot.getBoundingClientRect(), title = plot.querySelector('.gtitle').getBoundingClientRect();
    return {width: plot.layout.width, height: outer.height, cut: box.scrollWidth - box.clientWidth,
            square: panels.map(([x, y]) => x._length / y._length),
            columns: new Set(panels.map(([x]) => Math.round(x._offset))).size,
            title: title.bottom - outer.top, top: Math.min(...panels.map(([x, y]) => y._offset))} })"""


def figures():
    means = [Mean(0.5, 0.4, 0.6, 10, 5)] * 3
    return [
        plotting.plot_board(
            (BOARDS[:12] % 3 - 1).int(), LONG, [f"move {i}" for i in range(12)], 4, width=850
        ),
        plotting.plot_board_values(BOARDS[:5], LONG, list("abcde")),
        plotting.plot_board_values(BOARDS[0], LONG, text=BOARDS[0], width=560),
        plotting.plot_means({"one": means, "another of them": means}, list("abc"), LONG, bars=True),
        px.line(x=[0, 1], y=[1, 0], title=LONG, width=760, height=400),
    ]


@pytest.fixture(scope="module")
def shapes(tmp_path_factory):
    """What a page's figures look like at a width, in pixels."""
    webdriver = pytest.importorskip("selenium.webdriver")
    binary = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)
    if not binary or not shutil.which("chromedriver"):
        pytest.skip("needs Chromium and chromedriver")
    outputs = [new_output("display_data", {html.PLOTLY: fig.to_plotly_json()}) for fig in figures()]
    page = tmp_path_factory.mktemp("narrow") / "page.html"
    html.write_page(
        new_notebook(cells=[new_code_cell("1", outputs=[each]) for each in outputs]), page, "A page"
    )
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in FLAGS:
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))

    def at(width: int) -> list[dict]:
        size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 600}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        if driver.current_url != page.as_uri():
            driver.get(page.as_uri())
        before, found = None, driver.execute_script(SHAPES)
        while before != found or not found:  # until nothing moves any more
            time.sleep(2)
            before, found = found, driver.execute_script(SHAPES)
        return found

    yield at
    driver.quit()


def test_figures_fit_a_phone_and_come_back(shapes):
    narrow = shapes(400)
    assert len(narrow) == len(figures())
    for shape in narrow:
        assert shape["cut"] <= 1
        assert shape["width"] <= 400
        assert shape["title"] < shape["top"]
    boards, values, written = narrow[:3]
    assert (boards["columns"], values["columns"], written["columns"]) == (2, 2, 1)
    for shape in narrow[:3]:
        assert shape["square"] == pytest.approx([1] * len(shape["square"]), abs=0.05)
    assert [shape["columns"] for shape in shapes(760)[:2]] == [4, 5]  # a little narrower than at full width
    wide = shapes(1200)
    assert [shape["width"] for shape in wide] == [fig.layout.width for fig in figures()]
    assert [shape["height"] for shape in wide] == [fig.layout.height for fig in figures()]
    assert [shape["columns"] for shape in wide[:3]] == [4, 5, 1]
    assert shapes(400) == narrow
