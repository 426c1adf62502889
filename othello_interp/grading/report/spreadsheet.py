"""Tables for spreadsheets: CSV in three kinds and XLSX to write, and whatever a spreadsheet saves to read."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

Cell = str | float | None
FORMULA = re.compile(r"(^|[;,|])(\s*[\"']*\s*)(?=[=+\-@＝＋－＠])")


class Kind(NamedTuple):
    """A kind of CSV."""

    delimiter: str
    decimal: str
    encoding: str


KINDS = {
    "plain": Kind(",", ".", "utf-8"),
    "comma": Kind(",", ".", "utf-8-sig"),  # Excel where the decimal sign is a point
    "semicolon": Kind(";", ",", "utf-8-sig"),  # Excel where it is a comma
}


def to_csv(rows: Sequence[Sequence[Cell]], kind: str = "plain") -> bytes:
    """The rows as a CSV file. No text in it is taken for a formula, whatever a spreadsheet splits at."""
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=KINDS[kind].delimiter)
    for row in rows:
        writer.writerow(
            [_number(cell, kind) if isinstance(cell, float | int) else safe(cell) for cell in row]
        )
    return stream.getvalue().encode(KINDS[kind].encoding)


def _number(value: float, kind: str) -> str:
    return f"{value:g}".replace(".", KINDS[kind].decimal)


def safe(cell: str | None) -> str:
    """A text that no spreadsheet takes for a formula, in one line."""
    text = _printable(cell)
    return FORMULA.sub(r"\1\2'", text)


def _printable(cell: str | None) -> str:
    text = (cell or "").encode(errors="replace").decode()
    return re.sub(r"[\x00-\x1f\x7f\ufffe\uffff]", " ", text)


def to_xlsx(rows: list[list[Cell]], name: str) -> bytes:
    """The rows as an Excel file, the first as its head: texts are texts and numbers numbers in any country.

    The same rows give the same bytes.
    """
    import xlsxwriter

    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(2000, 1, 1)})
        sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", name)[:31])
        bold = book.add_format({"bold": True})
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                style = bold if number == 0 else None
                if isinstance(cell, float | int):
                    sheet.write_number(number, column, cell, style)
                elif cell:
                    sheet.write_string(number, column, _printable(cell)[:32_000], style)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, max(len(rows) - 1, 0), len(rows[0]) - 1)
        sheet.autofit()
    return stream.getvalue()


@dataclass(frozen=True)
class Table:
    """A CSV file that was read: its rows with their line numbers, and how it was written."""

    rows: list[tuple[int, list[str]]]
    encoding: str
    delimiter: str

    @property
    def head(self) -> list[str]:
        """The columns' names, in small letters."""
        return [name.casefold() for name in self.rows[0][1]]


def read_csv(data: bytes) -> Table:
    """The rows of a CSV file as any spreadsheet saves it: UTF-8 or not, with commas, semicolons or tabs.

    Raises:
        ValueError: it is no such file.
    """
    encoding = _encoding(data)
    text = data.decode(encoding)
    lines = text.splitlines(keepends=True)
    skip = 1 if lines and re.fullmatch(r"sep=.?\s*", lines[0], re.IGNORECASE) else 0
    head = next((line for line in lines[skip:] if line.strip()), "")
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO("".join(lines[skip:]), newline=""), delimiter=delimiter)
    try:
        rows = [(reader.line_num + skip, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise ValueError(f"it is no table: {error}") from None
    return Table([(line, row) for line, row in rows if any(row)], encoding, delimiter)


def _encoding(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # Excel's "Unicode text"
        return "utf-16"
    for encoding in ("utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8", "cp1252"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"  # takes any byte


def add_rows(data: bytes, table: Table, rows: list[list[str]]) -> bytes:
    """A file with rows added at its end, written as the rest of it is."""
    stream = io.StringIO()
    csv.writer(stream, delimiter=table.delimiter).writerows([[safe(cell) for cell in row] for row in rows])
    encoding = {"utf-8-sig": "utf-8", "utf-16": _utf16(data)}.get(table.encoding, table.encoding)
    text = data.decode(table.encoding)
    between = "" if not text or text.endswith(("\n", "\r")) else "\r\n"
    return data + (between + stream.getvalue()).encode(encoding, errors="replace")


def _utf16(data: bytes) -> str:
    return "utf-16-be" if data.startswith(b"\xfe\xff") else "utf-16-le"
