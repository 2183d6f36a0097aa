"""Secrets masked in whatever leaves the machine: those that names give away, wherever else they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from cdbg_tui.model.details import hidden, hidden_words, is_secret, leaf
from cdbg_tui.model.text import MASK, clean

SHORTEST = 5
"""A known secret is looked for in other texts only from so many characters on: "no" and "80" are everywhere."""
_URL = re.compile(r"[a-z][a-z0-9+.-]{0,30}://[^\s/:@]{0,256}:([^\s/]+)@", re.IGNORECASE)
_ASSIGNED = re.compile(r"""["']?([^\s"'=]+)["']?""")
_HARMLESS = frozenset(("false", "never", "disabled", "enabled", "required", "optional", "default", "/run/secrets"))
_SAFE_CONTROLS = "\t\n"


class Masks:
    """Masks texts and JSON. It learns the secrets of what it is shown first, and then knows them anywhere."""

    def __init__(self, *sources: Mapping[str, Any], besides: Iterable[str] = ()) -> None:
        """Learn the secrets of *sources*; a value that is one of the words *besides* is no secret."""
        known = set(besides) | _HARMLESS
        values = {value for source in sources for value in _secrets(source)}
        wanted = {
            form for value in values if len(value) >= SHORTEST and value not in known for form in _forms(value)
        }
        self.count = len(wanted)
        """How many values are looked for everywhere."""
        longest_first = sorted(wanted, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if wanted else None

    def text(self, text: str) -> str:
        """Return one line with its secrets masked."""
        covered = hidden(self._without_known(text))
        seen = clean(text)
        if seen == text:
            return covered
        # An escape sequence within a secret or its name would hide it from the masks: then the clean text is told.
        cleaner = hidden(self._without_known(seen))
        return covered if cleaner == seen else cleaner

    def lines(self, text: str) -> str:
        """Return a text of several lines with its secrets masked."""
        return hidden("\n".join(self.text(line) for line in self._without_known(text).split("\n")))

    def _without_known(self, text: str) -> str:
        return self._known.sub(MASK, text) if self._known else text

    def json(self, value: Any, key: str = "") -> Any:
        """Return decoded JSON with its secrets masked: by the names of members, variables, flags and labels."""
        if isinstance(value, Mapping):
            return {self._without_known(str(name)): self.json(one, str(name)) for name, one in value.items()}
        if isinstance(value, list):
            if value and all(isinstance(one, str) for one in value):
                return self._strings(value, key)
            return [self.json(one, key) for one in value]
        if isinstance(value, str):
            return MASK if value and is_secret(key) else self.lines(value)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return MASK if is_number and value and is_secret(key) else value

    def _strings(self, value: list[str], key: str) -> list[str]:
        if key != "Env":
            return [self.lines(word) for word in hidden_words(value)]
        pairs = (line.partition("=") for line in value)
        return [
            f"{name}{equals}{self.lines(leaf(name, text).shown(revealed=False))}" for name, equals, text in pairs
        ]


def _forms(value: str) -> Iterator[str]:
    """Yield how a secret is written elsewhere: as it is, in a URL, and the long lines of a key one by one."""
    yield value
    if (quoted := quote(value, safe="")) != value:
        yield quoted
    if "\n" in value:
        yield from (line.strip() for line in value.split("\n") if len(line.strip()) >= 16 and "-----" not in line)


def _secrets(value: Any, key: str = "") -> Iterator[str]:
    """Yield the values that names give away as secret."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _secrets(one, str(name))
    elif isinstance(value, list):
        yield from _of_list(value, key)
    elif isinstance(value, str):
        if value and is_secret(key):
            yield value
        yield from _within(value)


def _of_list(value: list[Any], key: str) -> Iterator[str]:
    words = [one for one in value if isinstance(one, str)]
    if len(words) < len(value):
        for one in value:
            yield from _secrets(one, key)
        return
    for word, cover in zip(words, hidden_words(words), strict=True):
        if cover == MASK:
            yield word
        name, equals, text = word.partition("=")
        if equals and is_secret(name.lstrip("-")):
            yield text
        yield from _within(word)


def _within(text: str) -> Iterator[str]:
    """Yield what is masked inside a text: between the parts that stay."""
    yield from (match[1] for match in _URL.finditer(text))
    kept = hidden(text).split(MASK)
    if len(kept) < 2:
        return
    start = len(kept[0])
    for part in kept[1:]:
        end = text.find(part, start) if part else len(text)
        if end < 0:
            return
        if found := _ASSIGNED.fullmatch(text[start:end]):
            yield found[1]
        start = end + len(part)


def visible(data: bytes) -> str:
    """Return bytes as text in which everything can be seen: no UTF-8 and control characters as ``\\xNN``."""
    text = data.decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in _SAFE_CONTROLS else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
