"""What there is to know before a sidecar is started, read side by side and without a trace in its target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cdbg_tui.engine import files, images
from cdbg_tui.engine.client import CALL_SECONDS, Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.rights import rights
from cdbg_tui.engine.threads import side_by_side
from cdbg_tui.engine.toolbox import static_busybox
from cdbg_tui.model.rights import Rights

Shells = Mapping[str, str]
"""The shells of images that were looked into before, by the images' ids: what an id names never changes."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The target's inspection, the toolbox image and its shell, and who the target is."""

    details: Mapping[str, Any]
    image: images.Known | None
    """None where it is not on this engine."""
    shell: str | None = None
    """None where the image has none, or is not here."""
    static: str = ""
    """Where it has a busybox that runs in any root, if that was asked for."""
    processor: str = ""
    """The engine's, in Go's words."""
    rights: Rights | None = None
    maps_users: bool = False
    """Whether root in a container is another user of the engine's machine, if that was asked for."""


def ground(
    engine: Engine,
    container_id: str,
    image: str,
    shells: Shells,
    *,
    with_rights: bool = False,
    with_static: bool = False,
    with_users: bool = False,
) -> Ground:
    """Read it.

    Raises:
        EngineError: the engine cannot be asked, or there is no such container.
    """

    def target() -> tuple[Mapping[str, Any], Rights | None]:
        details = files.inspect(engine, container_id)
        is_up = (details.get("State") or {}).get("Running")
        return details, rights(engine, details) if with_rights and is_up else None

    def toolbox() -> tuple[images.Known | None, str | None]:
        known = images.known(engine, image)
        if known is None:
            return None, None
        return known, shells.get(known.id) or images.shell_of(engine, known.id)

    def processor() -> str:
        return str(engine.get("/version").get("Arch") or "")

    def static() -> str:
        return static_busybox(engine, image) if with_static else ""

    def users() -> bool:
        # "name=userns" is what daemon.json calls userns-remap.
        options = engine.get("/info").get("SecurityOptions") if with_users else ()
        return any("name=userns" in one.split(",") for one in options or ())

    calls: tuple[Callable[[], Any], ...] = (target, toolbox, processor, static, users)
    answers = side_by_side(lambda call: call(), calls, workers=len(calls), seconds=2 * CALL_SECONDS)
    details, who = _answer(answers, target)
    known, shell = _answer(answers, toolbox)
    return Ground(
        details,
        known,
        shell,
        _answer(answers, static),
        _answer(answers, processor),
        who,
        _answer(answers, users),
    )


def _answer(answers: Mapping[Callable[[], Any], Any], call: Callable[[], Any]) -> Any:
    if call not in answers:
        raise EngineError("timeout", "The engine did not answer in time.")
    if isinstance(answers[call], Exception):
        raise answers[call]
    return answers[call]
