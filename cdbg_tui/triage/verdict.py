"""The findings in order, the plain facts under them, and the one word that the list shows."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from cdbg_tui.model.container import Container, Health, State
from cdbg_tui.model.details import hidden_words
from cdbg_tui.model.finding import Diagnosis, Proof, Weight
from cdbg_tui.model.sample import Usage
from cdbg_tui.model.units import clock, epoch, exact_span
from cdbg_tui.triage.evidence import Evidence
from cdbg_tui.triage.exits import explain, never_started
from cdbg_tui.triage.rules import RULES
from cdbg_tui.triage.rules.running import MEMORY_FROM, THROTTLED_FROM


def diagnose(evidence: Evidence) -> Diagnosis:
    """Return everything that is known, the verdict first; no finding where nothing is wrong."""
    spoken = [finding for rule in RULES if (finding := rule(evidence)) is not None]
    findings = sorted(spoken, key=lambda finding: _RANK[finding.weight])
    return Diagnosis(tuple(findings), facts(evidence), evidence.unseen)


_RANK = {Weight.FAULT: 0, Weight.WARNING: 1, Weight.FINE: 2, Weight.NOTE: 3}


def facts(evidence: Evidence) -> tuple[Proof, ...]:
    """Return what is plainly so: when and how long it ran, its restarts, limits and last probes."""
    container, state = evidence.container, evidence.state
    began, ended_at = evidence.started, evidence.finished
    rows = [Proof("created", clock(container.created))]
    if began:
        rows.append(Proof("started", clock(began)))
    if ended_at and began and not container.is_up:
        # The engine may stamp an end some milliseconds before the start of a very short run.
        ran = exact_span(max(0.0, ended_at - began))
        rows.append(Proof("ended", f"{clock(ended_at)}, after {ran}"))
    policy = (evidence.host.get("RestartPolicy") or {}).get("Name") or "no"
    restarts = container.restarts or 0
    if restarts or policy != "no":
        rows.append(Proof("restarts", f"{restarts} by policy “{policy}”"))
    words = [evidence.details.get("Path") or "", *(evidence.details.get("Args") or ())]
    rows.append(Proof("command", shlex.join(hidden_words(words))))
    if container.is_up:
        rows.append(Proof("main PID", f"{container.pid} on the engine's machine"))
    return (*rows, *_probes(state.get("Health") or {}))


def _probes(health: dict[str, object]) -> tuple[Proof, ...]:
    log = health.get("Log")
    if not isinstance(log, list):
        return ()
    rows = []
    for probe in log[-3:]:
        began = epoch(probe.get("Start") or "")
        lines = (probe.get("Output") or "").strip().splitlines()
        when = clock(began)[11:] if began else "?"
        took = ""
        if began and (done := epoch(probe.get("End") or "")):
            took = f" after {exact_span(done - began)}"
        rows.append(Proof(f"probe {when}", f"exit {probe.get('ExitCode')}{took}: {lines[-1] if lines else ''}"))
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class Word:
    """What the list says of a container: a word or two, and how bad it is."""

    text: str
    weight: Weight


def word(container: Container, usage: Usage | None = None) -> Word:
    """Return the list's word: the verdict of a dead one, the trouble of a living one, else its health."""
    match container.state:
        case State.RESTARTING:
            return Word("restarting", Weight.FAULT)
        case State.PAUSED:
            return Word("paused", Weight.WARNING)
        case State.REMOVING:
            return Word("removing", Weight.WARNING)
        case State.CREATED:
            if container.error:
                return Word(never_started(container.exit_code or 0).word, Weight.FAULT)
            return Word("created", Weight.FINE)
        case State.EXITED | State.DEAD:
            return _ended(container)
        case State.RUNNING:
            return _running(container, usage)


def _ended(container: Container) -> Word:
    if container.exit_code is None:
        return Word("dead", Weight.FAULT)
    if container.exit_code == 137 and container.oom_killed:
        return Word("OOM-killed", Weight.FAULT)
    if container.error and container.exit_code in (126, 127, 128):
        return Word(never_started(container.exit_code).word, Weight.FAULT)
    told = explain(container.exit_code)
    # An ordinary stop leaves these; they are no fault by themselves.
    calm = container.exit_code == 0 or told.signal in ("SIGTERM", "SIGINT")
    return Word(told.word, Weight.FINE if calm else Weight.FAULT)


def _running(container: Container, usage: Usage | None) -> Word:
    if container.health is Health.UNHEALTHY:
        return Word("unhealthy", Weight.WARNING)
    if usage and (usage.throttled or 0) >= THROTTLED_FROM:
        return Word("throttled", Weight.WARNING)
    if usage and (usage.memory_of_limit or 0) >= MEMORY_FROM:
        return Word("memory full", Weight.WARNING)
    return Word(container.health.value, Weight.FINE)
