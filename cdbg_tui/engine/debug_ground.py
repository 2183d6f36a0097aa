"""What is known of a container, its image and this engine before a debug image is made of it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.images import has_image, known, probe
from cdbg_tui.engine.inside import follow, look, read
from cdbg_tui.engine.remains import Remains, remains, with_toolbox
from cdbg_tui.engine.stream import query
from cdbg_tui.engine.toolbox import Strace, programs_of
from cdbg_tui.model import dockerfile
from cdbg_tui.model.packages import MANAGERS, Manager, system_in

WANTED = ("strace", "gdb", "lsof", "tcpdump", "curl", "dig", "ss", "ip", "ps", "less", "nc", "jq")
"""What of a toolbox image is worth to be carried along; a busybox has the rest."""
_SHELLS_OF_RUN = ("/bin/sh",)
_RELEASE_BYTES = 65536
_PLAIN = re.compile(r"[A-Za-z0-9_./+-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Ground:
    """All that the plan of a debug image needs to know."""

    found: Remains
    image: str = ""
    """What FROM names: the image's name, or its id where the name means another by now; empty if it is gone."""
    user: str = ""
    env: tuple[str, ...] = ()
    """User and variables of the image, which a container of it has without being told."""
    manager: Manager | None = None
    """The package manager in its files, if it has a shell to run that with."""
    system: str = ""
    """As its /etc/os-release calls it."""
    toolbox: str = ""
    """The toolbox image whose programs can be carried along."""
    carried: Mapping[str, Strace] = field(default_factory=dict)
    looked_for_static: bool = False


def ground(engine: Engine, container_id: str, shells: Sequence[str], toolbox: str) -> Ground:
    """Read what there is; static tools are only looked for where there is no package manager.

    Raises:
        EngineError: the engine cannot be asked.
    """
    found = remains(engine, container_id, shells)
    made = Ground(found)
    if found.has_image:
        made = _of_image(engine, made)
    made = _of_files(engine, made)
    return made if made.manager else with_static(engine, made, toolbox)


def with_static(engine: Engine, made: Ground, toolbox: str) -> Ground:
    """Return *made* with a static busybox and the programs of the image *toolbox*, as far as they are here.

    Raises:
        EngineError: the engine cannot be asked.
    """
    if made.looked_for_static:
        return made
    found = made.found if made.found.toolbox else with_toolbox(engine, made.found)
    carried: Mapping[str, Strace] = {}
    if toolbox and has_image(engine, toolbox):
        # One that is there and cannot be looked into is for another platform: it would not run either.
        with contextlib.suppress(EngineError):
            carried = {
                name: one
                for name, one in programs_of(engine, toolbox, WANTED).items()
                if _PLAIN.fullmatch(one.path) and (not one.loader or _PLAIN.fullmatch(one.loader))
            }
    return replace(made, found=found, toolbox=toolbox, carried=carried, looked_for_static=True)


def _of_image(engine: Engine, made: Ground) -> Ground:
    details = made.found.details
    image_id = str(details["Image"])
    name = str((details.get("Config") or {}).get("Image") or "")
    means = known(engine, name) if dockerfile.can_stand(name) else None
    config = engine.get(query(f"/images/{image_id}/json")).get("Config") or {}
    return replace(
        made,
        image=name if means is not None and means.id == image_id else image_id,
        user=str(config.get("User") or ""),
        env=tuple(config.get("Env") or ()),
    )


def _of_files(engine: Engine, made: Ground) -> Ground:
    """Look into the container's own files, or where those cannot be opened, into its image's."""
    container_id = str(made.found.details["Id"])
    try:
        if look(engine, container_id, "/") is not None:
            return _with_manager(engine, made, container_id)
    except EngineError as error:
        if error.kind != "refused":
            raise
    if not made.found.has_image:
        return made
    with probe(engine, str(made.found.details["Image"])) as probe_id:
        return _with_manager(engine, made, probe_id)


def _with_manager(engine: Engine, made: Ground, container_id: str) -> Ground:
    def has(paths: Sequence[str]) -> bool:
        entries = (follow(engine, container_id, path)[1] for path in paths)
        return any(entry is not None and entry.is_executable for entry in entries)

    manager = next((one for one in MANAGERS if has(one.paths)), None) if has(_SHELLS_OF_RUN) else None
    path, entry = follow(engine, container_id, "/etc/os-release")
    if entry is None or not entry.is_regular:
        return replace(made, manager=manager)
    text = read(engine, container_id, path, most=_RELEASE_BYTES).decode("utf-8", "replace")
    return replace(made, manager=manager, system=system_in(text))
