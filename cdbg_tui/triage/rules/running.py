"""It runs, but: what State, limits and health check say of a container that is up."""

from __future__ import annotations

from cdbg_tui.model.container import Health, State
from cdbg_tui.model.finding import Certainty, Finding, Proof, Step, Weight
from cdbg_tui.model.units import percent, size
from cdbg_tui.triage.evidence import Evidence

THROTTLED_FROM = 0.25
MEMORY_FROM = 0.92


def paused(evidence: Evidence) -> Finding | None:
    """It is frozen."""
    if evidence.container.state is not State.PAUSED:
        return None
    return Finding(
        "paused",
        "Paused",
        "All its processes are frozen (docker pause): it holds its memory and ports, and answers nothing.",
        weight=Weight.WARNING,
        proof=(Proof("inspect", "State.Status = paused"),),
        next=(Step("unpause it", key="x"),),
    )


def health_check_failing(evidence: Evidence) -> Finding | None:
    """Its own health check says that it is ill."""
    if evidence.container.health is not Health.UNHEALTHY or not evidence.container.is_up:
        return None
    health = evidence.state.get("Health") or {}
    probes = [probe for probe in health.get("Log") or () if probe]
    last = probes[-1] if probes else {}
    output = (last.get("Output") or "").strip().splitlines()
    code = last.get("ExitCode")
    ran = "did not end in time or could not be run" if code == -1 else f"ended with {code}"
    test = ((evidence.details.get("Config") or {}).get("Healthcheck") or {}).get("Test") or ()
    proof = [Proof("inspect", f"health check: {' '.join(test[1:] if len(test) > 1 else test)}")]
    proof += [Proof("probe", line) for line in output[-3:]]
    return Finding(
        "healthcheck-failing",
        "Health check failing",
        f"The last {health.get('FailingStreak') or len(probes)} probes failed; the newest {ran}.",
        weight=Weight.WARNING,
        proof=tuple(proof),
        next=(Step("run the probe by hand", key="e"),),
    )


def cpu_throttled(evidence: Evidence) -> Finding | None:
    """Its CPU limit holds it back."""
    usage = evidence.usage
    if usage is None or (usage.throttled or 0) < THROTTLED_FROM or not usage.cpu_limit:
        return None
    return Finding(
        "cpu-throttled",
        "Throttled",
        f"Its CPU limit of {usage.cpu_limit:g} cores holds it back.",
        weight=Weight.WARNING,
        proof=(Proof("cgroup", f"throttled in {percent(usage.throttled or 0)} of the enforcement periods"),),
        next=(
            Step(
                "give it more CPU",
                command=("docker", "update", "--cpus", f"{usage.cpu_limit * 2:g}", evidence.container.name),
            ),
        ),
    )


def memory_near_limit(evidence: Evidence) -> Finding | None:
    """It is about to run out of memory."""
    usage = evidence.usage
    if usage is None or (usage.memory_of_limit or 0) < MEMORY_FROM:
        return None
    return Finding(
        "memory-near-limit",
        "Memory near its limit",
        f"It uses {size(usage.memory or 0)} of {size(usage.memory_limit or 0)}, reclaimable cache not counted.",
        Certainty.CERTAIN,
        Weight.WARNING,
        (Proof("cgroup", f"memory {percent(usage.memory_of_limit or 0)} of the limit"),),
    )
