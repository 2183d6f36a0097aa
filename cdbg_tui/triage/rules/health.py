"""Its health check fails: which trouble that is, told from the probe, the log and what listens."""

from __future__ import annotations

import re
from dataclasses import replace

from cdbg_tui.model.container import Health, State
from cdbg_tui.model.finding import Certainty, Finding, Proof, Step, Weight
from cdbg_tui.model.socket import Socket, at
from cdbg_tui.model.units import span
from cdbg_tui.triage.evidence import Evidence, Line
from cdbg_tui.triage.network.probe import Check, Target
from cdbg_tui.triage.network.reach import Kind, is_own, unreached

STARTS_IN = 600.0
"""A program that has said nothing of being ready for so many seconds is not starting any more."""

_NO_TOOL = (
    re.compile(
        r'exec: "?(?P<tool>[^":\s]{1,200})"?: (?:executable file not found|stat |no such file)', re.IGNORECASE
    ),
    re.compile(
        r"(?:exec|stat|fork/exec):? \"?(?P<tool>/[^\":\s]{1,200})\"?: (?:no such file|permission denied)",
        re.IGNORECASE,
    ),
    re.compile(r"(?:^|[\s:])(?P<tool>[\w./+-]{1,200}): (?:command )?not found\s*$", re.IGNORECASE | re.MULTILINE),
    re.compile(
        r"(?:sh|bash|ash|dash|env)[\w\s:.-]{0,30}: ['\"‘]?(?P<tool>[\w./+-]{1,200})['\"’]?: no such file",
        re.IGNORECASE,
    ),
)
_TIMED_OUT = re.compile(r"exceeded timeout|(?:timed out|timeout)\b", re.IGNORECASE)
_ANSWERED = re.compile(r"\b(?:error|status|HTTP/[\d.]{1,3}|code)\b[^\n]{0,30}\b[45]\d\d\b", re.IGNORECASE)
_NO_PAGE = re.compile(
    r"\b(?:error|status|HTTP/[\d.]{1,3}|code|returned|response)\b[^\n]{0,30}\b404\b|\b404 not found", re.IGNORECASE
)
_TLS = re.compile(
    r"wrong version number|HTTP request to an HTTPS server|record layer|plain HTTP request", re.IGNORECASE
)
_CURL = {
    6: "the name does not resolve",
    7: "the connection was refused",
    22: "the server answered with an error",
    28: "the answer took too long",
    52: "the server answered nothing",
    56: "the connection broke off",
    60: "the certificate is not trusted",
}
"""What curl(1) means by its exit codes: with -s it says nothing else."""

_STARTING = re.compile(
    r"warm|\bload(?:s|ing)\b|\bstarting\b|initiali[sz]|\bboot(?:s|ing|strapping)\b|prepar|migrat|index|build|compil|restor"
    r"|recover|replay|import|download|\bsync|catching up|not (?:yet )?ready"
    r"|hydrat|seed|preload|unpack|extract"
    r"|fetching|waiting"
    r"|setting up|populat|reading|\d ?%|\b\d+ ?(?:of|/) ?\d+\b",
    re.IGNORECASE,
)
_READY = re.compile(
    r"\blistening\b|\bready\b|\bstarted\b|\bserving\b|accepting|startup complete|\bup and running\b", re.IGNORECASE
)
_NOT_READY = re.compile(r"\b(?:not|n't|until|before|when|once|never|will be)\b", re.IGNORECASE)
_LISTENS = re.compile(
    r"\b(?:listen(?:s|ing|er)?|serv(?:es|ing|er)|bound|running|started)\b[^\n]{0,80}?"
    r"(?::|\bport[ =:]{1,2}|\bon )(?P<port>\d{2,5})\b",
    re.IGNORECASE,
)


def health_check_failing(evidence: Evidence) -> Finding | None:
    """Its own health check says that it is ill."""
    container, check = evidence.container, Check(evidence)
    if container.state is not State.RUNNING or check.code == 0:
        return None
    if container.health is Health.STARTING:
        over = check.up_for > check.seconds("StartPeriod", 0)
        if check.streak < 2 or not over or not check.never_succeeded:
            return None
    elif container.health is not Health.UNHEALTHY:
        return None
    kinds = (_tool_missing, _start_period_too_short, _wrong_address, _time_out)
    found = next((finding for kind in kinds if (finding := kind(check))), None) or _own_words(check)
    if container.health is Health.STARTING:
        return replace(found, certainty=Certainty.POSSIBLE)
    return found


RULES = (health_check_failing,)


def _finding(
    check: Check,
    title: str,
    words: str,
    certainty: Certainty = Certainty.CERTAIN,
    proof: tuple[Proof, ...] = (),
    steps: tuple[Step, ...] = (),
) -> Finding:
    said = tuple(Proof("probe", line) for line in check.output.splitlines()[-3:])
    tested = Proof("inspect", f"health check: {check.command}")
    failed = f" The last {check.streak} probes failed." if check.streak > 1 else " The last probe failed."
    by_hand = Step("run the probe by hand", command=_by_hand(check))
    return Finding(
        "healthcheck-failing",
        title,
        words + failed,
        certainty,
        Weight.WARNING,
        (tested, *said, *proof),
        (*steps, by_hand),
    )


def _by_hand(check: Check) -> tuple[str, ...]:
    kind = next(iter(check.settings.get("Test") or ()), "")
    shell = tuple(map(str, check.evidence.config.get("Shell") or ("/bin/sh", "-c")))
    words = (*shell, *check.test) if kind == "CMD-SHELL" else check.test
    return ("docker", "exec", check.evidence.container.name, *words)


def _tool_missing(check: Check) -> Finding | None:
    match = next((match for pattern in _NO_TOOL if (match := pattern.search(check.output))), None)
    if match is None and check.code != 127:
        return None
    tool = match["tool"] if match else check.command.split()[0] if check.command.split() else "a program"
    # A shell that is missing itself is named by the engine, not by the test.
    if match and tool.rpartition("/")[2] not in check.command and check.code not in (-1, 126, 127):
        return None
    return _finding(
        check,
        "Health check uses a tool that is missing",
        f"The health check runs {tool}, which is not in the image: the probe fails whatever the program does.",
        Certainty.CERTAIN if match else Certainty.LIKELY,
        (Proof("probe", f"exit code {check.code}"),),
        (Step(f"put {tool} into the image, or check with what it has"),),
    )


def _time_out(check: Check) -> Finding | None:
    answered = check.code != -1 and _ANSWERED.search(check.output)
    if answered or (not _TIMED_OUT.search(check.output) and not (check.code == -1 and not check.output)):
        return None
    limit = check.seconds("Timeout", 30)
    took = "the engine gave it up" if check.code == -1 else "its request was not answered in time"
    return _finding(
        check,
        "Health check does not end in time",
        f"The probe may take {limit:g} s, and {took}: what it asks hangs or is slow.",
        Certainty.CERTAIN if check.code == -1 else Certainty.LIKELY,
        (Proof("inspect", f"health check's time-out: {limit:g} s"),),
        (Step("see what the program does", key="e"), Step("or give it longer: --health-timeout")),
    )


def _start_period_too_short(check: Check) -> Finding | None:
    line = _still_starting(check)
    if not check.never_succeeded or _listened(check):
        return None
    sockets = check.sockets
    silent = sockets == [] and check.up_for < STARTS_IN and bool(check.targets) and _is_refused(check)
    if line is None and not silent:
        return None
    target = next(iter(check.targets), None)
    if target and sockets and at(sockets, target.port, "tcp") and not _is_refused(check):
        return None
    given = check.seconds("StartPeriod", 0)
    tried = check.seconds("Interval", 30) * int(check.settings.get("Retries") or 3)
    advice = max(60, round(check.up_for * 2 / 60) * 60)
    proof: tuple[Proof, ...] = (Proof("inspect", f"start period {given:g} s, given up after {given + tried:g} s"),)
    if line is not None:
        proof += (line.proof,)
    elif sockets is not None:
        proof += (Proof("/proc/net", "nothing listens yet"),)
    state = "says that it is still starting" if line is not None else "does not listen anywhere yet"
    return _finding(
        check,
        "Start period of the health check is too short",
        f"It has been up for {span(check.up_for)} and {state}; its health check has "
        + (f"a start period of {given:g} s." if given else "no start period.")
        + " It never was healthy since its start.",
        Certainty.LIKELY,
        proof,
        (Step(f"give it time to start: make it anew with --health-start-period {advice}s"),),
    )


def _wrong_address(check: Check) -> Finding | None:
    """The probe asks where nobody listens, or for a page that is not there."""
    own = [target for target in check.targets if _is_itself(check, target.host)]
    sockets = check.sockets
    complaint = next(iter(unreached([Line(line) for line in check.output.splitlines()[-5:]])), None)
    if complaint and complaint.kind is Kind.UNRESOLVED and not is_own(complaint.host):
        host = complaint.host or (str(check.targets[0].host) if check.targets else "a name")
        return _asks(check, f"The probe asks for {host}, a name that does not resolve.")
    if _NO_PAGE.search(check.output):
        words = "The probe asks for a page that the server does not have: it answers 404."
        return _asks(check, words, Certainty.LIKELY)
    if _TLS.search(check.output):
        return _asks(check, "The probe speaks HTTP where HTTPS is spoken, or the other way round.")
    for target in own:
        if sockets is not None and check.evidence.container.network_mode != "host":
            if not (found := at(sockets, target.port, "tcp")):
                return _nobody_there(check, target, sockets)
            if mismatch := _other_family(check, target, found):
                return mismatch
        elif _is_refused(check) and (line := _listened(check)) and _port_of(line) not in (0, target.port):
            words = f"The probe asks {target}, and the program says that it listens on port {_port_of(line)}."
            return _asks(check, words, Certainty.LIKELY, (line.proof,))
    return None


def _asks(
    check: Check, words: str, certainty: Certainty = Certainty.CERTAIN, proof: tuple[Proof, ...] = ()
) -> Finding:
    step = Step("correct the address in the health check: see how it is set", key="i")
    return _finding(check, "Health check asks the wrong address", words, certainty, proof, (step,))


def _nobody_there(check: Check, target: Target, sockets: list[Socket]) -> Finding:
    line = _listened(check)
    said = (line.proof,) if line else ()
    heard = ", ".join(str(one) for one in sorted(set(sockets), key=lambda one: one.port)[:4])
    if not sockets:
        return _finding(
            check,
            f"Nothing listens on port {target.port}",
            f"The probe asks {target}; no program in the container listens on any port.",
            proof=(Proof("/proc/net", "no socket listens"), *said),
            steps=(Step("see which processes run, and what they log", key="e"),),
        )
    words = f"The probe asks {target}, where nothing listens; the program listens on {heard}."
    return _asks(check, words, proof=(Proof("/proc/net", f"listens on {heard}"), *said))


def _other_family(check: Check, target: Target, found: tuple[Socket, ...]) -> Finding | None:
    """Tell of a probe that asks one address where the program listens on another with the same port."""
    if not _is_refused(check) or any(one.address == "::" for one in found):
        return None
    heard = ", ".join(dict.fromkeys(map(str, found)))
    proof = (Proof("/proc/net", f"listens on {heard}"),)
    if "::1" in check.output or target.host == "::1":
        if not any(":" in one.address for one in found):
            return _asks(check, f"The probe asks ::1 for {target}; the program listens on {heard}.", proof=proof)
    elif not any(one.is_loopback or one.address in ("::", "0.0.0.0") for one in found):
        return _asks(check, f"The probe asks {target}; the program listens on {heard} only.", proof=proof)
    return None


def _own_words(check: Check) -> Finding:
    code, ended = check.code, "could not be run" if check.code == -1 else f"ended with exit code {check.code}"
    lines = check.output.splitlines()
    words = f"The newest probe {ended}" + (f" and said “{lines[-1][:200]}”." if lines else " and said nothing.")
    if not lines and code in _CURL and re.match(r"(?:\S*/)?curl\b", check.command):
        words = f"The newest probe {ended}, by which curl means: {_CURL[code]}."
    return _finding(check, "Health check failing", words, steps=(Step("look inside", key="e"),))


def _is_refused(check: Check) -> bool:
    """Whether nobody answered the probe; one that is told to be quiet says nothing."""
    told = unreached([Line(line) for line in check.output.splitlines()[-5:]])
    return any(one.kind in (Kind.REFUSED, Kind.FAILED, Kind.UNREACHABLE) for one in told) or not check.output


def _still_starting(check: Check) -> Line | None:
    """Return the line in which the program says so, if it has not said since that it is ready."""
    for line in reversed(check.evidence.log[-10:]):
        if _READY.search(line.text) and not _NOT_READY.search(line.text):
            return None
        if _STARTING.search(line.text):
            return line
    return None


def _listened(check: Check) -> Line | None:
    """Return the line in which the program says where it listens."""
    return next((line for line in reversed(check.evidence.log[-200:]) if _port_of(line)), None)


def _port_of(line: Line) -> int:
    match = _LISTENS.search(line.text[:1000])
    return int(match["port"]) if match and not _NOT_READY.search(line.text[:1000]) else 0


def _is_itself(check: Check, host: str) -> bool:
    evidence = check.evidence
    networks = (evidence.details.get("NetworkSettings") or {}).get("Networks") or {}
    own = {evidence.container.name, str(evidence.config.get("Hostname") or ""), evidence.container.id[:12], ""}
    return is_own(host) or host in own or host in {(one or {}).get("IPAddress") for one in networks.values()}
