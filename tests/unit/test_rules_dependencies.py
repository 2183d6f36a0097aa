"""What is wrong with a host that a container cannot reach, and that noise of the healthy is no fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from cdbg_tui.model.container import Container, Health, Port, State
from cdbg_tui.model.event import Event
from cdbg_tui.model.finding import Certainty, Finding, Weight
from cdbg_tui.model.socket import Socket
from cdbg_tui.model.units import rfc3339
from cdbg_tui.triage.evidence import Evidence, Line
from cdbg_tui.triage.rules.dependencies import RULES

NOW = 100_000.0
UNRESOLVED = "lookup store: Temporary failure in name resolution"
REFUSED = "dial tcp: connect to store:5432: connection refused"


def evidence(
    *log: str | tuple[float, str],
    status: str = "running",
    code: int = 0,
    networks: Sequence[str] = ("app-net",),
    neighbours: Sequence[Container] | None = (),
    env: Sequence[str] = (),
    labels: Mapping[str, str] | None = None,
    host: Mapping[str, Any] | None = None,
    **more: Any,
) -> Evidence:
    """A container that was started 100 s ago and wrote *log*, each line with its age, or just now."""
    lines = [(0.0, one) if isinstance(one, str) else one for one in log]
    up = status == "running"
    details = {
        "Id": "ab" * 32,
        "Name": "/api",
        "Created": rfc3339(NOW - 101),
        "Path": "serve",
        "Args": [],
        "State": {
            "Status": status,
            "ExitCode": code,
            "StartedAt": rfc3339(NOW - 100),
            "FinishedAt": "0001-01-01T00:00:00Z" if up else rfc3339(NOW),
        },
        "Config": {"Image": "api:1", "Env": list(env), "Labels": dict(labels or {}), "Hostname": "abababababab"},
        "HostConfig": {"NetworkMode": networks[0] if networks else "none", **(host or {})},
        "NetworkSettings": {"Networks": {n: {"IPAddress": "172.18.0.9", "IPPrefixLen": 24} for n in networks}},
    }
    said = tuple(Line(text, time=NOW - age) for age, text in lines)
    around = None if neighbours is None else tuple(neighbours)
    return Evidence(details, log=said, neighbours=around, now=NOW, **more)


def neighbour(
    name: str = "store",
    state: State = State.RUNNING,
    *,
    networks: Mapping[str, str] | None = None,
    code: int | None = None,
    since: float = NOW - 5000,
    ports: tuple[Port, ...] = (),
    labels: Mapping[str, str] | None = None,
    health: Health = Health.NONE,
) -> Container:
    return Container(
        "cd" * 32,
        name,
        "db:1",
        state,
        since=since,
        exit_code=code,
        ports=ports,
        labels=labels or {},
        health=health,
        networks=networks or {"app-net": "172.18.0.2"},
    )


def found(seen: Evidence) -> list[Finding]:
    return [finding for rule in RULES if (finding := rule(seen))]


def only(seen: Evidence) -> Finding:
    [finding] = found(seen)
    return finding


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.EXITED, "ended with exit code 3"),
        (State.RESTARTING, "again and again"),
        (State.CREATED, "never started"),
        (State.PAUSED, "is paused"),
    ],
)
@pytest.mark.parametrize("text", [UNRESOLVED, REFUSED])
def test_a_neighbour_that_does_not_run_is_the_cause(state: State, words: str, text: str) -> None:
    dead = neighbour(state=state, code=None if state in (State.CREATED, State.PAUSED) else 3)
    finding = only(evidence(text, neighbours=[dead]))
    assert (finding.cause, finding.certainty, finding.weight) == (
        "dead-dependency",
        Certainty.CERTAIN,
        Weight.WARNING,
    )
    assert words in finding.explanation
    assert finding.proof[0].text == text
    assert finding.proof[1].text.startswith("store ")
    assert ("cdbg", "triage", "store") in [step.command for step in finding.next]


def test_of_one_that_has_failed_it_is_a_fault() -> None:
    seen = evidence(UNRESOLVED, "giving up", status="exited", code=1, neighbours=[neighbour(state=State.EXITED)])
    assert only(seen).weight is Weight.FAULT


def test_a_neighbour_on_another_network_is_named_with_both_networks_and_the_command() -> None:
    finding = only(evidence(UNRESOLVED, neighbours=[neighbour(networks={"back-net": "172.19.0.2"})]))
    assert finding.cause == "different-networks"
    assert "back-net" in finding.explanation
    assert "app-net" in finding.explanation
    assert ("docker", "network", "connect", "back-net", "api") in [step.command for step in finding.next]


def test_a_neighbour_on_the_default_bridge_is_joined_to_ones_own_network() -> None:
    finding = only(evidence(UNRESOLVED, neighbours=[neighbour(networks={"bridge": "172.17.0.2"})]))
    assert ("docker", "network", "connect", "app-net", "store") in [step.command for step in finding.next]


def test_names_do_not_resolve_on_the_default_bridge() -> None:
    bridge = {"bridge": "172.17.0.2"}
    finding = only(evidence(UNRESOLVED, networks=["bridge"], neighbours=[neighbour(networks=bridge)]))
    assert (finding.cause, finding.certainty) == ("dns-failure", Certainty.CERTAIN)
    assert "default bridge" in finding.explanation
    assert [step.command[2] for step in finding.next] == ["create", "connect", "connect"]


def test_a_linked_container_has_a_name_on_the_default_bridge() -> None:
    dead = neighbour("store-1", State.EXITED, networks={"bridge": ""}, code=1)
    seen = evidence(UNRESOLVED, networks=["bridge"], neighbours=[dead], host={"Links": ["/store-1:/api/store"]})
    assert only(seen).title == "store-1 is down"


def test_a_name_that_nobody_has() -> None:
    finding = only(evidence(UNRESOLVED, neighbours=[neighbour("stores"), neighbour("mail")]))
    assert (finding.cause, finding.certainty) == ("dns-failure", Certainty.CERTAIN)
    assert "“stores” meant" in finding.explanation


def test_a_name_while_the_neighbours_are_unseen() -> None:
    finding = only(evidence(UNRESOLVED, neighbours=None))
    assert (finding.cause, finding.certainty) == ("dns-failure", Certainty.LIKELY)


def test_a_name_of_the_world_outside() -> None:
    text = "curl: (6) Could not resolve host: api.example.org"
    finding = only(evidence(text, text, text, neighbours=[neighbour()], host={"Dns": ["10.9.9.9"]}))
    assert (finding.cause, finding.certainty) == ("dns-failure", Certainty.LIKELY)
    assert "10.9.9.9" in finding.explanation


def test_a_name_of_somebody_elses_world_is_no_fault() -> None:
    text = "postfix/smtp[51]: warning: host spam5.example not found: getaddrinfo: Name or service not known"
    assert found(evidence(text, "status=sent (250 OK)", neighbours=[neighbour()])) == []


def test_without_a_network_no_name_resolves() -> None:
    finding = only(evidence(UNRESOLVED, networks=["none"]))
    assert finding.cause == "dns-failure"
    assert "--network none" in finding.explanation


def test_on_the_machines_network_names_of_containers_mean_nothing() -> None:
    there = neighbour(ports=(Port(5432, public=15432),))
    finding = only(evidence(UNRESOLVED, networks=["host"], neighbours=[there]))
    assert finding.cause == "dns-failure"
    assert "localhost:15432" in finding.explanation


def test_one_that_runs_and_does_not_answer() -> None:
    finding = only(evidence((9, REFUSED), (3, REFUSED), neighbours=[neighbour()]))
    assert (finding.cause, finding.certainty) == ("dead-dependency", Certainty.LIKELY)
    assert finding.title == "store does not answer on port 5432"


def test_one_that_has_only_just_started_is_only_possible() -> None:
    seen = evidence(REFUSED, status="exited", code=1, neighbours=[neighbour(since=NOW - 3)])
    assert only(seen).certainty is Certainty.POSSIBLE


def test_the_wrong_port_of_a_neighbour_is_told() -> None:
    text = "connection to store:5433 refused: Connection refused"
    finding = only(evidence((9, text), (3, text), neighbours=[neighbour(ports=(Port(5432),))]))
    assert "its image says port 5432" in finding.explanation


def test_an_address_of_a_neighbour_is_that_neighbour() -> None:
    text = "connect ECONNREFUSED 172.18.0.2:5432"
    assert only(evidence((9, text), (3, text), neighbours=[neighbour()])).title.startswith("store ")


def test_an_address_of_nobody_in_its_own_subnet() -> None:
    text = "connect EHOSTUNREACH 172.18.0.77:5432"
    finding = only(evidence((9, text), (3, text), neighbours=[neighbour()]))
    assert finding.cause == "dead-dependency"
    assert "No container has that address now" in finding.explanation


def test_localhost_is_the_container_itself() -> None:
    text = "connect ECONNREFUSED 127.0.0.1:5432"
    finding = only(evidence((9, text), (3, text), neighbours=[neighbour(ports=(Port(5432),))]))
    assert finding.cause == "dead-dependency"
    assert "“store” is the host to ask" in finding.explanation
    served = evidence((9, text), (3, text), sockets=(Socket("tcp", "127.0.0.1", 5432),))
    assert found(served) == []


@pytest.mark.parametrize("env", ["DATABASE_URL=postgres://app:pw@store:5432/app", "DB_HOST=store"])
def test_a_complaint_without_a_host_is_read_with_the_environment(env: str) -> None:
    text = "SQLSTATE[HY000] [2002] Connection refused"
    seen = evidence(text, status="exited", code=1, env=[env], neighbours=[neighbour(state=State.EXITED, code=1)])
    finding = only(seen)
    assert (finding.cause, finding.certainty) == ("dead-dependency", Certainty.LIKELY)
    assert "pw" not in " ".join(proof.text for proof in finding.proof)


def test_a_service_that_compose_knows_of_is_told_by_its_name() -> None:
    labels = {"com.docker.compose.project": "shop", "com.docker.compose.service": "store"}
    dead = neighbour("shop-store-1", State.EXITED, code=1, labels=labels)
    mine = {
        **labels,
        "com.docker.compose.service": "api",
        "com.docker.compose.depends_on": "store:service_started:f",
    }
    seen = evidence("Store is unavailable - sleeping", neighbours=[dead], labels=mine)
    assert only(seen).title == "shop-store-1 is down"


def test_a_service_of_another_project_is_somebody_else() -> None:
    labels = {"com.docker.compose.project": "shop", "com.docker.compose.service": "store"}
    dead = neighbour("shop-store-1", State.EXITED, code=1, labels=labels, networks={"shop_default": ""})
    assert only(evidence(UNRESOLVED, neighbours=[dead])).cause == "dns-failure"


def test_one_that_compose_never_started_waits_for_another() -> None:
    labels = {"com.docker.compose.project": "shop", "com.docker.compose.service": "store"}
    dead = neighbour("shop-store-1", State.EXITED, code=1, labels=labels)
    mine = {"com.docker.compose.project": "shop", "com.docker.compose.depends_on": "store:service_healthy:false"}
    finding = only(evidence(status="created", neighbours=[dead], labels=mine))
    assert (finding.cause, finding.certainty) == ("dead-dependency", Certainty.LIKELY)


DEAD = neighbour(state=State.EXITED, code=1)


@pytest.mark.parametrize(
    "log",
    [
        (REFUSED, "connected to store"),
        (REFUSED, "database connection established", "GET / 200"),
        ((60, REFUSED), (50, "GET / 200"), (40, "GET / 200"), (30, "GET / 200")),
        (REFUSED + ", continuing without it",),
        (REFUSED, "falling back to the local cache"),
        (REFUSED, *["GET / 200"] * 30),
        ("waiting for jobs",),
        ("waiting for connections on port 5432",),
        ("ERROR could not resolve dependency tree",),
        ("request 17 timed out",),
        ("store: accept4 failed after 61 connections: Too many open files",),
        ('connection to server at "store" (172.18.0.2), port 5432 failed: FATAL: password authentication failed',),
    ],
)
@pytest.mark.parametrize("around", [neighbour(), DEAD])
def test_noise_of_the_healthy_is_no_fault(log: tuple[str, ...], around: Container) -> None:
    assert found(evidence(*log, neighbours=[around])) == []


@pytest.mark.parametrize("age", [0.0, 1000.0])
def test_a_single_refusal_by_one_that_runs_is_no_fault_of_a_running_one(age: float) -> None:
    assert found(evidence((age, REFUSED), neighbours=[neighbour()])) == []


def test_an_old_complaint_still_holds_while_the_neighbour_is_down() -> None:
    assert only(evidence((1000.0, REFUSED), neighbours=[DEAD])).cause == "dead-dependency"


def test_one_that_was_stopped_or_ended_well_needs_no_reason() -> None:
    assert found(evidence(REFUSED, status="exited", code=0, neighbours=[DEAD])) == []
    assert found(evidence(REFUSED, status="exited", code=139, neighbours=[DEAD])) == []
    sent = Event(NOW - 1, "kill", "ab" * 32, "api", {"signal": "15"})
    stopped = evidence(REFUSED, status="exited", code=143, neighbours=[DEAD])
    assert found(replace(stopped, events=(sent,))) == []


def test_a_failure_long_after_the_complaint_is_another() -> None:
    seen = evidence((90, REFUSED), *[f"loaded part {n}" for n in range(12)], "boom", status="exited", code=1)
    assert found(seen) == []


def test_another_that_answered_does_not_answer_for_it() -> None:
    seen = evidence(REFUSED, "connected to mail", neighbours=[DEAD, neighbour("mail")])
    assert only(seen).title == "store is down"
