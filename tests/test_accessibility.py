"""Does axe-core find anything serious on a page that the project makes?

Run on request, with `python3 start.py test -m browser`. Needs Chrome or Chromium with its driver,
`pip install -c constraints.txt -e '.[browser]'` and `npm install --prefix build --no-save axe-core`.
Pictures of the pages are left in build/browser/.
"""

import itertools
import shutil
import time

import pytest

from othello_interp.grading.course import Course, this_course
from othello_interp.grading.report.class_report import class_page
from othello_interp.grading.report.feedback import feedback_page
from othello_interp.grading.score import ExerciseResult, Result, Standing
from othello_interp.notebooks import files, html

pytestmark = pytest.mark.browser

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]
STATUSES = ("passed", "wrong", "raised", "not attempted", "open", "missing", "timed out")
SCHEMES, WIDTHS = ("light", "dark"), (1200, 400)
# Violations that matter (empty headers of tables are a minor one), each with some elements it was found on.
# The inside of a figure is left out: it is plotly's, and has thousands of elements.
SERIOUS = """
const done = arguments[arguments.length - 1];
const describe = node => `    ${node.html.slice(0, 200)} ${(node.any[0] || {message: ""}).message}`;
axe.run({exclude: [[".main-svg"]]}, {resultTypes: ["violations"]}).then(found => done(
    found.violations
        .filter(item => ["serious", "critical"].includes(item.impact) || item.id == "empty-table-header")
        .map(item => [`${item.id}: ${item.help}`, ...item.nodes.slice(0, 4).map(describe)].join("\\n"))));
"""


def graded(course: Course, name: str, shift: int) -> Result:
    """A student with every outcome, and something in every field."""
    texts = ("A message.", ["A line."], "x = 1\n" * 40, "Why.")
    items = {
        exercise: ExerciseResult(exercise, STATUSES[(number + shift) % 7], 1.0, *texts, 1, 2, "An answer.")
        for number, exercise in enumerate(course.exercises)
    }
    return Result(
        name, name, name, name, Standing.GRADED, 9.0, exercises=items, problems=["A problem."],
        remarks={"files": ["A remark."]}, look=["Look."], shingles=list(range(50)),
    )  # fmt: skip


@pytest.fixture(scope="module")
def pages(site, root, tmp_path_factory):
    """A folder with all of them: the site, pages of `run`, the class report, a page of feedback."""
    folder = tmp_path_factory.mktemp("pages")
    shutil.copytree(site, folder / "site")
    notebooks = sorted((root / "solutions").glob("*.ipynb"))
    for path in notebooks:
        html.write_page(files.read(path), folder / "run" / f"{path.stem}.html", path.stem)
    html.write_index([(path.stem, f"{path.stem}.html") for path in notebooks], folder / "run" / "index.html")
    course = this_course()
    results = [graded(course, name, shift) for shift, name in enumerate(("Ada", "Grace", "Mary"))]
    (folder / "report.html").write_text(class_page(course, results, {}), encoding="utf-8")
    (folder / "feedback.html").write_text(feedback_page(course, results[1]), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def driver():
    webdriver = pytest.importorskip("selenium.webdriver")
    binary = next(filter(None, map(shutil.which, ("chromium", "google-chrome", "chromium-browser"))), None)
    driver_path = shutil.which("chromedriver")
    if not binary or not driver_path:
        pytest.skip("no Chrome or Chromium with its driver")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for flag in FLAGS:
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver_path))
    driver.set_script_timeout(120)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def axe(root) -> str:
    path = root / "build" / "node_modules" / "axe-core" / "axe.min.js"
    if not path.exists():
        pytest.skip("npm install --prefix build --no-save axe-core")
    return path.read_text(encoding="utf-8")


def wait_for(driver, script: str, seconds: float = 30):
    """What a script returns, as soon as that is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := driver.execute_script(script):
            return found
        time.sleep(0.1)
    pytest.fail(f"not within {seconds} seconds: {script}")


def look_like(driver, scheme: str, width: int) -> None:
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def test_axe_finds_nothing_serious(pages, driver, axe, root):
    """Light and dark, on a desk and on a phone. No page is wider than the screen."""
    pictures = root / "build" / "browser"
    pictures.mkdir(parents=True, exist_ok=True)
    found = []
    looked_at = [(page, "") for page in sorted(pages.rglob("*.html"))]
    looked_at.append((pages / "site" / "atlas" / "index.html", "#L5N1393"))
    for page, anchor in looked_at:
        name = page.relative_to(pages).with_suffix("").as_posix() + anchor.replace("#", "-")
        if name == "site/index":  # it only leads on
            continue
        driver.get("about:blank")  # another anchor alone would not load the page
        driver.get(page.as_uri() + anchor)
        if anchor:
            wait_for(driver, "return document.querySelector('article h2')")
        driver.execute_script(axe)
        for width, scheme in itertools.product(WIDTHS, SCHEMES):
            look_like(driver, scheme, width)
            time.sleep(0.3)  # for what moves or fades
            where = f"{name}, {scheme}, {width}"
            found += [f"{where}: {problem}" for problem in driver.execute_async_script(SERIOUS)]
            wide = driver.execute_script("return document.documentElement.scrollWidth")
            if wide > width:
                found.append(f"{where}: the page is {wide} pixels wide")
            driver.save_screenshot(str(pictures / f"{name.replace('/', '-')}-{scheme}-{width}.png"))
    assert not found, "\n".join(found)


def test_the_atlas_opens_at_once_and_works_by_keyboard(site, driver):
    from selenium.webdriver.common.keys import Keys

    def press(key):
        driver.switch_to.active_element.send_keys(key)

    def focused():
        return driver.execute_script("return document.activeElement.id || document.activeElement.textContent")

    look_like(driver, "light", 1200)
    driver.get("about:blank")
    driver.get((site / "atlas" / "index.html").as_uri())
    wait_for(driver, "return document.querySelectorAll('#rows tr').length == 200")
    opened = driver.execute_script(
        "const entry = performance.getEntriesByType('navigation')[0]; return entry.domContentLoadedEventEnd"
    )
    print(f"opened in {opened:.0f} ms")
    assert opened < 3000  # on a busy machine; a second on a quiet one
    wait_for(driver, "return NEURONS[0].hypothesis != ''")
    while focused() != "text":  # past the link back
        driver.switch_to.active_element.send_keys(Keys.TAB)
    press("L5N1393")
    wait_for(driver, "return document.querySelectorAll('#rows tr').length == 1")
    press(Keys.ENTER)
    wait_for(driver, "return (document.querySelector('article h2') || {}).textContent == 'L5N1393'")
    assert focused() == "neuron"
    press(Keys.ESCAPE)
    assert focused() == "L5N1393"
    press(Keys.ARROW_UP)
    assert focused() == "text"
    driver.execute_script("find('text').value = 'C0==BLANK'; list()")
    press(Keys.ARROW_DOWN)
    press(Keys.ARROW_DOWN)
    second = driver.execute_script("return document.querySelectorAll('#rows a')[1].textContent")
    assert focused() == second
    press(Keys.ENTER)
    wait_for(driver, f"return document.querySelector('article h2').textContent == '{second}'")


def test_the_search_works_without_a_server(site, driver):
    driver.get((site / "search.html").as_uri() + "?q=unembedding")
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = driver.execute_script(
            "return [...document.querySelectorAll('#search-results li a')].map(a => a.href)"
        )
        if any("02_direct_logit_attribution.html" in address for address in found):
            return
        time.sleep(0.5)
    pytest.fail(f"found {found}")
