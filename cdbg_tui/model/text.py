"""The one gate for foreign text: what comes out of a container is somebody else's.

Textual hands ESC, OSC and C1 bytes from data straight to the terminal, and so would let a log line set
the clipboard or clear the screen. Whatever is shown passes through `clean` first; what is copied or run
is the original.
"""

from __future__ import annotations

import re

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
_UNSAFE_SET = re.compile("[" + "".join(re.escape(chr(code)) for code in _UNSAFE) + "]")
_KEEP_ESC = {code: mark for code, mark in _UNSAFE.items() if code != 0x1B}


def clean(text: str, *, keep_sgr: bool = False) -> str:
    """Return *text* without anything that could act on a terminal.

    Escape sequences vanish, also 8-bit ones and those that are cut off; other control, bidirectional
    and invisible characters become U+FFFD; tabs stay. With *keep_sgr*, colour sequences stay too, in
    their 7-bit form.
    """
    if text.isprintable():
        return text
    if "\x1b" in text or "\x9b" in text or _UNSAFE_SET.search(text):
        if keep_sgr:
            text = _SEQUENCE.sub(_only_sgr, text)
            return text.translate(_KEEP_ESC)
        text = _SEQUENCE.sub("", text)
        return text.translate(_UNSAFE)
    return text


def _only_sgr(match: re.Match[str]) -> str:
    sgr = match["sgr"]
    return sgr.replace("\x9b", "\x1b[") if sgr else ""


def one_line(text: str) -> str:
    """Return *text* cleaned, on one line: line breaks and tabs are shown as symbols."""
    if text.isprintable():
        return text
    # Line by line: a sequence that is cut off ends with its own line, not with the text.
    return "⏎".join(clean(line.removesuffix("\r")) for line in text.split("\n")).replace("\t", "→")


def is_safe(text: str) -> bool:
    """Tell whether *text* may be copied or run as it is: it holds nothing but text, tabs and line breaks."""
    return text.isprintable() or clean(text.replace("\n", "")) == text.replace("\n", "")


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
