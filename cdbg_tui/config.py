"""The settings file, checked, and the directories that cdbg uses.

``$XDG_CONFIG_HOME/cdbg/config.toml``; every key may be left out::

    toolbox = "nicolaka/netshoot"   # image of the sidecar
    theme = "textual-dark"          # any of Textual's
    stats-seconds = 2.0             # between two sweeps of the meters
    stats-unseen = true             # read them on while nobody can see them
    log-lines = 1000                # shown when a log is opened
    sessions-open = "here"          # or, inside tmux, in a "split" or a "window"
    read-only = true                # refuse whatever changes or runs something

    [keys]                          # action = "key" or "key,other key"
    shell = "f2"

    [[command]]                     # of your own, as many as you like
    name = "top"
    key = "v"
    argv = ["docker", "top", "{name}"]
"""

from __future__ import annotations

import difflib
import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdbg_tui.model.text import one_line

if TYPE_CHECKING:
    from cdbg_tui.sessions.custom import CustomCommand


class ConfigError(Exception):
    """The settings file says something that cannot be meant; the text names file, key and remedy."""


@dataclass(frozen=True, slots=True)
class Config:
    """The settings."""

    toolbox: str = "nicolaka/netshoot"
    theme: str = "textual-dark"
    stats_seconds: float = 2.0
    stats_unseen: bool = False
    log_lines: int = 1000
    keys: Mapping[str, str] = field(default_factory=dict)
    sessions_open: str = "here"
    command: tuple[CustomCommand, ...] = ()
    read_only: bool = False


_KINDS: dict[str, Any] = {
    "toolbox": (str,),
    "theme": (str,),
    "stats-seconds": (int, float),
    "stats-unseen": (bool,),
    "log-lines": (int,),
    "sessions-open": (str,),
    "read-only": (bool,),
    "keys": (dict,),
    "command": (list,),
}
_ONE_OF = {"sessions-open": ("here", "split", "window")}
_LEAST = {"stats-seconds": 0.5, "log-lines": 10}


def path(env: Mapping[str, str] = os.environ) -> Path:
    """Return where the settings file is looked for."""
    base = env.get("XDG_CONFIG_HOME") or f"{env.get('HOME') or '~'}/.config"
    return Path(base).expanduser() / "cdbg" / "config.toml"


def state_dir(env: Mapping[str, str] = os.environ) -> Path:
    """Return the directory for what cdbg itself writes."""
    base = env.get("XDG_STATE_HOME") or f"{env.get('HOME') or '~'}/.local/state"
    return Path(base).expanduser() / "cdbg"


def load(file: Path | None = None) -> Config:
    """Return the settings; the defaults where there is no file.

    Raises:
        ConfigError: the file cannot be read, or says something that cannot be meant.
    """
    file = file or path()
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Config()
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{file} cannot be read: {error}") from error
    for name, value in raw.items():
        _check(file, name, value)
    if "command" in raw:
        raw["command"] = _commands(file, raw["command"])
    return Config(**{name.replace("-", "_"): value for name, value in raw.items()})


def _commands(file: Path, entries: list[Any]) -> tuple[CustomCommand, ...]:
    # Only those who have some pay for reading them.
    from cdbg_tui.sessions.custom import CustomError, read_command

    made: list[CustomCommand] = []
    for number, entry in enumerate(entries, 1):
        called = entry.get("name") if isinstance(entry, dict) else None
        which = f"[[command]] {number}" + (f" (“{one_line(called)}”)" if isinstance(called, str) else "")
        try:
            command = read_command(entry)
        except CustomError as error:
            raise ConfigError(f"{file}: {which}: {error}") from error
        if any(other.name == command.name for other in made):
            raise ConfigError(f"{file}: {which}: there is another one of that name.")
        made.append(command)
    return tuple(made)


def _check(file: Path, name: str, value: Any) -> None:
    if name not in _KINDS:
        near = difflib.get_close_matches(name, _KINDS, 1)
        hint = f" Did you mean “{near[0]}”?" if near else f" Known are: {', '.join(_KINDS)}."
        raise ConfigError(f"{file}: there is no setting “{name}”.{hint}")
    infinite = isinstance(value, float) and not math.isfinite(value)
    if not isinstance(value, _KINDS[name]) or isinstance(value, bool) != (_KINDS[name] == (bool,)) or infinite:
        wanted = {
            "keys": "a table",
            "command": "a list of tables, each headed [[command]]",
            "stats-seconds": "a number",
            "log-lines": "a whole number",
            "read-only": "true or false",
            "stats-unseen": "true or false",
        }
        raise ConfigError(f"{file}: “{name}” must be {wanted.get(name, 'a text in quotes')}.")
    if name in _ONE_OF and value not in _ONE_OF[name]:
        raise ConfigError(f"{file}: “{name}” must be one of {', '.join(_ONE_OF[name])}.")
    if name in _LEAST and value < _LEAST[name]:
        raise ConfigError(f"{file}: “{name}” must be at least {_LEAST[name]}.")
    if name == "keys":
        for action, key in value.items():
            if not isinstance(key, str) or not key:
                raise ConfigError(f"{file}: keys.{action} must be a key's name in quotes.")
