"""What the app does for wishes that need an engine: those of `actions.ACTIONS`, and of some screens."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cdbg_tui.model.container import Container
from cdbg_tui.tui import controlling, copying, launching, looking

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp

WISHES: dict[str, Callable[[CdbgApp, Container | None], None]] = {
    "shell": launching.shell,
    "shell_as": launching.shell_as,
    "sidecar": launching.sidecar,
    "rerun": launching.rerun,
    "changes": looking.changes,
    "changes_again": looking.changes_again,
    "save_log": looking.save_log,
    "inspect": looking.inspect,
    "connect": looking.connect,
    "control": controlling.open_menu,
    "copy": copying.open_menu,
    "left_behind": controlling.left_behind,
}
