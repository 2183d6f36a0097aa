"""Evidence to a diagnosis: the findings in order, and the plain facts under them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace

from cdbg_tui.model.details import hidden_words
from cdbg_tui.model.finding import Diagnosis, Finding, Proof, Step
from cdbg_tui.model.units import clock, epoch, exact_span
from cdbg_tui.triage.evidence import Evidence
from cdbg_tui.triage.rules import RULES
from cdbg_tui.triage.weigh import weighed


def diagnose(evidence: Evidence) -> Diagnosis:
    """Return everything that is known, the verdict first; no finding where nothing is wrong."""
    spoken = (finding for rule in RULES if (finding := rule(evidence)) is not None)
    return Diagnosis(tuple(map(_leads_to_files, weighed(spoken))), facts(evidence), evidence.unseen)


def _leads_to_files(finding: Finding) -> Finding:
    """Return *finding* with the step to the changed files, where one of them proves it."""
    if not any(one.path for one in finding.proof) or any(step.key == "d" for step in finding.next):
        return finding
    return replace(finding, next=(*finding.next, Step("see it in the changed files", key="d")))


def for_engine(diagnosis: Diagnosis, words: Sequence[str]) -> Diagnosis:
    """Return *diagnosis* with docker commands that reach the engine that it is about, by *words*."""

    def step(one: Step) -> Step:
        if one.command[:1] != ("docker",):
            return one
        return replace(one, command=("docker", *words, *one.command[1:]))

    def finding(one: Finding) -> Finding:
        return replace(one, next=tuple(step(each) for each in one.next))

    return replace(diagnosis, findings=tuple(finding(one) for one in diagnosis.findings)) if words else diagnosis


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
