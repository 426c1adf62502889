"""Markdown tables with columns of even width: to be read in a terminal, and pasted into a page."""

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A markdown table.

    >>> print(table(["figure", "ours"], [["a", "1"], ["bc", "–"]]))
    | figure | ours |
    | ------ | ---- |
    | a      | 1    |
    | bc     | –    |
    """
    widths = [max(3, *map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    )
