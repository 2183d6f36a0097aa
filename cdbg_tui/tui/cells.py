"""Text in cells of a terminal: cleaned, cut to a width, with a role that colours it. Needs no Textual."""

from __future__ import annotations

from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from cdbg_tui.model.text import one_line


class Cell(NamedTuple):
    """Text of one column, already clean and fitted, and the role that colours it."""

    text: str
    role: str = ""


ROLES = ("good", "warn", "bad", "dim", "strong", "accent")


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Return foreign *text* as exactly *width* cells of one line; too long, it is cut in its middle."""
    line = one_line(text)
    length = len(line) if line.isascii() else cell_len(line)
    if length > width:
        return set_cell_size(shorten(line, width), width)
    return " " * (width - length) + line if right else line + " " * (width - length)


def shorten(line: str, width: int) -> str:
    """Return *line* in at most *width* cells, its middle left out: both ends tell names apart."""
    if cell_len(line) <= width:
        return line
    if width <= 1:
        return "…"[:width]
    tail = (width - 1) // 2
    head = width - 1 - tail
    end = line[-tail:] if tail else ""
    while cell_len(end) > tail:
        end = end[1:]
    return set_cell_size(line, head).rstrip() + "…" + end
