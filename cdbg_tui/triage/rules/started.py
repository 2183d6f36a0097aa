"""It never started: what the engine said when it tried."""

from __future__ import annotations

from cdbg_tui.model.container import State
from cdbg_tui.model.finding import Finding, Proof, Step, Weight
from cdbg_tui.triage.evidence import Evidence
from cdbg_tui.triage.exits import never_started

_CAUSES = {126: "not-executable", 127: "entrypoint-missing"}


def could_not_start(evidence: Evidence) -> Finding | None:
    """The engine could not start it, and said why in State.Error."""
    error, container = evidence.container.error, evidence.container
    if not error or container.state in (State.RUNNING, State.PAUSED):
        return None
    code = int(evidence.state.get("ExitCode") or 0)
    told = never_started(code)
    again = evidence.started is not None
    return Finding(
        _CAUSES.get(code, "start-failed") if not again else "start-failed",
        "Could not be started again" if again else told.word[0].upper() + told.word[1:],
        f"It ran before, but the engine failed to start it again.{_whose(code)}"
        if again
        else f"It has never run. {told.meaning}",
        proof=(
            Proof("inspect", f"State.Error = {error}"),
            *(() if again else (Proof("inspect", f"State.ExitCode = {code}, set by {told.set_by}"),)),
        ),
        next=(Step("see its configuration", key="i"), Step("try to start it again", key="x")),
    )


def _whose(code: int) -> str:
    """Say whose the exit code is: a failed start leaves that of the run before, unless it was 0."""
    if code in (126, 127, 128):
        return f" Exit code {code} may be the engine's own: how the run before ended is not to be known."
    return f" Exit code {code} is still that of the run before."


def never_asked(evidence: Evidence) -> Finding | None:
    """It was created and nobody has started it."""
    container = evidence.container
    if container.state is not State.CREATED or container.error:
        return None
    return Finding(
        "created",
        "Not started yet",
        "It was created, and nobody has started it.",
        weight=Weight.FINE,
        proof=(Proof("inspect", "State.Status = created, State.Error is empty"),),
        next=(Step("start it", key="x"),),
    )
