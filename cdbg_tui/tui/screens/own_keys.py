"""The keys of a screen that is not the dashboard, in groups, for its ``?``."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen

from cdbg_tui.tui.actions import shown
from cdbg_tui.tui.widgets.key_columns import Group

_SHOWN = {
    "right_square_bracket": "]",
    "left_square_bracket": "[",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "down": "↓",
    "up": "↑",
    "home": "Home",
    "end": "End",
    "delete": "Del",
}
_THE_SAME = {"ctrl+@": "ctrl+space"}
"""To a terminal these are one key."""


def own_keys(screen: Screen[Any]) -> list[Group]:
    """Return the keys to which *screen*, and what has the focus in it, listen now; each with its words."""
    groups: dict[str, dict[str, tuple[list[str], str]]] = {"This screen": {}, "Moving": {}}
    for active in screen.active_bindings.values():
        if not active.enabled or active.node not in (screen, screen.focused):
            continue
        binding = active.binding
        words = binding.tooltip or binding.description
        # What every screen has from Textual acts on a selection, which few of these have.
        if words and not binding.action.startswith("screen."):
            group = groups["This screen" if active.node is screen else "Moving"]
            keys, _ = group.get(binding.action, ([], ""))
            key = _printed(_THE_SAME.get(binding.key, binding.key))
            # What one does has the words of the last: those before are Textual's.
            group[binding.action] = keys if key in keys else [*keys, key], words[0].upper() + words[1:]
    return [
        (title, [(" ".join(keys), words) for keys, words in group.values()])
        for title, group in groups.items()
        if group
    ]


def _printed(key: str) -> str:
    *modifiers, last = key.split("+")
    if modifiers and len(last) == 1:
        last = last.upper()
    return "+".join([*(one.capitalize() for one in modifiers), _SHOWN.get(last, shown(last))])
