"""What ended a session that lived in another container's namespaces: told from how that container is now."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass

from cdbg_tui.model.units import clock, epoch

ENDED = (125, 137)
"""Of a session whose PID namespace ended: SIGKILL is sent to all in it, and docker fails where it only began."""


ASK_SECONDS = 20.0
RESTART_SECONDS = 1.0
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Life:
    """One run of the container that a session depends on."""

    name: str
    started: str
    """Its State.StartedAt, as the engine writes it."""
    argv: tuple[str, ...]
    """Prints its State as JSON."""


def what_ended(life: Life) -> str:
    """Ask, and return what became of the container, as a sentence goes on; empty where it lives on.

    One that is being restarted by hand has ended for a moment: it is given another one.
    """
    deadline = time.monotonic() + RESTART_SECONDS
    while " ended" in (told := _asked(life)) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return told


def _asked(life: Life) -> str:
    try:
        done = subprocess.run(
            life.argv,
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ASK_SECONDS,
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    if done.returncode == 0:
        return ending(life, done.stdout)
    if b"no such" in done.stderr.lower():
        return f"{life.name} was removed: its namespaces are gone"
    return "the engine does not answer any more"


def ending(life: Life, said: bytes) -> str:
    """Return the same from *said*, which is what the command printed."""
    try:
        state = json.loads(said)
        started, finished = str(state["StartedAt"]), str(state["FinishedAt"])
        is_up = state["Status"] in ("running", "paused") and started == life.started
        restarts = started != life.started or state["Status"] == "restarting"
    except (ValueError, KeyError, TypeError):
        return ""
    if is_up:
        return ""
    when = epoch(started if started != life.started else finished)
    at = f" at {clock(when)[-8:]}" if when else ""
    return f"{life.name} {'restarted' if restarts else 'ended'}{at}: its namespaces are gone"
