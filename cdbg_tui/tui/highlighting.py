"""The colours of a file by its type: Pygments' lexers, in the colours of Textual's themes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from cdbg_tui.model.page import Page

if TYPE_CHECKING:
    from pygments.lexer import Lexer  # type: ignore[import-untyped]

MOST_CHARACTERS = 200_000
"""A longer file is shown without colours: its lexer would take seconds."""

# What Pygments does not know by its name.
_BY_NAME = (
    (r"nginx.*\.conf", "nginx"),
    (r".*\.(?:conf|cnf|cfg|ini|env|service|socket|timer|properties|repo|desktop)|\.env.*|.*rc", "ini"),
    (r".*\.(?:jsonl|ndjson|geojson|webmanifest)", "json"),
    (r".*\.(?:ya?ml)\..*", "yaml"),
    (r"(?:docker-?|container)file.*", "docker"),
    (r"(?:passwd|group|shadow|hosts|fstab|resolv\.conf|motd|issue|hostname)", ""),
)
_BY_INTERPRETER = re.compile(r"#!.*?\b(python|bash|ash|dash|zsh|ksh|sh|perl|ruby|node|php|lua|tclsh|awk)[\d.]*\b")
_LANGUAGES = {"ash": "sh", "dash": "sh", "node": "javascript", "tclsh": "tcl"}


def colours(path: str, page: Page) -> dict[int, Sequence[tuple[int, int, str]]]:
    """Return the colours of a page's lines; none where no lexer knows such files, or the page is too long.

    It takes up to half a second, so it is not for the app's thread.
    """
    lines = [page.text(index) for index in range(len(page))]
    if not lines or sum(map(len, lines)) > MOST_CHARACTERS:
        return {}
    lexer = _lexer(posixpath.basename(path), lines)
    return _spans(lexer, lines) if lexer is not None else {}


def _lexer(name: str, lines: Sequence[str]) -> Lexer | None:
    from pygments.lexers import get_lexer_by_name, guess_lexer_for_filename  # type: ignore[import-untyped]
    from pygments.util import ClassNotFound  # type: ignore[import-untyped]

    options = {"stripnl": False, "ensurenl": True}
    for pattern, language in _BY_NAME:
        if re.fullmatch(pattern, name.lower()):
            return get_lexer_by_name(language, **options) if language else None
    try:
        lexer: Lexer = guess_lexer_for_filename(name, "\n".join(lines[:100]), **options)
    except ClassNotFound:
        shebang = _BY_INTERPRETER.match(lines[0])
        if shebang is None:
            return None
        lexer = get_lexer_by_name(_LANGUAGES.get(shebang[1], shebang[1]), **options)
    return lexer if lexer.name != "Text only" else None


def _spans(lexer: Lexer, lines: Sequence[str]) -> dict[int, Sequence[tuple[int, int, str]]]:
    from pygments.token import Token  # type: ignore[import-untyped]
    from textual.highlight import HighlightTheme

    # Configuration comes in more dialects than there are lexers: what one does not understand is no error.
    styles = {kind: style for kind, style in HighlightTheme.STYLES.items() if kind is not Token.Error}
    found: dict[int, list[tuple[int, int, str]]] = {}
    line = column = 0
    for kind, text in lexer.get_tokens("\n".join(lines)):
        token = kind
        while token is not None and token not in styles:
            token = token.parent
        style = styles.get(token, "")
        for number, piece in enumerate(text.split("\n")):
            if number:
                line, column = line + 1, 0
            if piece and style:
                found.setdefault(line, []).append((column, column + len(piece), style))
            column += len(piece)
    return dict(found)
