"""Foreign text as Textual's and Rich's own text objects: cleaned, cut to cells, never parsed."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.text import Text
from textual.content import Content

from cdbg_tui.model.text import clean, one_line


def plain(text: str, style: str = "") -> Content:
    """Return foreign *text* as content that no widget parses."""
    return Content.styled(clean(text), style) if style else Content(clean(text))


def ansi(text: str) -> Text:
    """Return foreign *text* with its SGR colours kept and everything else made harmless."""
    cleaned = clean(text, keep_sgr=True)
    return Text.from_ansi(cleaned) if "\x1b" in cleaned else Text(cleaned)


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
