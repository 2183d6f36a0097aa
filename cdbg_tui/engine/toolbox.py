"""Programs that can be brought into a foreign root: a static busybox, and strace with its libraries."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from cdbg_tui.engine.client import CALL_SECONDS, Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.gate import reading
from cdbg_tui.engine.images import SHELLS_OF_TOOLBOX, Image, has_image, local_images, looked_into, probe
from cdbg_tui.engine.inside import find_shell, follow, read
from cdbg_tui.engine.program import DEFAULT_PATH
from cdbg_tui.model.program import HEAD_BYTES, Program, identify

BUSYBOXES = ("/bin/busybox", "/busybox/busybox", "/usr/bin/busybox", "/busybox")
STRACES = ("/usr/bin/strace", "/usr/local/bin/strace", "/bin/strace", "/usr/sbin/strace", "/sbin/strace")
IMAGE_MOUNTS_SINCE = (1, 48)
IMAGES_LOOKED_INTO = 20


@dataclass(frozen=True, slots=True)
class Toolbox:
    """A static busybox: *path* in *image*, or on this machine where that is empty."""

    path: str
    image: str = ""


@dataclass(frozen=True, slots=True)
class Strace:
    """A strace, or a program like it: in the container's own files, or in *image*, started by its own *loader*."""

    path: str
    image: str = ""
    loader: str = ""
    machine: str = ""
    """The processor that it is for."""


def find_toolbox(engine: Engine, wanted: str = "") -> Toolbox | None:
    """Return a static busybox for the engine's processor: of *wanted*, or a local image, or this machine.

    Images are looked into by a container that is created, never started, and removed.

    Raises:
        EngineError: the engine cannot be asked.
    """
    machine = str(engine.get("/version").get("Arch") or "")
    for image in [wanted] if wanted else _likely(local_images(engine)):
        # One image that cannot be looked into (removed meanwhile, of another platform) hides no other.
        with contextlib.suppress(EngineError), probe(engine, image) as container_id:
            if path := _static(engine, container_id, machine):
                return Toolbox(path, image)
    return None if wanted else _of_this_machine(machine)


def static_busybox(engine: Engine, image: str) -> str:
    """Return where an image has a busybox that runs in any root; empty where it has none, or is not here.

    Raises:
        EngineError: the engine cannot be asked.
    """
    machine = str(engine.get("/version").get("Arch") or "")
    try:
        with probe(engine, image) as container_id:
            return _static(engine, container_id, machine)
    except EngineError as error:
        if error.kind in ("unreachable", "timeout"):
            raise
        return ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A local image that can be a sidecar: its shell, and a busybox in it that runs in any root, if it has one."""

    image: Image
    shell: str
    static: str = ""


def candidates(engine: Engine) -> tuple[Candidate, ...]:
    """Return the local images that have a shell, the smallest first, without running anything.

    Raises:
        EngineError: the engine cannot be asked.
    """
    machine = str(engine.get("/version").get("Arch") or "")

    def look(container_id: str) -> tuple[str, str] | None:
        shell = find_shell(engine, container_id, SHELLS_OF_TOOLBOX)
        return (shell, _static(engine, container_id, machine)) if shell else None

    return tuple(Candidate(image, *found) for image, found in looked_into(engine, look))


def _likely(images: Iterable[Image]) -> Iterator[str]:
    """Yield the images that are called busybox first, then the smallest."""
    ordered = sorted(images, key=lambda one: "busybox" not in one.ref)
    yield from (one.ref for one in ordered[:IMAGES_LOOKED_INTO])


def _static(engine: Engine, container_id: str, machine: str) -> str:
    for candidate in BUSYBOXES:
        if (found := _program(engine, container_id, candidate)) and is_static(found, machine):
            return found.path
    return ""


def _program(engine: Engine, container_id: str, path: str) -> Program | None:
    where, entry = follow(engine, container_id, path)
    if entry is None or not entry.is_executable:
        return None
    return identify(where, read(engine, container_id, where, most=HEAD_BYTES))


def is_static(program: Program, machine: str) -> bool:
    """Tell whether a program runs in any root on a processor of the kind *machine*."""
    return program.machine == machine and not program.interpreter and not program.is_script


def _of_this_machine(machine: str) -> Toolbox | None:
    found_at = shutil.which("busybox")
    if found_at is None:
        return None
    path = os.path.realpath(found_at)  # `docker cp` copies links as such
    with open(path, "rb") as file:
        found = identify(path, file.read(HEAD_BYTES))
    return Toolbox(path) if is_static(found, machine) else None


def has_image_mounts(engine: Engine) -> bool:
    """Tell whether this engine and the docker command line both know mounts of images."""
    argv = engine.docker("version", "--format", "{{json .Client.APIVersion}}")
    try:
        with reading():
            done = subprocess.run(
                argv, check=False, capture_output=True, timeout=CALL_SECONDS, stdin=subprocess.DEVNULL
            )
        # What both speak, not what the client could.
        major, minor = json.loads(done.stdout).split(".")
        return (int(major), int(minor)) >= IMAGE_MOUNTS_SINCE
    except (OSError, ValueError, AttributeError, subprocess.TimeoutExpired):
        return False


def programs_of(engine: Engine, image: str, names: Iterable[str]) -> dict[str, Strace]:
    """Return those of *names* that are programs of their own in *image*, for the engine's processor.

    Raises:
        EngineError: the engine cannot be asked, or makes no container of it.
    """
    machine = str(engine.get("/version").get("Arch") or "")
    found = {}
    with probe(engine, image) as probe_id:
        for name in names:
            for folder in DEFAULT_PATH.split(":"):
                one = _program(engine, probe_id, f"{folder}/{name}")
                if one is None or one.is_script or one.machine != machine or one.path.endswith("/busybox"):
                    continue
                loader = follow(engine, probe_id, one.interpreter)[0] if one.interpreter else ""
                found[name] = Strace(one.path, image, loader, one.machine)
                break
    return found


def find_strace(engine: Engine, container_id: str, image: str, *, image_mounts: bool) -> Strace | str:
    """Return a strace that can be run on the files of a container, or why there is none, as a sentence goes on.

    Its own, or that of the toolbox *image*, which can only be mounted: it needs its libraries.

    Raises:
        EngineError: the engine cannot be asked.
    """
    for path in STRACES:
        if _program(engine, container_id, path):
            return Strace(path)
    if not image_mounts:
        return "it has no strace, and images can be mounted from API 1.48 on"
    if not has_image(engine, image):
        return f"it has no strace, and {image} is not on this engine"
    try:
        with probe(engine, image) as probe_id:
            for path in STRACES:
                if found := _program(engine, probe_id, path):
                    loader = follow(engine, probe_id, found.interpreter)[0] if found.interpreter else ""
                    return Strace(found.path, image, loader, found.machine)
    except EngineError as error:
        return f"{image} cannot be looked into: {error.what}"
    return f"neither it nor {image} has strace"
