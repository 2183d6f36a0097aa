"""The engine's images that can serve as a toolbox, looked into without running anything."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.inside import find_shell
from cdbg_tui.engine.stream import query
from cdbg_tui.model.container import SESSION_LABEL

SHELLS_OF_TOOLBOX = ("/bin/sh", "/usr/bin/sh", "/busybox/sh", "/bin/busybox", "/busybox/busybox")


@dataclass(frozen=True, slots=True)
class Image:
    """An image on the engine; *ref* is its name, or its id if it has none."""

    ref: str
    id: str
    size: int


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
    with probe(engine, image.id) as probe_id:
        return find_shell(engine, probe_id, SHELLS_OF_TOOLBOX)


@contextmanager
def probe(engine: Engine, image: str, host: Mapping[str, Any] | None = None) -> Iterator[str]:
    """Yield the id of a container of *image* that is never started, and is removed afterwards.

    *host* is its HostConfig.

    Raises:
        EngineError: the engine makes none.
    """
    with engine.api() as api:
        created = api.create_container(
            image,
            command=["-"],
            labels={SESSION_LABEL: "probe"},
            network_disabled=True,
            host_config=host,
            name=f"cdbg-probe-{secrets.token_hex(4)}",
        )
    try:
        yield str(created["Id"])
    finally:
        with engine.api() as api:
            api.remove_container(created["Id"], v=True, force=True)
