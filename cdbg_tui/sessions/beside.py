"""From what was read of target and toolbox to a sidecar's plan, the same for dashboard and command line."""

from __future__ import annotations

from pathlib import Path

from cdbg_tui.engine.beside import Ground, ground
from cdbg_tui.engine.client import Engine
from cdbg_tui.model.container import from_inspect
from cdbg_tui.sessions import recent
from cdbg_tui.sessions.plan import Docker, Plan, Refusal
from cdbg_tui.sessions.sidecar import Toolbox, Wishes, needs_rights, sidecar_plan


def read_for(engine: Engine, container_id: str, image: str, wishes: Wishes, folder: Path) -> Ground:
    """Read what the plan needs, and no more; *folder* is where used toolboxes are remembered.

    Raises:
        EngineError: the engine cannot be asked, or there is no such container.
    """
    return ground(
        engine,
        container_id,
        image,
        recent.shells(folder),
        with_rights=needs_rights(wishes),
        with_static=wishes.stands_in_root,
        with_users=wishes.profile.privileged,
    )


def planned(found: Ground, docker: Docker, image: str, suffix: str, wishes: Wishes) -> Plan | Refusal:
    """Return the plan of a sidecar out of *image*, which is here unless it is to be pulled."""
    if found.image is not None and found.shell is None:
        return Refusal(f"{image} has no shell: it is no toolbox.", "S", "another image")
    if found.maps_users and (found.details.get("HostConfig") or {}).get("UsernsMode") != "host":
        name = from_inspect(found.details).name
        return Refusal(
            f"This engine maps users (userns-remap): nothing is privileged in the namespaces of {name}, and"
            " sysadmin is the most there is."
        )
    toolbox = Toolbox(
        image, found.shell or "sh", found.static or _static_if_pulled(image, wishes), _note(found, image)
    )
    return sidecar_plan(found.details, docker, toolbox, suffix, wishes, found.rights)


def _static_if_pulled(image: str, wishes: Wishes) -> str:
    """Return where a busybox will be that cannot be looked for yet: the images called busybox are static ones."""
    name = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    return "/bin/busybox" if wishes.pull and name == "busybox" else ""


def _note(found: Ground, image: str) -> str:
    known = found.image
    if known is None or not known.processor or not found.processor or known.processor == found.processor:
        return ""
    return (
        f"{image} is for {known.processor}, this engine is {found.processor}: it runs only by an emulator there."
    )


def remember(found: Ground, image: str, folder: Path) -> None:
    """Note that *image* is used as a toolbox."""
    if found.image is not None and found.shell:
        recent.remember(folder, recent.Used(image, found.image.id, found.shell))
