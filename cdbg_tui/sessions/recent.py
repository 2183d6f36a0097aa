"""Toolbox images that were used, the last first, and their shells: remembered in a file of the user's own."""

from __future__ import annotations

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from cdbg_tui.engine import private

FILE = "toolboxes.json"
REMEMBERED = 8


@dataclass(frozen=True, slots=True)
class Used:
    """An image that was used: its name, the id that this meant, and where its shell lies."""

    image: str
    id: str
    shell: str


def used(folder: Path) -> tuple[Used, ...]:
    """Return what was used, the last first; nothing where the file cannot be read."""
    try:
        noted = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return tuple(Used(str(one["image"]), str(one["id"]), str(one["shell"])) for one in noted)[:REMEMBERED]
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def shells(folder: Path) -> dict[str, str]:
    """Return the shells of the images that were used, by the images' ids."""
    return {one.id: one.shell for one in used(folder)}


def remember(folder: Path, now: Used) -> None:
    """Note that an image is used; where that cannot be written, it is only not remembered."""
    before = used(folder)
    if before[:1] == (now,):
        return
    kept = [now, *(one for one in before if one.image != now.image)][:REMEMBERED]
    with contextlib.suppress(OSError):
        private.write(folder / FILE, json.dumps([asdict(one) for one in kept]))
