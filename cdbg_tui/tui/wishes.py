"""What the app does for wishes that need an engine: those of `actions.ACTIONS`, and of some screens."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from cdbg_tui.model.container import Container

if TYPE_CHECKING:
    from cdbg_tui.tui.app import CdbgApp

WISHES = {
    "shell": ("entering", "shell"),
    "shell_as": ("entering", "shell_as"),
    "attach": ("entering", "attach"),
    "host_tools": ("entering", "host_tools"),
    "open_in": ("launching", "choose_place"),
    "sidecar": ("sidecars", "sidecar"),
    "sidecar_as": ("sidecars", "sidecar_as"),
    "recipes": ("recipes", "recipes"),
    "capture": ("recipes", "capture"),
    "rerun": ("rerunning", "rerun"),
    "rerun_as": ("rerunning", "rerun_as"),
    "debug_image": ("debug_images", "debug_image"),
    "changes": ("browsing", "changes"),
    "save_log": ("looking", "save_log"),
    "inspect": ("inspecting", "inspect"),
    "inspect_again": ("inspecting", "inspect_again"),
    "compare": ("inspecting", "compare"),
    "report": ("inspecting", "report"),
    "image": ("imaging", "image"),
    "connect": ("looking", "connect"),
    "control": ("controlling", "open_menu"),
    "copy": ("copying", "open_menu"),
    "left_behind": ("leftovers", "show"),
}
"""Module and function. Each is loaded by its first wish alone: all of them together take a quarter of a second."""


def granted(wish: str) -> Callable[[CdbgApp, Container | None], None]:
    """Return what does it."""
    module, name = WISHES[wish]
    grant: Callable[[CdbgApp, Container | None], None] = getattr(import_module(f"cdbg_tui.tui.{module}"), name)
    return grant
