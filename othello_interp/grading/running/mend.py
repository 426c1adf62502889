"""Spellings of a cell that doesn't parse, in which it may: what editors, exports and mail do to code.

Only what leaves no doubt about what is meant: these characters are no Python outside strings, so a cell that
holds them there has no other meaning.
"""

import ast
import re
from collections.abc import Iterator

SPACES = {ord(c): " " for c in "\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))}
NOTHING = {ord(c): None for c in "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"}
QUOTES = {ord(c): "'" for c in "‘’‚‛"} | {ord(c): '"' for c in "“”„‟"}
AUTOMAGIC = re.compile(r"^(?:pip|conda|mamba|cd|ls|pwd|cat|cp|mv|rm|mkdir) +[\w.~/-]", re.MULTILINE)


def mended(source: str) -> Iterator[tuple[str, str]]:
    """Other spellings of a cell's source, the closest first, each with a remark for the student."""
    text, done = source, ""
    for mend, what in (
        (lambda text: text.translate(SPACES | NOTHING), "special spaces were read as ordinary ones"),
        (lambda text: text.translate(QUOTES), "typographic quotation marks were read as straight ones"),
        (lambda text: AUTOMAGIC.sub(r"%\g<0>", text), "lines for the shell were taken as such"),
    ):
        before, text = text, mend(text)
        if text != before:
            done = f"{done}, {what}" if done else what
            yield text, done[0].upper() + done[1:] + "."
    if "\t" in text:
        readings = {_tree(text.expandtabs(width)): text.expandtabs(width) for width in (4, 8)}
        readings.pop("", None)
        if len(readings) == 1:
            yield readings.popitem()[1], "Tabs and spaces were mixed; there was one way to read them."


def _tree(source: str) -> str:
    """What a text means as Python; empty if it means nothing."""
    try:
        return ast.dump(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
