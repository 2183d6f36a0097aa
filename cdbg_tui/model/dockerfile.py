"""The Dockerfile of a debug image: the target's image, and tools."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cdbg_tui.model.packages import Manager

BIN = "/.cdbg/bin"
BUSYBOX = f"{BIN}/busybox"
TOOLBOX = "/.cdbg/toolbox"
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]*", re.ASCII)
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./:@-]*", re.ASCII)
_FROM = re.compile(r"\s*FROM\s", re.IGNORECASE)
_ROOT = ("", "0", "root", "0:0", "root:root")


@dataclass(frozen=True, slots=True)
class Static:
    """A busybox that runs in any root: *path* in *image*."""

    image: str
    path: str


@dataclass(frozen=True, slots=True)
class Carried:
    """Programs of the toolbox *image*, which is put whole below `TOOLBOX`: how each is started from there."""

    image: str
    starts: Mapping[str, tuple[str, ...]]


def can_stand(image: str) -> bool:
    """Tell whether *image* can be named in a Dockerfile, where a blank or a ``$`` would mean something."""
    return _IMAGE.fullmatch(image) is not None


def with_packages(base: str, manager: Manager, packages: Iterable[str], user: str = "") -> str:
    """Return a Dockerfile that installs *packages* in *base*, whose user is *user*."""
    return _joined(base, [manager.line(packages)], user)


def with_busybox(base: str, static: Static, user: str = "") -> str:
    """Return one that brings a static busybox: it takes neither a network nor a shell in *base*."""
    return _joined(base, _busybox(static), user)


def with_toolbox(base: str, static: Static, carried: Carried, user: str = "") -> str:
    """Return one that brings the programs of a toolbox, too, each started by its own loader."""
    steps = [*_busybox(static), f"COPY --from={carried.image} / {TOOLBOX}/"]
    steps.append(f"SHELL {json.dumps([BUSYBOX, 'sh', '-c'])}")
    lines = [_started(name, words) for name, words in carried.starts.items()]
    steps.append("RUN " + " \\\n && ".join(lines))
    steps.append('SHELL ["/bin/sh", "-c"]')
    return _joined(base, steps, user)


def _busybox(static: Static) -> list[str]:
    install = json.dumps([BUSYBOX, "--install", "-s", BIN])
    return [f"COPY --from={static.image} {static.path} {BUSYBOX}", f"RUN {install}"]


def _started(name: str, words: Iterable[str]) -> str:
    """Return what writes a script that starts a program as *words* do."""
    script = f'#!{BUSYBOX} sh\\nexec {" ".join(words)} "$@"\\n'
    # In place of busybox's own of that name, not through its link.
    return f"{BUSYBOX} rm -f {BIN}/{name} && printf '{script}' >{BIN}/{name} && {BUSYBOX} chmod 755 {BIN}/{name}"


def _joined(base: str, steps: Iterable[str], user: str) -> str:
    is_root = user in _ROOT
    # What is no name there is given to the container by itself.
    back = [] if is_root or not _USER.fullmatch(user) else [f"USER {user}"]
    return "\n".join([f"FROM {base}", *([] if is_root else ["USER 0"]), *steps, *back]) + "\n"


def labelled(text: str, labels: Iterable[str]) -> str:
    """Return a Dockerfile each stage of which has *labels* from its beginning.

    So whatever an end in the middle of a build leaves carries them, too.
    """
    line = "LABEL " + " ".join(labels)
    made: list[str] = []
    is_in_from = goes_on = False
    for one in text.splitlines():
        is_in_from = is_in_from if goes_on else _FROM.match(one) is not None
        goes_on = one.rstrip().endswith("\\")
        made.append(one)
        if is_in_from and not goes_on:
            made.append(line)
            is_in_from = False
    return "\n".join(made) + "\n"


def trouble(text: str) -> str:
    """Say why *text* cannot be built, as far as that can be seen; empty where nothing is wrong."""
    if any(not (char.isprintable() or char in "\n\t") for char in text):
        return "The Dockerfile holds control characters: it is neither shown as it is, nor built."
    if not any(_FROM.match(line) for line in text.splitlines()):
        return "The Dockerfile has no FROM: it says of no image what to begin with."
    return ""
