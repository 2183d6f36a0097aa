"""Everything that waits for an answer of an engine does so for moments only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cdbg_tui.engine import archive, control, files
from cdbg_tui.engine.client import Engine

SECONDS = 0.3
_CONSTANTS = (
    "engine.stream.CONNECT_SECONDS",
    "engine.control.MARGIN_SECONDS",
    "engine.saved_image.SILENCE_SECONDS",
    "commands.cp.SILENCE_SECONDS",
    "engine.containers.PING_SECONDS",
    "engine.containers.FIRST_RETRY",
    "engine.containers.LAST_RETRY",
    "engine.containers.NEAR_RETRY",
)


@contextmanager
def impatience() -> Iterator[None]:
    """Have no patience inside the block."""
    with pytest.MonkeyPatch.context() as patch:
        for name in _CONSTANTS:
            patch.setattr(f"cdbg_tui.{name}", SECONDS)
        opened = archive.opened.__wrapped__  # type: ignore[attr-defined]
        for function in (Engine.get, Engine.rows, Engine.header, files.changes, opened, control._call):
            patch.setattr(function, "__kwdefaults__", {**(function.__kwdefaults__ or {}), "patience": SECONDS})
        yield
