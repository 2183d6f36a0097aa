"""What shells and commands were asked for in containers of an image, so that they can be asked for again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from cdbg_tui.engine import private
from cdbg_tui.model.details import hidden, hidden_words, is_secret

FILE = "sessions.json"
REMEMBERED = 12
"""Of one image."""
IMAGES = 100

Entry = Mapping[str, str]
"""What was entered, by the fields of the form: ``user``, ``command``, ``workdir``, ``variables``."""


class History:
    """The last entries of each image, the newest first; nothing that looks secret is among them."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def of(self, image: str, field: str) -> tuple[str, ...]:
        """Return what was entered in *field*, the newest first."""
        entries = self._read().get(_key(image), [])
        return tuple(dict.fromkeys(entry[field] for entry in entries if entry.get(field)))

    def note(self, image: str, entry: Entry) -> None:
        """Note what was entered, without what is secret in it.

        Raises:
            OSError: the file cannot be written.
        """
        kept = {field: value for field, value in entry.items() if value and not _gives_away(field, value)}
        if not kept:
            return
        noted = self._read()
        key = _key(image)
        noted[key] = [kept, *(one for one in noted.pop(key, []) if one != kept)][:REMEMBERED]
        self._write(dict(list(noted.items())[-IMAGES:]))

    def _read(self) -> dict[str, list[dict[str, str]]]:
        try:
            noted = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # none yet, or somebody's mishap: nothing is known, then
            return {}
        if not isinstance(noted, dict):
            return {}
        return {str(image): _entries(rows) for image, rows in noted.items() if isinstance(rows, list)}

    def _write(self, noted: Mapping[str, list[dict[str, str]]]) -> None:
        private.write(self._file, json.dumps(noted, indent=1))


def _entries(rows: list[object]) -> list[dict[str, str]]:
    return [{str(field): str(value) for field, value in row.items()} for row in rows if isinstance(row, dict)]


def _key(image: str) -> str:
    """Return an image's name without tag and digest: what was typed in one version is wanted in the next."""
    if image.startswith("sha256:"):
        return image
    name = image.partition("@")[0]
    head, slash, last = name.rpartition("/")
    return head + slash + last.partition(":")[0]


def _gives_away(field: str, value: str) -> bool:
    if hidden(value) != value:
        return True
    words = value.split()
    if hidden_words(words) != words:
        return True
    return field == "variables" and any(is_secret(word.partition("=")[0]) for word in words)
