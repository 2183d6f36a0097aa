"""How containers end, loop and are held back: which cause is found, and that the calm are left in peace."""

from __future__ import annotations

import pytest

from cdbg_tui.model.finding import Weight
from cdbg_tui.model.sample import Usage
from cdbg_tui.model.units import epoch, rfc3339
from cdbg_tui.triage.evidence import Evidence
from cdbg_tui.triage.verdict import diagnose
from tests.unit.seen import CREATED, FINISHED, NOW, STARTED, causes, evidence, findings


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (0, "clean-exit"),
        (1, "app-error"),
        (2, "app-error"),
        (3, "app-error"),
        (125, "app-error"),
        (126, "not-executable"),
        (127, "command-not-found"),
        (128, "app-error"),
        (130, "sigint"),
        (132, "illegal-instruction"),
        (134, "abort"),
        (135, "sigbus"),
        (136, "sigfpe"),
        (137, "sigkill-not-oom"),
        (139, "segfault"),
        (143, "sigterm"),
        (255, "app-error"),
    ],
)
def test_the_exit_code_alone(code: int, cause: str) -> None:
    [finding] = findings(evidence(code=code))
    assert finding.cause == cause
    assert any(f"ExitCode = {code}" in proof.text for proof in finding.proof)
    assert (finding.weight is Weight.FAULT) == (cause not in ("clean-exit", "sigint", "sigterm"))


@pytest.mark.parametrize(
    ("code", "sent", "cause", "weight"),
    [
        (143, [15], "sigterm", Weight.FINE),
        (0, [15], "sigterm", Weight.FINE),
        (0, [3], "sigterm", Weight.FINE),
        (130, [2], "sigint", Weight.FINE),
        (131, [3], "sigterm", Weight.FINE),
        (138, [10], "sigterm", Weight.FINE),
        (137, [9], "sigkill-not-oom", Weight.WARNING),
        (137, [15, 9], "stop-timeout", Weight.WARNING),
        (137, [2, 9], "stop-timeout", Weight.WARNING),
        (1, [15], "sigterm", Weight.FINE),
        (139, [15], "segfault", Weight.FAULT),
        (0, [1], "clean-exit", Weight.FINE),
        (0, [10], "clean-exit", Weight.FINE),
        (137, [1, 9], "sigkill-not-oom", Weight.WARNING),
        (137, [15], "sigkill-not-oom", Weight.FAULT),
    ],
)
def test_signals_that_somebody_sent(code: int, sent: list[int], cause: str, weight: Weight) -> None:
    [finding] = findings(evidence(code=code, sent=sent))
    assert (finding.cause, finding.weight) == (cause, weight)


def test_a_signal_that_was_sent_thousands_of_times_is_told_once() -> None:
    [finding] = findings(evidence(code=137, sent=[*[28] * 2_000, 9]))
    told = ["kill signal=28 (2,000 times)", "kill signal=9", "State.ExitCode = 137"]
    assert [proof.text for proof in finding.proof] == told


def test_a_stop_signal_of_its_own_is_a_stop() -> None:
    [finding] = findings(evidence(code=0, sent=[10], config={"StopSignal": "SIGUSR1"}))
    assert finding.title == "Stopped"
    assert "SIGUSR1" in finding.explanation
    [finding] = findings(evidence(code=137, sent=[37, 9], config={"StopSignal": "37", "StopTimeout": 3}))
    assert finding.cause == "stop-timeout"
    assert "signal 37" in finding.explanation
    assert "3 s" in finding.explanation


@pytest.mark.parametrize("sent_at", [FINISHED - 300, FINISHED + 30])
def test_signals_of_another_time_are_no_cause(sent_at: float) -> None:
    assert causes(evidence(code=0, sent=[15], sent_at=sent_at)) == ["clean-exit"]


def test_out_of_memory_names_the_limit_and_how_to_raise_it() -> None:
    [finding] = findings(evidence(code=137, OOMKilled=True, host={"Memory": 64 << 20}))
    assert (finding.cause, finding.weight) == ("oom-killed", Weight.FAULT)
    assert "64.0 MiB" in finding.explanation
    [command] = [step.command for step in finding.next if step.command]
    assert command[:4] == ("docker", "update", "--memory", str(128 << 20))
    assert command[-1] == "api"


def test_out_of_memory_without_a_limit_is_the_machines() -> None:
    [finding] = findings(evidence(code=137, OOMKilled=True))
    assert finding.cause == "oom-killed"
    assert "machine" in finding.explanation


def test_the_flag_alone_speaks_of_a_child() -> None:
    assert causes(evidence("running", OOMKilled=True)) == ["oom-in-child"]
    # The main process gave up without its child.
    assert causes(evidence(code=1, OOMKilled=True))[0] == "oom-killed"
    assert causes(evidence(code=137, sent=[9], OOMKilled=True)) == ["sigkill-not-oom"]


@pytest.mark.parametrize(
    ("code", "sent", "cause"), [(0, [], "clean-exit"), (143, [15], "sigterm"), (143, [], "sigterm")]
)
def test_the_flag_of_a_child_is_no_fault_of_one_that_ended_well(code: int, sent: list[int], cause: str) -> None:
    seen = evidence(code=code, sent=sent, OOMKilled=True)
    assert (causes(seen), diagnose(seen).is_wrong) == ([cause], False)


@pytest.mark.parametrize(
    ("code", "cause"),
    [(126, "start-failed"), (127, "start-failed"), (128, "start-failed"), (0, "start-failed")],
)
def test_what_never_came_to_life(code: int, cause: str) -> None:
    [finding] = findings(evidence("created", code, Error='exec: "nope": not found'))
    assert (finding.cause, finding.weight) == (cause, Weight.FAULT)
    assert "never run" in finding.explanation
    assert finding.proof[0].text == 'State.Error = exec: "nope": not found'


def test_a_start_again_that_failed_is_told_apart_from_the_run_before() -> None:
    [again, before] = findings(evidence(code=5, Error="no such thing"))
    assert (again.cause, again.title) == ("start-failed", "Could not be started again")
    assert "still that of the run before" in again.explanation
    assert before.cause == "app-error"


@pytest.mark.parametrize("code", [126, 127, 128])
def test_the_engines_own_code_is_not_taken_for_the_processs(code: int) -> None:
    # An engine that cannot start a container again sets 128 where the run before had ended with 0.
    [finding] = findings(evidence(code=code, Error="no such thing"))
    assert finding.cause == "start-failed"
    assert "engine's own" in finding.explanation


def test_restarting_is_a_loop() -> None:
    seen = evidence("restarting", 1, restarts=4, host={"RestartPolicy": {"Name": "always"}})
    assert set(causes(seen)) == {"app-error", "restart-loop"}
    loop = next(one for one in findings(seen) if one.cause == "restart-loop")
    assert loop.weight is Weight.FAULT
    assert "4 times by its policy “always”; the last run ended after 30.0 s with exit code 1" in loop.explanation


def test_up_between_two_deaths_is_a_loop_until_it_lasts() -> None:
    def seen(restarts: int, now: float) -> list[str]:
        return causes(evidence("running", restarts=restarts, now=now, FinishedAt=rfc3339(STARTED - 0.1)))

    age = STARTED - CREATED
    assert seen(3, STARTED + age) == ["restart-loop"]
    assert seen(2, STARTED + age) == []
    assert seen(3, STARTED + 20 * age) == []
    assert seen(3, STARTED + 30 * 86400) == []


def test_a_month_of_restarts_is_no_loop_once_it_stays_up() -> None:
    started = CREATED + 30 * 86400
    calm = evidence("running", restarts=3, now=started + 7200, StartedAt=rfc3339(started))
    fresh = evidence("running", restarts=3, now=started + 60, StartedAt=rfc3339(started))
    assert causes(calm) == []
    assert causes(fresh) == ["restart-loop"]


def test_paused() -> None:
    [finding] = findings(evidence("paused"))
    assert (finding.cause, finding.weight) == ("paused", Weight.WARNING)


def test_the_limits_of_a_running_one() -> None:
    full = Usage(cpu=0.5, cpu_limit=0.5, throttled=0.4, memory=63 << 20, memory_limit=64 << 20)
    throttled, memory = findings(evidence("running", usage=full))
    assert (throttled.cause, memory.cause) == ("cpu-throttled", "memory-near-limit")
    assert throttled.next[0].command == ("docker", "update", "--cpus", "1", "api")
    assert "63.0 MiB of 64.0 MiB" in memory.explanation


@pytest.mark.parametrize(
    "seen",
    [
        evidence("running"),
        evidence("running", usage=Usage(cpu=2.0, memory=1 << 30)),
        evidence("running", usage=Usage(throttled=0.1, cpu_limit=1.0, memory=50, memory_limit=100)),
        evidence("running", Health={"Status": "healthy", "Log": [{"ExitCode": 1, "Output": "once"}]}),
        evidence("running", Health={"Status": "starting", "FailingStreak": 2, "Log": []}),
        evidence("running", sent=[1]),
        evidence("running", code=137, FinishedAt=rfc3339(STARTED - 1)),
    ],
)
def test_a_calm_container_has_no_finding(seen: Evidence) -> None:
    assert findings(seen) == ()


@pytest.mark.parametrize("seen", [evidence("created"), evidence(code=0), evidence(code=143, sent=[15])])
def test_what_is_as_it_was_meant_is_no_fault(seen: Evidence) -> None:
    [finding] = findings(seen)
    assert finding.weight is Weight.FINE


def test_evidence_with_nothing_in_it_is_no_error() -> None:
    for details in ({"Id": "ab" * 32}, {"Id": "ab" * 32, "State": None, "HostConfig": None, "Config": None}):
        assert diagnose(Evidence(details, now=NOW)).findings == ()


def test_the_times_of_the_evidence() -> None:
    assert evidence().started == epoch(rfc3339(STARTED))
    assert evidence("running").finished is None


@pytest.mark.parametrize(
    ("code", "line", "cause"),
    [
        (139, "Segmentation fault (core dumped)", "segfault"),
        (1, "/srv/run.sh: line 3:    12 Segmentation fault      ./worker", "segfault"),
        (1, "supervisor: worker 12 was killed by signal 11", "segfault"),
        (1, "/srv/run.sh: line 3:    12 Bus error               ./worker", "sigbus"),
        (139, "worker: main.c:42: main: Assertion `x > 0' failed.", "abort"),
        (139, "double free or corruption (out)", "abort"),
        (2, "[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x6b2a3c]", "app-error"),
        (1, "Assertion failed: expected 3 rows", "app-error"),
    ],
)
def test_the_words_of_a_crash(code: int, line: str, cause: str) -> None:
    assert causes(evidence("exited", code, line))[0] == cause
