"""Panels: a student's text stays text in every field."""

from othello_interp.exercises.showing.panel import Panel, Table, as_html, as_text, table_as_html


def test_a_panel_is_text_throughout(stays_text):
    def page(text: str) -> str:
        pairs = ((text, text), (text, text))
        return as_html(Panel("bad", text, text, text, (text, text), pairs, pairs, text, text))

    stays_text(page)


def test_a_table_is_text_throughout(stays_text):
    stays_text(lambda text: table_as_html(Table(text, ((text, text), (text,), (text, text)), text)))


def test_a_heading_without_a_word_is_no_heading():
    html = table_as_html(Table("t", (("", "Exercise"), ("Notebook 1",), ("✓", "1.1"))))
    assert [html.count(tag) for tag in ('<th scope="col"', '<th scope="colgroup" colspan="2"', "<td")] == [
        1,
        1,
        3,
    ]


def test_plain_text_needs_no_template():
    panel = Panel(
        "good", "Passed", "2 of 2", "Well.", ("A note.",), (("Tested", "twice"),), (("Printed", "a\nb"),)
    )
    assert as_text(panel) == "Passed (2 of 2)\n  Well.\n  A note.\n  Tested: twice\n  Printed:\n    a\n    b"


def test_a_part_of_the_points_does_not_stand_on_a_cross():
    marks = {kind: as_html(Panel(kind, "t")) for kind in ("good", "part", "bad")}
    assert ["✗" in html for html in marks.values()] == [False, False, True]
    assert "◐" in marks["part"]
