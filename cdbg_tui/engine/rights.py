"""Who a container's main process is: from /proc where its machine is this one, else from how it was started."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.inside import PASSWD_BYTES, follow, read
from cdbg_tui.model.rights import Rights, configured, from_status


def rights(engine: Engine, details: Mapping[str, Any]) -> Rights:
    """Return ids and capabilities of the container whose inspection is *details*.

    Of one that changed them after its start, and runs on another machine, they are those of its start.

    Raises:
        EngineError: the engine cannot be asked.
    """
    pid = (details.get("State") or {}).get("Pid") or 0
    # On another machine the same number is somebody else's.
    if pid and details["Id"] in _proc(pid, "cgroup") and _proc(pid, "uid_map").split()[:2] == ["0", "0"]:
        known = from_status(_proc(pid, "status"))
        if known is not None:
            return known
    user = str((details.get("Config") or {}).get("User") or "")
    if not user or (":" in user and user.replace(":", "").isdecimal()):
        return configured(details)
    return configured(
        details, _text(engine, details["Id"], "/etc/passwd"), _text(engine, details["Id"], "/etc/group")
    )


def _proc(pid: int, name: str) -> str:
    """Return a file of a process; empty where it ended, or is not ours to see."""
    try:
        return Path(f"/proc/{pid}/{name}").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _text(engine: Engine, container_id: str, path: str) -> str:
    try:
        where, entry = follow(engine, container_id, path)
        if entry is None or not entry.is_regular or entry.size > PASSWD_BYTES:
            return ""
        return read(engine, container_id, where, most=PASSWD_BYTES).decode("utf-8", "replace")
    except EngineError as error:
        if error.kind in ("unreachable", "timeout"):
            raise
        return ""
