"""The checklist that people go through by hand: each question with yes, no or unseen, and what shows it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cdbg_tui.model.container import COMPOSE_PROJECT, Container, Health, Port, State
from cdbg_tui.model.finding import Diagnosis, Weight
from cdbg_tui.model.socket import Socket, at
from cdbg_tui.model.units import clock, percent, size
from cdbg_tui.triage.evidence import Evidence
from cdbg_tui.triage.exits import explain
from cdbg_tui.triage.network.knock import Attempt, Attempts
from cdbg_tui.triage.word import word

MOST = 8
"""So many of a kind are named in an answer."""


class Answer(StrEnum):
    """What came of a question. Each is put so that "no" is what explains a trouble."""

    YES = "yes"
    NO = "no"
    UNSEEN = "unseen"
    NOT_ASKED = "not asked"
    """It would touch something; `--connect` asks."""


@dataclass(frozen=True, slots=True)
class Check:
    """One question, its answer, and the line that shows it."""

    question: str
    answer: Answer
    shown_by: str


Told = tuple[Answer, str]
YES, NO, UNSEEN = Answer.YES, Answer.NO, Answer.UNSEEN


def checklist(evidence: Evidence, diagnosis: Diagnosis, attempts: Attempts | None = None) -> tuple[Check, ...]:
    """Return all questions in the order in which people ask them; *attempts* where touching was allowed."""
    told = tuple((question, ask(evidence, diagnosis)) for question, ask in _QUESTIONS)
    is_up = evidence.container.is_up
    inside = _connected(is_up, attempts.inside if attempts else None, "no TCP port to try is known")
    outside = _connected(is_up, attempts.outside if attempts else None, "it publishes no TCP port")
    last = (
        ("Does it answer inside its own network namespace?", inside),
        ("Does it answer from the host?", outside),
    )
    return tuple(Check(question, *answer) for question, answer in (*told, *last))


def _connected(is_up: bool, attempts: Sequence[Attempt] | None, nothing: str) -> Told:
    if not is_up:
        return NO, "it does not run"
    if attempts is None:
        return Answer.NOT_ASKED, "it takes a connection to its port: --connect makes one"
    if not attempts:
        return UNSEEN, nothing
    answers = {one.answered for one in attempts}
    answer = NO if False in answers else YES if True in answers else UNSEEN
    return answer, _some(f"{one.target} {one.words}" for one in attempts)


def _running(evidence: Evidence, _: Diagnosis) -> Told:
    container = evidence.container
    since = f" since {clock(container.since)}" if container.since else ""
    restarts = f", restarted {container.restarts} times by its policy" if container.restarts else ""
    text = f"State.Status = {container.state}{since}{restarts}"
    return (YES if container.state is State.RUNNING else NO), text


def _ended_well(evidence: Evidence, diagnosis: Diagnosis) -> Told:
    container = evidence.container
    if container.is_up:
        return YES, "it has not ended"
    if container.error:
        return NO, f"State.Error = {container.error}"
    if (code := evidence.exit_code) is None:
        return NO, "it was never started" if evidence.started is None else "its exit code is not known"
    return (NO if diagnosis.is_wrong else YES), f"exit code {code}: {explain(code).meaning}"


def _log(evidence: Evidence, diagnosis: Diagnosis) -> Told:
    quoted = [
        proof
        for finding in diagnosis.findings
        if finding.weight is not Weight.FINE
        for proof in [proof for proof in finding.proof if proof.source != "inspect"][:1]  # what it rests on
        if proof.source == "log" or (proof.source.startswith("/") and not proof.source.startswith("/proc/"))
    ]
    if quoted:
        return NO, f"{quoted[0].source}: {quoted[0].text}"
    if evidence.log:
        return YES, f"nothing in it is known as trouble; its last line: {evidence.log[-1].text}"
    if why := _why_unseen(evidence, "log"):
        return UNSEEN, why
    return YES, "it has written nothing" if evidence.started else "it never ran"


def _program(evidence: Evidence, diagnosis: Diagnosis) -> Told:
    if evidence.container.is_up:
        return YES, f"it runs as process {evidence.container.pid} of the engine's machine"
    known = _known(diagnosis, _STARTING)
    if known:
        return NO, known
    program = evidence.program
    if program is None:
        return UNSEEN, _why_unseen(evidence, "program") or "what its command names was not read"
    faults = (
        (not program.exists, "is not there"),
        (program.is_directory, "is a directory"),
        (not program.executable, "may not be executed"),
        (program.has_crlf, "has a first line that ends as on Windows"),
        (program.interpreter_exists is False, f"needs {program.interpreter}, which is not there"),
        (
            bool(program.machine and evidence.machine and program.machine != evidence.machine),
            f"is for {program.machine}, and the engine's machine is {evidence.machine}",
        ),
    )
    for is_so, words in faults:
        if is_so:
            return NO, f"{program.path} {words}"
    kind = f"for {program.machine}" if program.machine else "a script" if program.is_script else "a file"
    return YES, f"{program.path}, {kind}" + (f", run by {program.interpreter}" if program.interpreter else "")


def _environment(evidence: Evidence, _: Diagnosis) -> str:
    names = sorted(evidence.environment)
    return f"the variables set are {_some(names)}" if names else "no variable is set"


def _mounts(evidence: Evidence, _: Diagnosis) -> str:
    rows = (
        f"{one.name or one.source or one.kind} → {one.target}{'' if one.writable else ' (read-only)'}"
        for one in evidence.mounts
    )
    return _some(rows) or "nothing is mounted"


def _user(evidence: Evidence, _: Diagnosis) -> str:
    return f"it runs as {evidence.config.get('User') or 'root'}"


def _unless(
    causes: Collection[str], otherwise: Callable[[Evidence, Diagnosis], str]
) -> Callable[[Evidence, Diagnosis], Told]:
    """Return a question that is answered by what is known of *causes*, else yes with *otherwise*."""

    def ask(evidence: Evidence, diagnosis: Diagnosis) -> Told:
        known = _known(diagnosis, causes)
        return (NO, known) if known else (YES, f"nothing found against it; {otherwise(evidence, diagnosis)}")

    return ask


def _memory(evidence: Evidence, diagnosis: Diagnosis) -> Told:
    if known := _known(diagnosis, ("oom-killed", "oom-in-child", "app-oom", "memory-near-limit")):
        return NO, known
    if evidence.state.get("OOMKilled"):
        return NO, "State.OOMKilled = true: the kernel killed something in it for memory"
    usage = evidence.usage
    if usage is not None and usage.memory is not None:
        limit = f" of {size(usage.memory_limit)}" if usage.memory_limit else ", without a limit"
        return YES, f"it uses {size(usage.memory)}{limit}"
    if evidence.container.is_up:
        return UNSEEN, _why_unseen(evidence, "meters") or "its meters were not read"
    return YES, "State.OOMKilled = false"


def _cpu(evidence: Evidence, diagnosis: Diagnosis) -> Told:
    if known := _known(diagnosis, ("cpu-throttled",)):
        return NO, known
    host = evidence.host
    if not host.get("NanoCpus") and not host.get("CpuQuota"):
        return YES, "it has no CPU limit"
    if evidence.usage is None or evidence.usage.throttled is None:
        return _not_read(evidence, "meters", "it has a CPU limit, and how often it is throttled was not read")
    return YES, f"throttled in {percent(evidence.usage.throttled)} of the enforcement periods"


def _pids(evidence: Evidence, diagnosis: Diagnosis) -> Told:
    if known := _known(diagnosis, ("pids-limit-hit",)):
        return NO, known
    if refused := evidence.counters.forks_refused:
        return NO, f"the kernel has refused it {refused} new processes"
    usage = evidence.usage
    if usage is not None and usage.pids is not None:
        limit = f" of {usage.pids_limit}" if usage.pids_limit else ", without a limit of its own"
        return YES, f"{usage.pids} processes and threads{limit}"
    return _not_read(evidence, "meters", "how many it has was not read")


def _files(evidence: Evidence, diagnosis: Diagnosis) -> Told:
    if known := _known(diagnosis, ("fd-leak",)):
        return NO, known
    if not evidence.descriptors:
        return _not_read(evidence, "processes", "its open files were not counted")
    most = max(evidence.descriptors, key=lambda one: one.open / max(1, one.limit))
    return YES, f"{most.name} ({most.pid}) holds {most.open} of {most.limit}"


def _sockets(evidence: Evidence) -> list[Socket] | None:
    """Return its own: Docker's name server listens in every container on a network of the user's."""
    if evidence.sockets is None:
        return None
    return [one for one in evidence.sockets if one.address != "127.0.0.11"]


def _listens(evidence: Evidence, _: Diagnosis) -> Told:
    if (sockets := _sockets(evidence)) is None:
        return _no_sockets(evidence)
    if not sockets:
        return NO, "nothing in its network namespace listens"
    # The kernel's list tells ports, not their owners: with one process there is no doubt.
    processes = evidence.processes or ()
    owner = f", by {processes[0].command}" if len(processes) == 1 else ""
    return YES, _some(sockets) + owner


def _reachable_address(evidence: Evidence, _: Diagnosis) -> Told:
    if (sockets := _sockets(evidence)) is None:
        return _no_sockets(evidence)
    if open_ones := [one for one in sockets if not one.is_loopback]:
        return YES, _some(open_ones)
    return NO, f"only on loopback: {_some(sockets)}" if sockets else "nothing listens"


def _no_sockets(evidence: Evidence) -> Told:
    if not evidence.container.is_up:
        return NO, "it does not run"
    return _not_read(evidence, "sockets", "the sockets of its network namespace were not read")


def _not_read(evidence: Evidence, source: str, otherwise: str) -> Told:
    if not evidence.container.is_up:
        return UNSEEN, "it does not run"
    return UNSEEN, _why_unseen(evidence, source) or otherwise


def _mapping(evidence: Evidence, _: Diagnosis) -> Told:
    container, sockets = evidence.container, _sockets(evidence)
    published = [port for port in container.ports if port.public]
    if container.network_mode == "host":
        return YES, "it is on the host's network: its ports are the host's"
    if not container.is_up:
        asked = evidence.host.get("PortBindings") or {}
        return UNSEEN, "it does not run" + (f"; it is to publish {_some(asked)}" if asked else "")
    if not published:
        open_ones = [one for one in sockets or () if not one.is_loopback]
        if open_ones:
            return NO, f"{_some(open_ones)} listens, and no port is published to the host"
        return (UNSEEN if sockets is None else YES), "no port is published"
    if sockets is None:
        return UNSEEN, f"published are {_some(published)}; what listens was not read"
    pairs = [(port, at(sockets, port.private, port.protocol)) for port in published]
    amiss = [_amiss(port, found, sockets) for port, found in pairs if all(one.is_loopback for one in found)]
    if amiss:
        return NO, _some(amiss)
    return YES, _some(f"{port}: {found[0]} listens" for port, found in pairs)


def _amiss(port: Port, found: Sequence[Socket], sockets: Sequence[Socket]) -> str:
    if found:
        return f"{port}: {found[0]} listens, where only the container itself can reach it"
    others = _some(one for one in sockets if not one.is_loopback) or "nothing"
    return f"{port}: nothing listens on {port.private}; what listens: {others}"


def _firewall(evidence: Evidence, diagnosis: Diagnosis) -> Told:
    if known := _known(diagnosis, ("port-blocked",)):
        return NO, known
    if evidence.firewall is None:
        return UNSEEN, _why_unseen(evidence, "firewall") or "the rules of the engine's machine were not read"
    return YES, f"none of {len(evidence.firewall)} rules was found to drop what is sent to it"


def _siblings(evidence: Evidence) -> list[Container]:
    """Return the others of its Compose project, and those on networks of the user's own that it is on."""
    project = evidence.container.labels.get(COMPOSE_PROJECT)
    mine = _networks(evidence) - {"bridge", "host", "none"}
    return [
        one
        for one in evidence.neighbours or ()
        if (project and one.labels.get(COMPOSE_PROJECT) == project) or mine & set(one.networks)
    ]


def _networks(evidence: Evidence) -> set[str]:
    return set((evidence.details.get("NetworkSettings") or {}).get("Networks") or {})


def _siblings_live(evidence: Evidence, diagnosis: Diagnosis) -> Told:
    if known := _known(diagnosis, ("dead-dependency",)):
        return NO, known
    if evidence.neighbours is None:
        return UNSEEN, _why_unseen(evidence, "other containers") or "the other containers were not listed"
    siblings = _siblings(evidence)
    if not siblings:
        return YES, "it has none on its networks or in its project"
    states = {one.name: _state(one) for one in siblings}
    ill = [f"{one.name} {states[one.name]}" for one in siblings if _is_ill(one)]
    return (NO, _some(ill)) if ill else (YES, _some(f"{name} {state}" for name, state in states.items()))


def _is_ill(container: Container) -> bool:
    return container.health is Health.UNHEALTHY or word(container).weight is Weight.FAULT


def _state(container: Container) -> str:
    code = "" if container.exit_code is None else f" ({container.exit_code})"
    return f"{container.state}{code}" + (f", {container.health}" if container.health else "")


def _same_networks(evidence: Evidence, diagnosis: Diagnosis) -> Told:
    if known := _known(diagnosis, ("different-networks", "network-missing")):
        return NO, known
    mine = _networks(evidence)
    here = f"it is on {_some(sorted(mine))}" if mine else f"its network is {evidence.container.network_mode}"
    if evidence.neighbours is None:
        return UNSEEN, f"{here}; the other containers were not listed"
    apart = [one for one in _siblings(evidence) if mine and one.networks and not mine & set(one.networks)]
    if apart:
        names = (f"{one.name} on {_some(sorted(one.networks))}" for one in apart)
        return NO, f"{here}; {_some(names)}"
    return YES, here


def _names(_: Evidence, diagnosis: Diagnosis) -> Told:
    if known := _known(diagnosis, ("dns-failure",)):
        return NO, known
    return UNSEEN, "no failure is told of; to look one up, something would have to run inside"


def _known(diagnosis: Diagnosis, causes: Collection[str]) -> str:
    """Return the proof of the first finding of *causes*; empty where there is none."""
    for finding in diagnosis.findings:
        if finding.cause in causes:
            proof = min(finding.proof, key=lambda one: one.source == "inspect", default=None)
            return f"{finding.title}: {proof.text}" if proof else f"{finding.title}: {finding.explanation}"
    return ""


def _why_unseen(evidence: Evidence, *sources: str) -> str:
    """Return why a source could not be read; empty where it is not named among the unseen."""
    for unseen in evidence.unseen:
        if unseen.source in sources:
            return unseen.why
    return ""


def _some(items: Iterable[object]) -> str:
    """Return the first few, and how many more there are."""
    listed = [str(one) for one in items]
    more = f" and {len(listed) - MOST} more" if len(listed) > MOST else ""
    return ", ".join(listed[:MOST]) + more


_STARTING = ("command-not-found", "entrypoint-missing", "not-executable", "exec-format-error", "wrong-arch")
_CONFIGURING = ("bad-arguments", "missing-config", "config-invalid", "missing-env-var", "bad-env-value")
_MOUNTING = (
    "mount-type-mismatch",
    "mount-hides-files",
    "permission-denied-volume",
    "readonly-rootfs-write",
    "disk-full",
    "missing-file-or-dir",
)
_ALLOWING = ("user-not-found", "permission-denied-volume", "capability-missing", "device-missing", "auth-failure")

_QUESTIONS: tuple[tuple[str, Callable[[Evidence, Diagnosis], Told]], ...] = (
    ("Is it running?", _running),
    ("Did it end as it should, if it ended?", _ended_well),
    ("Is its log free of trouble?", _log),
    ("Is its program there, and can it be executed?", _program),
    ("Are its arguments and environment right?", _unless(_CONFIGURING, _environment)),
    ("Are its files and mounts right?", _unless(_MOUNTING, _mounts)),
    ("May its user do what it does?", _unless(_ALLOWING, _user)),
    ("Has it memory enough?", _memory),
    ("Has it CPU enough?", _cpu),
    ("May it start more processes?", _pids),
    ("May it open more files?", _files),
    ("Does something in it listen?", _listens),
    ("Does it listen where others can reach it?", _reachable_address),
    ("Is the port mapping right on both sides?", _mapping),
    ("Is no firewall rule in the way?", _firewall),
    ("Do its siblings live?", _siblings_live),
    ("Is it on the same networks as they are?", _same_networks),
    ("Do the names that it looks for resolve?", _names),
)
