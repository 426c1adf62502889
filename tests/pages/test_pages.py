"""What every page stands on: text stays text, templates are found, pictures show the numbers given."""

import math
import re
import subprocess
import sys

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from othello_interp.pages.render import environment, number, prose, render
from othello_interp.pages.svg import ValueBoard, histogram, value_boards
from othello_interp.squares import square_to_label


def test_every_template_is_found_from_elsewhere_and_compiles(root, tmp_path):
    code = (
        "from othello_interp.pages.render import environment\n"
        "made = environment()\n"
        # those in Markdown have filters of their own: tests/authoring/test_card.py fills them
        "names = made.list_templates(filter_func=lambda n: n.endswith('.j2') and not n.endswith('.md.j2'))\n"
        "for name in names: made.get_template(name)\n"
        "print(*names)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path,
        env={"PYTHONPATH": str(root)}, timeout=60,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert {"pages/page.html.j2", "grading/report/feedback.html.j2"} <= set(result.stdout.split())


def test_no_template_lets_text_through_unescaped(root):
    for path in (root / "othello_interp").rglob("*.j2"):
        assert not re.search(r"\|\s*safe|autoescape|Markup", path.read_text()), path


def test_a_missing_name_is_an_error():
    with pytest.raises(UndefinedError, match="'rows' is undefined"):
        render("notebooks/index.html.j2")


def test_a_page_runs_no_script_and_asks_no_network():
    page = render("notebooks/index.html.j2", rows=[])
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert "content=\"default-src 'none'; style-src 'unsafe-inline'\"" in page
    assert not re.search(r"https?:|@import|url\(", page)


def test_filters():
    assert prose("use `a < b` & `c`") == "use <code>a &lt; b</code> &amp; <code>c</code>"
    assert prose("`x`", 'a"b') == '<code style="a&#34;b">x</code>'
    assert prose("`no\nend`") == "`no\nend`"
    assert [number(value) for value in (None, 2, 2.0, 0.5)] == ["–", "2", "2", "0.5"]


def test_text_around_markup_is_escaped_and_cleaned_too():
    made = environment().from_string("{{ a ~ b }}{{ a }}")
    assert made.render(a="<\u202e", b=Markup("<b>")) == "&lt;\u202e<b>&lt;\u202e"
    assert "\u202e" not in render("notebooks/index.html.j2", rows=[(Markup("\u202e"), "")])


def test_the_index_of_notebooks(stays_text):
    stays_text(lambda text: render("notebooks/index.html.j2", rows=[(text, text)]))


def test_a_histogram_counts_each_value_once():
    picture = histogram([0, 4.9, 5, 12.5, 46, 46], 46)
    titles = re.findall(r"<title>(\d+) with (.+?) points</title>", picture)
    assert titles[:3] == [("2", "0–5"), ("1", "5–10"), ("1", "10–15")]
    assert titles[-1] == ("2", "45–46")
    assert sum(int(count) for count, _ in titles) == 6
    heights = [float(height) for height in re.findall(r'<rect .*?height="([\d.]+)"', picture)]
    assert heights[0] == 2 * heights[1] == max(heights)
    assert 'aria-label="How many have how many points: 2 with 0–5, 1 with 5–10' in picture


def test_a_board_shows_each_square_where_it_is():
    values = [square / 63 for square in range(64)]
    values[3], values[63] = -2.0, math.nan
    picture = value_boards([ValueBoard("yours", values, outlined={16}), ValueBoard("expected", [0.0] * 64)])
    rects = re.findall(
        r'<rect x="([\d.]+)" y="([\d.]+)".*?fill="(.*?)" (.*?)><title>(..): (.*?)</title>', picture
    )
    assert len(rects) == 128
    assert [label for *_, label, _ in rects[:64]] == [square_to_label(square) for square in range(64)]
    assert [x for x, *_ in rects[:8]] == [x for x, *_ in rects[8:16]]
    assert len({y for _, y, *_ in rects[:8]}) == 1
    assert rects[16][1] == rects[23][1] != rects[24][1]
    assert rects[3][2] == "rgba(214,50,60,1.00)"  # the largest in size
    assert rects[32][2] == f"rgba(45,115,215,{32 / 63 / 2:.2f})"
    assert (rects[63][2], rects[63][5]) == ("rgba(128,128,128,.8)", "nan")
    assert [number for number, rect in enumerate(rects) if "stroke-width" in rect[3]] == [16]
    assert re.findall(r'aria-label="(.*?)"', picture) == ["Board: yours", "Board: expected"]


def test_the_names_of_boards(stays_text):
    stays_text(lambda text: value_boards([ValueBoard(text, [0.0] * 64)]))
