"""What sessions left on an engine: the containers, images and volumes that carry their label."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.stream import query
from cdbg_tui.model.container import SESSION_LABEL, TARGET_LABEL
from cdbg_tui.model.units import epoch

SIZES_SECONDS = 60.0
"""The engine adds up the files of each of them, which takes as long as the disk does."""

Kind = Literal["container", "image", "volume"]
_IN_ORDER: tuple[Kind, ...] = ("container", "image", "volume")
"""A container holds its image and its volumes."""
_UP = ("running", "paused", "restarting")


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """Something that a session made.

    A running one may be a session in another terminal at this moment.
    """

    kind: Kind
    id: str
    name: str
    session: str
    """What made it: ``sidecar``, ``rerun``, ``debug`` or ``probe``."""
    target: str = ""
    """The id of the container that it was made for."""
    is_running: bool = False
    created: float = 0.0
    size: int | None = None
    """In bytes: what a container has written, an image with those below it; None where unknown."""
    target_name: str = ""
    """What the target is called, if it still is."""

    @property
    def command(self) -> tuple[str, ...]:
        """The words after ``docker`` that remove it."""
        if self.kind == "container":
            return ("rm", "--force", self.name)
        return ("rmi", self.name) if self.kind == "image" else ("volume", "rm", self.name)


def left_behind(engine: Engine) -> tuple[LeftBehind, ...]:
    """Return every container, image and volume that a session made and that still is, containers first.

    Raises:
        EngineError: the engine cannot be asked.
    """
    wanted = {"label": [SESSION_LABEL]}
    names = dict(engine.rows(query("/containers/json", all=1), lambda row: (row["Id"], _name(row))))
    rows = engine.get(query("/containers/json", all=1, size=1, filters=wanted), patience=SIZES_SECONDS)
    in_use = {row.get("ImageID") for row in rows if row.get("State") in _UP}
    in_use |= {mount.get("Name") for row in rows if row.get("State") in _UP for mount in row.get("Mounts") or ()}
    found = [_container(row, names) for row in rows]
    for row in engine.get(query("/images/json", filters=wanted)):
        found.append(
            LeftBehind(
                "image",
                row["Id"],
                _tag(row),
                *_whose(row.get("Labels")),
                is_running=row["Id"] in in_use,
                created=float(row.get("Created") or 0),
                size=row.get("Size"),
                target_name=names.get((row.get("Labels") or {}).get(TARGET_LABEL, ""), ""),
            )
        )
    for row in engine.get(query("/volumes", filters=wanted)).get("Volumes") or ():
        found.append(
            LeftBehind(
                "volume",
                row["Name"],
                row["Name"],
                *_whose(row.get("Labels")),
                is_running=row["Name"] in in_use,
                created=epoch(row.get("CreatedAt") or "") or 0.0,
                target_name=names.get((row.get("Labels") or {}).get(TARGET_LABEL, ""), ""),
            )
        )
    return tuple(found)


def left_images(engine: Engine) -> tuple[str, ...]:
    """Return the names of the images that sessions made: one cheap request.

    Raises:
        EngineError: the engine cannot be asked.
    """
    return tuple(_tag(row) for row in engine.get(query("/images/json", filters={"label": [SESSION_LABEL]})))


def _container(row: Mapping[str, Any], names: Mapping[str, str]) -> LeftBehind:
    session, target = _whose(row.get("Labels"))
    return LeftBehind(
        "container",
        row["Id"],
        _name(row),
        session,
        target,
        is_running=row.get("State") in _UP,
        created=float(row.get("Created") or 0),
        size=row.get("SizeRw") or 0,
        target_name=names.get(target, ""),
    )


def _whose(labels: Mapping[str, str] | None) -> tuple[str, str]:
    return (labels or {}).get(SESSION_LABEL, ""), (labels or {}).get(TARGET_LABEL, "")


def _name(row: Mapping[str, Any]) -> str:
    return str((row.get("Names") or [row["Id"][:12]])[0]).removeprefix("/")


def _tag(row: Mapping[str, Any]) -> str:
    names = [name for name in row.get("RepoTags") or () if not name.startswith("<none>")]
    return str(names[0]) if names else str(row["Id"]).removeprefix("sha256:")[:12]


def remove_left_behind(engine: Engine, items: Iterable[LeftBehind]) -> tuple[str, ...]:
    """Remove *items*, containers first, never a volume that is not theirs; return what could not be, in words."""
    complaints: list[str] = []
    for item in sorted(items, key=lambda one: _IN_ORDER.index(one.kind)):
        try:
            with engine.api() as api:
                if item.kind == "container":
                    api.remove_container(item.id, force=True)
                elif item.kind == "image":
                    # By its name: an image may have been given further ones, which are somebody's.
                    api.remove_image(item.name)
                else:
                    api.remove_volume(item.name)
        except EngineError as error:
            if error.kind != "missing":
                complaints.append(f"{item.name}: {error.what}")
    return tuple(complaints)
