"""It ends again and again, and its policy starts it again."""

from __future__ import annotations

from cdbg_tui.model.container import State
from cdbg_tui.model.finding import Finding, Proof, Step, Weight
from cdbg_tui.model.units import exact_span
from cdbg_tui.triage.evidence import Evidence


def restart_loop(evidence: Evidence) -> Finding | None:
    """It dies again and again, and its policy starts it again."""
    if not evidence.is_looping:
        return None
    container, policy = evidence.container, evidence.host.get("RestartPolicy") or {}
    count, name = container.restarts or 0, policy.get("Name") or "no"
    words = f"It has been restarted {count} times by its policy “{name}”"
    ran = (evidence.finished or 0) - (evidence.started or 0)
    if container.state is State.RESTARTING and ran > 0:
        words += f"; the last run ended after {exact_span(ran)} with exit code {container.exit_code}"
    codes = [event.attributes.get("exitCode", "?") for event in evidence.events if event.action == "die"]
    ends = (Proof("events", f"die exitCode={', '.join(codes[-5:])}"),) if codes else ()
    stop = ("docker", "update", "--restart", "no", container.name)
    return Finding(
        "restart-loop",
        "Restart loop",
        words + ".",
        weight=Weight.FAULT if container.state is State.RESTARTING else Weight.WARNING,
        proof=(
            Proof("inspect", f"RestartCount = {count}"),
            Proof("inspect", f"RestartPolicy = {name}"),
            *ends,
        ),
        next=(
            Step("stop the loop and keep what it left", command=stop),
            Step("see what it changed on disk", key="d"),
        ),
    )


RULES = (restart_loop,)
