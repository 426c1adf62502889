"""Render the package's templates. Whatever stands in the data is text and stays text.

A template lies beside the module that fills it and is named by its path within the package:
`render("grading/report/feedback.html.j2", …)`. Modules prepare plain data, templates lay them out.
"""

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

PACKAGE = Path(__file__).resolve().parents[1]


class _Visible(dict[int, int | None]):
    """For `str.translate`: drops what is not to be seen or turns the direction of writing."""

    def __missing__(self, code: int) -> int | None:
        hidden = unicodedata.category(chr(code)) in ("Cc", "Cf", "Cs") and chr(code) not in "\n\t"
        self[code] = None if hidden else code
        return self[code]


_VISIBLE = _Visible()


def render(template: str, **data: Any) -> Markup:
    """The template filled with the data, without control, direction and surrogate characters.

    Text is escaped unless it is Markup, which only this function and the filters below make. A name that the
    template uses and the data lack is a jinja2.UndefinedError.
    """
    return Markup(environment().get_template(template).render(data).translate(_VISIBLE))


@cache
def environment() -> Environment:
    """The one environment, made when it is first needed; it keeps compiled templates."""
    made = Environment(
        loader=FileSystemLoader(PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"prose": prose, "number": number}
    return made


def prose(text: object, style: str = "") -> Markup:
    """Filter: escaped text in which what stands between backticks is set as code, with a style if given."""
    code = Markup('<code style="{}">').format(style) if style else Markup("<code>")
    return Markup(re.sub(r"`([^`\n]+)`", lambda found: f"{code}{found[1]}</code>", escape(text)))


def number(value: int | float | None) -> str:
    """Filter: points as they are written; a dash where there are none."""
    return "–" if value is None else f"{value:g}"
