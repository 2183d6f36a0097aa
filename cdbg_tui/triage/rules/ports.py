"""It listens, but not where it is asked: ports as published, as listened on, and what stands between."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cdbg_tui.model.container import Port, State
from cdbg_tui.model.finding import Certainty, Finding, Proof, Step, Weight
from cdbg_tui.model.socket import Holder, Socket, at
from cdbg_tui.model.units import span
from cdbg_tui.triage.evidence import Evidence, Line
from cdbg_tui.triage.network.iptables import Drop, Rules
from cdbg_tui.triage.network.probe import RESOLVER

FRESH = 5.0
"""A program that has been up for so many seconds may yet open its ports."""
SLOW = 30.0
"""One that has been up for so long should have."""
LAST = 30
"""So many last lines of a log tell why a program ended."""


def port_mapping_mismatch(evidence: Evidence) -> Finding | None:
    """It listens on another port than is published."""
    sockets, up_for = _sockets(evidence), _up_for(evidence)
    if sockets is None:
        return None
    published = _published(evidence)
    unserved = [port for port in published if not at(sockets, port.private, port.protocol)]
    if not unserved:
        return None
    served = {(port.private, port.protocol) for port in published}
    one = unserved[0]
    other = at(sockets, one.private, "udp" if one.protocol == "tcp" else "tcp")
    if other and not any(socket.is_loopback for socket in other):
        return _other_protocol(one, other[0])
    spare = [s for s in sockets if s.protocol == one.protocol and (s.port, s.protocol) not in served]
    heard = _preferred(evidence, [s for s in spare if not s.is_loopback])
    if heard is None:
        return _nothing_listens(evidence, one, up_for) if not sockets and up_for > SLOW else None
    binding = f"{one.public}:{heard.port}" + ("" if one.protocol == "tcp" else f"/{one.protocol}")
    return Finding(
        "port-mapping-mismatch",
        f"Port {one.private} is published, it listens on {heard.port}",
        f"The machine's port {one.public} leads to port {one.private} of the container, where nothing listens; "
        f"the program listens on {heard.port}.",
        Certainty.POSSIBLE if up_for < FRESH else Certainty.CERTAIN if len(spare) == 1 else Certainty.LIKELY,
        Weight.WARNING,
        (
            Proof("inspect", f"published {_mapping(one)}"),
            Proof("/proc/net", f"listens on {', '.join(map(str, _some(sockets)))}; not on {one.private}"),
            *_said(evidence, heard.port),
        ),
        (
            Step(f"make it anew with -p {binding}, or let it listen on {one.private}"),
            Step("see how its ports are set", key="i"),
        ),
    )


def _other_protocol(one: Port, heard: Socket) -> Finding:
    return Finding(
        "port-mapping-mismatch",
        f"Published for {one.protocol.upper()}, it listens on {heard.protocol.upper()}",
        f"Port {one.private} is published for {one.protocol.upper()}, and nothing listens there; the program "
        f"listens on the {heard.protocol.upper()} port of that number.",
        weight=Weight.WARNING,
        proof=(Proof("inspect", f"published {_mapping(one)}"), Proof("/proc/net", f"listens on {heard}")),
        next=(Step(f"make it anew with -p {one.public}:{one.private}/{heard.protocol}"),),
    )


def _nothing_listens(evidence: Evidence, one: Port, up_for: float) -> Finding:
    return Finding(
        "port-mapping-mismatch",
        f"Nothing listens on port {one.private}",
        f"The machine's port {one.public} leads to port {one.private} of the container. It has been up for "
        f"{span(up_for)}, and no program in it listens on any port.",
        Certainty.POSSIBLE,
        Weight.WARNING,
        (
            Proof("inspect", f"published {_mapping(one)}"),
            Proof("/proc/net", f"no {one.protocol} socket listens"),
        ),
        (Step("see which processes run, and what they log", key="e"),),
    )


def listens_on_loopback_only(evidence: Evidence) -> Finding | None:
    """It listens on 127.0.0.1, where only itself can reach it."""
    sockets = _sockets(evidence)
    if sockets is None:
        return None
    published = _published(evidence)
    wanted = published or [port for port in _exposed(evidence) if evidence.container.network_mode != "none"]
    for port in wanted:
        found = at(sockets, port.private, port.protocol)
        if found and all(one.is_loopback for one in found):
            return _on_loopback(evidence, port, found[0], Certainty.CERTAIN if published else Certainty.LIKELY)
    spare = [one for one in sockets if one.protocol == "tcp"]
    unserved = [port for port in published if not at(sockets, port.private, port.protocol)]
    if unserved and spare and all(one.is_loopback for one in spare) and _up_for(evidence) >= FRESH:
        heard = _preferred(evidence, spare)
        return _on_loopback(evidence, unserved[0], heard, Certainty.LIKELY) if heard else None
    return None


def _on_loopback(evidence: Evidence, port: Port, heard: Socket, certainty: Certainty) -> Finding:
    who = "what comes in through the published port" if port.public else "other containers"
    words = f"It listens on {heard}, which inside a container only itself can reach: {who} finds nobody there."
    if heard.port != port.private:
        words += f" It is also another port than the published one, {port.private}."
    shown = Proof("inspect", f"published {_mapping(port)}" if port.public else f"the image exposes {port}")
    return Finding(
        "listens-on-loopback-only",
        f"Listens on {heard.address} only",
        words,
        certainty,
        Weight.WARNING,
        (Proof("/proc/net", f"listens on {heard} only"), shown, *_said(evidence, heard.port)),
        (
            Step(f"let it listen on 0.0.0.0:{port.private}: see its settings", key="i"),
            Step("try it from inside its network", key="s"),
        ),
    )


def port_not_published(evidence: Evidence) -> Finding | None:
    """It listens, but no port is published to the machine; as it should be for a backend."""
    sockets = _sockets(evidence)
    if sockets is None or _published(evidence) or evidence.container.network_mode == "none":
        return None
    for port in _exposed(evidence):
        found = [one for one in at(sockets, port.private, port.protocol) if not one.is_loopback]
        if found:
            return Finding(
                "port-not-published",
                f"Port {port} is not published",
                f"It listens on {found[0]}, and no port is published: containers on its networks can reach it, "
                "the machine's localhost and others cannot.",
                Certainty.POSSIBLE,
                Weight.NOTE,
                (
                    Proof("/proc/net", f"listens on {found[0]}"),
                    Proof("inspect", f"the image exposes {port}, HostConfig.PortBindings is empty"),
                ),
                (Step(f"if it is to be reached from outside, make it anew with -p {port.private}:{port}"),),
            )
    return None


def port_blocked(evidence: Evidence) -> Finding | None:
    """A firewall rule drops what is sent to a published port."""
    if evidence.firewall is None or not _has_own_ports(evidence):
        return None
    rules = Rules(evidence.firewall)
    for port in _published(evidence):
        for address, network in _addresses(evidence):
            bridge = rules.bridge_of(address) or _bridge(network)
            host = "" if port.address in ("0.0.0.0", "::") else port.address
            drop = rules.drop(port.protocol, host, port.public, port.private, address, bridge)
            if drop is not None:
                return _blocked(port, drop)
    return None


def _blocked(port: Port, drop: Drop) -> Finding:
    rule = drop.rule
    count = "" if rule.packets is None else f" It has met {rule.packets} packets so far."
    where = f"chain {rule.chain} of table {rule.table}"
    if rule.words:
        words = f"A firewall rule of this machine ({where}) drops what is sent to port {port.public}."
        undo = Step(
            "take the rule away",
            command=("iptables", "-t", rule.table, "-D", rule.chain, *rule.words),
        )
    else:
        words = (
            f"Nothing lets packets for port {port.public} through ({where}), and its policy is to drop them: "
            "Docker's own rules are gone."
        )
        undo = Step("let Docker write its rules again", command=("systemctl", "restart", "docker"))
    if drop.only_some:
        words += " Some senders may be let through."
    if drop.from_machine:
        words += " It stops who connects from the machine itself."
    sure = not (drop.only_some or drop.from_machine)
    return Finding(
        "port-blocked",
        f"A firewall rule blocks port {port.public}",
        words + count,
        Certainty.CERTAIN if sure else Certainty.LIKELY,
        Weight.WARNING,
        (Proof(f"iptables {rule.table}", rule.text), Proof("inspect", f"published {_mapping(port)}")),
        (undo, Step("see the rule with its counters", command=("iptables", "-t", rule.table, "-nvL", rule.chain))),
    )


_ENGINE_SAYS = re.compile(
    r"port is already allocated|address already in use|ports? (?:are|is) not available|port is already in use",
    re.IGNORECASE,
)
_ENGINE_PORT = re.compile(
    r"(?:[\d.]{7,15}|\[?[0-9a-f:]*::[0-9a-f:]*\]?|localhost):(?P<port>\d{1,5})", re.IGNORECASE
)
_PROGRAM_SAYS = re.compile(
    r"address (?:is )?already in use|address in use|addrinuse|only one usage of each socket"
    r"|port\b.{0,60}\b(?:is |was )?(?:already|currently) (?:in use|being used|used|taken|bound|allocated|occupied)"
    r"|port\b.{0,30}\b(?:is|was) (?:in use|taken|occupied|not free|busy)\b|\b(?:errno|error) 98\b",
    re.IGNORECASE,
)
_PROGRAM_PORT = (
    re.compile(r"\bport[ =:#'\"]{1,3}(?P<port>\d{1,5})\b", re.IGNORECASE),
    re.compile(r"(?<![^.\d]\d\d):(?P<port>\d{2,5})(?!\d|[:.]\d)"),
    re.compile(r"['\"\w.]+'?, (?P<port>\d{2,5})\b"),
    re.compile(r"\b(?:on|bind|binding|listen|listening)(?: to| on)? (?P<port>\d{2,5})\b", re.IGNORECASE),
)


def port_conflict(evidence: Evidence) -> Finding | None:
    """Something else has the port: for the engine that publishes it, or for the program that listens."""
    error = evidence.container.error
    is_of_a_port = _ENGINE_PORT.search(error) or "port" in error  # an address of its own may be taken, too
    if not evidence.container.is_up and is_of_a_port and _ENGINE_SAYS.search(error):
        return _engine_conflict(evidence, error)
    if not (evidence.has_failed or evidence.container.state is State.RESTARTING):
        return None
    line = next((line for line in reversed(_last(evidence)) if _PROGRAM_SAYS.search(line.text)), None)
    return _program_conflict(evidence, line) if line else None


def _engine_conflict(evidence: Evidence, error: str) -> Finding:
    wanted = {
        binding.get("HostPort"): key
        for key, bindings in (evidence.host.get("PortBindings") or {}).items()
        for binding in bindings or ()
    }
    found = [match["port"] for match in _ENGINE_PORT.finditer(error)]
    public = next((port for port in found if port in wanted), found[0] if found else "")
    protocol = wanted.get(public, "").partition("/")[2] or "tcp"
    holders = [
        one
        for one in evidence.neighbours or ()
        for port in one.ports
        if public and port.public == int(public) and port.protocol == protocol
    ]
    proof = [Proof("inspect", f"State.Error = {error}")]
    which = f"port {public}" if public else "a port"
    process: Holder | None = None
    if holders:
        holder = holders[0].name
        words = f"The engine could not publish {which} of the machine: the container {holder} has it."
        proof.append(Proof("docker ps", f"{holder} publishes {public}"))
        steps: tuple[Step, ...] = (
            Step(f"stop {holder}", command=("docker", "stop", holder)),
            Step("or publish another port: see how it is set", key="i"),
        )
    else:
        process = _process(evidence, int(public), protocol) if public else None
        words = f"The engine could not publish {which} of the machine: {process or 'something else'} has it" + (
            "."
            if evidence.neighbours is None
            else ", which is no running container: a process of the machine itself."
        )
        proof += [Proof("processes", f"{process} holds {public}/{protocol}")] if process else []
        steps = (
            Step(
                "see who holds it",
                command=("ss", "-lntup", f"sport = :{public}") if public else ("ss", "-lntup"),
            ),
            Step("or publish another port: see how it is set", key="i"),
        )
    by = holders[0].name if holders else process.name if process else ""
    title = f"Port {public} is taken" + (f" by {by}" if by else "") if public else "Port is taken"
    return Finding("port-conflict", title, words, proof=tuple(proof), next=steps)


def _process(evidence: Evidence, port: int, protocol: str) -> Holder | None:
    """Return the process of the machine that has a port, if it was to be seen."""
    return next((one for one in evidence.holders or () if (one.port, one.protocol) == (port, protocol)), None)


def _program_conflict(evidence: Evidence, line: Line) -> Finding:
    port = _port_in(line.text) or _port_before(evidence, line)
    mode, which = evidence.container.network_mode, f"port {port}" if port else "its port"
    if mode == "host":
        users = [
            one.name
            for one in evidence.neighbours or ()
            if port and one.is_up and any(p.public == port for p in one.ports)
        ]
        process = _process(evidence, port, "tcp") if port else None
        holder = f"the container {users[0]}" if users else str(process or "another process of the machine")
        words = f"It uses the machine's network, where {holder} has {which}."
        look: tuple[str, ...] = ("ss", "-lntp", f"sport = :{port}") if port else ("ss", "-lntp")
        steps: tuple[Step, ...] = (Step("see who holds it", command=look),)
    elif mode.startswith("container:"):
        owner = mode.partition(":")[2]
        names = [n.name for n in evidence.neighbours or () if owner in (n.id, n.name)]
        words = f"It shares the network of {names[0] if names else owner[:12]}, and {which} is taken there."
        steps = (Step("see how its network is set", key="i"),)
    else:
        words = f"Two programs in the container want {which}: one had it when the other asked."
        steps = (Step("rerun it under a shell and start them one by one", key="c"),)
    title = f"Port {port} is taken" if port else "Its port is taken"
    return Finding(
        "port-conflict",
        title,
        words,
        Certainty.CERTAIN if port else Certainty.LIKELY,
        proof=(line.proof,),
        next=steps,
    )


def _port_in(text: str) -> int | None:
    """Return the port that a line speaks of."""
    for pattern in _PROGRAM_PORT:
        for match in pattern.finditer(text[:2000]):
            if 0 < int(match["port"]) < 65536:
                return int(match["port"])
    return None


def _port_before(evidence: Evidence, line: Line) -> int | None:
    """Return the port that the lines before a complaint say is to be used."""
    lines = [one for one in _last(evidence) if one.source == line.source]
    before = lines[: lines.index(line)][-3:]
    told = (_port_in(one.text) for one in reversed(before) if _LISTENS.search(one.text))
    return next((port for port in told if port), None)


def _last(evidence: Evidence) -> list[Line]:
    files = {line.source: None for line in evidence.files}
    ends = [line for source in files for line in [one for one in evidence.files if one.source == source][-LAST:]]
    return [*ends, *evidence.log[-LAST:]]


def _sockets(evidence: Evidence) -> list[Socket] | None:
    """Return what listens in its own network; None where that was not read, or is not its own."""
    if evidence.sockets is None or not _has_own_ports(evidence):
        return None
    return [one for one in evidence.sockets if one.address != RESOLVER]


def _has_own_ports(evidence: Evidence) -> bool:
    mode = evidence.container.network_mode
    return evidence.container.state is State.RUNNING and mode != "host" and not mode.startswith("container:")


def _up_for(evidence: Evidence) -> float:
    return evidence.now - (evidence.started or evidence.now)


def _published(evidence: Evidence) -> list[Port]:
    return [port for port in evidence.container.ports if port.public]


def _exposed(evidence: Evidence) -> list[Port]:
    keys = (str(key).partition("/") for key in evidence.config.get("ExposedPorts") or ())
    return [Port(int(port), protocol or "tcp") for port, _, protocol in keys if port.isdecimal()]


def _preferred(evidence: Evidence, sockets: Sequence[Socket]) -> Socket | None:
    """Return the socket that was meant: one that the image exposes or the log names, else the lowest port."""
    exposed = {port.private for port in _exposed(evidence)}
    return min(
        sockets,
        key=lambda one: (one.port not in exposed, not _said(evidence, one.port), one.port),
        default=None,
    )


_LISTENS = re.compile(r"listen|serv|bound|bind|start|running|port|http", re.IGNORECASE)


def _said(evidence: Evidence, port: int) -> tuple[Proof, ...]:
    """Return the line of the log in which it says that it listens on *port*."""
    number = re.compile(rf"(?<!\d){port}(?!\d)")
    lines = (line for line in evidence.log[:200] if number.search(line.text) and _LISTENS.search(line.text))
    line = next(lines, None)
    return (line.proof,) if line else ()


def _some(sockets: Sequence[Socket]) -> list[Socket]:
    return sorted(set(sockets), key=lambda one: (one.is_loopback, one.port))[:4]


def _mapping(port: Port) -> str:
    return f"{port.address or '0.0.0.0'}:{port.public} -> {port.private}/{port.protocol}"


def _addresses(evidence: Evidence) -> list[tuple[str, dict[str, object]]]:
    networks = (evidence.details.get("NetworkSettings") or {}).get("Networks") or {}
    return [
        (one["IPAddress"], {**one, "Name": name}) for name, one in networks.items() if (one or {}).get("IPAddress")
    ]


def _bridge(network: dict[str, object]) -> str:
    if network["Name"] == "bridge":
        return "docker0"
    return f"br-{str(network.get('NetworkID') or '')[:12]}"


RULES = (port_conflict, port_blocked, listens_on_loopback_only, port_mapping_mismatch, port_not_published)
