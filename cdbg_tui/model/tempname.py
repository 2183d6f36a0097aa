"""A name for a copy that other programs are given: nothing in it can be taken for an option or a command."""

from __future__ import annotations

import re

LONGEST = 80
_ODD = re.compile(r"[^A-Za-z0-9._-]")


def safe_name(path: str) -> str:
    """Return the last part of *path* with its ending, by which programs know what it is."""
    name = _ODD.sub("_", path.rstrip("/").rpartition("/")[2]).lstrip("-.")
    if len(name) > LONGEST:
        stem, dot, ending = name.rpartition(".")
        ending = dot + ending if dot and len(ending) <= 8 else ""
        name = (stem if ending else name)[: LONGEST - len(ending)] + ending
    return name or "file"
