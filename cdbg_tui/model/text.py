"""The one gate for foreign text: what comes out of a container is somebody else's.

Textual hands ESC, OSC and C1 bytes from data straight to the terminal, and so would let a log line set
the clipboard or clear the screen. Whatever is shown passes through `clean` first; what is copied or run
is the original.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

_SEQUENCE = re.compile(
    r"""
      (?P<sgr> (?: \x1b\[ | \x9b ) [0-9;:]{0,64} m )              # colours and weights, no endless numbers
    | (?: \x1b\[ | \x9b ) [0-?]* [ -/]* [@-~]?                     # other CSI, whole or cut off
    | (?: \x1b[\]PX^_] | [\x9d\x90\x98\x9e\x9f] )                  # OSC DCS SOS PM APC,
      [^\x07\x1b\x9c\n]* (?: \x07 | \x1b\\ | \x9c )?               #   to BEL, ST or the end of the line
    | \x1b [ -/]* [0-~]?                                           # two-byte and longer escapes
    """,
    re.VERBOSE,
)

# Everything that moves the cursor, reorders or hides text without being an escape sequence. Tab stays.
_UNSAFE = {
    code: REPLACEMENT
    for span in (
        range(0x09),
        range(0x0A, 0x20),
        range(0x7F, 0xA0),
        (0x00AD, 0x061C, 0x180E, 0xFEFF),
        range(0x200B, 0x2010),
        range(0x2028, 0x202F),
        range(0x2060, 0x2070),
        range(0xD800, 0xE000),  # lone surrogates: bytes that were no UTF-8
        range(0xFFF9, 0xFFFC),
        range(0xE0000, 0xE0080),  # tags
    )
    for code in span
}
# What acts on nothing, and yet would not be seen, or shown in other widths by other terminals.
_UNSEEN = {
    code: REPLACEMENT
    for span in (
        (0x115F, 0x1160, 0x3164, 0xFFA0),  # fillers of Hangul
        range(0xFDD0, 0xFDF0),  # no characters
        *((plane << 16 | 0xFFFE, plane << 16 | 0xFFFF) for plane in range(17)),
        range(0x13430, 0x13440),  # format controls of hieroglyphs, shorthand and music
        range(0x1BCA0, 0x1BCA4),
        range(0x1D173, 0x1D17B),
        range(0x1F3FB, 0x1F400),  # skin tones: of 0, 2 or 4 cells with what is before them
    )
    for code in span
}
# These only choose how the letter before them looks; a symbol with one has 1 or 2 cells, as the terminal likes.
_SELECTORS = dict.fromkeys((*range(0x180B, 0x180E), 0x180F, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)), "")


def _any_of(codes: Iterable[int]) -> re.Pattern[str]:
    """Return a pattern of one of these characters, by ranges: one by one they take forty times as long."""
    ranges: list[str] = []
    first = last = -2
    for code in [*sorted(codes), sys.maxunicode + 9]:
        if code != last + 1:
            if first >= 0:
                ranges.append(f"{re.escape(chr(first))}-{re.escape(chr(last))}")
            first = code
        last = code
    return re.compile(f"[{''.join(ranges)}]")


_PRINTABLE = _UNSEEN | _SELECTORS
_SHOWN = _UNSAFE | _PRINTABLE
_KEEP_ESC = {code: mark for code, mark in _SHOWN.items() if code != 0x1B}
_UNSAFE_SET, _CHANGED_SET, _PRINTABLE_SET = _any_of(_UNSAFE), _any_of(_SHOWN), _any_of(_PRINTABLE)
_COMMON_SET = _any_of(code for code in _PRINTABLE if code < 0x10000)
_RARE = re.compile("[\U00010000-\U0010ffff]")


def is_plain(text: str) -> bool:
    """Tell at once whether *text* is shown as it is: one line of what can be seen. No tabs."""
    if not text.isprintable():
        return False
    if text.isascii():
        return True
    return _COMMON_SET.search(text) is None and (_RARE.search(text) is None or _PRINTABLE_SET.search(text) is None)


def clean(text: str, *, keep_sgr: bool = False) -> str:
    """Return *text* without anything that could act on a terminal.

    Escape sequences vanish, also 8-bit ones and those that are cut off; other control, bidirectional
    and invisible characters become U+FFFD, and what chooses between looks of a letter goes; tabs stay.
    With *keep_sgr*, colour sequences stay too, in their 7-bit form.
    """
    if is_plain(text) or _CHANGED_SET.search(text) is None:
        return text
    if keep_sgr:
        return _SEQUENCE.sub(_only_sgr, text).translate(_KEEP_ESC)
    return _SEQUENCE.sub("", text).translate(_SHOWN)


def _only_sgr(match: re.Match[str]) -> str:
    sgr = match["sgr"]
    return sgr.replace("\x9b", "\x1b[") if sgr else ""


def one_line(text: str) -> str:
    """Return *text* cleaned, on one line: line breaks and tabs are shown as symbols."""
    if is_plain(text):
        return text
    # Line by line: a sequence that is cut off ends with its own line, not with the text.
    return "⏎".join(clean(line.removesuffix("\r")) for line in text.split("\n")).replace("\t", "→")


def is_safe(text: str) -> bool:
    """Tell whether *text* may be copied or run as it is: it holds nothing but text, tabs and line breaks."""
    return text.isprintable() or _UNSAFE_SET.search(text.replace("\n", "")) is None


_SECRET_NAME = re.compile(
    r"pass(?:wd|word|phrase)?|secret|token|api_?key|private_?key|access_?key|credential|auth(?:$|_)|(?:\b|_)pwd\b|_key$|dsn$",
    re.IGNORECASE,
)
# Bounded, and begun only where a word begins: a megabyte of letters would take hours otherwise.
_URL_PASSWORD = re.compile(
    r"(?P<head>(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,30}://[^\s/:@]{0,256}:)[^\s/]+(?=@)", re.IGNORECASE
)
MASK = "••••••"


def is_secret_name(name: str) -> bool:
    """Tell whether a variable of this name probably holds a secret."""
    return _SECRET_NAME.search(name) is not None and name not in ("PWD", "OLDPWD")


def masked(name: str, value: str) -> str:
    """Return *value* with what looks like a secret replaced by dots."""
    if value and is_secret_name(name):
        return MASK
    return _URL_PASSWORD.sub(rf"\g<head>{MASK}", value)
