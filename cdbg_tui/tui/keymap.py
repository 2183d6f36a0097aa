"""The user's own keys and theme, checked: Textual takes unknown actions and nonsense keys without a word."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.keys import KEY_NAME_REPLACEMENTS, Keys

from cdbg_tui.config import ConfigError
from cdbg_tui.tui.actions import ACTIONS

if TYPE_CHECKING:
    from cdbg_tui.sessions.custom import CustomCommand

_MODIFIERS = {"ctrl", "shift", "alt", "super", "hyper", "meta"}
_NAMED = {key.value for key in Keys} | set(KEY_NAME_REPLACEMENTS.values())


def checked_keymap(keys: Mapping[str, str]) -> dict[str, str]:
    """Return a Textual keymap from ``action = "key,other key"``.

    Raises:
        ConfigError: there is no such action, or no such key.
    """
    known = {action.id for action in ACTIONS}
    for action, text in keys.items():
        if action not in known:
            near = difflib.get_close_matches(action, known, 1)
            hint = f" Did you mean “{near[0]}”?" if near else ""
            raise ConfigError(f"keys: there is no action “{action}”.{hint}")
        for key in text.split(","):
            if not _is_key(key.strip()):
                raise ConfigError(f"keys.{action}: “{key}” is no key. Keys are named as in f2, ctrl+e or x.")
    _refuse_clashes(keys)
    return {f"dashboard.{action}": text for action, text in keys.items()}


def checked_commands(commands: Sequence[CustomCommand], keys: Mapping[str, str], file: Path) -> None:
    """Refuse a command of the user's own whose key is none, or is somebody else's.

    *keys* are the user's own keys of actions; what an action has lost by them is free.

    Raises:
        ConfigError: a key cannot be had; the text names *file* and the command.
    """
    if not commands:
        return
    from cdbg_tui.tui.screens.dashboard import pane_keys

    owners = dict.fromkeys(_TEXTUALS, "of every screen")
    owners |= pane_keys()
    for action in ACTIONS:
        for key in keys.get(action.id, action.key).split(","):
            owners[key.strip()] = f"of {action.id}"
    for command in commands:
        for key in command.key.split(","):
            name = _by_name(key.strip())
            where = f"{file}: [[command]] “{command.name}”"
            if not _is_key(name):
                raise ConfigError(f"{where}: “{key}” is no key. Keys are named as in f2, ctrl+e or v.")
            if name in owners:
                raise ConfigError(f"{where}: “{key.strip()}” is the key {owners[name]} already.")
            owners[name] = f"of “{command.name}”"


_TEXTUALS = ("ctrl+c", "ctrl+p", "ctrl+q")


def _by_name(key: str) -> str:
    """Return a key as Textual calls it: ``plus_sign`` for ``+``, letters and digits as they are."""
    return next(iter(Binding.make_bindings([Binding(key, "")]))).key if len(key) == 1 else key


def _refuse_clashes(keys: Mapping[str, str]) -> None:
    owners: dict[str, str] = {}
    for action in ACTIONS:
        for key in keys.get(action.id, action.key).split(","):
            other = owners.setdefault(key.strip(), action.id)
            if other != action.id:
                raise ConfigError(f"keys: “{key.strip()}” is the key of both {other} and {action.id}.")


def _is_key(text: str) -> bool:
    """Tell whether Textual could ever report such a key."""
    *modifiers, name = text.split("+")
    if not set(modifiers) <= _MODIFIERS:
        return False
    if len(name) == 1 or name in _NAMED:
        return True
    try:  # Textual calls the other keys by what Unicode calls their characters: "plus_sign"
        unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        return False
    return True


def checked_theme(name: str, known: Collection[str]) -> None:
    """Refuse a theme that Textual does not have.

    Raises:
        ConfigError: it is not one of *known*.
    """
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"Did you mean “{near[0]}”?" if near else f"There are: {', '.join(sorted(known))}."
        raise ConfigError(f"theme: there is no theme “{name}”. {hint}")
