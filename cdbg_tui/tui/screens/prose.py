"""Foreign text of several lines, as content that no widget parses."""

from __future__ import annotations

from textual.content import Content

from cdbg_tui.tui.paint import plain


def prose(text: str, style: str = "") -> Content:
    """Return *text* with its line breaks kept and everything else in it made harmless."""
    return Content("\n").join([plain(line, style) for line in text.splitlines()])
