"""It cannot reach what it needs: what is wrong with the host that does not answer, or with the way to it."""

from __future__ import annotations

import difflib

from cdbg_tui.model.container import Container, Health, State
from cdbg_tui.model.finding import Certainty, Finding, Proof, Step, Weight
from cdbg_tui.model.socket import at
from cdbg_tui.model.units import span
from cdbg_tui.triage.evidence import Evidence
from cdbg_tui.triage.network.reach import Kind, is_address, is_own
from cdbg_tui.triage.network.troubles import (
    DEFAULT,
    DEPENDS_ON,
    Trouble,
    depends_on,
    in_own_subnet,
    links,
    may_suffer,
    meant,
    own_names,
    own_networks,
    settings,
    troubles,
)

YOUNG = 30.0
"""A neighbour that has been up for so many seconds may be about to answer."""
SILENT = 5.0
"""A single complaint counts if nothing came after it for so many seconds: most programs try again."""


def dead_dependency(evidence: Evidence) -> Finding | None:
    """What it depends on does not run, or does not answer."""
    return _first(evidence, "dead-dependency") or _never_started(evidence)


def different_networks(evidence: Evidence) -> Finding | None:
    """The container that it looks for is on another network."""
    return _first(evidence, "different-networks")


def dns_failure(evidence: Evidence) -> Finding | None:
    """A host name that it needs does not resolve."""
    return _first(evidence, "dns-failure")


RULES = (dead_dependency, different_networks, dns_failure)


def _first(evidence: Evidence, cause: str) -> Finding | None:
    """Return the finding about the newest trouble, if that is its cause: one trouble has one cause."""
    if not may_suffer(evidence):
        return None
    found = (finding for trouble in troubles(evidence) if (finding := _explain(evidence, trouble)))
    return next((finding for finding in found if finding.cause == cause), None)


# --- what is wrong with it ----------------------------------------------------------------------------------


def _explain(evidence: Evidence, trouble: Trouble) -> Finding | None:
    host = trouble.host
    if is_own(host):
        return _own_container(evidence, trouble)
    one = meant(evidence, host)
    if one is None:
        return _nobody(evidence, trouble)
    if one.state is not State.RUNNING:
        return _dead(evidence, trouble, one)
    if _mode(evidence) == "host" and trouble.complaint.kind is Kind.UNRESOLVED:
        return _from_the_machine(evidence, trouble, one)
    shared = own_networks(evidence) & set(one.networks)
    if not shared and _mode(evidence) != "host":
        return _apart(evidence, trouble, one)
    if trouble.complaint.kind is Kind.UNRESOLVED and shared == {DEFAULT} and host not in links(evidence):
        return _default_bridge(evidence, trouble, one)
    return _silent(evidence, trouble, one)


def _finding(
    evidence: Evidence,
    trouble: Trouble,
    cause: str,
    title: str,
    words: str,
    certainty: Certainty = Certainty.CERTAIN,
    proof: tuple[Proof, ...] = (),
    steps: tuple[Step, ...] = (),
) -> Finding:
    line = trouble.complaint.line
    said = [line.proof]
    if trouble.guessed:
        said.append(Proof(trouble.guessed, _at(trouble)))
        certainty = Certainty.LIKELY if certainty is Certainty.CERTAIN else Certainty.POSSIBLE
    weight = Weight.WARNING if evidence.container.is_up else Weight.FAULT
    return Finding(cause, title, words, certainty, weight, (*said, *proof), steps)


def _at(trouble: Trouble) -> str:
    return f"{trouble.host}:{trouble.port}" if trouble.port else trouble.host


def status(container: Container, now: float) -> str:
    """Return how a container is, in words like those of ``docker ps``."""
    ago = f" {span(now - container.since)} ago" if container.since else ""
    code = "" if container.exit_code is None else f" ({container.exit_code})"
    match container.state:
        case State.EXITED | State.DEAD:
            return f"Exited{code}{ago}"
        case State.RESTARTING:
            return f"Restarting{code}{ago}"
        case State.CREATED:
            return "Created, never started"
        case State.RUNNING:
            health = f" ({container.health})" if container.health else ""
            return (f"Up {span(now - container.since)}" if container.since else "Up") + health
        case state:
            return state.capitalize()


def _mode(evidence: Evidence) -> str:
    return str(evidence.host.get("NetworkMode") or DEFAULT)


def _how(trouble: Trouble) -> str:
    port = f" on port {trouble.port}" if trouble.port else ""
    match trouble.complaint.kind:
        case Kind.UNRESOLVED:
            return "its name does not resolve"
        case Kind.REFUSED:
            return f"it refuses connections{port}"
        case Kind.UNREACHABLE:
            return f"no way leads to it{port}"
        case Kind.TIMEOUT:
            return f"it does not answer in time{port}"
        case Kind.FAILED:
            return f"it cannot be reached{port}"


def _settled(evidence: Evidence, trouble: Trouble) -> bool:
    """Whether it keeps complaining, or has been silent since: one refusal while others start is ordinary."""
    if not evidence.container.is_up or trouble.count > 1:
        return True
    said_at = trouble.complaint.line.time
    quiet = said_at is None or evidence.now - said_at >= SILENT
    return quiet and evidence.container.health is not Health.HEALTHY


def _dead(evidence: Evidence, trouble: Trouble, other: Container) -> Finding:
    own = evidence.container.name
    words = f"{own} needs {_called(trouble, other)}, which does not run: {_fate(other, evidence.now)}."
    if trouble.complaint.kind is Kind.UNRESOLVED and other.state is not State.PAUSED:
        words += " The name of a container that does not run resolves to nothing."
    repair = {
        State.PAUSED: Step(f"unpause {other.name}", command=("docker", "unpause", other.name)),
        State.CREATED: Step(f"start {other.name}", command=("docker", "start", other.name)),
    }.get(other.state, Step(f"start {other.name} again", command=("docker", "start", other.name)))
    steps = (
        Step(f"find out why {other.name} is down", command=("cdbg", "triage", other.name)),
        Step("read its last words", command=("docker", "logs", "--tail", "50", other.name)),
        repair,
    )
    proof = Proof("docker ps", f"{other.name} {status(other, evidence.now)}")
    return _finding(
        evidence, trouble, "dead-dependency", f"{other.name} is down", words, proof=(proof,), steps=steps
    )


def _called(trouble: Trouble, one: Container) -> str:
    return one.name if trouble.host == one.name.lower() else f"“{trouble.host}” (the container {one.name})"


def _fate(container: Container, now: float) -> str:
    ago = f" {span(now - container.since)} ago" if container.since else ""
    code = "" if container.exit_code is None else f" with exit code {container.exit_code}"
    match container.state:
        case State.RESTARTING:
            return f"it ends{code} again and again"
        case State.CREATED:
            return "it was created and has never started"
        case State.PAUSED:
            return "it is paused"
        case State.REMOVING:
            return "it is being removed"
        case _:
            return f"it ended{code}{ago}"


def _apart(evidence: Evidence, trouble: Trouble, one: Container) -> Finding:
    name, other = evidence.container.name, one.name
    own, theirs = sorted(own_networks(evidence)), sorted(one.networks)
    words = (
        f"{_called(trouble, one)} runs, but on {_list(theirs)}; {name} is on {_list(own)}. "
        "They share no network, so neither can find the other."
    )
    usable = [network for network in theirs if network not in (DEFAULT, "host", "none")]
    mine = [network for network in own if network not in (DEFAULT, "host", "none")]
    steps: tuple[Step, ...] = ()
    if usable:
        join = ("docker", "network", "connect", usable[0], name)
        steps = (Step(f"join it to {usable[0]}", command=join),)
        if own == ["none"]:
            steps = (Step("take it off none", command=("docker", "network", "disconnect", "none", name)), *steps)
    elif mine:
        steps = (Step(f"join {other} to {mine[0]}", command=("docker", "network", "connect", mine[0], other)),)
    proof = (
        Proof("networks", f"{name}: {', '.join(own)}"),
        Proof("networks", f"{other}: {', '.join(theirs)} ({status(one, evidence.now)})"),
    )
    title = f"{other} is on another network"
    return _finding(evidence, trouble, "different-networks", title, words, proof=proof, steps=steps)


def _list(networks: list[str]) -> str:
    return ", ".join(networks) or "no network"


def _default_bridge(evidence: Evidence, trouble: Trouble, one: Container) -> Finding:
    name, other = evidence.container.name, one.name
    network = f"{name}-net"
    words = (
        f"{other} runs, and both are on the default bridge: there the engine resolves no names. "
        "Give the two a network of their own."
    )
    steps = (
        Step("make a network", command=("docker", "network", "create", network)),
        Step(f"join {other}", command=("docker", "network", "connect", network, other)),
        Step(f"join {name}", command=("docker", "network", "connect", network, name)),
    )
    proof = (Proof("networks", f"{name}, {other}: {DEFAULT}"),)
    title = f"“{trouble.host}” does not resolve on the default bridge"
    return _finding(evidence, trouble, "dns-failure", title, words, proof=proof, steps=steps)


def _from_the_machine(evidence: Evidence, trouble: Trouble, one: Container) -> Finding:
    public = next((port for port in one.ports if port.public), None)
    words = f"It uses the machine's own network, where names of containers mean nothing; {one.name} " + (
        f"is reached from there at localhost:{public.public}." if public else "publishes no port to it."
    )
    title = f"“{trouble.host}” does not resolve on the machine's network"
    proof = (Proof("inspect", "HostConfig.NetworkMode = host"),)
    return _finding(evidence, trouble, "dns-failure", title, words, proof=proof)


def _silent(evidence: Evidence, trouble: Trouble, other: Container) -> Finding | None:
    """It runs, is on the same network, and does not answer."""
    if not _settled(evidence, trouble):
        return None
    kind = trouble.complaint.kind
    said_at = trouble.complaint.line.time or evidence.finished or evidence.now
    young = other.since is not None and other.since > said_at - YOUNG
    proof = (Proof("docker ps", f"{other.name} {status(other, evidence.now)}"),)
    steps = (
        Step(f"see what {other.name} does", command=("cdbg", "triage", other.name)),
        Step("read its last words", command=("docker", "logs", "--tail", "50", other.name)),
    )
    if kind is Kind.UNRESOLVED and not young:
        words = (
            f"{_called(trouble, other)} runs on the same network now; when {evidence.container.name} looked, "
            "its name did not resolve."
        )
        title = f"“{trouble.host}” did not resolve"
        return _finding(evidence, trouble, "dns-failure", title, words, Certainty.POSSIBLE, proof, steps)
    words = f"{_called(trouble, other)} runs on the same network, but {_how(trouble)}"
    if young:
        words += "; it was started only just before, or after"
    if other.health is Health.UNHEALTHY:
        words += "; its own health check fails"
    exposed = [port.private for port in other.ports]
    if trouble.port and exposed and trouble.port not in exposed:
        words += f"; its image says port {', '.join(map(str, exposed[:3]))}"
    title = f"{other.name} does not answer" + (f" on port {trouble.port}" if trouble.port else "")
    certainty = Certainty.POSSIBLE if young else Certainty.LIKELY
    return _finding(evidence, trouble, "dead-dependency", title, words + ".", certainty, proof, steps)


def _own_container(evidence: Evidence, trouble: Trouble) -> Finding | None:
    """It looks for another at localhost, which is itself."""
    port = trouble.port
    if not _settled(evidence, trouble) or trouble.complaint.kind is Kind.UNRESOLVED or not port:
        return None
    if evidence.sockets is not None and at(evidence.sockets, port, "tcp"):
        return None
    machine = _mode(evidence) == "host"
    whose = "the machine itself" if machine else "the container itself"
    words = f"It looks for port {port} at {trouble.host}, which is {whose}, and nothing answers there."
    has_it = [one for one in evidence.neighbours or () if port in {p.private for p in one.ports}]
    shared = own_networks(evidence)
    has_it.sort(key=lambda one: (not shared & set(one.networks), one.state is not State.RUNNING))
    proof: tuple[Proof, ...] = ()
    steps: tuple[Step, ...] = (Step("see which address it was given", key="i"),)
    if has_it and not machine:
        name = has_it[0].name
        words += f" {name} has port {port}: “{name}” is the host to ask."
        proof = (Proof("docker ps", f"{name} {status(has_it[0], evidence.now)}, port {port}"),)
    title = f"Nothing answers at {trouble.host}:{port}"
    return _finding(evidence, trouble, "dead-dependency", title, words, Certainty.LIKELY, proof, steps)


def _nobody(evidence: Evidence, trouble: Trouble) -> Finding | None:
    """No container of the engine is meant."""
    host = trouble.host
    if host in own_names(evidence) or (_is_elsewhere(host) and not _settled(evidence, trouble)):
        return None
    if trouble.complaint.kind is Kind.UNRESOLVED and not is_address(host):
        return _unknown_name(evidence, trouble)
    named = {one[0] for one in settings(evidence)} | {name for name, _ in depends_on(evidence)}
    if not (trouble.port or "." in host or ":" in host or host in named) or not _settled(evidence, trouble):
        return None
    if _mode(evidence) == "none":
        words = f"It has no network at all (--network none), so it cannot reach {_at(trouble)}."
        proof = (Proof("inspect", "HostConfig.NetworkMode = none"),)
        return _finding(evidence, trouble, "different-networks", "It has no network", words, proof=proof)
    words = f"It needs {_at(trouble)}: {_how(trouble)}."
    if evidence.neighbours is not None:
        near = is_address(host) and in_own_subnet(evidence, host)
        words += (
            " No container has that address now; one that had it may be gone: names outlive addresses."
            if near
            else " That is no container of this engine."
        )
    title = f"{_at(trouble)} does not answer"
    steps = (Step("try it from a toolbox beside it", key="s"),)
    return _finding(evidence, trouble, "dead-dependency", title, words, Certainty.LIKELY, (), steps)


def _is_elsewhere(host: str) -> bool:
    return "." in host or ":" in host


def _unknown_name(evidence: Evidence, trouble: Trouble) -> Finding:
    host, mode = trouble.host, _mode(evidence)
    own = own_networks(evidence)
    neighbours = evidence.neighbours
    words, certainty = f"“{host}” does not resolve", Certainty.CERTAIN
    proof = [Proof("networks", f"{evidence.container.name}: {', '.join(sorted(own))}")]
    steps: list[Step] = []
    if mode == "none":
        words += ": it has no network at all (--network none)."
    elif neighbours is None:
        words += "; which containers there are could not be read."
        certainty = Certainty.LIKELY
    else:
        words += ", and no container of this engine has that name."
        proof.append(Proof("docker ps", f"none of {len(neighbours)} other containers is called {host}"))
        near = {name for one in neighbours if own & set(one.networks) for name in one.names}
        if alike := difflib.get_close_matches(host, sorted(near), 1, 0.7):
            words += f" Is “{alike[0]}” meant, which is on the same network?"
    servers = evidence.host.get("Dns") or ()
    if servers and mode != "none":
        words += f" It asks the name servers {', '.join(map(str, servers))} (--dns)."
        proof.append(Proof("inspect", f"HostConfig.Dns = {', '.join(map(str, servers))}"))
    if _is_elsewhere(host):
        certainty = Certainty.LIKELY
        steps.append(Step("look it up from a toolbox beside it", key="s"))
    elif mode != "none":
        steps.append(Step("see which name it was given", key="i"))
        steps += [
            Step(f"see who is on {network}", command=("docker", "network", "inspect", network))
            for network in sorted(own)[:1]
        ]
    title = f"“{host}” does not resolve"
    return _finding(evidence, trouble, "dns-failure", title, words, certainty, tuple(proof), tuple(steps))


def _never_started(evidence: Evidence) -> Finding | None:
    """Compose made it and never started it, since what it waits for has failed."""
    container = evidence.container
    if container.state is not State.CREATED or container.error:
        return None
    for name, condition in depends_on(evidence):
        other = meant(evidence, name)
        if other is None or condition not in ("service_healthy", "service_completed_successfully"):
            continue
        finished = condition == "service_completed_successfully"
        failed = other.is_dead and other.exit_code != 0
        if failed or (not finished and (not other.is_up or other.health is Health.UNHEALTHY)):
            return Finding(
                "dead-dependency",
                f"It waits for {other.name}",
                f"Compose starts it only when {other.name} "
                + ("has finished with success" if finished else "is healthy")
                + f", and that is {status(other, evidence.now)}.",
                Certainty.LIKELY,
                Weight.FAULT,
                (
                    Proof(f"label {DEPENDS_ON}", f"{name}:{condition}"),
                    Proof("docker ps", f"{other.name} {status(other, evidence.now)}"),
                ),
                (Step(f"find out what is wrong with {other.name}", command=("cdbg", "triage", other.name)),),
            )
    return None
