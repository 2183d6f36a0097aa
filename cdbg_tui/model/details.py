"""What inspect says, as a tree of labelled values in which secrets are known for what they are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cdbg_tui.model.text import MASK, is_secret_name, masked

DEEPEST = 60
"""Whatever lies deeper than this is one value in JSON: a tree is walked by recursion."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One labelled value; *value* is None for what only holds *children*."""

    key: str
    value: str | None = None
    children: tuple[Entry, ...] = ()
    path: str = ""
    """Where it stands in the JSON, as jq writes it: ``.Config.Env[3]``; empty for what is derived."""
    cover: str | None = None
    """The value with its secrets masked; None where it holds none."""
    note: str = ""
    """What is said about the value, as where it comes from; holds no secret."""

    @property
    def secret(self) -> bool:
        """Whether the value holds something that is masked until asked for."""
        return self.cover is not None

    def shown(self, *, revealed: bool) -> str:
        """Return the value as it may be shown; empty where there is none."""
        return self.value or "" if revealed or self.cover is None else self.cover


def leaf(key: str, value: str, path: str = "") -> Entry:
    """Return an entry for one value, masked as its key and its own words demand."""
    cover = MASK if value and is_secret(key) else hidden(value)
    return Entry(key, value, path=path, cover=None if cover == value else cover)


def nodes(details: Mapping[str, Any]) -> tuple[Entry, ...]:
    """Return everything in *details* (the engine's JSON about a container), in its own order."""
    return tuple(_entry(str(key), value, step("", str(key)), 1) for key, value in details.items())


def _entry(key: str, value: Any, path: str, depth: int) -> Entry:
    if isinstance(value, Mapping) and value and depth < DEEPEST:
        below = (_entry(str(k), v, step(path, str(k)), depth + 1) for k, v in value.items())
        return Entry(key, None, tuple(below), path)
    if isinstance(value, list) and value and depth < DEEPEST:
        if all(isinstance(item, str) for item in value):
            texts = environment(value, path) if key == "Env" else arguments(value, path)
            return Entry(key, None, texts, path)
        items = (_entry(str(i), v, f"{path}[{i}]", depth + 1) for i, v in enumerate(value))
        return Entry(key, None, tuple(items), path)
    if isinstance(value, str):
        return leaf(key, value, path)
    text = json.dumps(value, ensure_ascii=False)
    cover = hidden(text)
    return Entry(key, text, path=path, cover=None if cover == text else cover)


def environment(lines: Iterable[str], path: str = ".Config.Env") -> tuple[Entry, ...]:
    """Return ``NAME=value`` lines as entries by name."""
    pairs = (line.partition("=") for line in lines)
    return tuple(leaf(name, value, f"{path}[{index}]") for index, (name, _, value) in enumerate(pairs))


def arguments(words: Sequence[str], path: str = "") -> tuple[Entry, ...]:
    """Return the words of a command line, by number; the word after ``--password`` is a secret."""
    covers = hidden_words(words)
    return tuple(
        Entry(str(i), word, path=f"{path}[{i}]", cover=None if cover == word else cover)
        for i, (word, cover) in enumerate(zip(words, covers, strict=True))
    )


def hidden_words(words: Sequence[str]) -> list[str]:
    """Return the words of a command line with their secrets masked."""
    covers = []
    flag = ""
    for word in words:
        is_value = flag and word and not word.startswith("-")
        covers.append(MASK if is_value else hidden(word))
        flag = word if _FLAG.fullmatch(word) and is_secret(word) else ""
    return covers


def is_secret(name: str) -> bool:
    """Tell whether a flag, variable or label of this name probably holds a secret."""
    return is_secret_name(name.replace("-", "_"))


_FLAG = re.compile(r"--?[A-Za-z][\w.-]*")
_HEAD = re.compile(
    r"""
      (?<![\w.-]) -{0,2} (?P<assigned> [A-Za-z_][\w.-]{0,100} ) =       # PASSWORD=x, --password=x
    | (?<![\w.-]) --(?P<option> [A-Za-z][\w-]{0,100} ) [ \t]+ (?!-)     # --password x
    | "(?P<member> [^"\\]{1,100} )" \s{0,8} : \s{0,8} (?=")             # "password": "x"
    | (?P<always> \b Authorization: [ ]* (?:Bearer|Basic) [ ]+ )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_VALUE = re.compile(r"""(?P<quote>["']).*?(?P=quote)|[^\s"'&;,]+""", re.DOTALL)


def hidden(text: str) -> str:
    """Return *text* with the secrets masked that its own words give away, as in ``--password=x``."""
    text = masked("", text)
    pieces, done = [], 0
    for head in _HEAD.finditer(text):
        if head.start() < done or not _announces_secret(head):
            continue
        if value := _VALUE.match(text, head.end()):
            pieces += [text[done : head.end()], MASK]
            done = value.end()
    return "".join([*pieces, text[done:]])


def _announces_secret(head: re.Match[str]) -> bool:
    name = head["assigned"] or head["option"] or head["member"]
    return head["always"] is not None or is_secret(name)


_PLAIN_KEY = re.compile(r"[A-Za-z_]\w*", re.ASCII)


def step(path: str, key: str) -> str:
    """Return the path of what stands under *key* in what has *path*."""
    if _PLAIN_KEY.fullmatch(key):
        return f"{path}.{key}"
    return f"{path or '.'}[{json.dumps(key, ensure_ascii=False)}]"


def search(entries: Sequence[Entry], text: str, *, revealed: bool = False) -> list[tuple[Entry, ...]]:
    """Return the entries whose key, shown value or note holds *text*, each with what leads to it.

    Case does not matter. A masked secret is found by its key only.
    """
    wanted = text.casefold()
    return list(_found(entries, wanted, revealed, ())) if wanted else []


def _found(
    entries: Sequence[Entry], wanted: str, revealed: bool, above: tuple[Entry, ...]
) -> Iterator[tuple[Entry, ...]]:
    for entry in entries:
        trail = (*above, entry)
        texts = (entry.key, entry.shown(revealed=revealed), entry.note)
        if any(wanted in text.casefold() for text in texts):
            yield trail
        yield from _found(entry.children, wanted, revealed, trail)
