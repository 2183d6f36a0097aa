"""Foreign text as Textual's and Rich's own text objects: cleaned, cut to cells, never parsed."""

from __future__ import annotations

from rich.text import Text
from textual.content import Content

from cdbg_tui.model.text import clean
from cdbg_tui.tui.cells import fit, shorten

__all__ = ["ansi", "fit", "plain", "shorten"]


def plain(text: str, style: str = "") -> Content:
    """Return foreign *text* as content that no widget parses."""
    return Content.styled(clean(text), style) if style else Content(clean(text))


def ansi(text: str) -> Text:
    """Return foreign *text* with its SGR colours kept and everything else made harmless."""
    cleaned = clean(text, keep_sgr=True)
    return Text.from_ansi(cleaned) if "\x1b" in cleaned else Text(cleaned)
