"""Commands of the user's own, from the settings file: read, checked, and made into what is run for a container.

A command is a list of words, and what it is to know of a container stands in it as ``{name}`` or
``{label:KEY}``. Each is put in where it stands, and stays one word: no shell reads it, unless the user has one
started. Labels are somebody else's text, so they may become neither an option nor part of a script.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cdbg_tui.model.container import Container, State
from cdbg_tui.model.text import one_line
from cdbg_tui.sessions.plan import Argv, Plan, Refusal

WHENS = ("running", "dead", "any")
RUNS = ("suspend", "background")
PLACEHOLDERS = ("id", "name", "image", "pid", "label:KEY")

# Two braces are a template's, as in --format '{{.State}}'; with blanks or signs in them, an awk program's.
_PLACEHOLDER = re.compile(r"\{\{.*?\}\}|\{(?P<word>[A-Za-z_]+)(?::(?P<key>[^{}]*))?\}")
_SHELL = re.compile(r"(?:.*/)?(?:ba|da|a|z|k|fi)?sh")
_SCRIPT_OPTION = re.compile(r"-[a-z]*c")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class CustomError(ValueError):
    """An entry says something that cannot be meant; the text says what, in a sentence."""


@dataclass(frozen=True, slots=True)
class CustomCommand:
    """One entry ``[[command]]``."""

    name: str
    key: str
    argv: Argv
    when: str = "any"
    label: str = ""
    """``KEY`` or ``KEY=VALUE``: only containers that have it; all where it is empty."""
    confirm: bool = False
    run: str = "suspend"
    wait: bool = True
    """After a suspended one, Enter is waited for: what it wrote would be gone with its screen."""

    def lacks(self, target: Container | None) -> str:
        """Return why it does not apply, in a sentence; empty where it does."""
        if target is None:
            return f"{self.name}: no container is selected."
        is_running = target.state is State.RUNNING
        if self.when == "running" and not is_running:
            return f"{self.name} is for running containers; {target.name} is {target.state}."
        if self.when == "dead" and not target.is_dead:
            return f"{self.name} is for dead containers; {target.name} is {target.state}."
        key, equals, value = self.label.partition("=")
        if key and (key not in target.labels or (equals and target.labels[key] != value)):
            return f"{self.name} is for containers with the label {self.label}; {target.name} has it not."
        return ""


def custom_plan(command: CustomCommand, target: Container) -> Plan | Refusal:
    """Make a plan of a command for an inspected container."""
    if lacks := command.lacks(target):
        return Refusal(lacks)
    values: dict[str, str] = {"id": target.id, "name": target.name, "image": target.image}
    if target.pid:
        values["pid"] = str(target.pid)
    try:
        words = tuple(_filled(word, values, target) for word in command.argv)
    except CustomError as error:
        return Refusal(f"{command.name}: {error}")
    return Plan(title=f"{command.name} for {target.name}", argv=words, is_local=True, stays=command.wait)


def _filled(word: str, values: Mapping[str, str], target: Container) -> str:
    def fill(found: re.Match[str]) -> str:
        name, key = found["word"], found["key"]
        if name is None:
            return found[0]
        if name != "label":
            if name not in values:
                raise CustomError(f"{target.name} has no {name} now.")
            return values[name]
        if key not in target.labels:
            raise CustomError(f"{target.name} has no label {key}.")
        value = target.labels[key]
        if _CONTROLS.search(value):
            raise CustomError(f"the label {key} of {target.name} holds control characters.")
        if value.startswith("-") and not found.start():
            raise CustomError(f"the label {key} of {target.name} is “{one_line(value)}”: it would be an option.")
        return value

    return _PLACEHOLDER.sub(fill, word)


def read_command(entry: Any) -> CustomCommand:
    """Return the command that an entry of the settings file means.

    Raises:
        CustomError: it cannot be meant.
    """
    if not isinstance(entry, Mapping):
        raise CustomError("it must be a table: [[command]].")
    if unknown := next((name for name in entry if name not in _KINDS), None):
        raise CustomError(f"there is no “{unknown}”; there are {', '.join(_KINDS)}.")
    for name in ("name", "key", "argv"):
        if name not in entry:
            raise CustomError(f"“{name}” is missing.")
    for name, value in entry.items():
        _check(name, value)
    values = {**entry, "argv": tuple(entry["argv"])}
    _check_argv(values["argv"], "dead" if entry.get("when") == "dead" else "")
    return CustomCommand(**values)


_KINDS: dict[str, tuple[type, str]] = {
    "name": (str, "a text in quotes"),
    "key": (str, "a key's name in quotes"),
    "argv": (list, 'a list of words, as ["docker", "top", "{id}"]'),
    "when": (str, "one of " + ", ".join(f'"{one}"' for one in WHENS)),
    "label": (str, 'a text in quotes, as "KEY" or "KEY=VALUE"'),
    "confirm": (bool, "true or false"),
    "run": (str, "one of " + ", ".join(f'"{one}"' for one in RUNS)),
    "wait": (bool, "true or false"),
}
_ONE_OF = {"when": WHENS, "run": RUNS}


def _check(name: str, value: Any) -> None:
    kind, wanted = _KINDS[name]
    is_right = isinstance(value, kind) and (value or kind is bool)
    if name == "argv":
        is_right = is_right and all(isinstance(word, str) for word in value) and bool(value[0])
    elif name in _ONE_OF:
        is_right = value in _ONE_OF[name]
    elif kind is str:
        is_right = is_right and not _CONTROLS.search(value)
    if not is_right:
        raise CustomError(f"“{name}” must be {wanted}.")


def _check_argv(argv: Argv, when: str) -> None:
    is_shell = is_script = False
    for word in argv:
        for found in _PLACEHOLDER.finditer(word):
            name, key = found["word"], found["key"]
            if name is None:
                continue
            if (name if key is None else f"{name}:KEY") not in PLACEHOLDERS or key == "":
                known = ", ".join(f"{{{one}}}" for one in PLACEHOLDERS)
                raise CustomError(f"argv: there is no placeholder {found[0]}; there are {known}.")
            if name == "pid" and when == "dead":
                raise CustomError("argv: {pid} is that of a running container, and “when” is dead.")
            if name == "label" and is_script:
                raise CustomError(
                    f"argv: a shell would run what stands in the label of {found[0]}: give it to the script as a "
                    f"word of its own, as in sh -c 'echo \"$1\"' sh {found[0]}."
                )
        is_script = is_shell and _SCRIPT_OPTION.fullmatch(word) is not None
        is_shell = is_shell or _SHELL.fullmatch(word) is not None
