"""An instruction of a Dockerfile, out of what a builder wrote into an image's history."""

from __future__ import annotations

import re

from cdbg_tui.model.details import hidden

_SHELL = r"(?:/bin/|/usr/bin/)?(?:ba|da|a|z|k)?sh(?: -(?:o \w+|\w*))*? -\w*c "
_NOP = re.compile(rf"^(?:{_SHELL})?\#\(nop\)\s*")
_RUN = re.compile(rf"^(?:RUN\s+)?(?:\|\d{{1,3}} (?P<arguments>.*?) ?)?(?:{_SHELL})(?P<command>.*)$", re.DOTALL)
_BUILDKIT = re.compile(r"\s*# buildkit\s*$")
_SPACES = re.compile(r"[ \t]*\\?\r?\n[ \t]*|[ \t]{2,}|\t")
_JOINTS = re.compile(r"\s*(&&|\|\|)\s*|;\s+")
INDENT = "    "


def readable(original: str) -> str:
    """Return the instruction as one writes it, on one line, its secrets masked; empty for an empty one.

    Builders write ``/bin/sh -c #(nop)  CMD ["sh"]``, ``|1 A=b /bin/sh -c make`` or ``RUN /bin/sh -c make #
    buildkit``.
    """
    text = _BUILDKIT.sub("", original.strip())
    nop = _NOP.match(text)
    if nop:
        text = text[nop.end() :]
    elif run := _RUN.match(text):
        text = f"RUN {run['command'].strip()}"
    return hidden(_SPACES.sub(" ", text).strip())


def arguments(original: str) -> str:
    """Return the build arguments with which a command ran, its secrets masked; empty if there were none."""
    run = _RUN.match(_BUILDKIT.sub("", original.strip()))
    return hidden(run["arguments"].strip()) if run and run["arguments"] else ""


def laid_out(instruction: str) -> list[str]:
    """Return an instruction on several lines: each command of a chain on its own."""
    if not instruction.startswith("RUN "):
        return [instruction]
    lines = [""]
    at = 0
    for joint in _JOINTS.finditer(instruction):
        lines[-1] += instruction[at : joint.start()]
        if joint[1]:
            lines.append(f"{INDENT}{joint[1]} ")
        else:
            lines[-1] += ";"
            lines.append(INDENT)
        at = joint.end()
    lines[-1] += instruction[at:]
    return lines
