"""Ports that lead nowhere, that somebody else has, and that a firewall closes; and ports that are well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from cdbg_tui.model.container import Container, Port, State
from cdbg_tui.model.finding import Certainty, Finding, Weight
from cdbg_tui.model.socket import Holder, Socket
from cdbg_tui.model.units import rfc3339
from cdbg_tui.triage.evidence import Evidence, Line
from cdbg_tui.triage.rules.ports import RULES

NOW = 100_000.0
ADDRESS, BRIDGE = "172.30.0.3", "docker0"
RESOLVER = Socket("tcp", "127.0.0.11", 41233)

ENGINE_28 = """\
*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
{raw}[0:0] -A PREROUTING -d 172.30.0.3/32 ! -i docker0 -j DROP
[0:0] -A PREROUTING -d 127.0.0.1/32 ! -i lo -p tcp -m tcp --dport 8080 -j DROP
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-BRIDGE - [0:0]
:DOCKER-CT - [0:0]
:DOCKER-FORWARD - [0:0]
:DOCKER-ISOLATION-STAGE-1 - [0:0]
:DOCKER-ISOLATION-STAGE-2 - [0:0]
:DOCKER-USER - [0:0]
:MINE - [0:0]
{filter}[0:0] -A FORWARD -j DOCKER-USER
[0:0] -A FORWARD -j DOCKER-FORWARD
[0:0] -A DOCKER -d 172.30.0.3/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 8080 -j ACCEPT
[0:0] -A DOCKER ! -i docker0 -o docker0 -j DROP
[0:0] -A DOCKER ! -i br-df9706e18ad7 -o br-df9706e18ad7 -j DROP
[0:0] -A DOCKER-BRIDGE -o docker0 -j DOCKER
[0:0] -A DOCKER-CT -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
[0:0] -A DOCKER-FORWARD -j DOCKER-CT
[0:0] -A DOCKER-FORWARD -j DOCKER-ISOLATION-STAGE-1
[0:0] -A DOCKER-FORWARD -j DOCKER-BRIDGE
[0:0] -A DOCKER-FORWARD -i docker0 -j ACCEPT
[0:0] -A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
[0:0] -A DOCKER-ISOLATION-STAGE-2 -o br-df9706e18ad7 -j DROP
[0:0] -A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
:DOCKER - [0:0]
[0:0] -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
[0:0] -A DOCKER -i docker0 -j RETURN
[0:0] -A DOCKER ! -i docker0 -p tcp -m tcp --dport 18080 -j DNAT --to-destination 172.30.0.3:8080
COMMIT
"""
ENGINE_20 = """\
*raw
{raw}COMMIT
*nat
[3:180] -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
[0:0] -A DOCKER -i docker0 -j RETURN
[3:180] -A DOCKER ! -i docker0 -p tcp -m tcp --dport 18080 -j DNAT --to-destination 172.30.0.3:8080
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:DOCKER - [0:0]
:DOCKER-ISOLATION-STAGE-1 - [0:0]
:DOCKER-ISOLATION-STAGE-2 - [0:0]
:DOCKER-USER - [0:0]
:MINE - [0:0]
{filter}[9:540] -A FORWARD -j DOCKER-USER
[9:540] -A FORWARD -j DOCKER-ISOLATION-STAGE-1
[0:0] -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
[3:180] -A FORWARD -o docker0 -j DOCKER
[0:0] -A FORWARD -i docker0 ! -o docker0 -j ACCEPT
[0:0] -A FORWARD -i docker0 -o docker0 -j ACCEPT
[3:180] -A DOCKER -d 172.30.0.3/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 8080 -j ACCEPT
[0:0] -A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
[9:540] -A DOCKER-ISOLATION-STAGE-1 -j RETURN
[0:0] -A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
[0:0] -A DOCKER-ISOLATION-STAGE-2 -j RETURN
[9:540] -A DOCKER-USER -j RETURN
COMMIT
"""
"""As iptables-save -c writes what the two engines make; with room for somebody's own rules in front."""


def evidence(
    *sockets: Socket,
    unread: bool = False,
    published: Mapping[int, int] | None = None,
    exposed: Sequence[int] = (),
    mode: str = "bridge",
    status: str = "running",
    code: int = 0,
    error: str = "",
    up_for: float = 100.0,
    log: Sequence[str] = (),
    bindings: Mapping[str, Any] | None = None,
    host_ip: str = "0.0.0.0",
    **more: Any,
) -> Evidence:
    """A container that has been up for *up_for* seconds; *published* leads from the machine's ports to its own."""
    up = status == "running"
    ports: dict[str, Any] = {f"{port}/tcp": None for port in exposed}
    ports |= {
        f"{inner}/tcp": [{"HostIp": host_ip, "HostPort": str(outer)}] for outer, inner in (published or {}).items()
    }
    details = {
        "Id": "ab" * 32,
        "Name": "/web",
        "Created": rfc3339(NOW - up_for - 1),
        "Path": "serve",
        "State": {
            "Status": status,
            "ExitCode": code,
            "Error": error,
            "StartedAt": "0001-01-01T00:00:00Z" if status == "created" else rfc3339(NOW - up_for),
            "FinishedAt": "0001-01-01T00:00:00Z" if up or status == "created" else rfc3339(NOW),
        },
        "Config": {"Image": "web:1", "ExposedPorts": {f"{port}/tcp": {} for port in exposed}},
        "HostConfig": {"NetworkMode": mode, "PortBindings": bindings or {}},
        "NetworkSettings": {
            "Ports": ports,
            "Networks": {"bridge": {"IPAddress": ADDRESS, "NetworkID": "fe" * 32}},
        },
    }
    lines = tuple(Line(text) for text in log)
    return Evidence(details, log=lines, sockets=None if unread else sockets, now=NOW, **more)


def tcp(port: int, address: str = "::") -> Socket:
    return Socket("tcp", address, port)


def neighbour(name: str, *ports: Port, mode: str = "bridge") -> Container:
    return Container("cd" * 32, name, "x", State.RUNNING, ports=ports, network_mode=mode)


def found(seen: Evidence) -> list[Finding]:
    return [finding for rule in RULES if (finding := rule(seen))]


def only(seen: Evidence) -> Finding:
    [finding] = found(seen)
    return finding


def test_it_listens_on_another_port_than_is_published() -> None:
    finding = only(evidence(tcp(3000), RESOLVER, published={18080: 8080}, log=["up, listening on 3000"]))
    assert (finding.cause, finding.certainty, finding.weight) == (
        "port-mapping-mismatch",
        Certainty.CERTAIN,
        Weight.WARNING,
    )
    assert "18080" in finding.explanation
    assert "3000" in finding.explanation
    assert "-p 18080:3000" in finding.next[0].text
    assert finding.proof[-1].text == "up, listening on 3000"


def test_of_several_the_port_that_the_image_exposes_is_meant() -> None:
    finding = only(evidence(tcp(22), tcp(3000), exposed=[3000], published={18080: 8080}))
    assert (finding.title, finding.certainty) == (
        "Port 8080 is published, it listens on 3000",
        Certainty.LIKELY,
    )


def test_nothing_listens_for_long() -> None:
    finding = only(evidence(RESOLVER, published={18080: 8080}))
    assert (finding.cause, finding.certainty) == ("port-mapping-mismatch", Certainty.POSSIBLE)
    assert found(evidence(RESOLVER, published={18080: 8080}, up_for=10)) == []


def test_it_listens_on_loopback_only() -> None:
    finding = only(evidence(tcp(8080, "127.0.0.1"), published={18080: 8080}))
    assert (finding.cause, finding.certainty) == ("listens-on-loopback-only", Certainty.CERTAIN)
    assert "127.0.0.1:8080" in finding.proof[0].text


def test_it_listens_on_loopback_and_on_another_port() -> None:
    finding = only(evidence(tcp(3000, "127.0.0.1"), published={18080: 8080}))
    assert (finding.cause, finding.certainty) == ("listens-on-loopback-only", Certainty.LIKELY)
    assert "another port" in finding.explanation


def test_an_exposed_port_on_loopback_is_out_of_reach_of_other_containers() -> None:
    finding = only(evidence(tcp(5432, "127.0.0.1"), exposed=[5432]))
    assert (finding.cause, finding.certainty) == ("listens-on-loopback-only", Certainty.LIKELY)


def test_a_port_that_is_not_published_is_a_note() -> None:
    finding = only(evidence(tcp(8080), exposed=[8080]))
    assert (finding.cause, finding.certainty, finding.weight) == (
        "port-not-published",
        Certainty.POSSIBLE,
        Weight.NOTE,
    )


@pytest.mark.parametrize(
    "seen",
    [
        evidence(tcp(8080), RESOLVER, published={18080: 8080}, exposed=[8080]),
        evidence(tcp(8080, "0.0.0.0"), tcp(9229, "127.0.0.1"), published={18080: 8080}),
        evidence(tcp(8080), tcp(8443), published={18080: 8080, 18443: 8443, 18444: 9443}),
        evidence(tcp(80), published={18080: 8080}, unread=True),
        evidence(tcp(80), published={18080: 8080}, mode="host"),
        evidence(tcp(80), published={18080: 8080}, mode="container:" + "ef" * 32),
        evidence(tcp(8080, "127.0.0.1")),
        evidence(tcp(8080), mode="host", exposed=[8080]),
        evidence(tcp(8080)),
        evidence(),
    ],
)
def test_ports_that_are_well(seen: Evidence) -> None:
    assert found(seen) == []


TAKEN = (
    "driver failed programming external connectivity on endpoint web (12ab): Bind for 0.0.0.0:18080 failed: "
    "port is already allocated",
    "failed to bind host port 0.0.0.0:18080/tcp: address already in use",
    "Error starting userland proxy: listen tcp4 0.0.0.0:18080: bind: address already in use",
    "driver failed: listen tcp [::]:18080: bind: address already in use",
)
BINDINGS = {"8080/tcp": [{"HostIp": "", "HostPort": "18080"}]}


@pytest.mark.parametrize("error", TAKEN)
def test_the_engine_cannot_publish_what_another_has(error: str) -> None:
    others = (neighbour("mail"), neighbour("other", Port(80, public=18080)))
    seen = evidence(status="created", code=128, error=error, bindings=BINDINGS, neighbours=others)
    finding = only(seen)
    assert (finding.cause, finding.weight) == ("port-conflict", Weight.FAULT)
    assert finding.title == "Port 18080 is taken by other"
    assert ("docker", "stop", "other") in [step.command for step in finding.next]


def test_without_such_a_container_a_process_of_the_machine_has_it() -> None:
    finding = only(evidence(status="created", code=128, error=TAKEN[1], bindings=BINDINGS, neighbours=()))
    assert "process of the machine" in finding.explanation
    assert ("ss", "-lntup", "sport = :18080") in [step.command for step in finding.next]


@pytest.mark.parametrize(
    "text",
    [
        "Error: listen EADDRINUSE: address already in use :::8080",
        "listen tcp :8080: bind: address already in use",
        "bind() to 0.0.0.0:8080 failed (98: Address already in use)",
        "(98)Address already in use: AH00072: make_sock: could not bind to address [::]:8080",
        "OSError: [Errno 98] error while attempting to bind on address ('0.0.0.0', 8080): address already in use",
        "Web server failed to start. Port 8080 was already in use.",
        "java.net.BindException: Address already in use: bind 0.0.0.0:8080",
        "[ALERT] Starting frontend web: cannot bind socket (Address already in use) [0.0.0.0:8080]",
        "FATAL: could not listen on port 8080: Address in use",
        "the port 8080 is taken by somebody",
    ],
)
def test_a_program_that_finds_its_port_taken(text: str) -> None:
    finding = only(evidence(status="exited", code=1, log=["hello", text]))
    assert (finding.cause, finding.title) == ("port-conflict", "Port 8080 is taken")
    assert "Two programs in the container" in finding.explanation
    assert finding.proof[0].text == text


def test_the_port_may_be_told_on_the_line_before() -> None:
    seen = evidence(status="exited", code=1, log=["starting site on 8080", "bind: Address already in use"])
    assert only(seen).title == "Port 8080 is taken"


def test_on_the_machines_network_its_other_users_have_the_port() -> None:
    log = ["listen tcp :8080: bind: address already in use"]
    others = (neighbour("other", Port(80, public=8080)),)
    finding = only(evidence(status="exited", code=1, log=log, mode="host", neighbours=others))
    assert "the container other has port 8080" in finding.explanation


def test_a_port_that_was_taken_is_no_fault_of_one_that_runs() -> None:
    log = ["port 8080 is in use, trying 8081", "listening on 8081"]
    assert found(evidence(tcp(8081), log=log)) == []
    assert found(evidence(status="exited", code=0, log=log)) == []


def firewalled(table: str, filters: str = "", raw: str = "", host_ip: str = "0.0.0.0") -> list[Finding]:
    lines = table.format(filter=filters and filters + "\n", raw=raw and raw + "\n").splitlines()
    return found(
        evidence(tcp(8080), published={18080: 8080}, exposed=[8080], host_ip=host_ip, firewall=tuple(lines))
    )


BLOCKS = (
    "[7:420] -A DOCKER-USER -d 172.30.0.3/32 -p tcp -m tcp --dport 8080 -j DROP",
    "[7:420] -A DOCKER-USER -p tcp -m tcp --dport 8080 -j REJECT --reject-with icmp-port-unreachable",
    "[7:420] -A DOCKER-USER -p tcp -m conntrack --ctorigdstport 18080 --ctdir ORIGINAL -j DROP",
    "[7:420] -A DOCKER-USER -p tcp -m multiport --dports 80,8000:8100 -j DROP",
    "[7:420] -A FORWARD -d 172.30.0.0/24 -j DROP",
    "[7:420] -A FORWARD -o docker0 -p tcp -j DROP",
    '[7:420] -A FORWARD -o docker0 -m comment --comment "keep out -j ACCEPT" -j DROP',
    "[7:420] -A FORWARD -j MINE\n[7:420] -A MINE -d 172.30.0.3/32 -j DROP",
    "[7:420] -A DOCKER-USER -s 172.30.0.3/32 -j DROP",
)


@pytest.mark.parametrize("table", [ENGINE_20, ENGINE_28])
@pytest.mark.parametrize("rule", BLOCKS)
def test_a_rule_that_drops_what_is_sent_to_it(table: str, rule: str) -> None:
    [finding] = firewalled(table, rule)
    assert (finding.cause, finding.certainty, finding.weight) == (
        "port-blocked",
        Certainty.CERTAIN,
        Weight.WARNING,
    )
    assert finding.proof[0].text == rule.splitlines()[-1]
    assert "7 packets" in finding.explanation
    assert finding.next[0].command[:4] == ("iptables", "-t", "filter", "-D")


@pytest.mark.parametrize("table", [ENGINE_20, ENGINE_28])
def test_a_rule_in_raw_sees_the_machines_port(table: str) -> None:
    [finding] = firewalled(table, raw="[1:60] -A PREROUTING -p tcp -m tcp --dport 18080 -j DROP")
    assert finding.certainty is Certainty.CERTAIN
    assert firewalled(table, raw="[1:60] -A PREROUTING -p tcp -m tcp --dport 8080 -j DROP") == []


@pytest.mark.parametrize(
    "rule",
    [
        "[1:60] -A INPUT -p tcp -m tcp --dport 18080 -j DROP",
        "[1:60] -A DOCKER-USER -i eth0 -j DROP",
        "[1:60] -A DOCKER-USER ! -s 10.0.0.0/8 -o docker0 -j DROP",
        "[1:60] -A DOCKER-USER -s 10.0.0.0/8 -j ACCEPT\n[1:60] -A DOCKER-USER -o docker0 -j DROP",
    ],
)
def test_a_rule_that_stops_only_some_is_likely(rule: str) -> None:
    [finding] = firewalled(ENGINE_28, rule)
    assert (finding.cause, finding.certainty) == ("port-blocked", Certainty.LIKELY)


def test_a_flushed_firewall_has_only_its_policy() -> None:
    lines = [
        line
        for line in ENGINE_28.format(filter="", raw="").splitlines()
        if "docker0 " not in line or "DNAT" in line
    ]
    lines = [line for line in lines if "-A FORWARD" not in line]
    [finding] = found(evidence(tcp(8080), published={18080: 8080}, firewall=tuple(lines)))
    assert finding.cause == "port-blocked"
    assert "Docker's own rules are gone" in finding.explanation


@pytest.mark.parametrize("table", [ENGINE_20, ENGINE_28])
@pytest.mark.parametrize(
    "rule",
    [
        "",
        "[1:60] -A DOCKER-USER -s 203.0.113.9/32 -j DROP",
        "[1:60] -A DOCKER-USER -p tcp -m tcp --dport 9999 -j DROP",
        "[1:60] -A DOCKER-USER -p udp -m udp --dport 8080 -j DROP",
        "[1:60] -A DOCKER-USER -d 172.30.0.4/32 -j DROP",
        "[1:60] -A FORWARD -m conntrack --ctstate INVALID -j DROP",
        "[1:60] -A DOCKER-USER -p tcp -m tcp --dport 8080 -m limit --limit 5/sec -j DROP",
        "[1:60] -A DOCKER-USER -p tcp -m connlimit --connlimit-above 50 -j REJECT",
        "[1:60] -A DOCKER-USER -o docker0 -p tcp -j ACCEPT\n[1:60] -A DOCKER-USER -o docker0 -j DROP",
        "[1:60] -A INPUT -i lo -j ACCEPT\n[1:60] -A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT\n"
        "[1:60] -A INPUT -j DROP",
        "[1:60] -A INPUT -p tcp -m tcp --dport 22 -j DROP",
        "[1:60] -A FORWARD -j MINE\n[1:60] -A MINE -j MINE",
        "[1:60] -A FORWARD -m set --match-set banned src -j DROP",
    ],
)
def test_rules_that_leave_it_alone(table: str, rule: str) -> None:
    assert firewalled(table, rule) == []


def test_what_is_published_on_loopback_is_not_for_others() -> None:
    assert firewalled(ENGINE_28, "[1:60] -A FORWARD -i eth0 -j DROP", host_ip="127.0.0.1") == []


def test_a_firewall_that_was_not_read_says_nothing() -> None:
    assert found(evidence(tcp(8080), published={18080: 8080}, firewall=None)) == []


def test_a_port_that_is_published_for_the_other_protocol() -> None:
    finding = only(evidence(Socket("udp", "0.0.0.0", 53), published={19054: 53}))
    assert (finding.cause, finding.title) == ("port-mapping-mismatch", "Published for TCP, it listens on UDP")
    assert "19054:53/udp" in finding.next[0].text


def test_a_process_of_the_machine_that_has_the_port_is_named() -> None:
    error = "Bind for 0.0.0.0:18080 failed: port is already allocated"
    holders = (Holder("udp", 18080, 7, "dnsmasq"), Holder("tcp", 18080, 4711, "nginx"))
    finding = only(
        evidence(
            status="created",
            error=error,
            neighbours=(),
            holders=holders,
            bindings={"8080/tcp": [{"HostIp": "", "HostPort": "18080"}]},
        )
    )
    assert finding.title == "Port 18080 is taken by nginx"
    assert "nginx (PID 4711) has it" in finding.explanation
