"""Foreign names as one word of a line that a person and a program can both read."""

from __future__ import annotations

_LETTERS = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\", "'": "\\'"}


def quoted(name: str) -> str:
    """Return *name* as it is if all of it can be seen, else as bash, zsh and ls write it: ``$'a\\nb'``.

    Nothing is lost: lone surrogates, which stand for bytes that are no UTF-8, become those bytes.
    """
    if name.isprintable() and not name.startswith("$'"):
        return name
    return "$'" + "".join(map(_letter, name)) + "'"


def _letter(char: str) -> str:
    if known := _LETTERS.get(char):
        return known
    if char.isprintable():
        return char
    return "".join(f"\\{byte:03o}" for byte in char.encode("utf-8", _errors(char)))


def _errors(char: str) -> str:
    return "surrogateescape" if "\udc80" <= char <= "\udcff" else "surrogatepass"
