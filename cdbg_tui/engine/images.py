"""The engine's images that can serve as a toolbox, looked into without running anything."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError, understood
from cdbg_tui.engine.inside import find_shell
from cdbg_tui.engine.stream import query
from cdbg_tui.engine.threads import as_they_come
from cdbg_tui.model.container import SESSION_LABEL

T = TypeVar("T")
_AT_ONCE = 6
_LOOK_SECONDS = 20.0
SHELLS_OF_TOOLBOX = ("/bin/sh", "/usr/bin/sh", "/busybox/sh", "/bin/busybox", "/busybox/busybox")


@dataclass(frozen=True, slots=True)
class Image:
    """An image on the engine; *ref* is its name, or its id if it has none."""

    ref: str
    id: str
    size: int


@dataclass(frozen=True, slots=True)
class Known:
    """An image that is on the engine: its id, and the system and processor that it is for, in Go's words."""

    id: str
    system: str
    processor: str


def known(engine: Engine, ref: str) -> Known | None:
    """Return what an image is, None where the engine has none of that name.

    Raises:
        EngineError: the engine cannot be asked.
    """
    try:
        row = engine.get(query(f"/images/{ref}/json"))
    except EngineError as error:
        # What is no name of an image (400) is none that is here: docker pull says what is wrong with it.
        if error.kind in ("missing", "refused"):
            return None
        raise
    with understood("description of an image"):
        return Known(row["Id"], str(row.get("Os") or ""), str(row.get("Architecture") or ""))


def has_image(engine: Engine, ref: str) -> bool:
    """Tell whether the engine has an image, so that nothing need be pulled.

    Raises:
        EngineError: the engine cannot be asked.
    """
    return known(engine, ref) is not None


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

    Raises:
        EngineError: the engine cannot be asked.
    """
    return looked_into(engine, partial(_shell_in, engine), limit)


def _shell_in(engine: Engine, container_id: str) -> str | None:
    return find_shell(engine, container_id, SHELLS_OF_TOOLBOX)


def looked_into(engine: Engine, look: Callable[[str], T | None], limit: int = 20) -> tuple[tuple[Image, T], ...]:
    """Return up to *limit* images for which *look* finds something, and what, the smallest first.

    It is given a container of the image, where there is one, or else one that is created for it, never started,
    and removed.

    Raises:
        EngineError: the engine cannot be asked.
    """
    containers = dict(engine.rows(query("/containers/json", all=1), lambda row: (row["ImageID"], row["Id"])))
    local = local_images(engine)
    found: dict[Image, T] = {}

    def look_at(image: Image) -> T | None:
        if known := containers.get(image.id):
            return look(known)
        with probe(engine, image.id) as probe_id:
            return look(probe_id)

    for image, answer in as_they_come(look_at, local, workers=_AT_ONCE, seconds=_LOOK_SECONDS):
        # One image that cannot be looked into (removed meanwhile, of another platform) hides no other.
        if answer is not None and not isinstance(answer, Exception):
            found[image] = answer
        if len(found) >= limit:
            break
    return tuple((image, found[image]) for image in local if image in found)


def shell_of(engine: Engine, image_id: str) -> str | None:
    """Return where an image has a shell, None where it has none.

    Raises:
        EngineError: the engine cannot be asked, or makes no container of it.
    """
    with probe(engine, image_id) as probe_id:
        return _shell_in(engine, probe_id)


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
