"""The order of findings, the facts, and the word that the list shows."""

from __future__ import annotations

import pytest

from cdbg_tui.model.container import Container, Health, State
from cdbg_tui.model.finding import Proof, Step, Weight
from cdbg_tui.model.sample import Usage
from cdbg_tui.model.units import rfc3339
from cdbg_tui.triage.evidence import Line
from cdbg_tui.triage.verdict import diagnose, facts
from cdbg_tui.triage.word import word
from tests.unit.seen import CREATED, STARTED, evidence, findings


def container(state: State, code: int | None = None, **others: object) -> Container:
    return Container("ab" * 32, "api", "api:1", state, exit_code=code, **others)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "text", "weight"),
    [
        (container(State.EXITED, 0), "finished", Weight.FINE),
        (container(State.EXITED, 1), "failed", Weight.FAULT),
        (container(State.EXITED, 127), "command not found", Weight.FAULT),
        (container(State.EXITED, 137), "killed", Weight.FAULT),
        (container(State.EXITED, 137, oom_killed=True), "OOM-killed", Weight.FAULT),
        (container(State.EXITED, 1, oom_killed=True), "failed", Weight.FAULT),
        (container(State.EXITED, 139), "segfault", Weight.FAULT),
        (container(State.EXITED, 143), "terminated", Weight.FINE),
        (container(State.EXITED, 130), "interrupted", Weight.FINE),
        (container(State.EXITED, 128, error="network not found"), "not started", Weight.FAULT),
        (container(State.EXITED, 5, error="network not found"), "failed", Weight.FAULT),
        (container(State.DEAD), "dead", Weight.FAULT),
        (container(State.CREATED), "created", Weight.FINE),
        (container(State.CREATED, 127, error="no such file"), "program not found", Weight.FAULT),
        (container(State.CREATED, 128, error="port is taken"), "not started", Weight.FAULT),
        (container(State.PAUSED), "paused", Weight.WARNING),
        (container(State.RESTARTING, 1), "restarting", Weight.FAULT),
        (container(State.REMOVING), "removing", Weight.WARNING),
        (container(State.RUNNING), "", Weight.FINE),
        (container(State.RUNNING, health=Health.HEALTHY), "healthy", Weight.FINE),
        (container(State.RUNNING, health=Health.STARTING), "starting", Weight.FINE),
        (container(State.RUNNING, health=Health.UNHEALTHY), "unhealthy", Weight.WARNING),
    ],
)
def test_the_word_of_each_state(one: Container, text: str, weight: Weight) -> None:
    said = word(one)
    assert (said.text, said.weight) == (text, weight)


@pytest.mark.parametrize(
    ("usage", "text"),
    [
        (Usage(throttled=0.3, cpu_limit=1.0), "throttled"),
        (Usage(throttled=0.2, cpu_limit=1.0), "healthy"),
        (Usage(throttled=0.4, cpu=0.1, cpu_limit=1.0), "healthy"),
        (Usage(memory=95, memory_limit=100), "memory full"),
        (Usage(memory=85, memory_limit=100), "healthy"),
        (Usage(memory=95), "healthy"),
    ],
)
def test_the_word_of_a_running_one_tells_of_its_limits(usage: Usage, text: str) -> None:
    assert word(container(State.RUNNING, health=Health.HEALTHY), usage).text == text


def test_what_is_wrong_comes_before_what_is_fine_and_that_before_notes() -> None:
    ranks = {Weight.FAULT: 0, Weight.WARNING: 0, Weight.FINE: 1, Weight.NOTE: 2}
    full = Usage(throttled=0.5, cpu_limit=1.0, memory=99, memory_limit=100)
    for seen in (
        evidence(code=0, fields={"image_is_gone": True}),
        evidence("restarting", 0, restarts=5, OOMKilled=True),
        evidence("running", OOMKilled=True, usage=full, host={"Privileged": True}),
    ):
        weights = [ranks[finding.weight] for finding in diagnose(seen).findings]
        assert len(weights) > 1
        assert weights == sorted(weights)


def test_the_facts_of_a_dead_one() -> None:
    told = {fact.source: fact.text for fact in facts(evidence(code=1, host={"RestartPolicy": {"Name": "always"}}))}
    assert told["ended"].endswith(", after 30.0 s")
    assert told["restarts"] == "0 by policy “always”"
    assert told["command"] == "serve"
    assert "main PID" not in told


def test_the_facts_of_a_running_one_have_its_last_three_probes() -> None:
    log = [
        {
            "Start": rfc3339(STARTED + n),
            "End": rfc3339(STARTED + n + 0.25),
            "ExitCode": n,
            "Output": f"first\nlast {n}\n",
        }
        for n in range(5)
    ]
    told = facts(evidence("running", Pid=4711, Health={"Status": "unhealthy", "Log": log}))
    assert {"created", "started", "command", "main PID"} <= {fact.source for fact in told}
    assert [fact.text for fact in told[-3:]] == [f"exit {n} after 250 ms: last {n}" for n in (2, 3, 4)]


def test_an_end_before_the_start_is_no_negative_time() -> None:
    told = {fact.source: fact.text for fact in facts(evidence(code=1, FinishedAt=rfc3339(CREATED)))}
    assert told["ended"].endswith("after 0 ms")


PATH = "/var/log/app/error.log"
FATAL = "FATAL: cannot read the price list"


def test_a_line_of_a_file_is_a_proof_that_can_be_found_there() -> None:
    line = Line(FATAL, PATH, 12, original=FATAL + "\x07\r")
    [finding, *_] = findings(evidence("exited", 1, fields={"files": (line,)}))
    assert Proof(f"{PATH}:12", FATAL, PATH, FATAL + "\x07\r") in finding.proof
    assert [step.text for step in finding.next if step.key == "d"] == ["see what it changed on disk"]


def test_a_line_of_the_log_has_no_file() -> None:
    [finding, *_] = findings(evidence("exited", 1, FATAL))
    assert Proof("log", FATAL) in finding.proof
    assert not any(proof.path or proof.line for proof in finding.proof)


def test_a_finding_out_of_a_file_leads_to_it() -> None:
    refused = "dial tcp 10.9.8.7:5432: connect: connection refused"
    in_file, in_log = (
        findings(evidence("exited", 1, *log, fields={"files": files}))[0]
        for log, files in (((), (Line(refused, PATH, 1),)), ((refused,), ()))
    )
    assert in_file.cause == in_log.cause
    assert Proof(f"{PATH}:1", refused, PATH, refused) in in_file.proof
    step = Step("see it in the changed files", key="d")
    assert in_file.next == (*in_log.next, step)
    assert step not in in_log.next
