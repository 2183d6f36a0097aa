"""A crash-looping container is frozen: its restart policy off, its last corpse kept, the old policy noted.

The engine forgets a policy that is replaced, so it is noted in a file, by the container's id, which no other
container of any engine has.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cdbg_tui.engine import control, private
from cdbg_tui.engine.client import Engine
from cdbg_tui.engine.errors import EngineError
from cdbg_tui.engine.files import inspect
from cdbg_tui.model.container import State, from_inspect

FILE = "restart-policies.json"
REMEMBERED = 200
RETRIED_SECONDS = 5.0
_POLL_SECONDS = 0.2


class Policies:
    """Restart policies as they were before a freeze: ``always``, ``on-failure:5``."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    def of(self, container_id: str) -> str:
        """Return the policy that a container had; empty where none is noted."""
        return self._read().get(container_id, "")

    def note(self, container_id: str, policy: str) -> None:
        """Note a policy, for good.

        Raises:
            OSError: the file cannot be written.
        """
        self._write({**self._without(container_id), container_id: policy})

    def forget(self, container_id: str) -> None:
        """Drop what is noted of a container.

        Raises:
            OSError: the file cannot be written.
        """
        if self.of(container_id):
            self._write(self._without(container_id))

    def _without(self, container_id: str) -> dict[str, str]:
        return {one: policy for one, policy in self._read().items() if one != container_id}

    def _read(self) -> dict[str, str]:
        try:
            noted = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError):  # none yet, or somebody's mishap: nothing is known, then
            return {}
        return {str(one): str(policy) for one, policy in noted.items()} if isinstance(noted, dict) else {}

    def _write(self, noted: Mapping[str, str]) -> None:
        private.write(self._file, json.dumps(dict(list(noted.items())[-REMEMBERED:]), indent=1))


def policy_of(details: Mapping[str, Any]) -> str:
    """Return an inspected container's restart policy as ``--restart`` takes it; ``no`` where it has none."""
    policy = (details.get("HostConfig") or {}).get("RestartPolicy") or {}
    name, most = policy.get("Name") or "no", policy.get("MaximumRetryCount") or 0
    return f"{name}:{most}" if name == "on-failure" and most else str(name)


def freeze(engine: Engine, container_id: str, policies: Policies, *, seconds: float = 10.0) -> str:
    """Switch the restart policy off and wait for the container's end; return the policy that it had.

    One that waits for its next start is stopped, which calls that off and keeps its exit code; one that runs
    has *seconds* to end by itself, and is otherwise left running.

    Raises:
        EngineError: it cannot be frozen, and is as it was.
    """
    policy = policy_of(inspect(engine, container_id))
    if policy == "no":
        return policy
    try:
        policies.note(container_id, policy)
    except OSError as error:
        raise EngineError(
            "refused", f"Its restart policy {policy} cannot be noted ({error}): nothing was changed."
        ) from error
    set_policy(engine, container_id, "no")
    deadline = time.monotonic() + seconds
    while not has_ended(engine, container_id) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return policy


def has_ended(engine: Engine, container_id: str) -> bool:
    """Tell whether a container is down for good; one between two restarts is stopped, and then is.

    Raises:
        EngineError: the engine cannot be asked.
    """
    state = from_inspect(inspect(engine, container_id)).state
    if state is State.RESTARTING:
        control.stop(engine, container_id)
    return state not in (State.RUNNING, State.PAUSED, State.RESTARTING)


def put_back(engine: Engine, container_id: str, policies: Policies) -> str:
    """Give a frozen container its policy again, and return that; it is not started by that.

    Raises:
        EngineError: none is noted, or the engine does not take it.
    """
    policy = policies.of(container_id)
    if not policy:
        raise EngineError("missing", "No restart policy is noted of this container.")
    set_policy(engine, container_id, policy)
    try:
        policies.forget(container_id)
    except OSError as error:
        raise EngineError("refused", f"It was put back, but the note of it stays ({error}).") from error
    return policy


def set_policy(engine: Engine, container_id: str, policy: str) -> None:
    """Do ``docker update --restart=POLICY``.

    Raises:
        EngineError: the engine does not take it.
    """
    name, _, most = policy.partition(":")
    wanted: dict[str, Any] = {"Name": name, "MaximumRetryCount": int(most) if most.isdigit() else 0}
    changes: dict[str, Any] = {"restart_policy": wanted}
    deadline = time.monotonic() + RETRIED_SECONDS
    while True:
        try:
            with engine.api() as api:
                api.update_container(container_id, **changes)
            return
        except EngineError as error:
            # Of one that ends at that moment, engines fail to update the limits too, and take the policy back.
            if "annot update" not in error.what or time.monotonic() > deadline:
                raise
        time.sleep(_POLL_SECONDS)


def update_words(policy: str, name: str) -> tuple[str, ...]:
    """Return the words after ``docker`` that do the same."""
    return ("update", f"--restart={policy}", name)
