"""The engine's images that can serve as a toolbox, and what sessions have left behind."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.inside import find_shell
from cdbg_tui.engine.stream import query

SESSION_LABEL = "dev.cdbg.session"
TARGET_LABEL = "dev.cdbg.target"
SHELLS_OF_TOOLBOX = ("/bin/sh", "/usr/bin/sh", "/busybox/sh", "/bin/busybox", "/busybox/busybox")


@dataclass(frozen=True, slots=True)
class Image:
    """An image on the engine; *ref* is its name, or its id if it has none."""

    ref: str
    id: str
    size: int


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """A container or an image that a session made.

    A running one may be a session in another terminal at this moment.
    """

    kind: Literal["container", "image"]
    id: str
    name: str
    session: str
    """What made it: ``sidecar``, ``rerun`` or ``probe``."""
    target: str = ""
    """The id of the container that it was made for."""
    is_running: bool = False


def has_image(engine: Engine, ref: str) -> bool:
    """Tell whether the engine has an image, so that nothing need be pulled.

    Raises:
        EngineError: the engine cannot be asked.
    """
    try:
        engine.get(query(f"/images/{ref}/json"))
    except EngineError as error:
        if error.kind == "missing":
            return False
        raise
    return True


def local_images(engine: Engine) -> tuple[Image, ...]:
    """Return the engine's images, smallest first, without those that sessions committed.

    Raises:
        EngineError: the engine cannot be asked.
    """
    images = [
        Image(_ref(row), row["Id"], row.get("Size") or 0)
        for row in engine.get(query("/images/json"))
        if SESSION_LABEL not in (row.get("Labels") or {})
    ]
    return tuple(sorted(images, key=lambda image: (image.size, image.ref)))


def _ref(row: Mapping[str, Any]) -> str:
    names = [name for name in row.get("RepoTags") or () if not name.startswith("<none>")]
    return str(names[0]) if names else str(row["Id"]).removeprefix("sha256:")[:12]


def images_with_shell(engine: Engine, limit: int = 20) -> tuple[tuple[Image, str], ...]:
    """Return up to *limit* images that have a shell, and where, without running anything.

    Looked at through a container of the image, where there is one, or else through one that is created
    for it, never started, and removed.

    Raises:
        EngineError: the engine cannot be asked.
    """
    containers = {row["ImageID"]: row["Id"] for row in engine.get(query("/containers/json", all=1))}
    found: list[tuple[Image, str]] = []
    for image in local_images(engine):
        if len(found) >= limit:
            break
        # One image that cannot be looked into (removed meanwhile, of another platform) hides no other.
        with contextlib.suppress(EngineError):
            if shell := _shell_of(engine, image, containers.get(image.id)):
                found.append((image, shell))
    return tuple(found)


def _shell_of(engine: Engine, image: Image, container_id: str | None) -> str | None:
    if container_id:
        return find_shell(engine, container_id, SHELLS_OF_TOOLBOX)
    with engine.api() as api:
        created = api.create_container(
            image.id, command=["-"], labels={SESSION_LABEL: "probe"}, network_disabled=True
        )
    try:
        return find_shell(engine, created["Id"], SHELLS_OF_TOOLBOX)
    finally:
        with engine.api() as api:
            api.remove_container(created["Id"], v=True, force=True)


def left_behind(engine: Engine) -> tuple[LeftBehind, ...]:
    """Return every container and image that a session made and that still is.

    Raises:
        EngineError: the engine cannot be asked.
    """
    wanted = {"label": [SESSION_LABEL]}
    found: list[LeftBehind] = []
    for row in engine.get(query("/containers/json", all=1, filters=wanted)):
        labels = row.get("Labels") or {}
        name = (row.get("Names") or [row["Id"][:12]])[0].removeprefix("/")
        running = row.get("State") in ("running", "paused", "restarting")
        found.append(_left("container", row["Id"], name, labels, is_running=running))
    for row in engine.get(query("/images/json", filters=wanted)):
        found.append(_left("image", row["Id"], _ref(row), row.get("Labels") or {}))
    return tuple(found)


def _left(
    kind: Literal["container", "image"],
    id: str,  # noqa: A002 - as the field is called
    name: str,
    labels: Mapping[str, str],
    *,
    is_running: bool = False,
) -> LeftBehind:
    session, target = labels.get(SESSION_LABEL, ""), labels.get(TARGET_LABEL, "")
    return LeftBehind(kind, id, name, session, target, is_running)


def remove_left_behind(engine: Engine, items: Iterable[LeftBehind]) -> tuple[str, ...]:
    """Remove *items*, containers first, never a volume that is not theirs; return what could not be, in words."""
    complaints: list[str] = []
    for item in sorted(items, key=lambda one: one.kind != "container"):
        try:
            with engine.api() as api:
                if item.kind == "container":
                    api.remove_container(item.id, force=True)
                else:
                    # By its name: an image may have been given further ones, which are somebody's.
                    api.remove_image(item.name)
        except EngineError as error:
            if error.kind != "missing":
                complaints.append(f"{item.name}: {error.what}")
    return tuple(complaints)
