"""Which trouble a failing health check is, told from the probe, the log and what listens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from cdbg_tui.model.finding import Certainty, Finding, Weight
from cdbg_tui.model.socket import Socket
from cdbg_tui.model.units import rfc3339
from cdbg_tui.triage.evidence import Evidence, Line
from cdbg_tui.triage.network.probe import Check, Target
from cdbg_tui.triage.rules.health import RULES

NOW = 100_000.0
REFUSED = "wget: can't connect to remote host (127.0.0.1): Connection refused"
WGET = ("CMD", "wget", "-q", "-O-", "http://127.0.0.1:8081/")


def evidence(
    test: Sequence[str] = WGET,
    output: str = REFUSED,
    code: int = 1,
    *,
    status: str = "unhealthy",
    streak: int = 9,
    sockets: Sequence[Socket] | None = (Socket("tcp", "::", 8080),),
    log: Sequence[str] = (),
    up_for: float = 100.0,
    env: Sequence[str] = (),
    state: str = "running",
    **times: int,
) -> Evidence:
    """A container whose last probes, one every 10 s unless told otherwise, went like this."""
    probe = {"Start": rfc3339(NOW - 6), "End": rfc3339(NOW - 5), "ExitCode": code, "Output": output}
    nanoseconds = {"Interval": 10, "Timeout": 2, **times}
    details: dict[str, Any] = {
        "Id": "ab" * 32,
        "Name": "/shop",
        "Created": rfc3339(NOW - up_for - 1),
        "State": {
            "Status": state,
            "StartedAt": rfc3339(NOW - up_for),
            "Health": {"Status": status, "FailingStreak": streak, "Log": [probe] * min(5, streak)},
        },
        "Config": {
            "Image": "shop:1",
            "Env": list(env),
            "Healthcheck": {"Test": list(test), **{key: value * 10**9 for key, value in nanoseconds.items()}},
        },
        "HostConfig": {"NetworkMode": "bridge"},
    }
    lines = tuple(Line(text) for text in log)
    return Evidence(details, log=lines, sockets=None if sockets is None else tuple(sockets), now=NOW)


def found(seen: Evidence) -> list[Finding]:
    return [finding for rule in RULES if (finding := rule(seen))]


def only(seen: Evidence) -> Finding:
    [finding] = found(seen)
    assert (finding.cause, finding.weight) == ("healthcheck-failing", Weight.WARNING)
    return finding


WRONG = "Health check asks the wrong address"
NO_TOOL = "Health check uses a tool that is missing"
TOO_SHORT = "Start period of the health check is too short"
TOO_LONG = "Health check does not end in time"


def test_it_asks_where_nothing_listens() -> None:
    finding = only(evidence(log=["listening on 8080"]))
    assert (finding.title, finding.certainty) == (WRONG, Certainty.CERTAIN)
    assert "127.0.0.1:8081" in finding.explanation
    assert "[::]:8080" in finding.explanation
    assert [proof.text for proof in finding.proof] == [
        "health check: wget -q -O- http://127.0.0.1:8081/",
        REFUSED,
        "listens on [::]:8080",
        "listening on 8080",
    ]
    assert finding.next[-1].command == ("docker", "exec", "shop", *WGET[1:])


@pytest.mark.parametrize(
    ("test", "output"),
    [
        (("CMD-SHELL", "curl -fs localhost:8081/health || exit 1"), ""),
        (("CMD-SHELL", "curl -fs http://localhost:${PORT:-8081}/ || exit 1"), ""),
        (("CMD-SHELL", "nc -z 127.0.0.1 8081"), ""),
        (("CMD-SHELL", "pg_isready -h localhost -p 8081"), "localhost:8081 - no response"),
        (("CMD-SHELL", "exec 3<>/dev/tcp/127.0.0.1/8081"), "connect: Connection refused"),
        (("CMD", "python3", "/probe.py", "http://shop:8081/"), "ConnectionRefusedError: [Errno 111]"),
    ],
)
def test_the_port_is_read_out_of_the_test(test: tuple[str, ...], output: str) -> None:
    assert only(evidence(test, output)).title == WRONG


def test_where_sockets_are_unseen_the_log_tells_where_it_listens() -> None:
    finding = only(evidence(sockets=None, log=["Server listening on http://0.0.0.0:8080"]))
    assert (finding.title, finding.certainty) == (WRONG, Certainty.LIKELY)


@pytest.mark.parametrize(
    "output",
    [
        "wget: server returned error: HTTP/1.1 404 Not Found",
        "curl: (22) The requested URL returned error: 404",
        "wget: bad address 'shopp:8080'",
        "curl: (6) Could not resolve host: shopp",
        "curl: (35) error:0A00010B:SSL routines::wrong version number",
    ],
)
def test_other_ways_to_ask_the_wrong_address(output: str) -> None:
    assert only(evidence(("CMD-SHELL", "curl -f http://localhost:8080/x"), output)).title == WRONG


def test_it_asks_loopback_where_the_program_listens_on_another_address() -> None:
    test = ("CMD", "wget", "-q", "http://127.0.0.1:8080/")
    there = [Socket("tcp", "172.18.0.2", 8080)]
    assert only(evidence(test, REFUSED, sockets=there)).title == WRONG


def test_localhost_is_of_the_other_family() -> None:
    test = ("CMD", "wget", "-q", "http://localhost:8080/")
    output = "wget: can't connect to remote host: [::1]:8080: Connection refused"
    assert "::1" in only(evidence(test, output, sockets=[Socket("tcp", "0.0.0.0", 8080)])).explanation


@pytest.mark.parametrize(
    ("test", "output", "code", "tool"),
    [
        (("CMD-SHELL", "curl -fs http://localhost:8080/ || exit 1"), "/bin/sh: curl: not found", 1, "curl"),
        (("CMD-SHELL", "curl -fs http://localhost:8080/"), "/bin/sh: 1: curl: not found\n", 127, "curl"),
        (("CMD-SHELL", "curl -fs http://localhost:8080/"), "bash: line 1: curl: command not found", 127, "curl"),
        (
            ("CMD", "curl", "-f", "http://localhost:8080/"),
            'OCI runtime exec failed: exec failed: unable to start process: exec: "curl": executable file '
            "not found in $PATH: unknown",
            -1,
            "curl",
        ),
        (
            ("CMD", "/probe"),
            'OCI runtime exec failed: exec failed: unable to start process: exec: "/probe": stat /probe: no '
            "such file or directory: unknown",
            -1,
            "/probe",
        ),
        (
            ("CMD-SHELL", "true"),
            'OCI runtime exec failed: exec: "/bin/sh": stat /bin/sh: no such file or directory: unknown',
            -1,
            "/bin/sh",
        ),
        (("CMD-SHELL", "grpc_probe -addr=:50051"), "", 127, "grpc_probe"),
    ],
)
def test_a_tool_that_the_image_does_not_have(test: tuple[str, ...], output: str, code: int, tool: str) -> None:
    finding = only(evidence(test, output, code))
    assert finding.title == NO_TOOL
    assert f"runs {tool}," in finding.explanation


def test_a_program_that_still_starts_needs_a_start_period() -> None:
    log = ["loading model", "warming up, shard 14 of 300"]
    finding = only(evidence(sockets=[], log=log))
    assert (finding.title, finding.certainty) == (TOO_SHORT, Certainty.LIKELY)
    assert "no start period" in finding.explanation
    assert any("--health-start-period" in step.text for step in finding.next)
    assert log[-1] in [proof.text for proof in finding.proof]


def test_nothing_listens_yet_and_nothing_is_said() -> None:
    assert only(evidence(sockets=[])).title == TOO_SHORT
    assert only(evidence(sockets=[], up_for=5000, streak=490)).title == "Nothing listens on port 8081"


def test_one_that_was_healthy_before_does_not_start() -> None:
    assert only(evidence(sockets=[], log=["reloading: warming up"], streak=3, up_for=5000)).title != TOO_SHORT


def test_one_that_says_where_it_listens_does_not_start_any_more() -> None:
    assert only(evidence(log=["starting workers", "listening on port 8080"])).title == WRONG


def test_a_probe_that_the_engine_gave_up() -> None:
    test = ("CMD", "wget", "http://127.0.0.1:8080/")
    finding = only(evidence(test, "Health check exceeded timeout (2s)", -1))
    assert (finding.title, finding.certainty) == (TOO_LONG, Certainty.CERTAIN)
    assert "2 s" in finding.explanation


def test_else_the_probe_speaks_for_itself() -> None:
    finding = only(evidence(("CMD", "/check"), "queue is stuck: 900 jobs\n", 3))
    assert finding.title == "Health check failing"
    assert "exit code 3" in finding.explanation
    assert "queue is stuck" in finding.explanation
    assert "last 9 probes" in finding.explanation
    quiet = only(evidence(("CMD", "curl", "-fs", "http://127.0.0.1:8080/"), "", 22))
    assert "the server answered with an error" in quiet.explanation


def test_one_that_is_starting_for_too_long_is_possible() -> None:
    assert only(evidence(status="starting")).certainty is Certainty.POSSIBLE


@pytest.mark.parametrize(
    "seen",
    [
        evidence(status="healthy"),
        evidence(status="none"),
        evidence(output="ok", code=0),
        evidence(status="starting", streak=1),
        evidence(status="starting", StartPeriod=300),
        evidence(state="exited"),
        evidence(state="paused"),
    ],
)
def test_health_checks_that_are_no_finding(seen: Evidence) -> None:
    assert found(seen) == []


def test_a_health_check_of_which_nothing_is_known() -> None:
    details = {"Id": "ab" * 32, "State": {"Status": "running", "Health": {"Status": "unhealthy"}}}
    assert [finding.title for finding in found(Evidence(details, now=NOW))] == ["Health check failing"]


def test_targets_of_a_test() -> None:
    def targets(command: str) -> tuple[Target, ...]:
        return Check(evidence(("CMD-SHELL", command), env=["PORT=9000"])).targets

    assert targets("curl https://localhost/x") == (Target("localhost", 443),)
    assert targets("curl -f localhost/x") == (Target("localhost", 80),)
    assert targets("wget -q http://127.0.0.1:$PORT/") == (Target("127.0.0.1", 9000),)
    assert targets("redis-cli -p 6380 ping") == (Target("localhost", 6380),)
    assert targets("test -f /tmp/ready") == ()
