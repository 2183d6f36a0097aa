"""Stop, start, restart, pause, unpause, kill and remove a container, each with its command line.

docker-py's own calls are not used: its ``stop`` gives up after twenty seconds, whatever time-out
the container has, and its ``restart`` replaces that time-out by ten seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdbg_tui.engine.client import CALL_SECONDS, Engine
from cdbg_tui.engine.stream import query

STOP_SECONDS = 10.0
"""What the engine waits between SIGTERM and SIGKILL for a container that does not say otherwise."""
MARGIN_SECONDS = 30.0
"""How much longer than that an answer may take: after SIGKILL the engine waits once more, then it
unmounts and unplugs."""
REMOVE_SECONDS = 120.0
"""Deleting a large writable layer takes as long as the disk does."""


def command(
    verb: str, name: str, *, signal: str = "", force: bool = False, volumes: bool = False
) -> tuple[str, ...]:
    """Return the words after ``docker`` that do the same; `Engine.docker` makes an argv of them."""
    if verb == "remove":
        flags = (*(("--force",) if force else ()), *(("--volumes",) if volumes else ()))
        return ("rm", *flags, name)
    if verb == "kill" and signal:
        return ("kill", "--signal", signal, name)
    return (verb, name)


def stop(engine: Engine, container_id: str) -> None:
    """Ask it to end, and kill it when its own stop time-out has passed; returns when it is down.

    Like every function here it raises `EngineError`. One that is down already is no error.
    """
    _call(engine, "POST", container_id, "stop", patience=_patience(engine, container_id))


def start(engine: Engine, container_id: str) -> None:
    """Start it; one that runs already is no error."""
    _call(engine, "POST", container_id, "start", patience=MARGIN_SECONDS)


def restart(engine: Engine, container_id: str) -> None:
    """Stop it within its own time-out, and start it again."""
    _call(engine, "POST", container_id, "restart", patience=_patience(engine, container_id))


def pause(engine: Engine, container_id: str) -> None:
    """Freeze its processes."""
    _call(engine, "POST", container_id, "pause")


def unpause(engine: Engine, container_id: str) -> None:
    """Thaw its processes."""
    _call(engine, "POST", container_id, "unpause")


def kill(engine: Engine, container_id: str, signal: str = "KILL") -> None:
    """Send *signal* (a name or a number) to its main process."""
    _call(engine, "POST", container_id, "kill", {"signal": signal}, patience=MARGIN_SECONDS)


def remove(engine: Engine, container_id: str, *, force: bool = False, volumes: bool = False) -> None:
    """Remove it: with *force* even while it runs, with *volumes* its anonymous volumes too."""
    flags = {"force": str(force).lower(), "v": str(volumes).lower()}
    _call(engine, "DELETE", container_id, "", flags, patience=REMOVE_SECONDS)


def _patience(engine: Engine, container_id: str) -> float | None:
    """Return how long a stop may take; None where the container may take for ever."""
    details = engine.get(query(f"/containers/{container_id}/json"))
    return stop_patience(details.get("Config") or {})


def stop_patience(config: Mapping[str, Any]) -> float | None:
    """Return how long to wait for a container of this ``Config`` to stop; None for ever."""
    own = config.get("StopTimeout")
    if own is None:
        return STOP_SECONDS + MARGIN_SECONDS
    return None if own < 0 else own + MARGIN_SECONDS


def _call(
    engine: Engine,
    method: str,
    container_id: str,
    verb: str,
    params: Mapping[str, str] | None = None,
    *,
    patience: float | None = CALL_SECONDS,
) -> None:
    path = query(f"/containers/{container_id}" + (f"/{verb}" if verb else ""))
    with engine.api() as api:
        from docker.errors import create_api_error_from_http_exception
        from requests import HTTPError

        answer = api.request(
            method,
            f"{api.base_url}/v{api.api_version}{path}",
            params=params,
            timeout=(CALL_SECONDS, patience),
        )
        try:
            answer.raise_for_status()
        except HTTPError as error:
            # It carries the engine's own sentence, which requests does not read.
            create_api_error_from_http_exception(error)
