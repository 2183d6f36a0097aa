"""Tools brought into a copy without writing into its image: a static busybox for a shell, and a strace."""

from __future__ import annotations

import posixpath
import shlex
from dataclasses import dataclass

from cdbg_tui.engine.remains import Remains
from cdbg_tui.engine.toolbox import Strace, Toolbox
from cdbg_tui.sessions.conditions import csv_line
from cdbg_tui.sessions.plan import Argv, Docker

BOX = "/.cdbg/box"
LINKS = "/.cdbg/bin"
TOOLBOX = "/.cdbg/toolbox"
_MULTIARCH = {
    "amd64": "x86_64",
    "arm64": "aarch64",
    "386": "i386",
    "ppc64": "powerpc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
}
"""Where Debian and its kin have their libraries, by the processor."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What brings them in, and how they are called there."""

    options: Argv = ()
    """Of the copy."""
    before: tuple[Argv, ...] = ()
    after: tuple[Argv, ...] = ()
    """Commands before and after the copy is created; with the latter, it cannot be run in one go."""
    cleanup: tuple[Argv, ...] = ()
    shell: Argv = ()
    """The words that start the toolbox's shell; none where it is not brought in."""
    strace: Argv = ()
    notes: tuple[str, ...] = ()
    kept: str = ""


def tools(found: Remains, docker: Docker, name: str, labels: Argv, *, shell: bool, strace: bool) -> Tools:
    """Return what brings in the toolbox's *shell* and a *strace*, as told, into the container *name*."""
    box = (
        _box(found.toolbox, docker, name, labels, mounts=found.image_mounts)
        if shell and found.toolbox
        else Tools()
    )
    if not strace or not isinstance(found.strace, Strace):
        return box
    one = found.strace
    options = _image(one.image, TOOLBOX) if one.image else ()
    whose = f"of {one.image}" if one.image else "of its own"
    return Tools(
        (*box.options, *options),
        box.before,
        box.after,
        box.cleanup,
        box.shell,
        _strace(one),
        (*box.notes, f"It is started under the strace {whose}; when it ends, a shell opens."),
        box.kept,
    )


def _box(toolbox: Toolbox, docker: Docker, name: str, labels: Argv, *, mounts: bool) -> Tools:
    source = toolbox.image or "this machine"
    note = f"The shell is a static busybox of {source}: its programs come after its own on the PATH, from {LINKS}."
    links = ("--tmpfs", LINKS)
    if toolbox.image and mounts:
        shell = (f"{BOX}{toolbox.path}", "sh")
        return Tools((*_image(toolbox.image, BOX), *links), shell=shell, notes=(note,))
    # A volume, for it can be filled though the root is read-only, and is no part of the copy's files.
    busybox = f"{BOX}/busybox"
    mount = ("--mount", csv_line("type=volume", f"source={name}", f"target={BOX}"))
    labelled = tuple(word for label in labels for word in ("--label", label))
    make = docker("volume", "create", *labelled, name)
    if toolbox.image:
        fill = docker(
            "run", "--rm", "--name", f"{name}-box", *labelled, "--network", "none", "--user", "0", *mount,
            "--entrypoint", toolbox.path, toolbox.image, "cp", toolbox.path, busybox,
        )  # fmt: skip
        before, after = [make, fill], []
    else:
        before, after = [make], [docker("cp", toolbox.path, f"{name}:{busybox}")]
    return Tools(
        (*mount, *links),
        tuple(before),
        tuple(after),
        (docker("volume", "rm", name),),
        (busybox, "sh"),
        notes=(note,),
        kept=f", volume {name}",
    )


def _image(image: str, target: str) -> Argv:
    return ("--mount", csv_line("type=image", f"source={image}", f"target={target}"))


def _strace(one: Strace) -> Argv:
    return (*by_loader(one), "-f") if one.image else (one.path, "-f")


def by_loader(one: Strace) -> Argv:
    """Return the words that start a program of the image at `TOOLBOX`, whose loader looks there for libraries."""
    if not one.loader:
        return (f"{TOOLBOX}{one.path}",)
    folders = [posixpath.dirname(one.loader), "/lib", "/usr/lib", "/lib64", "/usr/lib64"]
    if one.machine in _MULTIARCH:
        folders += [f"{folder}/{_MULTIARCH[one.machine]}-linux-gnu" for folder in ("/lib", "/usr/lib")]
    path = ":".join(TOOLBOX + folder for folder in dict.fromkeys(folders))
    return (f"{TOOLBOX}{one.loader}", "--library-path", path, f"{TOOLBOX}{one.path}")


def with_links(busybox: str, script: str) -> str:
    """Return a script that makes busybox's programs callable by name, and goes on with *script*."""
    return f"{busybox} --install -s {LINKS}; PATH=$PATH:{LINKS}; export PATH; {script}"


def traced(shell: Argv) -> str:
    """Return a script that runs its arguments, then *shell*, whatever Ctrl+C ends meanwhile."""
    ended = "[it ended with status $?; this is a shell on what it left]"
    return f'trap : INT; "$@"; echo "{ended}"; trap - INT; exec {shlex.join(shell)}'
